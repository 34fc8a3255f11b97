"""How it goes with a partner, in plain words: what is wrong, how bad it is, and what somebody can do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.console.words import N_
from protocol import limits

Json = Mapping[str, Any]

GRAVE: Final = "red"
CARE: Final = "yellow"
NOTE: Final = "azure"
MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to know. `tone` says how bad it is; `since_ms` when it began; `detail` is a program's own word for it.

    `text` and `fix` are marked for the catalogues and translated where they are shown.
    """

    tone: str
    text: str
    fix: str = ""
    since_ms: int | None = None
    detail: str = ""


STOPPED: Final[Mapping[str, Trouble]] = {
    "forked": Trouble(
        GRAVE,
        N_("The books of the two sides contradict each other. Nothing more is signed with this partner."),
        N_("Call the partner. Export your books in the room Audit: the export shows which side signed two histories."),
    ),
    "stopped": Trouble(
        GRAVE,
        N_("The exchange has stopped: something signed or stored is not as it must be."),
        N_("Call the partner, and keep everything as it is. An audit export names the place."),
    ),
    "recovering": Trouble(
        CARE,
        N_("This node was restored from an older copy. It waits until the partner has given back what is missing."),
        N_("Nothing to do while the partner is online: it goes on by itself."),
    ),
    "pairing": Trouble(NOTE, N_("The first exchange is under way."), N_("It is done within seconds once both are on.")),
}
"""State of the channel -> what it means. A channel that is open or closed gives no trouble."""


def state(partner: Json) -> str:
    """The one word for a partner: `removed`, `ended`, a state of trade that is not the usual, else on- or offline."""
    if partner["state"] == "removed":
        return "removed"
    if partner.get("ended"):
        return "peering.ended"
    if partner["channel_state"] in ("forked", "stopped", "recovering"):
        return str(partner["channel_state"])
    if partner["peering"] in ("suspended", "ending", "invited"):
        return f"peering.{partner['peering']}"
    return "online" if partner["online"] else "offline"


def troubles(partner: Json) -> Iterator[Trouble]:
    """Everything that somebody should know of a partner, the gravest first."""
    if partner["state"] == "removed":
        return
    if partner["channel_state"] in STOPPED:
        yield STOPPED[partner["channel_state"]]
    if partner["peering"] is None:
        yield Trouble(
            GRAVE,
            N_("A part of these books cannot be read."),
            N_("The node fetches it from the partner by itself; keep both online."),
        )
    yield from partings(partner)
    if partner["signing"] == "waiting" and partner["online"]:
        yield Trouble(NOTE, N_("Both nodes compare what they have before anything new is signed."))
    if not partner["online"]:
        yield unreachable(partner)
    if partner["overdue_since_ms"]:
        yield Trouble(
            CARE,
            N_("Documents wait for the partner's receipt."),
            N_("They are sent again by themselves. If it goes on while the partner is online, call it."),
            partner["overdue_since_ms"],
        )
    skew_ms = partner["clock_skew_ms"]
    if abs(skew_ms) > limits.SKEW_MS_MAX:
        ahead = N_("The clock of the partner's node is ahead of yours.")
        yield Trouble(
            CARE,
            ahead if skew_ms > 0 else N_("The clock of the partner's node is behind yours."),
            N_("Compare both with a telephone. No clock decides who came first, but deadlines are counted by them."),
            detail=f"{skew_ms / MINUTE_MS:+.0f} min",
        )
    if partner["peering"] == "invited":
        yield Trouble(NOTE, N_("The partner's node has not answered yet."), N_("Trade begins once it has."))
    if not partner["compared_ms"]:
        yield Trouble(
            NOTE,
            N_("The words were not compared yet."),
            N_("Read them to each other by telephone: only then you know who is at the other end."),
        )


def partings(partner: Json) -> Iterator[Trouble]:
    """That one of the two has paused or given notice."""
    left, paused = partner.get("left_by", ()), partner.get("paused_by", ())
    rest = N_("What is open goes on. Finish the orders, agree on a last statement, and pay what is owed.")
    if "partner" in left and not partner.get("ended"):
        yield Trouble(CARE, N_("The partner has given notice. Nothing new begins."), rest)
    elif "me" in left and not partner.get("ended"):
        yield Trouble(NOTE, N_("You have given notice. Nothing new begins."), rest)
    if "partner" in paused:
        fix = N_("What is open goes on. The partner itself ends the pause.")
        yield Trouble(CARE, N_("The partner has paused. Nothing new begins for now."), fix)
    if "me" in paused:
        fix = N_("What is open goes on. You end the pause on the page of the partner.")
        yield Trouble(NOTE, N_("You have paused. Nothing new begins for now."), fix)


def unreachable(partner: Json) -> Trouble:
    """That nobody answers there."""
    fix = N_("What you write waits and is sent by itself. Ask whether the partner's node runs and has a connection.")
    since = partner["unreachable_since_ms"] or partner["last_seen_ms"]
    if partner["trouble"]:
        return Trouble(
            CARE,
            N_("The last connection ended with a refusal."),
            N_("If it goes on, tell the words below to the partner, or to whoever looks after the node."),
            since,
            str(partner["trouble"]),
        )
    return Trouble(CARE, N_("The partner cannot be reached."), fix, since)


FREE_SHARE_MIN: Final = 0.2
FREE_BYTES_MIN: Final = 64 << 20
LOOPBACK: Final = ("127.", "localhost:", "[::1]:")


def is_lonely(addresses: Sequence[str]) -> bool:
    """Whether only this machine reaches the node."""
    return bool(addresses) and all(address.startswith(LOOPBACK) for address in addresses)


def of_node(status: Json) -> Iterator[Trouble]:
    """What somebody should know of this node itself, from what `status` says."""
    free, total = status["disk"]["free"], status["disk"]["total"]
    if free < FREE_BYTES_MIN:
        yield Trouble(GRAVE, N_("The disk is full. The node stops before it loses anything."), N_("Make room."))
    elif free < FREE_SHARE_MIN * total:
        fix = N_("Make room before it is full: a full disk stops the node.")
        yield Trouble(CARE, N_("The disk is filling up."), fix)
    if status["backup_failure"]:
        fix = N_("The settings say why, and what to do.")
        since_ms = status["backup_failure"]["at_ms"]
        yield Trouble(CARE, N_("The last backup failed."), fix, since_ms, status["backup_failure"]["code"])
    if status["sqlite"]["synchronous"] < 2:
        yield Trouble(GRAVE, N_("What was confirmed may be lost when the power fails."), N_("Start the node again."))
    if is_lonely(status["addresses"]):
        yield Trouble(
            NOTE,
            N_("Only this very machine reaches this node."),
            N_("To trade with merchants elsewhere, set the address at which the node listens."),
        )
