"""C13: a form whose author has not seen everything does nothing, says what happened, and keeps what was typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from node import runtime
from node.trade import policies, sightings
from tests.node.console import doors

LIN = policies.Caller(policies.Role.OWNER, "Lin", 1, 11)
WANG = policies.Caller(policies.Role.OWNER, "Wang <b>", 2, 12)
SEEN = re.compile(r'name="_seen" value="(\d+)"')


def test_C13_every_use_case_says_upon_what_it_acts() -> None:
    """A new use case that changes something stands in `sightings.SUBJECTS`, or in `MAKES` if nobody can be faster."""
    cases = {name: case for register in runtime.REGISTERS for name, case in register.cases.items()}
    writing = {name for name, policy in policies.POLICIES.items() if not policy.reads}
    assert writing - sightings.MAKES == set(sightings.SUBJECTS)
    assert writing >= sightings.MAKES
    for name, paths in sightings.SUBJECTS.items():
        for path in paths:
            field = path.partition(".")[0]
            assert path == sightings.ALWAYS or field in cases[name].arguments.model_fields, (name, path)


def test_C13_the_second_of_two_operators_sees_the_conflict_and_keeps_what_was_typed(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        door = desk.node.door({})
        owner = {"name": "Boss", "role": "owner", "password": "long enough 0"}
        await door.ask(policies.MACHINE, "operator.add", owner)
        await door.ask(policies.MACHINE, "operator.add", {"name": "Zhao", "role": "sales", "password": "long enough 1"})
        desk.caller = LIN
        opened = await desk.get("/settings/people/2")
        seen = SEEN.findall(opened.text)
        assert opened.status == 200 and len(set(seen)) == 1
        desk.caller = WANG
        form = {"_token": desk.token, "operator": "Zhao", "disabled": "true", "_seen": seen[0]}
        assert (await desk.post("/do/operator.change", form)).status == 303
        desk.caller = LIN
        changing = {"_token": desk.token, "operator": "Zhao", "name": "Zhao Yun", "_seen": seen[0], "_key": "k"}
        part = await desk.post("/do/operator.change", changing, HX_Request="true")
        assert part.status == 409 and "shut this person out" in part.text and "<html" not in part.text
        assert "Wang &lt;b&gt;" in part.text and "Wang <b>" not in part.text
        whole = await desk.post("/do/operator.change", changing)
        assert whole.status == 409 and 'name="name" value="Zhao Yun"' in whole.text
        people = (await door.ask(policies.MACHINE, "operator.list", {}))["operators"]
        assert [row["operator"] for row in people] == ["Boss", "Zhao"], "nothing was done"

        now = SEEN.findall(part.text)
        assert len(now) == 1 and int(now[0]) > int(seen[0])
        fields = [*changing.items(), ("_seen", now[0])]  # the form has both: the last one counts
        done = await desk.send(
            "POST",
            "/do/operator.change",
            headers={"Origin": desk.address, "Sec-Fetch-Site": "same-origin"},
            data=fields,
        )
        assert done.status == 303
        people = (await door.ask(policies.MACHINE, "operator.list", {}))["operators"]
        assert (people[1]["operator"], people[1]["disabled"]) == ("Zhao Yun", True)

    doors.visit(tmp_path, story)


def test_C13_a_program_says_with_if_match_what_it_had_seen(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        sheet = "sku,title_zh,title_en,price,stock\nA,\u676f,Cup,1.50,3\nB,\u789f,Plate,2.50,3\n".encode().hex()
        await desk.node.door({}).ask(policies.MACHINE, "catalogue.import", {"name": "a.csv", "data_hex": sheet})
        desk.programmatic, desk.caller = True, policies.Caller(policies.Role.SALES, "ERP")

        async def ask(case: str, given: dict[str, object], *conditions: str) -> doors.Answer:
            headers = [("If-Match", condition) for condition in conditions]
            async with desk.client.post(f"{desk.address}/api/v1/{case}", json=given, headers=headers) as answer:
                return doors.Answer(answer.status, await answer.text(), answer.headers.copy())

        async def counted() -> tuple[int, str]:
            read = await ask("stock.list", {})
            (row,) = [row for row in json.loads(read.text)["stock"] if row["sku"] == "A"]
            return row["on_hand"], read.headers["ETag"]

        _, tag = await counted()
        assert re.fullmatch(r'"\d+"', tag), "a strong tag"
        first = await ask("stock.set", {"sku": "A", "on_hand": 4}, tag)
        assert first.status == 200 and "ETag" not in first.headers, "what it acts upon has to be read again"
        assert (await ask("stock.set", {"sku": "B", "on_hand": 4}, tag)).status == 200, (
            "another article is not concerned"
        )

        desk.caller = policies.Caller(policies.Role.WAREHOUSE, "Scales")
        second = await ask("stock.set", {"sku": "A", "on_hand": 9}, tag)
        problem = json.loads(second.text)
        assert (second.status, problem["status"], problem["code"]) == (412, 412, "request.overtaken")
        assert second.headers["Content-Type"].startswith("application/problem+json")
        assert [(fault["path"], fault["code"], fault["got"]) for fault in problem["faults"]] == [
            ("stock A", "on-hand", "ERP")
        ]
        assert (await counted())[0] == 4, "nothing was done"
        for stale in (f"W/{tag}", '"shelf"', '"999999999999"', f'{tag} , W/"7"', '""'):
            assert (await ask("stock.set", {"sku": "A", "on_hand": 9}, stale)).status == 412, stale
        for unreadable in ("7", '"7" "8"', '"7', "*, *", "'7'", "é"):
            refused = await ask("stock.set", {"sku": "A", "on_hand": 9}, unreadable)
            assert (refused.status, json.loads(refused.text)["faults"][0]["path"]) == (422, "If-Match"), unreadable
        _, now = await counted()
        assert (await ask("stock.set", {"sku": "A", "on_hand": 5}, tag, now)).status == 200, "one of several will do"
        for nothing in ((), ("*",)):
            assert (await ask("stock.set", {"sku": "A", "on_hand": 6}, *nothing)).status == 200, nothing

    doors.visit(tmp_path, story)


def test_C13_the_api_says_of_which_requests_it_compares_what_was_seen(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        paths = json.loads((await desk.get("/api/openapi.json")).text)["paths"]
        for path, operations in paths.items():
            name, described = path.removeprefix("/api/v1/"), operations["post"]
            assert ("ETag" in described["responses"]["200"].get("headers", {})) == policies.POLICIES[name].reads, name
            named = [one["name"] for one in described.get("parameters", [])]
            assert named == (["If-Match"] if name in sightings.SUBJECTS else []), name
            assert ("412" in described["responses"]) == (name in sightings.SUBJECTS), name

    doors.visit(tmp_path, story)


def test_C13_what_one_did_oneself_and_what_concerns_others_is_no_conflict(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        sheet = "sku,title_zh,title_en,price,stock\nA,\u676f,Cup,1.50,3\nB,\u789f,Plate,2.50,3\n".encode().hex()
        await desk.node.door({}).ask(policies.MACHINE, "catalogue.import", {"name": "a.csv", "data_hex": sheet})
        desk.caller = LIN
        seen = SEEN.findall((await desk.get("/settings/people")).text)[0]
        counted = {"_token": desk.token, "_seen": seen}
        assert (await desk.post("/do/stock.set", counted | {"sku": "A", "on_hand": "4"})).status == 303
        assert (await desk.post("/do/stock.set", counted | {"sku": "A", "on_hand": "5"})).status == 303
        desk.caller = WANG
        assert (await desk.post("/do/stock.set", counted | {"sku": "B", "on_hand": "9"})).status == 303
        overtaken = await desk.post("/do/stock.set", counted | {"sku": "A", "on_hand": "9"})
        assert overtaken.status == 409 and overtaken.text.count("counted the stock") == 2
        absent = {"_token": desk.token, "_seen": "", "sku": "A", "on_hand": "9"}
        assert (await desk.post("/do/stock.set", absent)).status == 303, "a program of its own has looked at nothing"
        stale = absent | {"_seen": "999999", "on_hand": "1"}
        assert (await desk.post("/do/stock.set", stale)).status == 409, (
            "a number from before a restore has seen nothing"
        )

    doors.visit(tmp_path, story)
