"""Operators of the console and keys of programs, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from node.trade import policies
from node.trade.people import attempts, entrances, programs
from node.trade.people.entrances import Outcome
from tests.node import controls
from tests.node import programs as terminals
from tests.node.shops import HOME, PASSWORD, Shop, play


def test_operators_are_added_changed_and_listed_without_what_proves_them() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei Zhang")
        await shop.ask("operator.add", name="Lager  1", role="warehouse", password=PASSWORD, language="de")
        await shop.ask("operator.change", operator="lager 1", role="sales", name="Front desk", language="zh-CN")
        listed = (await shop.ask("operator.list"))["operators"]
        assert [(row["operator"], row["role"], row["language"]) for row in listed] == [
            ("Wei Zhang", "owner", None),
            ("Front desk", "sales", "zh-CN"),
        ]
        assert "argon2" not in str(listed)
        assert (
            await shop.refused("operator.add", name="WEI zhang", role="sales", password=PASSWORD) == "operator.exists"
        )
        assert await shop.refused("operator.change", operator="Front desk", name="wei zhang") == "operator.exists"
        assert await shop.refused("operator.change", operator="nobody") == "operator.unknown"
        assert await shop.refused("operator.add", name="\x07", role="sales", password=PASSWORD) == "operator.name"
        assert await shop.refused("operator.add", name="Li", role="sales", password="short") == "operator.password"
        assert await shop.refused("operator.add", name="Li", role="boss", password=PASSWORD) == "request.malformed"
        assert await shop.refused("operator.add", name="Li", password=PASSWORD) == "request.malformed"
        assert (
            await shop.refused("operator.add", name="Li", role="sales", password=PASSWORD * 99) == "request.malformed"
        )

    play(story)


def test_an_owner_is_always_left_who_can_sign_in() -> None:
    async def story(shop: Shop) -> None:
        assert await shop.refused("operator.add", name="Li", role="sales", password=PASSWORD) == "operator.last-owner"
        await shop.add("Wei")
        await shop.add("Li", "sales")
        await shop.enter("Wei")
        for change in ({"role": "sales"}, {"disabled": True}):
            assert await shop.refused("operator.change", operator="Wei", **change) == "operator.last-owner"
        assert await shop.refused("operator.remove", operator="Wei") == "operator.last-owner"
        await shop.ask("operator.remove", operator="Li")
        assert await shop.refused("operator.remove", "Wei", operator="Wei") == "operator.last-owner"
        await shop.add("Ma")
        await shop.ask("operator.change", operator="Wei", role="sales")
        assert await shop.refused("operator.remove", operator="Ma") == "operator.last-owner"
        presence = await shop.present(await shop.enter("Wei"))
        assert presence is not None and presence.caller.role is policies.Role.SALES

    play(story)


def test_whoever_sits_at_the_machine_has_no_account_but_resets_everybodys() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        token = await shop.enter("Wei")
        assert await shop.refused("account.show") == "operator.unknown"
        assert (await shop.ask("operator.password", operator="Wei", password="a new password"))["sessions_ended"] == 1
        assert await shop.present(token) is None
        assert (await shop.sign_in("Wei")).outcome is Outcome.WRONG
        assert (await shop.sign_in("wei", "a new password")).outcome is Outcome.OPEN

    play(story)


def test_C10_a_key_of_a_program_asks_in_its_role_and_never_as_an_owner() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.enter("Wei")
        assert await shop.refused("key.make", "Wei", label="shop", role="owner") == "request.malformed"
        made = await shop.ask("key.make", "Wei", label="shop", role="warehouse", current=PASSWORD)
        caller = await programs.find_key(shop.trade, made["key"])
        assert caller == policies.Caller(policies.Role.WAREHOUSE, "shop")
        shop.callers["shop"] = caller
        await shop.ask("order.list", "shop")
        for case in ("payment.sent", "operator.list", "operator.add", "key.make", "session.list"):
            assert await shop.refused(case, "shop") == "request.forbidden"
        for case in ("account.show", "account.session.revoke"):
            assert await shop.refused(case, "shop") == "operator.unknown"
        assert await shop.refused("account.totp.off", "shop", password=PASSWORD) == "operator.unknown"

    play(story)


def test_C10_a_browser_that_was_left_open_lets_nobody_in() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li", "sales")
        await shop.enter("Wei")
        asked: list[tuple[str, dict[str, str]]] = [
            ("operator.add", {"name": "Evil", "role": "owner", "password": PASSWORD}),
            ("operator.change", {"operator": "Li", "role": "owner"}),
            ("operator.password", {"operator": "Wei", "password": "another password"}),
            ("operator.second-factor.off", {"operator": "Wei"}),
            ("key.make", {"label": "shop", "role": "sales"}),
        ]
        for case, given in asked:
            assert await shop.refused(case, "Wei", **given) == "sign-in.wrong", case
        for case, given in asked[: attempts.FREE]:
            assert await shop.refused(case, "Wei", **given, current="wrong wrong") == "sign-in.wrong", case
        assert await shop.refused("key.make", "Wei", label="shop", role="sales", current=PASSWORD) == "sign-in.wait"
        await asyncio.sleep(2)
        for case, given in asked:
            await shop.ask(case, "Wei", **given, current=PASSWORD)
            if case == "operator.password":
                await shop.ask(case, operator="Wei", password=PASSWORD)
                await shop.enter("Wei")
        assert (await shop.sign_in("Wei")).outcome is Outcome.OPEN

    play(story)


def test_C10_a_revoked_key_opens_nothing_and_is_still_listed() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li")
        await shop.enter("Li")
        made = await shop.ask("key.make", "Li", label="shop", role="sales", current=PASSWORD)
        assert (await shop.ask("operator.remove", operator="Li"))["keys"] == ["shop"]
        assert await programs.find_key(shop.trade, made["key"]) is not None
        await shop.ask("key.revoke", number=made["number"])
        assert await programs.find_key(shop.trade, made["key"]) is None
        assert await programs.find_key(shop.trade, made["key"] + "x") is None
        listed = (await shop.ask("key.list"))["keys"]
        assert [(row["label"], row["maker"], row["revoked_ms"] is not None) for row in listed] == [("shop", "Li", True)]
        assert listed[0]["used_ms"] is not None
        assert made["key"] not in str(listed)
        assert await shop.refused("key.revoke", number=made["number"]) == "program-key.unknown"

    play(story)


def test_C10_every_role_has_its_own_account_and_only_owners_see_the_others() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        for role in ("sales", "warehouse", "finance", "auditor"):
            await shop.add(role.title(), role)
            await shop.enter(role.title())
            shown = await shop.ask("account.show", role.title())
            assert (shown["operator"], shown["role"]) == (role.title(), role)
            await shop.ask("account.language", role.title(), language="zh-CN")
            for case in ("operator.list", "session.list", "key.list"):
                assert await shop.refused(case, role.title()) == "request.forbidden"

    play(story)


def test_C11_a_session_of_somebody_else_is_not_mine_to_close() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        await shop.add("Li", "sales")
        token = await shop.enter("Wei")
        await shop.enter("Li")
        number = shop.callers["Wei"].session
        assert await shop.refused("account.session.revoke", "Li", session=number) == "session.unknown"
        assert await shop.present(token) is not None

    play(story)


def test_everything_survives_the_end_of_the_process() -> None:
    async def story(shop: Shop) -> None:
        await shop.add("Wei")
        token = await shop.enter("Wei")
        secret, _ = await shop.set_totp("Wei")
        key = (await shop.ask("key.make", label="shop", role="sales"))["key"]
        shop.town.kill("shop")
        await shop.town.start("shop")
        assert await shop.present(token) is not None
        assert await programs.find_key(shop.trade, key) is not None
        half = await shop.sign_in("Wei")
        assert (await entrances.finish(shop.trade, HOME, half.token, await shop.digits(secret))).outcome is Outcome.OPEN

    play(story)


@pytest.mark.parametrize(
    ("typed", "case", "wanted"),
    [
        (
            ["operator", "add", "Wei", "--role", "owner", "--password-file"],
            "operator.add",
            {"name": "Wei", "role": "owner"},
        ),
        (["operator", "password", "Wei", "--password-file"], "operator.password", {"operator": "Wei"}),
    ],
)
def test_a_password_is_read_from_a_file_or_the_input(
    tmp_path: Path, typed: list[str], case: str, wanted: dict[str, Any]
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    with controls.Control(tmp_path, {case: {"operator": "Wei"}}) as control:
        from_file = terminals.run("--home", str(tmp_path), *typed, str(file))
        from_input = terminals.run("--home", str(tmp_path), *typed, "-", typed=PASSWORD + "\n")
        nobody = terminals.run("--home", str(tmp_path), *typed[:-1])
    assert (from_file.exit_code, from_input.exit_code, nobody.exit_code) == (0, 0, 2)
    assert control.asked == [(case, {**wanted, "password": PASSWORD})] * 2
    assert PASSWORD not in from_file.output + from_input.output


def test_lists_of_people_and_keys_are_tables(tmp_path: Path) -> None:
    row = {"operator": "Wei", "role": "owner", "second_factor": ["totp"], "sessions": 1, "seen_ms": 1_790_000_000_000}
    key = {"number": 3, "label": "shop", "role": "sales", "maker": "Wei", "created_ms": 1_790_000_000_000}
    answers: dict[str, controls.Answer] = {
        "operator.list": {"operators": [row]},
        "key.list": {"keys": [key]},
        "session.list": {"sessions": []},
    }
    with controls.Control(tmp_path, answers):
        people = terminals.run("--home", str(tmp_path), "operator", "list").output
        keys = terminals.run("--home", str(tmp_path), "key", "list").output
        sessions = terminals.run("--home", str(tmp_path), "session", "list").output
    assert re.search(r"Wei +owner +totp", people)
    assert re.search(r"3 +shop +sales +Wei", keys)
    assert "Nobody is signed in." in sessions


def test_a_node_begins_without_operators() -> None:
    async def story(shop: Shop) -> None:
        assert not await entrances.any_operator(shop.trade)
        await shop.add("Wei")
        assert await entrances.any_operator(shop.trade)

    play(story)
