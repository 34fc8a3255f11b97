"""The fields of a map that came over the wire: read one by one, or refused as `wire.malformed`."""

from __future__ import annotations

from collections.abc import Mapping

from protocol import limits
from protocol.encoding import Value
from protocol.errors import Code, PeerError

Fields = Mapping[str, Value]


def malformed(path: str, expected: str, value: object) -> PeerError:
    """The error for a field that is missing or of another kind."""
    return PeerError(Code.MALFORMED, f"message field {path}", expected=expected, got=describe(value))


def describe(value: object) -> str:
    """What came, short enough for an error line and without its content."""
    if isinstance(value, (str, bytes, list, dict)):
        return f"{type(value).__name__} of length {len(value)}"
    return repr(value)


def text(fields: Fields, key: str, length_max: int = limits.NOTE_CHARACTERS_MAX) -> str:
    """A string of at most `length_max` characters."""
    value = fields.get(key)
    if not isinstance(value, str) or len(value) > length_max:
        raise malformed(key, f"text of at most {length_max} characters", value)
    return value


def count(fields: Fields, key: str) -> int:
    """A non-negative integer."""
    value = fields.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise malformed(key, "integer >= 0", value)
    return value


def octets(fields: Fields, key: str, length: int) -> bytes:
    """Exactly `length` bytes."""
    value = fields.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise malformed(key, f"{length} bytes", value)
    return value


def octet_strings(fields: Fields, key: str, count_max: int, bytes_max: int) -> tuple[bytes, ...]:
    """At most `count_max` byte strings of at most `bytes_max` bytes each."""
    value = fields.get(key)
    if not isinstance(value, list) or len(value) > count_max:
        raise malformed(key, f"list of at most {count_max}", value)
    for item in value:
        if not isinstance(item, bytes) or len(item) > bytes_max:
            raise malformed(key, f"byte strings of at most {bytes_max} bytes", item)
    return tuple(item for item in value if isinstance(item, bytes))


def table(fields: Fields, key: str, count_max: int) -> list[Fields]:
    """At most `count_max` maps."""
    value = fields.get(key)
    if not isinstance(value, list) or len(value) > count_max:
        raise malformed(key, f"list of at most {count_max} maps", value)
    for item in value:
        if not isinstance(item, dict):
            raise malformed(key, "maps", item)
    return [item for item in value if isinstance(item, dict)]
