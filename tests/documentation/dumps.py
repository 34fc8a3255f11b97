"""Bytes as the specification shows them: hexadecimal, an HCM header and its content on a line each."""

from __future__ import annotations

from collections.abc import Iterator

from protocol import encoding, limits
from protocol.encoding import Value

ROW_BYTES = 32
COLUMN = 74


def wrapped(data: bytes) -> list[str]:
    """Hexadecimal, 32 bytes a line."""
    return [data[start : start + ROW_BYTES].hex() for start in range(0, len(data), ROW_BYTES)] or [""]


def shown(data: bytes) -> str:
    """Hexadecimal over as many lines as it takes."""
    return "\n".join(wrapped(data))


def hcm(data: bytes) -> str:
    """Every header and value of HCM bytes on a line of its own, with what it means."""
    value = encoding.decode(data, bytes_max=limits.SESSION_MESSAGE_BYTES_MAX)
    lines = list(_lines(value, 0))
    assert "".join(left.strip() for left, _ in lines) == data.hex()
    assert all(len(left) < COLUMN for left, meaning in lines if meaning)
    return "\n".join(f"{left:<{COLUMN}}{meaning}".rstrip() for left, meaning in lines)


def _lines(value: Value, depth: int) -> Iterator[tuple[str, str]]:
    indent = "  " * depth
    if isinstance(value, dict):
        yield indent + _header(value), f"map of {len(value)}"
        for key in sorted(value):
            yield f"{indent}  {encoding.encode(key).hex()}", f'key "{key}"'
            yield from _lines(value[key], depth + 2)
    elif isinstance(value, list):
        yield indent + _header(value), f"array of {len(value)}"
        for item in value:
            yield from _lines(item, depth + 1)
    elif isinstance(value, bytes) or (isinstance(value, str) and len(value.encode()) >= ROW_BYTES):
        encoded, content = encoding.encode(value), value.encode() if isinstance(value, str) else value
        header = encoded[: len(encoded) - len(content)].hex()
        yield indent + header, f"{len(content)} bytes" + (f": {_said(value)}" if isinstance(value, str) else "")
        for row in wrapped(content) if content else ():
            yield f"{indent}  {row}", ""
    else:
        yield indent + encoding.encode(value).hex(), _said(value)


def _header(value: Value) -> str:
    """The header of a container, from its full encoding and that of its members."""
    whole = encoding.encode(value)
    members = list(value) if isinstance(value, list) else []
    if isinstance(value, dict):
        for key in sorted(value):
            members += [key, value[key]]
    inside = sum(len(encoding.encode(member)) for member in members)
    return whole[: len(whole) - inside].hex()


def _said(value: Value) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\n", "\\n") + '"'
        case _:
            return str(value)
