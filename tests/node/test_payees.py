"""How one wants to be paid: said once, seen by partners and in no logbook; other details are asked about once."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from node.storage import logbooks
from tests.node import markets
from tests.node.test_pictures import png
from tests.node.towns import Town, play

IBAN, OTHER_IBAN = "DE89370400440532013000", "GB29NWBK60161331926819"
EUROS = {"currency": "EUR", "holder": "Ofen & Söhne GmbH", "iban": IBAN, "bic": "COBADEFFXXX"}
YUAN = {
    "currency": "CNY",
    "holder": "义乌晨曦工艺品厂",
    "number": "6222 0212 0200 0123 456",
    "bank": "中国工商银行义乌支行",
}


async def neighbours(town: Town) -> None:
    """A factory and a shop that know each other."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")


async def shown(town: Town, **given: Any) -> dict[str, Any]:
    """What the shop is told, by currency."""
    answer = await town.ask("shop", "payee.show", partner="factory", **given)
    return {row["currency"]: row for row in answer["payees"]}


async def tell(town: Town, **details: Any) -> Any:
    answer = await town.ask("factory", "payee.set", **details)
    await town.settle()
    return answer


async def waiting(town: Town) -> list[str]:
    kinds = (await town.ask("shop", "today"))["kinds"]
    return [row["partner"] for kind in kinds if kind["duty"] == "payee" for row in kind["rows"]]


def test_a_partner_sees_how_one_wants_to_be_paid_and_no_logbook_holds_it() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        assert await shown(town) == {}
        assert (await tell(town, **EUROS))["told"] == 1
        await tell(town, **YUAN)
        found = await shown(town)
        assert sorted(found) == ["CNY", "EUR"] and {row["state"] for row in found.values()} == {"known"}
        assert {name: found["EUR"][name] for name in EUROS} == EUROS
        assert (found["CNY"]["number"], found["CNY"]["bank"]) == ("6222021202000123456", YUAN["bank"])
        for who in ("factory", "shop"):
            node = town.citizens[who].node
            assert node is not None
            books = await node.database.read(
                lambda db: [row[2] for at in (1, 2) for row in logbooks.rows(db, at, 0, 99)]
            )
            assert len(books) > 4
            for secret in (IBAN, EUROS["holder"], YUAN["bank"], "6222021202000123456"):
                assert not any(secret.encode() in entry for entry in books)
        await town.open("late")
        await town.pair("factory", "late")  # who comes later is told as well
        late = (await town.ask("late", "payee.show", partner="factory"))["payees"]
        assert [(row["currency"], row["state"]) for row in late] == [("CNY", "known"), ("EUR", "known")]
        await town.ask("factory", "card.set", legal_name="Ofen")
        await town.settle()
        assert sorted(await shown(town)) == ["CNY", "EUR"], "another change of the card takes nothing away"

    play(story)


def test_the_same_details_are_not_told_again_whatever_spaces_are_typed() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        await tell(town, **EUROS)
        before = await shown(town)
        again = {**EUROS, "iban": "de89 3704 0044 0532 0130 00", "holder": "  Ofen & Söhne GmbH "}
        assert (await tell(town, **again))["told"] == 0
        assert await shown(town) == before
        keyed = {**EUROS, "iban": OTHER_IBAN, "key": "k"}
        assert await tell(town, **keyed) == await tell(town, **keyed)

    play(story)


def test_changed_details_are_shown_beside_the_known_ones_and_asked_about_once() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        await tell(town, **EUROS)
        await tell(town, **{**EUROS, "iban": OTHER_IBAN})
        row = (await shown(town))["EUR"]
        assert (row["state"], row["iban"], row["before"]["iban"]) == ("changed", OTHER_IBAN, IBAN)
        assert row["since_ms"] > row["before_since_ms"] and await waiting(town) == ["factory"]
        for hash in ("", "00" * 32, row["hash"][:-1]):
            with pytest.raises(errors.NodeError) as wrong:
                await town.ask("shop", "payee.accept", partner="factory", currency="EUR", hash=hash)
            assert wrong.value.code == "payee.unknown"
        await tell(town, **{**EUROS, "holder": "Mallory"})
        with pytest.raises(errors.NodeError):  # what was looked at is not what would be accepted
            await town.ask("shop", "payee.accept", partner="factory", currency="EUR", hash=row["hash"])
        row = (await shown(town))["EUR"]
        assert (row["state"], row["before"]["iban"], row["before"]["holder"]) == ("changed", IBAN, EUROS["holder"])
        assert await waiting(town) == ["factory"], "one question, however often they change"
        await town.ask("shop", "payee.accept", partner="factory", currency="EUR", hash=row["hash"])
        assert (await shown(town))["EUR"]["state"] == "known" and await waiting(town) == []
        town.kill("shop")
        await town.start("shop")
        await town.settle()
        assert (await shown(town))["EUR"]["state"] == "known" and await waiting(town) == []
        await tell(town, **EUROS)  # back to what once was known: that account may be closed
        assert (await shown(town))["EUR"]["state"] == "changed" and await waiting(town) == ["factory"]

    play(story)


def test_details_that_are_taken_back_are_said_to_be_and_new_ones_are_a_change() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        await tell(town, **EUROS)
        assert await town.ask("factory", "payee.remove", currency="EUR") == {"currency": "EUR", "told": 1}
        await town.settle()
        row = (await shown(town))["EUR"]
        assert (row["state"], row["iban"], await waiting(town)) == ("withdrawn", None, [])
        assert (await town.ask("factory", "payee.list"))["payees"] == []
        await tell(town, **{**EUROS, "iban": OTHER_IBAN})
        assert (await shown(town))["EUR"]["state"] == "changed"
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("factory", "payee.remove", currency="USD")
        assert (wrong.value.code, wrong.value.expected) == ("payee.unknown", "EUR")

    play(story)


def test_wrong_details_are_refused_with_every_fault_and_nobody_is_told() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        with pytest.raises(errors.NodeError) as wrong:
            await tell(
                town, currency="EUR", holder="x" * 71, iban=IBAN[:-1] + "1", bic="CO", link="javascript:alert(1)"
            )
        assert {(fault["code"], fault["path"]) for fault in wrong.value.faults} == {
            ("document.length", "holder"),
            ("payee.iban", "iban"),
            ("document.pattern", "bic"),
            ("document.pattern", "link"),
        }
        for picture, code in (("zz", "picture.damaged"), (b"<svg onload='alert(1)'>".hex(), "picture.format")):
            with pytest.raises(errors.NodeError) as wrong:
                await tell(town, currency="CNY", holder="李雷", data_hex=picture)
            assert [(fault["code"], fault["path"]) for fault in wrong.value.faults] == [(code, "data_hex")]
        with pytest.raises(errors.NodeError) as wrong:
            await tell(town, currency="CNY", holder="李雷", data_hex=png(10_000, 1).hex())
        assert wrong.value.faults[0]["code"] == "picture.too-large"
        assert await shown(town) == {}

    play(story)


def test_a_collection_code_travels_as_a_picture_made_anew_and_is_shown_once_it_is_known() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        hidden = png(4, 4, tail=b"SECRET")
        await tell(town, currency="CNY", holder="李雷", data_hex=hidden.hex(), name="wechat.png")
        assert (await shown(town))["CNY"]["code"] is True
        seen = await town.ask("shop", "payee.code", partner="factory", currency="CNY")
        own = await town.ask("factory", "payee.code", currency="CNY")
        assert (seen["media"], seen["width"]) == ("image/png", 4) and own["data_hex"] == seen["data_hex"]
        node = town.citizens["shop"].node
        assert node is not None
        stored = await node.database.read(lambda db: [row[0] for row in db.execute("SELECT data FROM blobs")])
        assert stored and not any(b"SECRET" in data for data in stored)
        await tell(town, currency="CNY", holder="李雷雷", keep_code=True)
        row = (await shown(town))["CNY"]
        assert row["code"] and row["before"]["code"]
        with pytest.raises(errors.NodeError) as wrong:  # nothing that is not known is offered for scanning
            await town.ask("shop", "payee.code", partner="factory", currency="CNY")
        assert wrong.value.code == "picture.unknown"

    play(story)


def test_a_statement_names_what_a_transfer_says_and_makes_the_code_of_a_transfer_in_euros() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        sheet = b"sku,title_en,price,stock\nCUP-0,Blue cup,10.50,100\n"
        await town.ask("factory", "catalogue.import", name="goods.csv", data_hex=sheet.hex(), currency="EUR")
        await markets.agree(town, "factory", "shop", currency="EUR")
        order = await markets.order(town, "shop", "factory")
        await town.ask("factory", "order.accept", order=order)
        await town.ask("factory", "order.ship", order=order, carrier="SF", waybill="SF1")
        await town.settle()
        statement = (await town.ask("factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        await town.settle()
        await town.ask("shop", "statement.agree", statement=statement)
        await town.settle()
        await tell(town, **EUROS)
        await tell(town, **YUAN)
        answer = await town.ask("shop", "payee.show", partner="factory", statement=statement)
        (row,) = answer["payees"]
        reference = "HS" + statement[:16].upper()
        assert (answer["pay"]["reference"], answer["pay"]["amount"]["amount"]) == (reference, 2100)
        assert row["epc"].split("\n") == [
            *("BCD", "002", "1", "SCT", "COBADEFFXXX", EUROS["holder"], IBAN, "EUR21.00", "", "", reference)
        ]
        (balance,) = (await town.ask("shop", "balance", partner="factory"))["balances"]
        whole = await town.ask("shop", "payee.show", partner="factory", agreement=balance["agreement"])
        assert (whole["pay"], whole["payees"]) == (answer["pay"], answer["payees"])
        invoice = (await town.ask("factory", "invoice.issue", statement=statement))["invoice"]
        await town.settle()
        same = await town.ask("shop", "payee.show", partner="factory", invoice=invoice)
        assert (same["pay"], same["payees"]) == (answer["pay"], answer["payees"])
        await tell(town, **{**EUROS, "iban": OTHER_IBAN})
        assert (await shown(town, statement=statement))["EUR"]["epc"] is None, "nothing to scan before it is accepted"
        mine = await town.ask("factory", "payee.show", partner="shop", statement=statement)
        assert mine["pay"] is None, "the creditor owes nothing of it"

    play(story)


def test_a_blob_that_is_damaged_on_the_disk_counts_as_not_here() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        await tell(town, **EUROS)
        node = town.citizens["shop"].node
        assert node is not None
        digest = bytes.fromhex((await shown(town))["EUR"]["hash"])
        await node.database.write(lambda db: db.execute("UPDATE blobs SET data = x'00' WHERE hash = ?", (digest,)))
        row = (await shown(town))["EUR"]
        assert (row["state"], row["iban"]) == ("arriving", None)

    play(story)


def test_many_changes_leave_what_is_known_and_a_bounded_past() -> None:
    async def story(town: Town) -> None:
        await neighbours(town)
        await tell(town, **EUROS)
        for number in range(70):
            await town.ask("factory", "payee.set", **{**EUROS, "holder": f"Ofen {number}"})
        await town.settle()
        row = (await shown(town))["EUR"]
        assert (row["holder"], row["before"]["holder"]) == ("Ofen 69", EUROS["holder"])
        node = town.citizens["shop"].node
        assert node is not None
        kept = await node.database.read(lambda db: db.execute("SELECT max(length(value)) FROM settings").fetchone()[0])
        assert kept < 61 * 400

    play(story)
