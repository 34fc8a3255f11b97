"""Schemas: every fault at once, with stable codes; hostile values are data or refused."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import documents, errors
from contracts.documents import fields, orders
from contracts.errors import Fault, Misuse, Refused
from tests.contracts.desks import Body, listing, money, price

H = b"h" * 32


def order(**changes: Any) -> Body:
    line = {
        "line": 1,
        "sku": "tea",
        "listing": H,
        "price_list": H,
        "quantity": 2,
        "unit": "C62",
        "price": price(1299),
        "tax": {"category": "S", "percent": "19", "scheme": "VAT"},
    }
    return {"agreement": H, "number": "K7Q2M9XW", "lines": [{**line, **changes.pop("line", {})}], **changes}


def codes(kind: str, body: Body, version: int = 1) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        documents.parse(kind, version, body)
    return sorted((fault.code, fault.path) for fault in caught.value.faults)


def test_every_type_has_a_name_a_version_and_signers() -> None:
    assert len(documents.SUPPORTED) >= 49
    for name, versions in documents.SUPPORTED.items():
        for version, model in versions.items():
            assert (name, version) == (model.TYPE, model.VERSION)
            assert {"seller", "buyer"} >= model.SIGNERS and model.SIGNERS
            assert model.__doc__


def test_an_order_of_one_line() -> None:
    parsed = documents.parse("order.place", 1, order(pii={"cm": H, "ct": H, "kid": b"k" * 8, "len": 512, "x": "hpke1"}))
    assert isinstance(parsed, orders.Place)
    assert parsed.lines[0].price.amount.money.minor == 1299


def test_every_fault_at_once() -> None:
    body = order(line={"quantity": 0, "sku": "a\u202eb", "price": {"amount": {"a": 1.5, "c": "EUR", "e": 2}}}, extra=1)
    del body["agreement"]
    assert codes("order.place", body) == [
        ("document.missing", "agreement"),
        ("document.money", "lines.0.price.amount.a"),
        ("document.pattern", "lines.0.sku"),
        ("document.quantity", "lines.0.quantity"),
        ("document.unknown", "extra"),
    ]


def test_x_keys_are_kept_and_mean_nothing() -> None:
    parsed = documents.parse("order.place", 1, order(line={"x_colour": "red"}, x_note=b"1"))
    assert isinstance(parsed, orders.Place)
    assert parsed.model_extra == {"x_note": b"1"}
    assert parsed.lines[0].model_extra == {"x_colour": "red"}


@pytest.mark.parametrize("key", ["X_a", "x-a", "y", "x_" + "a" * 40, "x_\n"])
def test_other_unknown_keys_are_refused(key: str) -> None:
    assert codes("order.place", order(**{key: 1})) == [("document.unknown", key)]


@pytest.mark.parametrize("quantity", [0, -1, 10**18, 10**9, 1.5, "2", True, None])
def test_D05_quantities(quantity: object) -> None:
    assert codes("order.place", order(line={"quantity": quantity})) == [("document.quantity", "lines.0.quantity")]


@pytest.mark.parametrize(
    ("amount", "fault"),
    [
        ({"a": 1.0, "c": "EUR", "e": 2}, ("document.money", "lines.0.price.amount.a")),
        ({"a": "100", "c": "EUR", "e": 2}, ("document.money", "lines.0.price.amount.a")),
        ({"a": 2**53, "c": "EUR", "e": 2}, ("document.money", "lines.0.price.amount.a")),
        ({"a": -1, "c": "EUR", "e": 2}, ("document.money", "lines.0.price.amount.a")),
        ({"a": 1, "c": "EUR", "e": 3}, ("document.currency", "lines.0.price.amount")),
        ({"a": 1, "c": "JPY", "e": 2}, ("document.currency", "lines.0.price.amount")),
        ({"a": 1, "c": "KWD", "e": 0}, ("document.currency", "lines.0.price.amount")),
        ({"a": 1, "c": "ABC", "e": 2}, ("document.currency", "lines.0.price.amount")),
        ({"a": 1, "c": "eur", "e": 2}, ("document.pattern", "lines.0.price.amount.c")),
    ],
)
def test_D06_money(amount: Body, fault: tuple[str, str]) -> None:
    assert codes("order.place", order(line={"price": {"amount": amount, "base": 1}})) == [fault]


@pytest.mark.parametrize("percent", ["1e200000", "-1", "19%", "1" * 10, ""])
def test_D06_rates_never_cost_more_than_their_digits(percent: str) -> None:
    tax = {"category": "S", "percent": percent, "scheme": "VAT"}
    assert codes("order.place", order(line={"tax": tax})) == [("document.pattern", "lines.0.tax.percent")]


@pytest.mark.parametrize(
    "sku",
    [
        "",
        "a\u202eb",
        "a\u200bb",
        "a\x00",
        "a\nb",
        "\ufefftea",
        "a\u2066b",
        "x" * 65,
        "a\u2028b",
        "\u061c",
        "a\U000e0041",
    ],
)
def test_D22_ids_refuse_what_cannot_be_seen(sku: str) -> None:
    (code, path), *more = codes("listing.publish", listing(sku))
    assert (code in ("document.pattern", "document.length"), path, more) == (True, "sku", [])


def test_D22_lone_surrogates_and_long_names() -> None:
    assert codes("listing.publish", listing("a\ud800"))[0][0] in ("document.pattern", "document.type")
    long = {"sku": "a", "titles": [{"lang": "en", "text": "x" * 1_000_000}]}
    assert codes("listing.publish", long) == [("document.length", "titles.0.text")]


def test_D22_ids_are_compared_as_bytes() -> None:
    composed, decomposed = (documents.parse("listing.publish", 1, listing(sku)) for sku in ("caf\u00e9", "cafe\u0301"))
    assert composed != decomposed


@pytest.mark.parametrize("sku", ["=cmd()", "<img onerror=alert(1)>", "../../x", "'; DROP TABLE orders;--", "{{7*7}}"])
def test_D23_a_hostile_sku_is_data_and_nothing_else(sku: str) -> None:
    parsed = documents.parse("listing.publish", 1, listing(sku))
    assert parsed.model_dump()["sku"] == sku


def test_D24_too_many_lines_or_attachments() -> None:
    lines = [{**order()["lines"][0], "line": number} for number in range(1, 502)]
    assert codes("order.place", {**order(), "lines": lines}) == [("document.too-big", "lines")]
    paper = {"name": "a.pdf", "media": "application/pdf", "len": 1, "hash": H}
    assert codes("order.place", order(attachments=[paper] * 51)) == [("document.too-big", "attachments")]
    documents.parse("order.place", 1, {**order(), "lines": lines[:500]})


def test_a_line_stands_once() -> None:
    body = order()
    assert codes("order.place", {**body, "lines": body["lines"] * 2}) == [("document.repeated", "lines")]


def test_pii_and_token_exclude_each_other() -> None:
    pii = {"cm": H, "ct": H, "kid": b"k" * 8, "len": 512, "x": "hpke1"}
    assert codes("order.place", order(pii=pii, token="masked")) == [("document.conflict", "token")]


def test_unknown_types_and_versions() -> None:
    assert codes("order.teleport", {}) == [("document.unsupported", "t")]
    assert codes("order.place", order(), version=2) == [("document.unsupported", "v")]


@pytest.mark.parametrize("gtin", ["4006381333931", "73513537", "012345678905", "10012345678902"])
def test_gtins_with_a_right_check_digit(gtin: str) -> None:
    # 4006381333931 and 73513537: the worked examples for EAN-13 and EAN-8 in wide use; 012345678905 the UPC-A one
    assert fields.gtin_ok(gtin)
    documents.parse("listing.publish", 1, listing("tea", gtin=gtin))


@pytest.mark.parametrize("gtin", ["4006381333932", "73513538", "10012345678903"])
def test_gtins_with_a_wrong_one(gtin: str) -> None:
    assert codes("listing.publish", listing("tea", gtin=gtin)) == [("document.gtin", "gtin")]


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        (
            "order.respond",
            {"thread": H, "lines": [{"line": 1, "action": "substitute", "quantity": 1}]},
            "lines.0.action",
        ),
        ("order.respond", {"thread": H, "lines": [{"line": 1, "action": "change", "quantity": 1}]}, "lines.0.action"),
        (
            "order.respond",
            {"thread": H, "lines": [{"line": 1, "action": "accept", "quantity": 1, "price": price(1)}]},
            "lines.0.action",
        ),
        ("listing.publish", listing("tea", min_quantity=5, max_quantity=4), "max_quantity"),
    ],
)
def test_fields_that_require_each_other(kind: str, body: Body, fault: str) -> None:
    assert codes(kind, body) == [("document.conflict", fault)]


def test_price_breaks_ascend() -> None:
    breaks = [{"from_quantity": 10, "price": price(9)}, {"from_quantity": 5, "price": price(8)}]
    body = {"agreement": H, "currency": "EUR", "items": [{"sku": "tea", "price": price(10), "breaks": breaks}]}
    assert codes("price.list", body) == [("document.repeated", "items.0.breaks")]


def test_a_payment_of_nothing() -> None:
    body = {"agreement": H, "role": "buyer", "amount": money(0), "reference": "RF18"}
    assert codes("payment.promise", body) == [("document.money", "amount.a")]


def test_a_fault_says_in_words_what_form_a_text_has() -> None:
    body = {"thread": H, "lines": [{"line": 1, "action": "reject", "quantity": 1, "reason": "没货"}]}
    with pytest.raises(Refused) as caught:
        documents.parse("order.respond", 1, body)
    ((code, path, expected, got),) = caught.value.faults
    assert (code, path, got) == ("document.pattern", "lines.0.reason", "没货")
    assert expected == "Latin letters, digits and . _ / -"


def test_what_a_fault_shows_is_short_and_harmless() -> None:
    assert errors.shown("\x1b[31m" + "x" * 500) == "\\x1b[31m" + "x" * 49 + "..."
    assert errors.shown("没货\u202e\\") == "没货\\u202e\\\\"
    assert errors.shown(10**4000) == "an integer beyond 64 bits"
    assert errors.shown(b"x" * 500) == "500 bytes"
    assert errors.shown([1] * 9) == "list of 9"


def test_the_list_of_codes_is_closed() -> None:
    with pytest.raises(Misuse):
        Fault("order.whatever")
    with pytest.raises(Misuse):
        Refused([])
    assert all(errors.CODES.values())


def texts(model: type[fields.Fields], path: str, found: list[str]) -> list[str]:
    """The paths of every text longer than an id, in a model and the models inside it."""
    schema = model.model_json_schema()
    for name, part in {model.__name__: schema, **schema.get("$defs", {})}.items():
        for field, rule in part.get("properties", {}).items():
            for choice in [rule, *rule.get("anyOf", ()), rule.get("items", {}), *_items(rule)]:
                if choice.get("type") == "string" and choice.get("maxLength", 0) > 64:
                    found.append(f"{path}.{field}" if name == model.__name__ else f"{name}.{field}")
    return found


def _items(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [choice.get("items", {}) for choice in rule.get("anyOf", ())]


def test_D25_no_free_text_where_a_consumers_words_could_end_up() -> None:
    found: set[str] = set()
    for name, versions in documents.SUPPORTED.items():
        if name.split(".")[0] in ("order", "cancel", "shipment", "receipt", "stock", "payment", "statement", "price"):
            for model in versions.values():
                found.update(texts(model, name, []))
    # a masked recipient and its waybill grant, a blob's file name, an origin, the name of a period, a media type
    assert found == {
        "order.place.token", "order.place.grant", "Attachment.name", "Attachment.media", "PersonalData.o",
        "statement.propose.period",
    }  # fmt: skip


def test_D25_complaints_returns_and_feedback_carry_words_beside_the_logbook_only() -> None:
    found: set[str] = set()
    complaints = ("issue", "dispute", "settle", "return", "refund", "exchange", "feedback")
    for name, versions in documents.SUPPORTED.items():
        if name.split(".")[0] in (*complaints, "deem", "reminder", "setoff", "void"):
            for model in versions.values():
                found.update(texts(model, name, []))
    # a blob's file name and media type, and the bytes of a cosignature
    assert found == {"Attachment.name", "Attachment.media", "Cosigned.payload"}


def boundless(rule: Any, path: str) -> list[str]:
    """The paths of whatever has no end in a schema, and of every text that takes any character."""
    if isinstance(rule, list):
        return [one for part in rule for one in boundless(part, path)]
    if not isinstance(rule, dict):
        return []
    kind, keys = rule.get("type"), rule.keys()
    binary = rule.get("format") == "binary"
    bounds = {
        "array": {"maxItems"},
        "string": {"maxLength"} if binary else {"pattern", "enum", "const"},
        "integer": {"maximum", "enum", "const"},
    }
    found = [path] if isinstance(kind, str) and kind in bounds and not bounds[kind] & keys else []
    for name, part in rule.items():
        found += boundless(part, path if name in ("anyOf", "items", "allOf") else f"{path}.{name}")
    return found


@pytest.mark.parametrize("kind", sorted(documents.SUPPORTED))
def test_D22_D24_every_list_text_and_number_of_a_document_has_its_bounds(kind: str) -> None:
    for model in documents.SUPPORTED[kind].values():
        schema = model.model_json_schema()
        # the words of a refusal are the other node's, and shown escaped like every fault
        assert boundless(schema.get("properties", {}), kind) == ["channel.nak.faults"] * (kind == "channel.nak")
        assert [found for name, part in schema.get("$defs", {}).items() for found in boundless(part, name)] == []
