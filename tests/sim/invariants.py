"""The invariants, as observers of durable images, and the checker that drives them.

The checker keeps the shadow ledger: what each client and each partner was told. It reads of every logbook only what is
new since the last look, and hands it round. faults.md section 3 has the exact statements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.sim import observations, trees


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold."""

    invariant: str
    node: str
    detail: str
    at_ms: int = 0

    def __str__(self) -> str:
        return f"{self.invariant} broken at {self.node}, {self.at_ms} ms: {self.detail}"


Report = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class View:
    """A node as seen now."""

    node: str
    image: observations.Observed


@dataclass(frozen=True, slots=True)
class Growth:
    """What was appended to a stored logbook since the last look."""

    origin: str
    own: bool
    first: int
    entries: Sequence[bytes]
    ids: Sequence[bytes]

    @property
    def end(self) -> int:
        """The new size."""
        return self.first + len(self.entries)


class Invariant:
    """One statement about all nodes. Override what concerns it."""

    name = ""

    def __init__(self, report: Report) -> None:
        self._report = report

    def fail(self, node: str, detail: str) -> None:
        """The statement does not hold."""
        self._report(self.name, node, detail)

    def grew(self, view: View, growth: Growth) -> None:
        """Entries became durable."""

    def shrank(self, view: View, origin: str, before: int, now: int) -> None:
        """A stored logbook is shorter than it was, and nobody restored a copy."""

    def signed(self, view: View, origin: str, heads: Sequence[tuple[int, bytes]]) -> None:
        """Heads became durable."""

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        """A transaction became durable, or the node booted."""

    def receipt_sent(self, view: View, origin: str, size: int) -> None:
        """The node is about to send a receipt over `size` entries of the partner's logbook."""

    def acknowledged(self, view: View, key: bytes) -> None:
        """A client was told that the entry with this id is safe."""

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        """The operator put an old copy back; `sizes` are those of its logbooks."""

    def rest(self, views: Sequence[View]) -> None:
        """Everything healed and came to rest."""


class Checker:
    """Looks at nodes when told to, and asks every invariant."""

    def __init__(
        self,
        observe: Callable[[str], observations.Observed],
        kinds: Sequence[type[Invariant]],
        now_ms: Callable[[], int],
        found: Callable[[Violation], None],
    ) -> None:
        self._observe = observe
        self._now_ms = now_ms
        self._found = found
        self._sizes: dict[tuple[str, str], int] = {}
        self._signed: dict[tuple[str, str], int] = {}
        self.violations: list[Violation] = []
        self.invariants = [kind(self._report) for kind in kinds]

    def committed(self, node: str) -> None:
        """After every commit and every boot of a node. Cost: what is new, and its channels."""
        view = self._view(node)
        channels = view.image.channels()
        for channel in channels:
            self._look(view, channel.own, True)
            self._look(view, channel.theirs, False)
        for invariant in self.invariants:
            invariant.committed(view, channels)

    def receipt_sent(self, node: str, origin: str, size: int) -> None:
        """Before the bytes of a receipt leave a node."""
        view = self._view(node)
        for invariant in self.invariants:
            invariant.receipt_sent(view, origin, size)

    def acknowledged(self, node: str, key: bytes) -> None:
        """When a client was told OK."""
        view = self._view(node)
        for invariant in self.invariants:
            invariant.acknowledged(view, key)

    def restored(self, node: str) -> None:
        """After an old copy was put back, before the node boots."""
        view = self._view(node)
        sizes: dict[str, int] = {}
        for key in [key for key in self._sizes if key[0] == node]:
            sizes[key[1]] = self._sizes[key] = view.image.size(key[1])
            self._signed[key] = min(self._signed.get(key, 0), sizes[key[1]])
        for invariant in self.invariants:
            invariant.restored(view, sizes)

    def rest(self, nodes: Sequence[str]) -> None:
        """At the end of the liveness phase: the whole of every image is read again."""
        views = [self._view(node) for node in nodes]
        for invariant in self.invariants:
            invariant.rest(views)

    def _look(self, view: View, origin: str, own: bool) -> None:
        key = (view.node, origin)
        before, now = self._sizes.get(key, 0), view.image.size(origin)
        if now < before:
            for invariant in self.invariants:
                invariant.shrank(view, origin, before, now)
        elif now > before:
            entries = view.image.entries(origin, before, now)
            growth = Growth(origin, own, before, entries, [view.image.identify(entry) for entry in entries])
            for invariant in self.invariants:
                invariant.grew(view, growth)
        self._sizes[key] = now
        heads = view.image.heads(origin, self._signed.get(key, 0))
        if heads:
            self._signed[key] = heads[-1][0]
            for invariant in self.invariants:
                invariant.signed(view, origin, heads)

    def _view(self, node: str) -> View:
        return View(node, self._observe(node))

    def _report(self, invariant: str, node: str, detail: str) -> None:
        violation = Violation(invariant, node, detail, self._now_ms())
        self.violations.append(violation)
        self._found(violation)


Books = dict[tuple[str, str], list[bytes]]


class AppendOnly(Invariant):
    """`append_only`: a stored logbook is a prefix of every later state of itself.

    After each commit the last entry known before it is read again; at rest, all of them.
    """

    name = "append_only"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._books: Books = {}

    def grew(self, view: View, growth: Growth) -> None:
        book = self._books.setdefault((view.node, growth.origin), [])
        if book:
            self._compare(view, growth.origin, len(book) - 1, len(book))
        book.extend(trees.leaf_hash(entry) for entry in growth.entries)

    def shrank(self, view: View, origin: str, before: int, now: int) -> None:
        self.fail(view.node, f"{origin} had {before} entries and has {now}")
        del self._books[view.node, origin][now:]

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        for origin, size in sizes.items():
            del self._books.get((view.node, origin), [])[size:]

    def rest(self, views: Sequence[View]) -> None:
        for view in views:
            for (node, origin), book in self._books.items():
                if node == view.node:
                    self._compare(view, origin, 0, len(book))

    def _compare(self, view: View, origin: str, first: int, end: int) -> None:
        book = self._books[view.node, origin]
        stored = view.image.entries(origin, first, end)
        if len(stored) != end - first:
            self.fail(view.node, f"{origin} lost entries of [{first}, {end})")
        for index, entry in enumerate(stored, first):
            if trees.leaf_hash(entry) != book[index]:
                self.fail(view.node, f"entry {index} of {origin} changed")


class PrefixAgreement(Invariant):
    """`prefix_agreement`: a reader's copy is a prefix of the writer's logbook, byte for byte.

    After the writer lost its disk, its readers may for a while hold more than it does.
    """

    name = "prefix_agreement"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._books: dict[str, list[bytes]] = {}  # as first seen at anybody
        self._written: dict[str, int] = {}  # durable at the writer, ever
        self._read: dict[str, int] = {}  # durable at a reader, ever

    def grew(self, view: View, growth: Growth) -> None:
        book = self._books.setdefault(growth.origin, [])
        for index, entry in enumerate(growth.entries, growth.first):
            leaf = trees.leaf_hash(entry)
            if index >= len(book):
                book.append(leaf)
            elif book[index] != leaf:
                self.fail(view.node, f"entry {index} of {growth.origin} differs from what another node stored")
        if growth.own:
            self._written[growth.origin] = max(growth.end, self._written.get(growth.origin, 0))
            return
        self._read[growth.origin] = max(growth.end, self._read.get(growth.origin, 0))
        if growth.end > self._written.get(growth.origin, 0):
            self.fail(view.node, f"holds {growth.end} entries of {growth.origin}, which its writer never stored")

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        for channel in view.image.channels():  # what reached nobody is gone, and may be written anew
            kept = max(sizes.get(channel.own, 0), self._read.get(channel.own, 0))
            del self._books.get(channel.own, [])[kept:]


class NoEquivocation(Invariant):
    """`no_equivocation_by_honest`: an honest key never signs two roots for one (logbook, size).

    A head that never left its author may be signed anew after the author's disk was put back to an older copy.
    """

    name = "no_equivocation_by_honest"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._roots: dict[str, dict[int, bytes]] = {}
        self._shown: dict[str, int] = {}  # the largest size that a partner has stored or knows of

    def signed(self, view: View, origin: str, heads: Sequence[tuple[int, bytes]]) -> None:
        roots = self._roots.setdefault(origin, {})
        for size, root in heads:
            if roots.setdefault(size, root) != root:
                self.fail(view.node, f"two signed roots for size {size} of {origin}")

    def grew(self, view: View, growth: Growth) -> None:
        if not growth.own:
            self._shown[growth.origin] = max(growth.end, self._shown.get(growth.origin, 0))

    def committed(self, view: View, channels: Sequence[observations.Channel]) -> None:
        for channel in channels:
            known = view.image.known(channel.theirs)
            if known is not None and known[0] > self._shown.get(channel.theirs, 0):
                self._shown[channel.theirs] = known[0]
                self.signed(view, channel.theirs, [known])

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        for channel in view.image.channels():
            shown, roots = self._shown.get(channel.own, 0), self._roots.get(channel.own, {})
            for size in [size for size in roots if size > max(shown, sizes.get(channel.own, 0))]:
                del roots[size]

    def rest(self, views: Sequence[View]) -> None:
        for view in views:
            for channel in view.image.channels():
                for origin in (channel.own, channel.theirs):
                    self.signed(view, origin, view.image.heads(origin, 0))


class HeadMatchesEntries(Invariant):
    """`head_matches_entries`: a signed root is the root of the stored entries, by a second implementation."""

    name = "head_matches_entries"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._books: Books = {}
        self._trees: dict[tuple[str, str], trees.Tree] = {}

    def grew(self, view: View, growth: Growth) -> None:
        book = self._books.setdefault((view.node, growth.origin), [])
        book.extend(trees.leaf_hash(entry) for entry in growth.entries)

    def signed(self, view: View, origin: str, heads: Sequence[tuple[int, bytes]]) -> None:
        book = self._books.setdefault((view.node, origin), [])
        tree = self._trees.setdefault((view.node, origin), trees.Tree())
        for size, root in heads:
            if size > len(book):
                self.fail(view.node, f"head {size} of {origin} covers only {len(book)} stored entries")
                return
            for leaf in book[tree.size : size]:
                tree.append(leaf)
            if tree.size == size and tree.root() != root:
                self.fail(view.node, f"head {size} of {origin} is not the root of its entries")

    def restored(self, view: View, sizes: dict[str, int]) -> None:
        for origin, size in sizes.items():
            del self._books.get((view.node, origin), [])[size:]
            self._trees.pop((view.node, origin), None)


LOGBOOKS: tuple[type[Invariant], ...] = (AppendOnly, PrefixAgreement, NoEquivocation, HeadMatchesEntries)
