"""The network as this node sees it: who is there, what waits, how far both books are, and what to do about trouble."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from node.console import healths, routes, views, words
from node.console.pages import partners
from node.console.words import N_

register = routes.Register()

words.add(
    words={
        "signing.waiting": N_("compares first"),
        "signing.ready": N_("ready"),
        "signing.recovering": N_("recovering"),
        "signing.forked": N_("stopped"),
    },
    tones={
        "signing.waiting": "azure",
        "signing.ready": "green",
        "signing.recovering": "yellow",
        "signing.forked": "red",
    },
)

WIDTH: Final = 560
HEIGHT: Final = 380
SHOWN_MAX: Final = 24
"""Partners in the picture; all stand in the table."""
NAME_CHARACTERS_MAX: Final = 14
DASHES: Final = {"green": "", "secondary": "3 7", "red": "10 4 2 4"}
"""Colour of a state -> how its line is broken, so that colour is not all that tells; others are dashed."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A partner in the picture: where it stands, how its line is drawn, and its name in full and as it fits."""

    node: str
    name: str
    short: str
    word: str
    tone: str
    dashes: str
    x: int
    y: int
    label_y: int


def picture(rows: Sequence[views.Json]) -> list[Spot]:
    """The partners on an ellipse around the middle, beginning at the top."""
    shown = rows[:SHOWN_MAX]
    spots = []
    for place, row in enumerate(shown):
        angle = 2 * math.pi * place / len(shown) - math.pi / 2
        tone, name = words.tone(row["word"]), str(row["name"])
        spots.append(
            Spot(
                node=row["node"],
                name=name,
                short=name if len(name) <= NAME_CHARACTERS_MAX else name[: NAME_CHARACTERS_MAX - 1] + "…",
                word=row["word"],
                tone=tone,
                dashes=DASHES.get(tone, "8 5"),
                x=round(WIDTH / 2 + (WIDTH / 2 - 80) * math.cos(angle)),
                y=(y := round(HEIGHT / 2 - 6 + (HEIGHT / 2 - 58) * math.sin(angle))),
                label_y=y - 28 if y < HEIGHT / 2 - 40 else y + 38,
            )
        )
    return spots


def attention(rows: Sequence[views.Json]) -> Iterator[tuple[views.Json, healths.Trouble]]:
    """What somebody should look at, the gravest first."""
    found = [(row, trouble) for row in rows for trouble in row["troubles"]]
    order = (healths.GRAVE, healths.CARE, healths.NOTE)
    yield from sorted(found, key=lambda pair: order.index(pair[1].tone))


@register.get("/network", "partners")
async def network(view: views.View) -> web.StreamResponse:
    """The whole network of this merchant."""
    rows = [partners.described(row) for row in (await view.ask("partners"))["partners"]]
    living = [row for row in rows if row["state"] != "removed"]
    me = await view.ask("status")
    return view.page(
        "network/overview.html",
        partners=living,
        spots=picture(living),
        width=WIDTH,
        height=HEIGHT,
        me=me,
        version=importlib.metadata.version("hanse"),
        own=list(healths.of_node(me)),
        attention=list(attention(living)),
    )
