"""An export as one file: packed and unpacked again, and archives that no honest program made."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from node import errors
from node.audits import archives, reports
from tests.node import controls, programs
from tests.node.audits import trades


def silent(what: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = trades.Shop()
    trades.month(shop, 4)
    directory = tmp_path_factory.mktemp("books") / "export"
    shop.world.export(directory)
    return directory


def packed(folder: Path, make: Callable[[zipfile.ZipFile], None]) -> Path:
    path = folder / "sent.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        make(archive)
    return path


def refusal(archive: Path, folder: Path, bytes_max: int = archives.BYTES_MAX) -> str:
    """Why an archive is refused; nothing may be outside of the folder afterwards."""
    target = folder / "inner" / "target"
    target.mkdir(parents=True)
    before = {path for path in folder.rglob("*") if not path.is_relative_to(target)}
    with pytest.raises(errors.NodeError) as refused:
        archives.unpack(archive, target, silent, bytes_max)
    assert refused.value.code == "audit.archive"
    assert {path for path in folder.rglob("*") if not path.is_relative_to(target)} == before
    return refused.value.message


def test_an_export_comes_out_of_its_archive_as_it_went_in(export: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    archives.pack(export, tmp_path / "a.zip", lambda *news: told.append(news))
    assert told[-1][1] == told[-1][2] > 15
    (tmp_path / "out").mkdir()
    root = archives.unpack(tmp_path / "a.zip", tmp_path / "out", silent)
    assert root == tmp_path / "out" and reports.verify(root, silent).verdict.ok
    archives.pack(root, tmp_path / "b.zip", silent)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_export_that_somebody_packed_with_its_folder_is_found_in_it(export: Path, tmp_path: Path) -> None:
    shutil.copytree(export, tmp_path / "outer" / "books-2026")
    archives.pack(tmp_path / "outer", tmp_path / "a.zip", silent)
    (tmp_path / "out").mkdir()
    root = archives.unpack(tmp_path / "a.zip", tmp_path / "out", silent)
    assert root.name == "books-2026" and reports.verify(root, silent).verdict.ok


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "C:\\evil", "a\\..\\evil", "..", "a//b", "./a", "ü", "a b", "a" * 200],
)
def test_C07_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    archive = packed(tmp_path, lambda made: made.writestr(zipfile.ZipInfo(name), b"evil"))
    assert "name" in refusal(archive, tmp_path)


def test_C07_a_name_with_a_zero_byte_is_none_of_an_export(tmp_path: Path) -> None:
    archive = packed(tmp_path, lambda made: made.writestr("evilXname", b"evil"))
    archive.write_bytes(archive.read_bytes().replace(b"evilXname", b"evil\0name"))
    refusal(archive, tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_C07_links_and_devices_are_refused(kind: int, tmp_path: Path) -> None:
    def make(made: zipfile.ZipFile) -> None:
        member = zipfile.ZipInfo("link")
        member.external_attr = (kind | 0o777) << 16
        made.writestr(member, b"/etc/passwd")

    assert "link" in refusal(packed(tmp_path, make), tmp_path)


def test_C07_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    def make(made: zipfile.ZipFile) -> None:
        made.writestr("README.txt", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("README.txt", b"two")

    assert "twice" in refusal(packed(tmp_path, make), tmp_path)


def test_C14_a_bomb_is_refused_before_it_bursts(tmp_path: Path) -> None:
    archive = packed(tmp_path, lambda made: made.writestr("zeros", bytes(8 << 20)))
    assert archive.stat().st_size < 20_000
    assert "more than" in refusal(archive, tmp_path, bytes_max=1 << 20)


def test_C14_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    archive = packed(tmp_path, lambda made: made.writestr("zeros", bytes(8 << 20)))
    size = (8 << 20).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(size, (100).to_bytes(4, "little")))
    refusal(archive, tmp_path, bytes_max=1 << 20)
    assert sum(path.stat().st_size for path in (tmp_path / "inner").rglob("*") if path.is_file()) <= 1 << 20


def test_C14_more_members_than_any_export_has_are_not_even_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "DIRECTORY_BYTES_MAX", 4_096)

    def make(made: zipfile.ZipFile) -> None:
        for number in range(200):
            made.writestr(f"f{number}", b"")

    archive = packed(tmp_path, make)
    assert "too many" in refusal(archive, tmp_path)


def test_what_is_encrypted_or_packed_in_an_unusual_way_is_refused(tmp_path: Path) -> None:
    def make(made: zipfile.ZipFile) -> None:
        made.writestr(zipfile.ZipInfo("README.txt"), b"text", zipfile.ZIP_BZIP2)

    assert "unusual" in refusal(packed(tmp_path, make), tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all" * 100, bytes(30)])
def test_what_is_no_archive_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "sent.zip").write_bytes(content)
    assert "no zip" in refusal(tmp_path / "sent.zip", tmp_path)


def test_an_archive_that_was_cut_off_or_changed_is_refused_or_found_out(export: Path, tmp_path: Path) -> None:
    archives.pack(export, tmp_path / "a.zip", silent)
    good = (tmp_path / "a.zip").read_bytes()
    for number, position in enumerate(range(0, len(good), len(good) // 40)):
        for changed in (good[:position], good[:position] + bytes((good[position] ^ 0x20,)) + good[position + 1 :]):
            (tmp_path / "b.zip").write_bytes(changed)
            folder = tmp_path / f"out{number}{len(changed) == len(good)}"
            folder.mkdir()
            try:
                root = archives.unpack(tmp_path / "b.zip", folder, silent)
            except errors.NodeError as refused:
                assert refused.code == "audit.archive"
            else:  # what is in no member, as the time of one, says nothing
                assert not reports.verify(root, silent).verdict.ok or same(export, root)


def same(first: Path, second: Path) -> bool:
    """Whether two folders hold the same files."""
    names = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    return all(
        (second / name).is_file() and (first / name).read_bytes() == (second / name).read_bytes() for name in names
    )


def test_the_command_line_checks_a_file_as_it_does_a_folder(export: Path, tmp_path: Path) -> None:
    archives.pack(export, tmp_path / "books.zip", silent)
    answers = []
    for place in (export, tmp_path / "books.zip"):
        done = programs.run("audit", "verify", str(place), "--json")
        assert done.exit_code == errors.Exit.DONE, done.output
        answers.append({**json.loads(done.stdout), "directory": ""})
    assert answers[0] == answers[1]
    (tmp_path / "books.zip").write_bytes(b"no archive")
    assert programs.run("audit", "verify", str(tmp_path / "books.zip")).exit_code == errors.Exit.UNREADABLE


def test_the_command_line_asks_for_a_file_where_the_name_says_so(tmp_path: Path) -> None:
    with controls.Control(tmp_path, {"audit.export": {"channels": 1}}) as control:
        done = programs.run("--home", str(tmp_path), "audit", "export", "books.ZIP")
        assert done.exit_code == errors.Exit.DONE
    assert [(case, list(given)) for case, given in control.asked] == [("audit.export", ["archive"])]
