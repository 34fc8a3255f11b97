"""What month ends, payments and balances look like to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]


def proposals(answer: Json) -> RenderableType:
    """Statements that were just proposed, one or several."""
    if "proposed" not in answer:
        return tables.fields([(tables.label(key), value) for key, value in answer.items()])
    columns = {"statement": "statement", "lines": "lines", "total": "total", "closing": "closing"}
    rows = [{**row, "statement": tables.shortened(row.get("statement"))} for row in answer["proposed"]]
    return tables.rows_of({"rows": rows}, "rows", columns, empty="")


def statements(answer: Json) -> RenderableType:
    """Statements with their state."""
    rows = [{**row, "statement": tables.shortened(row.get("statement"))} for row in answer.get("statements") or []]
    columns = {
        "statement": "statement",
        "partner": "partner",
        "period": "period",
        "state": "state",
        "lines": "lines",
        "total": "total",
        "closing": "closing",
    }
    return Group(tables.rows_of({"rows": rows}, "rows", columns, empty="No statements."), *tables.going_on(answer))


def statement(answer: Json) -> RenderableType:
    """One statement, line by line."""
    shown = ["statement", "partner", "period", "state", "proposed_by", "lines", "opening", "total", "closing", "due"]
    shown += ["contested_due"] if answer.get("contested_due") else []
    head = tables.fields([(tables.label(key), answer.get(key)) for key in shown])
    rows = [
        {
            **row,
            "key": tables.shortened(row.get("key")),
            "rolled": "from the one before" if row.get("rolled") else "",
        }
        for row in answer.get("detail") or []
    ]
    columns = {
        "key": "thread",
        "number": "order",
        "kind": "kind",
        "amount": "amount",
        "contested": "contested",
        "rolled": "rolled on",
    }
    parts = [head]
    if answer.get("waits_for_me"):
        same = answer.get("same_as_mine")
        books = "say the same" if same else "say something else"
        said = "" if same is None else f" My own books {books}."
        parts.append(Text(f"It waits for my answer.{said}", style="bold"))
    if answer.get("difference"):
        parts.append(tables.fields([("first difference", answer["difference"])]))
    if answer.get("differing"):
        apart = [{**row, "key": tables.shortened(row.get("key"))} for row in answer["differing"]]
        named = {"key": "document", "kind": "kind", "cause": "how", "proposed": "proposed", "answered": "answered"}
        parts += [Text(), tables.rows_of({"rows": apart}, "rows", named, empty="")]
    if "here" in answer and not answer["here"]:
        return Group(*parts, Text("Its lines have not arrived yet."))
    return Group(*parts, Text(), tables.rows_of({"rows": rows}, "rows", columns, empty="No lines."))


def payments(answer: Json) -> RenderableType:
    """Payments, and what is owed to whom."""
    rows = [{**row, "payment": tables.shortened(row.get("payment"))} for row in answer.get("payments") or []]
    columns = {
        "payment": "payment",
        "partner": "partner",
        "state": "state",
        "amount": "amount",
        "reference": "reference",
    }
    listed = Group(tables.rows_of({"rows": rows}, "rows", columns, empty="No payments."), *tables.going_on(answer))
    owing = [row for row in answer.get("balances") or [] if (row.get("owes_me") or {}).get("amount")]
    if not owing:
        return listed
    balances = tables.rows_of({"rows": owing}, "rows", {"partner": "partner", "owes_me": "owes me"}, empty="")
    note = Text("Where an amount is negative, I owe it.") if any(is_debt(row["owes_me"]) for row in owing) else Text()
    return Group(listed, Text(), balances, note)


def balances(answer: Json) -> RenderableType:
    """What is owed, a row for each agreement and currency."""
    rows = [
        {**row, "direction": "I sell to" if row.get("selling") else "I buy from"}
        for row in answer.get("balances") or []
    ]
    columns = {
        "direction": "",
        "partner": "partner",
        "owes_me": "owes me",
        "agreed": "agreed",
        "contested": "contested",
        "withheld": "withheld",
        "under_way": "under way",
        "due_amount": "next",
        "due": "due",
    }
    for row in rows:
        row["direction"] = "I sell to" if row.get("selling") else "I buy from"
        for name in ("contested", "withheld", "under_way"):
            row[name] = row[name] if (row.get(name) or {}).get("amount") else None
    table = tables.rows_of({"rows": rows}, "rows", columns, empty="No agreements.")
    note = Text("Where an amount is negative, I owe it.") if any(is_debt(row["owes_me"]) for row in rows) else Text()
    return Group(table, note)


def obligations(answer: Json) -> RenderableType:
    """Debts that both sides have signed."""
    rows = [{**row, "statement": tables.shortened(row.get("statement"))} for row in answer.get("obligations") or []]
    columns = {
        "statement": "statement",
        "period": "period",
        "partner": "partner",
        "debtor": "who owes",
        "amount": "amount",
        "open": "open",
        "due": "due",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No open obligations.")


def credits(answer: Json) -> RenderableType:
    """Credit lines with what is left of them."""
    columns = {"partner": "partner", "giver": "given by", "limit": "limit", "owed": "owed", "ordered": "ordered"}
    return tables.rows_of(answer, "credits", {**columns, "left": "left"}, empty="No agreement names a limit.")


def nettings(answer: Json) -> RenderableType:
    """Debts that cancel out, and which wait for me."""
    rows = [
        {
            **row,
            "netting": tables.shortened(row.get("netting")),
            "waits": "waits for me" if row.get("waits_for_me") else "",
        }
        for row in answer.get("nettings") or []
    ]
    columns = {
        "netting": "netting",
        "partner": "partner",
        "amount": "amount",
        "state": "state",
        "proposed_by": "proposed by",
        "waits": "",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No nettings.")


def shares(answer: Json) -> RenderableType:
    """Parts of prices, and what could not be passed on yet."""
    rows = [
        {
            **row,
            "share": tables.shortened(row.get("share")),
            "direction": "I get from" if row.get("mine") else "I pass on to",
            "sale": tables.shortened(row.get("sale")),
        }
        for row in answer.get("shares") or []
    ]
    columns = {
        "share": "share",
        "direction": "",
        "partner": "partner",
        "role": "for",
        "base": "of goods worth",
        "amount": "amount",
        "sale": "order",
    }
    table = tables.rows_of({"rows": rows}, "rows", columns, empty="No shares.")
    waiting = len(answer.get("waiting") or [])
    note = f"{waiting} orders wait for an agreement with whoever gets a part of their price." if waiting else ""
    return Group(table, Text(note))


def is_debt(money: Json) -> bool:
    """Whether an amount is one that I owe."""
    return bool(money.get("amount", 0) < 0)


def money_arrived(answer: Json) -> RenderableType:
    """A payment that was confirmed."""
    owed = answer.get("owes_me") or {}
    debt = is_debt(owed)
    said = "announced" if answer.get("announced") else "not announced by the partner"
    pairs = [("payment", answer.get("payment")), ("was", said)]
    text = tables.plain(owed).removeprefix("-")
    return tables.fields([*pairs, ("now I owe" if debt else "still owed to me", text)])


# --- how one wants to be paid

LABELS: Final = {
    "holder": "account holder",
    "iban": "IBAN",
    "bic": "BIC",
    "number": "account number",
    "bank": "bank",
    "link": "link",
    "code": "collection code",
}
SAID: Final = {
    "changed": "CHANGED. Ask the partner on a number that you knew before, then `hanse payee accept`.",
    "arriving": "They have not arrived yet.",
    "unreadable": "They are unreadable: ask the partner to set them again.",
    "withdrawn": "The partner has taken them back.",
}


def payees(answer: Json) -> RenderableType:
    """Details, mine or a partner's."""
    parts: list[RenderableType] = []
    for row in answer.get("payees") or []:
        parts += [tables.fields(list(details(row))), *warnings(row), Text()]
    bill = answer.get("pay")
    if bill:
        named = (("to be paid", "amount"), ("reference of the transfer", "reference"), ("due", "due"))
        parts.append(tables.fields([(label, bill.get(name)) for label, name in named]))
    return Group(*parts) if parts else Text("No payment details.")


def details(row: Json) -> Iterator[tuple[str, Any]]:
    """The details in one currency."""
    yield "currency", row.get("currency")
    for name, label in LABELS.items():
        if row.get(name):
            yield label, row[name]
    if row.get("hash"):
        yield "hash", row["hash"]


def warnings(row: Json) -> Iterator[RenderableType]:
    """What is to be known before anything is paid."""
    said = SAID.get(str(row.get("state")))
    if said:
        yield Text(said, style="bold")
    if row.get("before"):
        yield Text("Before they were:")
        yield tables.fields(list(details(row["before"])))
