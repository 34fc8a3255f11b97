"""Commands of a dealer, who stands between a supplier and a buyer."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.command("cancel-answer", cls=commands.Command)
@click.argument("order", metavar="ID")
@click.option("--own-risk", is_flag=True, help="Grant it now; if the parcel leaves all the same, I bear it.")
@commands.asks("order.cancel-answer")
def cancel_answer(order: str, own_risk: bool) -> Arguments:
    """Answer a buyer's cancel before my supplier has answered mine. What I ship myself is stopped without a word."""
    commands.need(own_risk, "my supplier has not answered yet: say --own-risk")
    return {"order": order, "own_risk": True}
