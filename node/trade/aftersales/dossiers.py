"""One return in full: its goods, what both said and sent beside it, the steps that are possible, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts import orders, terms
from contracts.documents import returns as papers
from contracts.lots import Lot, LotState
from node.storage import logbooks, orderbooks
from node.trade import attachments, books, doors, readings, volumes
from node.trade.aftersales import returns
from node.trade.goods import catalogues, offers
from node.trade.ordering import orders as order_cases

register = doors.Register()


@register.case("return.show", returns.One)
async def show(trade: doors.Trade, given: returns.One, report: doors.Report) -> doors.Json:
    """One return with its lines, parcels, documents, and what was written and sent beside them. Of an order without a
    return, what came back or is contested."""

    def unit(desk: books.Desk) -> doors.Json:
        found = returns.find_any(desk, given.name)
        asked = None if found.key is None else found.order.returns[found.key]
        currency = found.order.version.currency
        return {
            **returns.describe(found),
            "shop_order": orderbooks.shop_number(desk.db, found.thread),
            "fault": None if asked is None else asked.fault,
            "freight_borne_by": None
            if asked is None
            else terms.bearer(found.order.version, "delivered", "back", asked.fault),
            "freight": None if asked is None or not asked.way_back else catalogues.shown(asked.way_back, currency),
            "offered": catalogues.shown(offered(desk, found), currency),
            "lines": [
                describe_lot(found, line, lot)
                for line in found.order.lines.values()
                for lot in line.lots
                if found.holds(lot)
            ],
            "shipments": []
            if asked is None
            else [{"carrier": carrier, "waybill": waybill} for carrier, waybill in asked.shipped],
            "possible": returns.possible(found),
            "deadlines": returns.deadlines(desk, found),
            "documents": told(desk, found),
        }

    return await trade.books.act(unit)


def describe_lot(found: returns.Found, line: orders.OrderLine, lot: Lot) -> doors.Json:
    """Some units of a line that are in one state. `price`: of one; `value`: of all of them, with tax."""
    priced, currency = line.terms[lot.terms], found.order.version.currency
    listing = offers.listing(found.book, found.order.version.seller, priced.sku)
    return {
        "line": line.number,
        "sku": priced.sku,
        "title": "" if listing is None else catalogues.title_of({text.lang: text.text for text in listing[1].titles}),
        "quantity": lot.quantity,
        "state": lot.state.value,
        "verdict": lot.verdict,
        "price": catalogues.shown(priced.price, currency),
        "value": catalogues.shown(priced.gross(lot.quantity), currency),
    }


def offered(desk: books.Desk, found: returns.Found) -> int | None:
    """What the seller's offers that wait come to, in minor units; None where none waits."""
    held = [lot for line in found.order.lines.values() for lot in line.lots if found.holds(lot)]
    named = {lot.proposal[0] for lot in held if lot.state is LotState.RETURN_OFFERED and lot.proposal is not None}
    if not named or found.key is None:
        return None
    papers_of = [
        volumes.whole(desk.db, found.book, one).document
        for one in found.order.returns[found.key].decided
        if one.hash in named
    ]
    return sum(
        part.amount.a
        for paper in papers_of
        if isinstance(paper, papers.Decide)
        for part in paper.lines
        if part.amount is not None
    )


class File(returns.One):
    """A file that was sent beside a return, by its SHA-256."""

    hash: str


@register.case("return.file", File)
async def file(trade: doors.Trade, given: File, report: doors.Report) -> doors.Json:
    """A photo or another file of a return, as its sender wrote it."""
    return await trade.books.read(
        lambda desk: attachments.file(desk, told(desk, returns.find_any(desk, given.name)), given.hash)
    )


def told(desk: books.Desk, found: returns.Found) -> list[doors.Json]:
    """Every document of the return with what was written beside it."""
    logs = [logbooks.of_channel(desk.db, found.book.channel.id, mine=side == found.book.side) for side in (0, 1)]
    decided = set() if found.key is None else {member.hash for member in found.order.returns[found.key].decided}
    shown: list[doors.Json] = []
    for row in order_cases.documents(desk, found.book, found.thread):
        side = found.book.side if row["by"] == "me" else 1 - found.book.side
        entry = readings.stored_entry(desk.db, logs[side].id, row["index"])
        said: Mapping[str, Any] = {} if entry is None else entry.body
        about = (bytes.fromhex(row["hash"]), said.get("request"), said.get("target"))
        if (
            (found.key is None and row["type"] in returns.ABOUT_STRAY)
            or found.key in about
            or said.get("offer") in decided
        ):
            row["message"], row["files"] = ("", []) if entry is None else attachments.shown(desk.db, entry.body)
            row["said"] = {} if row["refused"] else summary(said)
            shown.append(row)
    return shown


SAID: Final = ("reason", "remedy", "carrier", "waybill", "paid_by", "fault", "location", "accept")


def summary(body: Mapping[str, Any]) -> doors.Json:
    """What a document of a return says, without its files and references."""
    told = {name: body[name] for name in SAID if body.get(name) is not None}
    amounts = {"freight": body.get("freight"), "amount": body.get("amount")}
    told |= {name: catalogues.shown(money["a"], money["c"]) for name, money in amounts.items() if money is not None}
    lines = body.get("lines")
    if isinstance(lines, list):
        told["lines"] = [summary_of_line(line) for line in lines if isinstance(line, dict)]
    return told


def summary_of_line(line: Mapping[str, Any]) -> doors.Json:
    """The same for a line."""
    money = line.get("amount")
    plain = {
        name: line[name] for name in ("line", "quantity", "action", "verdict", "sku") if line.get(name) is not None
    }
    return plain | ({"amount": catalogues.shown(money["a"], money["c"])} if isinstance(money, dict) else {})
