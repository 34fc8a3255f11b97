"""Folders that somebody hostile has made: every trick is named, none is followed, nothing is ever raised."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from node.audits import faults, folders, layouts
from tests.node.audits import worlds


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    subject = worlds.world()
    worlds.talk(subject, 20)
    directory = tmp_path_factory.mktemp("original") / "export"
    subject.export(directory)
    return directory


@pytest.fixture
def export(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "export")
    return tmp_path / "export"


def logbook(export: Path) -> Path:
    return next(path.parent for path in sorted(export.rglob(layouts.CHECKPOINT)))


def codes(export: Path) -> dict[str, str]:
    """Path -> code of the findings."""
    return {fault.path: fault.code for fault in worlds.verify(export).faults}


def test_a_file_that_has_no_place_is_unexpected(export: Path) -> None:
    for name in ("extra", "channels/extra", "identities/extra", "README.txt.bak"):
        (export / name).write_text("x")
    (logbook(export) / "tile/0/001").write_text("x")
    (logbook(export) / "tile/entries/000").write_text("x")
    found = codes(export)
    place = logbook(export).relative_to(export).as_posix()
    assert {code for code in found.values()} == {"audit.unexpected"}
    assert f"{place}/tile/0/001" in found
    assert len(found) == 6


def test_a_folder_without_files_is_unexpected(export: Path) -> None:
    (export / "channels/empty/inner").mkdir(parents=True)
    (export / "other").mkdir()
    found = codes(export)
    assert found["other"] == "audit.unexpected"
    assert "channels/empty" in found


def test_a_link_is_never_followed(export: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes((logbook(export) / layouts.VKEY).read_bytes())
    (logbook(export) / layouts.VKEY).unlink()
    (logbook(export) / layouts.VKEY).symlink_to(secret)
    (export / "identities/elsewhere").symlink_to(tmp_path)
    found = worlds.verify(export).faults
    place = (logbook(export) / layouts.VKEY).relative_to(export).as_posix()
    assert [fault.code for fault in found if fault.path == place] == ["audit.no-file", "audit.missing"]
    assert [fault.code for fault in found if fault.path == "identities/elsewhere"] == ["audit.no-file"]


def test_a_pipe_does_not_stop_the_auditor(export: Path) -> None:
    (logbook(export) / layouts.HEADS).unlink()
    os.mkfifo(logbook(export) / layouts.HEADS)
    place = (logbook(export) / layouts.HEADS).relative_to(export).as_posix()
    assert next(fault.code for fault in worlds.verify(export).faults if fault.path == place) == "audit.no-file"


@pytest.mark.parametrize("name", ["checkpoint", "heads", "receipts", "vkey", "policy", "mirror-vkey"])
def test_a_huge_file_is_not_read(export: Path, name: str) -> None:
    path = logbook(export) / name
    os.truncate(path, 1 << 40)
    assert codes(export)[path.relative_to(export).as_posix()] == "audit.too-big"


def test_a_huge_tile_or_bundle_is_not_read(export: Path) -> None:
    for kind in ("0", "entries"):
        path = next((logbook(export) / "tile" / kind).rglob("*.p/*"))
        size = path.stat().st_size
        os.truncate(path, 1 << 40)
        assert codes(export)[path.relative_to(export).as_posix()] == "audit.too-big"
        os.truncate(path, size)


@pytest.mark.parametrize("size", ["0", "9007199254740991", "9007199254740992", "-1", "1e9", "00", ""])
def test_a_checkpoint_of_an_absurd_size_ends_at_once(export: Path, size: str) -> None:
    path = logbook(export) / layouts.CHECKPOINT
    lines = path.read_text().split("\n")
    lines[1] = size
    path.write_text("\n".join(lines))
    assert path.relative_to(export).as_posix() in codes(export)


def test_names_that_a_terminal_would_obey_are_shown_escaped(export: Path) -> None:
    (export / "\x1b[2J\n\u202eevil").write_text("x")
    (export / os.fsdecode(b"\xff\xfe")).write_text("x")
    found = codes(export)
    assert "\\x1b[2J\\n\\u202eevil" in found
    assert "\\udcff\\udcfe" in found


def test_folders_too_deep_are_cut_off(export: Path) -> None:
    (export / "/".join("d" * 40)).mkdir(parents=True)
    assert "audit.too-big" in [fault.code for fault in worlds.verify(export).faults]


def test_a_folder_that_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name in ("empty", "file", "missing", "\0"):
        verdict = worlds.verify(tmp_path / name)
        assert not verdict.ok
        assert verdict.channels == ()


def test_findings_are_bounded(export: Path) -> None:
    (export / "many").mkdir()
    for number in range(faults.FAULTS_MAX + 50):
        (export / "many" / str(number)).touch()
    found = worlds.verify(export).faults
    assert len(found) == faults.FAULTS_MAX + 1
    assert found[-1].code == "audit.too-big"
    assert found[-1].got == str(faults.FAULTS_MAX + 50)


def test_an_identity_of_nobody_is_unexpected(export: Path, tmp_path: Path) -> None:
    subject = worlds.world((60, 70))
    worlds.talk(subject, 3)
    subject.export(tmp_path / "other")
    for path in (tmp_path / "other/identities").iterdir():
        shutil.copytree(path, export / "identities" / path.name)
    found = codes(export)
    assert len(found) == 2
    assert set(found.values()) == {"audit.unexpected"}


def test_an_identity_under_a_false_name_is_refused(export: Path) -> None:
    first, second = sorted((export / "identities").iterdir())
    first.rename(export / "swap")
    second.rename(first)
    (export / "swap").rename(second)
    assert "leaf 0 gives another NodeID" in [fault.what for fault in worlds.verify(export).faults]


def test_a_channel_with_one_or_three_logbooks_is_named(export: Path) -> None:
    place = logbook(export)
    shutil.copytree(place, place.with_name("a" * 32))
    assert codes(export)[place.parent.relative_to(export).as_posix()] in ("audit.missing", "audit.stopped")
    shutil.rmtree(place)
    shutil.rmtree(place.with_name("a" * 32))
    assert not worlds.verify(export).ok


def damage(rng: random.Random, data: bytes) -> bytes:
    """Data as an accident or an enemy leaves it."""
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.randrange(40))
    tricks: list[Callable[[], bytes]] = [
        lambda: data[:start],
        lambda: data[:start] + data[end:],
        lambda: data[:start] + rng.randbytes(end - start) + data[end:],
        lambda: data[:end] + data[start:],
        lambda: data + data,
        lambda: b"\n" * 3 + data,
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n\n", b"\n"),
    ]
    return rng.choice(tricks)()


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_in_the_folder_nothing_is_raised(export: Path, seed: int) -> None:
    rng = random.Random(seed)
    paths = [path for path in sorted(export.rglob("*")) if path.is_file() and path.name != layouts.README]
    changed = []
    for path in rng.sample(paths, rng.randint(1, 4)):
        good = path.read_bytes()
        path.write_bytes(damage(rng, good))
        if path.read_bytes() != good:
            changed.append(path.relative_to(export).as_posix())
    for path in rng.sample(paths, rng.randint(0, 2)):
        with contextlib.suppress(IsADirectoryError):
            path.rename(path.with_name(rng.choice(["000", "1", "x000", "tile", path.name])))
    verdict = worlds.verify(export)
    assert verdict.ok == (not changed) or not verdict.ok


def test_reading_the_same_listing_twice_gives_the_same(export: Path) -> None:
    listed = []
    for _ in range(2):
        folder = folders.Folder.open(export, faults.Findings())
        listed.append((folder.folders(""), folder.files("")))
    assert listed[0] == listed[1] == (["channels", "identities"], ["README.txt"])
