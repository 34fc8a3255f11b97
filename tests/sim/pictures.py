"""A node painted by hand, for tests of the invariants: an `Observed` that holds whatever a test puts into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.sim import invariants, observations, trees

PARTNERS = ("anna", "bela")


def origin_of(author: str) -> str:
    """The logbook that one of the two writes for the other."""
    return f"{author}>"


class Picture:
    """The durable image of anna or bela, who are partners."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.partner = next(other for other in PARTNERS if other != name)
        self.books: dict[str, list[bytes]] = {origin_of(known): [] for known in PARTNERS}
        self.signed: dict[str, list[tuple[int, bytes]]] = {origin_of(known): [] for known in PARTNERS}
        self.receipted: dict[str, list[int]] = {origin_of(known): [] for known in PARTNERS}
        self.seen: tuple[int, bytes] | None = None
        self.outbox: list[bytes] = []
        self.done: list[str] = []
        self.order_lines: list[observations.Line] = []
        self.stock: list[observations.Shelf] = []
        self.owed: Mapping[str, int] | None = None
        self.read_entries = 0

    def append(self, author: str, *entries: bytes) -> None:
        """Store entries of an author's logbook with a true head."""
        origin = origin_of(author)
        self.books[origin].extend(entries)
        self.signed[origin].append((len(self.books[origin]), root(self.books[origin])))

    def channels(self) -> Sequence[observations.Channel]:
        return [observations.Channel(self.partner, origin_of(self.name), origin_of(self.partner))]

    def size(self, origin: str) -> int:
        return len(self.books[origin])

    def entries(self, origin: str, first: int, end: int) -> Sequence[bytes]:
        self.read_entries += end - first
        return self.books[origin][first:end]

    def heads(self, origin: str, after: int) -> Sequence[tuple[int, bytes]]:
        return sorted(head for head in self.signed[origin] if head[0] > after)

    def known(self, origin: str) -> tuple[int, bytes] | None:
        return self.seen

    def receipts(self, origin: str, after: int) -> Sequence[int]:
        return [size for size in self.receipted[origin] if size > after]

    def waiting(self, origin: str) -> Sequence[bytes]:
        return self.outbox

    def lapsed(self) -> Sequence[bytes]:
        return []

    def identify(self, entry: bytes) -> bytes:
        return entry.split()[0]

    def effects(self, cursor: int) -> tuple[int, Sequence[str]]:
        return len(self.done), self.done[cursor:]

    def lines(self, cursor: int) -> tuple[int, Sequence[observations.Line]]:
        return len(self.order_lines), self.order_lines[cursor:]

    def shelves(self) -> Sequence[observations.Shelf]:
        return self.stock

    def balances(self, partner: str) -> Mapping[str, int] | None:
        return self.owed


def root(entries: Sequence[bytes]) -> bytes:
    """The root over entries."""
    tree = trees.Tree()
    for entry in entries:
        tree.append(trees.leaf_hash(entry))
    return tree.root()


class Gallery:
    """Both pictures, and a checker with one invariant that looks at them."""

    def __init__(self, *kinds: type[invariants.Invariant]) -> None:
        self.anna, self.bela = Picture("anna"), Picture("bela")
        self.found: list[invariants.Violation] = []
        self.checker = invariants.Checker(self.picture, kinds, lambda: 0, self.found.append)

    def picture(self, name: str) -> Picture:
        return {"anna": self.anna, "bela": self.bela}[name]

    def look(self) -> list[str]:
        """Both have committed; the invariants found broken so far."""
        for name in PARTNERS:
            self.checker.committed(name)
        return [violation.invariant for violation in self.found]

    def rest(self) -> list[str]:
        """Everything came to rest."""
        self.checker.rest(PARTNERS)
        return [violation.invariant for violation in self.found]

    def share(self, author: str, *entries: bytes) -> None:
        """Entries that both have stored, the author first, and that are receipted."""
        for name in sorted(PARTNERS, key=lambda name: name != author):
            picture = self.picture(name)
            picture.append(author, *entries)
            picture.receipted[origin_of(author)].append(len(picture.books[origin_of(author)]))
            self.checker.committed(name)
        reader = next(name for name in PARTNERS if name != author)
        self.checker.receipt_sent(reader, origin_of(author), self.picture(author).size(origin_of(author)))
