"""What follows where nobody answers a return, sends the goods back, or says what came (table T6)."""

from __future__ import annotations

from contracts import returns
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, back, decide, inspect
from tests.contracts.returnings import UNIT, Returning
from tests.contracts.test_tables import H


def silent(shop: Returning, side: int, row: str, request: bytes, after_s: int) -> Body:
    """A deem of `side`, whose partner had everything and was there `after_s` seconds later."""
    head = len(shop.logs[side])
    proofs = (desks.cosigned(side, head, 1_800_000_000), desks.cosigned(side, head, 1_800_000_000 + after_s))
    return desks.deem(shop.thread, "seller" if side == SELLER else "buyer", row, request, *proofs)


def test_a_seller_who_answers_no_request_approves_it() -> None:
    shop = Returning()
    name = shop.asked(4)
    early = silent(shop, BUYER, "return.request", name, 3 * 86_400 - 1)
    assert shop.refuse(BUYER, "deem", early) == ["deem.early"]
    shop.both(BUYER, "deem", silent(shop, BUYER, "return.request", name, 3 * 86_400))
    assert shop.lots(shop.thread) == {"delivered": 6, "return-approved": 4}


def test_a_seller_who_answers_no_refund_only_request_refunds() -> None:
    shop = Returning()
    name = shop.asked(4, reason="damaged", remedy="refund_only")
    shop.both(BUYER, "deem", silent(shop, BUYER, "return.request", name, 3 * 86_400))
    assert shop.state.owed.total == 6 * UNIT


def test_an_answer_that_the_deem_did_not_know_of_wins() -> None:
    shop = Returning()
    name = shop.asked(4)
    shop.write(SELLER, "return.decide", decide(shop.thread, name, (1, 4, "reject")))
    shop.put(BUYER, "deem", silent(shop, BUYER, "return.request", name, 3 * 86_400))
    shop.sync()
    assert shop.lots(shop.thread) == {"delivered": 6, "return-refused": 4}


def test_a_buyer_who_sends_nothing_back_keeps_it() -> None:
    shop = Returning()
    name = shop.approved(4)
    shop.both(SELLER, "deem", silent(shop, SELLER, "return.ship", name, 14 * 86_400))
    assert shop.lots(shop.thread) == {"delivered": 6, "received": 4}


def test_a_seller_who_says_nothing_of_what_came_back_has_it_whole() -> None:
    shop = Returning()
    name = shop.sent(4)
    shop.both(SELLER, "return.receive", back(shop.thread, name, (1, 4)))
    shop.both(BUYER, "reminder", {"thread": shop.thread, "role": "buyer", "target": name})
    shop.both(BUYER, "deem", silent(shop, BUYER, "return.inspect", name, 7 * 86_400))
    assert returns.due(shop.state, name) == {1: (4, 4 * UNIT)}


PROOF = {"name": "proof.pdf", "media": "application/pdf", "len": 9, "hash": H}


def proof(shop: Returning, name: bytes, waybill: str = "9") -> Body:
    label = {"carrier": "DHL", "waybill": waybill}
    return {"thread": shop.thread, "request": name, **label, "attachments": [PROOF]}


def test_a_carriers_proof_stands_in_where_the_seller_says_nothing() -> None:
    shop = Returning()
    name = shop.sent(4)
    assert shop.refuse(BUYER, "deem", silent(shop, BUYER, "return.proof", name, 7 * 86_400)) == ["deem.state"]
    shop.both(BUYER, "return.proof", proof(shop, name))
    assert shop.lots(shop.thread) == {"delivered": 6, "in-return": 4}, "the carrier's word alone decides nothing"
    early = silent(shop, BUYER, "return.proof", name, 7 * 86_400 - 1)
    assert shop.refuse(BUYER, "deem", early) == ["deem.early"]
    shop.both(BUYER, "deem", silent(shop, BUYER, "return.proof", name, 7 * 86_400))
    assert shop.lots(shop.thread) == {"delivered": 6, "back": 4}
    shop.both(BUYER, "deem", silent(shop, BUYER, "return.inspect", name, 7 * 86_400))
    assert returns.due(shop.state, name) == {1: (4, 4 * UNIT)}


def test_a_seller_who_says_what_came_wins_over_the_carriers_proof() -> None:
    shop = Returning()
    name = shop.sent(4)
    shop.both(BUYER, "return.proof", proof(shop, name))
    shop.write(SELLER, "return.receive", back(shop.thread, name, (1, 4)))
    shop.write(SELLER, "return.inspect", inspect(shop.thread, name, (1, 4, "missing")))
    shop.put(BUYER, "deem", silent(shop, BUYER, "return.proof", name, 7 * 86_400))
    shop.sync()
    assert shop.lots(shop.thread) == {"delivered": 6, "inspected": 4}


def test_only_a_parcel_that_was_sent_back_is_proved_to_have_arrived() -> None:
    shop = Returning()
    name = shop.approved(4)
    assert shop.refuse(BUYER, "return.proof", proof(shop, name)) == ["return.state"]
    shop.both(BUYER, "return.ship", back(shop.thread, name, (1, 4), carrier="DHL", waybill="9"))
    assert shop.refuse(BUYER, "return.proof", proof(shop, name, "2")) == ["return.state"]
    assert shop.refuse(BUYER, "return.proof", {**proof(shop, name), "attachments": []}) == ["document.length"]
    shop.both(SELLER, "return.receive", back(shop.thread, name, (1, 4)))
    assert shop.refuse(BUYER, "return.proof", proof(shop, name)) == ["return.state"]
