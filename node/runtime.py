"""The composition root: from a configuration, ports and keys to a running node. The one place that knows every room."""

from __future__ import annotations

import asyncio
import functools
import gc
import hmac
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import structlog

from contracts import histories
from node import config, errors, keystore, passwords, ports, supervise
from node.audits import exports
from node.connectors import previews, sheets, waybills
from node.console import listeners, rooms, views, visitors
from node.console import servers as consoles
from node.control import servers
from node.discovery import announcements
from node.links import networks
from node.replication import connections, exchanges, fences, greetings, sequencing, standings
from node.storage import database, logbooks, partners, settings
from node.system import clocks, disks, homes
from node.trade import backups, books, doors, errands, policies, receipts, schedules, volumes
from node.trade.aftersales import (
    arbiters,
    complaints,
    disputes,
    dossiers,
    givebacks,
    issues,
    matters,
    returns,
    takebacks,
)
from node.trade.day import agendas, deadlines, inboxes, indexes, peers, reactions, reports, searches, trials
from node.trade.dealers import disclosures
from node.trade.goods import articles, catalogues, derivations, galleries, holds, notices, picks, selections, showcases
from node.trade.money import (
    accords,
    balances,
    comparisons,
    creditors,
    invoices,
    nettings,
    payees,
    payments,
    rounds,
    shares,
    statements,
    voids,
)
from node.trade.ordering import (
    amendments,
    capabilities,
    consumers,
    couriers,
    deliveries,
    feedbacks,
    orders,
    outlets,
    parcels,
    purchases,
    quotations,
    retentions,
    risks,
    sales,
)
from node.trade.partners import agreements, invitations, partings, proposals
from node.trade.people import accounts, entrances, operators, programs
from node.trade.shelves import edits, intakes, locations, stocks
from protocol import identities, keys, syncing

log = structlog.get_logger(__name__)

REGISTERS = (
    peers.register,
    invitations.register,
    agreements.register,
    proposals.register,
    articles.register,
    catalogues.register,
    galleries.register,
    showcases.register,
    derivations.register,
    edits.register,
    picks.register,
    intakes.register,
    consumers.register,
    retentions.register,
    stocks.register,
    holds.register,
    capabilities.register,
    locations.register,
    notices.register,
    partings.register,
    selections.register,
    parcels.register,
    feedbacks.register,
    quotations.register,
    agendas.register,
    inboxes.register,
    searches.register,
    orders.register,
    purchases.register,
    sales.register,
    risks.register,
    disclosures.register,
    amendments.register,
    deliveries.register,
    deadlines.register,
    errands.register,
    statements.register,
    comparisons.register,
    issues.register,
    complaints.register,
    matters.register,
    returns.register,
    dossiers.register,
    givebacks.register,
    takebacks.register,
    disputes.register,
    arbiters.register,
    invoices.register,
    accords.register,
    payments.register,
    payees.register,
    creditors.register,
    voids.register,
    balances.register,
    nettings.register,
    rounds.register,
    sheets.register,
    waybills.register,
    previews.register,
    exports.register,
    shares.register,
    couriers.register,
    outlets.register,
    reports.register,
    backups.register,
    schedules.register,
    operators.register,
    accounts.register,
    entrances.register,
    programs.register,
)
STANDINGS = {
    partners.ChannelState.RECOVERING: syncing.AuthorState.RECOVERING,
    partners.ChannelState.FORKED: syncing.AuthorState.FORKED,
}
HINTS_MAX = 64  # sightings on the local network that wait to be tried
EMPTY: Mapping[str, supervise.Run] = MappingProxyType({})
BENCH_VARIABLE = "HANSE_BENCH"  # "1" adds the use cases that `hanse bench` measures with


def blind(root: bytes, what: bytes) -> bytes:
    """32 bytes that stand for what is named, the same for ever, and tell nobody else what it is."""
    return hmac.digest(root, b"hanse/number/1\n" + what, "sha256")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a node is put together from where somebody may want another: for metrics, and to plant bugs in tests."""

    exchange: type[exchanges.Exchange] = exchanges.Exchange
    fold: type[histories.History] = histories.History
    receipt_leaves: Callable[[str, int], None] = standings.unobserved
    blind: Callable[[bytes, bytes], bytes] = blind
    password_cost: keystore.Cost = keystore.COST


PARTS = Parts()


@dataclass(slots=True)
class Node:
    """One merchant's running node."""

    decided: config.Config
    world: ports.Ports
    database: database.Database
    connections: connections.Connections
    trade: doors.Trade

    @classmethod
    async def open(
        cls, decided: config.Config, world: ports.Ports, unlocked: keystore.Keys, parts: Parts = PARTS
    ) -> Node:
        """Open the database, pass the fence, and wire everything. Nothing listens or dials yet."""
        opened = await database.Database.open(world.disk)
        secrets = keys.derive(unlocked.root)
        me = await opened.read(own_node)
        fence, unbroken = await opened.read(lambda db: fences.pass_fence(db, world.disk, world.entropy.token(16)))
        await opened.write(stop_damaged)
        first = await opened.write(lambda db: first_standings(db, fence, unbroken))
        waiting = receipts.Receipts()
        wired: list[connections.Connections] = []  # the books wake links that are made after them
        ledger = books.Books(
            me=me,
            merchant=books.Merchant(decided.name),
            library=volumes.Library(me, parts.fold),
            database=opened,
            clock=world.clock,
            entropy=world.entropy,
            blind=functools.partial(parts.blind, unlocked.root),
            conduct=reactions.Habits(),
            wake=lambda channel: wired[0].wake(channel),
        )
        core = standings.Core(
            books=ledger,
            signer=sequencing.Signer(me, secrets),
            clock=world.clock,
            standings=first,
            fence=fence.token,
            signed=lambda origin, size: fences.note_signed(world.disk, fence, origin, size),
            receipted=waiting.note,
            blob_stored=lambda digest: wired[0].arrived(digest),
            receipt_leaves=parts.receipt_leaves,
        )
        greeting = greetings.Me(me, secrets.hs, unlocked.root, decided.name, world.entropy.token(16))
        await indexes.renew(ledger)
        wired.append(connections.Connections(core, world, greeting, decided.advertised, parts.exchange))
        if not unbroken:
            log.warning("the database is older than this machine remembers: partners must vouch before it signs")
        hasher = passwords.Hasher(world.entropy, parts.password_cost)
        trade = doors.Trade(ledger, wired[0], unlocked, decided, world, waiting, hasher)
        return cls(decided, world, opened, wired[0], trade)

    def door(self, environment: Mapping[str, str]) -> doors.Door:
        """Every use case of this node, for whoever may ask."""
        return door_of(self.trade, environment)

    async def run(
        self, ready: Callable[[], Awaitable[None]] | None = None, watches: Mapping[str, supervise.Run] = EMPTY
    ) -> None:
        """Listen, dial and trade until cancelled; once everything stands, `ready` is awaited, `watches` supervised."""
        # whoever asks from now on waits until the books are read
        self.trade.books.library.progress = volumes.Progress()
        bound = await self.world.links.listen(self.connections.accept)
        if not self.connections.addresses:
            self.connections.addresses = tuple(bound)
        log.info("listening", addresses=list(bound))
        try:
            async with supervise.Supervisor() as group:
                group.start("connections", self.connections.run)
                if self.world.discovery is not None:
                    await self._look_around(self.world.discovery, bound, group)
                group.start("stock", lambda: stocks.keep_sharing(self.trade))
                claims = functools.partial(
                    deadlines.keep_claiming, self.trade, everything=self.decided.claim_deadlines
                )  # fmt: skip
                group.start("deadlines", claims)
                if ready is not None:
                    await ready()
                for name, watch in watches.items():
                    group.start(name, watch)
        finally:
            if self.world.discovery is not None:
                await self.world.discovery.close()
            await self.world.links.close()
            await self.database.close()

    async def _look_around(self, discovery: ports.Discovery, bound: Sequence[str], group: supervise.Supervisor) -> None:
        """Tell the local network only a port and a tag, and try whoever announces the tag of a partner."""
        hints: asyncio.Queue[ports.Hint] = asyncio.Queue(maxsize=HINTS_MAX)

        def found(hint: ports.Hint) -> None:
            if not hints.full():
                hints.put_nowait(hint)

        async def follow() -> None:
            while True:
                await self.connections.hint(await hints.get())

        await discovery.start(connections.lan_tag(self.trade.books.me), int(bound[0].rpartition(":")[2]), found)
        group.start("discovery", follow)


def door_of(trade: doors.Trade, environment: Mapping[str, str]) -> doors.Door:
    """Every use case over a node's trade; the environment adds those that `hanse bench` measures with."""
    cases: dict[str, doors.UseCase[Any]] = {}
    measured = (trials.register,) if environment.get(BENCH_VARIABLE) == "1" else ()
    for register in (*REGISTERS, *measured):
        cases.update(register.cases)
    return doors.Door(trade, cases)


def own_node(db: sqlite3.Connection) -> identities.NodeId:
    """This node's NodeID, as `found` stored it."""
    stored = settings.get(db, "node")
    if stored is None:
        raise errors.NodeError("home.empty", "this home holds no node", expected="`hanse init NAME` first")
    return identities.NodeId(stored)


def stop_damaged(db: sqlite3.Connection) -> None:
    """Mend the cached heads of all logbooks; a channel whose tree gives another root than was signed stops (L14)."""
    for channel in logbooks.mend_heads(db):
        log.error("the tree of a logbook is damaged: the channel stops", channel=channel)
        partners.stop(db, channel, "damaged", b"the tree gives another root than the signed head")


def first_standings(db: sqlite3.Connection, fence: fences.Fence, unbroken: bool) -> dict[int, standings.Standing]:
    """What is known of each channel's own logbook before any partner was heard; WAITING where nothing is said.

    A broken fence concerns every channel, a lost tail its own. It is kept in the channel's state until the partner
    has vouched, however often the node starts meanwhile.
    """
    behind = fences.is_behind(db, fence)
    found = {}
    for channel in partners.channels(db):
        state = channel.state
        if state in (partners.ChannelState.PAIRING, partners.ChannelState.OPEN) and (
            not unbroken or channel.id in behind
        ):
            state = partners.ChannelState.RECOVERING
            partners.set_channel_state(db, channel.id, state)
        if state in STANDINGS:
            found[channel.id] = standings.Standing(STANDINGS[state])
    return found


async def found(disk: ports.Disk, inception: bytes) -> identities.NodeId:
    """Create the database of a new node and store its identity. Repeating it with the same inception is harmless."""
    opened = await database.Database.open(disk)
    node = identities.node_id(inception)

    def unit(db: sqlite3.Connection) -> None:
        if settings.get(db, "node") is None:
            settings.put(db, "node", node)
            partners.add_identity_entries(db, node, 0, [inception])

    await opened.write(unit)
    await opened.close()
    return node


async def found_home(home: homes.Home, inception: bytes) -> identities.NodeId:
    """Create the database of a new home; the caller holds its lock."""
    disk = disks.SystemDisk(home)
    try:
        return await found(disk, inception)
    finally:
        disk.close()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a running node is reached: by partners, and by browsers.

    `code`: what a browser must show to become the first operator; empty once there is one.
    """

    addresses: tuple[str, ...]
    consoles: tuple[str, ...]
    code: str


Begin = Callable[[doors.Trade], Awaitable[None]]


def console_of(node: Node, door: doors.Door) -> consoles.Server | None:
    """The console of a node, where its configuration wants one. NodeError `console.exposed`, `console.certificate`."""
    listen = node.decided.console
    if listen is None:
        return None
    context = listeners.tls(node.decided)
    console = views.Console(
        name=node.decided.name,
        doorway=door,
        identify=visitors.identifier(node.trade),
        changes=node.trade.books.changes,
        clock=node.world.clock,
        entropy=node.world.entropy,
        secret=hmac.digest(node.trade.keys.root, b"hanse/console/1", "sha256"),
        hosts=listeners.hosts(node.decided),
        secure=context is not None,
        currency=node.decided.currency,
    )
    return consoles.Server(console, rooms.REGISTERS, listen.host, listen.port, context)


async def run_home(
    home: homes.Home,
    decided: config.Config,
    unlocked: keystore.Keys,
    environment: Mapping[str, str],
    ready: Callable[[Standing], None],
    begin: Begin | None = None,
) -> None:
    """Run the node of a home on the real ports until SIGTERM or SIGINT; the caller holds the home's lock.

    `begin` is awaited with the trade before anybody else may ask. `ready` is told where the node stands once it listens
    and its control socket and console answer. NodeError; StorageError ends it.
    """
    disk = disks.SystemDisk(home)
    world = ports.Ports(
        clock=clocks.SystemClock(),
        entropy=clocks.SystemEntropy(),
        links=networks.WebSocketLinks(decided.listen.host, decided.listen.port),
        disk=disk,
        discovery=announcements.Announcements() if decided.zeroconf else None,
    )
    try:
        gc.disable()  # what is read now stays; looking through all of it again and again takes two fifths of the time
        node = await Node.open(decided, world, unlocked)
        door = node.door(environment)
        control = servers.Server(home.state, functools.partial(door.ask, policies.MACHINE))
        console = console_of(node, door)
        watches: dict[str, supervise.Run] = {"memory": functools.partial(keep_memory, node.trade.books)}
        watches["control"] = control.watch
        watches["erasures"] = functools.partial(retentions.keep_erasing, node.trade)
        watches["backups"] = functools.partial(schedules.keep_writing, node.trade)
        if console is not None:
            watches["console"] = console.watch

        async def stand() -> None:
            if begin is not None:
                await begin(node.trade)
            await control.start()
            if console is not None:
                await console.start()
            code = (await door.ask(policies.MACHINE, "operator.code", {}))["code"]
            ready(Standing(node.connections.addresses, console.addresses if console else (), code))

        try:
            await until_signalled(node.run(stand, watches))
        finally:
            if console is not None:
                await console.close()
            await control.close()
    finally:
        gc.enable()
        disk.close()


async def keep_memory(read: books.Books) -> None:
    """Once the books are read, never look through them for garbage: they are a million objects, and stay."""
    await read.are_read()
    gc.freeze()
    gc.enable()


async def until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it ends, fails, or the process is asked to stop (O04): then it is cancelled and cleans up."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("stopped")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
