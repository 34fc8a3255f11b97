"""Commands about orders and money: orders, statements, payments."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]

RECIPIENT: Final = (
    *("name", "phone", "country", "province", "city", "district", "street", "zip", "note"),
    *("region", "platform", "token", "grant", "carrier", "waybill"),
)
"""What a parcel needs to know: an address, or a marketplace's token for it. It is sealed to whoever ships.

`region` is a code for what the agreement lets a dealer in the middle see."""


STATES: Final = ("placed", "proposed", "agreed", "part-shipped", "shipped", "delivered", "attention", "closed")
"""Of an order as a whole (contracts.orders.OrderState)."""


@click.group(cls=commands.Group)
def order() -> None:
    """Orders, bought and sold."""


@order.command("import")
@uploads.takes_file
@click.option("--shop", help="The shop the orders come from, where the file names none. [default: my own name]")
@click.option("--unpaid", is_flag=True, help="Also take orders that are not paid yet, as for cash on delivery.")
@commands.asks("order.import")
def order_import(**typed: Any) -> Arguments:
    """Read consumer orders from a FILE, split them by supplier and place them. A file with faults changes nothing."""
    return uploads.question(**typed)


def recipient_options(command: Any) -> Any:
    """An option for each part of an address."""
    for part in reversed(RECIPIENT):
        command = click.option(f"--{part}", f"recipient_{part}", metavar="TEXT", help=f"Recipient: {part}.")(command)
    return command


@order.command("place")
@click.argument("partner")
@click.argument("lines", nargs=-1, required=True, metavar="SKU=QUANTITY...")
@click.option("--hold", "holds", multiple=True, metavar="ID", help="Use up what is kept back for me; repeatable.")
@click.option("--from", "location", metavar="CODE", help="The location that it is to leave from.")
@click.option("--territory", metavar="COUNTRY", help="The country that it is to leave from, as in HK.")
@click.option("--ship-by", metavar="DAY", help="The day by which it should leave, as in 2026-11-30.")
@click.option("--channel", metavar="KIND", help="On which kind of channel it was sold, as in group-buy.")
@click.option("--key", help="Repeating the command with the same key places nothing twice.")
@click.option("--open-token", is_flag=True, help="The token tells nobody who it is: leave it unsealed.")
@recipient_options
@commands.asks("order.place")
def order_place(
    partner: str,
    lines: tuple[str, ...],
    holds: tuple[str, ...],
    key: str | None,
    location: str | None,
    territory: str | None,
    ship_by: str | None,
    channel: str | None,
    open_token: bool,
    **typed: Any,
) -> Arguments:
    """Order goods from PARTNER."""
    recipient = {part: typed[f"recipient_{part}"] for part in RECIPIENT if typed[f"recipient_{part}"]}
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in commands.quantities(lines).items()]
    return {
        "partner": partner,
        "lines": wanted,
        "holds": list(holds) or None,
        "key": key,
        "location": location,
        "territory": territory,
        "ship_by": ship_by,
        "channel": channel,
        "open_token": open_token or None,
        "recipient": recipient or None,
    }


@order.command("list")
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Only orders in this state; repeatable.")
@click.option("--selling/--buying", "selling", default=None, help="Only what I sell, or only what I buy.")
@commands.partner
@click.option("--shop", help="Only orders that serve consumers' orders of this shop.")
@click.option("--text", help="Only orders that `hanse search` finds for this.")
@click.option("--since", metavar="TIME", help="Only orders that came at this time or later, as in 2026-11-30.")
@click.option("--until", metavar="TIME", help="Only orders that came before this time.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Orders on a page.")
@click.option("--after", help="Go on after this order: what the page before named.")
@click.option("--before", help="Go back before this order.")
@commands.asks("order.list")
def order_list(state: tuple[str, ...], since: str | None, until: str | None, **typed: Any) -> Arguments:
    """List orders, the newest first."""
    return {
        **typed,
        "state": list(state) or None,
        "since_ms": commands.beginning_ms(since),
        "until_ms": commands.beginning_ms(until),
    }


@order.command("show")
@click.argument("order", metavar="ID")
@commands.asks("order.show")
def order_show(**typed: Any) -> Arguments:
    """Show one order: lines, quantities by state, parcels, and every document.

    ID is its number, the number that it has in the shop, or the start of its hash.
    """
    return typed


@order.command("accept")
@click.argument("orders", nargs=-1, metavar="ID...")
@click.option("--all", "everything", is_flag=True, help="Every order that waits for me, as far as the stock goes.")
@commands.line_quantities
@click.option("--backorder", is_flag=True, help="Promise the rest for later, where the stock is short.")
@click.option("--location", help="From where it leaves. [default: one that the buyer asked for and that has the goods]")
@commands.promise
@commands.asks("order.accept")
def order_accept(
    orders: tuple[str, ...], everything: bool, quantities: tuple[str, ...], promise: str | None, **typed: Any
) -> Arguments:
    """Accept orders, wholly or as far as `--quantity` or the stock goes."""
    commands.need(bool(orders) != everything, "name orders, or say --all")
    which: Arguments = {"all": True} if everything else commands.one_or_many(orders)
    return which | {"quantities": commands.lines(quantities), "promise_s": commands.moment(promise), **typed}


@order.command("reject")
@click.argument("order", metavar="ID")
@click.option("--reason", help="Why, as a short code that the buyer reads. [default: unavailable]")
@commands.asks("order.reject")
def order_reject(**typed: Any) -> Arguments:
    """Refuse an order."""
    return typed


@order.command("ship")
@click.argument("order", required=False, metavar="ID")
@click.option("--carrier", help="Who carries the parcel.")
@click.option("--waybill", help="The number of the parcel.")
@click.option("--file", type=commands.EXISTING, help="A sheet with order numbers, carriers and waybills instead.")
@click.option("--location", help="Only what was accepted to leave from there.")
@click.option("--short", is_flag=True, help="What does not leave now will not come.")
@commands.line_quantities
@commands.asks("order.ship")
def order_ship(
    order: str | None, file: Path | None, quantities: tuple[str, ...], location: str | None, short: bool, **typed: Any
) -> Arguments:
    """Say that goods were handed to a carrier.

    Without a carrier the rules of `hanse courier` choose one; without a waybill either, it left with the one that the
    marketplace granted with the order.
    """
    commands.need((order is None) != (file is None), "name an order, or a sheet with --file")
    if file is not None:
        return {"rows": uploads.waybill_rows(file), "location": location}
    commands.need(typed["waybill"] or not typed["carrier"], "--waybill is needed")
    return {
        "order": order,
        "quantities": commands.lines(quantities),
        "location": location,
        "short": short or None,
        **typed,
    }


@order.command("recalled")
@click.argument("order", metavar="ID")
@click.option("--waybill", help="Of one parcel of several.")
@click.option("--outcome", type=click.Choice(["recalled", "rto"]), help="It was turned round, or comes once refused.")
@commands.asks("order.recalled")
def order_recalled(**typed: Any) -> Arguments:
    """Say that the carrier brings a parcel back for which a cancel had come too late."""
    return typed


@order.command("cancel")
@click.argument("orders", nargs=-1, required=True, metavar="ID...")
@commands.line_quantities
@click.option("--reason", help="Why, as a short code that the partner reads. [default: consumer]")
@click.option("--recall", is_flag=True, help="Also ask the carrier to bring back what has left; it has its price.")
@commands.asks("order.cancel")
def order_cancel(orders: tuple[str, ...], quantities: tuple[str, ...], **typed: Any) -> Arguments:
    """Ask to stop orders; `order show` then says whether it came in time.

    ID may be the number that an order has in the shop: then all its parts are stopped, whoever ships them.
    """
    return commands.one_or_many(orders) | {"quantities": commands.lines(quantities), **typed}
