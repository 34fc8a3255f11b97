"""`hanse audit verify`: a folder or an archive, checked with a bar that shows how far it is."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from node.audits import archives, reports
from node.terminal import meters


def verify(place: Path, told: Sequence[Path] = ()) -> reports.Report | reports.ProofReport:
    """Check an export, or the proof of a document. `told`: files of openings. NodeError `audit.archive`, `disk.*`."""
    with meters.Meter() as meter:
        if place.is_dir():
            return reports.verify(place, meter.report, told)
        with tempfile.TemporaryDirectory(prefix="hanse-audit-") as folder:
            return reports.verify(archives.unpack(place, Path(folder), meter.report), meter.report, told)
