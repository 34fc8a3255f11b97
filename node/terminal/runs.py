"""`hanse run`: one process, one home, one node, until a signal ends it.

Where the home holds no node yet, or nobody is there to type the passphrase, a page in the browser asks first.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from node import config, errors, keystore, runtime
from node.console import setups
from node.system import backups, clocks, files, homes
from node.terminal import foundings, passphrases
from node.trade import doors, policies

PORTS_TRIED: Final = 20
FAILURES_MAX: Final = 3
"""So many storage failures in five minutes are a loop that nobody should keep turning (faults.md S04)."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What whoever started the node is told. `asked`: a page waits at these addresses; its code, None for no code."""

    asked: Callable[[Sequence[str], str | None], None]
    ready: Callable[[runtime.Standing], None]


def run(path: Path, told: Callbacks) -> None:
    """Run the node of a home until SIGTERM or SIGINT.

    The lock comes first, so that a second start is refused before anybody types a passphrase (O05). NodeError `home.*`,
    `config.*`, `key.*`, `storage.crash-loop`, `links.listen`, `console.*`; StorageError.
    """
    begin, known = None, passphrases.source()
    if not homes.Home(path.absolute()).database.exists():
        wishes, passphrase = found(path, told)
        begin, known = functools.partial(settle_in, wishes) if wishes else None, lambda: passphrase
    home = homes.open_home(path)
    clock = clocks.SystemClock()
    with homes.locked(home):
        refuse_loop(home, clock.now_ms())
        decided = config.read(files.read(home.config), str(home.config), os.environ)
        unlocked = unlock(home, known) if known is not None else unlock_in_browser(home, decided, told)
        try:
            asyncio.run(runtime.run_home(home, decided, unlocked, os.environ, told.ready, begin))
        except errors.StorageError:
            homes.note_failure(home, clock.now_ms())
            raise


def told_of(standing: runtime.Standing) -> dict[str, Any]:
    """Where a node stands, for people and programs."""
    places = {"listening": list(standing.addresses), "console": list(standing.consoles)}
    return places | ({"code": standing.code} if standing.code else {})


def found(path: Path, told: Callbacks) -> tuple[setups.Wishes | None, str]:
    """Let the wizard found a node here, or make it of a backup: (what was wished, if it is new; its passphrase).

    NodeError `home.empty` without a console, and what `foundings.found` raises.
    """
    decided = config.read(None, "the environment", {config.ENVIRONMENT_PREFIX + "NAME": "Hanse", **os.environ})
    if decided.console is None:
        raise errors.NodeError("home.empty", f"{path} holds no node", hint="make one with `hanse init NAME`")
    entropy = clocks.SystemEntropy()

    async def make(wishes: setups.Wishes) -> setups.Sheet:
        listen = wishes.listen if "HANSE_LISTEN" in os.environ else free(wishes.listen, movable=not wishes.advertised)
        plan = foundings.Plan(path, wishes.name, listen, wishes.advertised, None, wishes.currency, wishes.zeroconf)
        return await asyncio.to_thread(foundings.found, plan, lambda: wishes.passphrase)

    wizard = setups.Wizard(entropy.token(setups.CODE_BYTES).hex(), make, functools.partial(restore, path))
    ask = setups.serve(wizard, decided, clocks.SystemClock(), entropy, lambda places: told.asked(places, wizard.code))
    asyncio.run(runtime.until_signalled(ask))
    if wizard.passphrase is not None:
        return None, wizard.passphrase
    if wizard.wishes is None or wizard.sheet is None:
        raise KeyboardInterrupt  # a signal came before anybody answered
    return wizard.wishes, wizard.wishes.passphrase


async def restore(path: Path, pieces: AsyncIterator[bytes], passphrase: str) -> None:
    """Make a home of a backup that comes piece by piece. It waits in `state`, which no backup copies. NodeError."""
    home = homes.create(path)
    file = home.state / "backup-sent"
    with homes.locked(home):
        try:
            with backups.open_new(file) as stream:
                async for piece in pieces:
                    await asyncio.to_thread(stream.write, piece)
            await asyncio.to_thread(
                backups.restore, file, path, lambda sealed: keystore.unseal(sealed, passphrase).root
            )
        except OSError as error:
            raise files.failed(f"{file} cannot be written", error) from error
        finally:
            file.unlink(missing_ok=True)


def free(listen: str, movable: bool) -> str:
    """Where the new node can listen: at the wished address, or, if it is `movable`, at one of the next ports.

    A node that another program keeps from listening would end behind the back of whoever sits before the browser.
    NodeError `links.listen`.
    """
    host, _, port = listen.rpartition(":")
    for wished in range(int(port), int(port) + (PORTS_TRIED if movable else 1)):
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the node's own listener does
            try:
                probe.bind((host, wished))
            except OSError:
                continue
            return f"{host}:{wished}"
    raise errors.NodeError("links.listen", f"cannot listen on {listen}", got=listen, hint=setups.TAKEN)


async def settle_in(wishes: setups.Wishes, trade: doors.Trade) -> None:
    """What the wizard asked that only a running node can keep: its owner, and what partners read of it."""
    door = runtime.door_of(trade, {})
    owner = {"name": wishes.owner, "role": "owner", "password": wishes.passphrase, "language": wishes.language}
    await door.ask(policies.MACHINE, "operator.add", owner)
    card: dict[str, Any] = {"country": wishes.country, "languages": [wishes.language]}
    await door.ask(policies.MACHINE, "card.set", card)


def unlock_in_browser(home: homes.Home, decided: config.Config, told: Callbacks) -> keystore.Keys:
    """The keys, once somebody has typed the passphrase into the page. NodeError `key.passphrase` without a console."""
    if decided.console is None:
        return unlock(home, passphrases.known)
    opened: list[keystore.Keys] = []

    async def open_(passphrase: str) -> None:
        opened.append(await asyncio.to_thread(unlock, home, lambda: passphrase))

    page = setups.Lock(decided.name, open_)
    entropy = clocks.SystemEntropy()
    ask = setups.serve(page, decided, clocks.SystemClock(), entropy, lambda places: told.asked(places, None))
    asyncio.run(runtime.until_signalled(ask))
    if not opened:
        raise KeyboardInterrupt
    return opened[-1]


def refuse_loop(home: homes.Home, now_ms: int) -> None:
    """NodeError `storage.crash-loop` where storage failed again and again."""
    if homes.recent_failures(home, now_ms) >= FAILURES_MAX:
        raise errors.NodeError(
            "storage.crash-loop",
            "storage failed at several starts in a row",
            hint=f"look at the disk with `hanse doctor`, then remove {home.failures}",
        )


def unlock(home: homes.Home, passphrase: Callable[[], str]) -> keystore.Keys:
    """The keys of a home. NodeError `key.missing`, `key.passphrase`, `key.unreadable`."""
    sealed = files.read(home.keys)
    if sealed is None:
        hint = "restore the file `keys` from its backup"
        raise errors.NodeError("key.missing", f"{home.keys} does not exist", hint=hint)
    return keystore.unseal(sealed, passphrase())
