"""Small parts of the audit, by themselves."""

from __future__ import annotations

import pytest

from node.audits import faults, progresses, trees
from protocol import merkle, tiles


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 65_535, 65_536, 65_537, 66_100])
def test_a_growing_tree_gives_every_tile_above_the_leaves(size: int) -> None:
    leaves = [merkle.leaf_hash(index.to_bytes(4, "big")) for index in range(size)]
    tree, given = trees.Tree(), []
    for first in range(0, size, tiles.WIDTH):
        given += tree.add(leaves[first : first + tiles.WIDTH])
    given += tree.rest()
    levels = [leaves]
    while len(levels[-1]) >= tiles.WIDTH:
        row = levels[-1]
        complete = range(0, len(row) // tiles.WIDTH * tiles.WIDTH, tiles.WIDTH)
        levels.append([merkle.append(merkle.EMPTY, row[at : at + tiles.WIDTH]).nodes[0] for at in complete])
    wanted = [
        (tile, levels[tile.level][tile.number * tiles.WIDTH :][: tile.width])
        for tile in tiles.tiles(size)
        if tile.level
    ]
    assert sorted(given, key=lambda row: (row[0].level, row[0].number)) == wanted
    assert tree.root == merkle.root(merkle.append(merkle.EMPTY, leaves))


def test_a_copy_of_a_tree_grows_by_itself() -> None:
    tree = trees.Tree()
    tree.add([bytes(32)] * tiles.WIDTH)
    copy = tree.copy()
    copy.add([b"\1" * 32])
    assert (tree.frontier.size, copy.frontier.size) == (256, 257)
    assert tree.root != copy.root


def test_progress_is_told_in_steps_and_at_the_end() -> None:
    told: list[tuple[str, int, int]] = []
    progress = progresses.Progress("entries", 10_000, lambda *step: told.append(step))
    for _ in range(10_000):
        progress.add(1)
    assert len(told) == progresses.STEPS
    assert told[-1] == ("entries", 10_000, 10_000)


def test_every_code_of_a_finding_has_a_sentence() -> None:
    assert all(code.startswith("audit.") and sentence for code, sentence in faults.CODES.items())


def test_what_a_finding_shows_is_one_short_line() -> None:
    assert faults.shown("a\nb\x1b[2J\u202e" + "x" * 400) == "a\\nb\\x1b[2J\\u202e" + "x" * 292 + "…"
    assert faults.shown(b"\xff\x00") == "ff00"
