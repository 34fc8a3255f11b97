"""Commands about the rules that choose a courier for each parcel."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def courier() -> None:
    """Rules that choose a courier for each parcel; the first that fits counts."""


@courier.command("add")
@click.argument("carrier")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="To this country, as in DE; repeatable.")
@click.option("--region", "regions", multiple=True, metavar="CODE", help="To this region, as in 510000; repeatable.")
@click.option("--weight-max", "weight_g_max", type=click.IntRange(1), metavar="GRAMS", help="Up to this weight.")
@click.option("--from", "location", metavar="LOCATION", help="Only what leaves from there.")
@click.option("--for", "partner", metavar="PARTNER", help="Only orders of this partner.")
@click.option("--before", type=click.IntRange(1), metavar="RULE", help="Before this rule. [default: after all others]")
@commands.asks("courier.add")
def courier_add(countries: tuple[str, ...], regions: tuple[str, ...], **typed: Any) -> Arguments:
    """Let CARRIER take the parcels that fit."""
    return {**typed, "countries": list(countries), "regions": list(regions)}


@courier.command("list")
@commands.asks("courier.list")
def courier_list() -> Arguments:
    """List the rules, the first one first."""
    return {}


@courier.command("remove")
@click.argument("rule", type=click.IntRange(1))
@commands.asks("courier.remove")
def courier_remove(**typed: Any) -> Arguments:
    """Drop RULE; those behind it move up."""
    return typed


@courier.command("choose")
@click.argument("order", metavar="ID")
@commands.line_quantities
@click.option("--location", help="Only what leaves from there.")
@commands.asks("courier.choose")
def courier_choose(quantities: tuple[str, ...], **typed: Any) -> Arguments:
    """Show which courier the rules choose for a parcel of order ID, and what they look at."""
    return {**typed, "quantities": commands.lines(quantities)}
