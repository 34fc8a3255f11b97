"""What folding a document costs at the beginning of a channel and at its end, read from the database of a home."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Final

from contracts import histories
from contracts.evidence import Signer
from node.demonstrations.stages import Json
from node.storage import partners
from node.trade import volumes
from protocol import identities

PART: Final = 10
"""The first and the last tenth of the documents are compared."""


class Timed(histories.History):
    """A fold that notes when it began with each document, and the time that the documents took in all before it."""

    def __init__(self, parties: tuple[bytes, bytes], signers: tuple[Signer, Signer] | None = None) -> None:
        super().__init__(parties, signers)
        self.spent = [0.0]

    def fold(self, item: histories.Item) -> histories.Outcome:
        """Fold, and note the seconds."""
        began = time.perf_counter()
        outcome = super().fold(item)
        self.spent.append(self.spent[-1] + time.perf_counter() - began)
        return outcome


def measure(database: Path, node: identities.NodeId) -> Json:
    """Fold the first channel of a stopped node once more: documents per second in its first and its last tenth."""
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    with contextlib.closing(connection):
        channel = partners.channels(connection)[0]
        history = volumes.load(connection, node, channel.id, Timed).history
    assert isinstance(history, Timed)
    return rates(history.spent)


def rates(spent: list[float]) -> Json:
    """Documents per second in the first and the last tenth; `spent`: seconds after each document, from zero on."""
    count = max(1, (len(spent) - 1) // PART)
    return {
        "beginning": round(count / max(spent[count] - spent[0], 1e-9)),
        "end": round(count / max(spent[-1] - spent[-1 - count], 1e-9)),
    }
