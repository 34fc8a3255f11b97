"""Making a node: its home, its keys, its configuration, its database, and the sheet of paper that can save it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from node import config, errors, keystore, runtime
from node.system import clocks, files, homes
from node.terminal import views
from protocol import identities, keys

Json = dict[str, Any]

TYPED: Final = {"name": "NAME", "listen": "--listen", "advertised": "--advertise", "currency": "--currency"}
"""What was typed for a key of the configuration."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. `sheet`: where the recovery sheet goes; None prints it."""

    home: Path
    name: str
    listen: str
    advertised: tuple[str, ...]
    sheet: Path | None
    currency: str = ""
    zeroconf: bool = False


def found(plan: Plan, passphrase: Callable[[], str]) -> Json:
    """Make the node. What was made before a failure is removed again.

    NodeError `config.malformed`, `home.exists`, `home.unfit`, `key.passphrase`, `disk.*`.
    """
    decided = decide(plan)
    if plan.sheet is not None and plan.sheet.exists():
        raise errors.NodeError("home.exists", f"{plan.sheet} exists; a recovery sheet is never overwritten")
    home = homes.create(plan.home)
    entropy = clocks.SystemEntropy()
    secrets, sheet = keystore.create(entropy)
    sealed = keystore.seal(secrets, passphrase(), entropy)
    kem = [keys.x25519_public(private) for private in secrets.kem]
    inception = identities.inception(
        secrets.root, sheet.next_root, keys.public(sheet.recovery, "rec"), kem, entropy.token(16)
    )
    with homes.locked(home):
        try:
            asyncio.run(runtime.found_home(home, inception))
            files.replace(home.config, config.template(decided).encode())
            answer = hand_out(plan, identities.node_id(inception), sheet)
            files.replace(home.keys, sealed)  # last: without its keys a home is no node
        except OSError as error:
            undo(home)
            raise files.failed(f"{error.filename or home.path} cannot be written", error) from error
        except BaseException:
            undo(home)
            raise
    return answer


def undo(home: homes.Home) -> None:
    """Remove what was made, so that the command can be repeated."""
    for path in (home.keys, home.config, *home.data.iterdir()):
        path.unlink(missing_ok=True)


def decide(plan: Plan) -> config.Config:
    """The configuration that was asked for, checked like a file. NodeError `config.malformed`."""
    lines = {"name": plan.name, "listen": plan.listen, "advertised": ",".join(plan.advertised)}
    lines |= {"currency": plan.currency, "zeroconf": "true" if plan.zeroconf else ""}
    environment = {config.ENVIRONMENT_PREFIX + key.upper(): value for key, value in lines.items() if value}
    try:
        return config.read(None, "init", environment)
    except errors.NodeError as error:
        faults = [{**fault, "path": TYPED[fault["path"].rpartition(" ")[2]]} for fault in error.faults]
        raise errors.NodeError(error.code, "no node can be made like this", faults=faults) from None


def hand_out(plan: Plan, node: identities.NodeId, sheet: keystore.RecoverySheet) -> Json:
    """The answer of `init`; the recovery codes go into the file if one was named, else into the answer."""
    codes = {"next_root": code(sheet.next_root), "recovery": code(sheet.recovery)}
    answer: Json = {"name": plan.name, "node": identities.to_text(node), "home": str(plan.home.absolute())}
    answer["listen"] = plan.listen
    if plan.sheet is None:
        return answer | {"recovery": codes}
    descriptor = os.open(plan.sheet, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, files.PRIVATE_MODE)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(views.sheet(answer | {"recovery": codes}))
    return answer | {"recovery_sheet": str(plan.sheet.absolute())}


def code(secret: bytes) -> str:
    """A secret of 32 bytes for paper: letters in groups, each with a check character, as a NodeID is written (3.1)."""
    return identities.to_text(identities.NodeId(secret))
