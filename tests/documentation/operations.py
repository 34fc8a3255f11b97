"""The generated blocks of docs/operating.md: commands, exit statuses, errors, configuration, faults of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

import cli as cli
from contracts import errors as refusals
from node import config, errors
from tests.documentation import pages

PAGE = pages.ROOT / "docs" / "operating.md"


def leaves(group: Any, before: str = "hanse") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def commands() -> str:
    """What each command does, in the words of its help."""
    return pages.table(
        ["command", "what it does"],
        [[f"`{name}`", command.get_short_help_str(200)] for name, command in leaves(cli.hanse)],
    )


def statuses() -> str:
    """The exit statuses with the codes that end with them."""
    body = []
    for status in errors.Exit:
        codes = ", ".join(f"`{code}`" for code, (exit, _) in errors.CODES.items() if exit is status)
        body.append([str(int(status)), status.name.lower(), codes])
    return pages.table(["exit", "name", "error codes"], body)


def codes() -> str:
    """Every error that a command may show."""
    return pages.table(["code", "what it means"], [[f"`{code}`", text] for code, (_, text) in errors.CODES.items()])


def rules() -> str:
    """Every code with which a rule of the trade refuses a document."""
    return pages.table(["code", "what it means"], [[f"`{code}`", text] for code, text in refusals.CODES.items()])


def keys() -> str:
    """Every key of config.toml."""
    body = [[f"`{name}`", key.meaning, key.expected] for name, key in config.KEYS.items()]
    return pages.table(["key", "what it decides", "value"], body)


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "exit statuses": statuses,
    "error codes": codes,
    "document faults": rules,
    "configuration": keys,
}
