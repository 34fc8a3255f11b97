"""Invariants about goods and money: nothing is shipped twice, sold from an empty shelf, or counted differently."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sim import invariants, observations
from tests.sim.invariants import Invariant, Report, View

HEADS_REMEMBERED_MAX = 4_096  # pairs of heads waiting for the other side, for all pairs together


class Lines(Invariant):
    """Keeps the newest state of every order line at every node."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._cursors: dict[str, int] = {}
        self.known: dict[tuple[str, str], observations.Line] = {}  # (node, key)

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        self._cursors[view.node], lines = view.image.lines(self._cursors.get(view.node, 0))
        for line in lines:
            before = self.known.get((view.node, line.key))
            self.known[view.node, line.key] = line
            self.touched(view, line, before)

    def touched(self, view: View, line: observations.Line, before: observations.Line | None) -> None:
        """A line is new or may have changed."""

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        self._cursors.pop(view.node, None)
        for key in [key for key in self.known if key[0] == view.node]:
            del self.known[key]


class NoDoubleFulfilment(Lines):
    """`no_double_fulfilment`: what is shipped is at most what was ordered less what is effectively cancelled.

    For each line at each node, and over the whole chain that serves one consumer's line.
    """

    name = "no_double_fulfilment"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._given: dict[str, dict[tuple[str, str], int]] = {}  # demand -> (node, key) -> physically handed over
        self._demanded: dict[str, int] = {}

    def touched(self, view: View, line: observations.Line, before: observations.Line | None) -> None:
        if line.shipped > line.ordered - line.cancelled:
            self.fail(
                view.node,
                f"{line.key}: shipped {line.shipped} of {line.ordered} ordered, {line.cancelled} cancelled",
            )
        if min(line.ordered, line.shipped, line.cancelled, line.hands_over) < 0:
            self.fail(view.node, f"{line.key}: a quantity below zero: {line}")
        if line.demand:
            self._follow(view, line)

    def _follow(self, view: View, line: observations.Line) -> None:
        self._demanded[line.demand] = max(line.demanded, self._demanded.get(line.demand, 0))
        given = self._given.setdefault(line.demand, {})
        given[view.node, line.key] = line.hands_over
        demanded, total = self._demanded[line.demand], sum(given.values())
        if demanded and total > demanded:
            self.fail(view.node, f"{line.demand}: {total} handed over for {demanded} demanded: {sorted(given)}")


class CancelOrShip(Lines):
    """`cancel_or_ship_never_both`: a unit is cancelled or shipped, and at rest both sides name the same."""

    name = "cancel_or_ship_never_both"

    def touched(self, view: View, line: observations.Line, before: observations.Line | None) -> None:
        if line.shipped + line.cancelled > line.ordered:
            self.fail(
                view.node,
                f"{line.key}: {line.shipped} shipped and {line.cancelled} cancelled of {line.ordered}",
            )

    def rest(self, views: Sequence[View]) -> None:
        self._compare_sides(views)
        for (node, key), line in self.known.items():
            if line.hands_over and line.hands_over != line.shipped:
                self.fail(node, f"{key}: {line.hands_over} left with a carrier, {line.shipped} count as shipped")

    def _compare_sides(self, views: Sequence[View]) -> None:
        sides: dict[str, list[tuple[str, observations.Line]]] = {}
        for view in views:
            self._cursors.pop(view.node, None)
            self.committed(view, ())
        for (node, key), line in self.known.items():
            sides.setdefault(key, []).append((node, line))
        for key, found in sides.items():
            states = {(line.ordered, line.shipped, line.cancelled) for _, line in found}
            if len(states) > 1:
                told = ", ".join(f"{node} {line.shipped} shipped {line.cancelled} cancelled" for node, line in found)
                self.fail(found[0][0], f"{key}: {told}")


class StockNeverNegative(Invariant):
    """`stock_never_negative`: on_hand >= 0, 0 <= reserved <= on_hand on every shelf.

    A restored node does not know what lies on its shelf until somebody counts it; what it has promised it knows.
    """

    name = "stock_never_negative"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._uncounted: set[str] = set()

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        self._uncounted.add(view.node)

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        for shelf in view.image.shelves():
            most = shelf.reserved if view.node in self._uncounted else shelf.on_hand
            if shelf.on_hand < 0 or not 0 <= shelf.reserved <= most:
                self.fail(view.node, f"{shelf.sku} at {shelf.location}: {shelf.reserved} of {shelf.on_hand} reserved")


class BalancesAgree(Invariant):
    """`balances_agree_at_equal_heads`: over the same two heads, what one side is owed the other side owes."""

    name = "balances_agree_at_equal_heads"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}  # (node, own origin) -> sizes when last asked
        self._stated: dict[tuple[str, int, str, int], tuple[str, dict[str, int]]] = {}

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        for channel in channels:
            sizes = (view.image.size(channel.own), view.image.size(channel.theirs))
            if self._seen.get((view.node, channel.own)) != sizes:
                self._seen[view.node, channel.own] = sizes
                self._compare(view, channel, sizes)

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        for key in [key for key in self._seen if key[0] == view.node]:
            del self._seen[key]

    def rest(self, views: Sequence[View]) -> None:
        self._seen.clear()
        for view in views:
            self.committed(view, view.image.channels())

    def _compare(self, view: View, channel: observations.Channel, sizes: tuple[int, int]) -> None:
        owed = view.image.balances(channel.partner)
        if owed is None:
            return
        mine = {currency: amount for currency, amount in owed.items() if amount}
        there = self._stated.get((channel.theirs, sizes[1], channel.own, sizes[0]))
        if there is not None and {currency: -amount for currency, amount in mine.items()} != there[1]:
            self.fail(view.node, f"at heads {sizes} is owed {mine}; {there[0]} says {there[1]}")
        self._stated[channel.own, sizes[0], channel.theirs, sizes[1]] = (view.node, mine)
        while len(self._stated) > HEADS_REMEMBERED_MAX:
            del self._stated[next(iter(self._stated))]


CONSERVATIONS: tuple[type[invariants.Invariant], ...] = (
    NoDoubleFulfilment,
    CancelOrShip,
    StockNeverNegative,
    BalancesAgree,
)
