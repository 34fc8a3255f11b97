"""What a merchant said of files with the same headings, in any order: remembered when such a file is taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.connectors.spreadsheets import headings, keys
from node.storage import settings
from node.trade import books

MEMORY: Final = "headings/"  # setting, by kind of file and set of headings
ANSWERS: Final = frozenset({"currency", "decimal_comma", "language", "mapping", "supply_price"})
"""What is remembered of an import."""


def name_of(kind: str, written: Sequence[str]) -> str:
    """The setting for a kind of file with these headings."""
    return MEMORY + kind + "/" + keys.parts_key(sorted({headings.normal(heading) for heading in written}))


def recall(desk: books.Desk, kind: str, written: Sequence[str]) -> dict[str, Any]:
    """What was said of the last file with these headings; nothing where there was none."""
    content = settings.get(desk.db, name_of(kind, written))
    found: dict[str, Any] = {} if content is None else json.loads(content)
    return found


def remember(desk: books.Desk, kind: str, written: Sequence[str], said: Mapping[str, Any]) -> None:
    """Keep what was said of a file that was taken in."""
    content = json.dumps({name: said[name] for name in ANSWERS}, ensure_ascii=False, sort_keys=True)
    settings.put(desk.db, name_of(kind, written), content.encode())
