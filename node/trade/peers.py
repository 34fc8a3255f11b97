"""Partners as the merchant sees them: inviting, joining, naming, removing, and how it goes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from contracts.orders import OrderState
from contracts.peerings import PeeringState
from node import errors
from node.storage import invites, logbooks, orderbooks, outboxes, partners
from node.trade import (
    agreements,
    books,
    doors,
    errands,
    invoices,
    issues,
    nettings,
    partings,
    peering,
    returns,
    statements,
)
from protocol import identities, invitations, limits

register = doors.Register()
RECEIPT_LATE_MS = 3_600_000  # an hour: a living node answers within seconds, and one that is away is missed by then
JOIN_POLL_S, JOIN_POLLS_MAX = 0.05, 200  # ten seconds in all


class Invite(doors.Arguments):
    """`hours` the invitation is valid."""

    hours: int = limits.INVITE_VALID_S // 3600


class Join(doors.Arguments):
    """`uri` is the invitation."""

    uri: str


class Named(doors.Arguments):
    """A partner by name or by the beginning of its NodeID."""

    partner: str


class Rename(Named):
    """A new name, for this merchant's eyes only."""

    name: str


@register.case("invite", Invite)
async def invite(trade: doors.Trade, given: Invite, report: doors.Report) -> doors.Json:
    """Make an invitation: a secret that one other node may use once."""
    hours_max = 7 * 24
    if not 1 <= given.hours <= hours_max:
        raise errors.NodeError(
            "request.malformed", "an invitation lives for hours", expected=f"1 to {hours_max}", got=given.hours
        )
    secret = trade.world.entropy.token(16)
    expires_s = trade.world.clock.now_ms() // 1000 + given.hours * 3600
    await trade.database.write(lambda db: invites.give(db, secret, trade.keys.root, expires_s))
    invitation = invitations.Invitation(trade.books.me, trade.network.addresses, secret, expires_s)
    return {"uri": invitations.to_uri(invitation), "expires_s": expires_s}


@register.case("join", Join)
async def join(trade: doors.Trade, given: Join, report: doors.Report) -> doors.Json:
    """Use somebody's invitation: afterwards both nodes are partners."""
    before = await trade.database.read(lambda db: {partner.id for partner in partners.every(db)})
    partner = await trade.network.join(given.uri)
    return {
        "partner": partner.name,
        "active": await becomes_active(trade, partner),
        "node": identities.to_text(partner.node),
        "words": list(invitations.words(trade.books.me, partner.node)),
        "already": partner.id in before,
    }


async def becomes_active(trade: doors.Trade, partner: partners.Partner) -> bool:
    """Wait a little until both sides have said that they trade, so that the next command finds it so."""

    def active(desk: books.Desk) -> bool:
        channel = partners.channel_of(desk.db, partner.id)
        return channel is not None and desk.peek(channel.id).history.peering.state is PeeringState.ACTIVE

    for _ in range(JOIN_POLLS_MAX):
        if await trade.books.read(active):
            return True
        await asyncio.sleep(JOIN_POLL_S)
    return False


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
        "last_seen_ms": partner.last_seen_ms,
        "unreachable_since_ms": contact.lost_ms,
        "trouble": contact.trouble,
        "signing": trade.network.signing(channel.id),
        "overdue_since_ms": overdue_since_ms(desk, mine),
        "sent": mine.size,
        "receipted": mine.receipted,
        "received": theirs.size,
        "waiting": outboxes.waiting(desk.db, mine.id),
        **peering_of(desk, channel.id),
    }


def peering_of(desk: books.Desk, channel: int) -> doors.Json:
    """What the books say of a partnership; nothing where a damaged entry keeps them from being read."""
    book = peering.readable(desk, channel)
    if book is None:
        return {"peering": None, "open": {}}
    return {"peering": book.history.peering.state.value, **partings.standing(desk, book)}


def overdue_since_ms(desk: books.Desk, mine: logbooks.Logbook) -> int | None:
    """Since when the oldest entry without a receipt should have had one (L08); None while nothing is late."""
    oldest = books.stored_entry(desk.db, mine.id, mine.receipted) or books.waiting_entry(desk.db, mine.id)
    due_ms = None if oldest is None else oldest.ts_ms + RECEIPT_LATE_MS
    return due_ms if due_ms is not None and due_ms <= desk.now_ms() else None


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
        still = [row for state in OPEN for row in orderbooks.page(desk.db, state, None, channel.id, 1)]
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
        for (buying, state), count in orderbooks.count_by_state(desk.db).items():
            orders["buying" if buying else "selling"][state] = count
        waiting = {
            "orders": orders["selling"].get("placed", 0),
            "agreements": sum(map(agreements.waits, peering.open_books(desk))),
            "statements": sum(map(statements.waits, peering.open_books(desk))),
            "issues": sum(map(issues.waits, peering.open_books(desk))),
            "errands": len(errands.rows(desk, errands.Listed())),
            "returns": sum(map(returns.waits, peering.open_books(desk))),
            "nettings": sum(map(nettings.waits, peering.open_books(desk))),
            "invoices": sum(map(invoices.waits, peering.open_books(desk))),
        }
        pragmas = {name: desk.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        version = desk.db.execute("SELECT sqlite_version()").fetchone()[0]
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
        }

    return await trade.books.read(unit)
