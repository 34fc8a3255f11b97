"""What the documents of an export mean: the four numbers, statements, refusals, and everything recomputed."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.audits import bundles, judgements, layouts, verifications
from node.storage import blobs
from protocol import encoding
from protocol.encoding import Value
from tests.node.audits import trades, worlds

SELLER, BUYER = trades.SELLER, trades.BUYER


@pytest.fixture
def shop() -> trades.Shop:
    return trades.Shop()


def judged(shop: trades.Shop, directory: Path) -> verifications.ChannelVerdict:
    """The verdict over the only channel of an export in which nothing is wrong."""
    shop.world.settle()
    shop.world.export(directory)
    verdict = worlds.verify(directory)
    assert verdict.faults == ()
    assert verdict.numbers == verdict.channels[0].numbers
    return verdict.channels[0]


def test_a_month_of_honest_trade_is_proved_to_the_last_document(shop: trades.Shop, tmp_path: Path) -> None:
    statement = trades.month(shop, 8)
    channel = judged(shop, tmp_path / "export")
    documents = shop.world.size(0) + shop.world.size(1)
    assert channel.numbers == judgements.Numbers(documents=documents, proved=documents)
    assert channel.balances == {"EUR": 0}
    assert channel.refusals == ()
    assert [(one.leaf, one.state, one.lines, one.currency) for one in channel.statements] == [
        (statement.hex(), "closed", True, "EUR")
    ]
    # 2 × 3 sold, 2 × 4 of 5, 2 × 1 too late: 16 at 10.00 with 19 % tax
    assert channel.statements[0].closing == 16 * 1190


def test_the_balance_is_given_from_the_lower_party(shop: trades.Shop, tmp_path: Path) -> None:
    shop.sold(2)
    channel = judged(shop, tmp_path / "export")
    seller_is_first = shop.world.channel.side == SELLER
    assert channel.balances == {"EUR": 2380 if seller_is_first else -2380}


def test_a_refused_document_is_reported_with_its_row_and_is_no_fault(shop: trades.Shop, tmp_path: Path) -> None:
    thread = shop.sold(1)
    index = shop.world.size(SELLER)
    shop.ship(thread, 5)
    shop.say(BUYER, "no.such", {})
    channel = judged(shop, tmp_path / "export")
    assert channel.numbers.refused == 2
    found = {(refusal.type, refusal.index) for refusal in channel.refusals}
    assert ("shipment.handover", index) in found
    refusal = next(refusal for refusal in channel.refusals if refusal.type == "shipment.handover")
    assert refusal.faults[0].startswith(("quantity.over", "order.state"))
    assert (tmp_path / "export" / refusal.path).is_file()
    unknown = next(refusal for refusal in channel.refusals if refusal.type == "no.such")
    assert unknown.faults == ("document.unsupported t",)


def test_an_entry_that_is_none_is_refused_and_takes_its_place(shop: trades.Shop, tmp_path: Path) -> None:
    shop.world.pending[BUYER].append(b"\xc1 no entry at all")
    shop.world.exchange(BUYER)
    shop.sold(1)
    channel = judged(shop, tmp_path / "export")
    assert [refusal.faults for refusal in channel.refusals] == [("document.unreadable",)]
    assert channel.numbers.refused == 1


def test_a_disputed_payment_is_contested(shop: trades.Shop, tmp_path: Path) -> None:
    shop.sold(1)
    payment = shop.send(1190)
    shop.say(SELLER, "payment.dispute", {"thread": payment, "role": "seller", "reason": "not_arrived"})
    assert judged(shop, tmp_path / "export").numbers.contested == 1


def test_a_dispute_that_ended_with_the_money_is_proved(shop: trades.Shop, tmp_path: Path) -> None:
    shop.sold(1)
    payment = shop.send(1190)
    shop.say(SELLER, "payment.dispute", {"thread": payment, "role": "seller", "reason": "not_arrived"})
    shop.receive(payment, 1190)
    assert judged(shop, tmp_path / "export").numbers.contested == 0


def test_goods_that_did_not_arrive_are_contested(shop: trades.Shop, tmp_path: Path) -> None:
    thread = shop.sold(2)
    lines: list[Value] = [{"line": 1, "accepted": 1, "short": 1}]
    shop.say(BUYER, "receipt.advice", {"thread": thread, "lines": lines})
    assert judged(shop, tmp_path / "export").numbers.contested == 1


def test_a_statement_answered_with_a_difference_is_contested_until_one_closes(
    shop: trades.Shop, tmp_path: Path
) -> None:
    thread = shop.sold(1)
    statement = shop.propose()
    difference: Value = {"key": thread, "kind": "goods", "mine": 1}
    shop.answer(statement, accord=False, difference=difference, lines_hash=bytes(32))
    channel = judged(shop, tmp_path / "one")
    assert channel.numbers.contested == 2
    assert channel.statements[0].state == "differs"
    assert channel.statements[0].difference == (thread.hex(), "goods")
    shop.close_account()
    channel = judged(shop, tmp_path / "two")
    assert channel.numbers.contested == 0
    assert [statement.state for statement in channel.statements] == ["differs", "closed"]


def test_a_document_that_stands_though_the_partner_said_no_is_contested(shop: trades.Shop, tmp_path: Path) -> None:
    index = shop.world.size(BUYER)
    shop.place(1)
    naks: list[Value] = [["order.number", "", "", ""]]
    shop.say(SELLER, "channel.nak", {"d": 1, "idx": index, "faults": naks})
    assert judged(shop, tmp_path / "export").numbers.contested == 1


def test_a_nak_of_what_the_fold_refuses_too_contests_nothing(shop: trades.Shop, tmp_path: Path) -> None:
    index = shop.world.size(BUYER)
    shop.say(BUYER, "no.such", {})
    shop.say(SELLER, "channel.nak", {"d": 1, "idx": index, "faults": [["document.unsupported", "t", "", ""]]})
    numbers = judged(shop, tmp_path / "export").numbers
    assert (numbers.contested, numbers.refused) == (0, 1)


def test_what_is_named_and_not_there_is_not_disclosed(shop: trades.Shop, tmp_path: Path) -> None:
    shop.place(1, parent=bytes(32))
    attachment: Value = {"name": "photo.jpg", "media": "image/jpeg", "len": 9, "hash": bytes(32)}
    shop.place(1, attachments=[attachment])
    numbers = judged(shop, tmp_path / "export").numbers
    assert numbers.not_disclosed == 2
    assert numbers.proved == numbers.documents - 2


def test_a_sealed_address_is_counted_by_itself(shop: trades.Shop, tmp_path: Path) -> None:
    shop.place(1, pii={"cm": bytes(32), "ct": bytes(32), "kid": bytes(8), "len": 512, "x": "hpke1"})
    numbers = judged(shop, tmp_path / "export").numbers
    assert (numbers.sealed, numbers.not_disclosed, numbers.refused) == (1, 0, 0)


def test_a_statement_without_its_lines_is_not_disclosed_but_still_recomputed(shop: trades.Shop, tmp_path: Path) -> None:
    shop.sold(1)
    statement = shop.close_account()
    blobs.erase(shop.world.db, trades.fold(shop.world).statements[statement].document.lines_hash)
    channel = judged(shop, tmp_path / "export")
    assert channel.numbers.not_disclosed == 1
    assert (channel.statements[0].state, channel.statements[0].lines) == ("closed", False)


def test_D17_lines_that_the_logbooks_do_not_give_are_named(shop: trades.Shop, tmp_path: Path) -> None:
    thread = shop.sold(1)
    # same sums, other lines: both have signed it, and it is still not what their documents say
    lines = encoding.encode([[thread, "goods", 1100], [thread, "tax", 90]])
    index = shop.world.size(SELLER)
    statement = shop.propose(lines_hash=blobs.put(shop.world.db, lines), count=2)
    shop.answer(statement)
    shop.world.settle()
    shop.world.export(tmp_path / "export")
    faults = worlds.verify(tmp_path / "export").faults
    assert [fault.code for fault in faults] == ["audit.statement"]
    assert f"entry {index} are not those" in faults[0].what
    assert (tmp_path / "export" / faults[0].path).is_file()


def test_D18_a_statement_over_a_head_that_never_was_is_named(shop: trades.Shop, tmp_path: Path) -> None:
    shop.sold(1)
    shop.world.settle()
    size = shop.world.logbook(SELLER).size
    statement = shop.propose(own={"size": size, "root": bytes(32)})
    shop.answer(statement)
    shop.world.settle()
    shop.world.export(tmp_path / "export")
    faults = worlds.verify(tmp_path / "export").faults
    assert [fault.code for fault in faults] == ["audit.statement"]
    assert "is no head of that logbook" in faults[0].what


def test_D18_a_statement_over_a_head_that_was_never_receipted_is_named(shop: trades.Shop, tmp_path: Path) -> None:
    shop.sold(1)
    shop.sold(1)
    statement = shop.close_account()
    document = trades.fold(shop.world).statements[statement].document
    logbook = shop.world.logbook(SELLER)
    shop.world.db.execute("DELETE FROM receipts WHERE logbook = ? AND size = ?", (logbook.id, document.own.size))
    shop.world.settle()
    shop.world.export(tmp_path / "export")
    faults = worlds.verify(tmp_path / "export").faults
    assert [fault.code for fault in faults] == ["audit.statement"]
    assert "was never receipted" in faults[0].what


@pytest.mark.parametrize("kind", [layouts.STATEMENTS, layouts.BLOBS])
def test_a_changed_statement_or_blob_is_named(shop: trades.Shop, tmp_path: Path, kind: str) -> None:
    shop.sold(1)
    shop.close_account()
    assert judged(shop, tmp_path / "export").statements
    (path,) = (tmp_path / "export").rglob(f"{kind}/*")
    good = path.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 40)):
        path.write_bytes(good[:position] + bytes((good[position] ^ 1,)) + good[position + 1 :])
        named = [fault.path for fault in worlds.verify(tmp_path / "export").faults]
        assert path.relative_to(tmp_path / "export").as_posix() in named
    path.write_bytes(good)
    path.with_name("0" * 64).write_bytes(good)
    assert [fault.code for fault in worlds.verify(tmp_path / "export").faults] == ["audit.unexpected"]


def test_the_page_of_a_statement_is_for_people(shop: trades.Shop, tmp_path: Path) -> None:
    thread = shop.sold(1)
    statement = shop.close_account()
    judged(shop, tmp_path / "export")
    text = (tmp_path / "export" / layouts.statement(channel_of(shop), statement)).read_text()
    assert '"period": "2026-07"' in text
    assert thread.hex() in text
    assert '"closing": 1190' in text


def channel_of(shop: trades.Shop) -> str:
    return layouts.channel(shop.world.merchants[1].node, 1)


def test_a_key_document_pins_the_identity_logbook(shop: trades.Shop, tmp_path: Path) -> None:
    identity = shop.world.merchants[BUYER].identity
    shop.say(BUYER, "channel.key", {"size": identity.size, "root": identity.root})
    assert judged(shop, tmp_path / "good").numbers.refused == 0
    shop.say(BUYER, "channel.key", {"size": identity.size + 1, "root": identity.root})
    shop.say(BUYER, "channel.key", {"size": identity.size, "root": bytes(32)})
    shop.world.settle()
    shop.world.export(tmp_path / "bad")
    faults = worlds.verify(tmp_path / "bad").faults
    assert [fault.code for fault in faults] == ["audit.identity"] * 2
    assert {fault.path for fault in faults} == {layouts.identity(identity.node_id)}


def test_both_partners_exports_prove_the_same(shop: trades.Shop, tmp_path: Path) -> None:
    """The verdict does not depend on which of the two made the export."""
    trades.month(shop, 4)
    mine = judged(shop, tmp_path / "mine")
    db = shop.world.db
    db.execute("UPDATE logbooks SET mine = 1 - mine + 2")
    db.execute("UPDATE logbooks SET mine = mine - 2")
    db.execute("UPDATE partners SET node = ?", (shop.world.merchants[0].node,))
    summary = bundles.export(db, tmp_path / "theirs", shop.world.merchants[1].node, worlds.quiet)
    assert summary.channels == 1
    (theirs,) = worlds.verify(tmp_path / "theirs").channels
    assert worlds.verify(tmp_path / "theirs").faults == ()
    assert (theirs.parties, theirs.sizes, theirs.numbers, theirs.balances) == (
        mine.parties,
        mine.sizes,
        mine.numbers,
        mine.balances,
    )
