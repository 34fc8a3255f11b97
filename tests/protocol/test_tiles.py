from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import merkle, tiles
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import trees

FILE = vectors.load("tiles")


@pytest.mark.parametrize("row", FILE["paths"], ids=lambda row: row["path"])
def test_a_tile_has_this_path(row: dict[str, Any]) -> None:
    assert tiles.path(row["level"], row["number"], row["width"]) == row["path"]
    assert tiles.parse_path(row["path"]) == tiles.Tile(row["level"], row["number"], row["width"])


def test_the_example_of_the_specification() -> None:
    assert tiles.path(0, 1_234_067) == "tile/0/x001/x234/067"


@pytest.mark.parametrize("path", FILE["refused"])
def test_a_second_spelling_is_no_path(path: str) -> None:
    assert code_of(lambda: tiles.parse_path(path)) == Code.MALFORMED


@pytest.mark.parametrize("row", FILE["sizes"], ids=lambda row: row["size"])
def test_a_tree_has_these_tiles(row: dict[str, Any]) -> None:
    assert [tiles.path(each.level, each.number, each.width) for each in tiles.tiles(row["size"])] == row["tiles"]


@pytest.mark.parametrize("row", FILE["counts"], ids=lambda row: row["size"])
def test_the_tiles_of_70_000_leaves_are_those_of_the_specification(row: dict[str, Any]) -> None:
    found = list(tiles.tiles(row["size"]))
    full = Counter(each.level for each in found if each.width == tiles.WIDTH)
    partial = {each.level: each.width for each in found if each.width < tiles.WIDTH}
    assert [full[level] for level in range(3)] == row["full"]
    assert [partial[level] for level in range(3)] == row["partial"]


@pytest.mark.parametrize(("level", "number", "width"), [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be(level: int, number: int, width: int) -> None:
    with pytest.raises(LocalError):
        tiles.path(level, number, width)


def test_a_tile_holds_hashes_of_the_tree() -> None:
    leaves = [trees.leaf(index) for index in range(1000)]
    for tile in tiles.tiles(1000):
        span = tiles.WIDTH**tile.level
        first = tile.number * tiles.WIDTH * span
        expected = [trees.defined_root(leaves[first + n * span : first + (n + 1) * span]) for n in range(tile.width)]
        assert tiles.hashes(tiles.content(tile, trees.complete), tile.width) == expected


def test_a_tile_of_another_length_is_refused() -> None:
    assert code_of(lambda: tiles.hashes(bytes(31), 1)) == Code.MALFORMED
    assert code_of(lambda: tiles.hashes(bytes(64), 1)) == Code.MALFORMED


@quick
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert tiles.split_bundle(tiles.bundle(entries), len(entries)) == entries


def test_a_bundle_that_ends_too_early_or_too_late_is_refused() -> None:
    data = tiles.bundle([b"abc", b"", b"d"])
    assert data.hex() == "00036162630000000164"
    for broken in (data[:-1], data + b"\x00", data[:1], b""):
        assert code_of(lambda: tiles.split_bundle(broken, 3)) == Code.MALFORMED  # noqa: B023
    assert code_of(lambda: tiles.split_bundle(data, 2)) == Code.MALFORMED
    assert code_of(lambda: tiles.split_bundle(data, 4)) == Code.MALFORMED


@pytest.mark.parametrize("entries", [[], [b""] * 257, [bytes(65_536)]])
def test_a_bundle_that_cannot_be_written(entries: list[bytes]) -> None:
    with pytest.raises(LocalError):
        tiles.bundle(entries)


@quick
@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_what_is_new_and_what_was_there_make_everything(one: int, two: int) -> None:
    old, new = sorted((one, two))
    for every in (tiles.tiles, tiles.bundles):
        before, after, fresh = set(every(old)), set(every(new)), set(every(new, since=old))
        assert after == fresh | (before & after)
        assert not {tile for tile in fresh if tile.width == tiles.WIDTH} & before


def test_growing_backwards_is_our_mistake() -> None:
    for every in (tiles.tiles, tiles.bundles):
        with pytest.raises(LocalError):
            list(every(1, since=2))


def test_the_root_follows_from_the_tiles_alone() -> None:
    """An auditor reads level 0, checks every level above against it, and has the root."""
    stored = {(t.level, t.number): tiles.content(t, trees.complete) for t in tiles.tiles(1000)}
    hashes = [each for number in range(4) for each in tiles.hashes(stored[0, number], len(stored[0, number]) // 32)]
    frontier = merkle.append(merkle.EMPTY, hashes)
    assert merkle.root(frontier) == merkle.root_at(1000, trees.complete)
    full = [merkle.root(merkle.append(merkle.EMPTY, hashes[n * 256 : (n + 1) * 256])) for n in range(3)]
    assert stored[1, 0] == b"".join(full)
