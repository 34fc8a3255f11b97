"""`hanse demo`: four merchants trade for a month, each with a real node, and an auditor checks what they signed.

Every figure of the summary is counted from what the nodes answer; a story that does not come out as it must ends with
the NodeError `demo.unmet`.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from node import errors
from node.demonstrations import aftersales, closings, merchants, openings, returns, tradings
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json, Narrator, Stage
from node.demonstrations.stages import Plan as Plan

CHAPTERS: Final[tuple[tuple[str, Callable[[Stage], None]], ...]] = (
    ("Four merchants set up nodes of their own", openings.found),
    ("They become partners by exchanging keys", openings.peer),
    ("They sign what they have agreed", openings.agree),
    ("The factory lists its goods, the dealer sells them on", openings.list_goods),
    ("Consumers order, and the dealer's machine loses power", tradings.order),
    ("The warehouses answer", tradings.answer),
    ("Some consumers change their mind in time", tradings.cancel),
    ("Parcels leave, and some consumers are too late", tradings.ship),
    ("Something is broken, and the complaint travels up the chain", aftersales.complain),
    ("Goods come back, and money with them", returns.give_back),
    ("The dealer buys from its own customer", aftersales.buy_back),
    ("Month end: both sides compute the same account", closings.close_month),
    ("What nobody told the factory, and nobody told the shop", aftersales.search),
    ("An auditor checks the books off line", closings.audit),
)

CAST: Final = (
    ("factory", "Shifan Homeware"),
    ("dealer", "Canton Bridge"),
    ("distributor-xiaoman", "Xiaoman Living"),
    ("distributor-harbour", "Harbour & Hearth"),
)
"""Folder and name of the factory, the dealer, and the two distributors."""


OWNER: Final = "owner"
PASSWORD_BYTES: Final = 12


def silent(facts: Json) -> None:
    """A summary that nobody reads."""


def at_once() -> None:
    """Nobody wants to see more."""


def tell(
    plan: Plan, narrator: Narrator, show: Callable[[Json], None] = silent, linger: Callable[[], None] = at_once
) -> Json:
    """Play the whole story; the summary, which `show` gets while the nodes still run.

    Where the plan leaves them running, `linger` returns when somebody has seen enough. NodeError `demo.unmet`,
    `home.exists`.
    """
    began = time.monotonic()
    stage = set_up(plan, narrator)
    try:
        for title, chapter in CHAPTERS:
            with narrator.chapter(title):
                chapter(stage)
        facts = summary(stage, time.monotonic() - began)
        if plan.running:
            facts["consoles"] = consoles(stage)
        show(facts)
        if plan.running:
            linger()
        return facts
    except errors.NodeError as error:
        error.hint = error.hint or f"the logs of the nodes lie in {stage.folder}"
        raise
    finally:
        merchants.stop_all(stage.cast)
        if not plan.keep:
            shutil.rmtree(stage.folder, ignore_errors=True)


def set_up(plan: Plan, narrator: Narrator) -> Stage:
    """Folders and ports. NodeError `home.exists` for a folder with something in it."""
    folder = (plan.directory or Path(f"demo-{time.strftime('%Y%m%d-%H%M%S')}")).absolute()
    if folder.exists() and any(folder.iterdir()):
        raise errors.NodeError("home.exists", f"{folder} is not empty", expected="a new folder", got="files")
    folder.mkdir(parents=True, exist_ok=True)
    ports = merchants.free_ports(2 * len(CAST))
    cast = [Merchant(name, folder / place, port) for (place, name), port in zip(CAST, ports[::2], strict=True)]
    if plan.running:
        for merchant, port in zip(cast, ports[1::2], strict=True):
            merchant.console = f"127.0.0.1:{port}"
    factory, dealer, xiaoman, harbour = cast
    return Stage(plan, folder, narrator, factory, dealer, xiaoman, harbour)


def consoles(stage: Stage) -> list[Json]:
    """An owner who can sign in, for the console of every node: where it is, the name and the password."""
    found = []
    for merchant in stage.cast:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        merchant.ask("operator.add", name=OWNER, role="owner", password=password)
        address = f"http://{merchant.console}/"
        found.append({"merchant": merchant.name, "console": address, "name": OWNER, "password": password})
    return found


def summary(stage: Stage, seconds: float) -> Json:
    """Everything that was counted, and where everything lies."""
    facts = dict(stage.facts)
    facts["seconds"] = round(seconds, 1)
    facts["homes"] = [str(merchant.home) for merchant in stage.cast]
    facts["folder"] = str(stage.folder)
    facts["kept"] = stage.plan.keep
    return facts
