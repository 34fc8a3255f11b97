"""What a form posts: the arguments of a use case, in the shape that its model describes.

    POST /do/<use case>
    _token  what proves that the form is of this visitor (C02)
    _key    the name of this submission: sent twice, it is done once (C12)
    _next   where to go afterwards: a path of this console and nothing else (C08)
    _case   the use case, where a form has buttons for several
    _seen   of when the page is on which it stands: what was altered since its author has not seen (C13)
    _sure   "1" once the visitor has confirmed what costs money or cannot be undone
    others  `name`, `name.key`, `name.0.key`: nested as the model is; an empty field is an absent one
            (a dot inside a key is written %2E: the filter `part` of the templates)

A file becomes `name` and `data_hex` where the model has those, else an item of `files`.
"""

from __future__ import annotations

import functools
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib import parse

import pydantic
from aiohttp import web
from multidict import MultiDictProxy

from node import errors
from node.trade import doors

Json = dict[str, Any]
Posted = MultiDictProxy[str | bytearray | bytes | web.FileField]

OWN: Final = "_"
PATH: Final = re.compile(r"/[A-Za-z0-9/_.?=&%~:+-]*")
FIELDS_MAX: Final = 5_000
DEPTH_MAX: Final = 4
WHOLE: Final = re.compile(r"[+-]?\d{1,18}")
SIGHT: Final = re.compile(r"[0-9]{1,18}")
SPACES: Final = re.compile(r"[\s,;\u3001\uff0c\uff1b]+")  # with the commas of Chinese keyboards


def destination(wanted: str, otherwise: str = "/") -> str:
    """A path of this console; everything else, a second site's address included, becomes `otherwise` (C08)."""
    if PATH.fullmatch(wanted) and not wanted.startswith("//"):
        return wanted
    return otherwise


def is_genuine(posted: Posted, token: str) -> bool:
    """Whether the form carries the visitor's token."""
    given = posted.get(OWN + "token")
    return isinstance(given, str) and is_same(given, token)


def forged() -> errors.NodeError:
    """What is said of a form that is none of the visitor's."""
    return errors.NodeError("request.forbidden", "this form is not one of yours any more: load the page again")


def is_same(given: str, token: str) -> bool:
    """Whether what was given is the visitor's token."""
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def text(posted: Posted, name: str) -> str:
    """One field as text; empty when it is absent."""
    value = posted.get(name)
    return value if isinstance(value, str) else ""


def seen(posted: Posted) -> int | None:
    """What the author of a form had seen; the last one counts, which is that of the note about what changed."""
    given = [value for value in posted.getall(OWN + "seen", []) if isinstance(value, str) and SIGHT.fullmatch(value)]
    return int(str(given[-1])) if given else None


def part(text: object) -> str:
    """A text as one part of the name of a field."""
    return parse.quote(str(text), safe="").replace(".", "%2E")


def arguments(model: type[pydantic.BaseModel], posted: Posted) -> Json:
    """The arguments that were posted. What does not fit stays as it came, and the model says what is wrong with it.

    NodeError `request.malformed` for a form that nests deeper or is larger than any of ours.
    """
    if len(posted) > FIELDS_MAX:
        raise errors.NodeError(
            "request.malformed", "the form has too many fields", expected=FIELDS_MAX, got=len(posted)
        )
    schema = schema_of(model)
    nested: Json = {}
    for name in dict.fromkeys(posted):
        if not name.startswith(OWN):
            values = [value for value in posted.getall(name) if value or isinstance(value, str)]
            files = [value for value in values if isinstance(value, web.FileField)]
            if files:
                attach(nested, schema, files)
            elif values:  # none: a file field that was left empty came as no bytes
                place(nested, name, [str(value) for value in values])
    return {
        name: made for name, value in nested.items() if (made := shaped(value, field(schema, name), schema)) is not None
    }


@functools.cache
def schema_of(model: type[pydantic.BaseModel]) -> Json:
    """The JSON schema of a model, made once."""
    return model.model_json_schema()


def attach(nested: Json, schema: Json, files: Sequence[web.FileField]) -> None:
    """Put uploaded files where the model wants them. A file field that was left empty is no file."""
    given = [(file.filename, file.file.read().hex()) for file in files if file.filename]
    if "data_hex" in schema.get("properties", {}):
        for filename, data in given[:1]:
            nested["name"], nested["data_hex"] = [filename], [data]
    elif given:
        nested.setdefault("files", [])
        nested["files"] += [{"name": [filename[:200]], "data_hex": [data]} for filename, data in given]


def place(nested: Json, name: str, values: list[str]) -> None:
    """Put the values of `a.b.c` into nested objects."""
    parts = [parse.unquote(part) for part in name.split(".")]
    if len(parts) > DEPTH_MAX:
        raise errors.NodeError("request.malformed", "the form nests too deep", expected=DEPTH_MAX, got=len(parts))
    for part in parts[:-1]:
        inner = nested.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # `a` and `a.b` in one form: no form of ours
        nested = inner
    nested.setdefault(parts[-1], values)


def field(schema: Json, name: str) -> Json:
    """The schema of a field; empty for one that the model does not have, so that the model can refuse it."""
    found: Json = schema.get("properties", {}).get(name, {})
    return found


def shaped(value: object, kind: Json, root: Json) -> Any:
    """A posted value in the shape of a JSON schema; None for one that is empty."""
    kinds = alternatives(kind, root)
    match value:
        case dict() if any(one.get("type") == "array" for one in kinds):
            items = next(one for one in kinds if one.get("type") == "array").get("items", {})
            ordered = sorted(value.items(), key=lambda item: (len(item[0]), item[0]))
            return [made for _, inner in ordered if (made := shaped(inner, items, root)) is not None] or None
        case dict():
            one = next((one for one in kinds if one.get("type") == "object"), {})
            more = one.get("additionalProperties")
            rest = more if isinstance(more, dict) else {}
            filled = {
                name: made
                for name, inner in value.items()
                if (made := shaped(inner, one.get("properties", {}).get(name, rest), root)) is not None
            }
            return filled or None
        case [dict(), *_]:
            items = next((one for one in kinds if one.get("type") == "array"), {}).get("items", {})
            return [shaped(inner, items, root) for inner in value]
        case list():
            return leaf([str(one) for one in value], kinds, root)
        case _:
            return value


def leaf(values: list[str], kinds: Sequence[Json], root: Json) -> Any:
    """The values of one field: the last one, or all of them where a list is wanted."""
    types = {one.get("type") for one in kinds}
    if "array" in types:
        items = alternatives(next(one for one in kinds if one.get("type") == "array").get("items", {}), root)
        parts = values if len(values) > 1 else SPACES.split(values[0].strip())
        return [leaf([part], items, root) for part in parts if part] or None
    last = values[-1].strip()
    if "boolean" in types:
        return {"": None, "true": True, "1": True, "on": True, "false": False, "0": False}.get(last, last)
    if not last:
        return None
    if types & {"integer", "number"} and WHOLE.fullmatch(last):
        return int(last)
    return last


def alternatives(kind: Json, root: Json) -> list[Json]:
    """The schemas that a value may follow, references resolved."""
    if "$ref" in kind:
        kind = root.get("$defs", {}).get(kind["$ref"].rpartition("/")[2], {})
    if "anyOf" in kind:
        return [one for inner in kind["anyOf"] for one in alternatives(inner, root)]
    return [kind]


def carried(posted: Posted) -> list[tuple[str, str]]:
    """The fields of a form, to be posted again after a question; files cannot be and are left out."""
    return [(name, value) for name, value in posted.items() if isinstance(value, str) and name != OWN + "sure"]


def lost(posted: Posted) -> bool:
    """Whether a form came with files, which have to be chosen again when it is shown again."""
    return any(isinstance(value, web.FileField) and value.filename for value in posted.values())


def needs_key(case: doors.UseCase[Any]) -> bool:
    """Whether a use case takes the name of a submission itself."""
    return "key" in case.arguments.model_fields


def named(given: Mapping[str, Any], posted: Posted, case: doors.UseCase[Any]) -> Json:
    """The arguments with the submission's name, where the use case takes one."""
    key = text(posted, OWN + "key")
    return {**given, "key": f"console {key}"} if key and needs_key(case) else dict(given)
