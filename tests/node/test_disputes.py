"""Disputes between whole nodes: the arbiter is on no channel with them, and one of the two may be gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from node import errors
from tests.node import controls, programs
from tests.node.markets import goods, order
from tests.node.towns import Town, play

HOUR_S = 3_600


async def quarrel(town: Town) -> str:
    """A factory and a shop under an agreement that names a judge, and an issue about an order that has left."""
    await town.open("factory", "shop", "judge", "second")
    await town.pair("factory", "shop")
    await goods(town, "factory")
    keys = [(await town.ask(name, "dispute.key"))["arbiter"] for name in ("judge", "second")]
    arbiters = [f"{keys[0]} 义乌 仲裁所", keys[1]]
    await town.ask("factory", "agreement.propose", partner="shop", arbiters=arbiters, resolve_hours=2, award_hours=24)
    await town.settle()
    await town.ask("shop", "agreement.accept", partner="factory")
    await town.settle()
    await town.ask("factory", "catalogue.share", partner="shop")
    await town.settle()
    id = await order(town, "shop", "factory")
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
    await town.settle()
    opened = await town.ask("shop", "issue.open", order=id, category="damaged", claim="21.00", message="all broken")
    await town.settle()
    named = (await town.ask("factory", "issue.show", issue=opened["issue"]))["arbiters"]
    assert named == ["义乌 仲裁所", keys[1].partition(":")[0]]
    return str(opened["issue"])


async def escalated(town: Town) -> str:
    """The same, after two hours without an answer."""
    issue = await quarrel(town)
    with pytest.raises(errors.NodeError) as caught:
        await town.ask("shop", "issue.escalate", issue=issue)
    assert [fault["code"] for fault in caught.value.faults] == ["issue.early"]
    await asyncio.sleep(2 * HOUR_S)
    assert (await town.ask("shop", "issue.escalate", issue=issue))["state"] == "escalated"
    await town.settle()
    return issue


def test_an_arbiter_decides_while_the_other_node_is_gone() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        town.kill("factory")
        await town.ask("shop", "dispute.open", issue=issue, claim="21.00", message="they do not answer")
        await asyncio.sleep(10)
        exported = await town.ask("shop", "dispute.export", issue=issue)
        seen = await town.ask("judge", "dispute.read", case=exported["case"])
        assert seen["ok"], seen["faults"]
        kinds = {row["type"]: row for row in seen["documents"]}
        assert {
            "agreement.propose",
            "agreement.accept",
            "order.place",
            "shipment.handover",
            "issue.open",
        } <= kinds.keys()
        assert kinds["issue.open"]["message"] == "all broken"
        assert kinds["issue.open"]["receipted"] and kinds["shipment.handover"]["receipted"]
        assert kinds["dispute.open"]["proved"] and not kinds["dispute.open"]["receipted"]
        signed = await town.ask(
            "judge", "dispute.award", case=exported["case"], to="buyer", amount="15.00", reasons="half of them"
        )
        decided = await town.ask("shop", "dispute.decide", award=signed["award"])
        assert (decided["state"], decided["settled"]["amount"]) == ("decided", 1500)
        (row,) = (await town.ask("shop", "dispute.list"))["disputes"]
        assert (row["pays_me"]["amount"], row["complies"]) == (1500, "factory")
        await town.start("factory")
        await town.settle()
        (row,) = (await town.ask("factory", "dispute.list"))["disputes"]
        assert (row["state"], row["pays_me"]["amount"], row["complies"]) == ("decided", -1500, "me")
        told = (await town.ask("factory", "issue.show", issue=issue))["documents"]
        assert told[-1]["files"][0]["name"] == "reasons.txt"
        complied = await town.ask("factory", "dispute.comply", issue=issue)
        assert complied["state"] == "complied"
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        assert proposed["closing"]["amount"] == 2100 - 1500

    play(story)


def test_a_time_that_is_over_is_proved_as_soon_as_the_partner_is_there_again() -> None:
    async def story(town: Town) -> None:
        issue = await quarrel(town)
        town.kill("factory")
        await asyncio.sleep(2 * HOUR_S)
        for _ in range(2):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask("shop", "issue.escalate", issue=issue)
            assert caught.value.code == "deadline.unproved"
        await town.start("factory")
        await town.settle()
        assert (await town.ask("shop", "issue.escalate", issue=issue))["state"] == "escalated"
        await town.settle()
        said = [row["type"] for row in (await town.ask("factory", "issue.show", issue=issue))["documents"]]
        assert said == ["issue.open", "issue.escalate"]

    play(story)


def test_the_second_arbiter_waits_until_the_first_had_its_time() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        await town.ask("factory", "dispute.open", issue=issue)
        await town.ask("factory", "dispute.evidence", issue=issue, message="they were packed well")
        case = (await town.ask("factory", "dispute.export", issue=issue))["case"]
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("second", "dispute.award", case=case)
        assert caught.value.code == "dispute.early"
        await asyncio.sleep(24 * HOUR_S)
        signed = await town.ask("second", "dispute.award", case=case)
        decided = await town.ask("factory", "dispute.decide", award=signed["award"])
        assert decided["state"] == "dismissed"
        await town.settle()
        assert (await town.ask("shop", "issue.show", issue=issue))["state"] == "dismissed"

    play(story)


def test_what_an_award_asks_for_and_nobody_does_is_a_default() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        await town.ask("shop", "dispute.open", issue=issue)
        await town.settle()
        case = (await town.ask("shop", "dispute.export", issue=issue))["case"]
        signed = await town.ask(
            "judge", "dispute.award", case=case, to="buyer", amount="5.00", returns={"1": 2}, within_days=1
        )
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "dispute.default", issue=issue)
        assert caught.value.code == "dispute.none"
        await town.ask("shop", "dispute.decide", award=signed["award"])
        await town.settle()
        await asyncio.sleep(24 * HOUR_S)
        assert (await town.ask("shop", "dispute.default", issue=issue))["state"] == "defaulted"

    play(story)


async def awarded(town: Town) -> str:
    """The shop is to get money, and to send two cups back, within a day."""
    issue = await escalated(town)
    await town.ask("shop", "dispute.open", issue=issue)
    await town.settle()
    case = (await town.ask("shop", "dispute.export", issue=issue))["case"]
    signed = await town.ask(
        "judge", "dispute.award", case=case, to="buyer", amount="5.00", returns={"1": 2}, within_days=1
    )
    await town.ask("shop", "dispute.decide", award=signed["award"])
    await town.settle()
    return issue


async def duties(town: Town, who: str) -> dict[str, dict[str, Any]]:
    """What an award asks for, by row, as it is listed."""
    rows = (await town.ask(who, "deadline.list"))["deadlines"]
    return {row["row"]: row for row in rows if row["row"].startswith("dispute.")}


def test_what_an_award_asks_for_stands_under_a_deadline_until_it_is_done() -> None:
    async def story(town: Town) -> None:
        issue = await awarded(town)
        for who, pays, sends in (("shop", "me", "partner"), ("factory", "partner", "me")):
            rows = await duties(town, who)
            assert {row: rows[row]["favours"] for row in rows} == {"dispute.decide": pays, "dispute.return": sends}
            assert rows["dispute.return"]["meaning"].endswith("2 of line 1")
            assert {row["due_ms"] - row["since_ms"] for row in rows.values()} == {24 * HOUR_S * 1000}
        with pytest.raises(errors.NodeError) as early:
            await town.ask("shop", "deadline.claim", order=issue, row="dispute.decide")
        assert early.value.code == "deadline.early"
        await town.ask("factory", "dispute.comply", issue=issue)
        await town.settle()
        assert [await duties(town, who) for who in ("shop", "factory")] == [{}, {}]

    play(story)


def test_that_an_award_was_not_obeyed_can_be_claimed_like_every_deadline() -> None:
    async def story(town: Town) -> None:
        issue = await awarded(town)
        await asyncio.sleep(25 * HOUR_S)
        assert (await duties(town, "shop"))["dispute.decide"]["state"] in ("over", "due")
        claimed = await town.ask("shop", "deadline.claim", order=issue, row="dispute.decide")
        assert [row["row"] for row in claimed["claimed"]] == ["dispute.decide"]
        await town.settle()
        assert (await town.ask("factory", "issue.show", issue=issue))["state"] == "defaulted"
        assert [await duties(town, who) for who in ("shop", "factory")] == [{}, {}]

    play(story)


def test_cases_and_awards_that_were_tampered_with_are_refused() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "dispute.export", issue=issue)
        assert caught.value.code == "dispute.none"
        await town.ask("shop", "dispute.open", issue=issue, message="look")
        await town.settle()
        case: dict[str, Any] = json.loads((await town.ask("shop", "dispute.export", issue=issue))["case"])

        async def faults(change: dict[str, Any]) -> int:
            text = json.dumps({**case, **change})
            found = await town.ask("judge", "dispute.read", case=text)
            with pytest.raises(errors.NodeError) as refused:
                await town.ask("judge", "dispute.award", case=text, to="buyer", amount="1.00")
            assert refused.value.code == "case.damaged"
            return len(found["faults"])

        mine, theirs = case["books"]
        for part in (
            {**mine, "heads": [{**head, "note": head["note"].replace("\n", "\n1", 1)} for head in mine["heads"]]},
            {**mine, "entries": mine["entries"][1:]},
            {**mine, "entries": [{**mine["entries"][1], "data": mine["entries"][2]["data"]}, *mine["entries"]]},
            {**mine, "entries": [{**mine["entries"][0], "data": "80"}, *mine["entries"]]},
            {**mine, "origin": theirs["origin"]},
            {**mine, "entries": [{**mine["entries"][0], "data": "no hex"}, *mine["entries"]]},
            {**mine, "entries": [*mine["entries"], {**mine["entries"][1], "index": None}]},
            {**mine, "entries": [*mine["entries"], {**mine["entries"][1], "index": 10**6}]},
            {**mine, "entries": [*mine["entries"], {**mine["entries"][1], "under": 99}]},
        ):
            assert await faults({"books": [part, theirs]})
        assert await faults({"identities": {name: [*log[:-1], "80"] for name, log in case["identities"].items()}})
        swapped = dict(zip(case["identities"], reversed(list(case["identities"].values())), strict=True))
        assert await faults({"identities": swapped})
        assert await faults({"blobs": {name: "00" for name in case["blobs"]}})
        assert await faults({"dispute": "00" * 32})
        for who, name, arguments, code in (
            ("judge", "dispute.read", {"case": "{}"}, "case.unreadable"),
            ("judge", "dispute.read", {"case": json.dumps({**case, "format": "x"})}, "case.unreadable"),
            ("judge", "dispute.read", {"case": json.dumps({**case, "dispute": "x"})}, "case.unreadable"),
            ("shop", "dispute.award", {"case": json.dumps(case)}, "dispute.arbiter"),
            ("shop", "dispute.decide", {"award": "{}"}, "case.unreadable"),
            ("shop", "dispute.decide", {"award": '{"award": "80", "signature": ""}'}, "issue.unknown"),
            ("judge", "dispute.award", {"case": json.dumps(case), "to": "buyer"}, "request.malformed"),
            ("shop", "dispute.evidence", {"issue": issue, "documents": ["nope"]}, "audit.document"),
            ("shop", "agreement.propose", {"partner": "factory", "arbiters": ["nobody"]}, "request.malformed"),
        ):
            with pytest.raises(errors.NodeError) as caught:
                await town.ask(who, name, **arguments)
            assert caught.value.code == code, (name, arguments)
        signed = json.loads(
            (await town.ask("judge", "dispute.award", case=json.dumps(case), to="buyer", amount="1.00"))["award"]
        )
        forged = json.dumps({**signed, "award": signed["award"].replace("64", "65", 1)})
        with pytest.raises(errors.NodeError):
            await town.ask("shop", "dispute.decide", award=forged)
        assert (await town.ask("shop", "issue.show", issue=issue))["state"] == "disputed"

    play(story)


def test_cases_and_awards_are_files(tmp_path: Path) -> None:
    case, award = tmp_path / "case.json", tmp_path / "award.json"
    with controls.Control(tmp_path, {"dispute.export": {"dispute": "ab", "documents": 3, "case": '{"a": 1}'}}):
        exported = programs.run("dispute", "export", "N1", str(case), "--home", str(tmp_path))
    assert (exported.exit_code, case.read_text()) == (0, '{"a": 1}\n')
    with controls.Control(tmp_path, {"dispute.award": {"dispute": "ab", "award": "{}"}}) as control:
        typed = ["dispute", "award", str(case), str(award), "--to", "buyer", "--amount", "5"]
        assert programs.run(*typed, "--home", str(tmp_path)).exit_code == 0
        again = programs.run(*typed, "--home", str(tmp_path))
    assert (again.exit_code, "file.exists" in again.output) == (1, True)
    assert control.asked[0][1]["amount"] == "5"
    assert programs.run("dispute", "award", str(case), str(tmp_path / "x"), "--home", str(tmp_path)).exit_code == 2
    with controls.Control(tmp_path, {"dispute.decide": {}, "dispute.read": {}}) as control:
        programs.run("dispute", "decide", str(award), "--home", str(tmp_path))
        programs.run("dispute", "read", str(case), "--home", str(tmp_path))
    assert control.asked == [("dispute.decide", {"award": "{}\n"}), ("dispute.read", {"case": '{"a": 1}\n'})]
