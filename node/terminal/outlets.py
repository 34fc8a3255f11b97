"""Commands about kinds of channel: group-buying, live shows, private circles, marketplaces."""

from __future__ import annotations

from typing import Any

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]


@click.group(cls=commands.Group)
def channel() -> None:
    """Kinds of channel that goods are sold on, as in group-buy, live, private, taobao."""


@channel.command("set")
@click.argument("shop")
@click.argument("channel", metavar="[KIND]", required=False)
@commands.asks("channel.set")
def channel_set(**typed: Any) -> Arguments:
    """Say that SHOP sells on this KIND of channel: its orders say so from now on. Without KIND they say none."""
    return typed


@channel.command("list")
@commands.asks("channel.list")
def channel_list() -> Arguments:
    """List kinds of channel: my shops on each, whose agreements allow it, how many goods are told for it."""
    return {}
