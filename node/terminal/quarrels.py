"""Commands about what went wrong: issues, and the disputes that come of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]
CATEGORIES: Final = (
    "missing", "damaged", "defective", "wrong_item", "late", "return", "payment", "invoice", "statement", "other",
)  # fmt: skip
REMEDIES: Final = ("refund", "exchange", "repair", "credit", "explain", "other")
STATUSES: Final = ("processing", "need_more_info", "resolved", "information")

key = click.option("--key", help="Repeating the command with the same key does nothing twice.")


@click.group(cls=commands.Group)
def issue() -> None:
    """Complaints, and how they are settled."""


@issue.command("open")
@click.argument("order", required=False, metavar="ORDER")
@click.option("--partner", metavar="PARTNER", help="Where it is about no single order.")
@click.option("--buying/--selling", "buying", default=None, help="Which account, where each sells to the other.")
@click.option("--category", type=click.Choice(CATEGORIES), default="other", show_default=True, help="What is wrong.")
@click.option("--remedy", type=click.Choice(REMEDIES), help="What I want to be done.")
@click.option("--claim", metavar="AMOUNT", help="What I want to be paid.")
@commands.line_quantities
@uploads.message
@uploads.files
@key
@commands.asks("issue.open")
def issue_open(
    order: str | None, partner: str | None, quantities: tuple[str, ...], files: tuple[Path, ...], **typed: Any
) -> Arguments:
    """Complain about ORDER, or about PARTNER."""
    commands.need((order is None) != (partner is None), "name an order, or a partner with --partner")
    lines = commands.lines(quantities)
    return {"order": order, "partner": partner, "lines": lines, "files": uploads.contents(files), **typed}


@issue.command("reply")
@click.argument("issue", metavar="ISSUE")
@click.option("--status", type=click.Choice(STATUSES), help="[default: processing; information to my own issue]")
@uploads.message
@uploads.files
@key
@commands.asks("issue.reply")
def issue_reply(files: tuple[Path, ...], **typed: Any) -> Arguments:
    """Answer an issue, ask, or say that it is resolved.

    ISSUE is the start of its hash, or the number of the order that it is about.
    """
    return {**typed, "files": uploads.contents(files)}


@issue.command("list")
@commands.partner
@click.option("--live", is_flag=True, help="Only those that are not at an end.")
@commands.asks("issue.list")
def issue_list(**typed: Any) -> Arguments:
    """List issues."""
    return typed


@issue.command("show")
@click.argument("issue", metavar="ISSUE")
@commands.asks("issue.show")
def issue_show(**typed: Any) -> Arguments:
    """Show one issue: messages, offers, every document."""
    return typed


@issue.command("offer")
@click.argument("issue", metavar="ISSUE")
@click.argument("amount")
@click.option("--to-me", is_flag=True, help="The partner would pay it, not I.")
@uploads.message
@key
@commands.asks("issue.offer")
def issue_offer(**typed: Any) -> Arguments:
    """Offer to settle an issue for AMOUNT, paid by me."""
    return typed


@issue.command("accept")
@click.argument("issue", metavar="ISSUE")
@click.option("--offer", metavar="ID", help="Which offer, where several wait.")
@click.option("--decline", is_flag=True, help="Say no to it.")
@commands.asks("issue.accept")
def issue_accept(**typed: Any) -> Arguments:
    """Take the partner's offer: it ends the issue and stands in the next statement."""
    return typed


@issue.command("close")
@click.argument("issue", metavar="ISSUE")
@click.option("--unsatisfied", is_flag=True, help="Closed all the same.")
@commands.asks("issue.close")
def issue_close(**typed: Any) -> Arguments:
    """Close my own issue: nothing more is asked for."""
    return typed
