"""Draws depend on their key alone; clocks are wrong as told."""

from __future__ import annotations

import asyncio

from tests.sim import clocks, entropy
from tests.sim import loop as loops


def test_a_draw_depends_on_its_key_alone() -> None:
    first = [entropy.Draw(7, "anna>bela", number).bits() for number in range(20)]
    assert [entropy.Draw(7, "anna>bela", number).bits() for number in reversed(range(20))] == first[::-1]
    assert len(set(first)) == 20
    assert entropy.Draw(7, "1").bits() != entropy.Draw(7, 1).bits()


def test_draws_keep_their_bounds() -> None:
    draw = entropy.Draw("bounds")
    assert all(3 <= draw.between(3, 5) <= 5 for _ in range(100))
    assert all(0.0 <= draw.fraction() < 1.0 for _ in range(100))
    assert not draw.chance(0.0)
    assert draw.chance(1.0)
    assert sorted(draw.shuffled(range(10))) == list(range(10))
    mean = sum(draw.exponential(10.0) for _ in range(2_000)) / 2_000
    assert 8.0 < mean < 12.0


def test_entropy_is_a_stream_of_its_seed_and_name() -> None:
    one, two = entropy.SeededEntropy(1, "anna.1"), entropy.SeededEntropy(1, "anna.1")
    assert one.token(40) + one.token(5) == two.token(45)
    assert entropy.SeededEntropy(1, "anna.2").token(16) != entropy.SeededEntropy(1, "anna.1").token(16)
    assert entropy.SeededEntropy(2, "anna.1").token(16) != entropy.SeededEntropy(1, "anna.1").token(16)


def test_the_stream_is_frozen() -> None:
    assert entropy.SeededEntropy(1, "anna.1").token(4).hex() == "b8cee5f3"
    assert entropy.Draw(7, "x").bits() == 15767512021377804524


def test_a_clock_is_wrong_as_told() -> None:
    async def main() -> list[int]:
        clock = clocks.VirtualClock(loops.current(), offset_ms=-5_000, drift_ppm=50_000)
        seen = [clock.now_ms()]
        await asyncio.sleep(100)
        seen.append(clock.now_ms())  # 100 s and 5 % of it
        clock.step(-60_000)
        clock.freeze()
        await asyncio.sleep(50)
        seen.append(clock.now_ms())
        clock.thaw()
        clock.drift(0)
        before = clock.now_ms()
        await asyncio.sleep(1)
        seen.append(clock.now_ms() - before)
        clock.correct()
        seen.append(clock.now_ms() - loops.current().now_ms())
        return [moment - loops.START_MS if moment > 10**9 else moment for moment in seen]

    assert loops.run(main()) == [-5_000, 100_000, 40_000, 1_000, 0]
