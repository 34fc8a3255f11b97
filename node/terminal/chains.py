"""Commands of a dealer, who stands between a supplier and a buyer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rich_click as click

from node import errors
from node.terminal import commands, uploads

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def errand() -> None:
    """What my node left to me between a supplier and a buyer: a rule refused it, or the choice is mine."""


@errand.command("list")
@commands.partner
@click.option("--dismissed", is_flag=True, help="Also what I let be.")
@commands.asks("errand.list")
def errand_list(**typed: Any) -> Arguments:
    """List what my node left to me, the oldest first, with the code of each refusal."""
    return typed


@errand.command("do")
@click.argument("errand", type=int, metavar="NUMBER")
@commands.asks("errand.do")
def errand_do(errand: int) -> Arguments:
    """Say it to the partner after all, or once more. Where a rule still says no, nothing changes."""
    return {"errand": errand}


@errand.command("dismiss")
@click.argument("errand", type=int, metavar="NUMBER")
@commands.asks("errand.dismiss")
def errand_dismiss(errand: int) -> Arguments:
    """Let it be: it is neither said nor asked again."""
    return {"errand": errand}


@click.command("cancel-answer", cls=commands.Command)
@click.argument("order", metavar="ID")
@click.option("--own-risk", is_flag=True, help="Grant it now; if the parcel leaves all the same, I bear it.")
@commands.asks("order.cancel-answer")
def cancel_answer(order: str, own_risk: bool) -> Arguments:
    """Answer a buyer's cancel before my supplier has answered mine. What I ship myself is stopped without a word."""
    commands.need(own_risk, "my supplier has not answered yet: say --own-risk")
    return {"order": order, "own_risk": True}


@click.command(cls=commands.Command)
@click.argument("orders", nargs=-1, metavar="ORDER...")
@click.option("--all", "everything", is_flag=True, help="Of every order that I pass on.")
@click.option("--to", "partner", metavar="PARTNER", help="Send it to this partner, as far as it has read them.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Write it for an auditor or an arbiter.")
def disclose(orders: tuple[str, ...], everything: bool, partner: str | None, file: Path | None) -> errors.Exit:
    """Open the blinded references of orders that I pass on: to a partner, or into a FILE that I hand out.

    What was sent to a partner cannot be taken back. Without --to and --file it is only shown.
    """
    commands.need(bool(orders) != everything, "name orders, or say --all")
    commands.need(partner is None or file is None, "say --to or --file, not both")
    terminal = commands.current()
    answer = terminal.ask("order.disclose", {"orders": list(orders), "all": everything, "partner": partner})
    if file is not None:
        uploads.write_new(file, json.dumps({key: answer[key] for key in ("format", "openings")}, indent=1) + "\n")
    terminal.answer("order.disclose", answer)
    return errors.Exit.DONE
