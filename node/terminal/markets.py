"""Commands about supply and demand: what is offered and wanted, and prices asked for and frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


def notice_options(command: Any) -> Any:
    """What a notice says."""
    options: tuple[Callable[[Any], Any], ...] = (
        click.option("--sku", metavar="SKU", help="Which article, where it has a SKU."),
        click.option("--category", metavar="CODE", help="Which kind of goods."),
        click.option("--quantity", type=click.IntRange(1), help="How many."),
        click.option("--price", metavar="AMOUNT", help="About which price."),
        click.option("--currency", default="CNY", show_default=True, help="Of the price."),
        click.option("--until", metavar="YYYY-MM-DD", help="Until when."),
        click.option("--country", "countries", multiple=True, help="For which country, as in DE; repeatable."),
        click.option("--to", "partners", multiple=True, metavar="PARTNER", help="Whom to tell. [default: all]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def notice(countries: tuple[str, ...], partners: tuple[str, ...], **typed: Any) -> Arguments:
    """The arguments of a notice."""
    return {**typed, "countries": list(countries), "partners": list(partners)}


@click.group(cls=commands.Group)
def offer() -> None:
    """What I have to sell, and partners."""


@offer.command("post")
@click.argument("what")
@notice_options
@commands.asks("offer.post")
def offer_post(**typed: Any) -> Arguments:
    """Tell partners WHAT I have."""
    return notice(**typed)


@offer.command("list")
@commands.asks("offer.list")
def offer_list() -> Arguments:
    """List what I and partners have."""
    return {}


@click.group(cls=commands.Group)
def want() -> None:
    """What I look for, and partners."""


@want.command("post")
@click.argument("what")
@notice_options
@commands.asks("want.post")
def want_post(**typed: Any) -> Arguments:
    """Tell partners WHAT I look for."""
    return notice(**typed)


@want.command("list")
@commands.asks("want.list")
def want_list() -> Arguments:
    """List what I and partners look for."""
    return {}


@want.command("withdraw")
@click.argument("notice", metavar="ID")
@commands.asks("notice.withdraw")
def want_withdraw(**typed: Any) -> Arguments:
    """Withdraw a want of mine."""
    return typed


@offer.command("withdraw")
@click.argument("notice", metavar="ID")
@commands.asks("notice.withdraw")
def offer_withdraw(**typed: Any) -> Arguments:
    """Withdraw an offer of mine."""
    return typed


@click.group(cls=commands.Group)
def quote() -> None:
    """Prices asked for, and frozen for one order."""


@quote.command("request")
@click.argument("partner")
@click.argument("lines", nargs=-1, required=True, metavar="SKU=QUANTITY...")
@click.option("--notice", metavar="ID", help="The offer or want that it is about.")
@commands.asks("quote.request")
def quote_request(lines: tuple[str, ...], **typed: Any) -> Arguments:
    """Ask PARTNER for a price."""
    return {**typed, "lines": commands.quantities(lines)}


@quote.command("give")
@click.argument("quote", metavar="ID")
@click.argument("prices", nargs=-1, required=True, metavar="LINE=PRICE...")
@click.option("--hours", type=click.IntRange(1), default=72, show_default=True, help="How long it holds.")
@commands.asks("quote.give")
def quote_give(prices: tuple[str, ...], **typed: Any) -> Arguments:
    """Freeze a price for what a partner asked."""
    pairs = [text.partition("=") for text in prices]
    commands.need(all(line.isdigit() and price for line, _, price in pairs), "a price is LINE=PRICE, as in 1=12.50")
    return {**typed, "prices": {line: price for line, _, price in pairs}}


@quote.command("accept")
@click.argument("quote", metavar="ID")
@commands.line_quantities
@commands.asks("quote.accept")
def quote_accept(quantities: tuple[str, ...], **typed: Any) -> Arguments:
    """Order at the quoted price."""
    return {**typed, "quantities": commands.lines(quantities)}


@quote.command("close")
@click.argument("quote", metavar="ID")
@commands.asks("quote.close")
def quote_close(**typed: Any) -> Arguments:
    """Decline to quote, or what was quoted."""
    return typed


@quote.command("list")
@commands.partner
@commands.asks("quote.list")
def quote_list(**typed: Any) -> Arguments:
    """List quotes, asked of me and by me."""
    return typed
