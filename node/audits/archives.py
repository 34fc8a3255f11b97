"""An export as one file: a zip archive. Whoever sends one may be hostile, so unpacking trusts nothing in it.

Names are those of an export and no others (faults.md C07): letters, digits, dots and dashes between slashes, so that
none leads out of the folder. Links, devices, encrypted and doubled members are refused. Bytes are counted as they come
out, and so are the members, before any is unpacked (zip bombs).
"""

from __future__ import annotations

import io
import re
import shutil
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Final

from node import errors
from node.audits import folders, layouts
from node.audits.progresses import Progress, Report

BYTES_MAX: Final = 4 << 30
"""Of everything unpacked: an export of several million documents."""
DIRECTORY_BYTES_MAX: Final = 16 << 20
"""Of the list of members at the end of an archive, which is read as a whole: room for more than 100,000 files."""
CHUNK_BYTES: Final = 1 << 16
FREE_BYTES_MIN: Final = 256 << 20
"""So much room is left on the disk, whatever is unpacked."""
PART_CHARACTERS_MAX: Final = 128
MEMBER_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Of every member, so that the same books give the same bytes."""

_PART: Final = re.compile(rf"(?!\.{{1,2}}$)[A-Za-z0-9._-]{{1,{PART_CHARACTERS_MAX}}}", re.ASCII)
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 1


def pack(folder: Path, archive: Path, report: Report) -> None:
    """Write a folder into a new archive. NodeError `disk.full`, `disk.failed`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    progress = Progress("files", len(files), report)
    try:
        with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            for path in files:
                member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), MEMBER_TIME)
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = (stat.S_IFREG | 0o600) << 16
                with path.open("rb") as source, packed.open(member, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, CHUNK_BYTES)
                progress.add(1)
    except OSError as error:
        archive.unlink(missing_ok=True)
        code = "disk.full" if errors.is_full(error) else "disk.failed"
        raise errors.NodeError(code, "the archive could not be written", got=error.strerror or str(error)) from error


def unpack(archive: Path, folder: Path, report: Report, bytes_max: int = BYTES_MAX) -> Path:
    """Unpack an archive into an empty folder; where the export begins in it.

    NodeError `audit.archive` for what is no archive of an export, `disk.full`, `disk.failed`.
    """
    try:
        with Bounded(archive) as file, zipfile.ZipFile(file) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            check(members, bytes_max, shutil.disk_usage(folder).free)
            progress = Progress("files", len(members), report)
            left = bytes_max
            for member in members:
                left -= write(packed, member, folder, left)
                progress.add(1)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise refused("this is no zip archive, or a damaged one", str(error)) from None
    except OSError as error:
        code = "disk.full" if errors.is_full(error) else "disk.failed"
        raise errors.NodeError(code, "the archive could not be unpacked", got=error.strerror or str(error)) from error
    return root_of(folder)


class Bounded(io.FileIO):
    """The archive, of which no more is read at once than an honest one needs: its list of members has a bound."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; everything that is left for a negative one."""
        wanted = -1 if size is None else size
        if wanted < 0:
            here = self.tell()
            wanted = self.seek(0, io.SEEK_END) - here
            self.seek(here)
        if wanted > DIRECTORY_BYTES_MAX:
            raise refused("the archive has too many members", f"a list of {wanted} bytes")
        return super().read(wanted) or b""


def check(members: list[zipfile.ZipInfo], bytes_max: int, free: int) -> None:
    """Refuse what no export holds, before a single byte is unpacked. NodeError `audit.archive`, `disk.full`."""
    if len(members) > folders.FILES_MAX:
        raise refused("the archive has too many members", f"{len(members)}")
    seen: set[str] = set()
    for member in members:
        parts = member.orig_filename.split("/")  # `filename` ends before a zero byte
        if len(parts) > folders.DEPTH_MAX + 2 or not all(_PART.fullmatch(part) for part in parts):
            raise refused("a name in the archive is none of an export", faults_shown(member.filename))
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise refused("the archive holds a link, or what is no file", faults_shown(member.filename))
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise refused("the archive is encrypted, or packed in an unusual way", faults_shown(member.filename))
        if member.filename in seen:
            raise refused("the archive holds a file twice", faults_shown(member.filename))
        seen.add(member.filename)
    total = sum(member.file_size for member in members)
    if total > bytes_max:
        raise refused("the archive holds more than an export can", f"{total} bytes")
    if total > free - FREE_BYTES_MIN:
        raise errors.NodeError("disk.full", "there is no room to unpack the archive", got=f"{total} bytes")


def write(packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, bytes_max: int) -> int:
    """Unpack one member, counting what really comes out; how much it was."""
    path = folder / member.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with packed.open(member) as source, path.open("xb") as target:
        while chunk := source.read(CHUNK_BYTES):
            count += len(chunk)
            if count > bytes_max:
                raise refused("the archive holds more than an export can", "more than it says")
            target.write(chunk)
    return count


def root_of(folder: Path) -> Path:
    """Where the export begins: many programs put everything into one folder when they pack it."""
    inside = list(folder.iterdir())
    wrapped = len(inside) == 1 and inside[0].is_dir() and inside[0].name not in (layouts.IDENTITIES, layouts.CHANNELS)
    return inside[0] if wrapped else folder


def faults_shown(name: str) -> str:
    """A hostile name for people: no control characters, not too long."""
    return ascii(name[:PART_CHARACTERS_MAX])


def refused(message: str, got: str) -> errors.NodeError:
    """What is no archive of an export."""
    return errors.NodeError(
        "audit.archive", message, expected="the zip archive of an export or of the proof of a document", got=got
    )


def folder_for(archive: Path) -> Path:
    """The folder that is packed into a new archive, beside it. NodeError `audit.target` where there is a file already.

    What an interrupted export left there is removed.
    """
    if archive.exists() or archive.is_symlink():
        raise errors.NodeError("audit.target", "there is such a file already", got=archive)
    folder = archive.with_name(f".{archive.name}.folder")
    shutil.rmtree(folder, ignore_errors=True)
    return folder
