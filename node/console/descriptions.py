"""The JSON API in the words of OpenAPI 3.1, made from the use cases: their models, docstrings and policies."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any, Final

from pydantic import json_schema

from node import errors, preconditions
from node.console import problems
from node.trade import doors, policies, sightings

Json = dict[str, Any]

PREFIX: Final = "/api/v1/"
VERSION: Final = "3.1.1"
REFERENCE: Final = "#/components/schemas/{model}"
PROBLEM: Final = "Problem"
CONDITION: Final[Json] = {
    "name": preconditions.CONDITION,
    "in": "header",
    "description": (
        "The `ETag` of what the program read before: nothing is done if anything that this acts upon was altered "
        "since, by whomever. Without it nothing is compared."
    ),
    "schema": {"type": "string", "pattern": preconditions.PATTERN},
}
TAG: Final[Json] = {
    "description": "When this was read; a request that acts upon it may name it in `If-Match`",
    "schema": {"type": "string"},
}
OVERTAKEN: Final = "What the program named in `If-Match` was altered since; `faults` says by what and by whom"
ANSWERS: Final = {
    401: "No key, or one that is not valid any more",
    403: "The role of the key does not permit this",
    404: "What was named does not exist",
    409: "A rule of the trade says no",
    413: "The request is too large",
    415: "The request is not JSON",
    422: "The arguments have faults; all of them are named",
    500: "A bug, or storage that failed; the node's log says more",
    502: "A partner does not answer",
    503: "Nothing is wrong: try again later",
    507: "The disk is full or unfit",
}


def document(cases: Mapping[str, doors.UseCase[Any]], version: str) -> Json:
    """The description of all use cases."""
    models = [(cases[name].arguments, "validation") for name in sorted(cases)]
    references, definitions = json_schema.models_json_schema(models, ref_template=REFERENCE)  # type: ignore[arg-type]
    paths = {
        PREFIX + name: {"post": operation(cases[name], references[(cases[name].arguments, "validation")])}
        for name in sorted(cases)
    }
    return {
        "openapi": VERSION,
        "info": {
            "title": "Hanse",
            "version": version,
            "summary": "Everything that the console of a node does.",
            "description": (
                "Each use case is asked by POST with a JSON object. A key is made in the console under Settings, or "
                "with `hanse key make`, and carries one role. Errors are problems (RFC 9457) with the codes of the "
                "command line. A `key` among the arguments makes a repeated request give the first answer. An answer "
                "that only reads carries an `ETag`; with it in `If-Match`, whatever acts does nothing if somebody else "
                "was faster."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": noun} for noun in sorted({noun_of(name) for name in cases})],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": definitions.get("$defs", {}) | {PROBLEM: problem()},
        },
    }


def operation(case: doors.UseCase[Any], schema: Json) -> Json:
    """One use case."""
    policy = policies.POLICIES[case.name]
    roles = f"For the roles {', '.join(sorted(policy.roles))}."
    compared = case.name in sightings.SUBJECTS
    refusals = ANSWERS | {412: OVERTAKEN} if compared else ANSWERS
    return {
        "operationId": case.name,
        "tags": [noun_of(case.name)],
        "summary": first_line(case),
        "description": f"{roles} Changes nothing." if policy.reads else roles,
        **({"parameters": [CONDITION]} if compared else {}),
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {
                "description": "Done",
                **({"headers": {preconditions.TAG: TAG}} if policy.reads else {}),
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{str(status): refusal(told) for status, told in sorted(refusals.items())},
        },
    }


def refusal(told: str) -> Json:
    """An answer that is a problem."""
    return {
        "description": told,
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": REFERENCE.format(model=PROBLEM)}}},
    }


def problem() -> Json:
    """The schema of a problem."""
    text: Json = {"type": ["string", "null"]}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code", "message", "faults"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "enum": sorted(errors.CODES)},
            "message": {"type": "string"},
            "expected": text,
            "got": text,
            "hint": {"type": "string"},
            "exit": {"type": "integer", "description": "The exit status with which a command would end"},
            "faults": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "path"],
                    "properties": {name: {"type": "string"} for name in ("code", "path", "expected", "got")},
                },
            },
        },
    }


def first_line(case: doors.UseCase[Any]) -> str:
    """What a use case does, in a sentence."""
    run = case.run.func if isinstance(case.run, functools.partial) else case.run
    return (inspect.getdoc(run) or case.name).partition("\n")[0]


def noun_of(name: str) -> str:
    """What a use case is about."""
    return name.partition(".")[0]
