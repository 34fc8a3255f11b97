"""Quotations: a buyer asks, the seller freezes a price, and one order uses it up.

The order names the very entry of the quote. Its guard is answered from what the buyer knew: the quote was the newest
of its thread, and open. A withdrawal that did not know of the order does not undo it, and a newer quote does not
change it: the price was promised when the order was written. So the use of a quote by an order goes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import channels, notices, prices, tables, terms, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Join, Plan
from contracts.documents import orders
from contracts.documents import quotations as papers
from contracts.errors import Fault
from contracts.items import Member
from contracts.threads import Faults


class QuotationState(StrEnum):
    """Where a quotation stands."""

    ASKED = "asked"
    QUOTED = "quoted"
    ORDERED = "ordered"
    CLOSED = "closed"


class QuotationEvent(StrEnum):
    """What can happen to it."""

    QUOTE = "quote"
    CLOSE = "close"
    ORDER = "order"


S, E = QuotationState, QuotationEvent
OPEN: Final = frozenset({S.ASKED, S.QUOTED})
TABLE: Final[Mapping[tuple[QuotationState, QuotationEvent], QuotationState]] = {
    (S.ASKED, E.QUOTE): S.QUOTED,
    (S.QUOTED, E.QUOTE): S.QUOTED,  # the newest counts
    (S.ASKED, E.CLOSE): S.CLOSED,
    (S.QUOTED, E.CLOSE): S.CLOSED,
    (S.QUOTED, E.ORDER): S.ORDERED,
    (S.CLOSED, E.ORDER): S.ORDERED,  # the seller's withdrawal did not know of the order
}
# order last: a quote that was open for the buyer stays promised, whatever the seller wrote meanwhile
RANKS: Final = {papers.Quote.TYPE: 0, papers.Close.TYPE: 1, orders.Place.TYPE: 2}
_EVENTS: Final = {papers.Quote.TYPE: E.QUOTE, papers.Close.TYPE: E.CLOSE, orders.Place.TYPE: E.ORDER}


@dataclass(frozen=True, slots=True)
class Quotation:
    """`quotes` are all that were given, by the hash of their entry; `current` is the newest. `order` used it."""

    key: bytes
    agreement: bytes
    seller: int
    request: papers.Request
    state: QuotationState = S.ASKED
    quotes: Mapping[bytes, papers.Quote] | None = None
    current: bytes | None = None
    order: bytes | None = None

    @property
    def quote(self) -> papers.Quote | None:
        """The newest quote."""
        return None if self.current is None or self.quotes is None else self.quotes[self.current]


def step(quotation: Quotation, member: Member, blind: bool) -> tuple[Quotation, Faults]:
    """One document of the thread."""
    event = _EVENTS[member.document.TYPE]
    following = tables.step(TABLE, quotation.state, event)
    if following is None and event is E.ORDER:
        return quotation, ()  # the order was judged by its own guards
    if following is None:
        wanted = " or ".join(tables.sources(TABLE, event))
        return quotation, (Fault("quote.state", "", wanted, quotation.state),)
    match member.document:
        case papers.Quote() as document:
            quotes = {**(quotation.quotes or {}), member.hash: document}
            return replace(quotation, state=following, quotes=quotes, current=member.hash), ()
        case orders.Place():
            return replace(quotation, state=following, order=member.hash), ()
        case _:
            return replace(quotation, state=following), ()


def request(channel: Channel, candidate: Candidate) -> Plan:
    """`quote.request` of the buyer."""
    document = candidate.document
    assert isinstance(document, papers.Request)
    found = prices.opening(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version, faults = found
    faults.extend(terms.silence_faults(version, "quote", document.respond_by_s, document.on_silence))
    if document.notice is not None and not notices.known(channel, candidate, document.notice):
        faults.append(Fault("reference.dangling", "notice", "an offer or a want", document.notice.hex()))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    quotation = Quotation(member.hash, agreement.key, agreement.seller, document)
    thread = threads.opened(member.hash, "quote", agreement.seller, quotation, step, (member.side, member.index))
    return Plan(effect=lambda: [channels.begin(channel, thread)])


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """Every later document of a quote thread, but the order that uses it."""
    thread = channels.follow(channel, candidate, "quote")
    if isinstance(thread, Plan):
        return thread
    document = candidate.document
    faults = channels.role_faults(candidate, thread.start.seller)
    if isinstance(document, papers.Quote):
        currency = channel.ledgers[thread.start.agreement].currency
        for place, line in enumerate(document.lines):
            faults.extend(prices.currency_faults(currency, [line.price], f"lines.{place}.price"))
    join = channels.joining(channel, candidate, thread, RANKS[document.TYPE], faults)
    if join is None:
        return channels.refused(faults)
    return Plan(joins=(join,), effect=lambda: _named(channel, candidate, thread.key))


def _named(channel: Channel, candidate: Candidate, key: bytes) -> list[Change]:
    if isinstance(candidate.document, papers.Quote):
        channel.quoted[candidate.item.hash] = key
    return []


# --- an order that names a quote


def used(
    channel: Channel, candidate: Candidate, document: orders.Place, agreement: Agreement, faults: list[Fault]
) -> list[Join]:
    """The order takes part in the thread of each quote that it names; `faults` grows by what is wrong with them."""
    joins: dict[bytes, Join] = {}
    for place, line in enumerate(document.lines):
        if line.quote is None:
            continue
        path = f"lines.{place}"
        thread = channel.threads.get(channel.quoted.get(line.quote, b""))
        known = None if thread is None else channels.thread_at(channel, thread, candidate.past)
        if thread is None or known is None or line.quote not in (known.quotes or {}):
            faults.append(
                Fault("reference.dangling", f"{path}.quote", "a quote that the author knows", line.quote.hex())
            )
            continue
        faults.extend(_line_faults(known, line, agreement, path))
        if thread.key not in joins:
            join = channels.joining(channel, candidate, thread, RANKS[orders.Place.TYPE], faults)
            if join is not None:
                joins[thread.key] = join
    return list(joins.values())


def _line_faults(quotation: Quotation, line: orders.PlacedLine, agreement: Agreement, path: str) -> list[Fault]:
    quote = quotation.quote
    if quotation.state is not S.QUOTED or quote is None:
        return [Fault("quote.state", f"{path}.quote", S.QUOTED, quotation.state)]
    if line.quote != quotation.current:
        current = (quotation.current or b"").hex()
        return [Fault("quote.superseded", f"{path}.quote", current, (line.quote or b"").hex())]
    quoted = next((part for part in quote.lines if part.line == line.line), None)
    if quoted is None or quotation.agreement != agreement.key or quoted.sku != line.sku:
        wanted = "a line of the quote, with its SKU, under its agreement"
        return [Fault("quote.mismatch", path, wanted, f"line {line.line}, {line.sku}")]
    if line.quantity > quoted.quantity:
        return [Fault("quote.mismatch", f"{path}.quantity", f"at most {quoted.quantity}", str(line.quantity))]
    if (line.price, line.tax) != (quoted.price, quoted.tax):
        return [Fault("price.differs", f"{path}.price", "price and tax of the quote", "another")]
    return []
