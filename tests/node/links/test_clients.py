from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Awaitable, Callable

import pytest

from node import ports
from node.links import clients
from node.links.bounds import Bounds
from tests.node.links import loops

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SMALL = Bounds(message_bytes_max=1_000, close_s=0.05)

Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Impostor:
    """A server that answers a dial as it likes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._served: list[tuple[asyncio.Future[None], asyncio.StreamWriter]] = []
        self.heads: list[bytes] = []

    async def __aenter__(self) -> Impostor:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for ended, writer in self._served:
            writer.transport.abort()
            await ended

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._served.append((ended, writer))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            await self._answer(head, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            ended.set_result(None)


def switch(head: bytes, extra: bytes = b"Sec-WebSocket-Protocol: hanse.v1\r\n") -> bytes:
    """The right answer to an upgrade."""
    [key] = [line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")]
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n" + extra + b"\r\n"
    )


def server_frame(opcode: int, payload: bytes, final: bool = True) -> bytes:
    """A frame as a server sends it: not masked."""
    assert len(payload) < 1 << 16
    length = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
    return bytes([(0x80 if final else 0) | opcode]) + length + payload


def static(*pieces: bytes) -> Answer:
    async def answer(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await reader.read()

    return answer


def switched(*frames: bytes) -> Answer:
    """Switch to WebSocket, and send frames once the dialler has sent something."""

    async def answer(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(switch(head))
        await reader.read(1)
        for piece in frames:
            writer.write(piece)
            await writer.drain()
        await reader.read()

    return answer


def dial_fails(answer: Answer, bounds: Bounds | None = None) -> tuple[str, list[bytes]]:
    async def scenario() -> tuple[str, list[bytes]]:
        async with Impostor(answer) as impostor:
            with pytest.raises(ports.LinkFailed) as caught:
                await clients.dial(impostor.address, bounds or Bounds())
            return str(caught.value), impostor.heads

    return loops.run(scenario())


def test_a_dial_says_no_more_of_this_node_than_it_must() -> None:
    async def scenario() -> bytes:
        async with Impostor(switched()) as impostor:
            link = await clients.dial(impostor.address, SMALL)
            await link.close()
            return impostor.heads[0]

    head = loops.run(scenario())
    assert head.startswith(b"GET /hanse/v1 HTTP/1.1\r\n")
    assert b"User-Agent: hanse\r\n" in head
    for word in (b"aiohttp", b"Python", b"Cookie", b"Extensions", b"Authorization"):
        assert word not in head


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_W23_a_redirect_is_never_followed(status: int) -> None:
    async def scenario() -> None:
        async with Impostor(switched()) as elsewhere:
            location = f"http://{elsewhere.address}/hanse/v1"
            redirect = f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
            async with Impostor(static(redirect)) as impostor:
                with pytest.raises(ports.LinkFailed, match=f"answered {status}"):
                    await clients.dial(impostor.address, SMALL)
            assert elsewhere.heads == []

    loops.run(scenario())


@pytest.mark.parametrize(
    "answer",
    [
        static(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        static(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        static(b"SSH-2.0-OpenSSH_9.2\r\n"),
        static(b""),
        static(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    ],
)
def test_what_is_no_node_is_a_failed_dial(answer: Answer) -> None:
    async def hang_up(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sending = asyncio.ensure_future(answer(head, reader, writer))
        await asyncio.sleep(0)
        writer.close()
        await sending

    message, _ = dial_fails(hang_up)
    assert message.startswith("127.0.0.1:")


@pytest.mark.parametrize("extra", [b"", b"Sec-WebSocket-Protocol: other.v1\r\n"])
def test_a_server_without_the_subprotocol_is_no_node(extra: bytes) -> None:
    async def answer(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(switch(head, extra))
        await reader.read()

    message, _ = dial_fails(answer, SMALL)
    assert "does not speak hanse.v1" in message


def test_nobody_there_is_a_failed_dial() -> None:
    async def scenario() -> None:
        async with loops.Station() as station:
            gone = station.address
        for address in (gone, "nonsense", "no-such-host.invalid:1", "http://127.0.0.1:1"):
            with pytest.raises(ports.LinkFailed):
                await clients.dial(address, SMALL)

    loops.run(scenario())


def test_W22_a_server_that_never_answers_is_given_up_after_ten_seconds() -> None:
    async def scenario() -> None:
        async with Impostor(static()) as impostor:
            dialling = asyncio.create_task(clients.dial(impostor.address, Bounds()))
            while not impostor.heads:
                await asyncio.sleep(0)
            loops.jump(11)
            with pytest.raises(ports.LinkFailed, match="within 10 s"):
                await dialling

    loops.run(scenario())


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 101 " + b"x" * 20_000,
        b"HTTP/1.1 101 Switching Protocols\r\nX-Long: " + b"x" * 20_000,
        b"HTTP/1.1 101 Switching Protocols\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(130)),
    ],
)
def test_W22_a_head_without_measure_is_refused(head: bytes) -> None:
    message, _ = dial_fails(static(head + b"\r\n\r\n"))
    assert message


def received(*frames: bytes) -> list[bytes]:
    """The messages that a dialler gets before its link is closed."""

    async def scenario() -> list[bytes]:
        async with Impostor(switched(*frames)) as impostor:
            link = await clients.dial(impostor.address, SMALL)
            link.authenticated()
            await link.send(b"go on")
            messages = []
            with pytest.raises(ports.LinkClosed):
                while True:
                    messages.append(await link.receive())
            return messages

    return loops.run(scenario())


def test_W22_an_answer_that_is_too_large_closes_the_link() -> None:
    assert received(server_frame(2, bytes(1_000)), server_frame(2, bytes(1_001))) == [bytes(1_000)]


def test_W22_W07_an_answer_in_crumbs_that_never_ends_is_cut() -> None:
    crumbs = server_frame(2, b"", final=False) + server_frame(0, b"", final=False) * 1_000_000
    assert received(server_frame(2, b"one"), crumbs) == [b"one"]


def test_W22_text_closes_the_link() -> None:
    assert received(server_frame(1, b"text"), server_frame(2, b"late")) == []


def test_W22_a_compressed_answer_closes_the_link() -> None:
    assert received(b"\xc2\x01x") == []


def test_W22_a_server_that_does_not_authenticate_is_cut_after_ten_seconds() -> None:
    async def scenario() -> None:
        async with Impostor(switched()) as impostor:
            link = await clients.dial(impostor.address, Bounds())
            loops.jump(11)
            with pytest.raises(ports.LinkClosed):
                await link.receive()

    loops.run(scenario())


def test_W19_a_server_that_does_not_answer_a_ping_is_given_up_within_a_minute() -> None:
    async def scenario() -> None:
        pinged = asyncio.Event()

        async def answer(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(switch(head))
            assert (await reader.readexactly(6))[:2] == b"\x89\x80"
            pinged.set()
            await reader.read()

        async with Impostor(answer) as impostor:
            link = await clients.dial(impostor.address, Bounds(close_s=0.05))
            link.authenticated()
            waiting = asyncio.create_task(link.receive())
            await asyncio.sleep(0)
            loops.jump(21)
            await pinged.wait()
            loops.jump(11)
            with pytest.raises(ports.LinkClosed):
                await waiting

    loops.run(scenario())


def test_W12_the_outer_coat_is_tls_1_3_with_checked_certificates() -> None:
    context = clients.tls_context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with Impostor(static()) as proxy, loops.Station() as station:
            for variable in ("http_proxy", "HTTP_PROXY", "ws_proxy", "all_proxy"):
                monkeypatch.setenv(variable, f"http://{proxy.address}")
            link = await clients.dial(station.address, SMALL)
            await link.close()
            assert proxy.heads == []

    loops.run(scenario())
