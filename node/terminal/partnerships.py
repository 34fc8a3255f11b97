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


@click.group(cls=commands.Group)
def invitation() -> None:
    """What became of invitations, and taking one back."""


@invitation.command("list")
@commands.asks("invite.list")
def invitation_list() -> Arguments:
    """List the invitations of late, with what became of each."""
    return {}


@invitation.command("withdraw")
@click.argument("invitation", metavar="ID")
@commands.asks("invite.withdraw")
def invitation_withdraw(**typed: Any) -> Arguments:
    """Let nobody use an invitation any more."""
    return typed


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
    """Show, rename, suspend, leave or remove a partner."""


@partner.command("show")
@click.argument("partner")
@commands.asks("partner.show")
def partner_show(**typed: Any) -> Arguments:
    """Show one partner: the link, the words, what each side lets the other see."""
    return typed


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


@partner.command("suspend")
@click.argument("partner")
@click.option("--reason", help="Why, as a short code that PARTNER reads.")
@commands.asks("partner.suspend")
def partner_suspend(**typed: Any) -> Arguments:
    """Begin nothing new with PARTNER for now; what is open goes on."""
    return typed


@partner.command("resume")
@click.argument("partner")
@commands.asks("partner.resume")
def partner_resume(**typed: Any) -> Arguments:
    """End my suspension of PARTNER."""
    return typed


@partner.command("end")
@click.argument("partner")
@click.option("--notice", "notice_days", type=click.IntRange(0, 3_660), default=30, show_default=True, help="Days.")
@click.option("--reason", help="Why, as a short code that PARTNER reads.")
@commands.asks("partner.end")
def partner_end(**typed: Any) -> Arguments:
    """Leave PARTNER with notice: nothing new begins, what is open comes to its end, a statement closes the books."""
    return typed


@partner.command("compared")
@click.argument("partner")
@commands.asks("partner.compare")
def partner_compared(**typed: Any) -> Arguments:
    """Note that PARTNER reads the same fingerprint words as I do."""
    return typed


@click.group(cls=commands.Group)
def card() -> None:
    """What I tell partners of myself, and they of themselves."""


@card.command("set")
@click.option("--legal-name", help="The name in the trade register.")
@click.option("--country", help="As in CN or DE.")
@click.option("--language", "languages", multiple=True, help="As in zh-CN; repeatable.")
@click.option("--gln", help="GS1 location number, 13 digits.")
@click.option("--lei", help="Legal entity identifier, 20 characters.")
@click.option("--tax-id", help="Tax number.")
@commands.asks("card.set")
def card_set(languages: tuple[str, ...], **typed: Any) -> Arguments:
    """Change my card, and show it to every partner."""
    return {**typed, "languages": list(languages) or None}


@card.command("show")
@commands.partner
@commands.asks("card.show")
def card_show(**typed: Any) -> Arguments:
    """Show my card, or a partner's."""
    return typed
