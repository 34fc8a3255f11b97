"""Parcels that were under way already: asked back by a buyer, and brought back by the carrier, at every link.

The state of a quantity does not tell for which reason it comes back, so here documents are followed: each recall of a
buyer is passed on once, and each word of the supplier that a parcel comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contracts.documents import cancellations, fields
from contracts.items import Member
from contracts.lots import LotState
from contracts.orders import Order
from node.trade import books, volumes
from node.trade.ordering import alignments, echoes
from protocol.encoding import Value

BACK = frozenset({"recalled", "rto"})


def recall(link: alignments.Link) -> None:
    """Ask the supplier to bring back what the buyer asks back, once for each cancel of the buyer."""
    echo = echo_of(link)
    for member in whole(echo, cancellations.Request):
        document = member.document
        if not isinstance(document, cancellations.Request) or not document.recall or asked_back(echo, member):
            continue
        lines: list[Value] = []
        for number, line, source in link.lines():
            asked = sum(
                lot.quantity for lot in line.lots if lot.cancel == member.hash and lot.state is LotState.RTO_ASKED
            )
            quantity = min(asked, source.quantity(LotState.SHIPPED))
            if quantity:
                lines.append({"line": number, "quantity": quantity})
        if lines:
            body: books.Body = {"role": "buyer", "lines": lines, "reason": document.reason, "recall": True}
            link.up("cancel.request", body, member.hash)


def asked_back(echo: echoes.Echo, member: Member) -> bool:
    """Whether a recall of the buyer was passed on."""
    said = (volumes.whole(echo.desk.db, echo.told.book, mine) for mine in repeating(echo, member))
    return any(isinstance(mine.document, cancellations.Request) and mine.document.recall for mine in said)


def bring_back(link: alignments.Link) -> None:
    """Tell the buyer what the carrier brings back to the supplier, parcel by parcel, once for each word of it."""
    echo = echo_of(link).turned()
    for member in whole(echo, cancellations.Result):
        document = member.document
        assert isinstance(document, cancellations.Result)
        coming = [line for line in document.lines if line.outcome in BACK]
        if not coming or brought(echo, member):
            continue
        answers: dict[bytes, list[Value]] = {}
        for cancel, row in (row for line in coming for row in same_units(link, line)):
            answers.setdefault(cancel, []).append(row)
        for cancel, lines in answers.items():
            link.down("cancel.result", {"cancel": cancel, "lines": lines}, member.hash)


def same_units(link: alignments.Link, told: cancellations.ResultLine) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The units that come back to the buyer by a supplier's word, cancel by cancel: as many, and of the same parcel
    if the supplier names one."""
    parcel = None if told.handover is None else link.source.parcels.get(told.handover)
    left = told.quantity
    for cancel in alignments.open_cancels(link.order):
        for row in brought_back(link.order, cancel, told.outcome, {told.line}):
            mine = link.order.parcels[row["handover"]]
            units = min(left, row["quantity"])
            if units and (parcel is None or (mine.carrier, mine.waybill) == (parcel.carrier, parcel.waybill)):
                left -= units
                yield cancel, {**row, "quantity": units}


def brought(echo: echoes.Echo, member: Member) -> bool:
    """Whether the buyer was told that a parcel comes back."""
    said = (volumes.whole(echo.desk.db, echo.told.book, mine) for mine in repeating(echo, member))
    results = (mine.document for mine in said if isinstance(mine.document, cancellations.Result))
    return any(line.outcome in BACK for result in results for line in result.lines)


def brought_back(order: Order, cancel: bytes, outcome: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """What of a cancel is in parcels under way that may come back, in some lines of an order."""
    return [
        {"line": number, "quantity": lot.quantity, "outcome": outcome, "handover": lot.shipment}
        for number in numbers
        for lot in order.lines[number].lots
        if lot.cancel == cancel and lot.state is LotState.RTO_ASKED and lot.shipment is not None
    ]


def echo_of(link: alignments.Link) -> echoes.Echo:
    """The two orders as ends between which documents are repeated, up from the buyer's."""
    buyer = echoes.End(link.downstream, link.thread, "upstream")
    return echoes.Echo(link.desk, buyer, echoes.End(link.upstream, link.child, "parent"))


def whole(echo: echoes.Echo, kind: type[fields.Document]) -> list[Member]:
    """The standing documents of a type that were heard, with all that they say."""
    heard = [member for member in echo.heard.theirs() if isinstance(member.document, kind)]
    return [volumes.whole(echo.desk.db, echo.heard.book, member) for member in heard]


def repeating(echo: echoes.Echo, member: Member) -> list[Member]:
    """My documents that pass one on."""
    name = echo.blinded(member.hash)
    return [mine for mine in echo.told.mine() if echo.told.reference(mine) == name]
