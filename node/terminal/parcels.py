"""Commands about parcels before they leave, in the group `order`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import rich_click as click

from node.terminal import commands, deals, uploads

Arguments = dict[str, Any]
order = deals.order


@order.command("plan")
@click.argument("order", metavar="ID")
@click.option("--parcels", type=click.IntRange(1), default=1, show_default=True, help="In how many.")
@click.option("--carrier", help="Who will carry them.")
@click.option("--location", help="From where.")
@click.option("--within-hours", type=click.IntRange(1), help="When they will leave.")
@commands.asks("order.plan")
def order_plan(**typed: Any) -> Arguments:
    """Tell the buyer how an order will be shipped."""
    return typed


def size(context: click.Context, parameter: click.Parameter, value: str | None) -> list[int] | None:
    """Length, width and height in millimetres."""
    if value is None:
        return None
    commands.need(re.fullmatch(r"\d{1,7}x\d{1,7}x\d{1,7}", value) is not None, f"{value!r} is no size as 300x200x120")
    return [int(part) for part in value.split("x")]


@order.command("pack")
@click.argument("order", metavar="ID")
@commands.line_quantities
@click.option("--sscc", help="The GS1 number of the parcel, 18 digits.")
@click.option("--weight", "weight_g", type=click.IntRange(0), help="In grams.")
@click.option("--size", "size_mm", callback=size, metavar="LxWxH", help="In millimetres, as in 300x200x120.")
@click.option("--packaging", metavar="CODE", help="Code of UN/ECE Recommendation 21, as in BX.")
@uploads.files
@commands.asks("order.pack")
def order_pack(quantities: tuple[str, ...], files: tuple[Path, ...], **typed: Any) -> Arguments:
    """Say what was packed into one parcel; everything, or `--quantity`."""
    return {**typed, "quantities": commands.lines(quantities), "files": uploads.contents(files)}
