"""Invariants about what was promised: receipts, answers to clients, and effects that happen once."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sim import invariants, observations
from tests.sim.invariants import Growth, Invariant, Report, View


class AckedNeverLost(Invariant):
    """`acked_never_lost`: what a receipt or an answer covered is durable, at the writer and at the reader.

    A writer whose disk was put back to an older copy must have everything receipted again by the time of rest. What
    was acknowledged to its own client only and reached nobody is lost with the disk; the node must say so.
    """

    name = "acked_never_lost"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._receipted: dict[str, int] = {}  # origin -> size covered by a receipt that left
        self._pending: dict[str, dict[bytes, None]] = {}  # node -> ids acknowledged, not yet in a logbook
        self._ids: dict[str, set[bytes]] = {}  # node -> ids in its own logbooks
        self._restored: set[str] = set()  # nodes put back to an older copy: asked again at rest

    def receipt_sent(self, view: View, origin: str, size: int) -> None:
        self._receipted[origin] = max(size, self._receipted.get(origin, 0))

    def acknowledged(self, view: View, key: bytes) -> None:
        if key not in self._ids.setdefault(view.node, set()):
            self._pending.setdefault(view.node, {})[key] = None

    def grew(self, view: View, growth: Growth) -> None:
        if growth.own:
            pending = self._pending.get(view.node, {})
            self._ids.setdefault(view.node, set()).update(growth.ids)
            for key in growth.ids:
                pending.pop(key, None)

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        if view.node in self._restored:
            return
        for channel in channels:
            for origin in (channel.own, channel.theirs):
                promised, stored = self._receipted.get(origin, 0), view.image.size(origin)
                if stored < promised:
                    self.fail(view.node, f"receipt covers {promised} entries of {origin}, stored {stored}")

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        self._pending.pop(view.node, None)
        self._ids[view.node] = own_ids(view)
        self._restored.add(view.node)

    def rest(self, views: Sequence[View]) -> None:
        self._restored.clear()
        for view in views:
            channels = view.image.channels()
            self.committed(view, channels)
            waiting = {view.image.identify(entry) for channel in channels for entry in view.image.waiting(channel.own)}
            waiting |= {view.image.identify(entry) for entry in view.image.lapsed()}
            for key in self._pending.get(view.node, {}):
                if key not in waiting:
                    self.fail(view.node, f"entry {key.hex()} was acknowledged and is gone")


class AckAfterDurable(Invariant):
    """`ack_after_durable`, `receipt_implies_storage`: no receipt or OK leaves before its commit."""

    name = "ack_after_durable"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._ids: dict[str, set[bytes]] = {}

    def grew(self, view: View, growth: Growth) -> None:
        if growth.own:
            self._ids.setdefault(view.node, set()).update(growth.ids)

    def receipt_sent(self, view: View, origin: str, size: int) -> None:
        stored = view.image.size(origin)
        if stored < size:
            self.fail(view.node, f"receipt over {size} entries of {origin} leaves with {stored} stored")
        elif size not in view.image.receipts(origin, size - 1):
            self.fail(view.node, f"receipt over {size} entries of {origin} leaves and is not stored")

    def acknowledged(self, view: View, key: bytes) -> None:
        if key in self._ids.get(view.node, set()):
            return
        for channel in view.image.channels():
            if any(view.image.identify(entry) == key for entry in view.image.waiting(channel.own)):
                return
        self.fail(view.node, f"entry {key.hex()} is acknowledged and not durable")

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        self._ids[view.node] = own_ids(view)


def own_ids(view: View) -> set[bytes]:
    """The ids of everything in the node's own logbooks; reads them whole, which is only done after a restore."""
    owns = [channel.own for channel in view.image.channels()]
    return {view.image.identify(entry) for own in owns for entry in view.image.entries(own, 0, view.image.size(own))}


class ExactlyOnceEffect(Invariant):
    """`exactly_once_effect`: a document stands once in its logbook, and has each effect once."""

    name = "exactly_once_effect"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._places: dict[tuple[str, str], dict[bytes, int]] = {}
        self._effects: dict[str, set[str]] = {}
        self._cursors: dict[str, int] = {}

    def grew(self, view: View, growth: Growth) -> None:
        places = self._places.setdefault((view.node, growth.origin), {})
        for index, key in enumerate(growth.ids, growth.first):
            earlier = places.setdefault(key, index)
            if earlier != index:
                self.fail(view.node, f"document {key.hex()} stands at {earlier} and {index} of {growth.origin}")

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        done = self._effects.setdefault(view.node, set())
        self._cursors[view.node], names = view.image.effects(self._cursors.get(view.node, 0))
        for name in names:
            if name in done:
                self.fail(view.node, f"effect {name} happened twice")
            done.add(name)

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        self._cursors.pop(view.node, None)
        self._effects.pop(view.node, None)
        for origin, size in sizes.items():
            places = self._places.get((view.node, origin), {})
            for key in [key for key, index in places.items() if index >= size]:
                del places[key]


PROMISES: tuple[type[invariants.Invariant], ...] = (AckedNeverLost, AckAfterDurable, ExactlyOnceEffect)
