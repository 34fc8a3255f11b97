"""Commands about deadlines: what waits, and what follows from a partner's silence."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]
row = click.option("--row", metavar="ROW", help="Only this row, as `hanse deadline list` names it.")


@click.group(cls=commands.Group)
def deadline() -> None:
    """What waits for an answer, until when, and what a silence leads to."""


@deadline.command("list")
@commands.partner
@click.option("--mine/--theirs", "mine", default=None, help="Only what partners owe me, or only what I have to answer.")
@commands.asks("deadline.list")
def deadline_list(**typed: Any) -> Arguments:
    """List what waits, the most urgent first.

    A clock runs from the receipt of the one who has to answer. What is `due` can be claimed; what is `over` can be
    as soon as the partner shows that it was there.
    """
    return typed


@deadline.command("claim")
@click.argument("order", required=False, metavar="ID")
@row
@commands.asks("deadline.claim")
def deadline_claim(**typed: Any) -> Arguments:
    """Claim what a partner's silence gives me: of order ID, or everything that is due.

    An answer of the partner that I had not read yet wins over it.
    """
    return typed


@deadline.command("remind")
@click.argument("order", metavar="ID")
@row
@click.option("--key", help="Repeating the command with the same key reminds nobody twice.")
@commands.asks("deadline.remind")
def deadline_remind(**typed: Any) -> Arguments:
    """Remind the partner of what waits for its answer."""
    return typed
