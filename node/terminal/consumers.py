"""Commands about consumers."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def consumer() -> None:
    """The people behind the orders, and what is kept of them."""


@consumer.command("erase")
@click.argument("order", required=False)
@click.option("--phone", metavar="NUMBER", help="Of every order with this telephone number, instead of one ORDER.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@commands.asks("consumer.erase")
def consumer_erase(order: str | None, phone: str | None, yes: bool) -> Arguments:
    """Destroy name, address and telephone number of the consumer of an ORDER. The signed documents stay."""
    commands.need((order is None) != (phone is None), "either an ORDER or --phone")
    if not yes:
        click.confirm("This cannot be undone. Erase?", abort=True, err=True)
    return {"order": order} if phone is None else {"phone": phone}


@consumer.command("retention")
@commands.asks("retention.show")
def retention() -> Arguments:
    """After how many days the node erases consumers by itself, and what it did so far."""
    return {}


@consumer.command("retain")
@click.argument("days", type=click.IntRange(0, 3_650))
@click.option("--yes", is_flag=True, help="Do not ask.")
@commands.asks("retention.set")
def retain(days: int, yes: bool) -> Arguments:
    """Let the node erase consumers DAYS after their order is at an end, 30 at least; 0 is never."""
    if days and not yes:
        click.confirm(f"What is at an end for {days} days is erased within the hour. Go on?", abort=True, err=True)
    return {"days": days}
