"""Two nodes correct payments that were typed by mistake."""

from __future__ import annotations

import pytest

from node import errors
from tests.node.test_issues import shipped
from tests.node.towns import Town, play


def test_payments_are_voided_at_once_or_by_consent() -> None:
    async def story(town: Town) -> None:
        await shipped(town)
        wrong = await town.ask("shop", "payment.sent", partner="factory", amount="12.00")
        right = await town.ask("shop", "payment.sent", partner="factory", amount="21.00")
        taken_back = await town.ask("shop", "void", payment=wrong["payment"], replacement=right["payment"])
        assert (taken_back["state"], taken_back["waits_for_consent"]) == ("voided", False)
        await town.settle()
        await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        await town.settle()
        asked = await town.ask("factory", "void", payment=right["payment"], reason="did_not_occur")
        assert (asked["state"], asked["waits_for_consent"]) == ("received", True)
        await town.settle()
        agreed = await town.ask("shop", "void.accept", payment=right["payment"])
        assert (agreed["state"], agreed["waits_for_consent"]) == ("sent", False)
        await town.settle()
        balances = (await town.ask("factory", "payment.list"))["balances"]
        assert [row["owes_me"]["amount"] for row in balances] == [2100]
        for who, case, arguments, code in (
            ("shop", "void", {"payment": "nope"}, "payment.unknown"),
            ("factory", "void", {"payment": right["payment"]}, "payment.unknown"),
            ("shop", "void.accept", {"payment": right["payment"]}, "payment.unknown"),
            ("shop", "void", {"payment": wrong["payment"]}, "document.refused"),
        ):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask(who, case, **arguments)
            assert caught.value.code == code

    play(story)
