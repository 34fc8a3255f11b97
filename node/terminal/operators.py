"""Commands about who may use the console, and programs that hold a key. Whoever sits at the machine is an owner."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import rich_click as click

from node.terminal import commands

Arguments = dict[str, Any]

ROLES: Final = ("owner", "sales", "warehouse", "finance", "auditor")
password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="Read the password from this file, `-` from the input, instead of the keyboard.",
)


def chosen(file: Path | None) -> str:
    """The new password. A usage error where nobody could be asked."""
    if file is not None:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text("utf-8", "surrogateescape")
        return text.removesuffix("\n").removesuffix("\r")
    commands.need(sys.stdin.isatty(), "nobody is there to type a password: name a file with --password-file")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@click.group(cls=commands.Group)
def operator() -> None:
    """Who may sign in to the console, and in which role."""


@operator.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What NAME is there for.")
@click.option("--language", help="Of the console, as in zh-CN.")
@password_file
@commands.asks("operator.add")
def add(name: str, role: str, language: str | None, password_file: Path | None) -> Arguments:
    """Let NAME sign in to the console; the password is asked for. The first one must be an owner."""
    return {"name": name, "role": role, "password": chosen(password_file), "language": language}


@operator.command("list")
@commands.asks("operator.list")
def listed() -> Arguments:
    """List operators."""
    return {}


@operator.command("code")
@commands.asks("operator.code")
def code() -> Arguments:
    """Show the code with which a browser makes the first owner."""
    return {}


@operator.command("role")
@click.argument("operator", metavar="NAME")
@click.argument("role", type=click.Choice(ROLES))
@commands.asks("operator.change")
def role(**typed: Any) -> Arguments:
    """Give NAME another ROLE, at once."""
    return typed


@operator.command("disable")
@click.argument("operator", metavar="NAME")
@commands.asks("operator.change")
def disable(**typed: Any) -> Arguments:
    """Let NAME not sign in for now; open sessions end."""
    return {**typed, "disabled": True}


@operator.command("enable")
@click.argument("operator", metavar="NAME")
@commands.asks("operator.change")
def enable(**typed: Any) -> Arguments:
    """Let NAME sign in again."""
    return {**typed, "disabled": False}


@operator.command("password")
@click.argument("operator", metavar="NAME")
@password_file
@commands.asks("operator.password")
def password(operator: str, password_file: Path | None) -> Arguments:
    """Give NAME another password, which is asked for; open sessions end."""
    return {"operator": operator, "password": chosen(password_file)}


@operator.command("second-factor-off")
@click.argument("operator", metavar="NAME")
@commands.asks("operator.second-factor.off")
def second_factor_off(**typed: Any) -> Arguments:
    """Forget authenticator, passkeys and recovery codes of NAME, who lost them."""
    return typed


@operator.command("remove")
@click.argument("operator", metavar="NAME")
@commands.asks("operator.remove")
def remove(**typed: Any) -> Arguments:
    """Remove NAME. Keys that NAME has made stay, and are named."""
    return typed


@click.group(cls=commands.Group)
def session() -> None:
    """Browsers that are signed in to the console."""


@session.command("list")
@commands.asks("session.list")
def session_list() -> Arguments:
    """List open sessions, the one used last first."""
    return {}


@session.command("revoke")
@click.argument("session", metavar="NUMBER", type=int)
@commands.asks("session.revoke")
def session_revoke(**typed: Any) -> Arguments:
    """Sign a browser out, from here."""
    return typed


@click.group(cls=commands.Group)
def key() -> None:
    """Keys with which programs ask this node."""


@key.command("make")
@click.argument("label")
@click.option("--role", type=click.Choice(ROLES[1:]), required=True, help="What the program may do.")
@commands.asks("key.make")
def key_make(**typed: Any) -> Arguments:
    """Make a key for the program LABEL. It is shown once."""
    return typed


@key.command("list")
@commands.asks("key.list")
def key_list() -> Arguments:
    """List keys of programs, the newest first."""
    return {}


@key.command("revoke")
@click.argument("number", metavar="NUMBER", type=int)
@commands.asks("key.revoke")
def key_revoke(**typed: Any) -> Arguments:
    """Revoke a key."""
    return typed
