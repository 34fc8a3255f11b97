"""The virtual loop: time moves only when everything waits, and the dead do nothing."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.sim import lives
from tests.sim import loop as loops


def test_a_year_passes_at_once() -> None:
    async def main() -> int:
        await asyncio.sleep(365 * 24 * 3600)
        return loops.current().elapsed_ms()

    assert loops.run(main()) == 365 * 24 * 3600 * 1000


def test_timers_due_together_run_in_the_order_of_setting() -> None:
    async def main() -> list[int]:
        seen: list[int] = []
        for number in range(50):
            loops.current().call_at(1.0, seen.append, number)
        await asyncio.sleep(2)
        return seen

    assert loops.run(main()) == list(range(50))


def test_timeouts_and_task_groups_work_as_always() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5), asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(100))
                group.create_task(asyncio.sleep(1))
        return loops.current().time()

    assert loops.run(main()) == 5.0


def test_a_deadlock_names_who_waits() -> None:
    async def main() -> None:
        async def stuck() -> None:
            await asyncio.Event().wait()

        waiting = asyncio.create_task(stuck(), name="the stuck one")
        await waiting

    with pytest.raises(loops.Deadlock, match=r"the stuck one in .*stuck:\d+"):
        loops.run(main())


def test_a_hot_loop_is_found() -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(loops.Livelock):
        loops.run(main())


def test_threads_are_run_inline() -> None:
    async def main() -> tuple[int, int]:
        return await asyncio.to_thread(threading.get_ident), threading.get_ident()

    there, here = loops.run(main())
    assert there == here


def test_an_exception_that_nobody_caught_fails_the_run() -> None:
    async def main() -> None:
        loops.current().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)

    with pytest.raises(loops.UnhandledError, match="ZeroDivisionError"):
        loops.run(main())


def test_tasks_that_are_left_over_are_cancelled() -> None:
    ended: list[str] = []

    async def main() -> None:
        async def background() -> None:
            try:
                await asyncio.sleep(1000)
            finally:
                ended.append("background")

        leftover = asyncio.create_task(background())
        await asyncio.sleep(1)
        assert not leftover.done()

    loops.run(main())
    assert ended == ["background"]


def test_tasks_and_futures_hash_the_same_in_every_run() -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(3)]
        await asyncio.gather(*tasks)
        return [hash(task) for task in tasks] + [hash(loop.create_future()) for _ in range(3)]

    assert loops.run(main()) == loops.run(main())


def test_cancelled_timers_are_thrown_away() -> None:
    async def main() -> int:
        loop = loops.current()
        for _ in range(5_000):
            loop.call_later(1_000_000, print).cancel()
        return len(loop._timers)

    assert loops.run(main()) < 1_000


def test_the_dead_do_nothing_and_their_finally_blocks_have_no_effect() -> None:
    effects: list[str] = []

    async def main() -> None:
        life = lives.Life("anna", 1)

        def act(what: str) -> None:
            life.check()
            effects.append(what)

        async def worker() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(100))
                    await asyncio.sleep(100)
            finally:
                await asyncio.sleep(0)
                act("finally")

        async def beat() -> None:
            while True:
                await asyncio.sleep(1)
                act("beat")

        life.spawn(worker(), "worker")
        life.spawn(beat(), "beat")
        await asyncio.sleep(2.5)
        life.kill()
        await asyncio.sleep(1000)
        assert not [task for task in asyncio.all_tasks() if "anna" in task.get_name()]

    loops.run(main())
    assert effects == ["beat", "beat"]


def test_a_life_can_end_on_its_own_stack() -> None:
    reached: list[str] = []

    async def main() -> None:
        life = lives.Life("anna", 1)

        async def suicide() -> None:
            try:
                life.kill()
                life.check()
            except Exception:
                reached.append("handler")

        life.spawn(suicide(), "suicide")
        await asyncio.sleep(1)
        assert life.dead

    loops.run(main())
    assert reached == []


def test_a_paused_life_catches_up_in_order() -> None:
    seen: list[tuple[str, int]] = []

    async def main() -> None:
        life = lives.Life("anna", 1)

        async def sleeper(name: str, delay_s: float) -> None:
            await asyncio.sleep(delay_s)
            seen.append((name, loops.current().elapsed_ms()))

        for name, delay_s in (("second", 3.0), ("first", 2.0), ("last", 20.0)):
            life.spawn(sleeper(name, delay_s), name)
        await asyncio.sleep(1)
        life.pause()
        await asyncio.sleep(9)
        loops.current().resume(life)
        await asyncio.sleep(20)

    loops.run(main())
    assert seen == [("first", 10_000), ("second", 10_000), ("last", 20_000)]
