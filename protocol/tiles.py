"""Tiles and entry bundles, the form in which a logbook is exported (docs/protocol.md section 4.8, C2SP tlog-tiles).

A tile at level l holds up to 256 hashes; hash i of tile n is the root of the complete subtree
(level 8·l, index n·256 + i) of the tree. A bundle holds the up to 256 entries under one tile of level 0, each after
its length as a 16-bit number. A tile that is not full is *partial* and is not hashed into the level above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from protocol import limits, merkle
from protocol.errors import Code, LocalError, PeerError

WIDTH: Final = limits.TILE_HASHES
"""Hashes of a full tile, entries of a full bundle."""
LEVEL_BITS: Final = 8
"""Levels of the tree in one level of tiles."""
LEVEL_MAX: Final = 63
ENTRIES: Final = -1
"""In place of a level: the bundle of entries."""

_PATH = re.compile(r"tile/(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a tile stands: its level (`ENTRIES` for a bundle), its number within the level, its width 1 to 256."""

    level: int
    number: int
    width: int = WIDTH


def path(level: int, number: int, width: int = WIDTH) -> str:
    """The path of a tile below the export folder: `tile/<level>/<number>` and `.p/<width>` when it is partial.

    `level` is `ENTRIES` for a bundle. The number stands in groups of three digits, all but the last after an `x`.
    """
    if not (ENTRIES <= level <= LEVEL_MAX and 0 <= number <= limits.INTEGER_MAX and 1 <= width <= WIDTH):
        raise LocalError(f"no such tile: level {level}, number {number}, width {width}")
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    name = "entries" if level == ENTRIES else str(level)
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{name}/{'/'.join(groups)}{partial}"


def parse_path(text: str) -> Tile:
    """The tile that a path names. `PeerError` MALFORMED for a second spelling of it, too."""
    match = _PATH.fullmatch(text) if len(text) <= 64 else None
    if match:
        level = ENTRIES if match[1] == "entries" else int(match[1])
        tile = Tile(level, int(re.sub(r"[x/]", "", match[2])), int(match[3] or WIDTH))
        within = tile.level <= LEVEL_MAX and tile.width <= WIDTH and tile.number <= limits.INTEGER_MAX
        if within and path(tile.level, tile.number, tile.width) == text:
            return tile
    raise PeerError(Code.MALFORMED, "not the path of a tile", expected="tile/<level>/<number>[.p/<width>]", got=text)


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """Every tile of a tree of `size` leaves, level by level, that a tree of `since` leaves does not have the same."""
    if not 0 <= since <= size <= limits.INTEGER_MAX:
        raise LocalError(f"a tree of {since} leaves is no prefix of one of {size}")
    level, old, new = 0, since, size
    while new:
        yield from _row(level, old, new)
        level, old, new = level + 1, old // WIDTH, new // WIDTH


def bundles(size: int, since: int = 0) -> Iterator[Tile]:
    """Every entry bundle of a logbook of `size` entries that one of `since` entries does not have the same."""
    if not 0 <= since <= size <= limits.INTEGER_MAX:
        raise LocalError(f"a logbook of {since} entries is no prefix of one of {size}")
    yield from _row(ENTRIES, since, size)


def content(tile: Tile, node_at: merkle.NodeAt) -> bytes:
    """The bytes of a tile of hashes, of a stored tree: `width` times 32 bytes."""
    first = tile.number * WIDTH
    level = tile.level * LEVEL_BITS
    return b"".join(node_at(level, index) for index in range(first, first + tile.width))


def hashes(data: bytes, width: int = WIDTH) -> list[bytes]:
    """The hashes of a tile. `PeerError` MALFORMED when it does not hold exactly `width`."""
    if len(data) != width * merkle.HASH_BYTES:
        raise PeerError(Code.MALFORMED, "a tile has another length", expected=width * merkle.HASH_BYTES, got=len(data))
    return [data[start : start + merkle.HASH_BYTES] for start in range(0, len(data), merkle.HASH_BYTES)]


def bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry after its length as u16be. 1 to 256 entries, `LocalError` otherwise."""
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > limits.ENTRY_BYTES_MAX for entry in entries):
        raise LocalError(f"a bundle holds 1 to {WIDTH} entries of at most {limits.ENTRY_BYTES_MAX} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(data: bytes, width: int = WIDTH) -> list[bytes]:
    """The entries of a bundle. `PeerError` MALFORMED when it does not hold exactly `width`, or ends too early."""
    entries: list[bytes] = []
    position = 0
    while position < len(data) and len(entries) < width:
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        entries.append(data[start:position])
    if position != len(data) or len(entries) != width:
        raise PeerError(Code.MALFORMED, "a bundle holds other entries", expected=f"{width} entries", got=len(entries))
    return entries


def _row(level: int, old: int, new: int) -> Iterator[Tile]:
    """The tiles over `new` hashes of one level, without the full ones among the first `old`."""
    full, rest = divmod(new, WIDTH)
    for number in range(old // WIDTH, full):
        yield Tile(level, number)
    if rest and new != old:
        yield Tile(level, full, rest)
