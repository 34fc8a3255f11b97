"""One exported logbook against its signed heads: every root is made again from the entries.

That also proves, stronger than any proof file could, that each entry is included under each head that covers it, and
that each head continues the one before: all of them are roots over beginnings of the same row of entries.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from node.audits import attestations, faults, folders, layouts, trees
from protocol import entries, merkle, tiles

DIFFERENCES_MAX: Final = 16
"""Differing leaves or heads of one logbook that are named one by one."""

Step = Callable[[int], None]
"""So many entries more have been read."""


@dataclass(slots=True)
class Copy:
    """One logbook as it lies in the folder. `size` is the exported head's; `sound` once the entries give its root."""

    notes: attestations.Attestations
    sound: bool = False
    _differences: list[tuple[int, bytes, bytes]] = field(default_factory=list)  # index, by entry, by tile
    _refuted: list[tuple[attestations.Claim, bytes]] = field(default_factory=list)  # claim, root by entries

    @property
    def size(self) -> int:
        """Entries under the exported head."""
        assert self.notes.head is not None
        return self.notes.head.checkpoint.size

    @property
    def folder(self) -> folders.Folder:
        """The whole export."""
        return self.notes.folder

    @property
    def findings(self) -> faults.Findings:
        """Where findings go."""
        return self.notes.findings

    def verify(self, other: attestations.Attestations | None, step: Step) -> None:
        """Check everything about the bytes of this logbook. `other` are the notes of the channel's other one."""
        owns: Iterator[attestations.Claim] = iter(()) if other is None else other.own_heads(self.size)
        claims = heapq.merge(self.notes.heads(), self.notes.receipts(), owns, key=lambda claim: claim.size)
        whole, by_entries, by_tiles = self._grow(claims, step)
        for _ in claims:  # the signatures of what is left are verified all the same
            pass
        self.notes.compare_receipts()
        if whole:
            self._judge(by_entries, by_tiles)

    def bundles(self) -> Iterator[tuple[tiles.Tile, list[bytes]]]:
        """The entry bundles in order, up to the first that cannot be read."""
        for tile in tiles.bundles(self.size):
            content = self.folder.bundle(self.notes.path, tile)
            if content is None:
                return
            yield tile, content

    def place(self, index: int) -> str:
        """The file in which an entry stands."""
        number = index // tiles.WIDTH
        width = min(tiles.WIDTH, self.size - number * tiles.WIDTH)
        return layouts.bundle(self.notes.path, tiles.Tile(tiles.ENTRIES, number, width))

    def _grow(self, claims: Iterator[attestations.Claim], step: Step) -> tuple[bool, trees.Tree, trees.Tree]:
        """Read all entries and tiles; whether all were there, and the trees that the entries and the tiles give."""
        by_entries = by_tiles = trees.Tree()
        claim = next(claims, None)
        for tile, content in self.bundles():
            leaves = [entries.leaf_hash(data) for data in content]
            shown = self._tile_leaves(tile, leaves)
            if shown != leaves and by_tiles is by_entries:
                by_tiles = by_entries.copy()
            edge, first = by_entries.frontier, tile.number * tiles.WIDTH
            while claim is not None and claim.size <= first + len(leaves):
                edge = merkle.append(edge, leaves[edge.size - first : claim.size - first])
                self._compare(claim, merkle.root(edge))
                claim = next(claims, None)
            complete = by_entries.add(leaves)
            self._compare_rows(complete, complete if by_tiles is by_entries else by_tiles.add(shown))
            step(len(leaves))
        whole = by_entries.frontier.size == self.size
        if whole:
            self._compare_rows(by_entries.rest(), by_tiles.rest())
        else:
            self.folder.skip(self.notes.path, "not all entries could be read, so the rest was not checked")
        return whole, by_entries, by_tiles

    def _tile_leaves(self, bundle: tiles.Tile, leaves: list[bytes]) -> list[bytes]:
        """The leaf hashes as the tile of level 0 says; as the entries say where there is no such tile."""
        shown = self.folder.hashes(self.notes.path, tiles.Tile(0, bundle.number, bundle.width))
        if shown is None or shown == leaves:
            return leaves
        for offset, (mine, theirs) in enumerate(zip(leaves, shown, strict=True)):
            if mine != theirs and len(self._differences) < DIFFERENCES_MAX:
                self._differences.append((bundle.number * tiles.WIDTH + offset, mine, theirs))
        return shown

    def _compare(self, claim: attestations.Claim, root: bytes) -> None:
        if claim.root != root and len(self._refuted) < DIFFERENCES_MAX:
            self._refuted.append((claim, root))

    def _compare_rows(self, wanted: Sequence[trees.Row], also: Sequence[trees.Row]) -> None:
        """Compare tiles above level 0: each must be what the entries give, or what the tiles of level 0 give."""
        for (tile, hashes), (_, other) in zip(wanted, also, strict=True):
            shown = self.folder.hashes(self.notes.path, tile)
            if shown is None or shown in (hashes, other):
                continue
            place = next(place for place, pair in enumerate(zip(hashes, shown, strict=True)) if pair[0] != pair[1])
            path = layouts.bundle(self.notes.path, tile)
            self.findings.add("audit.tile", path, f"hash {place} of the tile", hashes[place], shown[place])

    def _judge(self, by_entries: trees.Tree, by_tiles: trees.Tree) -> None:
        """Decide which file is wrong where entries, tiles and the signed root disagree."""
        assert self.notes.head is not None
        root = self.notes.head.checkpoint.root
        self.sound = by_entries.root == root
        for index, by_entry, by_tile in self._differences:
            if not self.sound:
                what = f"entry {index} does not have the hash that the tile says"
                self.findings.add("audit.root", self.place(index), what, by_tile, by_entry)
            if by_tiles.root != root:
                path = self.place(index).replace("tile/entries/", "tile/0/")
                what = f"hash {index % tiles.WIDTH} of the tile, of entry {index}"
                self.findings.add("audit.tile", path, what, by_entry, by_tile)
        for claim, computed in self._refuted if self.sound else self._refuted[:1]:
            what = f"note {claim.number}: the first {claim.size} entries do not give this root"
            code = claim.code if self.sound else "audit.root"
            self.findings.add(code, claim.path, what, claim.root, computed)
