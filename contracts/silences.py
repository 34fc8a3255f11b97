"""What follows from silence in an order thread: the timed rows of tables T4, T5 and T6.

A row names the document that waits, whom the silence favours, since when and how long. It takes effect only through a
`deem` of that side (law 5), and the fold never looks at a clock. An answer that the deem did not know of stands
before it in the walk, since `deem` has the highest rank, and leaves it nothing to act on: so the answer wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from contracts import cancellations as cancelling
from contracts import changes, items, lots, orders, returns, terms
from contracts.documents import cancellations
from contracts.documents import orders as papers
from contracts.documents import returns as return_papers
from contracts.documents.agreements import Proposal
from contracts.documents.deems import Deem
from contracts.documents.fields import Role
from contracts.errors import Fault
from contracts.items import Member, Position
from contracts.lots import Lot, LotEvent, LotState
from contracts.orders import Order, OrderLine, Return
from contracts.terms import Version
from contracts.threads import Faults


class Claim(NamedTuple):
    """The clock of a timed row: it starts when the partner has the document at `since` (or one that knows it), and runs
    `after_s` seconds, or until the unix second `at_s`."""

    since: Position
    after_s: int | None = None
    at_s: int | None = None

    def due_s(self, started_s: int) -> int:
        """The unix second at which it is over, once it started."""
        if self.at_s is not None:
            return max(self.at_s, started_s)
        assert self.after_s is not None
        return started_s + self.after_s


@dataclass(frozen=True, slots=True)
class Row:
    """A timed row. `favours`: who may claim it, by role. `waits`: whether a lot waits for it, given the target;
    `clock`: when it started and how long it runs, None where the agreement names no time or the target does not
    wait; `targets`: what can be named in a thread (hashes), for a node that looks for what is due."""

    name: str
    meaning: str
    events: tuple[LotEvent, ...]
    targets: Callable[[Order], list[bytes]]
    favours: Callable[[Order, bytes], Role]
    waits: Callable[[Order, bytes, Lot], bool]
    clock: Callable[[Order, bytes], Claim | None]


PROOF: Final = "return.proof"


def _answer_s(version: Version, proposal: Proposal) -> int | None:
    row = terms.answer(version, proposal)
    return None if row is None else row.respond_by_s


def _accepts(order: Order, proposal: Proposal) -> bool:
    row = terms.answer(order.version, proposal)
    return row is not None and row.on_silence == "accept"


def _named(kind: type[object]) -> Callable[[Order], list[bytes]]:
    return lambda order: [name for name, member in order.named.items() if isinstance(member.document, kind)]


def _proposed(proposal: Proposal) -> Callable[[Order, bytes], Claim | None]:
    def clock(order: Order, target: bytes) -> Claim | None:
        member, after_s = order.named.get(target), _answer_s(order.version, proposal)
        return None if member is None or after_s is None else Claim((member.side, member.index), after_s)

    return clock


def _author(order: Order, target: bytes) -> Role:
    member = order.named[target]
    return "seller" if member.side == order.version.seller else "buyer"


def _placed_clock(order: Order, target: bytes) -> Claim | None:
    after_s = _answer_s(order.version, "order")
    return None if after_s is None or target != order.key else Claim(order.root, after_s)


def _ship_clock(order: Order, target: bytes) -> Claim | None:
    """The promised time of shipping, or the agreement's; the latest of all quantities that are agreed."""
    if target != order.key:
        return None
    promised = [
        line.terms[lot.terms].promised_ship_s
        for line in order.lines.values()
        for lot in line.lots
        if lot.state is LotState.AGREED
    ]
    if promised and all(at_s is not None for at_s in promised):
        return Claim(order.root, at_s=max(at_s for at_s in promised if at_s is not None))
    after_s = order.version.terms.ship_by_s
    return None if after_s is None else Claim(order.root, after_s)


def _arrived(seconds: Callable[[Version], int | None]) -> Callable[[Order, bytes], Claim | None]:
    def clock(order: Order, target: bytes) -> Claim | None:
        parcel, after_s = order.parcels.get(target), seconds(order.version)
        if parcel is None or parcel.arrived is None or after_s is None:
            return None
        return Claim((parcel.arrived.side, parcel.arrived.index), after_s)

    return clock


def _inspect_s(version: Version) -> int | None:
    window_s = version.terms.inspect_window_s
    return _answer_s(version, "receipt") if window_s is None else window_s


def _under(order: Order, target: bytes, lot: Lot) -> bool:
    return lot.proposal is not None and lot.proposal[0] == target


def _held(order: Order, target: bytes, lot: Lot) -> bool:
    """Goods under a cancel; whoever asked for a parcel back that it knew of gains nothing by silence."""
    if lot.cancel != target or lot.late:
        return False
    return lot.shipment is None or not items.knows(order.named[target], order.parcels[lot.shipment].member)


def _asked_back(order: Order, target: bytes, lot: Lot) -> bool:
    return lot.request == target


def _returned(proposal: Proposal, since: Callable[[Return], Member | None]) -> Callable[[Order, bytes], Claim | None]:
    def clock(order: Order, target: bytes) -> Claim | None:
        asked, after_s = order.returns.get(target), _answer_s(order.version, proposal)
        member = None if asked is None else since(asked)
        return None if member is None or after_s is None else Claim((member.side, member.index), after_s)

    return clock


ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for row in (
        Row(
            "order.place",
            "the seller does not answer an order: it lapses, or is accepted where the agreement says so",
            (LotEvent.LAPSE, LotEvent.ACCEPT_SILENT),
            lambda order: [order.key],
            lambda order, target: "buyer",
            lambda order, target, lot: lot.state is LotState.PLACED,
            _placed_clock,
        ),
        Row(
            "order.respond",
            "the buyer does not answer the seller's proposal: it is taken for refused, or for accepted",
            (LotEvent.DECLINE, LotEvent.REOPEN, LotEvent.TAKE),
            _named(papers.Respond),
            _author,
            _under,
            _proposed("response"),
        ),
        Row(
            "order.change",
            "the other side does not answer a change: the original stands, or the change where the agreement says so",
            (LotEvent.DECLINE, LotEvent.TAKE, LotEvent.REDUCE),
            _named(papers.Change),
            _author,
            _under,
            _proposed("change"),
        ),
        Row(
            "order.overdue",
            "the goods were not handed over by the promised time: the buyer may cancel alone, and a penalty is owed",
            (LotEvent.LATE,),
            lambda order: [order.key],
            lambda order, target: "buyer",
            lambda order, target, lot: lot.state is LotState.AGREED,
            _ship_clock,
        ),
        Row(
            "cancel.request",
            "the shipper does not answer a cancel: cancelled; a parcel that left all the same is at the seller's risk",
            (LotEvent.CANCEL_SILENT,),
            _named(cancellations.Request),
            _author,
            _held,
            _proposed("cancel"),
        ),
        Row(
            "shipment.inspect",
            "the buyer does not say what arrived: it is received in order",
            (LotEvent.INSPECT_SILENT,),
            lambda order: list(order.parcels),
            lambda order, target: "seller",
            lambda order, target, lot: lot.shipment == target,
            _arrived(_inspect_s),
        ),
        Row(
            "shipment.final",
            "the return window is over and nothing is open: the goods are final, and what was withheld is owed",
            (LotEvent.FINAL,),
            lambda order: list(order.parcels),
            lambda order, target: "seller",
            lambda order, target, lot: lot.shipment == target,
            _arrived(lambda version: version.terms.return_window_s),
        ),
        Row(
            "return.request",
            "the seller does not answer a request for a return: it is approved, or refunded where nothing comes back",
            (LotEvent.APPROVE_SILENT, LotEvent.FORGO_SILENT),
            lambda order: list(order.returns),
            lambda order, target: "buyer",
            _asked_back,
            _returned("return", lambda asked: asked.member),
        ),
        Row(
            "return.ship",
            "the buyer does not send back what it may: it keeps the goods",
            (LotEvent.LAPSE_BACK,),
            lambda order: list(order.returns),
            lambda order, target: "seller",
            _asked_back,
            _returned("ship_back", lambda asked: next(reversed(asked.decided), None)),
        ),
        Row(
            PROOF,
            "the seller does not say that goods came back which its carrier has delivered: they did",
            (LotEvent.ARRIVE_SILENT,),
            lambda order: list(order.returns),
            lambda order, target: "buyer",
            _asked_back,
            _returned("inspect", lambda asked: asked.proved),
        ),
        Row(
            "return.inspect",
            "the seller does not say what came back: all of it can be sold again",
            (LotEvent.RESELLABLE_SILENT,),
            lambda order: list(order.returns),
            lambda order, target: "buyer",
            _asked_back,
            _returned("inspect", lambda asked: asked.received),
        ),
    )
}


def waiting(order: Order, row: Row, target: bytes) -> bool:
    """Whether any quantity waits for this row."""
    events = _events(order, row, target)
    return any(
        (lot.state, event) in lots.TABLE and row.waits(order, target, lot)
        for line in order.lines.values()
        for lot in line.lots
        for event in events
    )


def _events(order: Order, row: Row, target: bytes) -> tuple[LotEvent, ...]:
    if row.name == "order.place":
        return (LotEvent.ACCEPT_SILENT if _accepts(order, "order") else LotEvent.LAPSE,)
    if row.name == "return.request" and target in order.returns:
        asked = order.returns[target].member.document
        goods = isinstance(asked, return_papers.Request) and asked.remedy != "refund_only"
        return (LotEvent.APPROVE_SILENT if goods else LotEvent.FORGO_SILENT,)
    return row.events


def deem(order: Order, member: Member, document: Deem, blind: bool) -> tuple[Order, Faults]:
    """`deem` in an order thread; that the time is over was proved before."""
    row = ROWS.get(document.row)
    if row is None:
        return order, (Fault("deem.row", "row", " or ".join(ROWS), document.row),)
    if row.name in ("order.respond", "order.change"):
        lines = _answered(order, row, document.target)
    elif row.name.startswith("return."):
        lines = _returned_silently(order, row, document.target)
    else:
        lines = _moved(order, row, member, document)
    if not lines:
        return order, (Fault("deem.state", "target", f"something that waits by the row {row.name}", "nothing"),)
    returning = None
    if row.name == PROOF:
        returning = replace(order.returns[document.target], received=member)  # the clock for inspecting runs from here
    return orders.with_lines(order, lines, member, returning=returning), ()


def _returned_silently(order: Order, row: Row, target: bytes) -> dict[int, OrderLine]:
    """As if the other side had taken the next step of a return. Inside a cut the return may not stand at all."""
    if target not in order.returns:
        return {}
    (event,) = _events(order, row, target)
    return returns.silent(order, event, target)


def _answered(order: Order, row: Row, target: bytes) -> dict[int, OrderLine]:
    """As if the other side had answered the proposal."""
    proposal = order.named.get(target)
    if proposal is None or not isinstance(proposal.document, papers.Respond | papers.Change):
        return {}
    accept = _accepts(order, "response" if row.name == "order.respond" else "change")
    lines: dict[int, OrderLine] = {}
    for place in changes.waiting(order, target, proposal.document):
        number = proposal.document.lines[place].line
        line = lines.get(number) or order.lines[number]
        lines[number] = changes.answered(line, (target, place), proposal.document, accept)
    return lines


def _moved(order: Order, row: Row, member: Member, document: Deem) -> dict[int, OrderLine]:
    def fits(lot: Lot) -> bool:
        return row.waits(order, document.target, lot) and not _knew_parcel(order, row, member, lot)

    def change(lot: Lot, state: LotState) -> Lot:
        return lot._replace(state=state, levy=cancelling.OVERDUE if row.name == "order.overdue" else lot.levy)

    lines: dict[int, OrderLine] = {}
    for number, line in order.lines.items():
        for event in _events(order, row, document.target):
            after, moved = lots.move(line.lots, event, lots.total(line.lots), change, fits)
            if moved:
                lines[number] = replace(line, lots=after)
    return lines


def _knew_parcel(order: Order, row: Row, member: Member, lot: Lot) -> bool:
    """Guard of T5: goods on their way back are at the seller's risk only where the buyer had no word of the parcel."""
    if row.name != "cancel.request" or lot.shipment is None:
        return False
    return items.knows(member, order.parcels[lot.shipment].member)
