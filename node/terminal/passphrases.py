"""Where the passphrase of the keys comes from: a file or a variable of the environment, else the keyboard."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import rich_click as click

from node import keystore
from node.system import files

Ask = Callable[[], str]


def choose() -> str:
    """The passphrase of a new node; at the keyboard it is asked for twice. NodeError `key.passphrase`."""
    return find("Passphrase for the keys of this node", again=True)


def known() -> str:
    """The passphrase of an existing node. NodeError `key.passphrase`."""
    return find("Passphrase", again=False)


def source() -> Ask | None:
    """Where the passphrase of an existing node comes from; None where neither environment nor keyboard have one."""
    named = (keystore.PASSPHRASE_VARIABLE, keystore.PASSPHRASE_FILE_VARIABLE)
    return known if sys.stdin.isatty() or any(os.environ.get(variable) for variable in named) else None


def find(question: str, *, again: bool) -> str:
    """Look in the environment, then ask, where there is somebody to ask."""

    def ask() -> str:
        return str(click.prompt(question, hide_input=True, confirmation_prompt=again, err=True))

    return keystore.find_passphrase(os.environ, files.read, ask if sys.stdin.isatty() else None)
