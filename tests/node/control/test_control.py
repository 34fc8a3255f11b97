from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from node import errors, supervise
from node.control import clients, formats, servers
from node.system import homes
from tests.node import controls

ROOT = Path(errors.__file__).parents[1]

Ask = Callable[..., Awaitable[Any]]


async def echo(arguments: dict[str, Any], report: servers.Report) -> Any:
    return {"got": arguments, "bytes": b"\x00\xff"}


async def refuse(arguments: dict[str, Any], report: servers.Report) -> Any:
    fault = {"code": "order.state", "path": "lines.0", "expected": "open", "got": "closed"}
    raise errors.NodeError("document.refused", "a rule says no", expected="x", got="y", hint="z", faults=[fault])


async def break_(arguments: dict[str, Any], report: servers.Report) -> Any:
    raise ZeroDivisionError("secret detail")


async def storage(arguments: dict[str, Any], report: servers.Report) -> Any:
    raise errors.StorageError("COMMIT failed")


async def count(arguments: dict[str, Any], report: servers.Report) -> Any:
    for done in range(1, 4):
        report("rows", done, 3)
        await asyncio.sleep(0.001)
    return "counted"


USE_CASES: Mapping[str, controls.UseCase] = {
    "order.echo": echo,
    "order.refuse": refuse,
    "order.break": break_,
    "order.storage": storage,
    "order.count": count,
}


@pytest.fixture
def home(tmp_path: Path) -> homes.Home:
    return homes.create(tmp_path / "shop")


@asynccontextmanager
async def serving(
    home: homes.Home, use_cases: Mapping[str, controls.UseCase] = USE_CASES, owner: int | None = None
) -> AsyncIterator[Ask]:
    server = servers.Server(home.state, controls.door(use_cases), owner)
    await server.start()

    async def ask(name: str, arguments: Mapping[str, Any] | None = None, **kwargs: Any) -> Any:
        return await asyncio.to_thread(clients.call, home.path, name, arguments or {}, **kwargs)

    try:
        yield ask
    finally:
        await server.close()


def refused(home: homes.Home, name: str, arguments: Mapping[str, Any] | None = None, **kwargs: Any) -> errors.NodeError:
    async def scenario() -> errors.NodeError:
        async with serving(home, **kwargs) as ask:
            with pytest.raises(errors.NodeError) as caught:
                await ask(name, arguments)
            return caught.value

    return asyncio.run(scenario())


def test_a_result_comes_back_with_bytes_as_hex(home: homes.Home) -> None:
    async def scenario() -> Any:
        async with serving(home) as ask:
            return await ask("order.echo", {"text": "茶壶", "raw": b"\x01\x02", "n": 3})

    assert asyncio.run(scenario()) == {"got": {"text": "茶壶", "raw": "0102", "n": 3}, "bytes": "00ff"}


def test_C13_what_a_script_had_seen_comes_with_its_question(home: homes.Home) -> None:
    async def scenario() -> list[Any]:
        async with serving(home) as ask:
            return [await ask("order.echo", {}, seen=seen) for seen in (4711, 0, None)]

    assert [answer["got"] for answer in asyncio.run(scenario())] == [{"_seen": 4711}, {"_seen": 0}, {}]


def test_what_is_no_text_is_refused(home: homes.Home) -> None:
    for text in ("\udcff", "a\ud800"):  # bytes that are no UTF-8 come from the command line like this
        error = refused(home, "order.echo", {"partner": text})
        assert (error.code, error.exit, error.expected) == ("request.malformed", errors.Exit.USAGE, "UTF-8")

    async def scenario() -> Any:
        async with serving(home) as ask:
            return await ask("order.echo", {"text": "🍵"})

    assert asyncio.run(scenario())["got"] == {"text": "🍵"}  # a whole pair is one


def test_many_commands_at_once(home: homes.Home) -> None:
    async def scenario() -> list[Any]:
        async with serving(home) as ask:
            return await asyncio.gather(*(ask("order.echo", {"n": number}) for number in range(20)))

    assert [result["got"]["n"] for result in asyncio.run(scenario())] == list(range(20))


def test_progress_is_told_on_the_way(home: homes.Home) -> None:
    seen: list[tuple[str, int, int]] = []

    async def scenario() -> Any:
        async with serving(home) as ask:
            return await ask("order.count", on_progress=lambda *report: seen.append(report))

    assert asyncio.run(scenario()) == "counted"
    assert seen == sorted(seen)
    assert {label for label, _, _ in seen} == {"rows"}
    assert {total for _, _, total in seen} == {3}


def test_only_the_newest_progress_waits_for_a_slow_reader() -> None:
    async def scenario() -> None:
        progress = servers.Progress()
        for done in range(1_000):
            progress.report("rows", done, 1_000)
        await progress.wait()
        assert progress.take() == {"progress": {"label": "rows", "done": 999, "total": 1_000}}
        assert progress.take() is None

    asyncio.run(scenario())


def test_a_refusal_comes_back_as_it_was(home: homes.Home) -> None:
    error = refused(home, "order.refuse")
    assert (error.code, error.exit, error.expected, error.got, error.hint) == ("document.refused", 1, "x", "y", "z")
    assert error.faults == ({"code": "order.state", "path": "lines.0", "expected": "open", "got": "closed"},)


def test_a_bug_is_a_number_here_and_a_traceback_in_the_log(home: homes.Home) -> None:
    with capture_logs() as logs:
        error, again = refused(home, "order.break"), refused(home, "order.break")
    assert (error.code, error.exit) == ("internal.error", 70)
    assert "secret" not in str(error) and "Traceback" not in str(error)
    assert logs[0]["incident"] in error.message
    assert isinstance(logs[0]["exc_info"], ZeroDivisionError)
    assert again.message == error.message


@pytest.mark.parametrize("name", ["order.unknown", "../escape", "", "order/echo", "x" * 65, "Order"])
def test_an_unknown_use_case_is_refused(home: homes.Home, name: str) -> None:
    error = refused(home, name)
    assert (error.code, error.exit) == ("request.unknown", 2)


def test_S03_failed_storage_under_a_command_is_told_and_ends_the_node(home: homes.Home) -> None:
    async def scenario() -> None:
        server = servers.Server(home.state, controls.door(USE_CASES))
        await server.start()
        try:
            async with supervise.Supervisor() as group:
                group.start("control", server.watch)
                with pytest.raises(errors.NodeError) as told:
                    await asyncio.to_thread(clients.call, home.path, "order.storage", {})
                assert told.value.code == "storage.failed"
        finally:
            await server.close()

    with pytest.raises(errors.StorageError, match="COMMIT failed"):
        asyncio.run(scenario())
    assert not (home.state / formats.SOCKET_NAME).exists()


def raw(home: homes.Home, body: bytes) -> list[dict[str, Any]]:
    """Every line of the answer to a request with this body."""

    def ask() -> list[dict[str, Any]]:
        connection = clients.connect(home.state)
        connection.request("POST", "/v1/order.echo", body)
        with connection.getresponse() as response:
            lines = response.read().splitlines()
        connection.close()
        return [json.loads(line) for line in lines]

    async def scenario() -> list[dict[str, Any]]:
        async with serving(home):
            return await asyncio.to_thread(ask)

    return asyncio.run(scenario())


@pytest.mark.parametrize("body", [b"[1]", b"3", b"{", b"\xff", b"[" * 100_000])
def test_arguments_are_a_json_object(home: homes.Home, body: bytes) -> None:
    [last] = raw(home, body)
    assert last["error"]["code"] == "request.malformed"


def test_W08_arguments_without_measure_are_refused(home: homes.Home) -> None:
    [last] = raw(home, b" " * (formats.ARGUMENTS_BYTES_MAX + 1))
    assert last["error"]["code"] == "request.too-big"


def test_without_a_body_there_are_no_arguments(home: homes.Home) -> None:
    assert raw(home, b"") == [{"result": {"got": {}, "bytes": "00ff"}}]


def test_S12_the_socket_is_for_its_owner_only(home: homes.Home) -> None:
    async def scenario() -> int:
        async with serving(home):
            return stat.S_IMODE((home.state / formats.SOCKET_NAME).stat().st_mode)

    assert asyncio.run(scenario()) == 0o600


def test_S12_another_user_is_not_answered(home: homes.Home) -> None:
    error = refused(home, "order.echo", owner=os.geteuid() + 1)
    assert (error.code, error.exit) == ("node.stranger", 77)


def test_the_user_at_the_other_end_is_known() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert servers.peer_user(one) == os.geteuid()


def test_a_home_with_a_long_path_works(tmp_path: Path) -> None:
    home = homes.create(tmp_path / ("long " * 20) / ("路径" * 30))
    assert len(os.fsencode(home.state / formats.SOCKET_NAME)) > 200

    async def scenario() -> Any:
        async with serving(home) as ask:
            return await ask("order.echo", {"n": 1})

    assert asyncio.run(scenario())["got"] == {"n": 1}
    assert not (home.state / formats.SOCKET_NAME).exists()


def test_no_node_runs(home: homes.Home) -> None:
    with pytest.raises(errors.NodeError) as caught:
        clients.call(home.path, "order.echo", {})
    assert (caught.value.code, caught.value.exit) == ("node.not-running", 69)


def test_S01_the_socket_of_a_killed_node_is_no_obstacle(home: homes.Home) -> None:
    servers.bind(home.state).close()  # its name is left
    with pytest.raises(errors.NodeError, match="no node"):
        clients.call(home.path, "order.echo", {})

    async def scenario() -> Any:
        async with serving(home) as ask:
            return await ask("order.echo")

    assert asyncio.run(scenario())["got"] == {}


def test_a_folder_without_rights_or_name_is_a_clear_error(home: homes.Home) -> None:
    async def scenario() -> None:
        with pytest.raises(errors.NodeError) as caught:
            await servers.Server(home.path / "absent", controls.door({})).start()
        assert caught.value.code == "disk.failed"

    asyncio.run(scenario())


def test_a_command_that_is_interrupted_is_cancelled_in_the_node(home: homes.Home) -> None:
    async def scenario() -> None:
        began, ended = asyncio.Event(), asyncio.Event()

        async def wait(arguments: dict[str, Any], report: servers.Report) -> Any:
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async with serving(home, {"order.wait": wait}):
            connection = clients.connect(home.state)
            connection.request("POST", "/v1/order.wait", b"{}")
            await began.wait()
            assert connection.sock is not None
            connection.sock.close()
            await ended.wait()

    asyncio.run(scenario())


def test_O04_a_node_that_stops_tells_nothing_and_the_command_knows(home: homes.Home) -> None:
    async def scenario() -> errors.NodeError:
        began = asyncio.Event()

        async def wait(arguments: dict[str, Any], report: servers.Report) -> Any:
            began.set()
            await asyncio.Event().wait()

        server = servers.Server(home.state, controls.door({"order.wait": wait}), close_s=0.01)
        await server.start()
        asking = asyncio.create_task(asyncio.to_thread(clients.call, home.path, "order.wait", {}))
        await began.wait()
        await server.close()
        with pytest.raises(errors.NodeError) as caught:
            await asking
        return caught.value

    error = asyncio.run(scenario())
    assert (error.code, error.exit) == ("node.gone", 69)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b'HTTP/1.1 200 OK\r\n\r\n{"resu',
        b"HTTP/1.1 200 OK\r\n\r\n[1]\n",
        b"what\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_told_as_such(home: homes.Home, answer: bytes) -> None:
    async def scenario() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        async with await asyncio.start_unix_server(serve, home.state / formats.SOCKET_NAME):
            with pytest.raises(errors.NodeError) as caught:
                await asyncio.to_thread(clients.call, home.path, "order.echo", {})
            assert caught.value.code == "node.gone"

    asyncio.run(scenario())


def test_an_answer_of_an_unknown_kind_is_not_json_for_the_socket() -> None:
    with pytest.raises(TypeError):
        formats.line({"result": object()})


def test_a_command_starts_without_the_web_library() -> None:
    heavy = "{'aiohttp', 'structlog', 'pydantic', 'cryptography', 'asyncio', 'sqlite_utils'}"
    code = f"import sys; from node.control import clients; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
