"""State machines as tables: (state, event) -> state. A pair that is absent is refused.

The order of the rows is part of a table: where one event finds several states to act on, the row that stands first
is served first. Drawings and tests are made from the tables, so they cannot drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)
Table: TypeAlias = Mapping[tuple[State, Event], State]


def step(table: Table[State, Event], state: State, event: Event) -> State | None:
    """The next state, or None where the table has no such row."""
    return table.get((state, event))


def sources(table: Table[State, Event], event: Event) -> tuple[State, ...]:
    """The states that an event can act on, in the order of the rows."""
    return tuple(state for state, by in table if by == event)


def legal(table: Table[State, Event], state: State) -> tuple[Event, ...]:
    """The events that are legal in a state, in the order of the rows."""
    return tuple(event for of, event in table if of == state)


def reachable(table: Table[State, Event], start: State) -> frozenset[State]:
    """Every state that some walk from `start` comes to, `start` included."""
    found = {start}
    queue = [start]
    while queue:
        state = queue.pop()
        for event in legal(table, state):
            following = table[(state, event)]
            if following not in found:
                found.add(following)
                queue.append(following)
    return frozenset(found)


def terminal(table: Table[State, Event], states: Iterable[State]) -> frozenset[State]:
    """The states that no event leaves."""
    return frozenset(state for state in states if all(table[(state, event)] == state for event in legal(table, state)))


def refused(table: Table[State, Event], states: Iterable[State], events: Iterable[Event]) -> list[tuple[State, Event]]:
    """Every pair that has no row."""
    known = list(events)
    return [(state, event) for state in states for event in known if (state, event) not in table]


def mermaid(table: Table[State, Event]) -> str:
    """The table as a Mermaid state diagram; one arrow for all events between two states."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), following in table.items():
        arrows.setdefault((state, following), []).append(event.value)
    lines = [
        f"    {_name(state)} --> {_name(following)}: {', '.join(names)}" for (state, following), names in arrows.items()
    ]
    return "\n".join(["stateDiagram-v2", *lines]) + "\n"


def _name(state: StrEnum) -> str:
    return state.value.replace("-", "_")
