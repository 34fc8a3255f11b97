"""Commands about orders after they were placed: changes by consent, what carriers report, and what arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]
EVENTS: Final = (
    "in_transit", "out_for_delivery", "exception", "delivered", "refused", "returning", "returned",
)  # fmt: skip

key = click.option("--key", help="Repeating the command with the same key does nothing twice.")
reason = click.option("--reason", help="Why, as a short code that the partner reads.")


@click.command("propose", cls=commands.Command)
@click.argument("order", metavar="ID")
@commands.line_quantities
@click.option("--substitute", metavar="SKU", help="Another article in its place.")
@click.option("--price", metavar="AMOUNT", help="Another price.")
@commands.promise
@click.option("--backorder", is_flag=True, help="The same goods, later.")
@click.option("--keep-open", is_flag=True, help="If the buyer declines, the order waits for my answer again.")
@reason
@key
@commands.asks("order.propose")
def order_propose(quantities: tuple[str, ...], promise: str | None, **typed: Any) -> Arguments:
    """Offer the buyer of order ID something else than it ordered; `order show` then says what became of it."""
    return {"quantities": commands.lines(quantities), "promise_s": commands.moment(promise), **typed}


@click.command("change", cls=commands.Command)
@click.argument("order", metavar="ID")
@click.option("--to", "becomes", multiple=True, metavar="LINE=QUANTITY", help="So many in all; repeatable.")
@click.option("--price", "prices", multiple=True, metavar="LINE=AMOUNT", help="Another price; repeatable.")
@commands.line_quantities
@commands.promise
@reason
@key
@commands.asks("order.change")
def order_change(
    becomes: tuple[str, ...], prices: tuple[str, ...], quantities: tuple[str, ...], promise: str | None, **typed: Any
) -> Arguments:
    """Propose to change what was agreed in order ID: quantities, prices or the time of shipping.

    Until the partner accepts, the original stands.
    """
    for price in prices:
        commands.need(all(price.partition("=")[::2]), f"{price!r} is no LINE=AMOUNT, as in 1=9.50")
    commands.need(bool(becomes or prices or promise), "say what is to change: --to, --price or --promise")
    return {
        "becomes": commands.lines(becomes),
        "prices": dict(price.split("=", 1) for price in prices) or None,
        "quantities": commands.lines(quantities),
        "promise_s": commands.moment(promise),
        **typed,
    }


@click.command("answer", cls=commands.Command)
@click.argument("order", metavar="ID")
@click.option("--accept/--decline", "accept", default=None, help="What I say to it.")
@click.option("--proposal", metavar="HASH", help="Which, where several wait: the start of its hash.")
@click.option("--line", "lines", type=int, multiple=True, help="Only what it says of this line; repeatable.")
@reason
@commands.asks("order.answer")
def order_answer(accept: bool | None, lines: tuple[int, ...], **typed: Any) -> Arguments:
    """Answer what the partner proposed in order ID."""
    commands.need(accept is not None, "say --accept or --decline")
    return {"accept": accept, "lines": list(lines) or None, **typed}


@click.command("report", cls=commands.Command)
@click.argument("order", metavar="ID")
@click.argument("event", type=click.Choice(EVENTS))
@click.option("--waybill", help="Which parcel, where there are several.")
@click.option("--expected", metavar="TIME", help="When the carrier expects to deliver it, as in 2026-11-30.")
@click.option("--code", help="The carrier's own code.")
@commands.asks("order.report")
def order_report(expected: str | None, **typed: Any) -> Arguments:
    """Tell the buyer of order ID what the carrier said of a parcel."""
    return {"eta_s": commands.moment(expected), **typed}


@click.command("receive", cls=commands.Command)
@click.argument("order", metavar="ID")
@click.option("--waybill", help="Only what came with this parcel.")
@click.option("--accepted", multiple=True, metavar="LINE=QUANTITY", help="[default: all that is not otherwise named]")
@click.option("--short", multiple=True, metavar="LINE=QUANTITY", help="So many did not come; repeatable.")
@click.option("--rejected", multiple=True, metavar="LINE=QUANTITY", help="So many came unfit; repeatable.")
@click.option("--condition", help="In what state they are, as a short code.")
@uploads.files
@key
@commands.asks("order.receive")
def order_receive(
    accepted: tuple[str, ...], short: tuple[str, ...], rejected: tuple[str, ...], files: tuple[Path, ...], **typed: Any
) -> Arguments:
    """Say what arrived of order ID: all of it, unless something is short or rejected."""
    return {
        "accepted": commands.lines(accepted),
        "short": commands.lines(short),
        "rejected": commands.lines(rejected),
        "files": uploads.contents(files),
        **typed,
    }


COMMANDS: Final = (order_propose, order_change, order_answer, order_report, order_receive)
"""What `hanse order` takes beside the commands of `deals`."""
