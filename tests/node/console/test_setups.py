from __future__ import annotations

import asyncio
import contextlib
import io
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from node import config, errors
from node.console import listeners, problems, servers, setups
from node.system import clocks
from node.terminal import runs

DECIDED = config.Config("Hanse", console=config.Listen("127.0.0.1", 0))
SHEET = {"name": "晨曦", "node": "N", "recovery": {"next_root": "NEXT-ROOT", "recovery": "LAST-RESORT"}}
ANSWERS = {
    "code": "c0de",
    "name": "晨曦 <b>",
    "owner": "Lin",
    "country": "CN",
    "currency": "EUR",
    "reach": "machine",
    "address": "",
    "passphrase": "a long passphrase",
    "again": "a long passphrase",
}

Post = Callable[[str, Mapping[str, str | bytes]], Awaitable[tuple[int, str]]]


def form(fields: Mapping[str, str | bytes]) -> aiohttp.FormData:
    """As a browser sends a form with a file."""
    made = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        if isinstance(value, bytes):
            made.add_field(name, io.BytesIO(value), filename="shop.backup")
        else:
            made.add_field(name, value)
    return made


async def nothing(pieces: AsyncIterator[bytes], passphrase: str) -> None:
    raise AssertionError("nobody asked for it")


def at(page: setups.Wizard | setups.Lock, story: Callable[[Post], Awaitable[None]]) -> None:
    """Run a story in front of a page; the page must have what it waited for at the end."""

    async def run() -> None:
        known = asyncio.get_running_loop().create_future()

        def ready(places: Sequence[str]) -> None:
            known.set_result(places[0].rstrip("/"))

        serving = asyncio.create_task(setups.serve(page, DECIDED, clocks.SystemClock(), clocks.SystemEntropy(), ready))
        address = await known
        async with aiohttp.ClientSession() as client:

            async def post(path: str, fields: Mapping[str, str | bytes]) -> tuple[int, str]:
                headers = {"Origin": address, "Accept-Language": "en"}
                data = form(fields) if path == "/restore" and fields is not ANSWERS else dict(fields)
                async with client.post(address + path, data=data, headers=headers) as answer:
                    return answer.status, await answer.text()

            async with client.get(address + "/") as first:
                assert first.status == 200
            async with client.get(address + "/health") as health:
                assert await health.json() == {"status": "waiting"}
            async with client.get(address + "/partners", allow_redirects=False) as page_:
                assert (page_.status, page_.headers["Location"]) == (303, "/")  # a tab of before, or a bookmark
            await story(post)
        await serving

    asyncio.run(run())


def test_the_wizard_founds_a_node_once_and_shows_the_sheet_until_it_is_kept() -> None:
    made: list[setups.Wishes] = []

    async def found(wishes: setups.Wishes) -> setups.Sheet:
        made.append(wishes)
        return SHEET

    wizard = setups.Wizard("c0de", found, nothing)

    async def story(post: Post) -> None:
        assert (await post("/start", {"code": "c0de", "kept": "on"}))[0] == 200  # nothing is made yet
        for _ in range(2):
            status, text = await post("/found", ANSWERS)
            assert status == 200 and "LAST-RESORT" in text and "NEXT-ROOT" in text
        assert "LAST-RESORT" not in (again := (await post("/appearance", {"_next": "/"}))[1])  # who looks again
        assert 'action="/found"' in again and "waits until its recovery sheet is printed" in again
        assert (await post("/start", {"code": "c0de"}))[0] == 422
        status, text = await post("/start", {"code": "c0de", "kept": "on"})
        assert status == 200 and "LAST-RESORT" not in text

    at(wizard, story)
    assert [wishes.currency for wishes in made] == ["EUR"]
    assert (made[0].name, made[0].listen, made[0].zeroconf) == ("晨曦 <b>", "127.0.0.1:7443", False)
    assert "a long passphrase" not in repr(made[0])


def test_the_wizard_takes_nothing_without_the_code_and_keeps_what_was_typed() -> None:
    async def found(wishes: setups.Wishes) -> setups.Sheet:
        return SHEET

    async def story(post: Post) -> None:
        for code in ("", "c0d", "C0DE ", "é"):
            status, _ = await post("/found", ANSWERS | {"code": code})
            assert (status == 200) == (code == "C0DE "), code
        assert (await post("/start", {"code": "c0de", "kept": "on"}))[0] == 200

    wizard = setups.Wizard("c0de", found, nothing)
    at(wizard, story)

    async def faults(post: Post) -> None:
        status, text = await post("/found", ANSWERS | {"code": "wrong"})
        assert status == 403 and "晨曦 &lt;b&gt;" in text and "a long passphrase" not in text
        wanting = ANSWERS | {"name": " ", "owner": "", "again": "other", "reach": "internet"}
        status, text = await post("/found", wanting)
        assert status == 422
        assert re.findall(r"<li><strong>([^<]+)</strong>", text) == ["Name", "Your name", "Address", "The same again"]
        assert (await post("/found", ANSWERS))[0] == 200
        await post("/start", {"code": "c0de", "kept": "on"})

    at(setups.Wizard("c0de", found, nothing), faults)


def test_what_founding_refuses_is_shown_and_may_be_tried_again() -> None:
    tries: list[setups.Wishes] = []

    async def found(wishes: setups.Wishes) -> setups.Sheet:
        tries.append(wishes)
        if len(tries) == 1:
            raise errors.NodeError("key.passphrase", "the passphrase is too short")
        return SHEET

    async def story(post: Post) -> None:
        status, text = await post("/found", ANSWERS)
        assert status == 403 and "The passphrase is too short." in text
        assert (await post("/found", ANSWERS))[0] == 200
        await post("/start", {"code": "c0de", "kept": "on"})

    at(setups.Wizard("c0de", found, nothing), story)


BACK = {"shown": "c0de", "opens": "a long passphrase", "ended": "on"}


def test_the_wizard_brings_a_node_back_from_a_backup_larger_than_any_form() -> None:
    sizes: list[int] = []

    async def found(wishes: setups.Wishes) -> setups.Sheet:
        raise AssertionError("no new node is made")

    async def restore(pieces: AsyncIterator[bytes], passphrase: str) -> None:
        sizes.append(0)
        async for piece in pieces:
            sizes[-1] += len(piece)
        if passphrase != "a long passphrase":
            raise errors.NodeError("key.passphrase", "the passphrase is wrong")

    wizard = setups.Wizard("c0de", found, restore)
    size = servers.REQUEST_BYTES_MAX + 1

    async def story(post: Post) -> None:
        content = bytes(size)
        for wrong in ({"shown": "wrong"}, {"ended": ""}, {"opens": "another"}):
            status, text = await post("/restore", {**BACK, **wrong, "file": content[:100]})
            assert status >= 400 and "open>" in text, wrong
        assert sizes == [100]  # nothing is taken from anybody without the code
        status, text = await post("/restore", BACK)
        assert status == 422 and "No file was chosen." in text
        assert (await post("/restore", {**BACK, "file": content}))[0] == 200
        assert (await post("/restore", {**BACK, "file": content}))[0] == 200  # pressed twice
        assert "is starting" in (await post("/found", ANSWERS))[1]

    at(wizard, story)
    assert (wizard.passphrase, sizes) == ("a long passphrase", [100, size])


def test_C09_what_is_no_form_brings_nothing_back() -> None:
    async def found(wishes: setups.Wishes) -> setups.Sheet:
        return SHEET

    async def story(post: Post) -> None:
        status, _ = await post("/restore", ANSWERS)
        assert status in (400, 415)
        await post("/found", ANSWERS)
        await post("/start", {"code": "c0de", "kept": "on"})

    at(setups.Wizard("c0de", found, nothing), story)


def test_the_lock_opens_with_the_passphrase_alone() -> None:
    async def unlock(passphrase: str) -> None:
        if passphrase != "right":
            raise errors.NodeError(
                "key.passphrase", "the passphrase is wrong", hint="it is read from $HANSE_PASSPHRASE"
            )

    async def story(post: Post) -> None:
        status, text = await post("/unlock", {"passphrase": "wrong"})
        assert status == 403 and "The passphrase is wrong." in text and "HANSE_" not in text
        assert (await post("/unlock", {"passphrase": "right"}))[0] == 200

    at(setups.Lock("晨曦", unlock), story)


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.5", "shop.example"])
def test_C16_an_address_that_others_reach_needs_a_certificate(host: str) -> None:
    with pytest.raises(errors.NodeError) as refused:
        listeners.tls(replace(DECIDED, console=config.Listen(host, 7480)))
    assert refused.value.code == "console.exposed"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_C16_the_loopback_needs_none(host: str) -> None:
    assert listeners.tls(replace(DECIDED, console=config.Listen(host, 7480))) is None


def test_C16_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("no certificate")
    for path in (tmp_path / "c.pem", tmp_path / "absent.pem"):
        with pytest.raises(errors.NodeError) as refused:
            listeners.tls(replace(DECIDED, console_certificate=str(path), console_key=str(path)))
        assert refused.value.code == "console.certificate"


def test_C01_the_console_answers_to_its_own_names_alone() -> None:
    decided = replace(DECIDED, console=config.Listen("0.0.0.0", 1), console_hosts=("shop.example",))
    assert listeners.hosts(decided) == {"127.0.0.1", "localhost", "::1", "shop.example"}


def test_faults_of_the_configuration_stand_at_the_fields_of_the_wizard() -> None:
    async def found(wishes: setups.Wishes) -> setups.Sheet:
        if wishes.advertised == ("no address!",):
            fault = {
                "code": "config.value",
                "path": "--advertise",
                "expected": "a name and a port",
                "got": "no address!",
            }
            raise errors.NodeError("config.malformed", "no node can be made like this", faults=[fault])
        return SHEET

    async def story(post: Post) -> None:
        far = ANSWERS | {"reach": "internet", "address": "no address!"}
        status, page = await post("/found", far)
        assert status == problems.status(errors.NodeError("config.malformed", ""))
        assert "<strong>Address</strong>" in page and "--advertise" not in page
        assert 'value="no address!"' in page, "what was typed is lost"
        assert (await post("/found", far | {"address": "shop.example:7443"}))[0] == 200
        assert (await post("/start", {"code": "c0de", "kept": "on"}))[0] == 200

    at(setups.Wizard("c0de", found, nothing), story)


def test_a_new_node_listens_where_nobody_else_does() -> None:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert runs.free(f"127.0.0.1:{port}", movable=True) in {
            f"127.0.0.1:{other}" for other in range(port + 1, port + runs.PORTS_TRIED)
        }
        with pytest.raises(errors.NodeError) as refused:
            runs.free(f"127.0.0.1:{port}", movable=False)  # others were told this address
        assert refused.value.code == "links.listen"
    assert runs.free(f"127.0.0.1:{port}", movable=False) == f"127.0.0.1:{port}"
