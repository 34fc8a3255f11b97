from __future__ import annotations

from typing import Any

import pydantic
import pytest
from multidict import MultiDict, MultiDictProxy

from node import errors
from node.console import forms
from node.trade import doors
from node.trade.ordering import sales


class Line(doors.Arguments):
    sku: str
    quantity: int


class Everything(doors.Arguments):
    text: str
    count: int | None = None
    sure: bool = False
    names: list[str] = pydantic.Field(default_factory=list)
    prices: dict[str, int] | None = None
    lines: list[Line] = pydantic.Field(default_factory=list)


def posted(*pairs: tuple[str, str]) -> forms.Posted:
    return MultiDictProxy(MultiDict(pairs))


def shaped(*pairs: tuple[str, str]) -> dict[str, Any]:
    return forms.arguments(Everything, posted(*pairs))


def test_a_form_takes_the_shape_of_the_model() -> None:
    made = shaped(
        ("_token", "x"),
        ("text", " a "),
        ("count", "12"),
        ("sure", "on"),
        ("names", "a, b\nc"),
        ("prices.x", "1"),
        ("prices.y", ""),
        ("lines.0.sku", "A"),
        ("lines.0.quantity", "2"),
        ("lines.10.sku", "C"),
        ("lines.10.quantity", "4"),
        ("lines.2.sku", "B"),
        ("lines.2.quantity", "3"),
    )
    assert made == {
        "text": "a",
        "count": 12,
        "sure": True,
        "names": ["a", "b", "c"],
        "prices": {"x": 1},
        "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 3}, {"sku": "C", "quantity": 4}],
    }
    doors.check(Everything, made)


def test_empty_fields_are_absent_ones() -> None:
    assert shaped(("text", ""), ("count", " "), ("names", ""), ("lines.0.sku", "")) == {}


def test_a_file_field_that_was_left_empty_is_no_file() -> None:
    empty: forms.Posted = MultiDictProxy(MultiDict([("text", "a"), ("names", bytearray())]))
    assert forms.arguments(Everything, empty) == {"text": "a"}


def test_what_does_not_fit_is_left_to_the_model_which_names_every_fault() -> None:
    made = shaped(("text", "a"), ("count", "12x"), ("sure", "perhaps"), ("unknown", "1"))
    with pytest.raises(errors.NodeError) as refused:
        doors.check(Everything, made)
    assert {fault["path"] for fault in refused.value.faults} == {"count", "sure", "unknown"}


@pytest.mark.parametrize("name", ["a.b.c.d.e", "....."])
def test_a_form_that_nests_too_deep_is_refused(name: str) -> None:
    with pytest.raises(errors.NodeError) as refused:
        shaped((name, "x"))
    assert refused.value.code == "request.malformed"


def test_a_name_that_is_both_a_field_and_a_group_is_no_form_of_ours() -> None:
    assert shaped(("prices", "1"), ("prices.x", "2"))["prices"] == "1"


def test_several_boxes_of_one_name_are_a_list() -> None:
    made = forms.arguments(sales.Accept, posted(("orders", "a"), ("orders", "b"), ("quantities.1", "3")))
    assert made == {"orders": ["a", "b"], "quantities": {"1": 3}}


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/orders?state=placed", "/orders?state=placed"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
    ],
)
def test_C08_only_paths_of_this_console_follow_a_form(wanted: str, place: str) -> None:
    assert forms.destination(wanted) == place


def test_C02_a_form_without_the_visitors_token_is_not_genuine() -> None:
    assert forms.is_genuine(posted(("_token", "abc")), "abc")
    for given in (posted(("_token", "abd")), posted(), posted(("_token", "ü"))):
        assert not forms.is_genuine(given, "abc")
    assert not forms.is_genuine(posted(("_token", "")), "")
