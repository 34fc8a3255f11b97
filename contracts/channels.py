"""What two logbooks have built up so far, and the questions that a guard may ask of it.

A guard that looks beyond its own thread (is the agreement in force, is the price the current one, is the hold still
held) is answered from what the *author* of the document knew, its `Past`, and never from what happens to be folded
already. So the answer is the same for every order of arrival, and a document once refused by such a guard stays
refused. docs/decisions/0004-aggregates-are-policy.md says what therefore cannot be a guard.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from contracts import ledgers, peerings, threads
from contracts.agreements import Agreement
from contracts.documents.fields import Document
from contracts.dues import Owed
from contracts.errors import Fault
from contracts.evidence import Signer
from contracts.holds import Hold, HoldState
from contracts.items import Item, Member, Past, Position
from contracts.ledgers import Account, Ledger
from contracts.peerings import Peering
from contracts.terms import Version
from contracts.threads import Faults, Thread, Walked

if TYPE_CHECKING:
    from contracts.capabilities import Capability
    from contracts.disclosures import Opening, Reference
    from contracts.documents.listings import Push
    from contracts.documents.stocks import Location
    from contracts.feedbacks import Feedback
    from contracts.listings import Listing
    from contracts.notices import Notice
    from contracts.prices import PriceChain
    from contracts.statements import Statement
    from contracts.stocks import Stock

State = TypeVar("State")
# a thread of any kind: its own step function knows its state, and nobody else looks inside
AnyThread: TypeAlias = Thread[Any]


class Change(NamedTuple):
    """What a document did: `kind` and `key` of what changed, its state before (None: new) and after."""

    kind: str
    key: object
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document about to be judged: the item, its parsed body, and what its author knew."""

    item: Item
    seen: int
    past: Past
    document: Document

    def member(self, rank: int) -> Member:
        """The document as a member of a thread."""
        return Member(self.item.side, self.item.index, self.seen, self.item.hash, rank, self.document)


@dataclass(frozen=True, slots=True)
class Join:
    """A document's place in a thread (or none: a thread walked again), and what the thread becomes."""

    thread: AnyThread
    member: Member | None
    walked: Walked[Any]
    account: tuple[Ledger, Account] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What folding a document would do. With `faults` from its past only, `joins` and `effect` are empty."""

    faults: Faults = ()
    joins: tuple[Join, ...] = ()
    effect: Callable[[], Sequence[Change]] | None = None


def refused(faults: Sequence[Fault]) -> Plan:
    """The plan of a document that its author's own knowledge forbids."""
    return Plan(tuple(faults))


@dataclass(slots=True)
class Channel:
    """The registers. Read by everyone, written by the plans that `histories` carries out."""

    parties: tuple[bytes, bytes]
    signers: tuple[Signer, Signer] | None = None
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    seens: tuple[array[int], array[int]] = field(default_factory=lambda: (array("Q"), array("Q")))
    ids: tuple[dict[bytes, bytes], dict[bytes, bytes]] = field(default_factory=lambda: ({}, {}))
    positions: tuple[dict[bytes, int], dict[bytes, int]] = field(default_factory=lambda: ({}, {}))
    opened: list[bool] = field(default_factory=lambda: [False, False])
    sealed: list[bool] = field(default_factory=lambda: [False, False])
    closed_at: list[int | None] = field(default_factory=lambda: [None, None])
    cards: dict[int, Document] = field(default_factory=dict)
    peering: Thread[Peering] = field(
        default_factory=lambda: threads.opened(b"", "peering", 0, Peering(), peerings.step, None)
    )
    threads: dict[bytes, AnyThread] = field(default_factory=dict)
    kinds: dict[str, dict[bytes, AnyThread]] = field(
        default_factory=lambda: {
            "agreement": {},
            "hold": {},
            "order": {},
            "payment": {},
            "issue": {},
            "invoice": {},
            "setoff": {},
            "quote": {},
            "share": {},
        }
    )
    issues_of: dict[bytes, list[bytes]] = field(default_factory=dict)  # order -> issues about it
    accounts: dict[bytes, tuple[Ledger, Account]] = field(default_factory=dict)
    versions: dict[bytes, bytes] = field(default_factory=dict)  # hash of terms -> key of their agreement
    ledgers: dict[bytes, Ledger] = field(default_factory=dict)
    statements: dict[bytes, Statement] = field(default_factory=dict)
    silent: list[bytes] = field(default_factory=list)  # statements whose silence is claimed, and that are not closed
    listings: dict[tuple[int, str], Listing] = field(default_factory=dict)
    prices: dict[tuple[bytes, str], PriceChain] = field(default_factory=dict)
    stock: dict[tuple[int, str, str], Stock] = field(default_factory=dict)
    places: dict[tuple[int, str], list[str]] = field(default_factory=dict)  # where a side has a SKU, in order
    locations: dict[tuple[int, str], Location] = field(default_factory=dict)
    selections: dict[tuple[int, str], Push] = field(default_factory=dict)
    feedbacks: dict[bytes, Feedback] = field(default_factory=dict)
    notices: dict[tuple[int, bytes], Notice] = field(default_factory=dict)
    quoted: dict[bytes, bytes] = field(default_factory=dict)  # hash of a quote -> key of its thread
    capabilities: dict[tuple[int, bytes], Capability] = field(default_factory=dict)
    shared: dict[tuple[bytes, str, bytes], bytes] = field(default_factory=dict)  # agreement, row, sale -> its share
    disclosed: dict[Reference, Opening] = field(default_factory=dict)
    held: dict[tuple[int, str, str], int] = field(default_factory=dict)
    invoiced: dict[tuple[int, bytes], tuple[int, int]] = field(default_factory=dict)  # (author, statement): net, tax
    invoice_numbers: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    numbers: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    refusals: dict[Position, Faults] = field(default_factory=dict)
    revised: list[Position] = field(default_factory=list)  # judgements that the document now folded has changed
    steps: int = 0  # steps of tables taken so far: the cost that must not grow


# --- what an author knows


def position(channel: Channel, side: int, past: Past, name: bytes) -> Position | None:
    """Where the entry with this hash stands, if the past holds it. The author's own logbook is looked at first."""
    for where in (side, 1 - side):
        index = channel.positions[where].get(name)
        if index is not None and index < past[where]:
            return where, index
    return None


def dangling(channel: Channel, candidate: Candidate, names: Sequence[tuple[str, bytes | None]]) -> list[Fault]:
    """A fault for each (path, hash) that the author cannot know."""
    return [
        Fault("reference.dangling", path, "an entry that the author knows", name.hex())
        for path, name in names
        if name is not None and position(channel, candidate.item.side, candidate.past, name) is None
    ]


def thread_at(channel: Channel, thread: Thread[State], past: Past) -> State | None:
    """The state of a thread for an author who knows `past`; None if the past does not hold its first document."""
    if thread.root is not None and thread.root[1] >= past[thread.root[0]]:
        return None
    account = channel.accounts.get(thread.key)
    if account is None:
        return threads.at(thread, past)
    known = ledgers.cuts_within(account[0], past)
    if len(known) == len(account[0].cuts):
        return threads.at(thread, past)
    return threads.replayed(thread, past, known)


def agreement_at(channel: Channel, past: Past, name: bytes) -> tuple[Agreement, Version] | None:
    """The agreement that has a version of this name, as its author knows it, and the version."""
    key = channel.versions.get(name)
    if key is None:
        return None
    agreement: Agreement | None = thread_at(channel, channel.kinds["agreement"][key], past)
    if agreement is None:
        return None
    version = agreement.versions.get(name)
    return None if version is None else (agreement, version)


def accepted(channel: Channel, candidate: Candidate, name: bytes) -> tuple[Agreement, Version] | Plan:
    """The agreement of a document that needs one which was ever in force, and the version; or the plan that refuses."""
    found = agreement_at(channel, candidate.past, name)
    if found is None or not found[0].accepted:
        return refused([Fault("agreement.not-in-force", "agreement", "an accepted agreement", name.hex())])
    return found


def role(seller: int, side: int) -> str:
    """The role of a side where `seller` is the side that sells."""
    return "seller" if side == seller else "buyer"


def role_faults(candidate: Candidate, seller: int) -> list[Fault]:
    """The table gives a document to a role; where either may sign, the document names the author's own role.

    Naming it also keeps the two sides' entries apart: a partner who copies an entry byte for byte into the own
    logbook has not made a second document of the same name.
    """
    mine = role(seller, candidate.item.side)
    document = candidate.document
    if mine not in document.SIGNERS:
        return [Fault("role.mismatch", "", " or ".join(sorted(document.SIGNERS)), mine)]
    claimed = document.__dict__.get("role", mine)  # not getattr: pydantic answers for an absent field slowly
    return [] if claimed == mine else [Fault("role.mismatch", "role", mine, str(claimed))]


def active_faults(channel: Channel, past: Past) -> list[Fault]:
    """No new thread unless the peering is active in what the author knows."""
    peering = thread_at(channel, channel.peering, past)
    assert peering is not None
    if peering.state is peerings.PeeringState.ACTIVE:
        return []
    return [Fault("peering.not-active", "", peerings.PeeringState.ACTIVE, peering.state)]


def seen_of(channel: Channel, side: int) -> int:
    """How many entries of a side the other side has seen, as far as folded: no later document of it knows fewer."""
    seens = channel.seens[1 - side]
    return seens[-1] if seens else 0


# --- taking part in a thread


def begin(channel: Channel, thread: AnyThread, account: tuple[Ledger, Account] | None = None) -> Change:
    """Enter a new thread, and its account if it can owe money."""
    channel.threads[thread.key] = thread
    channel.kinds[thread.kind][thread.key] = thread
    if account is not None:
        channel.accounts[thread.key] = account
        assert thread.root is not None
        _owed(account, thread.state.owed, thread.root)
    return Change(thread.kind, thread.key, None, thread.state)


def follow(channel: Channel, candidate: Candidate, kind: str) -> Plan | AnyThread:
    """The thread that a document names, or the plan that refuses it."""
    name: bytes = candidate.document.thread  # type: ignore[attr-defined]
    thread = channel.threads.get(name)
    if thread is None or thread.root is None or thread.root[1] >= candidate.past[thread.root[0]]:
        return refused([Fault("reference.dangling", "thread", f"a thread of kind {kind}", name.hex())])
    if thread.kind != kind:
        return refused([Fault("thread.kind", "thread", kind, thread.kind)])
    return thread


def joining(channel: Channel, candidate: Candidate, thread: AnyThread, rank: int, faults: list[Fault]) -> Join | None:
    """A document's place in an existing thread, unless it has faults or the thread is full."""
    if threads.full(thread, candidate.past):
        most = f"{threads.THREAD_DOCUMENTS_MAX} documents, {threads.THREAD_LINES_MAX} lines"
        faults.append(Fault("thread.too-long", "thread", f"at most {most}", ""))
    if faults:
        return None
    member = candidate.member(rank)
    account = channel.accounts.get(thread.key)
    return Join(thread, member, threads.joined(thread, member, candidate.past), account)


def carry_out(channel: Channel, join: Join) -> list[Change]:
    """Make a join final, with everything that hangs on the thread's state: refusals, money, stock kept back."""
    thread, member, walked = join.thread, join.member, join.walked
    before = thread.state
    revised = threads.commit(thread, member, walked, (seen_of(channel, 0), seen_of(channel, 1)))
    channel.steps += walked.steps
    if member is not None:
        _judged(channel, thread, (member.side, member.index))
    for position in revised:
        _judged(channel, thread, position)
        channel.revised.append(position)
    if join.account is not None:
        _owed(join.account, thread.state.owed, None if member is None else (member.side, member.index))
    if before is thread.state:
        return []
    if thread.kind == "hold":
        _kept_back(channel, before, thread.state)
    return [Change(thread.kind, thread.key, before, thread.state)]


def _judged(channel: Channel, thread: AnyThread, position: Position) -> None:
    faults = thread.refused.get(position)
    if faults:
        channel.refusals[position] = faults
    else:
        channel.refusals.pop(position, None)


def _owed(account: tuple[Ledger, Account], owed: Owed, position: Position | None) -> None:
    for ledger, entry in ledgers.parts(*account):
        if owed != entry.owed:
            ledger.total += owed.total - entry.owed.total
            ledger.withheld += owed.withheld - entry.owed.withheld
            ledger.paid += owed.paid - entry.owed.paid
            entry.owed = owed
        if position is not None:
            ledger.pending.append((*position, entry))


def _kept_back(channel: Channel, before: Hold, after: Hold) -> None:
    key = (after.seller, after.sku, after.location)
    change = _held(after) - _held(before)
    if change:
        channel.held[key] = channel.held.get(key, 0) + change


def _held(hold: Hold) -> int:
    return hold.quantity if hold.state is HoldState.HELD else 0
