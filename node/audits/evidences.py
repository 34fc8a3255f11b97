"""Signed heads that a party kept because they contradict each other (faults.md L03).

Such a file is never good news: each becomes a finding. What is checked is how much it proves. Two heads of one
logbook, both signed by its author, with one size and two roots, prove by themselves that the author wrote two
histories; anything else is what the exporting party says about its partner.
"""

from __future__ import annotations

from collections.abc import Sequence

from node.audits import attestations, layouts
from protocol import checkpoints
from protocol.errors import Code, PeerError

SEPARATOR = "\n\n\n"
"""Between the two notes of a file: no note holds an empty line twice in a row."""


def check(path: str, logbooks: Sequence[attestations.Attestations]) -> None:
    """Name every file of kept evidence in the channel's folder `path`, and say what it proves."""
    folder = logbooks[0].folder
    for name in folder.files(f"{path}/{layouts.EVIDENCE}"):
        place = f"{path}/{layouts.EVIDENCE}/{name}"
        text = folder.text(place)
        if text is None:
            continue
        try:
            first, second = (open_head(note, logbooks) for note in split(text))
        except PeerError as error:
            what = f"this was kept as a proof of two histories, and is none: {error.hint}"
            folder.findings.add("audit.signature", place, what, error.expected or "", error.got or "")
            continue
        proven = (first.origin, first.size) == (second.origin, second.size) and first.root != second.root
        what = "proves that the author of" if proven else "was kept by a party as a sign that the author of"
        folder.findings.add(
            "audit.fork", place, f"this {what} {first.origin} wrote two histories", *shown(first, second)
        )


def split(text: str) -> list[str]:
    """The two notes of a file. `PeerError` NOTE for another number."""
    first, separator, second = text.partition(SEPARATOR)
    if not separator:
        raise PeerError(Code.NOTE, "it does not hold two notes", expected="2 notes", got=1)
    return [f"{first}\n", second]


def open_head(note: str, logbooks: Sequence[attestations.Attestations]) -> checkpoints.Checkpoint:
    """A head of one of these logbooks, signed by its author. `PeerError` for any other note."""
    origin = checkpoints.parse_text(checkpoints.parse_note(note).text).origin
    for logbook in logbooks:
        if logbook.origin == origin:
            return logbook.open_head(note).checkpoint
    raise PeerError(
        Code.WRONG_LOG, "a head of another logbook", expected=[each.origin for each in logbooks], got=origin
    )


def shown(first: checkpoints.Checkpoint, second: checkpoints.Checkpoint) -> tuple[str, str]:
    """Both heads for a finding."""
    one, other = (f"{head.size} entries with root {head.root.hex()}" for head in (first, second))
    return one, other
