"""References opened by consent: to a partner, and to an auditor, who then adds up along the chain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from node.audits import verifications
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play


async def trade(town: Town) -> str:
    """An order through a dealer, shipped; the dealer's name for it."""
    await town.open("factory", "dealer", "shop")
    await town.pair("factory", "dealer")
    await town.pair("dealer", "shop")
    await goods(town, "factory")
    await agree(town, "factory", "dealer")
    await town.ask("dealer", "catalogue.derive", partner="factory")
    await agree(town, "dealer", "shop")
    id = await order(town, "shop", "dealer", quantity=5)
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    (made,) = (await town.ask("factory", "order.list"))["orders"]
    await town.ask("factory", "order.ship", order=made["order"], carrier="SF", waybill="SF1")
    await town.settle()
    return id


def verify(folder: Path, *told: Path) -> verifications.Verdict:
    return verifications.verify(folder, lambda what, done, total: None, told)


def saved(path: Path, answer: dict[str, Any]) -> Path:
    path.write_text(json.dumps({key: answer[key] for key in ("format", "openings")}))
    return path


def test_an_auditor_who_gets_the_openings_adds_up_the_chain(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await trade(town)
        await town.ask("dealer", "audit.export", directory=str(tmp_path / "books"))
        answer = await town.ask("dealer", "order.disclose", all=True)
        assert (answer["told"], len(answer["openings"])) == (0, 6)
        closed, opened = verify(tmp_path / "books"), verify(tmp_path / "books", saved(tmp_path / "opened", answer))
        assert closed.ok and opened.ok
        assert closed.chains == ()
        assert (closed.not_disclosed, opened.not_disclosed) == (6, 0)
        (chain,) = opened.chains
        assert (chain.ordered, chain.children, chain.passed_on) == (5, 1, 5)
        # the same names nothing in the books of a stranger to the chain
        await town.ask("shop", "audit.export", directory=str(tmp_path / "shop"))
        assert verify(tmp_path / "shop").ok
        found = verify(tmp_path / "shop", tmp_path / "opened")
        assert {fault.code for fault in found.faults} == {"audit.reference"}

    play(story)


def test_an_opening_that_is_not_true_is_found(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        id = await trade(town)
        await town.ask("dealer", "audit.export", directory=str(tmp_path / "books"))
        answer = await town.ask("dealer", "order.disclose", orders=[id])
        first, second, *rest = answer["openings"]
        for forged in (
            [{**first, "salt": second["salt"]}, second, *rest],
            [{**first, "hash": second["hash"]}, second, *rest],
            [{**first, "document": "00" * 32}, second, *rest],
            [{**first, "name": "parent" if first["name"] == "upstream" else "upstream"}],
        ):
            path = saved(tmp_path / "forged", {**answer, "openings": forged})
            assert [fault.code for fault in verify(tmp_path / "books", path).faults] == ["audit.reference"]
        for broken in ("{}", "[]", "nonsense", '{"format": "hanse-openings/1", "openings": [{"salt": 7}]}'):
            (tmp_path / "forged").write_text(broken)
            faults = verify(tmp_path / "books", tmp_path / "forged").faults
            assert [fault.code for fault in faults] == ["audit.malformed"]

    play(story)


def test_a_partner_is_told_once_and_only_what_it_has_read(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        id = await trade(town)
        assert (await town.ask("dealer", "order.disclose", orders=[id], partner="shop"))["told"] == 3
        assert (await town.ask("dealer", "order.disclose", orders=[id], partner="shop"))["told"] == 0
        await town.settle()
        shown = await town.ask("shop", "order.show", order=id)
        assert {row["type"]: row["opened"] for row in shown["documents"]} == {
            "order.place": {},
            "order.respond": {"upstream": True},
            "shipment.handover": {"upstream": True},
        }
        await town.ask("dealer", "audit.export", directory=str(tmp_path / "books"))
        verdict = verify(tmp_path / "books")
        assert verdict.ok
        assert (verdict.not_disclosed, verdict.chains) == (3, ())  # two listings, and what the factory has read

    play(story)
