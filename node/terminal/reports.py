"""What examinations and demonstrations have to report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]
HASH_CHARACTERS_SHOWN = 16
CHAINS = {"order": "order", "ordered": "units", "children": "orders to suppliers", "passed_on": "units in these"}
"""Columns of opened chains."""


def verdict(answer: Json) -> RenderableType:
    """The auditor's four numbers, what each channel proves, and every artefact that does not hold."""
    numbers = ("documents", "proved", "deemed", "contested", "not_disclosed", "refused")
    head = tables.fields([(tables.label(key), answer.get(key, 0)) for key in numbers])
    channels = [
        {
            "parties": parties(channel),
            "entries": sum(channel["sizes"]),
            "proved": channel["numbers"]["proved"],
            "statements": ", ".join(f"{row['period']} {row['state']}" for row in channel["statements"]),
        }
        for channel in answer.get("channels") or []
    ]
    columns = {"parties": "channel", "entries": "entries", "proved": "proved", "statements": "statements"}
    proofs = tables.rows_of({"rows": channels}, "rows", columns, empty="No channel could be checked.")
    chains = [
        {**chain, "order": tables.shortened(chain["order"], HASH_CHARACTERS_SHOWN)}
        for chain in answer.get("chains") or []
    ]
    opened = tables.rows_of({"rows": chains}, "rows", CHAINS, empty="", title="Opened chains")
    faults = answer.get("faults") or []
    found = [artefact(fault) for fault in faults] or [Text("Everything in this folder holds.", style="green")]
    return Group(head, Text(), proofs, *([opened] if chains else []), Text(), *found)


def proof(answer: Json) -> RenderableType:
    """What the proof of one document shows."""
    if not answer.get("ok"):
        return Group(*[artefact(fault) for fault in answer.get("faults") or []])
    shown = [(tables.label(key), answer.get(key)) for key in ("type", "author", "reader", "origin", "index", "leaf")]
    since = tables.moment(answer.get("receipted_s", 0) * 1000)
    lines = json.dumps(answer.get("body"), ensure_ascii=False, indent=2).splitlines()
    body = Text("\n".join(map(tables.plain, lines)))
    holds = Text("The proof holds: the author wrote it, and the reader had it on its disk at that time.", style="green")
    return Group(tables.fields([*shown, ("receipted", since)]), body, holds)


def artefact(fault: Json) -> RenderableType:
    """One finding of an auditor. The path stands alone in its line, whatever the width, so that it can be copied."""
    path = Text(tables.plain(fault.get("path")), style="bold red", no_wrap=True, overflow="ignore")
    said = tables.fields([(tables.label(key), fault.get(key)) for key in ("what", "expected", "got", "code")])
    return Group(path, Padding(said, (0, 0, 1, 2), expand=False))


HIDDEN: Final = ("homes", "folder", "audit_export", "consoles")
"""What the view of a demonstration tells in sentences."""


def demonstration(answer: Json) -> RenderableType:
    """The figures of a demonstration, where everything lies, and how to look at it."""
    figures = {key: value for key, value in answer.items() if key not in HIDDEN}
    homes = list(answer.get("homes") or [])
    lines = ["", *opened(answer), "The homes are left for inspection:", *(f"  {home}" for home in homes)]
    lines += [f"  {answer.get('audit_export')}", "", "Look around, for instance:"]
    for home in homes[:1]:
        passphrase = home.removesuffix("/home") + "/passphrase"
        lines += [f"  HANSE_PASSPHRASE_FILE={passphrase} hanse --home {home} run &"]
        lines += [f"  hanse --home {home} order list"]
    lines += [f"  hanse audit verify {answer.get('audit_export')}"]
    if not answer.get("consoles"):
        lines += ["", "To look around in a browser, run it again and leave the nodes running: hanse demo --keep"]
    text = Text("\n".join(map(tables.plain, lines)), no_wrap=True, overflow="ignore")
    head = tables.fields((tables.label(key), value) for key, value in figures.items())
    return Group(Text(), head, text if answer.get("kept", True) else Text())


PAGES: Final = {
    "page": "page",
    "least": "least ms",
    "p50": "p50 ms",
    "p95": "p95 ms",
    "cpu": "processor ms",
    "bytes": "bytes",
}


def benchmark(answer: Json) -> RenderableType:
    """The figures of a benchmark, and a row for each page of the console."""
    head = tables.fields((tables.label(key), value) for key, value in answer.items() if key != "pages")
    return Group(head, Text(), tables.rows_of(answer, "pages", PAGES, empty="No page was measured."))


def opened(answer: Json) -> list[str]:
    """The consoles of nodes that are left running, and who may sign in."""
    consoles = answer.get("consoles") or []
    lines = [f"  {one['console']}  {one['merchant']}: {one['name']} / {one['password']}" for one in consoles]
    return ["All nodes are still running. Sign in with your browser; Ctrl-C ends them:", *lines, ""] if lines else []


def parties(channel: Json) -> list[str]:
    """What both sides call themselves, or the beginning of their NodeIDs."""
    both = zip(channel["names"], channel["parties"], strict=True)
    return [name or tables.shortened(node, tables.NODE_CHARACTERS_SHOWN) for name, node in both]


def findings(answer: Json) -> RenderableType:
    """What the doctor found."""
    columns = {"severity": "", "check": "check", "found": "found", "hint": "what to do"}
    return tables.rows_of(answer, "findings", columns, empty="Nothing was checked.")
