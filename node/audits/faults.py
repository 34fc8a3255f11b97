"""What an auditor finds wrong: each finding names the very artefact, what was expected and what came.

All findings are collected. A hostile folder could cause millions of them, so the first `FAULTS_MAX` are kept and the
rest are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

CODES: Final[dict[str, str]] = {
    "audit.missing": "a file that must be there is not",
    "audit.unexpected": "a file that has no place in an export, so it proves nothing",
    "audit.no-file": "a link, a device or another thing that is no regular file",
    "audit.unreadable": "the operating system does not let the file be read",
    "audit.too-big": "more bytes, files or findings than an export can have",
    "audit.malformed": "the file does not have the form of its kind",
    "audit.identity": "an identity logbook that breaks a rule of identities",
    "audit.opening": "the first entry of a logbook does not open this channel",
    "audit.key": "a key that is not the one of the identity logbook",
    "audit.signature": "a note that the expected key did not sign",
    "audit.order": "sizes or times that go back",
    "audit.root": "the entries do not give the signed root",
    "audit.tile": "a hash that differs from what the entries give",
    "audit.fork": "a signed head that the entries under another signed head contradict: two histories",
    "audit.receipt": "a receipt that is missing, or over a head that this logbook never had",
    "audit.lie": "a receipt proves that the author of an entry knew more, or less, than the entry says",
    "audit.seen": "an entry has seen entries that are not there",
    "audit.content": "a file that differs from what the logbooks give",
    "audit.statement": "a closed statement that does not stand on receipted heads, or whose lines are others",
    "audit.reference": "an opened reference that names something else, or a chain that passed on more than was ordered",
    "audit.conservation": "quantities or amounts that do not add up",
    "audit.stopped": "nothing more of this could be checked, because of another fault",
}
"""Every code of a finding, and what it means. Closed; docs/auditing.md lists the same."""

FAULTS_MAX: Final = 1_000
TEXT_CHARACTERS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class AuditFault:
    """One finding.

    `path` is relative to the folder, with slashes; `what` says in a sentence what is wrong and where in the file;
    `expected` and `got` are the rule and what was found; `code` is one of `CODES`.
    """

    path: str
    what: str
    expected: str
    got: str
    code: str


@dataclass(slots=True)
class Findings:
    """Everything found so far. `count` counts also what is not kept."""

    faults: list[AuditFault] = field(default_factory=list)
    count: int = 0

    def add(self, code: str, path: str, what: str, expected: object = "", got: object = "") -> None:
        """Note one finding. Bytes are shown in hex, control characters escaped, long texts cut."""
        assert code in CODES, code
        self.count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(AuditFault(shown(path), shown(what), shown(expected), shown(got), code))

    def all(self) -> tuple[AuditFault, ...]:
        """The findings that were kept, and one more when there were others."""
        if self.count <= FAULTS_MAX:
            return tuple(self.faults)
        rest = AuditFault(
            "", "more was found than is listed", f"{FAULTS_MAX} findings", str(self.count), "audit.too-big"
        )
        return (*self.faults, rest)


def shown(value: object) -> str:
    """A value for people: one line, nothing that a terminal obeys, not too long."""
    text = value.hex() if isinstance(value, bytes) else str(value)
    if len(text) > TEXT_CHARACTERS_MAX:
        text = text[:TEXT_CHARACTERS_MAX] + "…"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
