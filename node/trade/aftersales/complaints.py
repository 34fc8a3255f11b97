"""A complaint in full: its messages, offers and award, what can be done about it now, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from contracts import disputes, issues
from contracts.documents import issues as papers
from contracts.issues import IssueEvent, IssueState, OfferState
from node.storage import logbooks, proofs
from node.trade import attachments, books, doors, readings
from node.trade.aftersales.issues import Found, One, describe, find, own_number, pays_me
from node.trade.goods import catalogues
from node.trade.ordering import orders
from protocol import identities

register = doors.Register()


def clock(desk: books.Desk, found: Found) -> doors.Json:
    """Until when the other side has to resolve a complaint, `due_ms` by the receipt of it that started the clock; then
    the complainant may escalate it. None where no clock runs any more, or not yet."""
    if found.issue.state not in issues.WORKED_ON:
        return {"due_ms": None}
    logbook = found.book.mine if found.mine else found.book.theirs
    started = proofs.first(desk.db, logbook.id, found.issue.index + 1)
    wait_s = issues.resolution_s(found.issue.version)
    return {"due_ms": None if started is None else (started.time_s + wait_s) * 1000}


E = IssueEvent
STEPS: Final[
    Mapping[str, tuple[Literal["complainant", "other", "either", "bound", "unbound"], tuple[IssueEvent, ...]]]
] = {
    "issue.reply": ("other", (E.PROCESS, E.ASK, E.RESOLVE)),
    "issue.inform": ("complainant", (E.INFORM,)),
    "issue.offer": ("either", (E.OFFER,)),
    "issue.accept": ("either", (E.SETTLE,)),
    "issue.close": ("complainant", (E.CLOSE,)),
    "issue.escalate": ("complainant", (E.ESCALATE,)),
    "dispute.open": ("either", (E.DISPUTE,)),
    "dispute.evidence": ("either", (E.EVIDENCE,)),
    "dispute.decide": ("either", (E.DECIDE, E.DISMISS)),
    "dispute.comply": ("bound", (E.COMPLY,)),
    "dispute.default": ("unbound", (E.DEFAULT,)),
}
"""Step -> who may take it, and what it does by table T7. `issue.inform` is the complainant's `issue.reply`."""


def possible(found: Found) -> list[str]:
    """The steps that this merchant can take now, by the table and its part in the complaint."""
    issue, bound = found.issue, disputes.bound(found.issue) == found.book.side
    parts = {
        "complainant": found.mine,
        "other": not found.mine,
        "either": True,
        "bound": bound,
        "unbound": not bound and issue.taken is not None and issue.taken.member.side == found.book.side,
    }
    steps = [
        step
        for step, (part, events) in STEPS.items()
        if parts[part] and any((issue.state, event) in issues.TABLE for event in events)
    ]
    waiting = any(
        made.member.side != found.book.side and made.state is OfferState.OPEN for made in issue.offers.values()
    )
    missing = {
        "issue.accept": not waiting,
        "dispute.open": issue.state is not IssueState.ESCALATED or not issue.version.terms.arbiters,
        "dispute.decide": not issue.disputes,
    }
    exported = ["dispute.export"] if issue.disputes else []
    return [step for step in steps if not missing.get(step)] + exported


@register.case("issue.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One issue with its messages, offers and documents."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.issue)
        issue = found.issue
        return {
            **describe(found),
            **own_number(desk, found),
            **clock(desk, found),
            "remedy": issue.document.remedy,
            "lines": [{"line": row.line, "quantity": row.quantity} for row in issue.document.lines],
            "selling": found.role == "seller",
            "currency": issue.version.currency,
            "arbiters": [
                one.name or identities.to_text(identities.NodeId(one.node)) for one in issue.version.terms.arbiters
            ],
            "possible": possible(found),
            "award": award(found),
            "resolution_s": issues.resolution_s(issue.version),
            "offers": [
                {
                    "offer": name.hex(),
                    "by": "me" if made.member.side == found.book.side else found.book.partner.name,
                    "pays_me": catalogues.shown(pays_me(found, made.delta), issue.version.currency),
                    "state": made.state.value,
                }
                for name, made in issue.offers.items()
            ],
            "documents": told(desk, found),
        }

    return await trade.books.act(unit)


def award(found: Found) -> doors.Json | None:
    """What an arbiter decided: what it pays me, who must comply and within how long. None before."""
    issue = found.issue
    if issue.taken is None:
        return None
    taken = issue.taken.award
    mine = disputes.bound(issue) == found.book.side
    return {
        "pays_me": catalogues.shown(pays_me(found, issue.delta), issue.version.currency),
        "complies": None if taken.complies is None else "me" if mine else found.book.partner.name,
        "comply_within_s": taken.comply_within_s,
        "returns": [{"line": duty.line, "quantity": duty.quantity} for duty in taken.duties],
        "decided_ms": taken.decided_s * 1000,
    }


class File(One):
    """A file that was sent beside a complaint, by its SHA-256."""

    hash: str


@register.case("issue.file", File)
async def file(trade: doors.Trade, given: File, report: doors.Report) -> doors.Json:
    """A photo or another file of a complaint, as its sender wrote it."""
    return await trade.books.read(lambda desk: attachments.file(desk, told(desk, find(desk, given.issue)), given.hash))


def told(desk: books.Desk, found: Found) -> list[doors.Json]:
    """Every document of the thread with what was written beside it."""
    logs = [logbooks.of_channel(desk.db, found.book.channel.id, mine=side == found.book.side) for side in (0, 1)]
    rows = orders.documents(desk, found.book, found.issue.key, papers.Open.TYPE)
    for row in rows:
        side = found.book.side if row["by"] == "me" else 1 - found.book.side
        entry = readings.stored_entry(desk.db, logs[side].id, row["index"])
        row["message"], row["files"] = ("", []) if entry is None else attachments.shown(desk.db, entry.body)
        row["status"] = None if entry is None else entry.body.get("status")
    return rows
