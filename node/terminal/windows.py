"""Commands about goods as people look at them: one article, pictures, what partners offer, a file before its import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click

from node.terminal import commands, goods, uploads

Arguments = dict[str, Any]
SORTS = ("title", "cost", "margin", "margin_percent", "stock")
text = click.option("--text", help="Only where this stands in the SKU, a title, the brand or the category.")


@goods.catalogue.command("show")
@click.argument("sku", metavar="SKU")
@commands.asks("catalogue.show")
def catalogue_show(**typed: Any) -> Arguments:
    """Show an article: what it is, where it lies, and who sees it at what price."""
    return typed


@goods.catalogue.command("preview")
@click.argument("partner")
@text
@commands.asks("catalogue.preview")
def catalogue_preview(**typed: Any) -> Arguments:
    """List what PARTNER sees of my goods, with its price and stock."""
    return typed


@goods.catalogue.command("look")
@uploads.takes_file
@click.option("--kind", type=click.Choice(("catalogue", "stock")), help="What FILE is to be. [default: catalogue]")
@commands.asks("sheet.preview")
def catalogue_look(**typed: Any) -> Arguments:
    """Tell what the columns of FILE are taken for, every fault, and what importing it would change."""
    return uploads.question(**typed)


@goods.stock.command("import")
@uploads.takes_file
@goods.location_option
@commands.asks("stock.import")
def stock_import(**typed: Any) -> Arguments:
    """Read counts from a CSV or XLSX FILE with SKU and stock. A file with faults changes nothing."""
    return uploads.question(**typed)


@click.group(cls=commands.Group)
def picture() -> None:
    """Pictures of my goods."""


@picture.command("add")
@click.argument("sku", metavar="SKU")
@click.argument("paths", nargs=-1, required=True, type=commands.EXISTING, metavar="FILE...")
@commands.asks("picture.add")
def picture_add(sku: str, paths: tuple[Path, ...]) -> Arguments:
    """Add PNG, JPEG or WebP files; partners get them with the next `hanse catalogue share`."""
    return {"sku": sku, "files": uploads.contents(paths)}


@picture.command("first")
@click.argument("sku", metavar="SKU")
@click.argument("image", metavar="HASH")
@commands.asks("picture.first")
def picture_first(**typed: Any) -> Arguments:
    """Make a picture the one that lists show. `hanse catalogue show` tells the hashes."""
    return typed


@picture.command("remove")
@click.argument("sku", metavar="SKU")
@click.argument("image", metavar="HASH")
@commands.asks("picture.remove")
def picture_remove(**typed: Any) -> Arguments:
    """Show a picture no longer."""
    return typed


@click.group(cls=commands.Group)
def selection() -> None:
    """What partners offer me, side by side."""


@selection.command("list")
@commands.partner
@text
@click.option("--category", help="Only of this category.")
@click.option("--in-stock", is_flag=True, help="Only what is in stock.")
@click.option("--margin", "margin_percent_min", type=click.IntRange(0, 100), help="Least margin, in percent.")
@click.option("--sort", type=click.Choice(SORTS), default="title", show_default=True, help="What stands first.")
@commands.asks("selection.list")
def selection_list(**typed: Any) -> Arguments:
    """List what partners offer: cost, suggested price, margin and stock."""
    return {**typed, "limit": 1000}


@selection.command("show")
@click.argument("partner")
@click.argument("sku", metavar="SKU")
@commands.asks("selection.show")
def selection_show(**typed: Any) -> Arguments:
    """Show one offer of PARTNER."""
    return typed


def picks(command: Callable[..., Any]) -> Callable[..., Any]:
    """The offers to pick, and the rule for their price."""
    options = (
        click.argument("listings", nargs=-1, required=True, metavar="LISTING..."),
        click.option("--rule", type=click.Choice(("markup", "suggested")), help="[default: markup]"),
        click.option("--markup", "markup_percent", metavar="PERCENT", help="On what it costs. [default: 20]"),
        click.option("--round-to", metavar="AMOUNT", help="Up to the next multiple of this, as 0.10 or 1."),
        click.option("--prefix", metavar="TEXT", help="Before its SKU in mine."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@selection.command("reckon")
@picks
@commands.asks("selection.reckon")
def selection_reckon(listings: tuple[str, ...], **typed: Any) -> Arguments:
    """Tell what picking these offers would come to: my prices, and what they leave."""
    return {"listings": list(listings), **typed}


@selection.command("take")
@picks
@commands.asks("selection.take")
def selection_take(listings: tuple[str, ...], **typed: Any) -> Arguments:
    """Take these offers into my own goods, by one rule for the price."""
    return {"listings": list(listings), **typed}


@selection.command("watch")
@click.argument("rise_percent", metavar="PERCENT")
@commands.asks("selection.watch")
def selection_watch(**typed: Any) -> Arguments:
    """Lay before me what costs PERCENT more than before; what costs as much as I ask for it always is."""
    return typed


@selection.command("changes")
@commands.asks("selection.changes")
def selection_changes() -> Arguments:
    """List what I sell on and costs more or less, was withdrawn, sold out or came back since I last took note of it."""
    return {}


@selection.command("noted")
@click.argument("sku", metavar="SKU", required=False)
@commands.asks("selection.noted")
def selection_noted(**typed: Any) -> Arguments:
    """Take note of what `changes` lists, or of SKU alone."""
    return typed
