"""What goes over the control socket.

    POST /v1/<use case>, a JSON object of arguments; If-Match (`node.preconditions`) says what the user had seen
    -> lines of JSON: {"progress": {"label": str, "done": int, "total": int}} any number of times, then exactly one of
       {"result": ...} and {"error": {"code", "message", "expected", "got", "hint", "faults", "exit"}}

Bytes are hex strings (`node.objects`). Nothing that loads slowly is imported, so that a command starts fast.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from node import objects

SOCKET_NAME: Final = "control.sock"
PREFIX: Final = "/v1/"
HOST: Final = "hanse"
"""What stands in the Host header: there is only one."""
CONTENT_TYPE: Final = "application/x-ndjson"
ARGUMENTS_BYTES_MAX: Final = 64 << 20
"""One request; a spreadsheet with 100,000 lines in hex is about half of it."""
LINE_BYTES_MAX: Final = 256 << 20
"""One answer line; a client holds it in memory."""

_SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un.sun_path, less its final zero
_USE_CASE = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*")


def is_use_case(name: str) -> bool:
    """Whether a name may be part of a path as it is."""
    return len(name) <= 64 and _USE_CASE.fullmatch(name) is not None


def line(content: dict[str, Any]) -> bytes:
    """One line of an answer."""
    return objects.write(content).encode() + b"\n"


@contextlib.contextmanager
def socket_path(folder: Path) -> Iterator[str]:
    """The path under which the socket in `folder` can be bound or connected, valid within the block. Raises OSError.

    A path in a socket address has at most 107 bytes; through a file descriptor of the folder it is always short.
    """
    path = str(folder / SOCKET_NAME)
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES_MAX:
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
    finally:
        os.close(descriptor)
