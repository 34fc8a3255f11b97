from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import pytest
from aiohttp import web

from node.console import assets, guards, rooms, routes, servers, views
from node.trade import policies
from tests.node.console import doors


def routes_of(desk: doors.Desk) -> list[routes.Route]:
    return desk.server.routes


def test_C10_every_route_has_a_policy_that_exists(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        application = desk.server.application()
        served = {(route.method, route.resource.canonical) for route in application.router.routes() if route.resource}
        declared = {(route.method, route.path.replace(":.+", "")) for route in routes_of(desk)}
        static = {(method, assets.PREFIX + "{version}/{name}") for method in ("GET", "HEAD")}
        assert {one for one in served if one[0] != "HEAD"} - static == declared
        for route in routes_of(desk):
            assert route.policy in (routes.PUBLIC, routes.SIGNED_IN) or route.policy in policies.POLICIES, route.path
            if route.method == "GET" and route.policy in policies.POLICIES and route.policy != "audit.export":
                assert policies.POLICIES[route.policy].reads, f"{route.path} would change something by a link"

    doors.visit(tmp_path, story)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "[::]", "10.0.0.1", "a b", ""])
def test_C01_a_name_that_is_not_the_consoles_is_refused_on_every_route(tmp_path: Path, host: str) -> None:
    async def story(desk: doors.Desk) -> None:
        for path in ("/health", "/partners", "/events", assets.address("console.css"), "/api/openapi.json"):
            assert (await desk.get(path, Host=host)).status in (400, 421), path
        assert (await desk.get("/health", Host="localhost:1")).status == 200
        assert (await desk.get("/health", Host="[::1]")).status == 200

    doors.visit(tmp_path, story)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": "", "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_C02_another_site_cannot_post(tmp_path: Path, headers: dict[str, str]) -> None:
    async def story(desk: doors.Desk) -> None:
        form = {"_token": desk.token, "legal_name": "Evil"}
        for path in ("/do/card.set", "/appearance", "/api/v1/status"):
            refused = await desk.send("POST", path, headers=headers, data=form)
            assert refused.status == 403, path
        assert "Evil" not in str(await desk.node.door({}).ask(policies.MACHINE, "card.show", {}))

    doors.visit(tmp_path, story)


def test_C02_a_form_without_its_token_changes_nothing(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        assert (await desk.post("/do/card.set", {"legal_name": "X"})).status == 403
        assert (await desk.post("/do/card.set", {"legal_name": "X", "_token": "0" * 64})).status == 403
        assert (await desk.post("/do/card.set", {"legal_name": "晨曦", "_token": desk.token})).status == 303
        assert (await desk.node.door({}).ask(policies.MACHINE, "card.show", {}))["legal_name"] == "晨曦"

    doors.visit(tmp_path, story)


def test_C05_every_answer_says_what_a_browser_may_do_with_it(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        for path in (
            "/partners",
            "/health",
            "/nowhere",
            "/api/openapi.json",
            "/api/v1/x",
            assets.address("console.js"),
        ):
            headers = (await desk.get(path)).headers
            for name, value in guards.HEADERS.items():
                assert headers[name] == value, (path, name)
        assert "'unsafe" not in guards.CONTENT_SECURITY
        assert "frame-ancestors 'none'" in guards.CONTENT_SECURITY

    doors.visit(tmp_path, story)


def test_C10_whoever_is_not_signed_in_sees_nothing(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        desk.caller = None
        for route in routes_of(desk):
            path = route.path.split("{")[0]
            if route.policy == routes.PUBLIC or "{" in route.path:
                continue
            answer = await (desk.get(path) if route.method == "GET" else desk.post(path, {}))
            assert answer.status in (303, 401), path
            if answer.status == 303:
                assert answer.headers["Location"].startswith("/sign-in"), path
        asked = await desk.send("POST", "/api/v1/status", json={}, headers={"Sec-Fetch-Site": "same-origin"})
        assert (asked.status, asked.headers["Content-Type"]) == (401, "application/problem+json; charset=utf-8")

    doors.visit(tmp_path, story)


@pytest.mark.parametrize("role", list(policies.Role))
def test_C10_pages_forms_and_programs_obey_the_same_rule(tmp_path: Path, role: policies.Role) -> None:
    async def story(desk: doors.Desk) -> None:
        desk.caller = policies.Caller(role, "Lin")
        for name in sorted(desk.server.console.door.cases):
            permitted = policies.permits(desk.caller, name)
            if permitted:
                continue
            form = await desk.post(f"/do/{name}", {"_token": desk.token, "_sure": "1"})
            desk.programmatic = True
            program = await desk.send("POST", f"/api/v1/{name}", json={})
            desk.programmatic = False
            assert (form.status, program.status) == (403, 403), name
        for route in routes_of(desk):
            if route.method == "GET" and "{" not in route.path and route.policy in policies.POLICIES:
                answer = await desk.get(route.path)
                assert (answer.status != 403) == policies.permits(desk.caller, route.policy), route.path

    doors.visit(tmp_path, story)


def test_C17_a_bug_shows_its_number_and_nothing_else(tmp_path: Path) -> None:
    broken = routes.Register()

    @broken.get("/broken", routes.SIGNED_IN)
    async def page(view: views.View) -> web.StreamResponse:
        raise ZeroDivisionError(f"secret {tmp_path}")

    async def story(desk: doors.Desk) -> None:
        second = servers.Server(desk.server.console, (*rooms.REGISTERS, broken), "127.0.0.1", 0)
        await second.start()
        first, desk.server = desk.server, second
        try:
            answer = await desk.get("/broken")
            assert answer.status == 500
            assert "incident" in answer.text and "secret" not in answer.text and "Traceback" not in answer.text
        finally:
            await second.close()
            desk.server = first

    doors.visit(tmp_path, story)


@pytest.mark.parametrize("name", ["0" * 64, "ab12cd34", "nobody", "-1", "1%20OR%201%3D1", "..%2f..%2fkeys", "%00"])
def test_C11_what_is_not_known_here_is_no_page_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    """The address of a thing of somebody else is that of nothing."""

    async def story(desk: doors.Desk) -> None:
        asked = [route for route in routes_of(desk) if route.method == "GET" and "{" in route.path]
        assert len(asked) > 20
        for route in asked:
            path = re.sub(r"\{[^}]+\}", name, route.path)
            answer = await desk.get(path)
            assert answer.status == 404 or (answer.status == 422 and name != "0" * 64), (answer.status, path)
            assert "Traceback" not in answer.text

    doors.visit(tmp_path, story)


def test_C12_a_form_that_is_sent_twice_is_done_once(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        form = {"_token": desk.token, "_key": "k1"}
        await asyncio.gather(*(desk.post("/do/invite", form) for _ in range(3)))
        await desk.post("/do/invite", form)
        assert await desk.node.database.read(lambda db: db.execute("SELECT count(*) FROM invites").fetchone()) == (1,)
        await desk.post("/do/invite", form | {"_key": "k2"})
        assert await desk.node.database.read(lambda db: db.execute("SELECT count(*) FROM invites").fetchone()) == (2,)

    doors.visit(tmp_path, story)


def test_what_cannot_be_undone_asks_once(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        form = {"_token": desk.token, "sku": "A"}
        asked = await desk.post("/do/catalogue.withdraw", form)
        assert asked.status == 200 and 'name="_sure" value="1"' in asked.text and 'name="sku" value="A"' in asked.text

    doors.visit(tmp_path, story)


def test_every_fault_of_a_form_is_shown_at_once(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        form = {"_token": desk.token, "what": "x", "quantity": "many", "price": "", "nonsense": "1"}
        answer = await desk.post("/do/want.post", form, HX_Request="true")
        assert answer.status == 422
        assert "Quantity" in answer.text and "nonsense" in answer.text and "<html" not in answer.text

    doors.visit(tmp_path, story)


def test_assets_are_ours_and_as_their_list_says(tmp_path: Path) -> None:
    listed = (assets.STATIC / "vendor" / "README.md").read_text()
    for path in sorted((assets.STATIC / "vendor").rglob("*")):
        if path.suffix in (".js", ".css"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() in listed, path

    async def story(desk: doors.Desk) -> None:
        kept = await desk.get(assets.address("console.css"))
        assert "immutable" in kept.headers["Cache-Control"]
        assert (await desk.get("/static/x/../../servers.py")).status == 404
        assert (await desk.get("/static/x/..%2f..%2fservers.py")).status == 404
        assert (await desk.get("/static/x/servers.py")).status == 404

    doors.visit(tmp_path, story)


def test_what_is_the_same_for_everybody_is_sent_zipped_and_only_once(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        for path in ("/api/openapi.json", "/static/old/console.css"):
            first = await desk.get(path)
            assert (first.status, first.headers["Content-Encoding"]) == (200, "gzip")
            assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("no-cache", "Accept-Encoding")
            again = await desk.get(path, If_None_Match=first.headers["ETag"])
            assert (again.status, again.text, again.headers["ETag"]) == (304, "", first.headers["ETag"])
            plain = await desk.get(path, Accept_Encoding="identity", If_None_Match=first.headers["ETag"])
            assert (plain.status, plain.text) == (200, first.text) and "Content-Encoding" not in plain.headers

    doors.visit(tmp_path, story)
