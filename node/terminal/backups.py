"""Commands about the backups that the node writes by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from node.terminal import commands


@click.group("backups", cls=commands.Group)
def backups() -> None:
    """Backups that the node writes by itself: where, how often, and how many stay."""


@backups.command("show")
@commands.asks("backup.show")
def show() -> dict[str, Any]:
    """What was decided, what came of it, and which backups lie in the folder."""
    return {}


@backups.command("plan")
@click.option("--every", type=click.Choice(("day", "week", "never")), help="How often.")
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
