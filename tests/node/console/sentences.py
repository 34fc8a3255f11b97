"""The sentences that the floors below the console make, found in their code: python -m tests.node.console.sentences

What a sentence puts in is a hole: f"no order is called {name}" is `no order is called {0}`. Found are the texts that
are given to what carries them to a person (`CARRIERS`), through names, conditions, dicts, and functions.
"""

from __future__ import annotations

import ast
import enum
import functools
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final

import pydantic

import contracts
import node
import protocol
from contracts.documents import peers, stocks
from node import audits, connectors, trade
from node.trade import doors

HOLE: Final = "\0"
ALTERNATIVES_MAX: Final = 64
DEPTH_MAX: Final = 4
WORD: Final = re.compile(r"[a-z]{2}")

CODE: Final = re.compile(r"[^ ]*[/_.=<\[\n][^ ]*")
"""What holds letters and is no word: a path, a name in the code, a form."""

ROOTS: Final = tuple(Path(str(floor.__file__)).parent for floor in (protocol, contracts, node))
ASIDE: Final = (
    *("node/demonstrations", "node/terminal", "node/control", "node/discovery", "node/links", "node/storage"),
    *("node/system/disks.py", "node/system/homes.py", "node/runtime.py"),
    *("protocol/frames.py", "protocol/greetings.py", "protocol/maps.py", "protocol/messages.py"),
    *("protocol/noise.py", "protocol/sessions.py", "protocol/syncing.py"),
)
"""Rooms and modules whose sentences no page shows: they speak at a start, to the command line, or to another node."""
BETWEEN_NODES: Final = ("node/replication",)
"""What a room tells other nodes by `PeerError` is not for people."""

CARRIERS: Final[dict[str, tuple[str, ...]]] = {
    "NodeError": ("", "message", "expected", "got", "hint"),
    "StorageError": ("message",),
    "PeerError": ("", "hint", "expected", "got"),
    "Fault": ("", "", "expected", "got"),
    "AuditFault": ("", "what", "expected", "got", ""),
    "CellRefused": ("", "expected", "got"),
    "refused": ("", "expected", "got"),
    "report": ("what",),
    "failed": ("message",),
    "Unreadable": ("message",),
    "skip": ("", "reason"),
    "Key": ("", "expected"),
}
"""What carries texts to a person: its arguments, the empty ones being no texts."""
FINDINGS: Final = ("", "", "what", "expected", "got")
FAULTS: Final = ("", "", "", "expected", "got")
KEYS: Final = frozenset({"expected", "got", "what", "wanted"})
"""What a fault is called in a dict."""
TABLES: Final = frozenset({"CODES", "FORMS"})
"""Dicts whose values are texts."""

FILLED_IN: Final[tuple[type[pydantic.BaseModel], ...]] = (peers.Card, stocks.Location)
"""Documents whose fields are filled in, each fault of which is shown."""

OF_FORMS: Final = (
    "True",
    "False",
    "Field required",
    ": Invalid JSON: {0}",
    "Extra inputs are not permitted",
    "Input should be {0}",
    "Input should be True",
    "Input should be a valid boolean",
    "Input should be a valid dictionary",
    "Input should be a valid dictionary or instance of {0}",
    "Input should be a valid integer",
    "Input should be a valid list",
    "Input should be a valid string",
    "Input should be a valid tuple",
    "Input should be greater than or equal to {0}",
    "Input should be less than or equal to {0}",
    "List should have at least {0} item after validation, not {1}",
    "List should have at least {0} items after validation, not {1}",
    "List should have at most {0} items after validation, not {1}",
    "Tuple should have at most {0} items after validation, not {1}",
    "String should have at least {0} character",
    "String should have at least {0} characters",
    "String should have at most {0} characters",
    "String should match pattern '{0}'",
)
"""What pydantic says of the arguments of our use cases, as `test_sentences` asks it."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Module:
    """One module: its functions by name, and the function around every node."""

    path: Path
    tree: ast.Module
    functions: dict[str, list[Function]] = field(default_factory=dict)
    around: dict[ast.AST, Function] = field(default_factory=dict)


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every module of the floors below the console, and the console's own."""
    found = []
    for path in sorted(path for root in ROOTS for path in root.rglob("*.py")):
        module = Module(path, ast.parse(path.read_text(encoding="utf-8")))
        for function in ast.walk(module.tree):
            if isinstance(function, Function):
                module.functions.setdefault(function.name, []).append(function)
                module.around.update(dict.fromkeys(ast.walk(function), function))
        found.append(module)
    return tuple(found)


@functools.cache
def calls() -> dict[str, list[tuple[Module, ast.Call]]]:
    """Every call by the last part of what is called."""
    found: dict[str, list[tuple[Module, ast.Call]]] = {}
    for module in modules():
        for call in ast.walk(module.tree):
            if isinstance(call, ast.Call):
                found.setdefault(called(call), []).append((module, call))
    return found


def called(call: ast.Call) -> str:
    """The last part of what is called."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def carried(call: ast.Call) -> tuple[str, ...]:
    """The arguments of a call that are texts, or none."""
    match call.func:
        case ast.Attribute(attr="add", value=ast.Attribute(attr="findings") | ast.Name(id="findings")):
            return FINDINGS
        case ast.Attribute(attr="add", value=ast.Attribute(attr="_faults" | "faults") | ast.Name(id="faults")):
            return FAULTS
    return CARRIERS.get(called(call), ())


def texts() -> Iterator[tuple[str, str]]:
    """(text, module) of every text that the lower floors may tell a person."""
    yield from ((text, "pydantic") for text in (*OF_FORMS, *patterns()))
    yield from ((state, "contracts") for state in states() if WORD.search(state))
    for module in modules():
        place = module.path.relative_to(ROOTS[0].parent).as_posix()
        if place.startswith(ASIDE):
            continue
        for expression in expressions(module, silent="PeerError" if place.startswith(BETWEEN_NODES) else ""):
            for text in alternatives(expression, module):
                yield from spoken(text, place)


def states() -> set[str]:
    """The states of all tables: a fault says in which one something was, and in which it must be."""
    tables = [importlib.import_module("contracts." + found.name) for found in pkgutil.iter_modules(contracts.__path__)]
    kinds = [kind for table in tables for name, kind in vars(table).items() if name.endswith("State")]
    return {str(state) for kind in kinds if isinstance(kind, type) and issubclass(kind, enum.Enum) for state in kind}


def patterns() -> set[str]:
    """The forms that texts in the arguments of use cases must have."""
    models: tuple[type[pydantic.BaseModel], ...] = (*arguments(), *FILLED_IN)
    waiting: list[object] = [model.model_json_schema() for model in models]
    found: set[str] = set()
    while waiting:
        match waiting.pop():
            case dict() as schema:
                found.update({schema["pattern"]} if isinstance(schema.get("pattern"), str) else ())
                waiting.extend(schema.values())
            case list() as schemas:
                waiting.extend(schemas)
    return found


@functools.cache
def arguments() -> tuple[type[doors.Arguments], ...]:
    """The arguments of every use case."""
    registers = [
        getattr(importlib.import_module(found.name), "register", None)
        for room in (audits, connectors, trade)
        for found in pkgutil.walk_packages(room.__path__, room.__name__ + ".")
    ]
    return tuple(case.arguments for one in registers if isinstance(one, doors.Register) for case in one.cases.values())


def spoken(text: str, place: str) -> Iterator[tuple[str, str]]:
    """A text with its holes numbered, if it holds a word."""
    if WORD.search(text) and not CODE.fullmatch(text):
        parts = text.split(HOLE)
        numbered = parts[0] + "".join(f"{{{number}}}{part}" for number, part in enumerate(parts[1:]))
        yield numbered, place


def expressions(module: Module, silent: str = "") -> Iterator[ast.expr]:
    """Whatever makes a text for a person in a module. `silent`: a carrier that does not reach one from here."""
    for point in ast.walk(module.tree):
        match point:
            case ast.Call() if called(point) != silent:
                names = carried(point)
                yield from (given for name, given in zip(names, point.args, strict=False) if name)
                yield from (word.value for word in point.keywords if word.arg in names)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in KEYS:
                        yield value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(values=values)) if name in TABLES:
                yield from (value.elts[1] if isinstance(value, ast.Tuple) else value for value in values)


def alternatives(expression: ast.expr | None, module: Module, depth: int = 0) -> list[str]:
    """What an expression may come to, as far as it is written in the code; `HOLE` for what is not."""
    found = list(dict.fromkeys(possible(expression, module, depth))) if depth < DEPTH_MAX else []
    return found[:ALTERNATIVES_MAX] or [HOLE]


def possible(expression: ast.expr | None, module: Module, depth: int) -> Iterator[str]:
    """Like `alternatives`, one after the other, and perhaps none."""
    match expression:
        case ast.Constant(value=constant):
            yield constant if isinstance(constant, str) else HOLE
        case ast.JoinedStr(values=values):
            yield from joined([hole(value) for value in values], module, depth)
            for value in values:  # what fills a hole may be a text of its own
                if isinstance(value, ast.FormattedValue) and not isinstance(value.value, ast.IfExp):
                    yield from (text for text in alternatives(value.value, module, depth + 1) if " " in text)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from joined([left, right], module, depth)
        case ast.IfExp(body=first, orelse=second):
            yield from (*alternatives(first, module, depth), *alternatives(second, module, depth))
        case ast.BoolOp(values=values):
            yield from (text for value in values for text in alternatives(value, module, depth))
        case ast.Name(id=name):
            yield from named(name, expression, module, depth + 1)
        case ast.Subscript(value=ast.Name(id=name)):
            yield from listed(name, module, depth + 1)
        case ast.Call(func=ast.Attribute(attr="get", value=ast.Name(id=name)), args=[_, *otherwise]):
            yield from listed(name, module, depth + 1)
            yield from (text for value in otherwise for text in alternatives(value, module, depth))
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.Tuple(elts=parts) | ast.List(elts=parts)]):
            yield from (text for part in parts for text in alternatives(part, module, depth))
        case ast.Call() if called(expression) in ("str", "shown", "excerpt") and expression.args:
            yield from alternatives(expression.args[0], module, depth)
        case ast.Call():
            yield from (
                text
                for function in module.functions.get(called(expression), [])
                for point in ast.walk(function)
                if isinstance(point, ast.Return)
                for text in alternatives(point.value, module, depth + 1)
            )


def hole(value: ast.expr) -> ast.expr:
    """A part of an f-string: what is put in is not looked into, but for a choice between texts."""
    if isinstance(value, ast.FormattedValue):
        return value.value if isinstance(value.value, ast.IfExp) else ast.Constant(value=None)
    return value


def joined(parts: list[ast.expr], module: Module, depth: int) -> Iterator[str]:
    """The texts of parts, one behind the other."""
    for chosen in product(*(alternatives(part, module, depth) for part in parts)):
        yield "".join(chosen)


def named(name: str, expression: ast.expr, module: Module, depth: int) -> Iterator[str]:
    """What a name stands for: what is assigned to it in its function, or what the function is called with."""
    function = module.around.get(expression)
    if function is not None:
        for value in assigned(name, function):
            yield from alternatives(value, module, depth)
        for other, value in passed(name, function, module):
            yield from alternatives(value, other, depth)


def assigned(name: str, function: Function) -> Iterator[ast.expr]:
    """What a function assigns to a name."""
    for point in ast.walk(function):
        match point:
            case ast.Assign(targets=[target], value=value):
                yield from unpacked(name, target, value)
            case ast.NamedExpr(target=target, value=value) | ast.AugAssign(target=target, value=value):
                yield from unpacked(name, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as told):
                yield from unpacked(name, target, told)
            case ast.For(target=target, iter=ast.Tuple(elts=rows) | ast.List(elts=rows)):
                for row in rows:
                    yield from unpacked(name, target, row)


def unpacked(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    """What a name gets of a value that is assigned to a target."""
    match target, value:
        case ast.Name(id=known), _ if known == name:
            yield value
        case ast.Tuple(), ast.IfExp(body=first, orelse=second):
            yield from (*unpacked(name, target, first), *unpacked(name, target, second))
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            for one, part in zip(targets, values, strict=False):
                yield from unpacked(name, one, part)


def passed(name: str, function: Function, module: Module) -> Iterator[tuple[Module, ast.expr]]:
    """What a function is called with under a name, and where."""
    arguments = function.args
    placed = [one.arg for one in (*arguments.posonlyargs, *arguments.args) if one.arg not in ("self", "cls")]
    if name in placed or name in [one.arg for one in arguments.kwonlyargs]:
        for other, call in calls().get(function.name, []):
            if other is module or is_through(call, module):
                yield from ((other, word.value) for word in call.keywords if word.arg == name)
                if name in placed and placed.index(name) < len(call.args):
                    yield other, call.args[placed.index(name)]


def is_through(call: ast.Call, module: Module) -> bool:
    """Whether a call names the module of what it calls, as all of ours do: `orders.find(...)`."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name == module.path.stem
    return False


def listed(name: str, module: Module, depth: int) -> Iterator[str]:
    """The texts of a dict."""
    for point in ast.walk(module.tree):
        match point:
            case (
                ast.Assign(targets=[ast.Name(id=known)], value=ast.Dict(values=values))
                | ast.AnnAssign(target=ast.Name(id=known), value=ast.Dict(values=values))
            ) if known == name:
                yield from (text for value in values for text in alternatives(value, module, depth))


if __name__ == "__main__":
    found: dict[str, set[str]] = {}
    for text, place in texts():
        found.setdefault(text, set()).add(place)
    for text, places in found.items():
        print(repr(text), *sorted(places)[:3])
    print(len(found))
