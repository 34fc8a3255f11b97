"""Partners as the merchant sees them: how it goes with each, naming, comparing words, removing."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import pydantic

from contracts.documents import peers as papers
from contracts.orders import OrderState
from node import errors
from node.storage import aftersales, alterations, logbooks, orderlists, outboxes, partners, settings
from node.trade import books, doors, errands, peering, readings, schedules, volumes
from node.trade.goods import catalogues, offers
from node.trade.money import invoices, nettings, statements
from node.trade.partners import agreements, partings
from protocol import identities, invitations

register = doors.Register()
PARTINGS = (papers.Suspend.TYPE, papers.End.TYPE)
RECEIPT_LATE_MS = 3_600_000  # an hour: a living node answers within seconds, and one that is away is missed by then


class Named(doors.Arguments):
    """A partner by name or by the beginning of its NodeID."""

    partner: str


class Rename(Named):
    """A new name, for this merchant's eyes only."""

    name: Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


@register.case("partners", doors.NoArguments)
async def every(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """All partners, with the state of the link and how much each side holds of the other's logbook."""
    rows = await trade.books.read(lambda desk: [describe(trade, desk, partner) for partner in partners.every(desk.db)])
    return {"partners": rows}


def describe(trade: doors.Trade, desk: books.Desk, partner: partners.Partner) -> doors.Json:
    """One partner for people."""
    channel = partners.channel_of(desk.db, partner.id)
    assert channel is not None
    mine = logbooks.of_channel(desk.db, channel.id, mine=True)
    theirs = logbooks.of_channel(desk.db, channel.id, mine=False)
    contact = trade.network.contact(partner.id)
    return {
        "name": partner.name,
        "node": identities.to_text(partner.node),
        "words": list(invitations.words(trade.books.me, partner.node)),
        "state": partner.state.value,
        "channel_state": channel.state.value,
        "online": trade.network.online(partner.id),
        "addresses": list(partner.addresses),
        "last_seen_ms": peering.heard_ms(trade, desk, partner.id),
        "paired_ms": partner.paired_ms,
        "compared_ms": partner.compared_ms,
        "unreachable_since_ms": contact.lost_ms,
        "trouble": contact.trouble,
        "nearby": contact.nearby,
        "signing": trade.network.signing(channel.id),
        "overdue_since_ms": overdue_since_ms(desk, mine),
        "clock_skew_ms": trade.network.skew_ms(channel.id),
        "sent": mine.size,
        "receipted": mine.receipted,
        "received": theirs.size,
        "waiting": outboxes.waiting(desk.db, mine.id),
        "logbooks": {"mine": head_of(desk, mine), "theirs": head_of(desk, theirs)},
        **peering_of(desk, channel.id),
    }


def head_of(desk: books.Desk, logbook: logbooks.Logbook) -> doors.Json:
    """The newest head of a logbook: its size and root, and how much of it the reader has receipted, and when.

    `known`: the largest size that its author has ever signed; where it is more, entries are still on their way.
    """
    receipt = logbooks.newest_receipt(desk.db, logbook.id)
    return {
        "size": logbook.size,
        "root": logbook.root.hex(),
        "known": max(logbook.size, logbook.known_size),
        "receipted": logbook.receipted,
        "receipted_ms": None if receipt is None else receipt.time_s * 1000,
    }


def peering_of(desk: books.Desk, channel: int) -> doors.Json:
    """What the books say of a partnership, and who of the two has paused or left; nothing where a damaged entry keeps
    them from being read."""
    book = peering.readable(desk, channel)
    if book is None:
        return {"peering": None, "open": {}, "paused_by": [], "left_by": [], "reason": None}
    state = book.history.peering
    return {
        "peering": state.state.value,
        "paused_by": [who(book, side) for side in sorted(state.suspended)],
        "left_by": [who(book, side) for side in sorted(state.ended)],
        "reason": reason_of(desk, book) if 1 - book.side in state.suspended | state.ended else None,
        **partings.standing(desk, book),
    }


def overdue_since_ms(desk: books.Desk, mine: logbooks.Logbook) -> int | None:
    """Since when the oldest entry without a receipt should have had one (L08); None while nothing is late."""
    oldest = readings.stored_entry(desk.db, mine.id, mine.receipted) or readings.waiting_entry(desk.db, mine.id)
    due_ms = None if oldest is None else oldest.ts_ms + RECEIPT_LATE_MS
    return due_ms if due_ms is not None and due_ms <= desk.now_ms() else None


@register.case("partner.show", Named)
async def show(trade: doors.Trade, given: Named, report: doors.Report) -> doors.Json:
    """One partner: what `partners` says of it, what it may see of me, and what it lets me see."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        return {**describe(trade, desk, partner), **shared(desk, channel)}

    return await trade.books.read(unit)


def shared(desk: books.Desk, channel: partners.Channel) -> doors.Json:
    """How many of whose goods the other side sees.

    `percent`: of my supply prices, what the partner pays; None before I have shown it any goods.
    """
    book = peering.readable(desk, channel.id)
    if book is None:
        return {"percent": None, "shown": None, "seen": None}
    counts = [
        sum(1 for side, sku in book.history.listings if side == wanted and offers.listing(book, side, sku) is not None)
        for wanted in (book.side, 1 - book.side)
    ]
    percent = settings.get(desk.db, f"{catalogues.PERCENT}{channel.id}")
    return {
        "percent": None if percent is None else percent.decode(),
        "shown": counts[0],
        "seen": counts[1],
    }


def reason_of(desk: books.Desk, book: books.Book) -> str | None:
    """Why the partner paused or left, in its own word; None where it gave none."""
    said = [one for one in book.history.channel.peering.members[1 - book.side] if one.document.TYPE in PARTINGS]
    return getattr(volumes.whole(desk.db, book, said[-1]).document, "reason", None) if said else None


def who(book: books.Book, side: int) -> str:
    """`me` or `partner`."""
    return "me" if side == book.side else "partner"


@register.case("partner.compare", Named)
async def compare(trade: doors.Trade, given: Named, report: doors.Report) -> doors.Json:
    """Note that both operators have read the words to each other, and that they are the same."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, _ = peering.find(desk, given.partner)
        partners.compared(desk.db, partner.id, desk.now_ms())
        return {"partner": partner.name}

    return await trade.books.act(unit)


@register.case("partner.rename", Rename)
async def rename(trade: doors.Trade, given: Rename, report: doors.Report) -> doors.Json:
    """Call a partner by another name."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        taken = partners.by_name(desk.db, given.name)
        if taken is not None and taken.id != partner.id:
            raise errors.NodeError(
                "partner.ambiguous", "another partner has this name", expected="a new name", got=given.name
            )
        partners.rename(desk.db, partner.id, given.name)
        desk.peek(channel.id).partner = replace(partner, name=given.name)
        return {"partner": given.name}

    return await trade.books.act(unit)


@register.case("partner.remove", Named)
async def remove(trade: doors.Trade, given: Named, report: doors.Report) -> doors.Json:
    """Stop talking to a partner. Its keys and logbooks are kept for verification; removing is sticky."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        wanted = orderlists.Filter(tuple(map(str, OPEN)), channel=channel.id)
        still = orderlists.page(desk.db, wanted, 1).rows
        if still:
            raise errors.NodeError(
                "partner.busy",
                "orders with this partner are still open",
                expected="all of them at an end",
                got=", ".join(f"{row.number} {row.state}" for row in still),
            )
        desk.write(desk.book(channel.id), "channel.close", {})
        partners.set_state(desk.db, partner.id, partners.PartnerState.REMOVED)
        return {"partner": partner.name}

    return await trade.books.act(unit)


OPEN = (OrderState.PLACED, OrderState.PROPOSED, OrderState.AGREED, OrderState.PART_SHIPPED, OrderState.ATTENTION)


@register.case("status", doors.NoArguments)
async def status(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """How this node stands."""

    def unit(desk: books.Desk) -> doors.Json:
        every = partners.every(desk.db)
        orders: dict[str, dict[str, int]] = {"selling": {}, "buying": {}}
        for (buying, state), count in orderlists.counts(desk.db).items():
            orders["buying" if buying else "selling"][state] = count
        waiting = {
            "orders": orders["selling"].get("placed", 0),
            "agreements": sum(map(agreements.waits, peering.open_books(desk))),
            "statements": sum(map(statements.waits, peering.open_books(desk))),
            "issues": aftersales.count_mine(desk.db, returns=False),
            "errands": len(errands.rows(desk, errands.Listed())),
            "returns": aftersales.count_mine(desk.db, returns=True),
            "nettings": sum(map(nettings.waits, peering.open_books(desk))),
            "invoices": sum(map(invoices.waits, peering.open_books(desk))),
        }
        pragmas = {name: desk.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        version = desk.db.execute("SELECT sqlite_version()").fetchone()[0]
        pages, page_bytes = (desk.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        room = trade.world.disk.room()
        stands = schedules.standing(desk.db, desk.now_ms())
        return {
            "name": trade.config.name,
            "node": identities.to_text(trade.books.me),
            "addresses": list(trade.network.addresses),
            "partners": len(every),
            "online": sum(trade.network.online(partner.id) for partner in every),
            "orders": orders,
            "outbox": outboxes.total(desk.db),
            "waiting_for_me": {what: count for what, count in waiting.items() if count},
            "sqlite": {"version": version, **pragmas},
            "database_bytes": pages * page_bytes,
            "disk": {"free": room.free, "total": room.total},
            "discovery": trade.world.discovery is not None,
            "backup_ms": stands["written_ms"],
            "backup_due": stands["due"],
            "backup_failure": stands["failure"],
            "seen": alterations.last(desk.db),
        }

    return await trade.books.read(unit)
