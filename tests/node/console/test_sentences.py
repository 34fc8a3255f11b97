from __future__ import annotations

import re

import pydantic
import pytest

from contracts import errors as rules
from node import errors
from node.console import fields, languages, sentences
from node.trade import doors
from tests.node.console import catalogues
from tests.node.console import sentences as found

ENGLISH, CHINESE = languages.load().values()
JARGON = re.compile(
    r"`|--|\bhanse [a-z]|\b(nak|fold|checkpoint|malformed|cosign\w*|hash\w*|tile|thread|logbook|table T\d+)\b"
)
"""What a person on a page need not know: commands, and the words of the protocol."""
PROOFS = ("protocol/", "node/audits/", "pydantic")
"""What an auditor reads keeps its names, since docs/auditing.md explains them."""
WRONG: tuple[object, ...] = (
    *(None, "", "x", "\x00", "x" * 10_001, [], {}, -(10**30), 10**30, 1.5, True, ["x"] * 10_001),
    *({"a": "b"}, [None], [{}], 0, -1, [1], {"x": 1}, "2026-13-40", "zz zz"),
)


def told() -> list[tuple[str, str]]:
    return [(text, place) for text, place in found.texts() if text in sentences.written()]


def test_what_stands_in_the_code_is_found() -> None:
    texts = {text for text, _ in found.texts()}
    assert {
        "no agreement with {0} is in force",  # an f-string
        "{0} has {1} faults; nothing was imported",  # a choice in one
        "the archive could not be unpacked",  # through a function that raises
        "a cancel of this order",  # a fault of a rule
        "the file is missing",  # a finding of the audit
        "at most {0} rows",  # a fault of a spreadsheet
        "table T0 has no such row",  # the meaning of a code
        "the passphrase is too short",
    } <= texts


def test_every_sentence_is_recognised_as_itself() -> None:
    for text in sorted({text for text, _ in told() if sentences.FIRST_HOLE in text}):
        count = len(sentences.HOLE.findall(text))
        values = tuple(f"A{number}" for number in range(count))
        said = sentences.HOLE.sub(lambda hole, values=values: values[int(hole[1])], text)  # type: ignore[misc]
        assert sentences.recognise(said) == (text, values), said


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_sentence_has_no_value_that_is_not_put_in(locale: str) -> None:
    for text, said in languages.read(languages.FOLDER, locale).items():
        if isinstance(text, str) and isinstance(said, str) and sentences.FIRST_HOLE in text:
            assert set(sentences.HOLE.findall(said)) <= set(sentences.HOLE.findall(text)), text


def test_english_is_said_otherwise_only_of_what_is_said() -> None:
    assert catalogues.superfluous("en") == []


def test_no_page_speaks_of_commands_or_of_the_protocol() -> None:
    for text, place in told():
        for language in (CHINESE,) if place.startswith(PROOFS) else (ENGLISH, CHINESE):
            assert not JARGON.search(language.text(text)), (text, language.text(text))


@pytest.mark.parametrize("code", sorted({*errors.CODES, *rules.CODES}))
def test_every_code_has_a_whole_sentence_in_both_languages(code: str) -> None:
    english, chinese = (sentences.headline(language, code) for language in (ENGLISH, CHINESE))
    assert english[0].isupper() and english.endswith(".")
    assert re.search(r"[\u3400-\u9fff]", chinese) and chinese.endswith("\u3002")


def test_a_sentence_that_nobody_knows_stands_behind_the_one_of_its_code() -> None:
    assert sentences.headline(CHINESE, "order.unknown", "what a later program says") == "没有这张订单。"
    assert sentences.headline(ENGLISH, "", "what a later program says") == "What a later program says."


def test_what_fills_a_hole_is_translated_as_well() -> None:
    said = "this is no invitation: a field is not base32"
    assert sentences.say(CHINESE, said) == "这不是邀请：有一段不完整或被改动"
    assert sentences.say(CHINESE, "Input should be 'seller' or 'buyer'") == "请选择：卖方或买方"
    assert sentences.say(CHINESE, "the role sales may not do this") == "销售角色无权这样做"


@pytest.mark.parametrize(
    "hostile", ["", "a" * 100_000, "{0}", "%(count)s", "<b>at most 5</b>", "at most " * 400, "\0'"]
)
def test_what_others_wrote_is_shown_as_it_is(hostile: str) -> None:
    assert sentences.say(CHINESE, hostile) == hostile


def test_a_value_of_others_is_put_in_once() -> None:
    """A name that looks like a hole, or like a text with values, fills nothing."""
    assert (
        sentences.say(ENGLISH, "no agreement with {0} %(x)s \\1 is in force")
        == "no agreement with {0} %(x)s \\1 is in force"
    )


@pytest.mark.parametrize("model", found.arguments(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_no_fault_of_a_form_stays_english(model: type[doors.Arguments]) -> None:
    schema = model.model_json_schema()
    given: list[dict[str, object]] = [{}, {"nonsense": 1}]
    for name, kind in schema.get("properties", {}).items():
        given += [{name: wrong} for wrong in WRONG]
        for inner in re.findall(r"#/\$defs/(\w+)", str(kind)):
            for part in schema["$defs"][inner].get("properties", {}):
                given += [{name: [{part: wrong}]} for wrong in WRONG]
                given += [{name: {part: wrong}} for wrong in WRONG]
    for arguments in given:
        try:
            model.model_validate(arguments)
        except pydantic.ValidationError as error:
            for fault in error.errors():
                assert sentences.recognise(fault["msg"]), fault["msg"]
                assert "^" not in sentences.say(CHINESE, fault["msg"]), fault["msg"]


def test_every_field_of_a_form_has_a_name() -> None:
    named: set[str] = set()
    for model in found.arguments():
        schema = model.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            named.update(part.get("properties", {}))
    assert not {name for name in named if not re.search(r"[\u3400-\u9fff]|^[A-Z]+$", fields.label(CHINESE, name))}


def test_a_place_is_named_as_the_form_names_it() -> None:
    fault = {"path": "lines.0.quantity"}
    assert sentences.place(ENGLISH, fault) == "Lines › 1 › Quantity"
    assert sentences.place(CHINESE, {"row": "3", "column": "C (数量)", "path": ""}) == "第 3 行，C (数量)"
