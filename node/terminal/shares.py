"""Commands about prices that belong to more than two."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def share() -> None:
    """Parts of prices: what I get of others' sales, and pass on of mine."""


@share.command("list")
@commands.asks("share.list")
def share_list() -> Arguments:
    """List the parts of prices that I get, and those that I pass on."""
    return {}


@share.command("report")
@commands.asks("share.report")
def share_report() -> Arguments:
    """Pass on now what waits. The node does it by itself from time to time."""
    return {}
