"""Commands that look back: reports over days or months, and the inbox of returns and complaints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]
Command = Callable[..., Any]


def spanned(command: Command) -> Command:
    """The options of every report."""
    for option in (
        commands.partner,
        click.option("--until", metavar="DATE", help="The last day; without it, today."),
        click.option("--since", metavar="DATE", help="The first day; without it, 30 days."),
    ):
        command = option(command)
    return command


sides = click.option("--buying/--selling", "buying", default=False, help="Of what I buy, or of what I sell.")
by = click.option("--by", type=click.Choice(["day", "month"]), default="day", help="Day by day, or by month.")


@click.group(cls=commands.Group)
def report() -> None:
    """Look back over days or months."""


@report.command("sales")
@by
@sides
@spanned
@commands.asks("report.sales")
def sales(**typed: Any) -> Arguments:
    """What was sold, by the day of the order, less what was called off."""
    return typed


@report.command("shipping")
@by
@sides
@spanned
@commands.asks("report.shipping")
def shipping(**typed: Any) -> Arguments:
    """How long parcels took to leave, and how many left after the promised time."""
    return typed


@report.command("cancels")
@by
@sides
@spanned
@commands.asks("report.cancels")
def cancels(**typed: Any) -> Arguments:
    """Units whose cancel came in time, and units that had left."""
    return typed


@report.command("returns")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, help="So many articles at most.")
@sides
@spanned
@commands.asks("report.returns")
def returns(**typed: Any) -> Arguments:
    """Of what left, how much came back, by article."""
    return typed


@report.command("balances")
@spanned
@commands.asks("report.balances")
def balances(**typed: Any) -> Arguments:
    """What each partner owed, on every day on which it changed."""
    return typed


@click.command("aftersales", cls=commands.Command)
@click.option("--place", type=click.Choice(["mine", "theirs", "way", "closed"]), help="Only what waits there.")
@click.option("--kind", type=click.Choice(["return", "complaint", "dispute"]), help="Only these.")
@commands.partner
@commands.asks("aftersales.list")
def aftersales(**typed: Any) -> Arguments:
    """Returns and complaints of all partners, by what they wait for."""
    return typed
