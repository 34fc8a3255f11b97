"""An export of a real database, checked by code that nobody here wrote (docs/protocol.md section 17.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.audits import layouts
from tests.node.audits import worlds
from tests.protocol import test_foreign

verify = test_foreign.verify


@pytest.mark.parametrize("documents", [2, 600, 1_100])
def test_proof_third_party_every_exported_logbook_is_right_for_go(
    verify: test_foreign.Verify, tmp_path: Path, documents: int
) -> None:
    subject = worlds.world()
    worlds.talk(subject, documents)
    subject.export(tmp_path / "export")
    found = [path.parent for path in sorted((tmp_path / "export").rglob(layouts.CHECKPOINT))]
    assert len(found) == 2
    for folder in found:
        split(folder)
        result = verify(folder)
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"right: hanse/l/{folder.name}, ")
        assert result.stdout.endswith("1 cosignatures\n")


def split(folder: Path) -> None:
    """Give the Go program every older head as a file of its own: it checks that each is a prefix of the newest."""
    origin = f"hanse/l/{folder.name}\n"
    notes = (folder / layouts.HEADS).read_text().split(f"\n{origin}")
    (folder / "checkpoints").mkdir()
    for number, note in enumerate(notes):
        if note:
            text = note if number == 0 else origin + note
            (folder / "checkpoints" / str(number)).write_text(text)


def test_go_and_hanse_find_the_same_changed_byte(verify: test_foreign.Verify, tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 600)
    subject.export(tmp_path / "export")
    folder = next(path.parent for path in sorted((tmp_path / "export").rglob(layouts.CHECKPOINT)))
    for name in ("checkpoint", "vkey", "mirror-vkey", "tile/0/000", "tile/entries/001.p/45", "tile/1/000.p/1"):
        path = folder / name
        good = path.read_bytes()
        path.write_bytes(good[:60] + bytes((good[60] ^ 1,)) + good[61:] if len(good) > 60 else good[:-1] + b"x")
        assert verify(folder).returncode == 1, name
        named = [fault.path for fault in worlds.verify(tmp_path / "export").faults]
        assert path.relative_to(tmp_path / "export").as_posix() in named
        path.write_bytes(good)
