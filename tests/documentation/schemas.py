"""The fields of every document, as docs/protocol.md shows them: read from the source of the models."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from contracts import amounts, documents
from contracts.documents import fields

RANGES = {"ge": "at least", "le": "at most"}
WORDS = {
    "None": "nil",
    "()": "[]",
    "False": "false",
    "True": "true",
    "str": "text",
    "int": "integer",
    "bool": "boolean",
}
"""Python's words, and what stands here instead."""


def modules() -> list[ModuleType]:
    """The modules of the document types, in the order of the types."""
    models = [versions[max(versions)] for versions in documents.SUPPORTED.values()]
    found = (inspect.getmodule(model) for model in models)
    return list(dict.fromkeys(module for module in found if module is not None))


def tree(module: ModuleType) -> ast.Module:
    """The syntax tree of a module."""
    assert module.__file__ is not None
    return ast.parse(Path(module.__file__).read_text("utf-8"))


def kinds() -> str:
    """The kinds of field that are named in the lists, with their bounds."""
    lines = []
    for module in (fields, *modules()):
        for statement in tree(module).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name, value = statement.targets[0].id, statement.value
                named = isinstance(value, ast.Subscript) and ast.unparse(value.value) in ("Annotated", "Literal")
                if named or (isinstance(value, ast.Name) and value.id in vars(fields)):
                    lines.append(f"{name:<16}{written(value)}")
    return fenced([*lines, f"{'UNSAFE':<16}{fields.UNSAFE}"])


def definition(value: ast.Subscript) -> str:
    """`bytes of 32` of an annotated kind."""
    assert isinstance(value.slice, ast.Tuple)
    base, *constraints = value.slice.elts
    found = written(base)
    for call in constraints:
        if isinstance(call, ast.Call):
            bounds = {keyword.arg: bound(keyword.value) for keyword in call.keywords}
            found += sized(bounds.get("min_length"), bounds.get("max_length"))
            found += "".join(f", {word} {bounds[name]}" for name, word in RANGES.items() if name in bounds)
            found += f", {bounds['pattern']}" if "pattern" in bounds else ""
            found += ", with a right check digit" if ast.unparse(call.func) == "AfterValidator" else ""
    return found


def sized(least: str | None, most: str | None) -> str:
    """How long something may be."""
    if least is None and most is None:
        return ""
    return f", length {least}" if least == most else f", length {least or 0} to {most}"


def bound(value: ast.expr) -> str:
    """A bound as a number, or a pattern as text."""
    if isinstance(value, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "UNSAFE"
            for part in value.values
        )
    found = eval(ast.unparse(value), {"__builtins__": {}}, {**vars(fields), "amounts": amounts})
    return f"{found:,}" if isinstance(found, int) else str(found)


def choice(value: ast.Subscript) -> str:
    """`a | b` of Literal["a", "b"]."""
    members = value.slice.elts if isinstance(value.slice, ast.Tuple) else [value.slice]
    return " | ".join(ast.unparse(member).replace("'", '"') for member in members)


def written(annotation: ast.expr) -> str:
    """An annotation as it stands, shorter."""
    if isinstance(annotation, ast.Subscript):
        name = ast.unparse(annotation.value)
        if name == "Literal":
            return choice(annotation)
        if name == "Annotated":
            return definition(annotation)
        if name == "tuple" and isinstance(annotation.slice, ast.Tuple):
            return f"array of {written(annotation.slice.elts[0])}"
        if name in ("Lines", "Short"):
            return f"{name}[{written(annotation.slice)}]"
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return f"{written(annotation.left)} or {written(annotation.right)}"
    text = ast.unparse(annotation)
    return WORDS.get(text, text)


def bodies() -> str:
    """Every type with its fields, and the maps inside, noun by noun."""
    lines: list[str] = []
    for module in (fields, *modules()):
        classes = {node.name: node for node in tree(module).body if isinstance(node, ast.ClassDef)}
        types = {model.__name__: model.TYPE for model in getattr(module, "TYPES", ())}
        lines += [*([""] if lines else []), f"# {module.__name__.rpartition('.')[2]}"]
        for name, node in classes.items():
            own = dict(members(node, classes, module))
            if name in types or (own and not name.startswith("_")):
                lines += ["", types.get(name, name), *(f"  {field:<24}{kind}" for field, kind in own.items())]
    return fenced(lines)


def members(node: ast.ClassDef, classes: dict[str, ast.ClassDef], module: ModuleType) -> Iterator[tuple[str, str]]:
    """(name, kind and default) of every field of a model, those of its bases first."""
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from members(classes[base.id], classes, module)
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name, kind = statement.target.id, ast.unparse(statement.annotation)
            if "ClassVar" not in kind and name not in ("model_config", "__pydantic_extra__"):
                yield name, written(statement.annotation) + default_of(statement.value, module)


def default_of(value: ast.expr | None, module: ModuleType) -> str:
    """What an absent field means; nothing for one that must be there."""
    if value is None:
        return ""
    text = ast.unparse(value)
    if text.isidentifier() and text in vars(module):
        text = repr(vars(module)[text])
    return f"   = {WORDS.get(text, text.replace(chr(39), chr(34)))}"


def fenced(lines: list[str]) -> str:
    """Lines as a block that is shown as it is."""
    return "\n".join(("```text", *lines, "```"))
