"""Bugs: the traceback goes to the log, and a number to whoever asked."""

from __future__ import annotations

import hashlib
import traceback
from typing import Final

import structlog

from node import errors

log = structlog.get_logger(__name__)

CHARACTERS: Final = 8


def report(error: Exception, what: str) -> errors.NodeError:
    """Log a bug in `what`; the error to answer with. The same bug has the same number."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    number = hashlib.sha256(repr((type(error).__name__, places)).encode()).hexdigest()[:CHARACTERS]
    log.error(f"{what} failed", incident=number, exc_info=error)
    return errors.NodeError("internal.error", f"a bug: see the node's log for incident {number}")
