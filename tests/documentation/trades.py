"""The generated blocks of docs/trade.md: document types with their fields, state tables as drawings, timed rows."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import StringConstraints
from pydantic.fields import FieldInfo

import contracts
from contracts import documents, tables
from contracts.documents import fields, meanings, standards
from tests.documentation import pages, schemas
from tests.documentation import tables as thread_tables

PAGE = pages.ROOT / "docs" / "trade.md"

ROWS: Final[dict[int, tuple[str, ...]]] = {
    1: ("peer.card",),
    2: ("peer.invite", "peer.accept", "peer.suspend", "peer.resume", "peer.end"),
    3: (),
    4: ("capability.offer", "capability.grant", "capability.revoke"),
    5: ("agreement.propose", "agreement.counter", "agreement.accept", "agreement.amend", "agreement.terminate"),
    6: ("listing.publish", "listing.change", "listing.withdraw"),
    7: ("listing.confirm",),
    8: ("listing.derive",),
    9: ("price.list", "price.change"),
    10: ("offer", "want", "quote.request", "quote"),
    11: ("stock.snapshot", "stock.delta"),
    12: ("stock.hold", "stock.hold_ok", "stock.hold_no", "stock.release"),
    13: ("order.place",),
    14: ("order.respond",),
    15: ("order.change", "order.change_respond"),
    16: ("order.split",),
    17: ("cancel.request",),
    18: ("cancel.result",),
    19: ("shipment.plan",),
    20: ("shipment.pack",),
    21: ("shipment.handover",),
    22: ("shipment.status",),
    23: ("receipt.advice",),
    24: ("return.request",),
    25: ("return.decide",),
    26: ("return.ship", "return.proof", "return.receive", "return.inspect"),
    27: ("exchange.order",),
    28: ("refund.grant",),
    29: ("issue.open", "issue.reply", "issue.cascade", "issue.escalate", "issue.close"),
    30: ("settle.offer", "settle.accept"),
    31: ("dispute.open", "dispute.evidence", "dispute.decide", "dispute.comply"),
    32: ("invoice.issue", "invoice.credit"),
    33: ("invoice.respond",),
    34: ("statement.propose",),
    35: ("statement.respond",),
    36: ("statement.close",),
    37: ("obligation",),
    38: ("acceptance",),
    39: ("setoff.propose", "setoff.consent", "setoff.notice"),
    40: ("payment.promise", "payment.sent", "payment.received", "payment.dispute"),
    41: ("feedback.token", "feedback.give", "feedback.forward"),
    42: ("channel.nak",),
    43: ("void",),
    44: (),
    45: ("audit.grant", "audit.bundle"),
}
"""The rows of the catalogue of documents, and the types of each."""

ELSEWHERE: Final[dict[int | str, str]] = {
    3: "key changes are leaves of the identity log ([protocol.md](protocol.md) section 3)",
    42: "the receipt is the cosignature of a head ([protocol.md](protocol.md) section 7); the validity answer is",
    43: "of payments alone: whatever else is wrong has its own way back ([decision 22]"
    "(decisions/0022-few-documents-can-be-voided.md))",
    44: "signed heads and the proof of a forked logbook are notes ([protocol.md](protocol.md) sections 6.3 and 8.12)",
    "listing.derive": "a `listing.publish` with a `parent`",
    "order.split": "child orders are `order.place` with a `parent`; the node sees that they add up",
    "statement.close": "a `statement.respond` with `accord` closes the statement: both have then signed the same lines",
    "obligation": "a closed statement is one: both have signed what is owed and by when (`hanse obligation list`)",
    "acceptance": "the `credit_limit` of an agreement, which both signed; `hanse credit list` computes what is left",
    "audit.grant": "no document: whom I show my copy is mine to say"
    " ([decision 38](decisions/0038-whom-i-show-my-books-is-no-document.md))",
    "audit.bundle": "a folder of proofs: `hanse audit export`, and `hanse audit document` for one document",
}
"""What has no document type of its own, and what carries it instead."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "partners": ("peer", "capability"),
    "terms": ("agreement",),
    "goods": ("listing", "price", "offer", "want", "notice", "quote", "content"),
    "stock": ("stock",),
    "orders": ("order", "cancel"),
    "shipping": ("shipment", "receipt"),
    "returns": ("return", "exchange", "refund"),
    "complaints": ("issue", "settle", "dispute"),
    "invoices": ("invoice",),
    "statements": ("statement",),
    "money": ("payment", "obligation", "acceptance", "netting", "setoff", "share"),
    "feedback": ("feedback",),
    "proofs": ("void", "deem", "reminder", "reference", "head", "audit"),
    "channels": ("channel",),
}
"""The chapters of the page: the first words of their types."""

CAUSES: Final[dict[str, dict[str, str]]] = {
    "peerings": {"": "peer.{event}"},
    "agreements": {"": "agreement.{event}"},
    "listings": {"change": "listing.change", "withdraw": "listing.withdraw", "": "listing.confirm"},
    "holds": {
        "grant": "stock.hold_ok", "deny": "stock.hold_no", "release": "stock.release", "consume": "order.place"
    },
    "shipments": {"": "shipment.status"},
    "statements": {"": "statement.respond"},
    "payments": {"": "payment.{event}"},
    "invoices": {"": "invoice.respond"},
    "capabilities": {"": "capability.{event}"},
    "notices": {"": "notice.{event}"},
    "quotations": {"quote": "quote", "close": "quote.close", "order": "order.place"},
}  # fmt: skip
"""Module of a state table -> event -> the document that causes it, where the event's name does not begin with one."""


# --- state tables


def state_tables() -> dict[str, Mapping[tuple[StrEnum, StrEnum], StrEnum]]:
    """Every state table of the contracts, by `module` or, for a second one, by `module name`."""
    found: dict[str, Mapping[tuple[StrEnum, StrEnum], StrEnum]] = {}
    for info in pkgutil.iter_modules(contracts.__path__):
        for name, value in vars(importlib.import_module(f"contracts.{info.name}")).items():
            if name.isupper() and is_table(value) and all(value is not other for other in found.values()):
                found[info.name if name == "TABLE" else f"{info.name} {name.lower()}"] = value
    return found


def is_table(value: object) -> bool:
    """Whether something maps (state, event) to a state of the same kind."""
    if not isinstance(value, Mapping) or not value:
        return False
    key, following = next(iter(value.items()))
    pair = isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, StrEnum) for part in key)
    return pair and type(following) is type(key[0])


def cause(table: str, event: str) -> str:
    """The document type that causes an event of a table."""
    first = re.split(r"[ ,]", event)[0]
    rules = CAUSES.get(table.split()[0], {})
    known = first in standards.TYPES
    return rules.get(event, first if known else rules.get("", "")).format(event=first)


def drawing(table: Mapping[tuple[StrEnum, StrEnum], StrEnum]) -> str:
    """A state table as a Mermaid diagram."""
    return "```mermaid\n" + tables.mermaid(table) + "```"


def effects(type: str) -> list[str]:
    """`state → state` of every row that a type causes, table by table."""
    found = []
    for name, table in state_tables().items():
        events: dict[str, list[str]] = {}
        for (state, event), following in table.items():
            if cause(name, event.value) == type:
                events.setdefault(event.value, []).append(f"{state.value} → {following.value}")
        for words, rows in events.items():
            found.append(f"- {name}, on *{words}*: {'; '.join(rows)}")
    return found


# --- documents


def current(type: str) -> Any:
    """The newest version of a document type."""
    versions = documents.SUPPORTED[type]
    return versions[max(versions)]


def catalogue() -> str:
    """The 45 rows: what each is carried by, and what the code does not read yet."""
    body = []
    for row, names in ROWS.items():
        cells = [ELSEWHERE[row]] if row in ELSEWHERE else []
        cells += [ELSEWHERE[name] for name in names if name in ELSEWHERE]
        cells += [state(names)] if set(names) - set(ELSEWHERE) else []
        body.append([str(row), ", ".join(f"`{name}`" for name in names) or "–", "; ".join(cells)])
    further = sorted(set(documents.SUPPORTED) - {name for names in ROWS.values() for name in names})
    body += [["–", f"`{name}`", state((name,))] for name in further]
    return pages.table(["row", "types", "state"], body)


def state(names: tuple[str, ...]) -> str:
    """How many of some types are in the code."""
    missing = [f"`{name}`" for name in names if name not in documents.SUPPORTED and name not in ELSEWHERE]
    if len(missing) == len(names):
        return "open"
    return "in force" + (f", but open: {', '.join(missing)}" if missing else "")


def group(name: str) -> str:
    """Every type of a chapter with its fields, and the maps inside."""
    lines: list[str] = []
    inside: dict[str, type[fields.Fields]] = {}
    for type in documents.SUPPORTED:
        if type.split(".")[0] in GROUPS[name]:
            lines += [*document(type, inside), ""]
    for label, model in inside.items():
        lines += [f"**{label}**: {prose(model)}", "", field_table(model, {}), ""]
    return "\n".join(lines).strip() or "None of these types is read yet."


def document(type: str, inside: dict[str, type[fields.Fields]]) -> list[str]:
    """One type: what it says, who signs, its counterparts, its fields and its effect."""
    model = current(type)
    signers = "either" if len(model.SIGNERS) > 1 else next(iter(model.SIGNERS))
    versions = ", ".join(map(str, sorted(documents.SUPPORTED[type])))
    opens = f" Opens a thread of the kind {thread_tables.OPENERS[type]}." if type in thread_tables.OPENERS else ""
    facts = f"Signed by: {signers}. Version: {versions}. Standards: {standards.TYPES.get(type, '?')}.{opens}"
    effect = effects(type)
    table = [field_table(model, inside)] if model.model_fields else ["No fields."]
    moves = ["Moves:", "", *effect] if effect else ["Moves no state table."]
    return [f"### `{type}`", "", prose(model), "", facts, "", *table, "", *moves]


def prose(model: type[fields.Fields]) -> str:
    """The docstring of a model, as one paragraph of Markdown."""
    text = inspect.cleandoc(model.__doc__ or "").split("\n\n")
    return " ".join(" ".join(text).replace("`fields.Document`", "`parent` and `upstream`").split())


def field_table(model: type[fields.Fields], inside: dict[str, type[fields.Fields]]) -> str:
    """Field, kind with bounds, what an absent one means, meaning, standard."""
    hints = typing.get_type_hints(model, include_extras=True)
    body = []
    for name, info in model.model_fields.items():
        hint = hints[name]
        nested(hint, model, inside)
        qualified = f"{model.__module__.rpartition('.')[2]}.{model.__name__}.{name}"
        standard = standards.FIELDS.get(qualified, standards.FIELDS.get(name, "")) or kind_standard(hint)
        meaning = meanings.FIELDS.get(qualified, meanings.FIELDS.get(name, ""))
        body.append([f"`{name}`", kind(hint), absent(info), meaning, standard])
    return pages.table(["field", "kind", "if absent", "meaning", "standard"], body)


def nested(hint: Any, model: type[fields.Fields], inside: dict[str, type[fields.Fields]]) -> None:
    """Note the maps that a field holds, and those in them; the kinds of all documents stand in one place."""
    for found in models(hint):
        if found.__module__ != fields.__name__ and inside.setdefault(found.__name__, found) is found:
            for member in typing.get_type_hints(found, include_extras=True).values():
                if found not in models(member):
                    nested(member, found, inside)


def models(hint: Any) -> Iterator[type[fields.Fields]]:
    """Every map in an annotation."""
    if isinstance(hint, type) and issubclass(hint, fields.Fields):
        yield hint
    for part in typing.get_args(hint):
        if not isinstance(part, (str, int, FieldInfo, StringConstraints)):
            yield from models(part)


def absent(info: FieldInfo) -> str:
    """What an absent field means."""
    if info.is_required():
        return "must be there"
    match info.default:
        case None:
            return "–"
        case ():
            return "none"
        case bool() as value:
            return "true" if value else "false"
        case value:
            return f"`{value}`"


def kind_name(hint: Any) -> str:
    """The name under which fields.py and its neighbours know an annotation; empty for one without a name."""
    return next((name for name, value in named_kinds() if value == hint), "")


def named_kinds() -> Iterator[tuple[str, Any]]:
    """(name, annotation) of every kind that a module of documents names."""
    for module in (fields, *schemas.modules()):
        for name, value in vars(module).items():
            if name[0].isupper() and typing.get_origin(value) is typing.Annotated:
                yield name, value


def kind_standard(hint: Any) -> str:
    """The standard of a field's kind."""
    for part in (hint, *typing.get_args(hint)):
        name = part.__name__ if isinstance(part, type) else kind_name(part)
        if name in standards.KINDS and name != "Hash":
            return standards.KINDS[name]
    return ""


def kind(hint: Any) -> str:
    """An annotation in words, with its bounds."""
    arguments = [part for part in typing.get_args(hint) if part is not types.NoneType]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(kind(part) for part in arguments)
    if typing.get_origin(hint) is typing.Literal:
        return " \\| ".join(f"`{part}`" for part in arguments)
    if typing.get_origin(hint) is typing.Annotated:
        return constrained(hint)
    return {str: "text", int: "integer", bool: "boolean", bytes: "bytes"}.get(hint) or f"`{hint.__name__}`"


def constrained(hint: Any) -> str:
    """An annotation with bounds: `Id`: text, 1 to 64."""
    base, *constraints = typing.get_args(hint)
    bounds = limits(constraints)
    if typing.get_origin(base) is tuple:
        member = kind(typing.get_args(base)[0])
        return f"list, {sized(bounds)}, of {member}"
    name = kind_name(hint)
    if name:
        return f"[`{name}`](#kinds)"
    return ", ".join(filter(None, (kind(base), sized(bounds), ranged(bounds), pattern(bounds))))


def limits(constraints: list[Any]) -> dict[str, Any]:
    """Bound -> value of the constraints of an annotation."""
    bounds: dict[str, Any] = {}
    for constraint in constraints:
        parts = constraint.metadata if isinstance(constraint, FieldInfo) else [constraint]
        for part in parts:
            for bound in ("min_length", "max_length", "ge", "le", "pattern"):
                value = getattr(part, bound, None)
                if value is not None:
                    bounds[bound] = value
    return bounds


def sized(bounds: dict[str, Any]) -> str:
    """How long something may be."""
    least, most = bounds.get("min_length"), bounds.get("max_length")
    if least is None and most is None:
        return ""
    return f"{least:,}" if least == most else f"{least or 0:,} to {most:,}" if most else f"at least {least:,}"


def ranged(bounds: dict[str, Any]) -> str:
    """From where to where a number goes."""
    return f"{bounds['ge']:,} to {bounds['le']:,}" if "ge" in bounds and "le" in bounds else ""


def pattern(bounds: dict[str, Any]) -> str:
    """The form of a text, in words where there are some."""
    form = bounds.get("pattern", "")
    if form.startswith("^[^"):
        return "no control or invisible characters" if fields.UNSAFE in form else "no control characters"
    return fields.FORMS.get(form, f"`{form}`".replace("|", "\\|") if form else "")


def kinds() -> str:
    """Every named kind of field with its bounds and its standard."""
    body = {}
    for name, value in named_kinds():
        base, *constraints = typing.get_args(value)
        if name not in body and typing.get_origin(base) is not tuple:
            bounds = limits(constraints)
            written = filter(None, (kind(base), sized(bounds), ranged(bounds), pattern(bounds)))
            body[name] = [f"`{name}`", ", ".join(written), standards.KINDS.get(name, "")]
    return pages.table(["kind", "what it is", "standard"], list(body.values()))


def maps() -> str:
    """The maps that documents of every noun share."""
    found = [
        value for value in vars(fields).values()
        if isinstance(value, type) and issubclass(value, fields.Fields) and value.__module__ == fields.__name__
        and value.model_fields
    ]  # fmt: skip
    return "\n\n".join(f"**{model.__name__}**: {prose(model)}\n\n{field_table(model, {})}" for model in found)


def drawings() -> str:
    """Every state table as a drawing."""
    parts = []
    for name, table in state_tables().items():
        parts.append(f"### Table `{name}`\n\n{drawing(table)}")
    return "\n\n".join(parts)


def timed() -> str:
    """Every row that a silence moves: what it means, and the events of the state tables that it causes."""
    body = []
    for info in pkgutil.iter_modules(contracts.__path__):
        for name, row in getattr(importlib.import_module(f"contracts.{info.name}"), "ROWS", {}).items():
            events = "; ".join(dict.fromkeys(f"*{event.value}*" for event in getattr(row, "events", ())))
            body.append([f"`{name}`", getattr(row, "meaning", str(row)), f"{info.name}: {events}" if events else ""])
    return pages.table(["row", "what a silence means", "events"], body)


BLOCKS: dict[str, Callable[[], str]] = {
    "catalogue": catalogue,
    "kinds": kinds,
    "maps": maps,
    "drawings": drawings,
    "timed rows": timed,
    **{f"types of {name}": functools.partial(group, name) for name in GROUPS},
}
"""Block -> what writes it."""
