"""Every document type as a frozen pydantic model, a module per noun; `parse` is the only way in.

`parse(type, version, body)` gives the document or raises `Refused` with every fault of the body at once. Old
versions stay readable (law 11): `SUPPORTED` maps each type to its versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.documents import (
    agreements,
    cancellations,
    capabilities,
    channels,
    deems,
    disputes,
    feedbacks,
    holds,
    invoices,
    issues,
    listings,
    notices,
    orders,
    payments,
    peers,
    prices,
    quotations,
    references,
    returns,
    setoffs,
    shares,
    shipments,
    splits,
    statements,
    stocks,
    voids,
)
from contracts.documents.fields import EXTENSION_PATTERN, FORMS, MONEY_FIELDS, QUANTITY_FIELDS, Document, Fields
from contracts.errors import CODES, FAULTS_MAX, Fault, Refused, shown

Content = TypeVar("Content", bound=Fields)
_MODULES = (
    channels,
    peers,
    agreements,
    listings,
    prices,
    stocks,
    holds,
    notices,
    quotations,
    capabilities,
    orders,
    cancellations,
    deems,
    shipments,
    feedbacks,
    returns,
    statements,
    payments,
    setoffs,
    shares,
    issues,
    splits,
    disputes,
    invoices,
    references,
    voids,
)
SUPPORTED: Final[dict[str, dict[int, type[Document]]]] = {}
for _module in _MODULES:
    for _model in _module.TYPES:
        SUPPORTED.setdefault(_model.TYPE, {})[_model.VERSION] = _model
# the validators themselves: looking one up costs less than parsing a field
_VALIDATORS = {
    (name, version): model.__pydantic_validator__
    for name, versions in SUPPORTED.items()
    for version, model in versions.items()
}
_KINDS: Final = {
    "missing": "document.missing",
    "literal_error": "document.choice",
    "string_pattern_mismatch": "document.pattern",
    "string_unicode": "document.pattern",
    "too_short": "document.length",
    "too_long": "document.too-big",
    "greater_than_equal": "document.range",
    "less_than_equal": "document.range",
}


def parse(type: str, version: int, body: Mapping[str, object]) -> Document:
    """The document of an entry's `t`, `v` and `b`. Raises `Refused` with every fault, at most `FAULTS_MAX`."""
    validator = _VALIDATORS.get((type, version))
    if validator is None:
        raise Refused([_unsupported(type, version)])
    document: Document = _read(validator.validate_python, body)
    return document


def read(model: type[Content], content: object) -> Content:
    """What travels beside the entries by the same rules as they. Raises `Refused` with every fault."""
    found: Content = _read(model.__pydantic_validator__.validate_python, content)
    return found


def _read(validate: Callable[[object], Any], content: object) -> Any:
    try:
        return validate(content)
    except ValidationError as error:
        faults = list(_faults(error))
    raise Refused(faults[:FAULTS_MAX])


def _unsupported(type: str, version: int) -> Fault:
    versions = SUPPORTED.get(type)
    if versions is None:
        return Fault("document.unsupported", "t", "a known document type", shown(type))
    return Fault("document.unsupported", "v", f"version {min(versions)} to {max(versions)}", shown(version))


def _faults(error: ValidationError) -> list[Fault]:
    details = error.errors(include_url=False)
    places = {detail["loc"] for detail in details}
    return [_fault(detail) for detail in details if not _echo(detail, places)]


def _echo(detail: ErrorDetails, places: set[tuple[int | str, ...]]) -> bool:
    """pydantic counts the members that failed as absent, and then calls the list too short: that is no fault."""
    loc = detail["loc"]
    return detail["type"] == "too_short" and any(len(place) > len(loc) and place[: len(loc)] == loc for place in places)


def _fault(detail: ErrorDetails) -> Fault:
    loc = tuple(str(part) for part in detail["loc"] if part != "[key]")
    context = detail.get("ctx", {})
    kind = detail["type"]
    if kind in CODES:  # raised by a check of ours
        inner = str(context.get("path", ""))
        path = ".".join((*loc, inner)) if inner else ".".join(loc)
        return Fault(kind, path, str(context.get("wanted", "")), shown(context.get("got", "")))
    path = ".".join(loc)
    if context.get("pattern") == EXTENSION_PATTERN:
        return Fault("document.unknown", path, "no such field, or a name that begins with x_", path.rsplit(".", 1)[-1])
    return Fault(_code(kind, loc), path, _expected(kind, context, detail["msg"]), _got(kind, detail["input"]))


def _code(kind: str, loc: tuple[str, ...]) -> str:
    name = next((part for part in reversed(loc) if not part.isdigit()), "")
    if kind == "missing":
        return "document.missing"
    if name in QUANTITY_FIELDS:
        return "document.quantity"
    if name in MONEY_FIELDS:
        return "document.money"
    if kind in _KINDS:
        return _KINDS[kind]
    return "document.length" if kind.endswith(("too_short", "too_long")) else "document.type"


def _expected(kind: str, context: Mapping[str, object], message: str) -> str:
    match kind:
        case "missing":
            return "this field"
        case "greater_than_equal":
            return f"at least {context.get('ge')}"
        case "less_than_equal":
            return f"at most {context.get('le')}"
        case "literal_error":
            return str(context.get("expected"))
        case "string_pattern_mismatch":
            return _form(str(context.get("pattern")))
        case "too_short" | "string_too_short" | "bytes_too_short":
            return f"length at least {context.get('min_length')}"
        case "too_long" | "string_too_long" | "bytes_too_long":
            return f"length at most {context.get('max_length')}"
        case _:
            return message.removeprefix("Input should be ")


def _form(pattern: str) -> str:
    """What a pattern asks for, in words where people meet it often."""
    excluding = pattern.startswith("^[^")
    return "no control or invisible characters" if excluding else FORMS.get(pattern, f"the form {pattern}")


def _got(kind: str, value: object) -> str:
    return "" if kind == "missing" else shown(value)
