"""What merchants ask of their nodes, spelled for a plan: it names orders by its own words, since it knows no hash.

{"plain": {...}}                            the arguments of the use case as they stand
{"order": "o7", ...}                        the order that was placed under this word, or the one that serves it
{"pick": 12345, ...}                        one of those that wait, by a number drawn beforehand
`return.next`                               the use case by which a return that waits goes on
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from contracts.lots import LotState
from contracts.payments import PaymentState
from node.storage import orderbooks, shelves
from tests.sim import markets, matters, plans, programs, shadows

if TYPE_CHECKING:
    from tests.sim import worlds

Choice = TypeVar("Choice")
PICKED_MAX = 1_000  # orders of a list from which one is picked
RECIPIENT: plans.Json = {
    "name": "韩梅梅", "phone": "13900000000", "country": "CN", "city": "成都", "street": "天府大道 1 号"
}  # fmt: skip


NEXT = "return.next"  # whatever somebody has to do about a return


class Idle(Exception):
    """There is nothing to ask for: what the errand names does not exist."""

    code = "errand.idle"


@dataclass(slots=True)
class Ledger:
    """What clients were told of orders: the word of a plan, and the hash that the node answered."""

    orders: dict[str, str] = field(default_factory=dict)
    holds: dict[str, str] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)  # node -> orders asked for by hand


@dataclass(frozen=True, slots=True)
class Desk:
    """Who asks, and what is before them."""

    name: str
    world: worlds.World
    market: markets.Market
    shadow: shadows.Shadow
    ledger: Ledger

    @property
    def db(self) -> Any:
        """The committed rows of the merchant's own node."""
        return self.world.hosts[self.name].image.reader


@dataclass(slots=True)
class Errand:
    """One act of a plan, while it is carried out."""

    desk: Desk
    verb: str
    arguments: dict[str, plans.Json]
    asked: dict[str, Any] = field(default_factory=dict)

    def given(self) -> dict[str, Any]:
        """The arguments of the use case. Raises `Idle`."""
        plain = self.arguments.get("plain")
        if isinstance(plain, dict):
            self.asked = dict(plain)
        elif self.verb == NEXT:
            self.verb, self.asked = next_step(self.desk, self.arguments)
        else:
            self.asked = GIVEN[self.verb](self.desk, self.arguments)
        return self.asked

    def reply(self, answer: dict[str, Any]) -> programs.Reply:
        """What the client remembers, and the entries that it was told to be safe."""
        word = self.arguments.get("word")
        if isinstance(word, str) and "hold" in answer:
            self.desk.ledger.holds[word] = answer["hold"]
        if isinstance(word, str) and "order" in answer:
            known = self.desk.ledger.orders.get(word)
            self.desk.ledger.orders[word] = answer["order"]
            if known is not None and known != answer["order"] and not self._is_lost(known):
                detail = f"the order {word} was placed as {known} and as {answer['order']}"
                self.desk.world.violate("exactly_once_effect", self.desk.name, detail)
        return programs.Reply(answer, tuple(self._safe(answer)))

    def _is_lost(self, order: str) -> bool:
        """Whether an order went down with a disk, before anybody else had it."""
        restored = self.desk.world.hosts[self.desk.name].image.restores > 0
        return restored and orderbooks.order(self.desk.db, bytes.fromhex(order)) is None

    def _safe(self, answer: dict[str, Any]) -> list[bytes]:
        shadow = self.desk.shadow
        if self.verb == "stock.hold":
            return [shadow.entry_id(bytes.fromhex(answer["hold"]))]
        if self.verb in ("order.place", "agreement.propose", "statement.propose", "payment.sent", "payment.received"):
            found = [*answer.get("proposed", ()), answer]
            names = ("order", "agreement", "statement", "payment")
            named = [next(row[name] for name in names if name in row) for row in found if any(map(row.get, names))]
            return [shadow.entry_id(bytes.fromhex(hash)) for hash in named]
        kind, count = ANSWERED.get(self.verb, ("", ""))
        if not kind or not (not count or answer[count]) or "order" not in self.asked:
            return []
        found = shadow.written(bytes.fromhex(self.asked["order"]), kind)
        return found or [hashlib.sha256(repr(answer).encode()).digest()]  # called done, and nowhere to be found


ANSWERED = {
    "order.accept": ("order.respond", "accepted"),
    "order.reject": ("order.respond", ""),
    "order.ship": ("shipment.handover", "shipped"),
    "order.cancel": ("cancel.request", "cancelling"),
}


def place(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """`word` is the idempotency key as well."""
    asked = {key: arguments[key] for key in ("partner", "lines")}
    desk.ledger.keys[desk.name] = desk.ledger.keys.get(desk.name, 0) + 1
    recipient = {"recipient": RECIPIENT} if arguments.get("recipient") else {}
    hold = {"holds": [held(desk, arguments)]} if "hold" in arguments else {}
    return {**asked, "key": arguments["word"], **recipient, **hold}


def held(desk: Desk, arguments: dict[str, plans.Json]) -> str:
    """The hold that was asked for under a word."""
    found = desk.ledger.holds.get(str(arguments["hold"]))
    if found is None:
        raise Idle
    return found


def ask_hold(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """As it stands, without the word."""
    return {key: value for key, value in arguments.items() if key != "word"}


def release(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """A hold by its word."""
    return {"hold": held(desk, arguments)}


def import_orders(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """A sheet of consumer orders: [number, SKU, quantity] rows."""
    rows: Any = arguments["rows"]
    lines = ["订单号,商品编码,数量,收货人,手机,省,市,区,详细地址"]
    address = "张伟,15400000001,四川省,成都市,武侯区,天府大道 1 号"
    lines += [f"{number},{sku},{quantity},{address}" for number, sku, quantity in rows]
    return {"name": "orders.csv", "data_hex": "\n".join(lines).encode().hex()}


def import_goods(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """The factory's own sheet again, perhaps with other prices."""
    percent = arguments["percent"]
    assert isinstance(percent, int)
    articles = [
        markets.Article(article.sku, article.price_minor * percent // 100, article.stock)
        for article in desk.market.articles.get(desk.name, desk.market.sideline)
    ]
    return {"name": "goods.csv", "data_hex": markets.sheet(articles).hex()}


def named(desk: Desk, word: str) -> str:
    """The order of this merchant that a word means: the one placed, or the one by which it is served here."""
    placed = desk.ledger.orders.get(word)
    if placed is None:
        raise Idle
    threads = [bytes.fromhex(placed)]
    threads += [child for child, parent in desk.shadow.registry.parents.items() if parent == threads[0]]
    for thread in threads:
        if orderbooks.order(desk.db, thread) is not None:
            return thread.hex()
    raise Idle


def of_order(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """An order by its word, or one of those in a state; everything else as it stands."""
    rest = {key: value for key, value in arguments.items() if key not in ("order", "pick", "state", "selling")}
    if "order" in arguments:
        return {**rest, "order": named(desk, str(arguments["order"]))}
    state, selling = arguments["state"], bool(arguments["selling"])
    rows = orderbooks.orders(desk.db, None if state is None else str(state), not selling, None, PICKED_MAX)
    return {**rest, "order": picked([row.thread.hex() for row in rows], arguments)}


def picked(choices: Sequence[Choice], arguments: dict[str, plans.Json]) -> Choice:
    """One of the choices, by the number that the plan drew."""
    pick = arguments["pick"]
    assert isinstance(pick, int)
    if not choices:
        raise Idle
    return choices[pick % len(choices)]


def plain(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """As it stands."""
    return dict(arguments)


def count_shelf(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """So many more have come: the shelf is counted."""
    sku, more = str(arguments["sku"]), arguments["more"]
    assert isinstance(more, int)
    return {"sku": sku, "on_hand": max(0, shelves.shelf(desk.db, sku).on_hand + more)}


def receive(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """One of the payments that were sent to this merchant. The key makes a repeat harmless."""
    waiting = sorted(
        (key.hex(), partner, payment.amount)
        for partner, fold in desk.shadow.live().items()
        for key, payment in fold.payments.items()
        if payment.state is PaymentState.SENT and fold.parties[1 - payment.debtor] == desk.shadow.node
    )
    chosen = picked([row[0] for row in waiting], arguments)
    partner, amount = next((row[1], row[2]) for row in waiting if row[0] == chosen)
    return {"partner": partner, "amount": f"{amount / 100:.2f}", "payment": chosen, "key": f"received {chosen}"}


def chosen(
    name: str, choices: Callable[[Desk], list[str]], desk: Desk, arguments: dict[str, plans.Json]
) -> dict[str, Any]:
    """One of the choices under this name, everything else as it stands."""
    rest = {key: value for key, value in arguments.items() if key != "pick"}
    return {**rest, name: picked(choices(desk), arguments)}


def contest(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """A statement is agreed to but for one of its lines."""
    statement, thread = picked(matters.doubtful(desk), arguments)
    return {"statement": statement, "threads": [thread]}


STEPS: Mapping[tuple[bool, LotState], Sequence[tuple[str, dict[str, Any]]]] = {
    (True, LotState.RETURN_ASKED): (
        *[("return.approve", {})] * 5,
        ("return.offer", {"amount": "0.80"}),
        ("return.reject", {}),
        ("return.refund", {}),
    ),
    (True, LotState.IN_RETURN): (("return.receive", {}),),
    (True, LotState.BACK): (("return.inspect", {}),),
    (True, LotState.INSPECTED): (("return.refund", {}),),
    (False, LotState.RETURN_OFFERED): (("return.accept", {}), ("return.decline", {})),
    (False, LotState.RETURN_APPROVED): (("return.ship", {"carrier": "SF", "waybill": "SF-back"}),),
}
"""What a merchant (selling, or buying) may do next about a return of which something is in a state."""


def next_step(desk: Desk, arguments: dict[str, plans.Json]) -> tuple[str, dict[str, Any]]:
    """The use case by which one of the returns goes on, and its arguments."""
    name, selling, state, remedy = picked(matters.returns(desk, list(STEPS)), arguments)
    choice, steps = arguments["choice"], STEPS[selling, state]
    assert isinstance(choice, int)
    verb, more = steps[choice % len(steps)]
    if state is LotState.INSPECTED and remedy == "exchange":
        verb = "return.exchange"
    return verb, {"name": name, **more}


def of_issue(desk: Desk, arguments: dict[str, plans.Json]) -> dict[str, Any]:
    """One of the issues that are open."""
    return chosen("issue", matters.open_issues, desk, arguments)


GIVEN: dict[str, Callable[[Desk, dict[str, plans.Json]], dict[str, Any]]] = {
    "order.place": place,
    "order.import": import_orders,
    "order.accept": of_order,
    "order.reject": of_order,
    "order.ship": of_order,
    "order.cancel": of_order,
    "catalogue.import": import_goods,
    "catalogue.share": plain,
    "stock.set": count_shelf,
    "stock.hold": ask_hold,
    "stock.release": release,
    "statement.propose": plain,
    "statement.agree": functools.partial(chosen, "statement", matters.agreeable),
    "payment.sent": plain,
    "payment.received": receive,
    "issue.open": of_order,
    "issue.reply": of_issue,
    "issue.offer": of_issue,
    "issue.accept": functools.partial(chosen, "issue", matters.offered),
    "issue.close": of_issue,
    "statement.contest": contest,
    "invoice.issue": functools.partial(chosen, "statement", matters.sold),
    "invoice.credit": functools.partial(chosen, "invoice", functools.partial(matters.invoices, mine=True)),
    "invoice.respond": functools.partial(chosen, "invoice", functools.partial(matters.invoices, mine=False)),
    "deadline.claim": plain,
    "deadline.remind": of_order,
    "agreement.propose": plain,
    "agreement.accept": plain,
    "partner.suspend": plain,
    "partner.resume": plain,
    "netting.join": plain,
    "netting.begin": plain,
    "netting.propose": plain,
    "netting.consent": functools.partial(chosen, "netting", matters.nettings),
    "netting.decline": functools.partial(chosen, "netting", matters.nettings),
    "netting.release": functools.partial(chosen, "round", matters.rounds),
    "order.report": of_order,
    "order.receive": of_order,
    "return.request": of_order,
    "return.withdraw": functools.partial(chosen, "name", matters.unsent),
}
