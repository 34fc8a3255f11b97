"""Capabilities of whole nodes: a warehouse without a node signs what it did, and the merchant enters it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from contracts import errors as refusals
from node import errors
from node.trade.ordering import tasks
from protocol import delegations, keys
from tests.node import controls, programs
from tests.node.markets import order
from tests.node.test_stocks import market, shelf
from tests.node.towns import Town, play

SECRET = b"w" * 32
KEY = keys.public(SECRET, "log").hex()


async def shipping(town: Town, **grant: Any) -> tuple[str, str]:
    """An accepted order, and a grant to ship it."""
    await market(town, "shop")
    answer = await town.ask(
        "factory", "capability.grant", partner="shop", transition="shipment.handover", key=KEY, holder="W", **grant
    )
    id = await order(town, "shop", "factory", quantity=3)
    await town.ask("factory", "order.accept", order=id)
    await town.settle()
    return id, answer["capability"]


async def work(town: Town, id: str, grant: str, secret: bytes = SECRET, **doing: Any) -> str:
    """The signed document of the warehouse, as a file holds it."""
    task = tasks.Task.model_validate(await town.ask("factory", "capability.task", order=id, grant=grant))
    return tasks.sign(task, secret, tasks.Doing(**doing), 1_700_000_000).model_dump_json()


def test_a_warehouse_without_a_node_ships_and_the_buyer_sees_who_did() -> None:
    async def story(town: Town) -> None:
        id, grant = await shipping(town)
        signed = await work(town, id, grant, carrier="顺丰", waybill="SF1")
        assert await town.ask("factory", "capability.enter", signed=[signed]) == {"entered": 1}
        assert await town.ask("factory", "capability.enter", signed=[signed]) == {"entered": 0}
        await town.settle()
        shown = await town.ask("shop", "order.show", order=id)
        assert shown["state"] == "shipped"
        assert [row.get("signed_by") for row in shown["documents"]] == [None, None, "W"]
        assert (await shelf(town, "factory"))["on_hand"] == 97
        (row,) = (await town.ask("shop", "capability.list"))["capabilities"]
        assert (row["what"], row["mine"], row["state"], row["holder"]) == ("grant", False, "in-force", "W")

    play(story)


def test_a_warehouse_packs_and_says_what_came_back_under_grants_of_their_own() -> None:
    async def story(town: Town) -> None:
        id, _ = await shipping(town)
        grants = {
            transition: (
                await town.ask(
                    "factory", "capability.grant", partner="shop", transition=transition, key=KEY, holder="W"
                )
            )["capability"]
            for transition in ("shipment.pack", "return.inspect")
        }
        packed = await work(town, id, grants["shipment.pack"], sscc="106141411234567897", weight_g=900)
        assert await town.ask("factory", "capability.enter", signed=[packed]) == {"entered": 1}
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
        await town.settle()
        await town.ask("shop", "order.receive", order=id)
        asked = await town.ask("shop", "return.request", order=id, reason="damaged")
        await town.settle()
        await town.ask("factory", "return.approve", name=asked["return"])
        await town.settle()
        await town.ask("shop", "return.ship", name=asked["return"], carrier="SF", waybill="SF2")
        await town.settle()
        with pytest.raises(errors.NodeError) as early:
            await work(town, id, grants["return.inspect"])
        assert early.value.code == "order.nothing"
        await town.ask("factory", "return.receive", name=asked["return"])
        verdicts = {"damaged": {1: 1}, "missing": {1: 1}}
        signed = await work(town, id, grants["return.inspect"], verdicts=verdicts)
        assert await town.ask("factory", "capability.enter", signed=[signed]) == {"entered": 1}
        await town.settle()
        shown = await town.ask("shop", "return.show", name=asked["return"])
        assert shown["units"] == {"inspected": 3}
        documents = (await town.ask("shop", "order.show", order=id))["documents"]
        assert [row["type"] for row in documents if row.get("signed_by") == "W"] == ["shipment.pack", "return.inspect"]

    play(story)


def test_a_task_tells_the_warehouse_no_price_no_partner_and_no_address() -> None:
    async def story(town: Town) -> None:
        id, grant = await shipping(town)
        task = await town.ask("factory", "capability.task", order=id, grant=grant)
        known = {"format", "grant", "transition", "thread", "number", "lines", "parcels", "cancels", "returns"}
        assert set(task) == known
        assert task["lines"] == [{"line": 1, "sku": "CUP-0", "quantity": 3}]

    play(story)


def test_D12_what_another_key_signed_or_came_after_the_revocation_is_not_entered() -> None:
    async def story(town: Town) -> None:
        id, grant = await shipping(town)
        forged = await work(town, id, grant, b"x" * 32, carrier="SF", waybill="SF1")
        good = await work(town, id, grant, carrier="SF", waybill="SF1")
        await refused(town, forged, "capability.signature")
        await town.ask("factory", "capability.revoke", capability=grant[:12], reason="compromised")
        await refused(town, good, "capability.state")
        assert (await town.ask("factory", "order.show", order=id))["state"] == "agreed"

    play(story)


async def refused(town: Town, signed: str, code: str) -> None:
    with pytest.raises((errors.NodeError, refusals.Refused)) as refusal:
        await town.ask("factory", "capability.enter", signed=[signed])
    assert isinstance(refusal.value, errors.NodeError)
    assert [fault["code"] for fault in refusal.value.faults] == [code]


def test_D12_a_grant_for_an_hour_is_revoked_by_its_author_when_the_hour_is_over() -> None:
    async def story(town: Town) -> None:
        id, grant = await shipping(town, hours=1)
        good = await work(town, id, grant, carrier="SF", waybill="SF1")
        await asyncio.sleep(3_700)
        await town.settle()
        (row,) = (await town.ask("shop", "capability.list"))["capabilities"]
        assert (row["state"], row["reason"]) == ("revoked", "expired")
        await refused(town, good, "capability.state")

    play(story)


def test_a_warehouse_ships_a_part_and_the_rest_stays_open() -> None:
    async def story(town: Town) -> None:
        id, grant = await shipping(town)
        signed = await work(town, id, grant, carrier="SF", waybill="SF1", quantities={1: 2})
        assert (await town.ask("factory", "capability.enter", signed=[signed])) == {"entered": 1}
        assert (await shelf(town, "factory"))["on_hand"] == 98
        (line,) = (await town.ask("factory", "order.show", order=id))["lines"]
        assert line["buckets"] == {"shipped": 2, "agreed": 1}

    play(story)


def test_an_offer_is_read_by_the_partner() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        offer = {"kind": "warehouse", "name": "Bonded", "countries": ["HK"], "capacity_per_day": 900}
        await town.ask("shop", "capability.offer", partner="factory", rates={"pick": "1.50"}, **offer)
        await town.settle()
        (row,) = (await town.ask("factory", "capability.list"))["capabilities"]
        assert (row["name"], row["countries"], row["rates"]) == ("Bonded", ["HK"], {"pick": "1.50 CNY"})

    play(story)


@pytest.mark.parametrize("key", ["", "zz" * 32, "00" * 32, "ab" * 31])
def test_what_is_no_key_is_granted_nothing(key: str) -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("factory", "capability.grant", partner="shop", transition="shipment.status", key=key)
        assert wrong.value.code == "request.malformed"

    play(story)


def test_the_commands_of_a_warehouse_need_no_node(tmp_path: Path) -> None:
    key, task, signed = (str(tmp_path / name) for name in ("key", "task", "signed"))
    made = programs.answer(programs.run("capability", "key", key, "--json"))
    assert len(made["key"]) == 64
    work = {
        **{"format": "hanse/task/1", "grant": "ab" * 32, "transition": "shipment.handover", "thread": "cd" * 32},
        **{"number": "N1", "lines": [{"line": 1, "sku": "A", "quantity": 3}], "parcels": [], "cancels": []},
    }
    with controls.Control(tmp_path, {"capability.task": work, "capability.enter": {"entered": 1}}) as control:
        assert programs.run("--home", str(tmp_path), "capability", "task", "N1", "abababab", task).exit_code == 0
        done = programs.run(
            *(
                "capability",
                "sign",
                task,
                signed,
                "--key",
                key,
                "--carrier",
                "SF",
                "--waybill",
                "1",
                "--quantity",
                "1=2",
            )
        )
        assert done.exit_code == 0, done.output
        assert programs.run("--home", str(tmp_path), "capability", "enter", signed).exit_code == 0
    document = tasks.read(control.asked[1][1]["signed"][0], tasks.Signed)
    body = tasks.body_of(document)
    assert body["lines"] == [{"line": 1, "quantity": 2, "outstanding": 1}]
    assert delegations.stands(
        bytes.fromhex(made["key"]), b"\xab" * 32, document.type, body, bytes.fromhex(document.signature)
    )
    again = programs.run("capability", "sign", task, signed, "--key", key, "--carrier", "SF", "--waybill", "1")
    assert (again.exit_code, "file.exists" in again.output) == (1, True)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "hanse/signed/1"}', "\x00"])
def test_a_file_that_is_no_task_is_refused_with_65(tmp_path: Path, content: str) -> None:
    (tmp_path / "task").write_text(content)
    (tmp_path / "key").write_text("00" * 32)
    given = [str(tmp_path / name) for name in ("task", "signed", "key")]
    refusal = programs.run("capability", "sign", *given[:2], "--key", given[2])
    assert (refusal.exit_code, "task.unreadable" in refusal.output) == (65, True)
    assert not (tmp_path / "signed").exists()
