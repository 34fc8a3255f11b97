"""Commands about what is for sale: catalogue, agreements, stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]
PERIODS = ("weekly", "half-monthly", "monthly")
BASES = ("shipment", "delivery", "return_window")


@click.group(cls=commands.Group)
def catalogue() -> None:
    """Goods: my own, and what partners offer."""


@catalogue.command("import")
@uploads.takes_file
@click.option("--language", help="Language of titles whose heading names none, for instance zh.")
@click.option("--supply-price", metavar="HEADING", help="In a Shopify export, the column with your supply price.")
@commands.asks("catalogue.import")
def catalogue_import(**typed: Any) -> Arguments:
    """Read goods from a CSV or XLSX FILE. A file with faults changes nothing."""
    return uploads.question(**typed)


@catalogue.command("list")
@commands.partner
@commands.asks("catalogue.list")
def catalogue_list(**typed: Any) -> Arguments:
    """List my goods, or what a partner offers me."""
    return typed


@catalogue.command("share")
@click.argument("partner")
@click.option("--percent", default="100", show_default=True, help="Price for this partner, in percent of supply price.")
@commands.asks("catalogue.share")
def catalogue_share(**typed: Any) -> Arguments:
    """Offer my goods to PARTNER, with prices; sends what changed."""
    return typed


@catalogue.command("derive")
@click.argument("partner")
@click.option("--markup", "markup_percent", default="20", show_default=True, help="What I add, in percent.")
@click.option("--prefix", default="", metavar="TEXT", help="Put this before PARTNER's SKUs to make my own.")
@click.option("--own-skus", is_flag=True, help="Call the goods by SKUs of my own that do not tell PARTNER's.")
@commands.asks("catalogue.derive")
def catalogue_derive(**typed: Any) -> Arguments:
    """Take what PARTNER offers into my own goods, to sell it on."""
    return typed


@catalogue.command("withdraw")
@click.argument("sku")
@commands.asks("catalogue.withdraw")
def catalogue_withdraw(**typed: Any) -> Arguments:
    """Offer SKU to nobody any more. Orders that were placed stay as they are."""
    return typed


def describes_article(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what an article is."""
    options = (
        click.option("--title", "titles", multiple=True, metavar="LANGUAGE=TEXT", help="As in zh=青花碗; repeatable."),
        click.option("--option", "options", multiple=True, metavar="AXIS=VALUE", help="As in colour=blue; repeatable."),
        click.option("--price", metavar="AMOUNT", help="Supply price for one."),
        click.option("--retail", metavar="AMOUNT", help="Suggested price for one."),
        click.option("--currency", help="The currency of both. [default: CNY]"),
        click.option("--unit", help="UN/ECE code, as C62 for pieces."),
        click.option("--min-quantity", type=click.IntRange(1), help="The smallest order."),
        click.option("--gtin", help="Barcode."),
        click.option("--brand", help="Its brand."),
        click.option("--category", help="Its category."),
        click.option("--origin", metavar="COUNTRY", help="ISO 3166 code."),
        click.option("--weight-g", type=click.IntRange(0), help="Grams of one."),
        click.option("--lead-days", type=click.IntRange(0), help="Days until it ships."),
        click.option("--returnable/--not-returnable", default=None, help="Whether it is taken back."),
        click.option("--description", help="What it is, in full."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def article(titles: tuple[str, ...], options: tuple[str, ...], **typed: Any) -> Arguments:
    """The arguments of `catalogue.add` and `catalogue.change` from what was typed."""
    for text in (*titles, *options):
        commands.need(all(text.partition("=")[::2]), f"{text!r} is no NAME=TEXT, as in zh=青花碗 or colour=blue")
    typed |= {"titles": dict(text.split("=", 1) for text in titles)} if titles else {}
    axes = [dict(zip(("axis", "value"), text.split("=", 1), strict=True)) for text in options]
    return typed | ({"options": axes} if axes else {})


@catalogue.command("add")
@click.argument("sku")
@describes_article
@commands.asks("catalogue.add")
def catalogue_add(**typed: Any) -> Arguments:
    """Write a new article by hand, and offer it to everybody who is offered my goods."""
    return article(**typed)


@catalogue.command("change")
@click.argument("sku")
@describes_article
@click.option("--markup", "markup_percent", metavar="PERCENT", help="On what its supplier asks.")
@commands.asks("catalogue.change")
def catalogue_change(**typed: Any) -> Arguments:
    """Change what is said of SKU; what is not named stays. Partners are told at once."""
    return article(**typed)


@catalogue.command("price")
@click.argument("partner")
@click.argument("sku")
@click.argument("amount", required=False)
@commands.asks("catalogue.price")
def catalogue_price(**typed: Any) -> Arguments:
    """Let PARTNER pay AMOUNT for SKU, whatever its percentage; without AMOUNT the percentage counts again."""
    return typed


@catalogue.command("restore")
@click.argument("sku")
@commands.asks("catalogue.restore")
def catalogue_restore(**typed: Any) -> Arguments:
    """Offer SKU again, after `withdraw`."""
    return typed


@click.group("imports", cls=commands.Group)
def imports() -> None:
    """Files of goods, counts and orders that were taken in."""


@imports.command("list")
@commands.asks("import.list")
def import_list(**typed: Any) -> Arguments:
    """List the files that were taken in of late."""
    return typed


@imports.command("show")
@click.argument("number", type=click.IntRange(1))
@commands.asks("import.show")
def import_show(**typed: Any) -> Arguments:
    """Show what file NUMBER changed, and what of it was changed since."""
    return typed


@imports.command("undo")
@click.argument("number", type=click.IntRange(1))
@click.option("--others", is_flag=True, help="Leave what was changed or answered since, and take back the others.")
@commands.asks("import.undo")
def import_undo(**typed: Any) -> Arguments:
    """Take back what file NUMBER changed; partners are told. Of orders, those that no supplier has answered."""
    return typed


LEVELS = ("none", "country", "province", "city")
"""Of a place of delivery, whose address is sealed to whoever ships."""


@click.group(cls=commands.Group)
def agreement() -> None:
    """Agreements: the terms between me and a partner."""


@agreement.command("propose")
@click.argument("partner")
@click.option("--buying", is_flag=True, help="I buy and PARTNER sells. Otherwise I sell.")
@click.option("--currency", default="CNY", show_default=True, help="The currency of all prices.")
@click.option("--credit", metavar="AMOUNT", help="How much the buyer may owe. [default: no limit]")
@click.option("--cancel-fee", metavar="RATE", help="What cancelling costs after acceptance, as a part of the price.")
@click.option("--oversell-penalty", metavar="RATE", help="What the seller owes for goods sold but not there.")
@click.option("--seller-penalty", metavar="RATE", help="What a seller owes that cancels, or is late.")
@click.option("--ship-by-hours", type=click.IntRange(1), help="Hours from acceptance until the goods must leave.")
@click.option("--basis", type=click.Choice(BASES), help="What makes goods owed. [default: shipment]")
@click.option("--withhold", metavar="RATE", help="The part of the price that the buyer keeps until goods are final.")
@click.option("--fee", "fees", multiple=True, metavar="NAME=RATE[+TAX]", help="What the buyer keeps; repeatable.")
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="ROLE=RATE:WHO",
    help="What a third merchant gets of every price: a partner, a NodeID, or `seller` for PARTNER itself; repeatable.",
)
@click.option("--shares-by", type=click.Choice(("buyer", "seller")), help="Who passes them on. [default: buyer]")
@click.option("--channel", "channels", multiple=True, metavar="KIND", help="Where the buyer may sell; repeatable.")
@click.option("--arbiter", "arbiters", multiple=True, metavar="KEY", help="Who decides disputes; repeatable.")
@click.option("--resolve-hours", type=click.IntRange(1), help="Hours until an issue may be escalated. [default: 168]")
@click.option("--award-hours", type=click.IntRange(1), help="Hours that each arbiter has. [default: 336]")
@click.option("--self-billing", is_flag=True, help="The buyer writes the invoices.")
@click.option("--return-days", type=click.IntRange(0), help="Days in which goods may come back. [default: 14]")
@click.option("--payment-days", type=click.IntRange(0), help="Days until what is owed is due. [default: 14]")
@click.option("--period", type=click.Choice(PERIODS), help="How often the books are closed. [default: monthly]")
@click.option(
    "--instead-of", metavar="HASH", help="The agreement in force, or the proposal, to which these are other terms."
)
@click.option("--ship-to", type=click.Choice(LEVELS), help="How much the seller sees of an address. [default: country]")
@commands.asks("agreement.propose")
def agreement_propose(
    fees: tuple[str, ...],
    shares: tuple[str, ...],
    channels: tuple[str, ...],
    arbiters: tuple[str, ...],
    self_billing: bool,
    **typed: Any,
) -> Arguments:
    """Propose terms to PARTNER."""
    for share in shares:
        role, _, rest = share.partition("=")
        commands.need(all((role, *rest.partition(":")[::2])), f"{share!r} is no ROLE=RATE:WHO, as in design=0.1:Studio")
    typed |= {"shares": list(shares)} if shares else {}
    typed |= {"channels": list(channels)} if channels else {}
    typed |= {"arbiters": list(arbiters)} if arbiters else {}
    typed |= {"self_billing": True} if self_billing else {}
    for fee in fees:
        commands.need(all(fee.partition("=")[::2]), f"{fee!r} is no NAME=RATE, as in market=0.05")
    return typed | ({"fees": dict(fee.split("=", 1) for fee in fees)} if fees else {})


@agreement.command("accept")
@click.argument("partner")
@click.argument("agreement", required=False)
@commands.asks("agreement.accept")
def agreement_accept(**typed: Any) -> Arguments:
    """Accept what PARTNER proposed."""
    return typed


@agreement.command("decline")
@click.argument("partner")
@click.argument("agreement")
@commands.asks("agreement.decline")
def agreement_decline(**typed: Any) -> Arguments:
    """Say no to a proposal that nobody has accepted."""
    return typed


@agreement.command("end")
@click.argument("partner")
@click.argument("agreement")
@click.option("--reason", metavar="CODE", help="For the partner, in one word.")
@commands.asks("agreement.end")
def agreement_end(**typed: Any) -> Arguments:
    """End an agreement in force. What has begun under it goes on as agreed; nothing new begins."""
    return typed


@agreement.command("list")
@commands.partner
@commands.asks("agreement.list")
def agreement_list(**typed: Any) -> Arguments:
    """List agreements."""
    return typed


location_option = click.option("--location", metavar="CODE", help="Where it lies. [default: main]")


@click.group(cls=commands.Group)
def stock() -> None:
    """What lies in my warehouses, and what partners are told of it."""


@stock.command("set")
@click.argument("items", nargs=-1, required=True, metavar="SKU=QUANTITY...")
@location_option
@commands.asks("stock.set")
def stock_set(items: tuple[str, ...], location: str | None) -> Arguments:
    """Set how many of each SKU lie in a warehouse."""
    return {"items": commands.quantities(items), "location": location}


@stock.command("list")
@commands.asks("stock.list")
def stock_list() -> Arguments:
    """List stock: on hand, reserved, available. A location that begins with @ is a supplier's."""
    return {}


@stock.command("hold")
@click.argument("partner")
@click.argument("sku", metavar="SKU")
@click.argument("quantity", type=click.IntRange(1))
@location_option
@click.option("--hours", type=click.IntRange(1), default=24, show_default=True, help="How long to keep it back.")
@commands.asks("stock.hold")
def stock_hold(**typed: Any) -> Arguments:
    """Ask PARTNER to keep goods back for me."""
    return typed


@stock.command("holds")
@commands.asks("stock.holds")
def stock_holds() -> Arguments:
    """List what partners keep back for me, and I for them."""
    return {}


@stock.command("release")
@click.argument("hold", metavar="ID")
@commands.asks("stock.release")
def stock_release(**typed: Any) -> Arguments:
    """End a hold."""
    return typed


@stock.group("location")
def stock_location() -> None:
    """Where stock lies."""


@stock_location.command("add")
@click.argument("code")
@click.option("--name", help="What partners call it.")
@click.option("--country", help="As in CN or HK.")
@click.option("--region", help="ISO 3166-2 as in CN-GD, or six digits as in 440300.")
@click.option("--customs", help="The customs territory, where it is not that of the country: a bonded warehouse.")
@click.option("--gln", help="Its GS1 location number, 13 digits.")
@commands.asks("stock.location.add")
def stock_location_add(**typed: Any) -> Arguments:
    """Add the location CODE, or describe it anew."""
    return typed


@stock_location.command("list")
@commands.asks("stock.location.list")
def stock_location_list() -> Arguments:
    """List my locations, and those that partners have told me of."""
    return {}


@stock.command("allot")
@click.argument("partner")
@click.argument("sku", metavar="SKU")
@click.argument("amount", metavar="UNITS|PERCENT")
@commands.asks("stock.allot")
def stock_allot(**typed: Any) -> Arguments:
    """Tell PARTNER of at most so much of a SKU: units as in 12, a part as in 30%, or all."""
    return typed


@stock.command("allotments")
@commands.asks("stock.allotments")
def stock_allotments() -> Arguments:
    """List who is told of how much."""
    return {}


@stock.command("buffer")
@click.argument("sku", metavar="SKU")
@click.argument("units", type=click.IntRange(0))
@commands.asks("stock.buffer")
def stock_buffer(**typed: Any) -> Arguments:
    """Keep so many of a SKU out of what partners are told."""
    return typed
