"""C14: nobody holds the database or the memory of a node with one question, however it is put."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from node import errors, runtime
from node.console import forms
from node.storage import budgets
from node.trade import doors as entrance
from node.trade import policies
from tests.node.console import doors

ENDLESS = "WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting) SELECT count(*) FROM counting"
PATTERNS = ("(a+)+$", "((((a*)*)*)*)*b", ".*" * 40, "%" * 150, '" OR 1=1 --', "NEAR(a b)", "a*b*", "\\", "[", "*")


def test_C14_a_question_that_never_ends_is_broken_off_and_nothing_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "PORTIONS_MAX", 3)
    register = entrance.Register()

    @register.case("status", entrance.NoArguments)
    async def endless(trade: entrance.Trade, given: entrance.NoArguments, report: entrance.Report) -> entrance.Json:
        return {"count": await trade.database.read(lambda db: db.execute(ENDLESS).fetchone()[0])}

    async def story(desk: doors.Desk) -> None:
        door = desk.node.door({})
        slow = entrance.Door(door.trade, register.cases)
        with pytest.raises(errors.NodeError) as refused:
            await slow.ask(doors.LIN, "status", {})
        assert refused.value.code == "request.too-long"
        assert (await desk.get("/orders")).status == 200, "the node goes on"
        assert (await door.ask(policies.MACHINE, "card.set", {"legal_name": "X"}))["told"] == 0
        counted = await door.trade.database.read(lambda db: db.execute("SELECT count(*) FROM settings").fetchone())
        assert counted[0] > 0

    doors.visit(tmp_path, story)


@pytest.mark.parametrize("text", PATTERNS)
def test_C14_what_is_looked_for_is_text_and_no_pattern(tmp_path: Path, text: str) -> None:
    async def story(desk: doors.Desk) -> None:
        door = desk.node.door({})
        sheet = "sku,title_zh,title_en,price,stock\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac,杯,Cup,1.50,3\n".encode()
        await door.ask(policies.MACHINE, "catalogue.import", {"name": "a.csv", "data_hex": sheet.hex()})
        found = await door.ask(doors.LIN, "search", {"text": text})
        assert found["hits"] == [] or any(letter.isalnum() for letter in text), "a sign stands for itself"
        for path in ("/search", "/orders", "/catalogue", "/selection"):
            assert (await desk.get(path + "?text=" + forms.part(text).replace("%2E", "."))).status == 200, path

    doors.visit(tmp_path, story)


def test_C14_every_list_has_an_end(tmp_path: Path) -> None:
    """What a program asks too much of is refused, or cut to the largest page."""

    async def story(desk: doors.Desk) -> None:
        desk.programmatic = True
        cases = {name: case for register in runtime.REGISTERS for name, case in register.cases.items()}
        limited = [name for name, case in cases.items() if "limit" in case.arguments.model_fields]
        assert len(limited) > 8
        for name in limited:
            answer = await desk.send("POST", f"/api/v1/{name}", json={"limit": 10**9})
            assert answer.status in (200, 422, 404), (name, answer.text)
            assert answer.status != 200 or name in ("order.list",), name
        long = {"text": "x" * 100_000}
        assert (await desk.send("POST", "/api/v1/order.list", json=long)).status == 422
        assert (await desk.send("POST", "/api/v1/search", json=long)).status == 422

    doors.visit(tmp_path, story)


def test_C14_no_pattern_is_ever_made_of_what_somebody_typed() -> None:
    """Patterns stand in the code: `re` is given a text, a constant, or what `re.escape` made harmless."""
    harmless = r"\s*[rbf]*[\"']|[A-Z_]+[,)]"
    given = re.compile(rf"\bre\.(?:compile|search|match|fullmatch|sub|split|findall)\((?!{harmless})(.{{0,60}})")
    found = [
        (path.name, call.strip())
        for path in sorted(Path(runtime.__file__).parent.rglob("*.py"))
        for call in given.findall(path.read_text())
    ]
    assert [row for row in found if "re.escape" not in row[1]] == [("carriers.py", "fields.CODE_PATTERN)")]
