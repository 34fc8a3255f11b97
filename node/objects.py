"""JSON objects that come from outside and go there: arguments and answers, on the control socket and in the API.

Bytes are hex strings. Only the standard library beside the errors, so that a command starts fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from node import errors


def read(sent: bytes, parse_float: Callable[[str], object] = float) -> dict[str, Any]:
    """An object from the bytes of a request. NodeError `request.malformed`."""
    try:
        given = json.loads(sent.decode(), parse_float=parse_float)
        if b"\\ud" in sent.lower():  # half a surrogate pair is no text, and fits neither database nor documents
            json.dumps(given, ensure_ascii=False).encode()
    except UnicodeError:
        raise errors.NodeError(
            "request.malformed", "the arguments hold what is no text", expected="UTF-8", got="other bytes"
        ) from None
    except (ValueError, RecursionError):
        raise errors.NodeError("request.malformed", "the arguments are no JSON") from None
    if not isinstance(given, dict):
        raise errors.NodeError("request.malformed", "the arguments are no JSON object")
    return given


def write(content: object) -> str:
    """The JSON of an answer, without a space too many."""
    return json.dumps(content, ensure_ascii=False, default=plain, separators=(",", ":"))


def plain(value: object) -> object:
    """The JSON for what JSON does not have. TypeError for anything but bytes."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} is nothing that an answer carries")
