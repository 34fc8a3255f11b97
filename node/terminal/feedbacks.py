"""Commands about what consumers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def feedback() -> None:
    """What consumers say, on its way to whoever made the goods."""


@feedback.command("give")
@click.argument("order", metavar="ID")
@click.option(
    "--rating", "ratings", multiple=True, required=True, metavar="CODE=STARS", help="As in overall=5; repeatable."
)
@click.option("--tag", "tags", multiple=True, metavar="CODE", help="A word for it, as in late; repeatable.")
@click.option("--text", help="The consumer's words.")
@uploads.files
@commands.asks("feedback.give")
def feedback_give(ratings: tuple[str, ...], tags: tuple[str, ...], files: tuple[Path, ...], **typed: Any) -> Arguments:
    """Say what the consumer of an order of mine thinks. Every link passes it on by itself."""
    stars = commands.quantities(ratings, "CODE")
    return {**typed, "ratings": stars, "tags": list(tags), "files": uploads.contents(files)}


@feedback.command("invite")
@click.argument("order", metavar="ID")
@commands.asks("feedback.invite")
def feedback_invite(**typed: Any) -> Arguments:
    """Confirm that an order was a purchase, where no hand-over says so."""
    return typed


@feedback.command("list")
@commands.partner
@commands.asks("feedback.list")
def feedback_list(**typed: Any) -> Arguments:
    """List what consumers said."""
    return typed
