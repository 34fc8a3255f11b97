"""An arbiter at work: a case is read and checked, an award is signed. None of it stands in a logbook of the arbiter."""

from __future__ import annotations

from typing import Any

import pydantic

from contracts import abandonments, documents
from contracts.documents import agreements as agreement_papers
from contracts.documents.fields import Role
from node import errors
from node.storage import blobs, settings
from node.trade import attachments, books, doors
from node.trade.aftersales import cases
from node.trade.goods import catalogues
from node.trade.money import billings
from node.trade.partners import agreements
from protocol import awards, encoding, identities, keys
from protocol.encoding import Value

register = doors.Register()
DAY_S = 86_400


class Case(doors.Arguments):
    """The content of a case file."""

    case: str


class Read(Case):
    """`with_files`: with the content of what was sent beside the documents, too."""

    with_files: bool = False


class Award(Case):
    """`amount` in decimal text is owed to the side with the role `to`; neither: the claim is dismissed.

    `returns`: units by line of the order, which the buyer must send back. `within_days`: how long to comply.
    """

    to: Role | None = None
    amount: str | None = None
    returns: dict[str, doors.Quantity] | None = None
    within_days: int = pydantic.Field(default=14, ge=0, le=3_650)
    reasons: str = ""


@register.case("dispute.key", doors.NoArguments)
async def key(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """How an agreement names this merchant as an arbiter."""
    public = keys.public(keys.derive(trade.keys.root).settle, "settle")
    return {"arbiter": f"{identities.to_text(trade.books.me)}:{public.hex()}"}


@register.case("dispute.read", Read)
async def read(trade: doors.Trade, given: Read, report: doors.Report) -> doors.Json:
    """Check a case that was laid before this merchant, and show it; from now on the arbiter's clock runs."""

    def unit(desk: books.Desk) -> doors.Json:
        found = cases.read(given.case)
        received_s = received(desk, found)
        return {
            "dispute": found.dispute.hex(),
            "received_s": received_s,
            "ok": not found.faults,
            "faults": list(found.faults),
            "parties": [identities.to_text(identities.NodeId(node)) for node in found.parties],
            "documents": [shown(found, one, with_files=given.with_files) for one in found.documents],
        }

    return await trade.books.act(unit)


def received(desk: books.Desk, found: cases.Read) -> int:
    """The unix second at which this arbiter first had the case."""
    name = f"case/{found.dispute.hex()}"
    known = settings.get(desk.db, name)
    if known is None:
        known = str(desk.now_ms() // 1000).encode()
        settings.put(desk.db, name, known)
    return int(known)


def shown(found: cases.Read, one: cases.Shown, *, with_files: bool) -> doors.Json:
    """One document of a case for people. Its `files`: name, size, hash, whether the case holds them, and `data_hex`."""
    texts, files = [], []
    for row in attachments.rows_of(one.entry.body, "attachments"):
        data = found.blobs.get(row["hash"])
        if row.get("name") == attachments.MESSAGE:
            texts.append((data or b"").decode("utf-8", "replace"))
            continue
        file = {"name": str(row.get("name")), "bytes": row.get("len"), "hash": row["hash"].hex()}
        content = {"data_hex": data.hex()} if with_files and data is not None else {}
        files.append({**file, "here": data is not None, **content})
    return {
        "hash": one.leaf.hex(),
        "type": one.entry.type,
        "by": identities.to_text(identities.NodeId(one.author)),
        "role": one.entry.body.get("role"),
        "ts_ms": one.entry.ts_ms,
        "proved": one.proved,
        "receipted": one.receipted,
        "message": " ".join(texts),
        "files": files,
        "content": plain(one.entry.body),
    }


def plain(value: Value) -> Any:
    """A value as JSON has it: bytes in hex."""
    match value:
        case bytes():
            return value.hex()
        case list():
            return [plain(inner) for inner in value]
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case _:
            return value


@register.case("dispute.award", Award)
async def award(trade: doors.Trade, given: Award, report: doors.Report) -> doors.Json:
    """Decide a case as its arbiter, and sign the award."""
    found = cases.read(given.case)
    received_s = await trade.books.act(lambda desk: received(desk, found))  # it has come, even if nothing comes of it

    def unit(desk: books.Desk) -> doors.Json:
        if found.faults:
            raise damaged(*found.faults)
        place, terms, order = laid(trade, found)
        wait_s = abandonments.award_s(terms)
        decided_s = desk.now_ms() // 1000
        if decided_s < received_s + place * wait_s:
            raise errors.NodeError(
                "dispute.early",
                "the arbiters before this one still have time",
                expected=f"{received_s + place * wait_s - decided_s} seconds more",
            )
        text: dict[str, Value] = {
            "dispute": found.dispute,
            "arbiter": trade.books.me,
            "received_s": received_s,
            "decided_s": decided_s,
            **decision(given, terms.currency, order),
        }
        if given.reasons:
            text["reasons"] = blobs.put(desk.db, given.reasons.encode())
        signature = awards.sign(keys.derive(trade.keys.root).settle, found.dispute, text)
        signed = cases.Signed(award=encoding.encode(text).hex(), signature=signature.hex(), reasons=given.reasons)
        return {"dispute": found.dispute.hex(), "complies": text["complies"], "award": signed.model_dump_json()}

    return await trade.books.act(unit)


def damaged(*found: str) -> errors.NodeError:
    """The error for a case that does not hold."""
    rows = [{"code": "case.damaged", "path": "", "expected": "", "got": fault} for fault in found]
    return errors.NodeError("case.damaged", "the case does not hold, so nothing is decided", faults=rows)


def laid(trade: doors.Trade, found: cases.Read) -> tuple[int, agreement_papers.Terms, bytes | None]:
    """This arbiter's place in the agreement of a case, its terms, and the order. NodeError `dispute.arbiter`."""
    opened = found.find(found.dispute)
    thread = None if opened is None else opened.entry.body.get("thread")
    issue = found.find(thread) if isinstance(thread, bytes) else None
    name = None if issue is None else issue.entry.body.get("agreement")
    agreed = found.find(name) if isinstance(name, bytes) else None
    if issue is None or agreed is None:
        raise damaged("the case shows no agreement")
    paper = documents.parse(agreed.entry.type, agreed.entry.version, agreed.entry.body)
    if not isinstance(paper, agreement_papers.Propose | agreement_papers.Counter | agreement_papers.Amend):
        raise damaged("the issue names no agreement")
    terms = paper.terms
    places = [place for place, one in enumerate(terms.arbiters) if one.node == trade.books.me]
    accepted = [one for one in found.documents if one.entry.body.get("accepts") == agreed.leaf]
    if not places or not any(one.author != agreed.author for one in accepted):
        raise errors.NodeError(
            "dispute.arbiter",
            "this merchant is no arbiter of the agreement, or the other side never accepted it",
            expected=f"{len(terms.arbiters)} arbiters named there",
            got=identities.to_text(trade.books.me),
        )
    order = issue.entry.body.get("order")
    return places[0], terms, order if isinstance(order, bytes) else None


def decision(given: Award, currency: str, order: bytes | None) -> dict[str, Value]:
    """What is awarded. NodeError `request.malformed` for half of it."""
    if (given.to is None) != (given.amount is None) and not given.returns:
        raise errors.NodeError(
            "request.malformed", "an award is an amount to one side", expected="both, or neither", got="one of them"
        )
    deltas: list[Value] = []
    if given.to is not None and given.amount is not None:
        amount = agreements.parse_money(given.amount, currency)
        deltas.append({"to": given.to, "amount": catalogues.money_value(amount.minor, amount.currency)})
    duties: list[Value] = []
    if given.returns:
        if order is None:
            raise errors.NodeError("request.malformed", "there is no order to send goods back of", got="no order")
        for number, quantity in (billings.numbers(given.returns) or {}).items():
            duties.append({"order": order, "line": number, "quantity": quantity})
    complies: Value = None
    if deltas or duties:
        complies = "seller" if given.to == "buyer" else "buyer"
    return {"deltas": deltas, "duties": duties, "complies": complies, "comply_within_s": given.within_days * DAY_S}
