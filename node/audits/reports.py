"""The auditor's verdict for people and programs, and the exit status that follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from node import errors
from node.audits import documents, progresses, verifications

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a folder."""

    directory: Path
    verdict: verifications.Verdict
    case: ClassVar[str] = "audit.verify"

    @property
    def status(self) -> errors.Exit:
        """0 when everything holds, 65 when anything does not."""
        return errors.Exit.DONE if self.verdict.ok else errors.Exit.UNREADABLE

    def content(self) -> Json:
        """The four numbers first, then every finding with its artefact, then what each channel proves."""
        return {
            "ok": self.verdict.ok,
            "directory": str(self.directory),
            **dataclasses.asdict(self.verdict.numbers),
            "faults": [plain(dataclasses.asdict(fault)) for fault in self.verdict.faults],
            "chains": [plain(dataclasses.asdict(chain)) for chain in self.verdict.chains],
            "channels": [plain(dataclasses.asdict(channel)) for channel in self.verdict.channels],
        }


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What the proof of one document shows."""

    directory: Path
    verdict: documents.DocumentVerdict
    case: ClassVar[str] = "audit.verify.document"

    @property
    def status(self) -> errors.Exit:
        """0 when everything holds, 65 when anything does not."""
        return errors.Exit.DONE if self.verdict.ok else errors.Exit.UNREADABLE

    def content(self) -> Json:
        """What is proved, where nothing is wrong; every finding otherwise."""
        proved = plain(dataclasses.asdict(dataclasses.replace(self.verdict, faults=())))
        del proved["faults"]
        found = [plain(dataclasses.asdict(fault)) for fault in self.verdict.faults]
        head = {"ok": self.verdict.ok, "directory": str(self.directory), "faults": found}
        return {**head, **proved} if self.verdict.ok else head


def verify(directory: Path, report: progresses.Report, told: Sequence[Path] = ()) -> Report | ProofReport:
    """Check an exported folder. Raises for nothing that is in it: what is wrong becomes a finding.

    `told`: files of openings.
    """
    if (directory / f"{documents.DOCUMENT}.entry").is_file():
        return ProofReport(directory.absolute(), documents.verify(directory))
    return Report(directory.absolute(), verifications.verify(directory, report, told))


def plain(value: object) -> Any:
    """A value as JSON has it: bytes in hex, maps and lists of such."""
    match value:
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value
