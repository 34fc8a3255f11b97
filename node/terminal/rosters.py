"""Views of operators, sessions, and keys of programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]


def operators(answer: Json) -> RenderableType:
    """Who may sign in."""
    rows = [
        {**row, "disabled": "disabled" if row.get("disabled") else "", "sessions": row.get("sessions") or ""}
        for row in answer.get("operators") or []
    ]
    columns = {
        "operator": "name",
        "role": "role",
        "second_factor": "second factor",
        "language": "language",
        "sessions": "sessions",
        "seen_ms": "last seen",
        "disabled": "",
    }
    empty = "No operators yet: `hanse operator add NAME --role owner` makes the first."
    return tables.rows_of({"rows": rows}, "rows", columns, empty=empty)


def sessions(answer: Json) -> RenderableType:
    """Browsers that are signed in."""
    columns = {
        "session": "number",
        "operator": "operator",
        "address": "address",
        "seen_ms": "last seen",
        "created_ms": "since",
        "browser": "browser",
    }
    return tables.rows_of(answer, "sessions", columns, empty="Nobody is signed in.")


def key_made(answer: Json) -> RenderableType:
    """A new key, on a line of its own, to be copied."""
    head = tables.fields([(tables.label(name), answer.get(name)) for name in ("number", "label", "role")])
    note = Text("This is the key. It is shown once; whoever has it works with your node in this role.")
    return Group(head, note, Text(tables.plain(answer.get("key")), no_wrap=True, overflow="ignore"))


def backup(answer: Json) -> RenderableType:
    """A backup that was written."""
    size = f"{int(answer.get('bytes') or 0) / 1_048_576:.1f} MiB"
    head = tables.fields([("file", answer.get("file")), ("size", size)])
    return Group(
        head, Text("The passphrase of the node opens it. Keep it away from this machine, and away from the passphrase.")
    )


def keys(answer: Json) -> RenderableType:
    """Keys of programs."""
    columns = {
        "number": "number",
        "label": "program",
        "role": "role",
        "maker": "made by",
        "created_ms": "made",
        "used_ms": "last used",
        "revoked_ms": "revoked",
    }
    return tables.rows_of(answer, "keys", columns, empty="No keys.")
