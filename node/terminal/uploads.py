"""Files that commands read and write: spreadsheets with what is told about their form, photos, cases, awards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import rich_click as click

from node import errors
from node.terminal import commands

SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", ",": ",", ";": ";"}
NEW_FILE: Final = click.Path(path_type=Path, dir_okay=False)
OPTIONS: Final = (
    click.option("--currency", help="Currency of amounts that name none. [default: CNY]"),
    click.option(
        "--decimal-comma/--decimal-point", default=None, help="How the file writes figures, where they could be either."
    ),
    click.option("--sheet", metavar="NAME", help="The worksheet to read, where several could be."),
    click.option(
        "--encoding", metavar="NAME", help="Character set of a CSV: utf-8, gb18030, big5, shift_jis, euc_kr, cp1252."
    ),
    click.option("--separator", type=click.Choice(list(SEPARATORS)), help="What stands between the cells of a CSV."),
    click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="HEADING=FIELD",
        help="What a heading means, as in 单位价=price; nothing leaves the column out. Repeatable.",
    ),
    click.option("--dry-run", is_flag=True, help="Check the whole file and change nothing."),
)
"""What every import takes, in the order of the help."""


def takes_file(command: Any) -> Any:
    """The argument FILE and the options of every import."""
    for option in reversed(OPTIONS):
        command = option(command)
    return click.argument("file", type=commands.EXISTING)(command)


def question(file: Path, separator: str | None, mapping: tuple[str, ...], **typed: Any) -> dict[str, Any]:
    """The arguments of an import: the name of the file, its bytes in hex, and what was told."""
    pairs = [text.rpartition("=") for text in mapping]
    for text, (heading, _, _) in zip(mapping, pairs, strict=True):
        commands.need(bool(heading), f"{text!r} is not HEADING=FIELD, as in 单位价=price")
    told = {"mapping": {heading: field for heading, _, field in pairs}} if pairs else {}
    return {**content(file), **typed, **told, "separator": None if separator is None else SEPARATORS[separator]}


def content(path: Path) -> dict[str, Any]:
    """A file as the use cases take it: its name, and its bytes in hex."""
    try:
        return {"name": path.name, "data_hex": path.read_bytes().hex()}
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from None


message = click.option("--message", metavar="TEXT", help="What to say to the partner; it stands in no logbook.")
files = click.option(
    "--photo",
    "--file",
    "files",
    type=commands.EXISTING,
    multiple=True,
    help="A photo or another file to send along; repeatable.",
)


def contents(paths: tuple[Path, ...]) -> list[dict[str, Any]] | None:
    """Files as the use cases take them; None when there are none."""
    return [content(path) for path in paths] or None


def waybill_rows(path: Path) -> list[dict[str, str]]:
    """The parcels in a sheet. NodeError `sheet.faults` with every fault of it."""
    from node.connectors import sheets
    from node.connectors.spreadsheets import sources, waybills

    found = waybills.read(path.read_bytes(), sources.Source(shop=path.name))
    sheets.refuse(path.name, found.faults)
    return [{"order": row.number, "carrier": row.carrier, "waybill": row.waybill} for row in found.waybills]


def save(case: str, question: dict[str, Any], path: Path) -> None:
    """Ask for a file that a partner sent, and write it where nothing stood. NodeError `file.exists`."""
    terminal = commands.current()
    answer = terminal.ask(case, question)
    data = bytes.fromhex(answer["data_hex"])
    write_new(path, data)
    terminal.answer(case, {"file": str(path), "name": answer["name"], "bytes": len(data)})


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner reads and that did not exist. NodeError `file.exists`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise errors.NodeError("file.exists", f"{path} exists; it is never overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
