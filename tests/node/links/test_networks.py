from __future__ import annotations

import asyncio
import socket

import pytest

from node import errors, ports
from node.links import networks
from node.links.bounds import Bounds
from protocol import limits
from tests.node.links import loops


async def echo(link: ports.Link) -> None:
    """Answer every message with itself."""
    try:
        while True:
            await link.send(await link.receive())
    except ports.LinkClosed:
        return


def test_messages_go_both_ways_whole_and_in_order() -> None:
    async def scenario() -> None:
        async with loops.Station() as station:
            here = await station.links.dial(station.address)
            there = await station.accepted.get()
            messages = [b"", b"\x00\xff", bytes(limits.MESSAGE_BYTES_MAX)]
            for message in messages:
                await here.send(message)
                assert await there.receive() == message
                await there.send(message)
                assert await here.receive() == message
            assert here.remote == station.address
            assert there.remote.startswith("127.0.0.1:")

    loops.run(scenario())


def test_both_may_send_at_once_without_waiting_for_each_other() -> None:
    async def scenario() -> None:
        count = 200
        async with loops.Station(serve=echo) as station:
            link = await station.links.dial(station.address)

            async def send() -> None:
                for number in range(count):
                    await link.send(number.to_bytes(2, "big") * 5_000)

            sending = asyncio.create_task(send())
            received = [await link.receive() for _ in range(count)]
            await sending
            assert [int.from_bytes(message[:2], "big") for message in received] == list(range(count))

    loops.run(scenario())


@pytest.mark.parametrize("closer", ["dialler", "acceptor"])
def test_a_closed_link_says_so_on_both_sides(closer: str) -> None:
    async def scenario() -> None:
        async with loops.Station() as station:
            here = await station.links.dial(station.address)
            there = await station.accepted.get()
            first, second = (here, there) if closer == "dialler" else (there, here)
            await first.send(b"last words")
            waiting = asyncio.create_task(first.receive())
            await asyncio.sleep(0)
            closing = asyncio.create_task(first.close())
            assert await second.receive() == b"last words"
            for link in (first, second):
                with pytest.raises(ports.LinkClosed):
                    await link.receive()
            with pytest.raises(ports.LinkClosed):
                await waiting
            await closing
            for link in (first, second):
                with pytest.raises(ports.LinkClosed):
                    await link.send(b"x")
                await link.close()
            assert station.strangers() == 0

    loops.run(scenario())


def test_a_link_ends_when_its_acceptor_returns() -> None:
    async def serve(link: ports.Link) -> None:
        await link.send(b"bye")

    async def scenario() -> None:
        async with loops.Station(serve=serve) as station:
            link = await station.links.dial(station.address)
            assert await link.receive() == b"bye"
            with pytest.raises(ports.LinkClosed):
                await link.receive()

    loops.run(scenario())


def test_an_acceptor_that_fails_is_reported_and_harms_no_other_link() -> None:
    async def serve(link: ports.Link) -> None:
        if await link.receive() == b"fail":
            raise ZeroDivisionError
        await link.send(b"fine")

    async def scenario() -> list[object]:
        seen: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context["exception"]))
        async with loops.Station(serve=serve) as station:
            one, two = await station.links.dial(station.address), await station.links.dial(station.address)
            await one.send(b"fail")
            with pytest.raises(ports.LinkClosed):
                await one.receive()
            await two.send(b"work")
            assert await two.receive() == b"fine"
        return seen

    [error] = loops.run(scenario())
    assert isinstance(error, ZeroDivisionError)


def test_O04_closing_ends_every_link_and_the_listening() -> None:
    async def scenario() -> None:
        station = loops.Station(serve=echo)
        await station.__aenter__()
        dialler = networks.WebSocketLinks("127.0.0.1", 0)
        links = [await dialler.dial(station.address) for _ in range(3)]
        await asyncio.gather(station.links.close(), *(drained(link) for link in links))
        with pytest.raises(ports.LinkFailed):
            await dialler.dial(station.address)
        await dialler.close()
        await station.links.close()

    async def drained(link: ports.Link) -> None:
        with pytest.raises(ports.LinkClosed):
            await link.receive()

    loops.run(scenario())


def test_O04_an_acceptor_that_does_not_end_is_cut_off() -> None:
    async def serve(link: ports.Link) -> None:
        await asyncio.Event().wait()

    async def scenario() -> None:
        station = loops.Station(Bounds(close_s=0.01), serve=serve)
        await station.__aenter__()
        await station.links.dial(station.address)
        await station.accepted.get()
        await station.links.close()

    loops.run(scenario())


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_O03_a_node_may_live_on_ipv6_alone() -> None:
    async def scenario() -> None:
        station = loops.Station(serve=echo)
        station.links = networks.WebSocketLinks("::1", 0)
        async with station:
            assert station.address.startswith("[::1]:")
            link = await station.links.dial(station.address)
            await link.send(b"six")
            assert await link.receive() == b"six"
            assert (await station.accepted.get()).remote.startswith("[::1]:")

    loops.run(scenario())


def test_O03_a_port_in_use_is_a_clear_error() -> None:
    async def scenario() -> errors.NodeError:
        async with loops.Station() as station:
            second = networks.WebSocketLinks("127.0.0.1", station.port)
            with pytest.raises(errors.NodeError) as caught:
                await second.listen(echo)
            await second.close()
            return caught.value

    error = loops.run(scenario())
    assert (error.code, error.exit, error.got) == ("links.listen", 78, "another program listens there")


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "this machine does not have the address"), ("no-such-host.invalid", "the name has no address")],
)
def test_O03_an_address_of_another_machine_is_a_clear_error(host: str, reason: str) -> None:
    async def scenario() -> None:
        links = networks.WebSocketLinks(host, 0)
        with pytest.raises(errors.NodeError) as caught:
            await links.listen(echo)
        assert (caught.value.code, caught.value.got) == ("links.listen", reason)
        await links.close()

    loops.run(scenario())
