"""Plans from seeds, swarm fashion.

Every class of faults is on with probability one half, and its rate is drawn once for the whole run (faults.md section
3): a run in which everything fails at once hides what only one kind of fault can show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.sim import disks, entropy, plans, weathers

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS

Workload = Callable[[entropy.Draw, Sequence[str], int], Sequence[plans.Event]]
Faults = Callable[[entropy.Draw, Sequence[str], int], list[plans.Event]]

NAMES = ("anna", "bela", "cora", "dora", "emil", "fritz", "gerd", "hugo")


def draw(seed: int, count: int, duration_ms: int, workload: Workload) -> plans.Plan:
    """A plan for `count` nodes (3 to 8): the workload, and for each class of faults a coin and a rate."""
    names = NAMES[:count]
    events: list[plans.Event] = list(workload(entropy.Draw(seed, "workload"), names, duration_ms))
    weather: dict[str, float] = {}
    for kind, make in WEATHER.items():
        chosen = entropy.Draw(seed, "weather", kind)
        if chosen.chance(0.5):
            weather |= make(chosen)
    if weather:
        events.append(plans.Turn(0, weather))
    for kind, faults in FAULTS.items():
        chosen = entropy.Draw(seed, "fault", kind)
        if chosen.chance(0.5):
            events.extend(faults(chosen, names, duration_ms))
    return plans.Plan(seed, names, duration_ms, tuple(sorted(events, key=lambda event: event.at_ms)))


WEATHER: dict[str, Callable[[entropy.Draw], dict[str, float]]] = {
    "delay": lambda draw: {"delay_ms_max": draw.choice((50, 500, 5_000, 60_000))},
    "stall": lambda draw: {"stall": draw.span(0, 0.3), "stall_ms_max": draw.choice((1_000, 10_000))},
    "clog": lambda draw: {"clog": draw.span(0, 0.05), "clog_ms_mean": draw.between(1, 5_000)},
    "reset-before": lambda draw: {"reset_before": draw.span(0, 0.05)},
    "reset-after": lambda draw: {"reset_after": draw.span(0, 0.05)},
    "repeat": lambda draw: {"repeat": draw.span(0, 0.03)},
    "corrupt": lambda draw: {"corrupt": draw.span(0, 0.02)},
    "refuse": lambda draw: {"refuse": draw.span(0, 0.5)},
    "bandwidth": lambda draw: {"bytes_per_s": draw.choice((1_000, 4_000, 32_000))},
}


def _times(draw: entropy.Draw, duration_ms: int, mean_ms: float) -> list[int]:
    """Moments of a Poisson process."""
    found, at_ms = [], draw.exponential(mean_ms)
    while at_ms < duration_ms:
        found.append(int(at_ms))
        at_ms += draw.exponential(mean_ms)
    return found


def _mean_ms(draw: entropy.Draw) -> float:
    """How often a class of faults strikes: every 2 to 30 minutes."""
    return draw.span(2 * MINUTE_MS, 30 * MINUTE_MS)


def _crashes(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    return [
        plans.Crash(at_ms, draw.choice(names), draw.choice((200, 5_000, 60_000, 600_000)), draw.chance(0.3))
        for at_ms in _times(draw, duration_ms, _mean_ms(draw))
    ]


def _traps(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    points = ("", *(point.value for point in disks.Point))
    return [
        plans.SetTrap(at_ms, draw.choice(names), draw.choice(points), draw.between(0, 20), disks.Effect.CRASH.value)
        for at_ms in _times(draw, duration_ms, _mean_ms(draw))
    ]


def _failures(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    effects = (disks.Effect.FAIL.value, disks.Effect.FULL.value)
    points = [point.value for point in (disks.Point.STATEMENT, disks.Point.COMMIT, disks.Point.COMMITTED)]
    return [
        plans.SetTrap(at_ms, draw.choice(names), draw.choice(points), draw.between(0, 20), draw.choice(effects))
        for at_ms in _times(draw, duration_ms, _mean_ms(draw))
    ]


def _storm(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    """A node that is restarted again and again."""
    node, at_ms = draw.choice(names), draw.between(0, duration_ms)
    return [plans.Crash(at_ms + 3_000 * turn, node, 500) for turn in range(draw.between(3, 10))]


def _splits(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    found: list[plans.Event] = []
    for at_ms in _times(draw, duration_ms, _mean_ms(draw)):
        mixed = draw.shuffled(names)
        left, right = draw.choice(
            (
                (mixed[:1], mixed[1:2]),
                (mixed[:1], []),
                (mixed[: len(mixed) // 2], []),
            )
        )
        kind = weathers.CutKind.ONE_WAY if draw.chance(0.3) else weathers.CutKind.BOTH
        for_ms = int(draw.exponential(draw.choice((5_000, 120_000, 900_000))))
        found.append(plans.Split(at_ms, for_ms, tuple(left), tuple(right), kind.value))
    return found


def _clogs(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    found: list[plans.Event] = []
    for at_ms in _times(draw, duration_ms, _mean_ms(draw) / 4):
        source, target = draw.shuffled(names)[:2]
        found.append(plans.Clog(at_ms, int(draw.exponential(5_000)), source, target))
    return found


def _breaks(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    return [plans.Break(at_ms, draw.choice(names)) for at_ms in _times(draw, duration_ms, _mean_ms(draw))]


def _echoes(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    found: list[plans.Event] = []
    for at_ms in _times(draw, duration_ms, _mean_ms(draw)):
        source, target = draw.shuffled(names)[:2]
        found.append(plans.Echo(at_ms, source, target, draw.between(0, 7)))
    return found


def _pauses(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    return [
        plans.Pause(at_ms, draw.choice(names), draw.choice((1_000, 30_000, 300_000, 3_600_000)))
        for at_ms in _times(draw, duration_ms, _mean_ms(draw))
    ]


def _clocks(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    found: list[plans.Event] = [plans.Step(0, name, draw.between(-30 * DAY_MS, 30 * DAY_MS)) for name in names]
    found += [plans.Drift(0, name, draw.between(-50_000, 50_000)) for name in names]
    for at_ms in _times(draw, duration_ms, _mean_ms(draw)):
        node = draw.choice(names)
        if draw.chance(0.3):
            found.append(plans.Freeze(at_ms, node, draw.between(1_000, 600_000)))
        else:
            found.append(plans.Step(at_ms, node, draw.choice((-2 * DAY_MS, -3_600_000, -1_000, 3_600_000, DAY_MS))))
    return found


def _slow_disks(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    found: list[plans.Event] = []
    for at_ms in _times(draw, duration_ms, _mean_ms(draw)):
        if draw.chance(0.3):
            found.append(plans.FullDisk(at_ms, draw.choice(names), draw.between(1_000, 300_000)))
        else:
            slow_ms = draw.choice((50, 1_000, 30_000))
            found.append(plans.SlowDisk(at_ms, draw.choice(names), draw.between(1_000, 120_000), slow_ms))
    return found


def _restores(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    """One node at most loses what it had: its partners hold the only other copy."""
    node, taken_ms = draw.choice(names), draw.between(0, duration_ms // 2)
    lost_ms = draw.between(taken_ms, duration_ms - 1)
    return [
        plans.Backup(taken_ms, node),
        plans.Restore(lost_ms, node, draw.between(500, 60_000), draw.chance(0.5)),
    ]


FAULTS: dict[str, Faults] = {
    "crash": _crashes,
    "trap": _traps,
    "failure": _failures,
    "storm": _storm,
    "split": _splits,
    "clog": _clogs,
    "break": _breaks,
    "echo": _echoes,
    "pause": _pauses,
    "clock": _clocks,
    "disk": _slow_disks,
    "restore": _restores,
}
