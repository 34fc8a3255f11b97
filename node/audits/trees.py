"""A growing Merkle tree that gives its tiles as they become complete. O(log n) memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocol import merkle, tiles

Row = tuple[tiles.Tile, list[bytes]]
"""A tile and its hashes."""


@dataclass(slots=True)
class Tree:
    """The edge of a tree, and of each level of tiles above 0 the hashes that do not fill a tile yet."""

    frontier: merkle.Frontier = merkle.EMPTY
    rows: list[list[bytes]] = field(default_factory=list)

    @property
    def root(self) -> bytes:
        """The root over everything added, 32 bytes."""
        return merkle.root(self.frontier)

    def copy(self) -> Tree:
        """The same tree, to grow in another way."""
        return Tree(self.frontier, [list(row) for row in self.rows])

    def add(self, leaves: Sequence[bytes]) -> list[Row]:
        """Add the leaves of one bundle; gives every tile above level 0 that is complete with it, lowest first.

        All bundles but the last are full (256 leaves).
        """
        complete: list[Row] = []
        self.frontier = merkle.append(self.frontier, leaves)
        level, row = 1, list(leaves)
        while len(row) == tiles.WIDTH:
            top = merkle.append(merkle.EMPTY, row).nodes[0]
            if len(self.rows) < level:
                self.rows.append([])
            row = self.rows[level - 1]
            row.append(top)
            if len(row) == tiles.WIDTH:
                number = (self.frontier.size >> (tiles.LEVEL_BITS * (level + 1))) - 1
                complete.append((tiles.Tile(level, number), row))
                self.rows[level - 1] = []
            level += 1
        return complete

    def rest(self) -> list[Row]:
        """The partial tiles above level 0 at the end."""
        return [
            (tiles.Tile(level, (self.frontier.size >> tiles.LEVEL_BITS * level) // tiles.WIDTH, len(row)), row)
            for level, row in enumerate(self.rows, start=1)
            if row
        ]
