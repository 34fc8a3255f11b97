"""The two questions of every day: what waits for me, and where is this?"""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.command(cls=commands.Command)
@click.option("--limit", type=click.IntRange(0, 100), default=5, show_default=True, help="So many of each kind.")
@commands.asks("today")
def today(**typed: Any) -> Arguments:
    """Show what waits for me: what has to be done, how many times, and what comes first."""
    return typed


@click.command(cls=commands.Command)
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="So many at most.")
@commands.asks("search")
def search(text: tuple[str, ...], limit: int) -> Arguments:
    """Find orders, partners, goods and papers by TEXT.

    A number of any kind, its beginning or its end; a telephone number; the name of a recipient or a partner; words of a
    title, in Chinese two characters will do.
    """
    return {"text": " ".join(text), "limit": limit}
