"""Two logbooks read as one, and who knew what first (trade.md, law 13).

Each entry says how many of the partner's entries its author had `seen`. A pairing note of the same author proves it:
"when I had n of yours, I had written m". So an entry at index m or later must have seen at least n, and none before
index m can have seen more than n; anything else is a lie that the note proves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from node.audits import attestations, copies, faults, layouts
from protocol import checkpoints, entries
from protocol.errors import PeerError


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry: its place, its leaf hash, its bytes, and what they say; `fault` instead when they say nothing."""

    side: int
    index: int
    leaf: bytes
    data: bytes
    entry: entries.Entry | None
    fault: PeerError | None = None

    @property
    def seen(self) -> int:
        """How much of the partner's logbook the author had; an entry that says nothing had seen nothing."""
        return 0 if self.entry is None else self.entry.seen


@dataclass(slots=True)
class Author:
    """The entries of one logbook in order, each held against the pairing notes that its author signed as a reader.

    `receipts` are the author's notes on the other logbook. `beyond` becomes the largest own head that these notes
    prove to exist but that is not exported.
    """

    side: int
    copy: copies.Copy
    receipts: attestations.Attestations
    beyond: int = 0
    _least: int = 0  # what an entry must have seen by now, after note
    _note: int = 0  # this one
    _last: int = 0  # what the last entry had seen
    _pairs: Iterator[tuple[int, checkpoints.Pair]] = field(default_factory=lambda: iter(()))
    _next: tuple[int, checkpoints.Pair] | None = None

    def readings(self) -> Iterator[Reading]:
        """Every entry, with a finding for each that a note proves to be a lie."""
        self._pairs = self.receipts.pairs()
        self._next = next(self._pairs, None)
        index = 0
        for _, content in self.copy.bundles():
            for data in content:
                reading = read(self.side, index, data)
                self._pass(index)
                if reading.entry is not None:
                    self._check(reading)
                    self._last = reading.seen
                yield reading
                index += 1
        self._pass(index)
        if self._next is not None:
            for _, pair in [self._next, *self._pairs]:
                self.beyond = max(self.beyond, pair.own.size)

    def _pass(self, index: int) -> None:
        """Take into account every note that was signed when the logbook had at most `index` entries."""
        while self._next is not None and self._next[1].own.size <= index:
            number, pair = self._next
            if self._last > pair.read.size:
                what = f"entry {index - 1} had seen more than its author had, as note {number} of the receipts proves"
                self._lie(index - 1, what, f"at most {pair.read.size}", self._last)
            self._least, self._note = pair.read.size, number
            self._next = next(self._pairs, None)

    def _check(self, reading: Reading) -> None:
        if reading.seen < self._least:
            what = f"entry {reading.index} denies what its author had seen, as note {self._note} of the receipts proves"
            self._lie(reading.index, what, f"at least {self._least}", reading.seen)

    def _lie(self, index: int, what: str, expected: str, got: int) -> None:
        notes = f"{self.receipts.path}/{layouts.RECEIPTS}"
        self.copy.findings.add("audit.lie", self.copy.place(index), f"{what} ({notes})", expected, got)


def read(side: int, index: int, data: bytes) -> Reading:
    """An entry as it can be read; bytes that are no entry still take their place."""
    leaf = entries.leaf_hash(data)
    try:
        return Reading(side, index, leaf, data, entries.parse(data))
    except PeerError as error:
        return Reading(side, index, leaf, data, None, error)


def interleaved(authors: tuple[Author, Author], findings: faults.Findings) -> Iterator[Reading]:
    """One order of both logbooks in which nothing comes before what its author had seen.

    Ends early, with a finding, at an entry that had seen what is not there.
    """
    streams = tuple(author.readings() for author in authors)
    waiting = [next(stream, None) for stream in streams]
    sizes = [0, 0]
    while any(waiting):
        for side, reading in enumerate(waiting):
            if reading is not None and reading.seen <= sizes[1 - side]:
                yield reading
                sizes[side] += 1
                waiting[side] = next(streams[side], None)
                break
        else:
            for side, reading in enumerate(waiting):
                if reading is not None:
                    what = f"entry {reading.index} had seen entries that do not come before it"
                    place = authors[side].copy.place(reading.index)
                    findings.add("audit.seen", place, what, f"at most {sizes[1 - side]}", reading.seen)
            return
