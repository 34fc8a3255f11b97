"""Commands about goods that come back: asked for, decided, sent, counted, refunded or exchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import rich_click as click

from node.terminal import commands, uploads

Arguments = dict[str, Any]
REASONS: Final = (
    "changed_mind", "not_ordered", "damaged", "defective", "wrong_item", "not_as_described", "missing", "late",
    "cancelled_before_delivery", "other",
)  # fmt: skip
REMEDIES: Final = ("refund", "exchange", "repair", "refund_only")
ROLES: Final = ("buyer", "seller")

key = click.option("--key", help="Repeating the command with the same key does nothing twice.")


def takes_step(command: Any) -> Any:
    """The argument RETURN and what every step of a return takes."""
    for option in (key, uploads.files, uploads.message, commands.line_quantities):
        command = option(command)
    return click.argument("name", metavar="RETURN")(command)


def step(quantities: tuple[str, ...], files: tuple[Path, ...], **typed: Any) -> Arguments:
    """The arguments of a step."""
    return {**typed, "quantities": commands.lines(quantities), "files": uploads.contents(files)}


@click.group("return", cls=commands.Group)
def returning() -> None:
    """Returns, exchanges and refunds."""


@returning.command("request")
@click.argument("order", metavar="ORDER")
@click.option("--reason", type=click.Choice(REASONS), default="other", show_default=True, help="Why.")
@click.option("--remedy", type=click.Choice(REMEDIES), default="refund", show_default=True, help="What I want.")
@commands.line_quantities
@uploads.message
@uploads.files
@key
@commands.asks("return.request")
def return_request(**typed: Any) -> Arguments:
    """As the buyer: ask to give back what arrived of ORDER; with refund_only to keep it, or where it never came."""
    return step(**typed)


@returning.command("list")
@commands.partner
@click.option("--live", is_flag=True, help="Only those that are not at an end.")
@commands.asks("return.list")
def return_list(**typed: Any) -> Arguments:
    """List returns."""
    return typed


@returning.command("show")
@click.argument("name", metavar="RETURN")
@commands.asks("return.show")
def return_show(**typed: Any) -> Arguments:
    """Show one return: its goods, parcels, messages and documents.

    RETURN is the start of its hash, or the number of its order.
    """
    return typed


@returning.command("photo")
@click.argument("name", metavar="RETURN")
@click.argument("hash")
@click.argument("file", type=uploads.NEW_FILE)
def return_photo(name: str, hash: str, file: Path) -> None:
    """Save a photo or another file of a return, by the HASH that `return show` names, as the new FILE."""
    uploads.save("return.file", {"name": name, "hash": hash}, file)


@returning.command("approve")
@takes_step
@click.option("--location", help="Where to send it.")
@click.option("--freight", metavar="AMOUNT", help="What the way back costs.")
@click.option("--paid-by", type=click.Choice(ROLES), default="buyer", show_default=True, help="Who pays the carrier.")
@click.option("--fault", type=click.Choice(ROLES), help="Whose it is. [default: as the reason says]")
@commands.asks("return.approve")
def return_approve(**typed: Any) -> Arguments:
    """As the seller: let the buyer send the goods back."""
    return step(**typed)


@returning.command("reject")
@takes_step
@click.option("--reason", default="refused", show_default=True, help="A short code.")
@commands.asks("return.reject")
def return_reject(**typed: Any) -> Arguments:
    """As the seller: decline. The buyer may open an issue about it."""
    return step(**typed)


@returning.command("refund")
@takes_step
@click.option("--issue", metavar="ISSUE", help="The issue that it answers.")
@commands.asks("return.refund")
def return_refund(**typed: Any) -> Arguments:
    """As the seller: give the price back. The amount follows from what came back and from the agreement.

    RETURN may be an ORDER, for what the buyer contests or what came back undelivered. Where the buyer still waits for
    an answer, nothing has to come back.
    """
    return step(**typed)


@returning.command("offer")
@takes_step
@click.argument("amount")
@commands.asks("return.offer")
def return_offer(**typed: Any) -> Arguments:
    """As the seller: offer AMOUNT of the price back for goods that the buyer keeps."""
    return step(**typed)


@returning.command("accept")
@click.argument("name", metavar="RETURN")
@key
@commands.asks("return.accept")
def return_accept(**typed: Any) -> Arguments:
    """As the buyer: take the seller's offer, and keep the goods."""
    return typed


@returning.command("decline")
@click.argument("name", metavar="RETURN")
@key
@commands.asks("return.decline")
def return_decline(**typed: Any) -> Arguments:
    """As the buyer: say no to the seller's offer."""
    return typed


@returning.command("withdraw")
@click.argument("name", metavar="RETURN")
@commands.line_quantities
@key
@commands.asks("return.withdraw")
def return_withdraw(quantities: tuple[str, ...], **typed: Any) -> Arguments:
    """As the buyer: keep the goods after all."""
    return {**typed, "quantities": commands.lines(quantities)}


@returning.command("ship")
@takes_step
@click.option("--carrier", required=True, help="Its code or its name.")
@click.option("--waybill", required=True, help="The number of the parcel.")
@commands.asks("return.ship")
def return_ship(**typed: Any) -> Arguments:
    """As the buyer: say that approved goods left."""
    return step(**typed)


@returning.command("proof")
@click.argument("name", metavar="RETURN")
@click.option("--file", "files", type=commands.EXISTING, multiple=True, required=True, help="The carrier's proof.")
@click.option("--waybill", help="Of which parcel. [default: the last one]")
@key
@commands.asks("return.proof")
def return_proof(files: tuple[Path, ...], **typed: Any) -> Arguments:
    """As the buyer: show that the carrier has delivered what I sent back. The clock of the seller starts with it."""
    return {**typed, "files": uploads.contents(files)}


@returning.command("receive")
@takes_step
@commands.asks("return.receive")
def return_receive(**typed: Any) -> Arguments:
    """As the seller: say that the goods came back. RETURN may be an ORDER whose parcel was not delivered."""
    return step(**typed)


@returning.command("inspect")
@takes_step
@click.option("--damaged", multiple=True, metavar="LINE=QUANTITY", help="Units that are damaged; repeatable.")
@click.option(
    "--wrong", "wrong_item", multiple=True, metavar="LINE=QUANTITY", help="Units of another item; repeatable."
)
@click.option("--missing", multiple=True, metavar="LINE=QUANTITY", help="Units that were not in it; repeatable.")
@commands.asks("return.inspect")
def return_inspect(
    damaged: tuple[str, ...], wrong_item: tuple[str, ...], missing: tuple[str, ...], **typed: Any
) -> Arguments:
    """As the seller: say what came back. What is not named here can be sold again, and lies on the shelf again."""
    verdicts = {"damaged": damaged, "wrong_item": wrong_item, "missing": missing}
    return {**step(**typed), **{name: commands.lines(rows) for name, rows in verdicts.items()}}


@returning.command("exchange")
@click.argument("name", metavar="RETURN")
@commands.line_quantities
@click.option("--sku", metavar="SKU", help="Other goods instead, at the same price.")
@key
@commands.asks("return.exchange")
def return_exchange(quantities: tuple[str, ...], **typed: Any) -> Arguments:
    """As the seller: send goods anew for what came back. They wait in the same order to be shipped."""
    return {**typed, "quantities": commands.lines(quantities)}
