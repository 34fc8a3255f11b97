"""What is kept and what is erased by itself, as a person reads it: backups, and consumers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]

EVERY = {"day": "every day", "week": "every week, on Monday", "never": "never"}


def plan(answer: Json) -> RenderableType:
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


def retained(answer: Json) -> RenderableType:
    """What was decided, and what came of it."""
    when = f"{answer['days']} days after the end of their order" if answer.get("days") else "never"
    last = tables.moment(answer["last_ms"]) if answer.get("last_ms") else "never"
    return tables.fields(
        [("consumers are erased by themselves", when), ("orders so far", answer.get("orders")), ("last time", last)]
    )
