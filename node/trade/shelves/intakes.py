"""What a file changed when it was taken in, and taking it back.

Taking back writes what was there before, and tells partners by new documents; nothing that was signed is undone. What
somebody has changed since is told, and only left out if that is wanted. Of orders, see `ordering.batches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from node import errors
from node.storage import intakes, settings, shelves
from node.storage.intakes import Alteration
from node.trade import books, doors, peering
from node.trade.goods import catalogues
from node.trade.ordering import batches
from node.trade.shelves import stocks

register = doors.Register()
ROWS_MAX: Final = 200
AMOUNTS: Final = frozenset({"price", "retail"})
HIDDEN: Final = frozenset(
    {catalogues.OWN, catalogues.PRICES, "cost", "moved", "base", "currency", "images", "contents"}
)
"""What an article says that no column of a table does."""


class One(doors.Arguments):
    """A file that was taken in, by its number."""

    number: doors.RowNumber


class Undo(One):
    """`others`: leave what was changed since as it is, and take back the others."""

    others: bool = False


def keep(
    trade: doors.Trade, desk: books.Desk, kind: str, name: str, key: str, rows: Iterable[Alteration]
) -> int | None:
    """Keep what a file changed; its number, None where it changed nothing."""
    changed = list(rows)
    if not changed:
        return None
    return intakes.add(desk.db, intakes.Intake(0, desk.now_ms(), kind, name, trade.caller.name, key), changed)


def altered(desk: books.Desk, good: shelves.Good, counted: int | None) -> Alteration | None:
    """What storing an article, and counting it, will change; None for nothing. To be asked before that is done."""
    known = shelves.good(desk.db, good.sku)
    shelf = shelves.shelf(desk.db, good.sku).on_hand
    if counted is not None and known is not None and counted == shelf:
        counted = None
    same = known is not None and known.content == good.content
    if same and counted is None:
        return None
    before = None if known is None else known.content
    return Alteration(
        good.sku, shelves.MAIN, None if same else before, None if same else good.content,
        None if counted is None else shelf, counted,
    )  # fmt: skip


@register.case("import.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """The files of goods, counts and orders that were taken in of late, the newest first."""
    return await trade.books.read(
        lambda desk: {"imports": [described(desk, intake) for intake in intakes.every(desk.db)]}
    )


def described(desk: books.Desk, intake: intakes.Intake) -> doors.Json:
    """One file for a line of a table."""
    new, changed = intakes.counts(desk.db, intake.id)
    if intake.kind == intakes.ORDERS:
        new = intakes.count_orders(desk.db, intake.id)
    return {
        "number": intake.id,
        "name": intake.name,
        "kind": intake.kind,
        "by": intake.by,
        "at_ms": intake.at_ms,
        "taken_back_ms": intake.taken_back_ms,
        "new": new,
        "changed": changed,
    }


@register.case("import.show", One)
async def shown(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """What a file changed, with the values before and after, and what of it was changed since."""

    def unit(desk: books.Desk) -> doors.Json:
        intake = find(desk, given.number)
        if intake.kind == intakes.ORDERS:
            return {**described(desk, intake), **batches.shown(desk, intake.id)}
        rows = intakes.alterations(desk.db, intake.id)
        since = {} if intake.taken_back_ms is not None else dict(changed_since(desk, rows))
        ordered = sorted(rows, key=lambda row: row.sku not in since)
        return {
            **described(desk, intake),
            "rows": [difference(desk, row, since.get(row.sku)) for row in ordered[:ROWS_MAX]],
            "more": max(0, len(rows) - ROWS_MAX),
            "since": sorted(since),
        }

    return await trade.books.read(unit)


def find(desk: books.Desk, number: int) -> intakes.Intake:
    """The file of this number. NodeError `import.unknown`."""
    intake = intakes.by_id(desk.db, number)
    if intake is None:
        raise errors.NodeError(
            "import.unknown", "no file of late has this number", expected="a number of `import list`", got=number
        )
    return intake


def changed_since(desk: books.Desk, rows: Sequence[Alteration]) -> Iterator[tuple[str, errors.Fault]]:
    """What cannot simply be taken back, by SKU, and why."""
    for row in rows:
        good, shelf = shelves.good(desk.db, row.sku), shelves.shelf(desk.db, row.sku, row.location)
        if good is None or (row.after is not None and good.content != row.after):
            yield row.sku, errors.fault("import.changed", row.sku, "as the file left it", "changed since")
        elif row.counted is not None and shelf.on_hand != row.counted:
            yield row.sku, errors.fault("import.changed", row.sku, f"{row.counted} on the shelf", str(shelf.on_hand))
        elif (row.counted_before or 0) < shelf.reserved and row.counted is not None:
            expected = f"at least the {shelf.reserved} that accepted orders wait for"
            yield row.sku, errors.fault("stock.reserved", row.sku, expected, str(row.counted_before or 0))


def difference(desk: books.Desk, row: Alteration, since: errors.Fault | None) -> doors.Json:
    """What became of one article, for people."""
    good = shelves.good(desk.db, row.sku)
    content = row.after or ({} if good is None else good.content)
    before, after = row.before or {}, row.after or {}
    names = [name for name in after if before.get(name) != after[name] and name not in HIDDEN] if row.before else []
    return {
        "sku": row.sku,
        "titles": content.get("titles") or {},
        "new": row.before is None and row.after is not None,
        "location": row.location,
        "price": catalogues.shown(content.get("price"), content.get("currency", "CNY")),
        "fields": [{"field": name, "before": value_of(before, name), "after": value_of(after, name)} for name in names],
        "counted_before": row.counted_before,
        "counted": row.counted,
        "since": since,
    }


def value_of(content: dict[str, Any], name: str) -> Any:
    """A value of an article for people: money as money, several texts as one."""
    value = content.get(name)
    if name in AMOUNTS:
        return catalogues.shown(value, content["currency"]) if "currency" in content else None
    return " / ".join(dict.fromkeys(value.values())) if isinstance(value, dict) else value


@register.case("import.undo", Undo)
async def undo(trade: doors.Trade, given: Undo, report: doors.Report) -> doors.Json:
    """Take back what a file changed. NodeError `import.undone`; `import.changed` with what was changed since."""

    def unit(desk: books.Desk) -> doors.Json:
        intake = find(desk, given.number)
        rows = intakes.alterations(desk.db, intake.id)
        since = dict(changed_since(desk, rows))
        refuse(intake, since, given)
        taken = [row for row in rows if row.sku not in since]
        goods = [good for row in taken if (good := taken_back(desk, row)) is not None]
        intakes.take_back(desk.db, intake.id, desk.now_ms())
        settings.forget_answer(desk.db, intake.key)
        partners = catalogues.tell(trade, desk, goods)
        stocks.share(desk)
        return {"number": intake.id, "taken_back": len(taken), "left": sorted(since), "partners": partners}

    def look(desk: books.Desk) -> bool:
        intake = find(desk, given.number)
        if intake.kind == intakes.ORDERS:
            refuse(intake, batches.gone(desk, intake.id), given)
        return intake.kind == intakes.ORDERS

    if await trade.books.read(look):
        done, left = await batches.undo(trade, given.number, report)
        return {"number": given.number, "taken_back": done, "left": left}
    return await trade.books.act(unit)


def refuse(intake: intakes.Intake, since: Mapping[str, errors.Fault], given: Undo) -> None:
    """NodeError `import.undone`; `import.changed` where something happened since, unless that is to be left."""
    if intake.taken_back_ms is not None:
        raise errors.NodeError("import.undone", "this file was taken back already", expected="another", got="done")
    if since and not given.others:
        raise errors.NodeError(
            "import.changed",
            "some of it was changed since",
            hint="take back the others, and leave these as they are",
            faults=list(since.values()),
        )


def taken_back(desk: books.Desk, row: Alteration) -> shelves.Good | None:
    """Write what was there before. The article of which partners are to be told; None where there is none to tell."""
    if row.counted is not None:
        shelves.set_on_hand(desk.db, row.sku, row.location, row.counted_before or 0)
    good = shelves.good(desk.db, row.sku)
    assert good is not None, "what is gone was changed since"
    if row.after is None:
        return good
    if row.before is None and not any(known(book, row.sku) for book in peering.open_books(desk)):
        shelves.remove_good(desk.db, row.sku)
        return None
    content = {**good.content, catalogues.WITHDRAWN: True} if row.before is None else row.before
    good = replace(good, content=content)
    shelves.put_good(desk.db, good)
    if content.get(catalogues.WITHDRAWN):
        for book in peering.written_books(desk):
            catalogues.withdraw(desk, book, row.sku)
    return good


def known(book: books.Book, sku: str) -> bool:
    """Whether a partner has ever heard of an article of mine."""
    return (book.side, sku) in book.history.listings
