"""The fold: two logbooks in, the state of a channel and everything that was refused out.

`History` is the one function that node, simulator and auditor run. It takes the items of both logbooks in any order
in which causes come first, and comes to the same state for each of them: within a thread by `threads.linearise`,
beyond it because guards look only at what an author knew (`channels`). It reads no clock, and what it does for one
item does not grow with the length of the logbooks.

A document that breaks a rule has no effect, stays in its logbook, and its faults are part of the state: both
partners and any auditor name the same ones. The answer may still change, both ways, when a concurrent document of the
same thread arrives; `Outcome.revised` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from contracts import (
    accords,
    assents,
    billings,
    capabilities,
    channels,
    complaints,
    deems,
    disclosures,
    documents,
    feedbacks,
    issues,
    items,
    ledgers,
    listings,
    negotiations,
    notices,
    openings,
    payments,
    placements,
    prices,
    quotations,
    setoffs,
    shares,
    statements,
    stocks,
    voids,
)
from contracts.agreements import Agreement
from contracts.channels import AnyThread, Candidate, Change, Channel, Plan
from contracts.documents import agreements as agreement_papers
from contracts.documents import cancellations as cancel_papers
from contracts.documents import capabilities as capability_papers
from contracts.documents import channels as channel_papers
from contracts.documents import deems as deem_papers
from contracts.documents import disputes, fields, splits
from contracts.documents import feedbacks as feedback_papers
from contracts.documents import holds as hold_papers
from contracts.documents import invoices as invoice_papers
from contracts.documents import issues as issue_papers
from contracts.documents import listings as listing_papers
from contracts.documents import notices as notice_papers
from contracts.documents import orders as order_papers
from contracts.documents import payments as payment_papers
from contracts.documents import peers as peer_papers
from contracts.documents import prices as price_papers
from contracts.documents import quotations as quote_papers
from contracts.documents import references as reference_papers
from contracts.documents import returns as return_papers
from contracts.documents import setoffs as setoff_papers
from contracts.documents import shares as share_papers
from contracts.documents import shipments as shipment_papers
from contracts.documents import statements as statement_papers
from contracts.documents import stocks as stock_papers
from contracts.documents import voids as void_papers
from contracts.errors import FAULTS_MAX, Fault, Misuse, Refused, shown
from contracts.evidence import Signer
from contracts.holds import Hold, HoldState
from contracts.invoices import Invoice
from contracts.issues import Issue
from contracts.items import Item, Position
from contracts.orders import Order, OrderState
from contracts.payments import Payment
from contracts.peerings import Peering, PeeringState
from contracts.setoffs import Setoff
from contracts.threads import Faults

__all__ = ["Change", "Fault", "History", "Item", "Outcome", "unreadable"]

State = TypeVar("State")
Rule = Callable[[Channel, Candidate], Plan]
UNREADABLE: Final = "unreadable"  # the type of an item whose entry could not be parsed

RULES: Final[Mapping[type[fields.Document], Rule]] = {
    channel_papers.Open: openings.open_channel,
    channel_papers.Nak: openings.nothing,
    channel_papers.Key: openings.nothing,
    channel_papers.Seal: openings.seal,
    channel_papers.Close: openings.close,
    peer_papers.Card: openings.card,
    **{paper: openings.peering for paper in peer_papers.TYPES if paper is not peer_papers.Card},
    agreement_papers.Propose: negotiations.propose,
    **{paper: negotiations.follow for paper in agreement_papers.TYPES if paper is not agreement_papers.Propose},
    listing_papers.Publish: listings.publish,
    listing_papers.Change: listings.publish,
    listing_papers.Withdraw: listings.withdraw,
    listing_papers.Confirm: listings.confirm,
    listing_papers.Push: listings.push,
    price_papers.PriceList: prices.publish,
    price_papers.PriceChange: prices.publish,
    reference_papers.Disclose: disclosures.disclose,
    stock_papers.Snapshot: stocks.snapshot,
    stock_papers.Delta: stocks.delta,
    feedback_papers.Token: feedbacks.token,
    feedback_papers.Give: feedbacks.give,
    feedback_papers.Forward: feedbacks.give,
    notice_papers.Offer: notices.post,
    notice_papers.Want: notices.post,
    notice_papers.Withdraw: notices.withdraw,
    quote_papers.Request: quotations.request,
    quote_papers.Quote: quotations.follow,
    quote_papers.Close: quotations.follow,
    capability_papers.Offer: capabilities.announce,
    capability_papers.Grant: capabilities.announce,
    capability_papers.Revoke: capabilities.revoke,
    hold_papers.Ask: placements.ask,
    **{paper: placements.hold_follow for paper in hold_papers.TYPES if paper is not hold_papers.Ask},
    order_papers.Place: placements.place,
    **{paper: placements.follow for paper in order_papers.TYPES if paper is not order_papers.Place},
    **{paper: placements.follow for paper in cancel_papers.TYPES},
    **{paper: placements.follow for paper in shipment_papers.TYPES},
    deem_papers.Deem: deems.deem,
    deem_papers.Reminder: deems.remind,
    **{paper: placements.follow for paper in return_papers.TYPES if paper is not return_papers.Grant},
    return_papers.Grant: complaints.grant,
    statement_papers.Propose: statements.propose,
    statement_papers.Respond: accords.respond,
    statement_papers.Reopen: assents.reopen,
    payment_papers.Promise: payments.pay,
    payment_papers.Sent: payments.pay,
    payment_papers.Received: payments.pay,
    payment_papers.Dispute: payments.follow,
    setoff_papers.Propose: setoffs.propose,
    setoff_papers.Consent: setoffs.consent,
    setoff_papers.Notice: setoffs.notice,
    issue_papers.Open: complaints.open_issue,
    **{paper: complaints.follow for paper in issue_papers.TYPES if paper is not issue_papers.Open},
    **{paper: complaints.split for paper in splits.TYPES},
    **{paper: complaints.follow for paper in disputes.TYPES},
    **{paper: voids.follow for paper in void_papers.TYPES},
    share_papers.Report: shares.report,
    invoice_papers.Issue: billings.issue,
    invoice_papers.Credit: billings.follow,
    invoice_papers.Respond: billings.follow,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What folding an item did: its faults (empty: it stands), and every state that changed.

    `revised`: positions of earlier documents of the same thread whose judgement this one changed; look them up in
    `History.refusals`. `repeats`: the index of the same document earlier in the same logbook; it has no second effect.
    """

    faults: Faults = ()
    changes: tuple[Change, ...] = ()
    revised: tuple[Position, ...] = ()
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A judged item: `judge` keeps the last one, so that `fold` of the same item does nothing twice."""

    item: Item
    sizes: tuple[int, int]
    seen: int
    faults: Faults
    plan: Plan | None
    repeats: int | None = None


def unreadable(side: int, index: int, hash: bytes, code: str, hint: str) -> Item:
    """The item of an entry that could not be parsed: it takes its place and is refused. `code`, `hint`: why."""
    return Item(side, index, hash, b"", UNREADABLE, 0, 0, 0, (), {"code": str(code), "hint": hint})


class _States(Mapping[bytes, State], Generic[State]):
    """The states of all threads of a kind, by the hash of their first document. Reads what is there, copies nothing."""

    __slots__ = ("_threads",)

    def __init__(self, threads: Mapping[bytes, AnyThread]) -> None:
        self._threads = threads

    def __getitem__(self, key: bytes) -> State:
        state: State = self._threads[key].state
        return state

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._threads)

    def __len__(self) -> int:
        return len(self._threads)


class History:
    """The state of a channel, folded item by item. `parties`: NodeIDs (32 bytes) of side 0 and of side 1. `signers`:
    the keys that check proofs of time; without them no `deem` stands."""

    def __init__(self, parties: tuple[bytes, bytes], signers: tuple[Signer, Signer] | None = None) -> None:
        self.channel = Channel(parties, signers)
        self._prepared: _Prepared | None = None
        kinds = self.channel.kinds
        self.agreements: Mapping[bytes, Agreement] = _States(kinds["agreement"])
        self.holds: Mapping[bytes, Hold] = _States(kinds["hold"])
        self.orders: Mapping[bytes, Order] = _States(kinds["order"])
        self.payments: Mapping[bytes, Payment] = _States(kinds["payment"])
        self.setoffs: Mapping[bytes, Setoff] = _States(kinds["setoff"])
        self.shares: Mapping[bytes, shares.Share] = _States(kinds["share"])
        self.issues: Mapping[bytes, Issue] = _States(kinds["issue"])
        self.invoices: Mapping[bytes, Invoice] = _States(kinds["invoice"])
        self.statements: Mapping[bytes, statements.Statement] = MappingProxyType(self.channel.statements)
        self.listings: Mapping[tuple[int, str], listings.Listing] = MappingProxyType(self.channel.listings)
        self.prices: Mapping[tuple[bytes, str], prices.PriceChain] = MappingProxyType(self.channel.prices)
        self.stock: Mapping[tuple[int, str, str], stocks.Stock] = MappingProxyType(self.channel.stock)
        self.disclosed: Mapping[disclosures.Reference, disclosures.Opening] = MappingProxyType(self.channel.disclosed)
        self.locations: Mapping[tuple[int, str], stock_papers.Location] = MappingProxyType(self.channel.locations)
        self.selections: Mapping[tuple[int, str], listing_papers.Push] = MappingProxyType(self.channel.selections)
        self.feedbacks: Mapping[bytes, feedbacks.Feedback] = MappingProxyType(self.channel.feedbacks)
        self.notices: Mapping[tuple[int, bytes], notices.Notice] = MappingProxyType(self.channel.notices)
        self.quotations: Mapping[bytes, quotations.Quotation] = _States(kinds["quote"])
        self.capabilities: Mapping[tuple[int, bytes], capabilities.Capability] = MappingProxyType(
            self.channel.capabilities
        )
        self.held: Mapping[tuple[int, str, str], int] = MappingProxyType(self.channel.held)
        self.refusals: Mapping[Position, Faults] = MappingProxyType(self.channel.refusals)

    # --- folding

    def judge(self, item: Item) -> Faults:
        """What `fold` would refuse, with nothing changed; asked before an own document is written."""
        self._prepared = self._prepare(item)
        return self._prepared.faults

    def fold(self, item: Item) -> Outcome:
        """Take in the next item of a logbook. Raises `Misuse` if it is not the next, or if its causes are missing."""
        prepared = self._prepared
        if prepared is None or prepared.item is not item or prepared.sizes != self._sizes():
            prepared = self._prepare(item)
        self._prepared = None
        channel = self.channel
        channel.revised.clear()
        changes: list[Change] = []
        if prepared.plan is not None:
            if prepared.plan.effect is not None:
                changes.extend(prepared.plan.effect())
            for join in prepared.plan.joins:
                changes.extend(channels.carry_out(channel, join))
        self._enter(prepared)
        if channel.silent:
            changes.extend(assents.acknowledged(channel, item.side, item.index, prepared.seen))
        return Outcome(prepared.faults, tuple(changes), tuple(channel.revised), prepared.repeats)

    def _sizes(self) -> tuple[int, int]:
        return self.channel.sizes[0], self.channel.sizes[1]

    def _enter(self, prepared: _Prepared) -> None:
        """The item has its place: later ones may name it."""
        channel, item = self.channel, prepared.item
        channel.sizes[item.side] += 1
        channel.seens[item.side].append(prepared.seen)
        channel.positions[item.side].setdefault(item.hash, item.index)
        if item.id:
            channel.ids[item.side].setdefault(item.id, item.hash)
        if prepared.faults and (prepared.plan is None or not prepared.plan.joins):
            channel.refusals[(item.side, item.index)] = prepared.faults

    def _prepare(self, item: Item) -> _Prepared:
        channel = self.channel
        if item.index != channel.sizes[item.side] or item.seen > channel.sizes[1 - item.side]:
            raise Misuse(
                f"item {item.index} of side {item.side} with seen {item.seen} is not the next: sizes {channel.sizes}"
            )
        seens = channel.seens[item.side]
        floor = seens[-1] if seens else 0
        sizes = self._sizes()
        seen = max(item.seen, floor)
        if item.type == UNREADABLE:
            why = f"{item.body.get('code')}: {item.body.get('hint')}"
            fault = Fault("document.unreadable", "", "an entry of this protocol", shown(why))
            return _Prepared(item, sizes, seen, (fault,), None)
        first = channel.ids[item.side].get(item.id)
        if first is not None:
            return self._used_id(item, sizes, seen, first)
        if item.seen < floor:
            fault = Fault("reference.seen", "seen", f"at least {floor}", str(item.seen))
            return _Prepared(item, sizes, seen, (fault,), None)
        try:
            document = documents.parse(item.type, item.version, item.body)
        except Refused as error:
            return _Prepared(item, sizes, seen, error.faults, None)
        candidate = Candidate(item, seen, items.past(item.side, item.index, seen), document)
        return self._planned(candidate, sizes)

    def _planned(self, candidate: Candidate, sizes: tuple[int, int]) -> _Prepared:
        item = candidate.item
        early = openings.before_all(self.channel, candidate) + self._references(candidate)
        early += capabilities.signed_faults(self.channel, candidate)
        if early:
            return _Prepared(item, sizes, candidate.seen, tuple(early), None)
        plan = RULES[type(candidate.document)](self.channel, candidate)
        faults = plan.faults
        for join in plan.joins:
            faults += join.walked.refused.get((item.side, item.index), ())
        return _Prepared(item, sizes, candidate.seen, faults[:FAULTS_MAX], plan)

    def _references(self, candidate: Candidate) -> list[Fault]:
        """Every `re` names an entry that its author knows; nothing is parked (faults.md D10)."""
        item = candidate.item
        faults = []
        for place, (direction, name) in enumerate(item.re):
            side = item.side if direction == 0 else 1 - item.side
            index = self.channel.positions[side].get(name)
            if index is None or index >= candidate.past[side]:
                faults.append(Fault("reference.dangling", f"re.{place}", "an entry that the author knows", name.hex()))
        return faults

    def _used_id(self, item: Item, sizes: tuple[int, int], seen: int, first: bytes) -> _Prepared:
        """The same id again: the same bytes are no second document, other bytes are refused (faults.md D01, D02)."""
        if first == item.hash:
            return _Prepared(item, sizes, seen, (), None, repeats=self.channel.positions[item.side][first])
        fault = Fault("document.id-reuse", "id", first.hex(), item.hash.hex())
        return _Prepared(item, sizes, seen, (fault,), None)

    # --- reading

    @property
    def parties(self) -> tuple[bytes, bytes]:
        """The NodeIDs of side 0 and of side 1."""
        return self.channel.parties

    @property
    def sizes(self) -> tuple[int, int]:
        """How many items of each side are folded."""
        return self._sizes()

    @property
    def steps(self) -> int:
        """Steps of tables taken so far: the measure of the fold's work."""
        return self.channel.steps

    @property
    def peering(self) -> Peering:
        """Whether the two trade at all."""
        return self.channel.peering.state

    @property
    def cards(self) -> Mapping[int, peer_papers.Card]:
        """The newest card of each side."""
        return {side: card for side, card in self.channel.cards.items() if isinstance(card, peer_papers.Card)}

    def agreement(self, name: bytes) -> Agreement | None:
        """The agreement that has a version of this name: the hash of a proposal, counter or amendment."""
        key = self.channel.versions.get(name)
        return None if key is None else self.agreements[key]

    def balance(self, currency: str) -> int:
        """Minor units that side 1 owes side 0 now; negative: the other way round. One balance per currency."""
        return sum(
            ledger.total if ledger.seller == 0 else -ledger.total
            for ledger in self.channel.ledgers.values()
            if ledger.currency == currency
        )

    def owed(self, agreement: bytes) -> int:
        """Minor units that the buyer owes the seller under the agreement thread with this key."""
        return self.channel.ledgers[agreement].total

    def statement_lines(self, agreement: bytes, cut: tuple[int, int]) -> statements.Computed:
        """The account of the agreement thread `agreement` from its last closed statement to `cut`, by side."""
        return statements.compute(self.channel, agreement, cut)

    def issues_about(self, order: bytes) -> list[Issue]:
        """The complaints about the order thread with this key."""
        return [self.issues[key] for key in self.channel.issues_of.get(order, ())]

    def levels(self, side: int, sku: str) -> list[stocks.Stock]:
        """What a side has told of a SKU, location by location."""
        return [self.stock[(side, sku, place)] for place in self.channel.places.get((side, sku), ())]

    @property
    def ended(self) -> bool:
        """Table T0: the peering is ending, nothing is open any more, and every account is closed by a statement."""
        settled = all(not ledger.pending for ledger in self.channel.ledgers.values())
        return self.peering.state is PeeringState.ENDING and settled and not any(self.open.values())

    @property
    def open(self) -> Mapping[str, int]:
        """How many threads of each kind are not at their end. Looks at every order."""
        orders = sum(order.state is not OrderState.CLOSED for order in self.orders.values())
        return {"order": orders, **self.open_besides_orders}

    @property
    def open_besides_orders(self) -> Mapping[str, int]:
        """The same for everything of which there are few."""
        return {
            "hold": sum(hold.state in (HoldState.ASKED, HoldState.HELD) for hold in self.holds.values()),
            "quote": sum(quotation.state in quotations.OPEN for quotation in self.quotations.values()),
            "issue": sum(issue.state in (*issues.LIVE, issues.IssueState.DECIDED) for issue in self.issues.values()),
            "payment": sum(paid.state not in payments.CLOSED for paid in self.payments.values()),
        }


def snapshot(history: History) -> dict[str, object]:
    """Everything that the two logbooks decide, in a form that is equal for equal states whatever came first."""
    channel = history.channel
    return {
        "sizes": history.sizes,
        "opened": tuple(channel.opened),
        "closed": (tuple(channel.sealed), tuple(channel.closed_at)),
        "peering": channel.peering.state,
        "cards": dict(sorted(channel.cards.items())),
        **{
            kind: {key: threads[key].state for key in sorted(threads)}
            for kind, threads in sorted(channel.kinds.items())
        },
        "listings": {key: channel.listings[key].current for key in sorted(channel.listings)},
        "prices": {key: channel.prices[key].current for key in sorted(channel.prices)},
        "stock": dict(sorted(channel.stock.items())),
        "locations": dict(sorted(channel.locations.items())),
        "selections": dict(sorted(channel.selections.items())),
        "feedbacks": dict(sorted(channel.feedbacks.items())),
        "notices": dict(sorted(channel.notices.items())),
        "disclosed": dict(sorted(channel.disclosed.items())),
        "capabilities": dict(sorted(channel.capabilities.items())),
        "held": {key: count for key, count in sorted(channel.held.items()) if count},
        "statements": dict(sorted(channel.statements.items())),
        "invoiced": dict(sorted(channel.invoiced.items())),
        "ledgers": {
            key: (ledger.currency, ledger.seller, ledger.total, ledger.withheld, tuple(ledger.closed), ledger.cuts)
            for key, ledger in sorted(channel.ledgers.items())
        },
        "accounts": {
            key: tuple((entry.owed, entry.settled) for _, entry in ledgers.parts(*account))
            for key, account in sorted(channel.accounts.items())
        },
        "refusals": dict(sorted(channel.refusals.items())),
    }
