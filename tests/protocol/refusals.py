"""Asking why something was refused."""

from __future__ import annotations

from collections.abc import Callable

from protocol.errors import PeerError


def code_of(call: Callable[[], object]) -> str | None:
    """The code with which the partner's input is refused, None when it is accepted."""
    try:
        call()
    except PeerError as error:
        return error.code.value
    return None
