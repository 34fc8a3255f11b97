"""Links in memory: what a network may do to them, and what it may not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from node import ports
from tests.sim import links, lives, networks, traces, weathers
from tests.sim import loop as loops

ANNA, BELA = "anna", "bela"


class Pair:
    """Two hosts; bela keeps the links that she accepts."""

    def __init__(self, seed: int = 1, weather: weathers.Weather = weathers.CALM) -> None:
        self.trace = traces.Trace(loops.current())
        self.network = networks.Network(loops.current(), seed, self.trace)
        self.network.weather = weather
        self.lives = {name: lives.Life(name, 1) for name in (ANNA, BELA)}
        self.links = {name: links.SimLinks(self.network, name, life) for name, life in self.lives.items()}
        self.accepted: list[ports.Link] = []
        self.trusting = True

    async def connect(self) -> tuple[ports.Link, ports.Link]:
        if not self.accepted:
            await self.links[BELA].listen(self._accept)
        link = await self.links[ANNA].dial(links.address(BELA))
        await asyncio.sleep(0)
        return link, self.accepted[-1]

    async def _accept(self, link: ports.Link) -> None:
        self.accepted.append(link)
        if self.trusting:
            link.authenticated()
        await asyncio.Event().wait()


def with_pair(
    test: Callable[[Pair], Awaitable[None]], weather: weathers.Weather = weathers.CALM, seed: int = 1
) -> Pair:
    pairs: list[Pair] = []

    async def main() -> None:
        pairs.append(Pair(seed, weather))
        await test(pairs[0])

    loops.run(main())
    return pairs[0]


async def drain(link: ports.Link) -> list[bytes]:
    """Everything that arrives until the link is closed."""
    found = []
    try:
        while True:
            found.append(await link.receive())
    except ports.LinkClosed:
        return found


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def test_messages_arrive_in_order_and_late() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        for message in numbered(100):
            await here.send(message)
        await here.close()
        assert await drain(there) == numbered(100)
        assert loops.current().elapsed_ms() > 0

    with_pair(test, weathers.Weather(delay_ms_max=5_000, stall=0.2, clog=0.1))


def test_closing_in_order_tells_both_sides() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        await here.close()
        with pytest.raises(ports.LinkClosed):
            await here.send(b"late")
        with pytest.raises(ports.LinkClosed):
            await there.receive()
        await there.close()
        await there.close()

    with_pair(test)


def test_nobody_listens() -> None:
    async def test(pair: Pair) -> None:
        with pytest.raises(ports.LinkFailed):
            await pair.links[ANNA].dial(links.address(BELA))
        await pair.connect()
        await pair.links[BELA].close()
        with pytest.raises(ports.LinkFailed):
            await pair.links[ANNA].dial(links.address(BELA))

    with_pair(test)


@pytest.mark.parametrize(("weather", "arrived"), [({"reset_before": 1.0}, []), ({"reset_after": 1.0}, [b"order"])])
def test_W18_a_reset_before_or_after_delivery(weather: dict[str, float], arrived: list[bytes]) -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        await here.send(b"order")
        assert await drain(there) == arrived
        assert await drain(here) == []
        with pytest.raises(ports.LinkClosed):
            await there.send(b"receipt")

    with_pair(test, weathers.from_fields(weather))


def test_a_short_cut_only_delays() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        cut = weathers.Cut(frozenset({ANNA}), frozenset())
        pair.network.cut(cut)
        for message in numbered(10):
            await here.send(message)
        await asyncio.sleep(5)
        pair.network.mend(cut)
        await here.close()
        assert await drain(there) == numbered(10)

    with_pair(test)


def test_W19_a_long_cut_closes_both_ends_within_a_minute() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        pair.network.cut(weathers.Cut(frozenset({ANNA}), frozenset({BELA}), weathers.CutKind.ONE_WAY))
        await there.send(b"this way is open")
        assert await drain(here) == [b"this way is open"]
        assert await drain(there) == []
        assert loops.current().elapsed_ms() < 61_000
        with pytest.raises(ports.LinkFailed):
            await pair.links[ANNA].dial(links.address(BELA))

    with_pair(test)


def test_a_message_of_an_earlier_link_is_slipped_into_a_new_one() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        await here.send(b"old")
        await here.close()
        assert await drain(there) == [b"old"]
        here, there = await pair.connect()
        await here.send(b"new")
        await here.close()
        assert await drain(there) == [b"old", b"new"]

    with_pair(test, weathers.Weather(repeat=1.0))


def test_a_stranger_repeats_a_whole_conversation() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        for message in numbered(3):
            await here.send(message)
        await here.close()
        await drain(there)
        pair.trusting = False
        said = asyncio.create_task(pair.network.replay(ANNA, BELA, 0))
        await asyncio.sleep(1)
        assert await drain(pair.accepted[-1]) == numbered(3)
        assert await said == 3

    with_pair(test)


def test_W01_a_stranger_is_turned_away_after_ten_seconds() -> None:
    async def test(pair: Pair) -> None:
        pair.trusting = False
        here, _ = await pair.connect()
        assert await drain(here) == []
        assert 10_000 <= loops.current().elapsed_ms() < 11_000

    with_pair(test)


def test_one_bit_flips() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        await here.send(bytes(8))
        got = await there.receive()
        assert sum(byte.bit_count() for byte in got) == 1

    with_pair(test, weathers.Weather(corrupt=1.0))


def test_a_writer_waits_for_a_reader_who_does_not_read() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        sent: list[int] = []

        async def write() -> None:
            for number in range(links.UNREAD_MESSAGES_MAX * 2):
                await here.send(b"x")
                sent.append(number)

        writer = asyncio.create_task(write())
        await asyncio.sleep(60)
        assert len(sent) == links.UNREAD_MESSAGES_MAX
        for _ in range(links.UNREAD_MESSAGES_MAX * 2):
            await there.receive()
        await writer

    with_pair(test)


@pytest.mark.parametrize("half_open", [False, True])
def test_a_dead_host_is_noticed(half_open: bool) -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        await there.send(b"last words")
        pair.lives[BELA].kill()
        pair.network.drop_host(BELA, half_open)
        assert await drain(here) == [b"last words"]
        assert (loops.current().elapsed_ms() > 10_000) is half_open

    with_pair(test)


def test_a_clogged_direction_stands_still() -> None:
    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        pair.network.clog(ANNA, BELA, 30_000)
        await here.send(b"slow")
        assert await there.receive() == b"slow"
        assert loops.current().elapsed_ms() >= 30_000

    with_pair(test)


def test_decisions_do_not_depend_on_other_links() -> None:
    """Taking the first conversation out of a run leaves the fate of the others as it was."""
    times: list[list[str]] = []

    async def test(pair: Pair) -> None:
        here, there = await pair.connect()
        for message in numbered(20):
            await here.send(message)
        await here.close()
        await drain(there)

    async def test_with_noise(pair: Pair) -> None:
        other = links.SimLinks(pair.network, "cora", lives.Life("cora", 1))
        await other.listen(pair._accept)
        noise = await pair.links[ANNA].dial(links.address("cora"))
        for message in numbered(20):
            await noise.send(message)
        pair.accepted.clear()
        begun_us = round(loops.current().time() * 1_000_000)
        await test(pair)
        times.append([shifted(line, begun_us) for line in pair.trace.lines if f"deliver {ANNA}>{BELA}" in line])

    weather = weathers.Weather(delay_ms_max=500, stall=0.3, reset_before=0.05)
    calm = with_pair(test, weather)
    with_pair(test_with_noise, weather)
    alone = [line for line in calm.trace.lines if "deliver" in line]
    assert [shifted(line, 0).split()[1:] for line in alone] == [line.split()[1:] for line in times[0]]
    pairs = zip(alone, times[0], strict=True)
    assert all(abs(int(one.split()[0]) - int(two.split()[0])) <= 2 for one, two in pairs)  # rounded microseconds


def shifted(line: str, begun_us: int) -> str:
    time_us, _, rest = line.partition(" ")
    return f"{int(time_us) - begun_us} {rest}"
