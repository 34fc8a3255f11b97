"""The rooms of the console, in the order of a merchant's day. Everybody sees the rooms that the role may enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from node.console.words import N_


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the menu. `asks`: the use case that the first page of the room asks."""

    path: str
    label: str
    icon: str
    asks: str


ROOMS: Final = (
    Room("/today", N_("Today"), "sun", "today"),
    Room("/orders", N_("Orders"), "package", "order.list"),
    Room("/aftersales", N_("After-sales"), "arrow-back-up", "return.list"),
    Room("/catalogue", N_("Catalogue"), "tags", "catalogue.list"),
    Room("/selection", N_("Selection"), "layout-grid", "catalogue.list"),
    Room("/partners", N_("Partners"), "users", "partners"),
    Room("/statements", N_("Statements"), "receipt", "statement.list"),
    Room("/reports", N_("Reports"), "chart-bar", "balance"),
    Room("/network", N_("Network"), "affiliate", "partners"),
    Room("/audit", N_("Audit"), "shield-check", "audit.export"),
    Room("/settings", N_("Settings"), "settings", "status"),
)


def of(may: Callable[[str], bool]) -> Sequence[Room]:
    """The rooms that somebody may enter."""
    return tuple(room for room in ROOMS if may(room.asks))
