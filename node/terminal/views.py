"""What the answer of each use case looks like to a person. A use case without a view of its own shows its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]
View = Callable[[Json], RenderableType]

NODE_CHARACTERS_SHOWN: Final = 15
"""Two groups of a NodeID and a dash: enough to tell partners apart; commands take any prefix of seven characters."""

HASH_CHARACTERS_SHOWN: Final = 12
"""Enough to name an order: commands take a prefix of eight or more."""

SHEET: Final = """\
HANSE RECOVERY SHEET

Keep this on paper, away from the computer. With both codes this merchant's identity can be taken back
when the computer is lost or its keys are stolen. Nobody else has them, and they are shown only once.

Merchant        {name}
Node            {node}

Next keys       {recovery[next_root]}
Last resort     {recovery[recovery]}
"""


def of(name: str, answer: Json) -> RenderableType:
    """The view of an answer to the use case `name`."""
    return VIEWS.get(name, fields)(answer)


def fields(answer: Json) -> RenderableType:
    """Every field that is not a list of objects, one under the other; what was refused follows as a table."""
    simple = [(label(key), value) for key, value in answer.items() if not is_list_of_objects(value)]
    refused = answer.get("refused")
    parts = [tables.fields(simple)]
    if refused:
        parts.append(refusals(refused))
    return Group(*parts)


def label(key: str) -> str:
    """A key as a person reads it."""
    return key.replace("_", " ")


def is_list_of_objects(value: object) -> bool:
    """Whether a value needs a table of its own."""
    return isinstance(value, list) and (not value or isinstance(value[0], Mapping))


def refusals(refused: list[Json]) -> RenderableType:
    """Orders that a rule said no to, a row for each reason."""
    rows = [
        [shortened(order.get("order")), fault.get("code"), fault.get("path"), fault.get("expected"), fault.get("got")]
        for order in refused
        for fault in order.get("faults") or [{}]
    ]
    return tables.table(["order", "code", "where", "expected", "got"], rows, empty="", title="refused")


def shortened(text: object, characters: int = HASH_CHARACTERS_SHOWN) -> str:
    """The first characters of a hash or NodeID."""
    return str(text or "")[:characters]


def founded(answer: Json) -> RenderableType:
    """A new node. The recovery sheet is printed here and never again."""
    head = tables.fields([(label(key), value) for key, value in answer.items() if key != "recovery"])
    return Group(head, Text("\n" + sheet(answer))) if "recovery" in answer else head


def sheet(answer: Json) -> str:
    """The recovery sheet as text."""
    return SHEET.format_map(answer)


def status(answer: Json) -> RenderableType:
    """Who I am, who is there, what waits for me."""
    orders = answer.get("orders") or {}
    sqlite = answer.get("sqlite") or {}
    return tables.fields(
        [
            ("name", answer.get("name")),
            ("node", answer.get("node")),
            ("address", answer.get("addresses")),
            ("partners", f"{answer.get('partners', 0)}, {answer.get('online', 0)} online"),
            ("selling", orders.get("selling") or "no orders"),
            ("buying", orders.get("buying") or "no orders"),
            ("outbox", answer.get("outbox")),
            ("waiting for me", answer.get("waiting_for_me") or "nothing"),
            ("database", " ".join(tables.plain(part) for part in sqlite.values())),
        ]
    )


def invitation(answer: Json) -> RenderableType:
    """An invitation in one line, whatever the width: it is there to be copied."""
    uri = Text(tables.plain(answer.get("uri")), no_wrap=True, overflow="ignore")
    until = tables.moment(answer.get("expires_s", 0) * 1000)
    return Group(uri, Text(f"One merchant may use it, until {until}. Send it over a channel that you trust."))


def words(answer: Json) -> RenderableType:
    """The partner just won, and the words that both sides read out to each other."""
    spoken = Text(" ".join(map(tables.plain, answer.get("words") or [])), style="bold")
    already = "Already a partner: " if answer.get("already") else "Partner: "
    note = Text("Read these words to each other, by telephone. If they differ, somebody sits between you:")
    return Group(Text(already + tables.plain(answer.get("partner"))), note, spoken)


def partners(answer: Json) -> RenderableType:
    """Every partner in a row."""
    rows = [
        {
            **partner,
            "node": shortened(partner.get("node"), NODE_CHARACTERS_SHOWN),
            "online": "online" if partner.get("online") else "",
        }
        for partner in answer.get("partners") or []
    ]
    columns = {
        "name": "name",
        "node": "node",
        "state": "state",
        "channel_state": "channel",
        "online": "link",
        "last_seen_ms": "last seen",
        "sent": "sent",
        "receipted": "receipted",
        "received": "received",
        "waiting": "waiting",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No partners yet: `hanse invite` makes an invitation.")


def imported(answer: Json) -> RenderableType:
    """What became of a file, and what a person should know about it."""
    notes = ("known", "dry_run", "unpriced", "differing", "skipped")
    parts = [tables.fields([(label(key), value) for key, value in answer.items() if key not in notes])]
    if answer.get("dry_run"):
        parts.append(Text("Only checked: nothing was changed."))
    if answer.get("known"):
        parts.append(Text("This very file was imported before: nothing was changed."))
    if answer.get("unpriced"):
        parts.append(Text(f"{answer['unpriced']} without a supply price: they cannot be offered to anybody yet."))
    if answer.get("differing"):
        numbers = tables.plain(answer["differing"])
        parts.append(Text(f"Known already, and written otherwise now; the orders stay as they were: {numbers}"))
    if answer.get("skipped"):
        columns = {"row": "row", "number": "order", "reason": "why it was set aside"}
        parts += [Text(), tables.rows_of(answer, "skipped", columns, empty="")]
    return Group(*parts)


def goods(answer: Json) -> RenderableType:
    """A catalogue."""
    columns = {
        "sku": "SKU",
        "title": "title",
        "spec": "options",
        "price": "supply price",
        "retail": "retail",
        "stock": "stock",
        "supplier": "supplier",
        "state": "state",
    }
    return tables.rows_of(answer, "goods", columns, empty="No goods.")


def agreements(answer: Json) -> RenderableType:
    """Agreements with their state."""
    rows = [
        {
            **row,
            "agreement": shortened(row.get("agreement")),
            "direction": "I sell to" if row.get("selling") else "I buy from",
            "waits": "waits for me" if row.get("waits_for_me") else "",
            "ship_by_hours": row["ship_by_s"] // 3600 if row.get("ship_by_s") else None,
        }
        for row in answer.get("agreements") or []
    ]
    columns = {
        "agreement": "agreement",
        "direction": "",
        "partner": "partner",
        "state": "state",
        "currency": "currency",
        "credit": "credit",
        "ship_by_hours": "hours to ship",
        "waits": "",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No agreements.")


def stock(answer: Json) -> RenderableType:
    """What lies in the warehouse."""
    columns = {"sku": "SKU", "on_hand": "on hand", "reserved": "reserved", "available": "available"}
    return tables.rows_of(answer, "stock", columns, empty="No stock.")


def holds(answer: Json) -> RenderableType:
    """Goods that are kept back."""
    rows = [
        {
            **row,
            "hold": shortened(row.get("hold")),
            "direction": "for" if row.get("selling") else "by",
        }
        for row in answer.get("holds") or []
    ]
    columns = {
        "hold": "hold",
        "direction": "",
        "partner": "partner",
        "sku": "SKU",
        "quantity": "quantity",
        "state": "state",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing is kept back.")


def orders(answer: Json) -> RenderableType:
    """A page of orders."""
    rows = [
        {
            **row,
            "order": shortened(row.get("order")),
            "direction": "selling to" if row.get("selling") else "buying from",
            "lines": len(row["lines"]) if isinstance(row.get("lines"), list) else row.get("lines"),
        }
        for row in answer.get("orders") or []
    ]
    columns = {
        "order": "order",
        "number": "number",
        "direction": "",
        "partner": "partner",
        "state": "state",
        "lines": "lines",
        "amount": "amount",
    }
    page = tables.rows_of({"rows": rows}, "rows", columns, empty="No orders.")
    if not answer.get("next"):
        return page
    return Group(page, Text(f"more: --after {tables.plain(answer['next'])}"))


def order(answer: Json) -> RenderableType:
    """One order: its lines with their quantities in each state, its parcels, and every document of its thread."""
    direction = "selling to" if answer.get("selling") else "buying from"
    head = tables.fields(
        [
            ("order", answer.get("order")),
            ("number", answer.get("number")),
            (direction, answer.get("partner")),
            ("state", answer.get("state")),
            ("owed", answer.get("owed")),
            ("recipient", recipient(answer.get("recipient"))),
        ]
    )
    columns = {
        "line": "line",
        "sku": "SKU",
        "title": "title",
        "ordered": "ordered",
        "buckets": "quantities",
        "price": "price",
        "owed": "owed",
    }
    lines = tables.rows_of(answer, "lines", columns, empty="No lines.")
    parcels = {"carrier": "carrier", "waybill": "waybill", "state": "parcel", "lines": "lines"}
    papers = {
        "type": "document",
        "by": "by",
        "ts_ms": "written",
        "index": "index",
        "receipted": "receipted",
        "refused": "refused",
        "hash": "hash",
    }
    parts = [head, Text(), lines, Text()]
    if answer.get("shipments"):
        parts += [tables.rows_of(answer, "shipments", parcels, empty=""), Text()]
    parts.append(tables.rows_of(answer, "documents", papers, empty="No documents."))
    return Group(*parts)


def recipient(known: object) -> str:
    """A recipient in one line."""
    return ", ".join(tables.plain(part) for part in known.values() if part) if isinstance(known, Mapping) else ""


def statements(answer: Json) -> RenderableType:
    """Statements with their state."""
    rows = [{**row, "statement": shortened(row.get("statement"))} for row in answer.get("statements") or []]
    columns = {
        "statement": "statement",
        "partner": "partner",
        "period": "period",
        "state": "state",
        "lines": "lines",
        "total": "total",
        "closing": "closing",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No statements.")


def statement(answer: Json) -> RenderableType:
    """One statement, line by line."""
    head = tables.fields([(label(key), value) for key, value in answer.items() if not is_list_of_objects(value)])
    rows = [{**row, "key": shortened(row.get("key"))} for row in answer.get("detail") or []]
    columns = {"key": "thread", "number": "order", "kind": "kind", "amount": "amount"}
    return Group(head, tables.rows_of({"rows": rows}, "rows", columns, empty="No lines."))


def payments(answer: Json) -> RenderableType:
    """Payments, and what is owed to whom."""
    rows = [{**row, "payment": shortened(row.get("payment"))} for row in answer.get("payments") or []]
    columns = {
        "payment": "payment",
        "partner": "partner",
        "state": "state",
        "amount": "amount",
        "reference": "reference",
    }
    balances = tables.rows_of(
        answer, "balances", {"partner": "partner", "owes_me": "owes me"}, empty="", title="balances"
    )
    listed = tables.rows_of({"rows": rows}, "rows", columns, empty="No payments.")
    return Group(listed, balances) if answer.get("balances") else listed


def verdict(answer: Json) -> RenderableType:
    """The auditor's four numbers, what each channel proves, and every artefact that does not hold."""
    numbers = ("documents", "proved", "deemed", "contested", "not_disclosed", "refused")
    head = tables.fields([(label(key), answer.get(key, 0)) for key in numbers])
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
    faults = answer.get("faults") or []
    found = [artefact(fault) for fault in faults] or [Text("Everything in this folder holds.", style="green")]
    return Group(head, Text(), proofs, Text(), *found)


def artefact(fault: Json) -> RenderableType:
    """One finding of an auditor. The path stands alone in its line, whatever the width, so that it can be copied."""
    path = Text(tables.plain(fault.get("path")), style="bold red", no_wrap=True, overflow="ignore")
    said = tables.fields([(label(key), fault.get(key)) for key in ("what", "expected", "got", "code")])
    return Group(path, Padding(said, (0, 0, 1, 2), expand=False))


def demonstration(answer: Json) -> RenderableType:
    """The figures of a demonstration, where everything lies, and how to look at it."""
    figures = {key: value for key, value in answer.items() if key not in ("homes", "folder", "audit_export")}
    homes = list(answer.get("homes") or [])
    lines = ["", "The homes are left for inspection:", *(f"  {home}" for home in homes)]
    lines += [f"  {answer.get('audit_export')}", "", "Look around, for instance:"]
    for home in homes[:1]:
        passphrase = home.removesuffix("/home") + "/passphrase"
        lines += [f"  HANSE_PASSPHRASE_FILE={passphrase} hanse --home {home} run &"]
        lines += [f"  hanse --home {home} order list"]
    lines += [f"  hanse audit verify {answer.get('audit_export')}"]
    text = Text("\n".join(map(tables.plain, lines)), no_wrap=True, overflow="ignore")
    head = tables.fields((label(key), value) for key, value in figures.items())
    return Group(Text(), head, text if answer.get("kept", True) else Text())


def parties(channel: Json) -> list[str]:
    """What both sides call themselves, or the beginning of their NodeIDs."""
    both = zip(channel["names"], channel["parties"], strict=True)
    return [name or shortened(node, NODE_CHARACTERS_SHOWN) for name, node in both]


def findings(answer: Json) -> RenderableType:
    """What the doctor found."""
    columns = {"severity": "", "check": "check", "found": "found", "hint": "what to do"}
    return tables.rows_of(answer, "findings", columns, empty="Nothing was checked.")


VIEWS: Final[Mapping[str, View]] = {
    "init": founded,
    "status": status,
    "invite": invitation,
    "join": words,
    "partners": partners,
    "catalogue.import": imported,
    "catalogue.list": goods,
    "agreement.list": agreements,
    "stock.list": stock,
    "stock.holds": holds,
    "order.import": imported,
    "order.list": orders,
    "order.show": order,
    "statement.list": statements,
    "statement.show": statement,
    "payment.list": payments,
    "audit.verify": verdict,
    "doctor": findings,
    "demo": demonstration,
}
"""Use case, or local command, to its view."""
