"""Kinds of channel that goods are sold on (S63): which kind each of my shops is, and who lets me sell on which.

An order says on which kind its consumer bought (`channel`), and goods are told differently on each (`content.set`). A
kind is a code that partners agree on: `live`, `group-buy`, `private`, `community`, or a marketplace's name.
"""

from __future__ import annotations

import json
from typing import Any

from contracts.documents import fields
from contracts.terms import Version
from node import errors
from node.storage import settings, shelves
from node.trade import books, doors, peering, versions

register = doors.Register()
SHOPS = "shop_channels"  # the setting that holds the kind of each shop, by its name


class Set(doors.Arguments):
    """What kind of channel a shop is; without a `channel` its orders say none."""

    shop: str
    channel: fields.Code | None = None


def stored(desk: books.Desk) -> dict[str, str]:
    """The kind of each shop that has one."""
    content = settings.get(desk.db, SHOPS)
    known: dict[str, str] = {} if content is None else json.loads(content)
    return known


@register.case("channel.set", Set)
async def decide(trade: doors.Trade, given: Set, report: doors.Report) -> doors.Json:
    """Say what kind of channel a shop of mine is: the orders that it brings from now on say so."""

    def unit(desk: books.Desk) -> doors.Json:
        known = stored(desk)
        known.pop(given.shop, None)
        if given.channel is not None:
            known[given.shop] = given.channel
        settings.put(desk.db, SHOPS, json.dumps(known).encode())
        return {"shop": given.shop, "channel": given.channel}

    return await trade.books.act(unit)


@register.case("channel.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Every kind that plays a role here: its shops, whose agreements name it, how many of my goods are told for it."""

    def unit(desk: books.Desk) -> doors.Json:
        rows: dict[str, dict[str, Any]] = {}

        def row(kind: str) -> dict[str, Any]:
            return rows.setdefault(kind, {"channel": kind, "shops": [], "allowed_by": [], "told": 0})

        for shop, kind in sorted(stored(desk).items()):
            row(kind)["shops"].append(shop)
        for book in peering.open_books(desk):
            for version in versions.newest(book):
                for kind in version.terms.channels if version.seller != book.side else ():
                    row(kind)["allowed_by"].append(book.partner.name)
        for good in shelves.goods(desk.db):
            for kind in {content["channel"] for content in good.content.get("contents") or []}:
                row(kind)["told"] += 1
        return {"channels": [rows[kind] for kind in sorted(rows)]}

    return await trade.books.read(unit)


def check(book: books.Book, version: Version, channel: str | None) -> None:
    """Order for no kind of channel that the agreement does not let me sell on. NodeError `order.channel`."""
    if channel is not None and version.terms.channels and channel not in version.terms.channels:
        raise errors.NodeError(
            "order.channel",
            f"the agreement with {book.partner.name} does not let me sell on this kind of channel",
            expected=", ".join(version.terms.channels),
            got=channel,
        )
