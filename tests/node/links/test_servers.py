from __future__ import annotations

import asyncio

import pytest

from node import ports
from node.links.bounds import Bounds
from tests.node.links import loops
from tests.node.links.loops import UPGRADE, Raw, Station, frame

NOTHING = b"HTTP/1.1 404 Not Found\r\n"


async def ask(station: Station, request: bytes) -> bytes:
    """The whole answer to a request, until the server closes."""
    raw = await Raw.connect(station.port)
    raw.send(request)
    answer = await raw.rest()
    await raw.close()
    return answer


def answers(*requests: bytes) -> list[bytes]:
    async def scenario() -> list[bytes]:
        async with Station() as station:
            found = [await ask(station, request) for request in requests]
            assert station.accepted.empty()
            assert station.strangers() == 0
            return found

    return loops.run(scenario())


async def opened(station: Station, extra: bytes = b"") -> Raw:
    """A WebSocket by hand."""
    raw = await Raw.connect(station.port)
    raw.send(UPGRADE % extra)
    head = await raw.head()
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Extensions" not in head
    return raw


# --- who may stay how long


def test_W01_who_sends_nothing_is_closed_after_ten_seconds() -> None:
    async def scenario() -> None:
        async with Station() as station:
            raw = await Raw.connect(station.port)
            while station.strangers() == 0:
                await asyncio.sleep(0)
            loops.jump(9.9)
            await asyncio.sleep(0)
            assert station.strangers() == 1
            loops.jump(0.2)
            assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")
            assert station.strangers() == 0
            await raw.close()

    loops.run(scenario())


@pytest.mark.parametrize("sent", [b"GET /hanse/v1 HT", (UPGRADE % b"")[:-4]])
def test_W02_a_head_that_comes_too_slowly_gets_408(sent: bytes) -> None:
    async def scenario() -> None:
        async with Station() as station:
            raw = await Raw.connect(station.port)
            for byte in sent:
                raw.send(bytes([byte]))
                await raw.writer.drain()
                await asyncio.sleep(0)
            loops.jump(11)
            answer = await raw.rest()
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert answer.endswith(b"\r\n\r\n")
            await raw.close()

    loops.run(scenario())


def test_W01_a_link_that_nobody_authenticates_is_cut_after_ten_seconds() -> None:
    async def scenario() -> None:
        async with Station() as station:
            raw = await opened(station)
            link = await station.accepted.get()
            loops.jump(11)
            with pytest.raises(ports.LinkClosed):
                await link.receive()
            assert await raw.rest() == b""
            assert station.strangers() == 0
            await raw.close()

    loops.run(scenario())


def test_W01_an_authenticated_link_may_stay_and_leaves_its_place() -> None:
    async def scenario() -> None:
        async with Station() as station:
            raw = await opened(station)
            link = await station.accepted.get()
            assert station.strangers() == 1
            link.authenticated()
            link.authenticated()
            assert station.strangers() == 0
            loops.jump(11)
            raw.send(frame(2, b"still here"))
            assert await link.receive() == b"still here"
            await raw.close()

    loops.run(scenario())


def test_W01_at_most_eight_strangers_come_from_one_address() -> None:
    async def scenario() -> None:
        async with Station() as station:
            raws = [await opened(station) for _ in range(8)]
            links = [await station.accepted.get() for _ in raws]
            ninth = await Raw.connect(station.port)
            assert await ninth.rest() == b""
            assert station.strangers() == 8
            links[0].authenticated()
            raws.append(await opened(station))
            await raws[1].close()
            while station.strangers() == 8:
                await asyncio.sleep(0)
            raws.append(await opened(station))
            for raw in (ninth, *raws):
                await raw.close()

    loops.run(scenario())


def test_W01_the_places_of_strangers_are_few_whatever_their_addresses() -> None:
    async def scenario() -> None:
        async with Station(Bounds(strangers_max=3, strangers_address_max=2)) as station:
            held = []
            for host in ("127.0.0.2", "127.0.0.3"):
                for _ in range(2):
                    reader, writer = await asyncio.open_connection("127.0.0.1", station.port, local_addr=(host, 0))
                    held.append(Raw(reader, writer))
            assert await held[-1].rest() == b""
            assert station.strangers() == 3
            for raw in held:
                await raw.close()

    loops.run(scenario())


# --- what is no request for a link


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: node\r\n\r\n",
        b"GET /hanse/v1 HTTP/1.1\r\nHost: node\r\n\r\n",
        b"GET /hanse/v1/ HTTP/1.1\r\nHost: node\r\n\r\n",
        b"POST /hanse/v1 HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n",
        b"HEAD /hanse/v1 HTTP/1.0\r\n\r\n",
        (UPGRADE % b"").replace(b"hanse.v1", b"other.v1"),
        (UPGRADE % b"").replace(b"Sec-WebSocket-Protocol: hanse.v1\r\n", b""),
        (UPGRADE % b"").replace(b"Version: 13", b"Version: 99"),
        (UPGRADE % b"").replace(b"/hanse/v1", b"/hanse/v1?x=1"),
        (UPGRADE % b"").replace(b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", b"Sec-WebSocket-Key: short"),
    ],
)
def test_everything_else_is_an_empty_404(request_: bytes) -> None:
    [answer] = answers(request_)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((NOTHING, b"HTTP/1.0 404 Not Found\r\n"))
    assert body == b""
    assert b"aiohttp" not in head


@pytest.mark.parametrize("size", [8 * 1024 + 200, 200_000])
def test_W03_a_line_that_is_too_long_is_refused(size: int) -> None:
    line, header = answers(
        b"GET /" + b"x" * size + b" HTTP/1.1\r\nHost: node\r\n\r\n",
        UPGRADE % (b"X-Long: " + b"x" * size + b"\r\n"),
    )
    assert line.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert header.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))


def test_W03_too_many_headers_are_refused() -> None:
    [answer] = answers(UPGRADE % b"".join(b"X-%d: x\r\n" % number for number in range(130)))
    assert b" 400 " in answer.splitlines()[0]


def test_W03_endless_trailers_are_not_read() -> None:
    head = b"POST /hanse/v1 HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    [answer] = answers(head + b"X-Trailer: x\r\n" * 10_000)
    assert answer.startswith((NOTHING, b"HTTP/1.0 400 ", b"HTTP/1.1 400 ")) or answer == b""


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    ],
)
def test_W04_an_ambiguous_head_is_refused_and_nothing_after_it_is_answered(request_: bytes) -> None:
    [answer] = answers(request_ + b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 400 " in answer.splitlines()[0]
    assert answer.count(b"HTTP/1.") == 1
    assert answer.endswith(b"\r\n\r\n")


def test_W04_a_second_request_on_the_same_connection_is_not_answered() -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    [answer] = answers(request * 50)
    assert answer.count(b"HTTP/1.1 404") == 1


def test_W05_two_hosts_or_none_are_refused() -> None:
    two, none = answers(UPGRADE % b"Host: other\r\n", (UPGRADE % b"").replace(b"Host: node\r\n", b""))
    for answer in (two, none):
        assert answer.splitlines()[0].split()[1] in (b"400", b"404")


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"deflate", b"zstd"])
def test_W06_W08_a_body_is_neither_read_nor_unpacked(coding: bytes) -> None:
    head = b"POST /hanse/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\nContent-Encoding: %s\r\n\r\n" % coding
    [answer] = answers(head + bytes(4_096))
    assert answer.startswith(NOTHING)


def test_W08_a_body_on_the_way_to_a_link_is_refused() -> None:
    with_length, chunked = answers(
        UPGRADE % b"Content-Length: 5\r\n" + b"hello", UPGRADE % b"Transfer-Encoding: chunked\r\n" + b"0\r\n\r\n"
    )
    for answer in (with_length, chunked):
        assert answer.splitlines()[0].split()[1] in (b"400", b"404")


# --- what a link takes


def hostile(content: bytes, bounds: Bounds | None = None, extra: bytes = b"") -> tuple[bytes, list[bytes]]:
    """What a server answers to bytes on an open WebSocket, and the messages that its acceptor got."""

    async def scenario() -> tuple[bytes, list[bytes]]:
        async with Station(bounds) as station:
            raw = await opened(station, extra)
            link = await station.accepted.get()
            link.authenticated()
            messages: list[bytes] = []

            async def drain() -> None:
                try:
                    while True:
                        messages.append(await link.receive())
                except ports.LinkClosed:
                    return

            draining = asyncio.create_task(drain())
            raw.send(content)
            answer = await raw.rest()
            await draining
            await raw.close()
            return answer, messages

    return loops.run(scenario())


SMALL = Bounds(message_bytes_max=1_000, close_s=0.05)


def close_code(answer: bytes) -> int:
    """The code of the close frame that an answer ends with."""
    assert answer[:1] == b"\x88"
    return int.from_bytes(answer[2:4], "big")


def test_W07_a_message_that_is_too_large_is_closed_with_1009() -> None:
    answer, messages = hostile(frame(2, bytes(999)) + frame(2, bytes(1_001)), SMALL)
    assert messages == [bytes(999)]
    assert close_code(answer) == 1009


def test_W07_the_fragments_of_a_message_are_added_up() -> None:
    answer, messages = hostile(frame(2, bytes(600), final=False) + frame(0, bytes(600)), SMALL)
    assert messages == []
    assert close_code(answer) == 1009


@pytest.mark.parametrize("crumb", [b"", b"x"])
def test_W07_a_message_in_crumbs_that_never_ends_is_cut(crumb: bytes) -> None:
    """Empty fragments never reach the bound of a message; those of one byte do so only after a million frames."""
    crumbs = frame(2, crumb, final=False) + frame(0, crumb, final=False) * 400_000
    _, messages = hostile(frame(2, b"one") + crumbs, Bounds(message_bytes_max=500_000, close_s=0.05))
    assert messages == [b"one"]


def test_W07_pings_without_end_are_cut() -> None:
    _, messages = hostile(frame(9, b"") * 400_000, SMALL)
    assert messages == []


def test_W07_messages_without_end_are_none_of_that() -> None:
    count = 10_000
    _, messages = hostile(frame(2, bytes(500)) * count + frame(8, b""), SMALL)
    assert messages == [bytes(500)] * count


def test_W07_compression_is_not_agreed_upon_and_not_taken() -> None:
    compressed = b"\xc2\x81" + bytes(4) + b"x"
    answer, messages = hostile(compressed, SMALL, b"Sec-WebSocket-Extensions: permessage-deflate\r\n")
    assert messages == []
    assert close_code(answer) == 1002


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (frame(1, b"text"), 1003),
        (frame(0, b"continues nothing"), 1002),
        (frame(3, b"reserved"), 1002),
        (frame(9, b"x" * 126), 1002),
        (b"\x82\xff" + (1 << 62).to_bytes(8, "big"), 1009),
    ],
)
def test_W07_what_is_no_binary_message_closes_the_link(content: bytes, code: int) -> None:
    answer, messages = hostile(content, SMALL)
    assert messages == []
    assert close_code(answer) == code


def test_W20_who_does_not_read_is_not_read() -> None:
    """An acceptor that takes nothing makes the sender wait; the memory between them is bounded by the sockets."""

    async def scenario() -> None:
        async with Station() as station:
            link = await station.links.dial(station.address)
            await station.accepted.get()
            sent = 0

            async def flood() -> None:
                nonlocal sent
                while True:
                    await link.send(bytes(1 << 20))
                    sent += 1

            flooding = asyncio.create_task(flood())
            seen, idle_turns = -1, 0
            while idle_turns < 2_000:
                await asyncio.sleep(0)
                idle_turns = idle_turns + 1 if sent == seen else 0
                seen = sent
            flooding.cancel()
            assert sent < 64

    loops.run(scenario())


# --- a line that died


def test_W19_a_partner_that_does_not_answer_a_ping_is_given_up_within_a_minute() -> None:
    async def scenario() -> None:
        async with Station() as station:
            raw = await opened(station)
            link = await station.accepted.get()
            link.authenticated()
            waiting = asyncio.create_task(link.receive())
            await asyncio.sleep(0)
            loops.jump(20.1)
            assert await raw.reader.readexactly(2) == b"\x89\x00"  # the ping
            loops.jump(11)
            with pytest.raises(ports.LinkClosed):
                await waiting
            await raw.close()

    loops.run(scenario())


def test_W19_a_partner_that_answers_pings_may_stay() -> None:
    async def scenario() -> None:
        async with Station() as station:
            raw = await opened(station)
            link = await station.accepted.get()
            link.authenticated()
            for _ in range(50):
                waiting = asyncio.create_task(link.receive())
                await asyncio.sleep(0)
                loops.jump(21)
                assert await raw.reader.readexactly(2) == b"\x89\x00"
                loops.jump(8)
                raw.send(frame(10, b"") + frame(2, b"here"))
                assert await waiting == b"here"
            await raw.close()

    loops.run(scenario())
