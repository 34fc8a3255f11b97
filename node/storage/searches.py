"""The index by which everything is found: numbers, their ends, and words; consumers by name and telephone number.

It is fed in the transaction of what it indexes, and can be made anew from it (`trade.indexes`). Costs: a look-up reads
the rows of one word or prefix, the newest first, and stops at `limit`.
"""

from __future__ import annotations

import functools
import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node.storage import spellings

EXACT, CONSUMER, PREFIX, TAIL, NAMED, WORDS = range(6)
"""Why something was found, the best reason first: its number, a telephone number, the beginning or the end of a number,
a consumer's name, words."""
WITHIN_MAX: Final = 2_000
"""A list that is narrowed down by a text shows the newest of so many that hold it."""
BEYOND: Final = "\U0010ffff"  # after every word that begins like this one
NO_CHANNEL: Final = 0


@dataclass(frozen=True, slots=True)
class Match:
    """Something that was found: its kind and key there, and why. `channel` is 0 for what is this merchant's alone."""

    kind: str
    key: bytes
    channel: int
    rank: int


@dataclass(frozen=True, slots=True)
class Findable:
    """Something to be found by its numbers and words. `key` is unique for its kind and channel."""

    kind: str
    key: bytes
    channel: int
    numbers: Sequence[str]
    texts: Sequence[str]


def put(db: sqlite3.Connection, thing: Findable) -> None:
    """Enter something, in the place of what was known of it."""
    put_all(db, [thing])


def put_all(db: sqlite3.Connection, things: Iterable[Findable]) -> None:
    """The same for many. The full-text index is written after everything else: it lays down what it was given as soon
    as a statement with a trigger comes in between (FTS5, xSavepoint), and row by row that costs as much as the rest."""
    new: list[tuple[object, ...]] = []
    known: list[tuple[object, ...]] = []
    for thing in things:
        columns = (
            " ".join(filter(None, map(spellings.compact, thing.numbers))),
            " ".join(filter(None, map(spellings.tail, thing.numbers))),
            spellings.joined(thing.texts),
        )
        named = (thing.kind, thing.key, thing.channel)
        added = db.execute("INSERT OR IGNORE INTO findables (kind, key, channel) VALUES (?, ?, ?)", named)
        if added.rowcount:
            new.append((*columns, added.lastrowid))
        else:
            select = "SELECT id FROM findables WHERE kind = ? AND key = ? AND channel = ?"
            known.append((*columns, *db.execute(select, named).fetchone()))
    db.executemany("INSERT INTO found (numbers, tails, words, rowid) VALUES (?, ?, ?, ?)", new)
    db.executemany("UPDATE found SET numbers = ?, tails = ?, words = ? WHERE rowid = ?", known)


def drop(db: sqlite3.Connection, kind: str, key: bytes, channel: int) -> None:
    """Find something no more."""
    row = db.execute(
        "DELETE FROM findables WHERE kind = ? AND key = ? AND channel = ? RETURNING id", (kind, key, channel)
    ).fetchone()
    if row is not None:
        db.execute("DELETE FROM found WHERE rowid = ?", row)


def drop_channel(db: sqlite3.Connection, channel: int) -> None:
    """Forget what was entered for a channel, to enter it anew."""
    db.execute("DELETE FROM found WHERE rowid IN (SELECT id FROM findables WHERE channel = ?)", (channel,))
    db.execute("DELETE FROM findables WHERE channel = ?", (channel,))


def put_consumer(db: sqlite3.Connection, shop_order: int, name: str, phone: str) -> None:
    """Enter the consumer of a shop's order. A trigger of the schema erases it with what the shop's order says."""
    rows = [(word, shop_order) for word in spellings.consumer_words(name, phone)]
    db.executemany("INSERT OR IGNORE INTO consumer_words VALUES (?, ?)", rows)


def find(db: sqlite3.Connection, text: str, limit: int, kind: str | None = None) -> list[Match]:
    """What a person may mean, the best reason first, and of one reason the newest first; at most `limit`.

    `kind`: only such things, and consumers' orders (kind "shop-order").
    """
    found: dict[tuple[str, bytes, int], Match] = {}
    for rank, look in looks(db, text, kind):
        for named in look(limit):
            found.setdefault(named, Match(*named, rank))
            if len(found) >= limit:
                return list(found.values())
    return list(found.values())


Look = Callable[[int], Iterable[tuple[str, bytes, int]]]


def looks(db: sqlite3.Connection, text: str, kind: str | None) -> Iterator[tuple[int, Look]]:
    """The ways to look for a text, each with the rank of what it finds."""
    number, digits, wanted = spellings.compact(text), spellings.telephone(text), spellings.phrases(text)
    if not number:
        return
    matching = functools.partial(matches, db, kind)
    yield EXACT, functools.partial(matching, f'numbers : "{number}"')
    if digits:
        yield CONSUMER, functools.partial(telephones, db, digits)
    if len(number) > 1:
        yield PREFIX, functools.partial(matching, f'numbers : "{number}" *')
    if len(number) >= spellings.TAIL_MIN:
        yield TAIL, functools.partial(matching, f'tails : "{number[::-1]}" *')
    yield NAMED, functools.partial(consumers, db, wanted, spellings.plain(text))
    if len(number) == 1 and not spellings.is_chinese(number):
        yield WORDS, functools.partial(letters, db, kind, number)
    else:
        yield WORDS, functools.partial(matching, "words : (" + " AND ".join(map(phrase, wanted)) + ")")


def phrase(wanted: tuple[list[str], bool]) -> str:
    """Words that follow each other, for the index: it never reads what was typed as its own language."""
    words, is_beginning = wanted
    return f'"{" ".join(words)}"' + (" *" if is_beginning else "")


def matches(db: sqlite3.Connection, kind: str | None, query: str, limit: int) -> list[tuple[str, bytes, int]]:
    """What a query of the index finds, the newest first."""
    clause, values = ("", ()) if kind is None else (" AND findables.kind IN (?, 'shop-order')", (kind,))
    return db.execute(
        "SELECT findables.kind, findables.key, findables.channel FROM found"
        f" JOIN findables ON findables.id = found.rowid WHERE found MATCH ?{clause} ORDER BY found.rowid DESC LIMIT ?",
        (query, *values, limit),
    ).fetchall()


def letters(db: sqlite3.Connection, kind: str | None, letter: str, limit: int) -> list[tuple[str, bytes, int]]:
    """What holds one Latin letter or digit somewhere, among the newest: nothing better can be done with so little."""
    clause, values = ("", ()) if kind is None else (" AND findables.kind = ?", (kind,))
    return db.execute(
        "SELECT findables.kind, findables.key, findables.channel FROM found"
        " JOIN findables ON findables.id = found.rowid"
        f" WHERE found.rowid > (SELECT max(id) FROM findables) - ? AND words LIKE ?{clause}"
        " ORDER BY found.rowid DESC LIMIT ?",
        (WITHIN_MAX, f"%{letter}%", *values, limit),
    ).fetchall()


def telephones(db: sqlite3.Connection, digits: str, limit: int) -> Iterator[tuple[str, bytes, int]]:
    """Consumers' orders with a telephone number, or with one that ends so."""
    for tail in spellings.telephone_tails(digits):
        yield from shop_orders(
            db.execute(
                "SELECT DISTINCT shop_order FROM consumer_words WHERE word >= ? AND word < ?"
                " ORDER BY shop_order DESC LIMIT ?",
                ("#" + tail, "#" + tail + BEYOND, limit),
            )
        )


def consumers(
    db: sqlite3.Connection, wanted: Sequence[tuple[list[str], bool]], text: str, limit: int
) -> Iterator[tuple[str, bytes, int]]:
    """Consumers' orders for somebody of this name: who has all the words, as long as they follow each other there."""
    words = [
        (word, is_beginning and place == len(row) - 1) for row, is_beginning in wanted for place, word in enumerate(row)
    ]
    parts = [
        "SELECT shop_order FROM consumer_words WHERE word >= ? AND word < ?" if beginning
        else "SELECT shop_order FROM consumer_words WHERE word = ?"
        for _, beginning in words
    ]  # fmt: skip
    values = list(itertools.chain.from_iterable([word, word + BEYOND] if cut else [word] for word, cut in words))
    ids = f"SELECT shop_order FROM ({' INTERSECT '.join(parts)}) ORDER BY shop_order DESC LIMIT ?"
    rows = db.execute(
        f"SELECT id, json_extract(content, '$.recipient.name') FROM shop_orders WHERE id IN ({ids}) ORDER BY id DESC",
        (*values, limit),
    )
    pieces = spellings.RUNS.findall(text)
    yield from shop_orders((id,) for id, name in rows if all(piece in spellings.plain(name or "") for piece in pieces))


def shop_orders(rows: Iterable[tuple[int]]) -> Iterator[tuple[str, bytes, int]]:
    """Consumers' orders as matches: their key is their number of 8 bytes."""
    return (("shop-order", id.to_bytes(8, "big"), NO_CHANNEL) for (id,) in rows)
