from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from node.console import descriptions
from node.trade import policies
from tests.node.console import doors

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("HANSE_EXAMPLES", "1")
"""`make fuzz-api` tries more."""


def test_a_program_that_nobody_here_wrote_finds_nothing_wrong_with_the_api(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        desk.programmatic, desk.bearer = True, "a-key-for-tests"
        command = [
            str(SCHEMATHESIS), "--config-file", str(CONFIGURATION), "run", desk.address + "/api/openapi.json",
            "--header", f"Authorization: Bearer {desk.bearer}", "--checks", "all", "--max-examples", EXAMPLES,
            "--seed", "1", "--continue-on-failure",
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode(errors="replace")[-8_000:]

    doors.visit(tmp_path, story)


def test_the_description_names_every_use_case_and_who_may_use_it(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        described = json.loads((await desk.get("/api/openapi.json")).text)
        names = {path.removeprefix(descriptions.PREFIX) for path in described["paths"]}
        assert names == set(desk.server.console.door.cases) - policies.LOCAL
        for case in policies.LOCAL:
            given = {"directory": str(tmp_path / "new"), "file": str(tmp_path / "new")}
            assert (
                await desk.send(
                    "POST", descriptions.PREFIX + case, json=given, headers={"Sec-Fetch-Site": "same-origin"}
                )
            ).status == 403
        assert not (tmp_path / "new").exists()
        shipping = described["paths"]["/api/v1/order.ship"]["post"]
        assert shipping["description"] == "For the roles owner, warehouse."
        assert described["openapi"].startswith("3.1")

    doors.visit(tmp_path, story)


def test_an_answer_is_the_use_cases_and_an_error_the_command_lines(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        desk.programmatic = True
        asked = await desk.send("POST", "/api/v1/partners", json={})
        assert (asked.status, json.loads(asked.text)) == (200, {"partners": []})
        refused = await desk.send("POST", "/api/v1/want.post", json={"quantity": "x", "more": 1})
        problem = json.loads(refused.text)
        assert (refused.status, problem["code"]) == (422, "request.malformed")
        assert {fault["path"] for fault in problem["faults"]} == {"what", "quantity", "more"}
        unknown = await desk.send("POST", "/api/v1/order.show", json={"order": "nothing"})
        assert (unknown.status, json.loads(unknown.text)["code"]) == (404, "order.unknown")

    doors.visit(tmp_path, story)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": "\\ud800"}', b"\xff", b"[" * 100_000, b"1"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, body: bytes) -> None:
    async def story(desk: doors.Desk) -> None:
        desk.programmatic = True
        refused = await desk.send("POST", "/api/v1/status", data=body, headers={"Content-Type": "application/json"})
        assert (refused.status, json.loads(refused.text)["code"]) == (422, "request.malformed")
        other = await desk.send("POST", "/api/v1/status", data=body, headers={"Content-Type": "text/plain"})
        assert other.status == 415

    doors.visit(tmp_path, story)


def test_whole_numbers_may_be_written_with_a_point(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        desk.programmatic = True
        headers = {"Content-Type": "application/json"}
        assert (await desk.send("POST", "/api/v1/invite", data=b'{"hours": 3.0}', headers=headers)).status == 200
        assert (await desk.send("POST", "/api/v1/invite", data=b'{"hours": 3.5}', headers=headers)).status == 422

    doors.visit(tmp_path, story)


def test_the_figures_are_in_the_format_of_prometheus(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        await desk.node.door({}).ask(policies.MACHINE, "invite", {})
        answer = await desk.get("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "# TYPE hanse_partner_online gauge" in answer.text

    doors.visit(tmp_path, story)
