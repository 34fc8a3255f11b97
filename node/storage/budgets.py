"""How much a single question may cost: the database answers one at a time, and nobody may hold it (faults.md C14).

The work of SQLite is counted, and no clock is asked: the same question is refused on every machine, or on none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from node import errors

Result = TypeVar("Result")

STEPS: Final = 1_000_000
"""Instructions of SQLite's virtual machine between two looks at the budget."""
PORTIONS_MAX: Final = 500
"""Some seconds of work on a slow core: a thousand times what any page of the console takes."""


def within(db: sqlite3.Connection, unit: Callable[[sqlite3.Connection], Result]) -> Result:
    """Run a unit that only reads, within the budget. NodeError `request.too-long` beyond it; nothing is broken then."""
    spent = 0

    def spend() -> int:
        nonlocal spent
        spent += 1
        return int(spent > PORTIONS_MAX)

    db.set_progress_handler(spend, STEPS)
    try:
        return unit(db)
    except sqlite3.OperationalError as error:
        if spent > PORTIONS_MAX:
            raise errors.NodeError(
                "request.too-long",
                "this takes too long to be looked up",
                hint="ask for less, or for something narrower",
            ) from error
        raise
    finally:
        db.set_progress_handler(None, 0)
