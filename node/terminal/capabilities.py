"""Commands about capabilities: what partners can do for each other, and work that a third key signs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import rich_click as click

from node import errors
from node.terminal import commands, uploads

Arguments = dict[str, Any]
KINDS = ("warehouse", "courier", "aftersale", "design", "content", "explain")
TRANSITIONS = ("shipment.pack", "shipment.handover", "shipment.status", "cancel.result", "return.inspect")


@click.group(cls=commands.Group)
def capability() -> None:
    """What partners can do for each other, and who may sign for me."""


@capability.command("offer")
@click.argument("partner")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--name", help="What it is called.")
@click.option("--country", "countries", multiple=True, help="Where it is available, as in CN; repeatable.")
@click.option("--per-day", "capacity_per_day", type=click.IntRange(1), help="How many units a day.")
@click.option("--within-hours", type=click.IntRange(1), help="How soon.")
@click.option("--rate", "rates", multiple=True, metavar="CODE=AMOUNT", help="What a unit costs; repeatable.")
@click.option("--currency", default="CNY", show_default=True, help="Of the rates.")
@commands.asks("capability.offer")
def capability_offer(countries: tuple[str, ...], rates: tuple[str, ...], **typed: Any) -> Arguments:
    """Offer PARTNER a capability of mine."""
    pairs = [text.partition("=") for text in rates]
    commands.need(all(name and amount for name, _, amount in pairs), "a rate is CODE=AMOUNT, as in pick=1.50")
    return {**typed, "countries": list(countries), "rates": {name: amount for name, _, amount in pairs}}


@capability.command("list")
@commands.partner
@commands.asks("capability.list")
def capability_list(**typed: Any) -> Arguments:
    """List offers and grants, mine and partners'."""
    return typed


@capability.command("grant")
@click.argument("partner")
@click.argument("transition", type=click.Choice(TRANSITIONS))
@click.argument("key")
@click.option("--kind", type=click.Choice(KINDS), default="warehouse", show_default=True, help="Who holds it.")
@click.option("--holder", help="The name of who holds it, which PARTNER reads.")
@click.option("--hours", type=click.IntRange(1), help="For how long. [default: until it is revoked]")
@click.option("--entries", "entries_max", type=click.IntRange(1), help="For so many further entries of mine.")
@commands.asks("capability.grant")
def capability_grant(**typed: Any) -> Arguments:
    """Let whoever holds KEY sign one kind of document for me, in what I trade with PARTNER."""
    return typed


@capability.command("revoke")
@click.argument("capability", metavar="ID")
@click.option(
    "--reason", type=click.Choice(("revoked", "compromised")), default="revoked", show_default=True, help="Why."
)
@commands.asks("capability.revoke")
def capability_revoke(**typed: Any) -> Arguments:
    """End an offer or a grant of mine."""
    return typed


@capability.command("key")
@click.argument("file", type=uploads.NEW_FILE)
def capability_key(file: Path) -> None:
    """Make a key for the holder of a grant, in the new FILE. Needs no node."""
    from node.system import clocks
    from protocol import keys

    private = clocks.SystemEntropy().token(32)
    uploads.write_new(file, private.hex() + "\n")
    commands.current().answer("capability.key", {"file": str(file), "key": keys.public(private, "log").hex()})


@capability.command("task")
@click.argument("order", metavar="ORDER")
@click.argument("grant", metavar="GRANT")
@click.argument("file", type=uploads.NEW_FILE)
def capability_task(order: str, grant: str, file: Path) -> None:
    """Write into the new FILE what the holder of GRANT has to do for ORDER."""
    from node.trade.ordering import tasks

    terminal = commands.current()
    answer = terminal.ask("capability.task", {"order": order, "grant": grant})
    uploads.write_new(file, tasks.Task.model_validate(answer).model_dump_json(indent=1) + "\n")
    terminal.answer("capability.task", {"file": str(file), "transition": answer["transition"]})


@capability.command("sign")
@click.argument("task", type=commands.EXISTING)
@click.argument("file", type=uploads.NEW_FILE)
@click.option("--key", type=commands.EXISTING, required=True, help="The file that `capability key` made.")
@click.option("--carrier", help="Who carries the parcel.")
@click.option("--waybill", help="The number of the parcel.")
@click.option("--event", help="What happened to the parcel: in_transit, delivered, refused and others.")
@click.option("--sscc", help="Of a parcel that was packed: its GS1 number, 18 digits.")
@click.option("--weight", "weight_g", type=click.IntRange(0), help="Of a parcel that was packed, in grams.")
@click.option("--damaged", multiple=True, metavar="LINE=QUANTITY", help="Came back damaged; repeatable.")
@click.option("--wrong", "wrong_item", multiple=True, metavar="LINE=QUANTITY", help="Came back as another item.")
@click.option("--missing", multiple=True, metavar="LINE=QUANTITY", help="Was not in what came back; repeatable.")
@commands.line_quantities
def capability_sign(
    task: Path,
    file: Path,
    key: Path,
    quantities: tuple[str, ...],
    damaged: tuple[str, ...],
    wrong_item: tuple[str, ...],
    missing: tuple[str, ...],
    **done: Any,
) -> None:
    """Do what TASK says and sign it, into the new FILE. Needs no node."""
    from node.trade.ordering import tasks

    verdicts = {"damaged": damaged, "wrong_item": wrong_item, "missing": missing}
    counted = {verdict: by_number(typed) or {} for verdict, typed in verdicts.items()}
    doing = tasks.Doing(quantities=by_number(quantities), verdicts=counted, **done)
    signed = tasks.sign(tasks.read(task.read_text(), tasks.Task), private_key(key), doing, int(time.time()))
    uploads.write_new(file, signed.model_dump_json(indent=1) + "\n")
    commands.current().answer("capability.sign", {"file": str(file), "type": signed.type})


@capability.command("enter")
@click.argument("files", nargs=-1, required=True, type=commands.EXISTING, metavar="FILE...")
@commands.asks("capability.enter")
def capability_enter(files: tuple[Path, ...]) -> Arguments:
    """Enter what holders of my grants have signed."""
    return {"signed": [file.read_text() for file in files]}


def by_number(typed: tuple[str, ...]) -> dict[int, int] | None:
    """Units by the number of their line; None where none were named."""
    found = commands.lines(typed)
    return None if found is None else {int(line): quantity for line, quantity in found.items()}


def private_key(path: Path) -> bytes:
    """The private key in a file. NodeError `task.unreadable`."""
    try:
        private = bytes.fromhex(path.read_text().strip())
    except ValueError:
        private = b""
    if len(private) != 32:
        raise errors.NodeError("task.unreadable", f"{path} holds no key", expected="what `capability key` made")
    return private
