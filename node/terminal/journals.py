"""What a running node writes about itself: lines on the error output, UTC, for a person or as JSON."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

import structlog

from node import errors

LEVEL_VARIABLE: Final = "HANSE_LOG"
LEVELS: Final = ("debug", "info", "warning", "error")


def start(*, as_json: bool) -> None:
    """Begin to write. The environment names the least level. NodeError `config.malformed` for one that does not exist.

    Tracebacks are printed without the values of variables: those may be keys or addresses of consumers (O08).
    """
    wanted = os.environ.get(LEVEL_VARIABLE, "info").lower()
    if wanted not in LEVELS:
        raise errors.NodeError(
            "config.malformed", f"${LEVEL_VARIABLE} names no level", expected=", ".join(LEVELS), got=wanted
        )
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
            )
        ]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, wanted.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
