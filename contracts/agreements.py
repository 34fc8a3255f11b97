"""Agreements (table T1): what people call a contract, as a thread and as the terms that the other tables run on.

An agreement is named by the hash of its last proposal (`agreement.propose` or `agreement.counter`, later
`agreement.amend`). It is in force once the other party's accept naming that hash is there; proposing is the author's
own accept. A thread that was opened under one version stays under it for ever.

Each agreement says who sells; on one channel there may be one agreement each way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import tables, terms
from contracts.documents import agreements as papers
from contracts.errors import Fault
from contracts.items import Member, Position
from contracts.threads import Faults


class AgreementState(StrEnum):
    """Where an agreement thread stands."""

    PROPOSED = "proposed"
    COUNTERED = "countered"
    IN_FORCE = "in-force"
    DECLINED = "declined"
    TERMINATED = "terminated"


class AgreementEvent(StrEnum):
    """What can happen to it."""

    COUNTER = "counter"
    ACCEPT = "accept"
    AMEND = "amend"
    TERMINATE = "terminate"


S, E = AgreementState, AgreementEvent
standard = terms.standard  # a body of sensible terms to begin with
TABLE: Final[Mapping[tuple[AgreementState, AgreementEvent], AgreementState]] = {
    (S.PROPOSED, E.COUNTER): S.COUNTERED,  # other side than the last proposal's; names it
    (S.COUNTERED, E.COUNTER): S.COUNTERED,
    (S.PROPOSED, E.ACCEPT): S.IN_FORCE,  # other side than the last proposal's; names it
    (S.COUNTERED, E.ACCEPT): S.IN_FORCE,
    (S.IN_FORCE, E.AMEND): S.IN_FORCE,  # names the version in force
    (S.IN_FORCE, E.ACCEPT): S.IN_FORCE,  # of an amendment of the other side
    (S.PROPOSED, E.TERMINATE): S.DECLINED,
    (S.COUNTERED, E.TERMINATE): S.DECLINED,
    (S.IN_FORCE, E.TERMINATE): S.TERMINATED,
}
# terminate has the highest rank: it comes after every concurrent accept, so that whoever acted on an accept did so
# under an agreement that was in force
RANKS: Final = {
    papers.Counter.TYPE: 0,
    papers.Accept.TYPE: 1,
    papers.Amend.TYPE: 2,
    papers.Terminate.TYPE: 3,
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """The state of an agreement thread. `current` is the hash in force; `accepted` all that ever were, in order."""

    key: bytes
    state: AgreementState
    seller: int
    currency: str
    versions: Mapping[bytes, terms.Version]
    last: bytes
    current: bytes | None = None
    accepted: tuple[bytes, ...] = ()
    accepted_at: Position = (0, -1)


def proposed(member: Member, document: papers.Propose, seller: int) -> Agreement:
    """The state after `agreement.propose`."""
    first = terms.version(member, member.hash, seller, None, document.terms)
    return Agreement(
        key=member.hash,
        state=S.PROPOSED,
        seller=seller,
        currency=document.terms.currency,
        versions={first.hash: first},
        last=first.hash,
    )


def step(agreement: Agreement, member: Member, blind: bool) -> tuple[Agreement, Faults]:
    """One document of the thread, by table T1."""
    match member.document:
        case papers.Counter() as document:
            return _counter(agreement, member, document)
        case papers.Accept() as document:
            return _accept(agreement, member, document)
        case papers.Amend() as document:
            return _amend(agreement, member, document)
        case _:
            return _terminate(agreement)


def _next(agreement: Agreement, event: AgreementEvent) -> tuple[AgreementState, Faults]:
    following = tables.step(TABLE, agreement.state, event)
    if following is None:
        wanted = " or ".join(tables.sources(TABLE, event))
        return agreement.state, (Fault("agreement.state", "", wanted, agreement.state),)
    return following, ()


def _counter(agreement: Agreement, member: Member, document: papers.Counter) -> tuple[Agreement, Faults]:
    state, faults = _next(agreement, E.COUNTER)
    faults += _turn(agreement, member, document.counters, "counters") if not faults else ()
    faults += _fixed(agreement, document.terms)
    if faults:
        return agreement, faults
    return _added(agreement, state, member, document.counters, document.terms), ()


def _amend(agreement: Agreement, member: Member, document: papers.Amend) -> tuple[Agreement, Faults]:
    state, faults = _next(agreement, E.AMEND)
    if not faults and document.amends != agreement.current and _knew_current(agreement, member):
        faults = (_named("amends", agreement.current, document.amends),)
    faults += _fixed(agreement, document.terms)
    if faults:
        return agreement, faults
    return _added(agreement, state, member, document.amends, document.terms), ()


def _accept(agreement: Agreement, member: Member, document: papers.Accept) -> tuple[Agreement, Faults]:
    state, faults = _next(agreement, E.ACCEPT)
    if not faults:
        if agreement.current is None:
            faults = _turn(agreement, member, document.accepts, "accepts")
        else:
            faults = _amendable(agreement, member, document.accepts)
    if faults:
        return agreement, faults
    return (
        replace(
            agreement,
            state=state,
            current=document.accepts,
            accepted=(*agreement.accepted, document.accepts),
            accepted_at=(member.side, member.index),
        ),
        (),
    )


def _terminate(agreement: Agreement) -> tuple[Agreement, Faults]:
    state, faults = _next(agreement, E.TERMINATE)
    return (agreement, faults) if faults else (replace(agreement, state=state), ())


def _turn(agreement: Agreement, member: Member, named: bytes, path: str) -> Faults:
    """Guard of a negotiation: the other side's last proposal is answered, and no older one."""
    if named != agreement.last:
        return (_named(path, agreement.last, named),)
    if agreement.versions[named].side == member.side:
        return (Fault("agreement.state", path, "the other side's proposal", "the author's own"),)
    return ()


def _amendable(agreement: Agreement, member: Member, named: bytes) -> Faults:
    """Guard of an amendment's accept: the other side proposed it, to the version that the author knew in force."""
    amendment = agreement.versions.get(named)
    if amendment is None or named in agreement.accepted:
        return (_named("accepts", agreement.last, named),)
    if amendment.side == member.side:
        return (Fault("agreement.state", "accepts", "the other side's proposal", "the author's own"),)
    if amendment.replaces != agreement.current and _knew_current(agreement, member):
        return (_named("accepts", agreement.current, amendment.replaces or b""),)
    return ()


def _knew_current(agreement: Agreement, member: Member) -> bool:
    side, index = agreement.accepted_at
    return index < (member.index if side == member.side else member.seen)


def _fixed(agreement: Agreement, wanted: papers.Terms) -> Faults:
    """Seller and currency hold for the whole thread: its orders are settled in one account."""
    first = agreement.versions[agreement.key].terms
    pairs = (("seller", first.seller, wanted.seller), ("currency", first.currency, wanted.currency))
    faults = [
        Fault("agreement.fixed", f"terms.{name}", _text(old), _text(new)) for name, old, new in pairs if old != new
    ]
    return tuple(faults)


def _added(
    agreement: Agreement, state: AgreementState, member: Member, replaces: bytes, wanted: papers.Terms
) -> Agreement:
    made = terms.version(member, agreement.key, agreement.seller, replaces, wanted)
    return replace(agreement, state=state, versions={**agreement.versions, made.hash: made}, last=made.hash)


def _named(path: str, wanted: bytes | None, got: bytes) -> Fault:
    return Fault("agreement.superseded", path, _text(wanted or b""), _text(got))


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.hex()
