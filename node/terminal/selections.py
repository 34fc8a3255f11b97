"""Commands about what is shown to whom: lists for a partner, texts for a kind of channel, answers to listings."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands, goods

Arguments = dict[str, Any]
catalogue = goods.catalogue
STATUSES = ("received", "review", "accepted", "synchronised", "rejected")


@catalogue.command("push")
@click.argument("partner")
@click.argument("name")
@click.argument("skus", nargs=-1, metavar="SKU...")
@click.option("--title", help="What the list is called. [default: NAME]")
@click.option("--language", default="en", show_default=True, help="Of the title.")
@click.option("--until", metavar="YYYY-MM-DD", help="Until when it holds.")
@commands.asks("catalogue.push")
def catalogue_push(skus: tuple[str, ...], **typed: Any) -> Arguments:
    """Show PARTNER a list made for it, in this order. Without a SKU the list called NAME ends."""
    return {**typed, "skus": list(skus)}


@catalogue.command("lists")
@commands.partner
@commands.asks("catalogue.lists")
def catalogue_lists(**typed: Any) -> Arguments:
    """List what was pushed, by me and to me."""
    return typed


@catalogue.command("confirm")
@click.argument("partner")
@click.argument("sku", metavar="SKU")
@click.argument("status", type=click.Choice(STATUSES))
@click.option("--reason", help="Why, as a short code that PARTNER reads.")
@commands.asks("catalogue.confirm")
def catalogue_confirm(**typed: Any) -> Arguments:
    """Tell PARTNER what I make of its listing of a SKU."""
    return typed


@click.group(cls=commands.Group)
def content() -> None:
    """How goods are told on each kind of channel."""


@content.command("set")
@click.argument("sku", metavar="SKU")
@click.option("--channel", required=True, metavar="CODE", help="As in live, group-buy, private, taobao.")
@click.option("--language", default="en", show_default=True, help="As in zh-CN.")
@click.option("--title", help="The title there.")
@click.option("--text", help="The text there.")
@commands.asks("content.set")
def content_set(**typed: Any) -> Arguments:
    """Write how one of my goods is told on one kind of channel."""
    return typed


@content.command("show")
@click.argument("sku", metavar="SKU")
@commands.partner
@commands.asks("content.show")
def content_show(**typed: Any) -> Arguments:
    """Show how a SKU is told on each kind of channel."""
    return typed
