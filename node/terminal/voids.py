"""Commands that correct what should never have been written."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def void() -> None:
    """Corrections of payments that were typed by mistake."""


@void.command("payment")
@click.argument("payment", metavar="PAYMENT")
@click.option(
    "--reason",
    type=click.Choice(("did_not_occur", "incorrect_data")),
    default="incorrect_data",
    show_default=True,
    help="Why it does not count.",
)
@click.option("--replacement", metavar="PAYMENT", help="My payment that stands in its place.")
@commands.asks("void")
def void_payment(**typed: Any) -> Arguments:
    """Take back what I said of PAYMENT. What I confirmed as received stands until the partner agrees."""
    return typed


@void.command("accept")
@click.argument("payment", metavar="PAYMENT")
@click.option("--decline", is_flag=True, help="It stands.")
@commands.asks("void.accept")
def void_accept(**typed: Any) -> Arguments:
    """Agree that money which the partner had confirmed never arrived."""
    return typed
