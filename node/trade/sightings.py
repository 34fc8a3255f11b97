"""What whoever asks has seen: nobody acts upon what somebody else has altered meanwhile without hearing of it (C13).

A page is written at some moment, and its forms carry the number of the newest alteration of that moment. Whoever sends
one says with it what they had before their eyes. If what they act upon was altered beyond it, nothing is done, and they
are told what happened; what they did themselves in the same session does not count. The comparison is made inside the
transaction that would act, so two who press at the same instant are told apart as well.

`SUBJECTS` says upon what each use case acts. A test walks all use cases that change something.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from contracts.agreements import Agreement
from contracts.channels import Change
from contracts.histories import Item, Outcome
from node import errors, ports
from node.storage import aftersales, alterations, budgets, database, operators, orderbooks, partners, settings
from node.storage.alterations import Thing
from node.trade import books, hashes, policies
from protocol import identities

Result = TypeVar("Result")
Look = Callable[[sqlite3.Connection, str], list[Thing]]
ALWAYS: Final = "*"
"""For what is there once, whatever is given."""
THREADS: Final = frozenset(
    {
        "agreement",
        "capability",
        "hold",
        "invoice",
        "issue",
        "notice",
        "order",
        "payment",
        "quote",
        "setoff",
        "statement",
    }
)


class OvertakenError(errors.NodeError):
    """NodeError `request.overtaken`. `alterations`: what was altered, the eldest first, none where that is forgotten;
    `now`: what is seen with it; `numbers`: of the orders among them, by name."""

    def __init__(self, found: list[alterations.Alteration], now: int, numbers: Mapping[str, str]) -> None:
        super().__init__(
            "request.overtaken",
            "this was changed while you looked at it; nothing was done"
            if found
            else "what happened since you looked is not known any more; nothing was done",
            hint="look at what changed, and ask again if you still want it",
            faults=[
                {"code": one.what, "path": f"{one.kind} {one.name}", "expected": "", "got": one.by} for one in found
            ],
        )
        self.alterations = found
        self.now = now
        self.numbers = numbers


def note(desk: books.Desk, book: books.Book, item: Item, outcome: Outcome, own: bool) -> None:
    """Remember which threads a document altered: its own by its mere coming, others by what changed in them."""
    if outcome.repeats is not None:
        return
    things = dict.fromkeys(thing for change in outcome.changes for thing in changed(book, change))
    name = item.body.get("thread")
    thread = book.history.channel.threads.get(name) if isinstance(name, bytes) else None
    if thread is not None and not outcome.faults and thread.kind in THREADS:
        things[Thing(thread.kind, thread.key.hex())] = None
    for thing in things:
        alterations.note(desk.db, thing, item.type, "" if own else book.partner.name, own, desk.now_ms())


def changed(book: books.Book, change: Change) -> Iterator[Thing]:
    """What a change is a change of, if forms act upon such things. Pages call an agreement by any of its versions."""
    if change.kind == "channel":
        yield Thing("partner", str(book.partner.id))
    elif change.kind in THREADS and isinstance(change.key, bytes):
        yield Thing(change.kind, change.key.hex())
        if isinstance(change.after, Agreement):
            yield from (Thing(change.kind, hash.hex()) for hash in change.after.versions)


async def forget(known: database.Database, clock: ports.Clock) -> None:
    """Forget what no open form can ask for any more."""
    before_ms = clock.now_ms() - alterations.KEPT_MS
    while await known.write(functools.partial(alterations.forget, before_ms=before_ms)):
        pass


class Attended(database.Database):
    """The database as one caller writes to it: what it alters is signed with the caller's name, and the first
    transaction of a use case is refused if the caller has not seen everything (`seen`; None: is not asked)."""

    def __init__(
        self,
        inner: database.Database,
        clock: ports.Clock,
        caller: policies.Caller,
        seen: int | None,
        case: str,
        given: Mapping[str, Any],
    ) -> None:
        self._inner, self._clock, self._caller, self._seen = inner, clock, caller, seen
        self._case, self._given = case, given
        self.overtaken: OvertakenError | None = None
        """Why nothing is done; whoever swallows the error does nothing after all."""

    async def read(self, unit: database.Unit[Result]) -> Result:
        """As the database itself, within the budget of a question."""
        return await self._inner.read(lambda db: budgets.within(db, unit))

    async def look(self, unit: database.Unit[Result]) -> Result:
        """As the database itself."""
        return await self._inner.look(unit)

    async def write(self, unit: database.Unit[Result]) -> Result:
        """The same, in one transaction with what stands before and after it."""

        def attended(db: sqlite3.Connection) -> Result:
            before = alterations.last(db)
            if self._seen is not None:
                refuse_overtaken(db, self._case, self._given, self._seen, self._caller.session)
            result = unit(db)
            alterations.sign(db, before, self._caller.name, self._caller.session, self._clock.now_ms())
            return result

        if self.overtaken is not None:
            raise self.overtaken
        try:
            done = await self._inner.write(attended)
        except OvertakenError as overtaken:
            self.overtaken = overtaken
            raise
        self._seen = None  # what follows of the same use case was caused by it
        return done

    async def close(self) -> None:
        """As the database itself."""
        await self._inner.close()


def refuse_overtaken(
    db: sqlite3.Connection, case: str, given: Mapping[str, Any], seen: int, session: int | None
) -> None:
    """OvertakenError where what a use case is to act upon was altered beyond `seen`, by others than this session.

    Whoever repeats a command under its `key` gets the first answer, whatever came after it.
    """
    key = given.get("key")
    if isinstance(key, str) and settings.answered(db, key) is not None:
        return
    now = alterations.last(db)
    things = list(subjects(db, case, given))
    known = alterations.remembers(db, seen)  # more than there is: from before a restore
    found = alterations.since(db, seen if known else 0, things, session)
    if found or (things and not known):
        rows = [orderbooks.order(db, bytes.fromhex(one.name)) for one in found if one.kind == "order"]
        numbers = {row.thread.hex(): row.shop_number or row.number for row in rows if row is not None}
        raise OvertakenError(found, now, numbers)


def subjects(db: sqlite3.Connection, case: str, given: Mapping[str, Any]) -> Iterator[Thing]:
    """The things upon which a use case with these arguments acts; what nobody knows is nothing yet."""
    for path, look in SUBJECTS.get(case, {}).items():
        for value in [""] if path == ALWAYS else values(given, path.split(".")):
            yield from look(db, value)


def values(given: object, path: list[str]) -> Iterator[str]:
    """What stands at a path of the arguments, lists walked through; of an object at the end, its keys."""
    match given:
        case list():
            for one in given:
                yield from values(one, path)
        case dict() if path:
            yield from values(given.get(path[0]), path[1:])
        case dict():
            yield from map(str, given)
        case str() | int() if not path:
            yield str(given)


# --- how each kind of thing is named by people


def thread(kind: str) -> Look:
    """A thread by the beginning of its hash."""

    def look(db: sqlite3.Connection, name: str) -> list[Thing]:
        return [Thing(kind, name.lower())] if len(name) >= hashes.CHARACTERS_MIN else []

    return look


def order(db: sqlite3.Connection, name: str) -> list[Thing]:
    """An order by any of its names."""
    return [Thing("order", row.thread.hex()) for row in orderbooks.find_orders(db, name)]


def comeback(db: sqlite3.Connection, name: str) -> list[Thing]:
    """The order in which a return happens, by the beginning of the return's hash or by the order."""
    rows = aftersales.beginning_with(db, name.lower(), "return")
    return [Thing("order", row.thread.hex()) for row in rows] or order(db, name)


def partner(db: sqlite3.Connection, name: str) -> list[Thing]:
    """A partner by name or node, as pages name it."""
    named = [one for one in partners.every(db) if name in (one.name, identities.to_text(one.node))]
    return [Thing("partner", str(one.id)) for one in named]


def operator(db: sqlite3.Connection, name: str) -> list[Thing]:
    """An operator by name: one who has got another name meanwhile is found by the one that stood on the page."""
    known = operators.by_name(db, name)
    return [] if known is None else [Thing("operator", f"{known.id}")]


def row(kind: str) -> Look:
    """A row by its number or SKU."""
    return lambda db, name: [Thing(kind, name)]


def setting(key: str) -> Look:
    """One setting of this node."""
    return lambda db, value: [Thing("setting", key)]


ORDER: Final[Mapping[str, Look]] = {"order": order}
ORDERS: Final[Mapping[str, Look]] = {"order": order, "orders": order}
RETURN: Final[Mapping[str, Look]] = {"name": comeback}
ISSUE: Final[Mapping[str, Look]] = {"issue": thread("issue")}
STATEMENT: Final[Mapping[str, Look]] = {"statement": thread("statement")}
PAYMENT: Final[Mapping[str, Look]] = {"payment": thread("payment")}
INVOICE: Final[Mapping[str, Look]] = {"invoice": thread("invoice")}
NETTING: Final[Mapping[str, Look]] = {"netting": thread("setoff")}
QUOTE: Final[Mapping[str, Look]] = {"quote": thread("quote")}
AGREEMENT: Final[Mapping[str, Look]] = {"agreement": thread("agreement")}
PARTNER: Final[Mapping[str, Look]] = {"partner": partner}
OPERATOR: Final[Mapping[str, Look]] = {"operator": operator}
GOOD: Final[Mapping[str, Look]] = {"sku": row("good")}
STOCK: Final[Mapping[str, Look]] = {"sku": row("stock")}


def each(names: str, look: Mapping[str, Look]) -> dict[str, Mapping[str, Look]]:
    """The same for several use cases."""
    return dict.fromkeys(names.split(), look)


SUBJECTS: Final[Mapping[str, Mapping[str, Look]]] = {
    **each("order.accept order.cancel", ORDERS),
    **each("order.disclose", {"orders": order}),
    **each("order.ship", {"order": order, "rows.order": order}),
    **each(
        "order.reject order.change order.answer order.receive order.recalled order.propose order.plan order.pack"
        " order.report order.cancel-answer capability.task deadline.claim return.request issue.open feedback.give"
        " feedback.invite consumer.erase",
        ORDER,
    ),
    **each(
        "return.withdraw return.ship return.proof return.accept return.decline return.approve return.reject"
        " return.offer return.exchange return.receive return.inspect return.refund",
        RETURN,
    ),
    **each(
        "issue.reply issue.offer issue.accept issue.escalate issue.close dispute.open dispute.evidence dispute.comply"
        " dispute.default",
        ISSUE,
    ),
    **each("statement.agree statement.contest statement.reopen", STATEMENT),
    **each("payment.received payment.sent payment.dispute void void.accept", PAYMENT),
    **each("invoice.credit invoice.respond", INVOICE),
    **each("invoice.issue", {"statement": thread("statement"), "order": order}),
    **each("netting.consent netting.decline", NETTING),
    **each("quote.give quote.accept quote.close", QUOTE),
    **each("agreement.accept agreement.decline agreement.end", AGREEMENT),
    **each("agreement.propose", {"instead_of": thread("agreement")}),
    **each("capability.revoke", {"capability": thread("capability")}),
    **each("stock.release", {"hold": thread("hold")}),
    **each("notice.withdraw", {"notice": thread("notice")}),
    **each("partner.rename partner.remove partner.suspend partner.resume partner.end", PARTNER),
    **each("operator.change operator.remove operator.password operator.second-factor.off", OPERATOR),
    **each("key.revoke", {"number": row("program-key")}),
    **each("errand.do errand.dismiss", {"errand": row("errand")}),
    **each(
        "catalogue.change catalogue.price catalogue.withdraw catalogue.restore content.set picture.first"
        " picture.remove",
        GOOD,
    ),
    **each("stock.set", {**STOCK, "items": row("stock")}),
    **each("stock.buffer stock.allot", STOCK),
    **each("card.set payee.set payee.remove", {ALWAYS: setting("card")}),
    **each("courier.add courier.remove", {ALWAYS: setting("courier_rules")}),
    **each("channel.set", {ALWAYS: setting("shop_channels")}),
    **each("backup.plan", {ALWAYS: setting("backup_plan")}),
    **each("retention.set", {ALWAYS: setting("retention")}),
}
"""Use case -> where its arguments name what it acts upon, and how that is found."""

MAKES: Final = frozenset(
    each(
        "account.codes account.language account.passkey.add account.passkey.begin account.passkey.remove"
        " account.password account.session.revoke account.totp.begin account.totp.confirm account.totp.off"
        " session.revoke audit.document audit.export audit.verify backup.write backup.run bench.orders bench.progress"
        " bench.singles capability.enter capability.grant capability.offer dispute.award dispute.decide dispute.read"
        " catalogue.add catalogue.confirm catalogue.derive catalogue.import catalogue.push catalogue.share picture.add"
        " stock.import import.undo selection.take selection.watch"
        " invite invite.withdraw join partner.compare key.make operator.add offer.post want.post quote.request"
        " order.import order.place stock.hold stock.location.add statement.propose payment.promise netting.begin"
        " netting.join netting.propose netting.release selection.noted share.report deadline.remind payee.accept",
        {},
    )
)
"""What makes something new, only adds to it, or is the caller's own: nobody else can have altered it meanwhile."""
