"""How a rule of the trade says no: faults, and the closed list of their codes.

A `Fault` is one finding with a stable code; a document that breaks several rules gets several faults at once, and
the partner reads them in `channel.nak`. `Refused` carries faults where no value can be returned. `Misuse` is not
about anybody's document: it means that the caller of this floor broke its contract, so it is a bug of ours.

Every code names the law or the row of docs/trade that refuses. The list is closed: `Fault` knows no other code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

FAULTS_MAX: Final = 50  # faults named of one document: a channel.nak, and what is kept of a hostile one, stay small

CODES: Final[dict[str, str]] = {
    # the document itself
    "document.missing": "a mandatory field is absent",
    "document.unknown": "a field that this version of the document does not have, and that does not begin with x_",
    "document.type": "a field is of another kind than the schema says",
    "document.range": "a number is outside its bounds",
    "document.length": "a text, a byte string or a list is too short or too long",
    "document.pattern": "a text does not have the required form, or holds characters that an id may not hold",
    "document.choice": "a word that is not one of the allowed words",
    "document.quantity": "a quantity is no whole number, or outside its bounds",
    "document.money": "an amount is no whole number of minor units, or outside its bounds",
    "document.currency": "a currency is unknown, or its exponent is not the one of ISO 4217",
    "document.rate": "a rate is no plain decimal number, or too long",
    "document.gtin": "the check digit of a GTIN, GLN or SSCC is wrong",
    "document.repeated": "the same line, SKU, hash or hold stands twice in one document",
    "document.conflict": "two fields of one document exclude or require each other",
    "document.too-big": "more lines, items or attachments than the cap allows",
    "document.unsupported": "no such document type, or a version outside the supported range",
    "document.id-reuse": "the author already used this id for other content; both hashes are kept as evidence",
    "document.unreadable": "the entry is no canonical entry of the protocol",
    # who, where, after what
    "channel.not-open": "the first entry of this logbook is not a valid channel.open",
    "channel.mismatch": "channel.open names other parties or another fold than this channel has",
    "channel.order": "channel.open stands only at index 0",
    "channel.closed": "the author knew that the channel was closed or this logbook sealed",
    "peering.state": "table T0 has no such row",
    "peering.not-active": "no new thread begins unless the author knows the peering to be active",
    "role.mismatch": "the table gives this document to the other role",
    "reference.dangling": "a document is named that the author cannot know",
    "reference.seen": "the author claims to know less of the partner's logbook than it did before",
    "thread.kind": "the named thread is of another kind",
    "thread.too-long": "the thread holds as many documents as a thread may",
    # agreements
    "agreement.state": "table T1 has no such row",
    "agreement.not-in-force": "the named agreement is not in force in what the author knows",
    "agreement.superseded": "the author knows a later version of the agreement, which governs new threads",
    "agreement.fixed": "the seller and the currency of an agreement never change in a counter or an amendment",
    "agreement.silence": "respond_by_s or on_silence differs from the signed agreement",
    # silence
    "deem.row": "no such timed row",
    "deem.state": "nothing waits by this row",
    "deem.evidence": "a cosignature does not prove when the partner had the document, or was there",
    "deem.early": "the time is not over by the partner's own cosignature",
    # goods
    "listing.unknown": "no listing of this SKU is known to the author",
    "listing.superseded": "the author knows a later version of the listing, or its withdrawal",
    "listing.state": "table T2 has no such row",
    "price.unknown": "no price of this SKU under this agreement is known to the author",
    "price.superseded": "the author knows a later price of this SKU",
    "price.differs": "the line's price is not what the named price list gives for this quantity",
    "stock.superseded": "every item of the stock report is older than what was applied",
    "stock.negative": "a stock difference would leave less than nothing",
    "hold.state": "table T3 has no such row",
    "hold.expired": "the author knows that the hold was released, refused or has expired",
    "hold.mismatch": "the hold is for other goods, less quantity or another agreement",
    # feedback
    "feedback.none": "no order with a key for feedback is known to the author under this name",
    "feedback.state": "nothing confirms the purchase yet, or the word was given already",
    "feedback.signature": "the order's own key did not sign this feedback",
    # notices and quotes
    "notice.state": "the notice is withdrawn already",
    "quote.state": "the quotation is not in a state that allows this",
    "quote.superseded": "the author knows a newer quote of this thread",
    "quote.mismatch": "the quote is for other goods, less quantity or another agreement",
    # capabilities
    "capability.unknown": "no offer or grant of the author with this hash",
    "capability.state": "the offer or grant is revoked already",
    "capability.expired": "the grant covers no entry as late as this one",
    "capability.transition": "the grant is for documents of another type",
    "capability.signature": "the granted key did not sign this body",
    # orders
    "order.state": "tables T4 and T5 have no such row for this quantity",
    "order.number": "this order number was used before in this logbook",
    "order.disclosure": "the place of delivery is named more closely than the agreement's disclosure table allows",
    "order.line": "the order has no such line, or the proposal has no such part",
    "order.partial": "the buyer asked for the whole line or nothing",
    "quantity.over": "more than there is: sums are checked over all documents of the thread",
    "quantity.increment": "the quantity is below the minimum, above the maximum or between two increments",
    "quantity.unit": "the unit is not the listing's unit",
    "cancel.state": "nothing of this line can be cancelled any more",
    "cancel.not-allowed": "the agreement's term table does not let this role cancel here",
    "cancel.too-late": "the named hand-over is no proof: it knew of the cancel, or moved none of this quantity",
    "cancel.held": "the shipper knew of the cancel: this quantity is held and may not leave",
    "shipment.state": "no quantity of this shipment is in a state that this event can change",
    # returns
    "return.state": "table T6 has no such row for this quantity",
    "refund.amount": "the amount is not what verdicts and term table come to, or more than the goods cost",
    # issues and disputes
    "issue.state": "table T7 has no such row",
    "issue.early": "an issue is escalated only after the time that the agreement gives for resolving it",
    "issue.subject": "the issue names goods that the order does not have",
    "settle.state": "the offer was answered, replaced or overtaken by an award",
    "dispute.award": "the award is not signed by an arbiter of the agreement, or is for another dispute",
    "dispute.early": "an arbiter further down the list decides only after those before it had their time",
    "dispute.decided": "the author knew that the dispute is decided, or before the arbiter, already",
    # invoices
    "invoice.state": "table T8 has no such row: answers only move forward",
    "invoice.kind": "the seller writes 380, or the buyer 389 where the agreement says self_billing",
    "invoice.number": "the author already used this number for another invoice or credit note",
    "invoice.line": "the invoice has no such line",
    "invoice.over": "more is credited than was invoiced: sums are checked over all credit notes",
    "invoice.reason": "UQ, CA and RE need a reason and an action",
    "invoice.statement": "the invoices over a statement, less their credit notes, are not what it holds",
    # payment details
    "payee.iban": "an IBAN is not of the form of ISO 13616, or its check digits are wrong",
    "payee.nothing": "payment details name no account, no link and no collection code",
    # corrections
    "void.target": "the named document is not one that can be voided, or by this side, or not any more",
    # money
    "money.currency": "another currency than the agreement's",
    "money.range": "an amount grew beyond its bound",
    "money.sum": "figures that must add up do not",
    "statement.ahead": "the cut holds entries that the author does not have",
    "statement.cut": "the cut is no consistent one, or does not cover the one before",
    "statement.chain": "the statement does not continue the last closed one",
    "statement.open": "another statement of this agreement waits for its answer",
    "statement.state": "table T9 has no such row",
    "statement.differs": "the figures are not those of the two logbooks",
    "statement.contested": "this thread has no line in the statement, or rolled on once with nothing new since",
    "share.row": "the agreement names no such share for its seller",
    "share.twice": "this sale has a share already, in its own thread",
    "payment.state": "table T10 has no such row",
    "payment.amount": "more received than was sent or promised",
    "setoff.state": "table T10 has no such row",
    "setoff.secret": "the secret fits neither the lock nor the release of this edge",
    "setoff.amount": "an edge is locked at more than was proposed, or in another currency",
    "setoff.direction": "a set-off needs an agreement each way, or there are no two debts that cancel out",
    "payment.nothing-owed": "the named order is at an end and nothing is owed for it",
}


class Misuse(ValueError):
    """The caller broke the contract of this floor: a bug of ours, never a partner's doing."""


class _Fault(NamedTuple):
    code: str
    path: str
    expected: str
    got: str


class Fault(_Fault):
    """One finding: a code of `CODES`, the path in the body (`lines.3.quantity`), what was expected, what came."""

    __slots__ = ()

    def __new__(cls, code: str, path: str = "", expected: str = "", got: str = "") -> Fault:
        """Raises `Misuse` for a code that is not in the list."""
        if code not in CODES:
            raise Misuse(f"no such fault code: {code}")
        return super().__new__(cls, code, path, expected, got)


class Refused(Exception):
    """A rule says no. `faults` holds every finding, at least one."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        if not self.faults:
            raise Misuse("a refusal without a fault")
        super().__init__("; ".join(describe(fault) for fault in self.faults))


def describe(fault: Fault) -> str:
    """One line for people: code, place, expected and got."""
    where = f" at {fault.path}" if fault.path else ""
    wanted = f": expected {fault.expected}" if fault.expected else f": {CODES[fault.code]}"
    return f"{fault.code}{where}{wanted}" + (f", got {fault.got}" if fault.got else "")


def shown(value: object) -> str:
    """A value from outside, short and harmless enough for a fault: never more than 80 characters."""
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes" if len(value) > 32 else bytes(value).hex()
    if isinstance(value, list | tuple | dict):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, int | None):
        # printing a huge integer is itself costly, and nothing that long is legal anywhere
        return str(value) if value is None or -(1 << 63) < value < 1 << 63 else "an integer beyond 64 bits"
    text = "".join(map(_safe, str(value)[:61]))
    return text if len(text) <= 60 else text[:57] + "..."


def _safe(char: str) -> str:
    """A character as it is where a person can read it, else as an escape: nothing steers a terminal."""
    return char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode("ascii")
