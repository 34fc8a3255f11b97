"""Commands that take the same three options wherever they stand, and commands that put one question to the node."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from node import errors
from node.terminal import terminals

Arguments = Callable[..., Mapping[str, Any]]


def current() -> terminals.Terminal:
    """The terminal of the command under way."""
    context = click.get_current_context()
    assert context is not None
    return context.ensure_object(terminals.Terminal)


def common(environment: bool) -> list[click.Parameter]:
    """`--home`, `--json`, `--seen`. The environment speaks at the root only: it never overrules what was typed."""
    return [
        click.Option(
            ["--home"],
            type=click.Path(path_type=Path, file_okay=False, readable=False),
            envvar="HANSE_HOME" if environment else None,
            show_envvar=environment,
            expose_value=False,
            callback=remember_home,
            help="The folder of the node. [default: ~/.hanse]",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=remember_json,
            help="Print one JSON object, for programs.",
        ),
        click.Option(
            ["--seen"],
            type=click.IntRange(0),
            metavar="NUMBER",
            expose_value=False,
            callback=remember_seen,
            help="Do nothing if what this acts upon changed since `hanse status` told this number.",
        ),
    ]


def remember_home(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    """Take `--home` over, if it was given here."""
    if value is not None:
        context.ensure_object(terminals.Terminal).home = value.expanduser()


def remember_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Take `--json` over, if it was given here."""
    if value:
        context.ensure_object(terminals.Terminal).as_json = True


def remember_seen(context: click.Context, parameter: click.Parameter, value: int | None) -> None:
    """Take `--seen` over, if it was given here."""
    if value is not None:
        context.ensure_object(terminals.Terminal).seen = value


class Command(click.RichCommand):
    """A command with the options that all commands have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(common(environment=False))


class Group(click.RichGroup):
    """A group of such commands, which takes the same options before the name of the command."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(common(environment=False))


Group.group_class = Group


class Root(Group):
    """The program itself: here the environment may name the home."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params[-3:] = common(environment=True)


def asks(name: str) -> Callable[[Arguments], Callable[..., errors.Exit]]:
    """The decorated function turns what was typed into the arguments of the use case `name`; the answer is printed.

    An answer that lists something as refused ends with the status of a refusal, though the rest was done.
    """

    def decorate(arguments: Arguments) -> Callable[..., errors.Exit]:
        @functools.wraps(arguments)
        def run(**typed: Any) -> errors.Exit:
            terminal = current()
            answer = terminal.ask(name, arguments(**typed))
            terminal.answer(name, answer)
            return errors.Exit.REFUSED if answer.get("refused") else errors.Exit.DONE

        return run

    return decorate


EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)
partner = click.option("--partner", metavar="PARTNER", help="Only of this partner: name, or start of the NodeID.")
limit = click.option("--limit", type=click.IntRange(1, 1000), help="So many at most. [default: all]")
after = click.option("--after", metavar="HASH", help="Go on behind this one: what the page before named.")
line_quantities = click.option(
    "--quantity", "quantities", multiple=True, metavar="LINE=QUANTITY", help="Only so many of this line; repeatable."
)


promise = click.option("--promise", metavar="TIME", help="When it leaves at the latest, as in 2026-11-30.")


def read_time(typed: str) -> datetime:
    """A date or time in ISO 8601; a usage error for anything else."""
    try:
        return datetime.fromisoformat(typed)
    except ValueError:
        raise click.UsageError(f"{typed!r} is no date or time, as in 2026-11-30 or 2026-11-30T18:00") from None


def beginning_ms(typed: str | None) -> int | None:
    """A date or time as unix milliseconds; local where it names no zone. A date alone is the beginning of the day."""
    return None if typed is None else int(read_time(typed).timestamp()) * 1000


def moment(typed: str | None) -> int | None:
    """A date or time in ISO 8601 as unix seconds; local where it names no zone. A date alone is the end of the day."""
    if typed is None:
        return None
    at = read_time(typed)
    ends = at.replace(hour=23, minute=59, second=59) if len(typed) <= len("2026-11-30") else at
    return int(ends.timestamp())


def need(condition: bool, message: str) -> None:
    """A usage error, unless."""
    if not condition:
        raise click.UsageError(message)


def one_or_many(orders: tuple[str, ...]) -> dict[str, Any]:
    """Orders as the use cases take them."""
    return {"order": orders[0]} if len(orders) == 1 else {"orders": list(orders)}


def quantities(typed: tuple[str, ...], what: str = "SKU") -> dict[str, int]:
    """`NAME=QUANTITY` arguments as a map; `NAME QUANTITY` will do for a single one.

    The last equals sign counts: a SKU may hold others.
    """
    if len(typed) == 2 and "=" not in typed[1]:
        typed = ("=".join(typed),)
    found: dict[str, int] = {}
    for text in typed:
        name, _, quantity = text.rpartition("=")
        need(
            bool(name) and quantity.isascii() and quantity.isdigit(),
            f"{text!r} is not {what}=QUANTITY with a whole number of 0 or more, as in {what}=12",
        )
        need(name not in found, f"{name!r} stands twice")
        found[name] = int(quantity)
    return found


def lines(typed: tuple[str, ...]) -> dict[str, int] | None:
    """`LINE=QUANTITY` options as a map from the number of the line; None when there are none."""
    found = quantities(typed, "LINE")
    need(all(name.isascii() and name.isdigit() for name in found), "a line is named by its number, as in 1=12")
    return found or None
