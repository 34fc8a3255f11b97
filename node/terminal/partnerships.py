"""Commands about this node and its partners: each is one question to the running node."""

from __future__ import annotations

import sys
from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.command(cls=commands.Command)
@commands.asks("status")
def status() -> Arguments:
    """Who I am, who is connected, what waits for me."""
    return {}


@click.command(cls=commands.Command)
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How long it can be used.")
@click.option("--qr", is_flag=True, help="Draw it as a QR code as well.")
def invite(hours: int, qr: bool) -> None:
    """Make an invitation that one merchant may use once."""
    terminal = commands.current()
    answer = terminal.ask("invite", {"hours": hours})
    terminal.answer("invite", answer)
    if qr:
        from node.terminal import pictures

        terminal.show(pictures.qr(answer["uri"]))


@click.command(cls=commands.Command)
@click.argument("uri", metavar="URI")
@commands.asks("join")
def join(uri: str) -> Arguments:
    """Use an invitation. `-` reads it from the input, which keeps the secret out of the shell's history."""
    return {"uri": sys.stdin.readline().strip() if uri == "-" else uri}


@click.command(cls=commands.Command)
@commands.asks("partners")
def partners() -> Arguments:
    """List partners: connected or not, and how much each side has of the other."""
    return {}


@click.group(cls=commands.Group)
def partner() -> None:
    """Rename or remove a partner."""


@partner.command("rename")
@click.argument("partner")
@click.argument("name")
@commands.asks("partner.rename")
def partner_rename(**typed: Any) -> Arguments:
    """Call PARTNER by another NAME, which only this node sees."""
    return typed


@partner.command("remove")
@click.argument("partner")
@commands.asks("partner.remove")
def partner_remove(**typed: Any) -> Arguments:
    """End the partnership with PARTNER. What was signed stays."""
    return typed
