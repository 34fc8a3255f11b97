"""No byte of an export can be changed without the file being named (faults.md: tamper_evident)."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.audits import layouts
from tests.node.audits import trades, worlds

SAMPLE = 16  # bytes that are changed in each file, first and last among them


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of trade, with a closed statement."""
    shop = trades.Shop()
    trades.month(shop, 4)
    directory = tmp_path_factory.mktemp("small") / "export"
    shop.world.export(directory)
    return directory


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    subject = worlds.world()
    worlds.talk(subject, 1_300, batch=200)
    directory = tmp_path_factory.mktemp("large") / "export"
    subject.export(directory)
    return directory


def files(directory: Path) -> list[Path]:
    found = [path for path in sorted(directory.rglob("*")) if path.is_file() and path.name != layouts.README]
    assert len(found) > 15
    return found


def positions(size: int) -> Iterator[int]:
    step = max(1, size // SAMPLE)
    yield from range(0, size, step)
    if size:
        yield size - 1


def is_named(directory: Path, changed: Path) -> bool:
    """Whether the verdict names the file that was changed, and not only something that follows from it."""
    verdict = worlds.verify(directory)
    name = changed.relative_to(directory).as_posix()
    return not verdict.ok and name in [fault.path for fault in verdict.faults]


def test_a_changed_byte_of_any_file_is_named(small: Path) -> None:
    assert worlds.verify(small).ok
    missed = []
    for path in files(small):
        good = path.read_bytes()
        for flip, position in zip(itertools.cycle((0x01, 0x80, 0xFF)), positions(len(good)), strict=False):
            path.write_bytes(good[:position] + bytes((good[position] ^ flip,)) + good[position + 1 :])
            if not is_named(small, path):
                missed.append((path.name, position))
        path.write_bytes(good)
    assert missed == []
    assert worlds.verify(small).ok


def test_a_changed_byte_is_named_in_a_logbook_of_several_tiles(large: Path) -> None:
    assert worlds.verify(large).ok
    for path in files(large):
        good = path.read_bytes()
        for position in (0, len(good) // 2, len(good) - 1):
            path.write_bytes(good[:position] + bytes((good[position] ^ 0x04,)) + good[position + 1 :])
            assert is_named(large, path), (path, position)
        path.write_bytes(good)


def test_a_file_that_is_cut_lengthened_removed_or_emptied_is_named(small: Path) -> None:
    for path in files(small):
        good = path.read_bytes()
        for bad in (good[:-1], good + b"\n", good + b"x", b"", None):
            if bad == good:
                continue
            if bad is None:
                path.unlink()
            else:
                path.write_bytes(bad)
            name = path.relative_to(small).as_posix()
            named = [fault.path for fault in worlds.verify(small).faults]
            # of an identity logbook that is gone, only the folder is known
            assert name in named or (bad is None and any(place and name.startswith(place) for place in named)), (
                name,
                bad,
            )
        path.write_bytes(good)
    assert worlds.verify(small).ok


def test_every_fault_is_named_and_not_only_the_first(small: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small, copy)
    changed = [path for path in files(copy) if path.name in ("vkey", "policy", "mirror-vkey", "receipts")]
    assert len(changed) == 8
    for path in changed:
        path.write_bytes(path.read_bytes()[:-9] + b"y" + path.read_bytes()[-8:])
    named = {fault.path for fault in worlds.verify(copy).faults}
    assert {path.relative_to(copy).as_posix() for path in changed} <= named


def test_a_finding_says_where_and_what(small: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small, copy)
    path = next(path for path in files(copy) if "tile/entries" in path.as_posix() and "channels" in path.as_posix())
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    found = [fault for fault in worlds.verify(copy).faults if fault.code == "audit.root"]
    assert found[0].path == path.relative_to(copy).as_posix()
    assert found[0].what == f"entry {int(path.name) - 1} does not have the hash that the tile says"
    assert len(found[0].expected) == len(found[0].got) == 64
    assert found[0].expected != found[0].got


def test_a_tile_that_lies_is_told_apart_from_an_entry_that_was_changed(small: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small, copy)
    path = next(path for path in files(copy) if "tile/0/" in path.as_posix())
    data = bytearray(path.read_bytes())
    data[32] ^= 1
    path.write_bytes(data)
    found = worlds.verify(copy).faults
    assert [(fault.code, fault.path) for fault in found] == [("audit.tile", path.relative_to(copy).as_posix())]
    assert found[0].what == "hash 1 of the tile, of entry 1"
