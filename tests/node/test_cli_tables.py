"""What a person sees: every answer as a table, and nothing in it that a partner could steer the terminal with."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich import cells
from rich.console import Console, RenderableType

from node import errors
from node.terminal import complaints, meters, narrators, pictures, tables, views


def drawn(what: RenderableType, width: int = 160) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(what)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ("茶壶", "茶壶"),
        ({"amount": 1250, "currency": "CNY", "text": "12.50 CNY"}, "12.50 CNY"),
        ({"placed": 3, "agreed": 2}, "placed 3, agreed 2"),
        ({}, ""),
        (["a", 1], "a, 1"),
        ("one\ntwo", "one two"),
    ],
)
def test_plain_says_every_kind_of_value(value: object, text: str) -> None:
    assert tables.plain(value) == text


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b31m", "\u202eevil", "\x07", "\x7f", "\u2066", "\x1b]0;title\x07"])
def test_a_partner_cannot_steer_the_terminal(hostile: str) -> None:
    text = drawn(views.of("partners", {"partners": [{"name": f"Tea {hostile} House", "node": "AAAAAAA"}]}))
    assert hostile not in text
    assert "Tea " in text
    assert all(char.isprintable() or char == "\n" for char in text)


def test_markup_of_a_partner_stays_text() -> None:
    assert "[red]cheap[/red]" in drawn(
        views.of("catalogue.list", {"goods": [{"sku": "A", "title": "[red]cheap[/red]"}]})
    )


@pytest.mark.parametrize(
    ("case", "empty", "sentence"),
    [
        ("partners", {"partners": []}, "hanse invite"),
        ("catalogue.list", {"goods": []}, "No goods."),
        ("agreement.list", {"agreements": []}, "No agreements."),
        ("stock.list", {"stock": []}, "No stock."),
        ("stock.holds", {"holds": []}, "Nothing is kept back."),
        ("order.list", {"orders": [], "next": None}, "No orders."),
        ("statement.list", {"statements": []}, "No statements."),
        ("payment.list", {"payments": [], "balances": []}, "No payments."),
    ],
)
def test_an_empty_list_is_a_sentence(case: str, empty: dict[str, Any], sentence: str) -> None:
    assert sentence in drawn(views.of(case, empty))


MONEY = {"amount": 4200, "currency": "CNY", "text": "42.00 CNY"}


@pytest.mark.parametrize(
    ("case", "answer", "wanted"),
    [
        (
            "status",
            {
                "name": "Shop",
                "node": "ABC",
                "partners": 2,
                "online": 1,
                "orders": {"selling": {"placed": 3}, "buying": {}},
            },
            ["Shop", "2, 1 online", "placed 3", "no orders"],
        ),
        ("join", {"partner": "Factory", "words": ["bado", "dusi"], "already": False}, ["Factory", "bado dusi"]),
        ("invite", {"uri": "hanse:1?i=abc", "expires_s": 1}, ["hanse:1?i=abc"]),
        (
            "order.show",
            {
                "order": "ab" * 32,
                "number": "N1",
                "partner": "Factory",
                "selling": False,
                "state": "shipped",
                "owed": MONEY,
                "lines": [{"line": 1, "sku": "TW-1", "ordered": 2, "buckets": {"shipped": 2}, "price": MONEY}],
                "shipments": [{"carrier": "SF", "waybill": "SF123"}],
                "documents": [{"type": "order.place", "by": "me", "hash": "ff" * 32, "index": 4}],
                "recipient": {"name": "张三", "city": "景德镇"},
            },
            ["buying from", "TW-1", "shipped 2", "SF123", "order.place", "张三, 景德镇", "42.00 CNY"],
        ),
        (
            "order.accept",
            {
                "accepted": 4,
                "refused": [{"order": "cd" * 32, "faults": [{"code": "order.state", "expected": "placed"}]}],
            },
            ["accepted", "4", "cdcdcdcdcdcd", "order.state"],
        ),
        (
            "stock.holds",
            {"holds": [{"hold": "ab" * 32, "partner": "Dealer", "selling": True, "sku": "TW-1", "quantity": 3}]},
            ["abababababab", "for", "Dealer", "TW-1", "3"],
        ),
        (
            "catalogue.import",
            {"rows": 3, "new": 3, "changed": 0, "unpriced": 2, "known": False, "dry_run": True, "ignored": []},
            ["rows", "new", "Only checked", "2 without a supply price"],
        ),
        (
            "order.import",
            {
                "orders": 1,
                "placed": {"Factory": 1},
                "differing": ["N2", "N3"],
                "skipped": [{"row": 4, "number": "N4", "reason": "cancelled"}],
                "dry_run": False,
            },
            ["Factory 1", "N2, N3", "cancelled", "N4"],
        ),
        (
            "statement.show",
            {"statement": "ee" * 32, "closing": MONEY, "detail": [{"number": "N1", "kind": "goods", "amount": MONEY}]},
            ["42.00 CNY", "goods", "N1"],
        ),
        (
            "payment.list",
            {"payments": [{"payment": "aa" * 32, "state": "sent", "amount": MONEY}], "balances": []},
            ["aaaaaaaaaaaa", "sent"],
        ),
    ],
)
def test_answers_are_readable(case: str, answer: dict[str, Any], wanted: list[str]) -> None:
    text = drawn(views.of(case, answer))
    assert [part for part in wanted if part not in text] == []


ORDERS = {
    "orders": [
        {
            "order": "ab" * 32,
            "number": "NHZD57U552S3XUSF",
            "shop_order": "A1001",
            "partner": "晨光瓷器厂",
            "selling": False,
            "state": "part-shipped",
            "since_ms": 1_795_510_102_635,
            "amount": {"amount": 110880, "currency": "CNY", "text": "1108.80 CNY"},
        }
    ],
    "next": None,
}


def test_a_list_of_orders_fits_eighty_columns_with_chinese_names() -> None:
    lines = drawn(views.of("order.list", ORDERS), width=80).splitlines()
    assert len(lines) == 3
    assert all(
        part in lines[2] for part in ("11-24", "NHZD57U552S3XUSF", "A1001", "晨光瓷器厂", "part-shipped", "1108.80 CNY")
    )


def test_a_row_becomes_a_block_where_the_window_is_narrow() -> None:
    lines = drawn(views.of("order.list", ORDERS), width=40).splitlines()
    assert ["number", "NHZD57U552S3XUSF"] in [line.split() for line in lines]
    assert all(cells.cell_len(line.rstrip()) <= 40 for line in lines)


def test_long_texts_are_folded_and_short_ones_never() -> None:
    title = "功夫茶具套装（含茶盘、茶壶、六只品茗杯以及茶巾与收纳盒，适合送礼）"
    rows = [{"sku": f"CG-{number:03}", "title": title, "stock": 12} for number in range(3)]
    lines = drawn(views.of("catalogue.list", {"goods": rows}), width=40).splitlines()
    assert all(any(line.startswith(f"CG-{number:03}") for line in lines) for number in range(3))
    assert all(cells.cell_len(line.rstrip()) <= 40 for line in lines)


def test_what_is_owed_is_said_with_its_direction() -> None:
    owes = {"amount": 100, "currency": "CNY", "text": "1.00 CNY"}
    debt = {"amount": -100, "currency": "CNY", "text": "-1.00 CNY"}
    assert "still owed to me  1.00 CNY" in drawn(views.of("payment.received", {"announced": True, "owes_me": owes}))
    assert "now I owe  1.00 CNY" in drawn(views.of("payment.received", {"announced": False, "owes_me": debt}))
    listed = {"payments": [], "balances": [{"partner": "F", "owes_me": debt}]}
    assert "I owe it" in drawn(views.of("payment.list", listed))


def test_a_further_page_is_named() -> None:
    row = {"order": "ab" * 32, "number": "1", "partner": "P", "selling": True, "state": "placed", "lines": 1}
    assert "--after 77" in drawn(views.of("order.list", {"orders": [row], "next": "77"}))


def test_a_file_says_what_became_of_it_whatever_was_in_it() -> None:
    orders = {
        "name": "orders.csv", "kind": "orders", "at_ms": 1, "by": "", "since": ["N1"], "more": 3,
        "orders": [
            {
                "number": "N1", "shop": "", "standing": "gone",
                "orders": [{"order": "ab" * 32, "number": "X", "partner": "mill", "state": "agreed"}],
            }
        ],
    }  # fmt: skip
    text = drawn(views.of("import.show", orders))
    assert all(part in text for part in ("orders.csv", "N1", "gone", "mill", "agreed", "and 3 more"))
    field = {"field": "price", "before": None, "after": None}
    row = {"sku": "A-1", "new": False, "fields": [field], "counted_before": 5, "counted": 9}
    goods = {"name": "goods.csv", "kind": "catalogue", "at_ms": 1, "by": "Lin", "rows": [row], "since": [], "more": 0}
    text = drawn(views.of("import.show", goods))
    assert all(part in text for part in ("goods.csv", "Lin", "A-1", "price", "9"))
    listed = {"imports": [{**goods, "number": 7, "new": 1, "changed": 2, "taken_back_ms": None}]}
    assert "goods.csv" in drawn(views.of("import.list", listed))


def test_what_is_gone_or_came_back_stands_below_the_new_prices() -> None:
    gone = {"sku": "A-1", "title": "碗", "partner": "mill", "before": "offered", "now": "sold-out", "at_ms": 1}
    text = drawn(views.of("selection.changes", {"rise_percent": "0", "changes": [], "supplies": [gone]}))
    assert "No new prices." in text and "sold-out" in text


def test_an_answer_without_a_view_shows_its_fields() -> None:
    assert drawn(views.of("future.case", {"some_thing": 3})).split() == ["some", "thing", "3"]


def test_every_fault_of_a_file_stands_in_the_table() -> None:
    faults = [
        {"row": str(row), "column": "C (数量)", "code": "sheet.number", "expected": "a whole number", "got": f"x{row}"}
        for row in range(2, 60)
    ]
    text = drawn(complaints.of(errors.NodeError("request.malformed", "orders.csv has 58 faults", faults=faults)))
    assert "orders.csv has 58 faults [request.malformed]" in text
    assert all(f"x{row}" in text for row in range(2, 60))
    assert "row" in text and "column" in text and "where" not in text


def test_an_error_says_expected_got_and_what_to_do() -> None:
    error = errors.NodeError(
        "partner.unknown", "no single partner is called 'x'", expected="Factory", got="x", hint="look"
    )
    lines = drawn(complaints.of(error)).splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines if line] == ["Error:", "expected", "got", "hint"]


def test_progress_is_silent_where_nobody_looks() -> None:
    out = io.StringIO()
    with meters.Meter(Console(file=out, force_terminal=False)) as meter:
        meter.report("orders", 5, 10)
    assert out.getvalue() == ""


def test_progress_is_drawn_on_a_terminal() -> None:
    out = io.StringIO()
    with meters.Meter(Console(file=out, force_terminal=True, width=100)) as meter:
        meter.report("orders [bold]", 5, 10)
        meter.report("orders [bold]", 10, 10)
    assert "orders [bold]" in out.getvalue()


def test_an_invitation_becomes_a_picture() -> None:
    lines = pictures.qr("hanse:1?i=" + "a" * 52).plain.splitlines()
    assert len(lines) > 15
    assert len({len(line) for line in lines if line}) == 1


def test_a_verdict_shows_four_numbers_and_every_artefact() -> None:
    channel = {
        "names": ["Factory", ""],
        "parties": ["AAAAAAA-BBBBBBB-C", "DDDDDDD-EEEEEEE-F"],
        "sizes": [3, 4],
        "numbers": {"proved": 7},
        "statements": [{"period": "2026-11", "state": "closed"}],
    }
    fault = {
        "path": "channels/x/tile/entries/000",
        "code": "audit.root",
        "what": "differs",
        "expected": "a",
        "got": "b",
    }
    numbers = {"proved": 7, "deemed": 1, "contested": 2, "not_disclosed": 3}
    text = drawn(views.of("audit.verify", {**numbers, "channels": [channel], "faults": [fault]}))
    wanted = [
        "not disclosed  3",
        "Factory, DDDDDDD-EEEEEEE",
        "2026-11 closed",
        "channels/x/tile/entries/000",
        "audit.root",
    ]
    assert [part for part in wanted if part not in text] == []
    assert "Everything in this folder holds." in drawn(
        views.of("audit.verify", {**numbers, "channels": [], "faults": []})
    )


def test_a_demonstration_ends_with_its_figures_and_where_to_look() -> None:
    answer = {"orders": 435, "homes": ["/d/factory/home"], "audit_export": "/d/audit-export", "kept": True}
    text = drawn(views.of("demo", answer))
    assert "435" in text and "hanse audit verify /d/audit-export" in text
    assert "/d/factory/passphrase" in text
    assert "/d/" not in drawn(views.of("demo", {**answer, "kept": False}))


def test_a_narrator_tells_or_keeps_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (False, True):
        narrator = narrators.Narrator(quiet)
        with narrator.chapter("Parcels [red]leave"):
            narrator.say("one \x1b[2J parcel")
            narrator.report("parcels", 1, 2)
    told = capsys.readouterr()
    assert told.out.count("Parcels [red]leave") == 1
    assert told.out.count("parcel") == 1
    assert "\x1b[2J" not in told.out
    assert told.err == ""


EUROS = {"amount": 500, "currency": "EUR", "text": "5.00 EUR"}
QUARREL = {
    "issue": "ab" * 32, "partner": "factory", "by": "me", "category": "damaged", "order": "N1", "state": "decided",
    "claim": EUROS, "settled": EUROS, "waits_for_me": True, "arbiter": "judge", "pays_me": EUROS, "complies": "factory",
}  # fmt: skip
TOLD = {
    "hash": "cd" * 32, "type": "issue.reply", "by": "factory", "role": "seller", "ts_ms": 1, "status": "resolved",
    "message": "sorry", "files": [{"name": "crack.png"}], "refused": [], "proved": True, "receipted": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "answer", "wanted"),
    [
        ("issue.list", {"issues": [QUARREL]}, ["waits for me", "5.00 EUR", "damaged"]),
        ("issue.list", {"issues": []}, ["No issues."]),
        (
            "issue.show",
            {
                **QUARREL,
                "offers": [{"offer": "ef" * 32, "by": "me", "pays_me": EUROS, "state": "open"}],
                "documents": [TOLD],
            },
            ["sorry", "crack.png", "pays me", "resolved"],
        ),
        ("dispute.list", {"disputes": [QUARREL]}, ["judge", "factory"]),
        (
            "dispute.read",
            {
                "dispute": "ab",
                "received_s": 1,
                "parties": ["A", "B"],
                "ok": False,
                "faults": ["no"],
                "documents": [TOLD],
            },
            ["Does not hold: no", "both have it", "seller"],
        ),
        (
            "invoice.list",
            {"invoices": [{"number": "I1", "waits_for_me": True, "total": EUROS}]},
            ["I1", "waits for me"],
        ),
        (
            "invoice.show",
            {"number": "I1", "lines": [{"line": 1, "sku": "CUP", "net": EUROS}], "reasons": [{"reason": "QTY"}]},
            ["CUP", "QTY", "5.00 EUR"],
        ),
    ],
)
def test_quarrels_and_invoices_are_tables(case: str, answer: dict[str, Any], wanted: list[str]) -> None:
    text = drawn(views.of(case, answer))
    for words in wanted:
        assert words in text
