"""Pages of a list that only the books hold: the newest first, each page beginning where the one before ended."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, TypeVar

import pydantic

from node import errors
from node.trade import books, doors, peering

Thread = TypeVar("Thread")
LIMIT_MAX = 1_000


class Page(doors.Arguments):
    """Of one partner, or of all, the newest of each first: everything, or at most `limit` behind `after`, which is the
    `next` of the page before."""

    partner: str | None = None
    limit: Annotated[int, pydantic.Field(ge=1, le=LIMIT_MAX)] | None = None
    after: Annotated[str, pydantic.Field(max_length=64)] = ""


def page(
    desk: books.Desk,
    given: Page,
    threads: Callable[[books.Book], Iterable[tuple[bytes, Thread]]],
    fits: Callable[[books.Book, Thread], bool] = lambda book, thread: True,
) -> tuple[list[tuple[books.Book, Thread]], str | None]:
    """What a page shows, and the `next` behind it. `threads`: the key and the state of each, the oldest first.

    NodeError `request.malformed` for an `after` that is none of them.
    """
    every = walk(desk, given, threads)
    if given.after and all(key.hex() != given.after for key, _, _ in every):
        raise errors.NodeError(
            "request.malformed", "this is not where a page ends", expected="what another page named", got=given.after
        )
    fitting = (one for one in every if fits(one[1], one[2]))
    found = list(fitting if given.limit is None else itertools.islice(fitting, given.limit + 1))
    shown = found[: given.limit]
    following = shown[-1][0].hex() if len(found) > len(shown) else None
    return [(book, thread) for _, book, thread in shown], following


def walk(
    desk: books.Desk, given: Page, threads: Callable[[books.Book], Iterable[tuple[bytes, Thread]]]
) -> Iterator[tuple[bytes, books.Book, Thread]]:
    """Every thread with its key and book, the newest of each book first."""
    for book in reversed(peering.open_books(desk, given.partner)):
        for key, thread in reversed(list(threads(book))):
            yield key, book, thread
