"""Commands about the backups that the node writes by itself, and what they print."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import commands, tables

Json = Mapping[str, Any]

EVERY = {"day": "every day", "week": "every week, on Monday", "never": "never"}


@click.group("backups", cls=commands.Group)
def backups() -> None:
    """Backups that the node writes by itself: where, how often, and how many stay."""


@backups.command("show")
@commands.asks("backup.show")
def show() -> dict[str, Any]:
    """What was decided, what came of it, and which backups lie in the folder."""
    return {}


@backups.command("plan")
@click.option("--every", type=click.Choice(tuple(EVERY)), help="How often.")
@click.option("--hour", type=click.IntRange(0, 23), help="From this hour on, by the clock of the machine.")
@click.option("--keep", type=click.IntRange(2, 400), help="So many at most; the oldest goes when a new one is there.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where; best on another disk. It must exist.")
@commands.asks("backup.plan")
def plan(**typed: Any) -> dict[str, Any]:
    """Decide about them; what is not named stays."""
    given = {name: value for name, value in typed.items() if value is not None}
    return given | ({"folder": str(typed["folder"].expanduser().absolute())} if typed["folder"] else {})


@backups.command("now")
@commands.asks("backup.run")
def now() -> dict[str, Any]:
    """Write one into the chosen folder now, and remove the surplus."""
    return {}


def shown(answer: Json) -> RenderableType:
    """What was decided, and what came of it."""
    chosen, failure = answer.get("every"), answer.get("failure")
    every = EVERY.get(str(chosen), chosen)
    next_ms, written_ms = answer.get("next_ms"), answer.get("written_ms")
    head = tables.fields(
        [
            ("written", every if chosen == "never" else f"{every}, from {answer.get('hour')}:00 on"),
            ("folder", answer.get("folder")),
            ("kept", f"{answer.get('keep')} at most"),
            ("last one", f"{tables.moment(written_ms)}, {size(answer)}" if written_ms else "never"),
            ("next one", tables.moment(next_ms) if next_ms else "never"),
        ]
    )
    parts: list[RenderableType] = [head]
    if failure:
        hint = f": {failure['hint']}" if failure["hint"] else ""
        parts.append(Text(f"The last attempt failed: {failure['message']}{hint} [{failure['code']}]"))
    if answer.get("same_disk") and chosen != "never":
        parts.append(
            Text("This folder is lost with the disk of the node: another disk, or another machine, is better.")
        )
    files = [{**one, "size": size(one)} for one in answer.get("files") or []]
    columns = {"file": "file", "written_ms": "written", "size": "size"}
    parts.append(tables.rows_of({"files": files}, "files", columns, empty="No backups lie there."))
    return Group(*parts)


def kept(answer: Json) -> RenderableType:
    """A backup that was written into the folder."""
    removed = ", ".join(answer.get("removed") or []) or "nothing"
    return tables.fields([("file", answer.get("file")), ("size", size(answer)), ("removed", removed)])


def size(file: Json) -> str:
    """How large a file is, for people."""
    return f"{int(file.get('bytes') or 0) / 1_048_576:.1f} MiB"
