"""HCM, the Hanse canonical msgpack profile: one value, one spelling (docs/protocol.md section 2).

Allowed are nil, booleans, integers within 53 bits, text without control characters, bytes, arrays, and maps whose
keys are `[a-z][a-z0-9_]{0,31}` in ascending order. Every header is the shortest one. Depth is the number of
containers around a value, plus one for a container itself: `[[]]` has depth 2.

The decoder bounds size, count and depth before it builds anything, then decodes, checks every value, encodes again
and compares the bytes. Hashes are always taken over the stored bytes, never over a second encoding.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeAlias

import msgpack  # type: ignore[import-untyped]

from protocol import limits
from protocol.errors import Code, LocalError, PeerError

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"

_KEY = re.compile(rf"[a-z][a-z0-9_]{{0,{limits.KEY_CHARACTERS_MAX - 1}}}")
# U+0000 to U+001F without tab and newline (section 2.1); surrogates cannot be encoded in UTF-8 at all.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_INTEGER_MAX = limits.INTEGER_MAX
# Maps repeat their shape (the tuple of their keys), so shapes of valid keys are remembered; the bounds keep a
# hostile partner from filling more than about 5 MB with them.
_SHAPE_KEYS_MAX: Final = 64

# How much of the header table a byte needs: >= 0 the bytes after a scalar's header, < 0 a case of `_scan`.
_CONTAINER, _LENGTH_1, _LENGTH_2, _LENGTH_4, _COUNT_2, _COUNT_4, _REFUSED = -1, -2, -3, -4, -5, -6, -7
# Long array headers that are decoded without a scan. msgpack allocates what an array header claims, and 1,024
# nested claims of 65,535 elements are 512 MiB in 3 kB of input; four of them are at most 320 kB.
_LONG_ARRAYS_UNSCANNED: Final = 4


def _headers() -> tuple[int, ...]:
    """What follows each first byte, after the msgpack specification's table of formats."""
    table = [_REFUSED] * 256
    table[0x00:0x80] = [0] * 0x80  # positive fixint
    table[0xE0:0x100] = [0] * 0x20  # negative fixint
    table[0x80:0xA0] = [_CONTAINER] * 0x20  # fixmap, fixarray
    table[0xA0:0xC0] = range(0x20)  # fixstr
    table[0xC0] = table[0xC2] = table[0xC3] = 0  # nil, false, true
    table[0xC4:0xC7] = [_LENGTH_1, _LENGTH_2, _LENGTH_4]  # bin 8, 16, 32
    table[0xCA:0xCC] = [4, 8]  # float 32, 64: skipped here, refused by the walk
    table[0xCC:0xD0] = [1, 2, 4, 8]  # uint
    table[0xD0:0xD4] = [1, 2, 4, 8]  # int
    table[0xD9:0xDC] = [_LENGTH_1, _LENGTH_2, _LENGTH_4]  # str 8, 16, 32
    table[0xDC:0xE0] = [_COUNT_2, _COUNT_4] * 2  # array 16, 32, map 16, 32
    return tuple(table)


_HEADERS: Final = _headers()


def encode(value: Value) -> bytes:
    """The one HCM spelling of `value`; maps are sorted at every level.

    Raises `LocalError` for what HCM forbids. Subclasses of `str` and `int` (enumerations) are written as what they
    are; a float, a tuple or a set is refused.
    """
    packed: bytes = msgpack.packb(_checked(value, 0))
    return packed


def decode(
    data: bytes, *, bytes_max: int, objects_max: int = limits.OBJECTS_MAX, depth_max: int = limits.DEPTH_MAX
) -> Value:
    """The value that `data` spells, if that is its HCM spelling.

    Raises `PeerError` with TOO_BIG (more than `bytes_max` bytes), MALFORMED (not msgpack, more than `objects_max`
    values and keys, deeper than `depth_max`), NOT_CANONICAL (another spelling, a value outside the profile) or
    RANGE (an integer beyond 53 bits). Costs about 15 microseconds for an entry of 600 bytes.
    """
    if len(data) > bytes_max:
        raise PeerError(Code.TOO_BIG, "too many bytes", expected=f"at most {bytes_max} bytes", got=len(data))
    # A value or key takes at least a byte, so short data cannot hold too many of them.
    if len(data) > objects_max or data.count(0xDC) + data.count(0xDD) > _LONG_ARRAYS_UNSCANNED:
        _scan(data, objects_max, depth_max)
    value: Value = _unpack(data)
    _walk(value, depth_max)
    if msgpack.packb(value) != data:
        raise PeerError(Code.NOT_CANONICAL, "the bytes are not the canonical spelling of their value")
    return value


def count_objects(data: bytes, objects_max: int, depth_max: int = limits.DEPTH_MAX) -> None:
    """Refuse bytes with too many objects or too deep, without building anything. `PeerError` MALFORMED."""
    if len(data) > objects_max:
        _scan(data, objects_max, depth_max)


def _unpack(data: bytes) -> Any:
    """Plain msgpack, with the decoder's own errors turned into ours."""
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=True, max_ext_len=0)
    except UnicodeDecodeError as error:
        raise PeerError(Code.NOT_CANONICAL, "text is not UTF-8") from error
    except (ValueError, TypeError) as error:
        # msgpack's only sign for a key that is neither text nor bytes; tests/protocol/test_encoding.py watches it.
        if "map key" in str(error):
            raise PeerError(Code.NOT_CANONICAL, "a map key is not text") from error
        raise PeerError(Code.MALFORMED, "the bytes are not msgpack", got=type(error).__name__) from error


def _walk(value: Any, depth_max: int) -> None:
    """Check every value, level by level; a level holds the values inside `depth` containers."""
    level: Iterable[Any] = (value,)
    depth = 0
    while level:
        inner: list[Any] = []
        deeper = False
        for item in level:
            kind = type(item)
            if kind is str:
                if not item.isprintable() and _CONTROL.search(item):
                    raise PeerError(Code.NOT_CANONICAL, "text holds a control character")
            elif kind is int:
                if not -_INTEGER_MAX <= item <= _INTEGER_MAX:
                    raise PeerError(Code.RANGE, "an integer is out of range", expected="53 bits", got=item)
            elif kind is dict:
                deeper = True
                if item:
                    _check_keys(item)
                    inner += item.values()
            elif kind is list:
                deeper = True
                inner += item
            elif kind is not bytes and kind is not bool and item is not None:
                _refuse_kind(kind)
        depth += deeper
        if depth > depth_max:
            raise PeerError(Code.MALFORMED, "nested too deep", expected=f"at most {depth_max}", got=depth)
        level = inner


def _refuse_kind(kind: type) -> NoReturn:
    if kind is float:
        raise PeerError(Code.NOT_CANONICAL, "floating point numbers are not allowed")
    raise PeerError(Code.MALFORMED, "an extension type is not allowed", got=kind.__name__)


def _check_keys(item: dict[Any, Any]) -> None:
    """Keys must be field names in ascending order."""
    if len(item) <= _SHAPE_KEYS_MAX:
        _check_shape(tuple(item))
    else:
        _check_shape.__wrapped__(tuple(item))


@lru_cache(maxsize=1024)
def _check_shape(keys: tuple[Any, ...]) -> None:
    for key in keys:
        if type(key) is not str or not _KEY.fullmatch(key):
            raise PeerError(Code.NOT_CANONICAL, "a map key is not a field name", expected=_KEY.pattern)
    if any(left >= right for left, right in itertools.pairwise(keys)):
        raise PeerError(Code.NOT_CANONICAL, "map keys are not in ascending order")


def _scan(data: bytes, objects_max: int, depth_max: int) -> None:
    """Walk the headers only: count every value and key, follow the nesting, never look at contents."""
    position, size, count = 0, len(data), 0
    outer: list[int] = []
    left = 1  # values still to come in this container, and in those around it
    while True:
        while not left:
            if not outer:
                return  # trailing bytes are for the decoder to refuse
            left = outer.pop()
        if position >= size:
            raise PeerError(Code.MALFORMED, "the bytes end in the middle of a value")
        count += 1
        if count > objects_max:
            raise PeerError(Code.MALFORMED, "too many objects", expected=f"at most {objects_max}")
        left -= 1
        first = data[position]
        after = _HEADERS[first]
        position += 1
        if after >= 0:
            position += after
            continue
        position, inside = _open(data, position, first, after)
        if inside is None:
            continue
        if len(outer) >= depth_max:
            raise PeerError(Code.MALFORMED, "nested too deep", expected=f"at most {depth_max}")
        outer.append(left)
        left = inside


def _open(data: bytes, position: int, first: int, case: int) -> tuple[int, int | None]:
    """The position after a header of variable meaning, and how many values it opens (None for text and bytes)."""
    if case == _REFUSED:
        raise PeerError(Code.MALFORMED, "a type that is not allowed", got=f"0x{first:02x}")
    if case == _CONTAINER:
        return position, (first & 0x0F) * (2 if first < 0x90 else 1)
    width = {_LENGTH_1: 1, _LENGTH_2: 2, _LENGTH_4: 4, _COUNT_2: 2, _COUNT_4: 4}[case]
    number = int.from_bytes(data[position : position + width], "big")
    position += width
    if case in (_COUNT_2, _COUNT_4):
        return position, number * (2 if first >= 0xDE else 1)
    return position + number, None


def _ordered(value: Any, depth: int) -> Any:
    """A copy of a container with its maps sorted and its values checked; `depth` counts this container."""
    if depth > limits.DEPTH_MAX:
        raise LocalError(f"nested deeper than {limits.DEPTH_MAX}")
    if type(value) is list:
        return [_checked(item, depth) for item in value]
    keys = tuple(value)
    keys = _sorted_keys(keys) if len(keys) <= _SHAPE_KEYS_MAX else _sorted_keys.__wrapped__(keys)
    return {key: _checked(value[key], depth) for key in keys}


def _checked(item: Any, depth: int) -> Any:
    """A value inside `depth` containers, fit to be packed. The commonest kinds come first."""
    kind = type(item)
    if kind is str:
        if item.isprintable() or not _CONTROL.search(item):
            return item
        raise LocalError("text must not hold control characters or surrogates")
    if kind is int:
        if -_INTEGER_MAX <= item <= _INTEGER_MAX:
            return item
        raise LocalError("an integer must fit 53 bits")
    if kind is bytes or kind is bool or item is None:
        return item
    if kind is dict or kind is list:
        return _ordered(item, depth + 1)
    if isinstance(item, str):  # an enumeration becomes what it stands for
        return _checked(str.__str__(item), depth)
    if isinstance(item, int):
        return _checked(int(item), depth)
    raise LocalError(f"HCM has no {kind.__name__}")


@lru_cache(maxsize=1024)
def _sorted_keys(keys: tuple[Any, ...]) -> tuple[str, ...]:
    for key in keys:
        if type(key) is not str or not _KEY.fullmatch(key):
            raise LocalError(f"a map key must match {_KEY.pattern}: {key!r}")
    return tuple(sorted(keys))
