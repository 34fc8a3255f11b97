"""Views of operators, sessions, and keys of programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType

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
