"""Commands about invoices."""

from __future__ import annotations

from typing import Any, Final

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]
STATUSES: Final = ("AB", "IP", "UQ", "CA", "RE", "AP", "PD")
REASONS: Final = ("NON", "REF", "LEG", "REC", "QUA", "DEL", "PRI", "QTY", "ITM", "PAY", "UNR", "FIN", "PPD", "OTH")
ACTIONS: Final = ("NOA", "PIN", "NIN", "CNF", "CNP", "CNA", "OTH")
key = click.option("--key", help="Repeating the command with the same key writes nothing twice.")


@click.group(cls=commands.Group)
def invoice() -> None:
    """Invoices and credit notes, and the answers to them."""


@invoice.command("issue")
@click.argument("statement", required=False, metavar="STATEMENT")
@click.option("--order", metavar="ID", help="Over what this order has shipped, instead of a statement.")
@click.option("--number", help="Its number. [default: the next of my own]")
@click.option("--due", metavar="YYYY-MM-DD", help="[default: as the agreement says]")
@click.option("--buyer-reference", metavar="TEXT", help="What the buyer wants to read on it.")
@click.option("--national", metavar="SYSTEM=NUMBER", help="The number that a state's own system gave it.")
@key
@commands.asks("invoice.issue")
def invoice_issue(statement: str | None, order: str | None, national: str | None, **typed: Any) -> Arguments:
    """Write the invoice over a closed STATEMENT. Its lines and figures follow from the books."""
    commands.need((statement is None) != (order is None), "name a statement, or an order with --order")
    pair = None
    if national is not None:
        system, found, number = national.partition("=")
        commands.need(bool(system and found and number), f"{national!r} is not SYSTEM=NUMBER")
        pair = [system, number]
    return {"statement": statement, "order": order, "national": pair, **typed}


@invoice.command("credit")
@click.argument("invoice", metavar="INVOICE")
@commands.line_quantities
@click.option("--reason", help="Why, as a short code that the partner reads.")
@click.option("--number", help="Its number. [default: the next of my own]")
@key
@commands.asks("invoice.credit")
def invoice_credit(quantities: tuple[str, ...], **typed: Any) -> Arguments:
    """Take an invoice back by a credit note, wholly or by `--quantity`."""
    return {**typed, "lines": commands.lines(quantities)}


@invoice.command("respond")
@click.argument("invoice", metavar="INVOICE")
@click.argument("status", type=click.Choice(STATUSES))
@click.option("--partial", is_flag=True, help="With PD: paid in part.")
@click.option("--reason", type=click.Choice(REASONS), help="Why; needed for UQ, CA and RE.")
@click.option("--action", type=click.Choice(ACTIONS), help="What should be done; needed for UQ, CA and RE.")
@click.option("--term", metavar="BT-N", help="Which term is wrong, as EN 16931 counts them.")
@click.option("--value", help="What it should say.")
@click.option("--line", "lines", type=int, multiple=True, help="The line that it is about; repeatable.")
@uploads.message
@commands.asks("invoice.respond")
def invoice_respond(lines: tuple[int, ...], **typed: Any) -> Arguments:
    """Answer an invoice: AB received, IP in process, UQ asks, CA under conditions, RE refused, AP approved, PD paid."""
    return {**typed, "lines": list(lines) or None}


@invoice.command("list")
@commands.after
@commands.limit
@commands.partner
@commands.asks("invoice.list")
def invoice_list(**typed: Any) -> Arguments:
    """List invoices."""
    return typed


@invoice.command("show")
@click.argument("invoice", metavar="INVOICE")
@commands.asks("invoice.show")
def invoice_show(**typed: Any) -> Arguments:
    """Show one invoice, line by line.

    INVOICE is its number, or the start of its hash.
    """
    return typed
