"""Commands about money: month ends, payments, balances, and debts that cancel each other out."""

from __future__ import annotations

import re
from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


def month(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A month as everybody writes it, so that both sides call a statement by the same name."""
    commands.need(re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", value) is not None, f"{value!r} is no month as in 2026-11")
    return value


@click.group(cls=commands.Group)
def statement() -> None:
    """Month ends: what is owed, line by line."""


@statement.command("propose")
@click.argument("partner")
@click.argument("period", metavar="YYYY-MM", callback=month)
@click.option("--buying/--selling", "buying", default=None, help="Only what I buy from PARTNER, or sell to it.")
@click.option("--currency", help="Only in this currency.")
@commands.asks("statement.propose")
def statement_propose(**typed: Any) -> Arguments:
    """Propose the statement of a month to PARTNER: one for each agreement and currency."""
    return typed


@statement.command("list")
@commands.after
@commands.limit
@commands.partner
@commands.asks("statement.list")
def statement_list(**typed: Any) -> Arguments:
    """List statements."""
    return typed


@statement.command("show")
@click.argument("statement", metavar="ID")
@commands.asks("statement.show")
def statement_show(**typed: Any) -> Arguments:
    """Show one statement, line by line."""
    return typed


@statement.command("lines")
@click.argument("statement", metavar="ID")
@click.option("--only", type=click.Choice(["all", "differing", "contested"]), default="all", help="Only these.")
@click.option("--offset", type=click.IntRange(0), default=0, help="After so many lines.")
@click.option("--limit", type=click.IntRange(1, 500), default=500, show_default=True, help="So many at most.")
@commands.asks("statement.lines")
def statement_lines(**typed: Any) -> Arguments:
    """Show the lines of a statement as proposed, beside what my own books have."""
    return typed


@statement.command("agree")
@click.argument("statement", metavar="ID")
@commands.asks("statement.agree")
def statement_agree(**typed: Any) -> Arguments:
    """Compare a statement with my own books, and sign that they agree or where they differ."""
    return typed


@statement.command("contest")
@click.argument("statement", metavar="ID")
@click.argument("threads", nargs=-1, required=True, metavar="ORDER...")
@click.option("--reason", help="Why, as a short code that the partner reads. [default: amount]")
@click.option("--due", metavar="YYYY-MM-DD", help="The day by which it is to be cleared.")
@commands.asks("statement.contest")
def statement_contest(threads: tuple[str, ...], **typed: Any) -> Arguments:
    """Agree to a statement but for some orders: those stand in the next one again."""
    return typed | {"threads": list(threads)}


@statement.command("reopen")
@click.argument("statement", metavar="ID")
@click.argument("threads", nargs=-1, required=True, metavar="ORDER...")
@click.option("--reason", help="Why, as a short code that the partner reads. [default: amount]")
@click.option("--due", metavar="YYYY-MM-DD", help="The day by which it is to be cleared.")
@commands.asks("statement.reopen")
def statement_reopen(threads: tuple[str, ...], **typed: Any) -> Arguments:
    """Contest orders of a statement that my silence has agreed to, once."""
    return typed | {"threads": list(threads)}


@click.group(cls=commands.Group)
def payment() -> None:
    """Payments, as sent and as received."""


@payment.command("promise")
@click.argument("partner")
@click.argument("amount")
@click.option("--currency", help="[default: that of the agreement]")
@click.option("--due", metavar="YYYY-MM-DD", help="The day on which I will pay.")
@click.option("--statement", metavar="ID", help="The statement that it pays.")
@click.option("--key", help="Repeating the command with the same key promises nothing twice.")
@commands.asks("payment.promise")
def payment_promise(**typed: Any) -> Arguments:
    """Tell PARTNER by when I will pay."""
    return typed


@payment.command("sent")
@click.argument("partner")
@click.argument("amount")
@click.option("--currency", help="[default: that of the agreement]")
@click.option("--reference", help="What the bank transfer says.")
@click.option("--statement", metavar="ID", help="The statement that it pays.")
@click.option("--payment", metavar="ID", help="The one that I promised, or that PARTNER did not see.")
@click.option("--key", help="Repeating the command with the same key announces nothing twice.")
@commands.asks("payment.sent")
def payment_sent(**typed: Any) -> Arguments:
    """Tell PARTNER that I paid."""
    return typed


@payment.command("received")
@click.argument("partner")
@click.argument("amount")
@click.option("--currency", help="[default: that of the agreement]")
@click.option("--payment", metavar="ID", help="The payment that PARTNER announced. [default: one of this amount]")
@click.option("--unannounced", is_flag=True, help="It is no mistake that more came than was announced or is owed.")
@click.option("--key", help="Repeating the command with the same key confirms nothing twice.")
@commands.asks("payment.received")
def payment_received(**typed: Any) -> Arguments:
    """Confirm that PARTNER's money arrived."""
    return typed


@payment.command("dispute")
@click.argument("payment", metavar="ID")
@click.option("--reason", help="Why, as a short code that the partner reads. [default: not_seen]")
@commands.asks("payment.dispute")
def payment_dispute(**typed: Any) -> Arguments:
    """Say that money which a partner announced did not arrive."""
    return typed


@payment.command("show")
@click.argument("payment", metavar="ID")
@commands.asks("payment.show")
def payment_show(**typed: Any) -> Arguments:
    """Show one payment with every document about it."""
    return typed


@payment.command("list")
@commands.after
@commands.limit
@commands.partner
@commands.asks("payment.list")
def payment_list(**typed: Any) -> Arguments:
    """List payments, and what is owed to whom."""
    return typed


@click.command(cls=commands.Command)
@commands.partner
@commands.asks("balance")
def balance(**typed: Any) -> Arguments:
    """What is owed, by partner and currency: in all, agreed, contested, withheld, and what is due next."""
    return typed


@click.group(cls=commands.Group)
def obligation() -> None:
    """Debts that both sides have signed."""


@obligation.command("list")
@commands.partner
@commands.asks("obligation.list")
def obligation_list(**typed: Any) -> Arguments:
    """List what is still open, the oldest first."""
    return typed


@click.group(cls=commands.Group)
def credit() -> None:
    """Credit lines: how much a buyer may owe."""


@credit.command("list")
@commands.partner
@commands.asks("credit.list")
def credit_list(**typed: Any) -> Arguments:
    """List credit lines, and what is left of each."""
    return typed


@click.group(cls=commands.Group)
def netting() -> None:
    """Debts to each other that cancel out, so that only the rest is paid."""


@netting.command("propose")
@click.argument("partner")
@click.option("--currency", help="Where there are debts in several.")
@click.option("--amount", help="Less than all. [default: as much as both owe]")
@commands.asks("netting.propose")
def netting_propose(**typed: Any) -> Arguments:
    """Propose to PARTNER that what we owe each other cancels out."""
    return typed


@netting.command("consent")
@click.argument("netting", metavar="ID")
@commands.asks("netting.consent")
def netting_consent(**typed: Any) -> Arguments:
    """Consent to a netting: both debts are less from now on."""
    return typed


@netting.command("decline")
@click.argument("netting", metavar="ID")
@commands.asks("netting.decline")
def netting_decline(**typed: Any) -> Arguments:
    """Leave both debts as they are."""
    return typed


@netting.command("begin")
@click.option("--currency", help="Where I owe in several.")
@commands.asks("netting.begin")
def netting_begin(**typed: Any) -> Arguments:
    """Begin a round: debts of several merchants that come round to me cancel out."""
    return typed


@netting.command("join")
@click.option("--leave", is_flag=True, help="Not any more.")
@commands.asks("netting.join")
def netting_join(leave: bool) -> Arguments:
    """Take part in rounds that others begin."""
    return {"join": not leave}


@netting.command("release")
@click.argument("round", metavar="ROUND")
@commands.asks("netting.release")
def netting_release(**typed: Any) -> Arguments:
    """End a round that I began and that did not come about."""
    return typed


@netting.command("list")
@commands.partner
@commands.asks("netting.list")
def netting_list(**typed: Any) -> Arguments:
    """List nettings, and which wait for me."""
    return typed
