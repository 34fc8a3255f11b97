"""When merchants are at rest: everything is sent, receipted, folded and answered, and every chain has settled."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from contracts.lots import LotState
from contracts.orders import Order, OrderLine
from node.storage import blobs, orderbooks, partners
from node.trade.goods import reservations
from tests.sim import shadows

if TYPE_CHECKING:
    from tests.sim import merchants


def complaint(program: merchants.Merchants) -> str | None:
    """What is not yet as it must be; None when all is well."""
    for name, host in program.world.hosts.items():
        shadow = program.homes[name].shadow
        if not host.alive() or program.node(name) is None:
            return f"{name} does not stand"
        db = host.image.reader
        found = _channels(program, name, shadow) or _tasks(program, name) or _chains(db, shadow)
        if found is not None:
            return found
    return None


def _channels(program: merchants.Merchants, name: str, shadow: shadows.Shadow) -> str | None:
    db = program.world.hosts[name].image.reader
    for channel, row in zip(shadow.channels(), partners.channels(db), strict=True):
        there = program.homes[channel.partner].shadow
        size = shadow.size(channel.own)
        if shadow.waiting(channel.own):
            return f"{name}: {len(shadow.waiting(channel.own))} documents for {channel.partner} wait"
        if there.size(channel.own) != size:
            return f"{name}: {size} written for {channel.partner}, {there.size(channel.own)} stored there"
        if shadow.receipted(channel.own) != size:
            return f"{name}: {size} written for {channel.partner}, {shadow.receipted(channel.own)} receipted"
        if row.applied != shadow.size(channel.theirs):
            return f"{name}: {row.applied} of {shadow.size(channel.theirs)} entries of {channel.partner} are folded"
        if row.state is not partners.ChannelState.OPEN:
            return f"{name}: the channel with {channel.partner} is {row.state}"
    return None


def _tasks(program: merchants.Merchants, name: str) -> str | None:
    """What a node still has to do by itself. A blob that was lost with its author's disk is asked for in vain."""
    db = program.world.hosts[name].image.reader
    (count,) = db.execute("SELECT count(*) FROM reactions").fetchone()
    if count:
        return f"{name}: {count} reactions are left"
    for (digest,) in db.execute("SELECT hash FROM blob_wants").fetchall():
        for other, host in program.world.hosts.items():
            if blobs.get(host.image.reader, digest) is not None:
                return f"{name}: a blob that {other} holds is wanted"
    return None


def _chains(db: sqlite3.Connection, shadow: shadows.Shadow) -> str | None:
    """What a dealer's supplier has decided, the dealer has told its buyer."""
    for partner, history in shadow.live().items():
        for thread, parent in history.orders.items():
            children = [shadow.order(child) for child, _ in orderbooks.children_of(db, thread)]
            for child in children:
                found = None if child is None else _apart(parent, child[1])
                if found is not None:
                    return f"order {thread.hex()[:8]} of {partner}: {found}"
    return None


def _apart(parent: Order, child: Order) -> str | None:
    served = {line.terms[0].sku: line for line in child.lines.values()}
    for line in parent.lines.values():
        source = served.get(line.terms[0].sku)
        if source is not None and (found := _line_apart(line, source)) is not None:
            return f"{line.terms[0].sku} {found}: {told(line)} here, {told(source)} at the supplier"
    return None


def told(line: OrderLine) -> str:
    """Where the units of a line stand."""
    return ", ".join(f"{lot.quantity} {lot.state}" for lot in line.lots)


def _line_apart(line: OrderLine, source: OrderLine) -> str | None:
    if line.quantity(LotState.PLACED) > source.quantity(LotState.PLACED, LotState.SELLER_PROPOSED):
        return "waits for an answer that was given"
    if line.quantity(LotState.CANCELLING) > source.quantity(LotState.CANCELLING):
        return "waits for a parcel to be stopped"
    coming = source.quantity(
        LotState.SELLER_PROPOSED, LotState.CHANGE_PROPOSED, *reservations.READY, *reservations.GONE
    )
    if line.quantity(LotState.AGREED) + line.quantity(*reservations.GONE) > coming:
        return "is promised and will not come"
    if line.quantity(LotState.AGREED) and source.quantity(*reservations.GONE) > line.quantity(*reservations.GONE):
        return "has left and is not told"
    return None
