"""Commands about payment details: mine, and those of partners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def payee() -> None:
    """How I want to be paid, and how my partners do."""


@payee.command("set")
@click.argument("currency")
@click.option("--holder", required=True, help="Who has the account.")
@click.option("--iban", help="The account, where it has an IBAN.")
@click.option("--bic", help="The bank's BIC.")
@click.option("--number", help="The account, where it has no IBAN.")
@click.option("--bank", help="The bank and its branch.")
@click.option("--link", metavar="URL", help="A page of https on which one pays.")
@click.option("--code", type=commands.EXISTING, metavar="FILE", help="A picture of a collection code.")
@click.option("--keep-code", is_flag=True, help="Leave the picture that is there.")
@click.option("--key", help="Repeating the command with the same key tells nobody twice.")
@commands.asks("payee.set")
def payee_set(code: Path | None, **typed: Any) -> Arguments:
    """Say how I want to be paid in CURRENCY, and tell every partner."""
    return {**typed, **({} if code is None else uploads.content(code))}


@payee.command("remove")
@click.argument("currency")
@commands.asks("payee.remove")
def payee_remove(**typed: Any) -> Arguments:
    """Take back how I want to be paid in CURRENCY."""
    return typed


@payee.command("list")
@commands.asks("payee.list")
def payee_list() -> Arguments:
    """Show how I want to be paid."""
    return {}


@payee.command("show")
@click.argument("partner")
@click.option("--currency", help="Only in this currency.")
@click.option("--statement", metavar="ID", help="With what is open of this statement.")
@click.option("--invoice", metavar="ID", help="With what is open of this invoice.")
@click.option("--payment", metavar="ID", help="With what I promised to send.")
@click.option("--agreement", metavar="ID", help="With all that is open under this agreement.")
@click.option("--qr", is_flag=True, help="Draw the code that fills in a transfer in euros.")
def payee_show(qr: bool, **typed: Any) -> None:
    """Show how PARTNER wants to be paid."""
    terminal = commands.current()
    answer = terminal.ask("payee.show", typed)
    terminal.answer("payee.show", answer)
    if qr:
        from node.terminal import pictures

        for row in answer["payees"]:
            if row["epc"]:
                terminal.show(pictures.epc(row["epc"]))


@payee.command("accept")
@click.argument("partner")
@click.argument("currency")
@click.argument("hash")
@commands.asks("payee.accept")
def payee_accept(**typed: Any) -> Arguments:
    """Say that changed details of PARTNER are right: I have asked on a number that I knew before."""
    return typed
