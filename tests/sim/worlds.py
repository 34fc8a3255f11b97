"""A world: three to eight machines, a network, a plan, and what must hold throughout.

Phases: setup (calm) -> safety (the plan, all faults on) -> heal -> liveness -> verify. The world knows nothing of the
product: a `programs.Program` says how a node is started, asked and observed.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Callable, Sequence
from contextvars import Context

from node import ports
from tests.sim import (
    clocks,
    disks,
    entropy,
    invariants,
    links,
    lives,
    networks,
    observations,
    plans,
    programs,
    traces,
    weathers,
)
from tests.sim import loop as loops

LIVENESS_MS_MAX = 10 * 60_000  # faults.md: after the healing everything is receipted within ten virtual minutes
LIVENESS_POLL_MS = 1_000
RESTART_MS_MIN, RESTART_MS_MAX = 200, 5_000  # what the service manager of a machine waits


class World:
    """The hosts, the network, the checker, and the clock of one run."""

    def __init__(
        self,
        plan: plans.Plan,
        program: programs.Program,
        kinds: Sequence[type[invariants.Invariant]],
        keep_trace: bool = False,
    ) -> None:
        self.loop = loops.current()
        self.plan = plan
        self.program = program
        self.trace = traces.Trace(self.loop, keep_trace)
        self.network = networks.Network(self.loop, plan.seed, self.trace)
        self.hosts = {name: self._host(name) for name in plan.names}
        self.checker = invariants.Checker(self.observe, kinds, self.loop.elapsed_ms, self._found)
        self.answers: list[programs.Answer] = []
        self._failed: asyncio.Future[None] = self.loop.create_future()
        program.enter(self)
        self._clients: list[asyncio.Task[object]] = []

    def _host(self, name: str) -> programs.Host:
        image = disks.Image(name, self.plan.seed, self.trace)
        image.on_commit.append(self._committed)
        return programs.Host(name, image, clocks.VirtualClock(self.loop))

    # -- the run

    async def play(self) -> programs.Outcome:
        """All phases, or as many as pass before the first violation."""
        phases = asyncio.create_task(self._phases(), name="phases")
        await asyncio.wait({phases, self._failed}, return_when=asyncio.FIRST_COMPLETED)
        if phases.done():
            await phases
        for error in self.loop.unhandled:
            self.violate("no_unhandled_exception", "", str(error))
        self.loop.unhandled.clear()
        outcome = self.end(phases)
        await asyncio.sleep(0)  # the dead are buried
        return outcome

    def end(self, phases: asyncio.Task[None]) -> programs.Outcome:
        """Stop everything as it stands."""
        outcome = self.outcome()
        for task in (*self._clients, phases):
            task.cancel()
        for host in self.hosts.values():
            host.replies.clear()
            if host.life is not None:
                host.life.on_death = host.life.on_death[:1]  # only the disk closes; nobody is told, nothing restarts
                host.life.kill()
            host.image.close()
        return outcome

    def outcome(self) -> programs.Outcome:
        """What came of it so far."""
        return programs.Outcome(
            self.plan,
            self.trace.digest(),
            tuple(self.checker.violations),
            tuple(self.answers),
            dict(self.trace.counts),
            self.loop.elapsed_ms(),
            self.loop.steps,
            tuple(self.trace.lines),
        )

    async def _phases(self) -> None:
        for host in self.hosts.values():
            self.boot(host)
        await self.program.setup(self)
        self.trace.record("phase", "safety")
        await self._suffer()
        self.trace.record("phase", "heal")
        self.heal()
        self.trace.record("phase", "liveness")
        await self._recover()
        self.trace.record("phase", "verify")
        self.checker.rest(list(self.hosts))

    async def _suffer(self) -> None:
        began_ms = self.loop.elapsed_ms()
        for event in sorted(self.plan.events, key=lambda event: event.at_ms):
            await asyncio.sleep(max(0, began_ms + event.at_ms - self.loop.elapsed_ms()) / 1000)
            self.apply(event)
        await asyncio.sleep(max(0, began_ms + self.plan.duration_ms - self.loop.elapsed_ms()) / 1000)

    def heal(self) -> None:
        """Every fault ends; what is broken stays broken until the nodes mend it."""
        self.network.weather = weathers.CALM
        self.network.mend_all()
        for host in self.hosts.values():
            host.image.traps.clear()
            host.image.full, host.image.slow_ms = False, 0
            host.clock.thaw()
            self._resume(host)
            self.boot(host)

    async def _recover(self) -> None:
        complaint: str | None = "never asked"
        for _ in range(LIVENESS_MS_MAX // LIVENESS_POLL_MS):
            await asyncio.sleep(LIVENESS_POLL_MS / 1000)
            try:
                complaint = self.program.unsettled(self)
            except sqlite3.OperationalError as error:  # a process that failed in a transaction has not ended yet
                complaint = f"cannot be read: {error}"
            if complaint is None and all(client.done() for client in self._clients):
                return
        self.violate("liveness_converges", "", complaint or "a client still waits for its answer")

    # -- processes

    def boot(self, host: programs.Host) -> None:
        """Start a process, unless one runs."""
        if host.alive():
            return
        host.incarnation += 1
        life = host.life = lives.Life(host.name, host.incarnation)
        at = ports.Ports(
            clock=host.clock,
            entropy=entropy.SeededEntropy(self.plan.seed, f"{host.name}.{host.incarnation}"),
            links=links.SimLinks(self.network, host.name, life),
            disk=disks.SimDisk(host.image, life),
        )
        life.on_death.append(lambda: self._died(host))
        self.trace.record("boot", f"{host.name}.{host.incarnation}")
        self._committed(host.name)
        running = host.running = life.context().run(self.program.start, host, at)
        process = life.spawn(running.run(), "run")
        process.add_done_callback(lambda task: self._exited(host, life, task), context=Context())

    def kill(self, host: programs.Host, down_ms: int, half_open: bool = False) -> None:
        """End the process now; another starts after `down_ms`."""
        if host.life is None or host.life.dead:
            return
        host.life.on_death = [*host.life.on_death[:1], lambda: self._died(host, down_ms, half_open)]
        host.life.kill()

    def _died(self, host: programs.Host, down_ms: int | None = None, half_open: bool = False) -> None:
        """Runs on the stack of whoever died: touches only what outlives it."""
        self.trace.record("death", f"{host.name}.{host.incarnation}")
        self.network.drop_host(host.name, half_open)
        for reply, (node, verb) in list(host.replies.items()):
            if not reply.done():
                reply.set_result(programs.Answer(node, verb, programs.Verdict.INDEFINITE))
        host.replies.clear()
        if down_ms is None:
            draw = entropy.Draw(self.plan.seed, "restart", host.name, host.incarnation)
            down_ms = draw.between(RESTART_MS_MIN, RESTART_MS_MAX)
        self.loop.call_later(down_ms / 1000, self.boot, host, context=Context())

    def _exited(self, host: programs.Host, life: lives.Life, process: asyncio.Task[None]) -> None:
        if life.dead or process.cancelled():
            return
        error = process.exception()
        self.trace.record("exit", f"{host.name}.{host.incarnation}")
        if error is not None and not self.program.is_exit(error):
            self.violate("no_unhandled_exception", host.name, f"the process ended with {error!r}")
        life.kill()

    def _resume(self, host: programs.Host) -> None:
        if host.life is not None and host.life.paused:
            self.loop.resume(host.life)

    # -- clients

    async def ask(self, node: str, verb: str, arguments: dict[str, plans.Json] | None = None) -> programs.Answer:
        """Ask a node as its merchant would, and enter the answer into the shadow ledger."""
        host = self.hosts[node]
        if host.running is None or host.life is None or host.life.dead:
            answer = programs.Answer(node, verb, programs.Verdict.FAILED, "down")
        else:
            reply: asyncio.Future[programs.Answer] = self.loop.create_future()
            host.replies[reply] = (node, verb)
            host.life.spawn(self._serve(host, host.running, verb, arguments or {}, reply), verb)
            answer = await reply
            host.replies.pop(reply, None)
        self.answers.append(answer)
        self.trace.record("answer", f"{node} {verb} {answer.verdict}", repr(answer.value).encode())
        return answer

    async def _serve(
        self,
        host: programs.Host,
        running: programs.Running,
        verb: str,
        arguments: dict[str, plans.Json],
        reply: asyncio.Future[programs.Answer],
    ) -> None:
        """Runs in the node's life: it ends with it."""
        try:
            said = await running.act(verb, arguments)
        except asyncio.CancelledError:
            answer = programs.Answer(host.name, verb, programs.Verdict.INDEFINITE)
        except Exception as error:
            code = self.program.refusal(error)
            if code is None and not self.program.is_exit(error):
                self.violate("errors_are_coded", host.name, f"{verb} failed with {error!r}")
            answer = programs.Answer(
                host.name, verb, programs.Verdict.FAILED if code else programs.Verdict.INDEFINITE, code
            )
        else:
            for key in said.entries:
                self._watch(host.name, functools.partial(self.checker.acknowledged, host.name, key))
            answer = programs.Answer(host.name, verb, programs.Verdict.OK, said.value)
        if not reply.done():
            reply.set_result(answer)

    # -- faults

    def apply(self, event: plans.Event) -> None:
        """Let one event of the plan happen."""
        self.trace.record("event", type(event).__name__)
        match event:
            case plans.Act():
                client = self._client(event)
                self._clients.append(asyncio.create_task(client, name=f"client {event.node} {event.verb}"))
            case plans.Crash():
                self.kill(self.hosts[event.node], event.down_ms, event.half_open)
            case plans.Restore():
                self._restore(event)
            case plans.Backup():
                host = self.hosts[event.node]
                host.backup = host.image.snapshot()
            case plans.Turn():
                self.network.weather = weathers.from_fields(event.weather)
            case plans.Split():
                cut = weathers.Cut(frozenset(event.left), frozenset(event.right), weathers.CutKind(event.kind))
                self.network.cut(cut)
                self.loop.call_later(event.for_ms / 1000, self.network.mend, cut)
            case plans.Clog():
                self.network.clog(event.source, event.target, event.for_ms)
            case plans.Break():
                self.network.reset(event.node)
            case plans.Echo():
                echo = self.network.replay(event.source, event.target, event.back)
                self._clients.append(asyncio.create_task(echo, name="echo"))
            case _:
                self._apply_to_machine(event, self.hosts[event.node])

    def _apply_to_machine(
        self,
        event: plans.SetTrap | plans.Pause | plans.Step | plans.Drift | plans.Freeze | plans.SlowDisk | plans.FullDisk,
        host: programs.Host,
    ) -> None:
        match event:
            case plans.SetTrap():
                point = disks.Point(event.point) if event.point else None
                host.image.traps.append(disks.Trap(point, event.after, disks.Effect(event.effect)))
            case plans.Pause():
                if host.life is not None and host.alive():
                    host.life.pause()
                    self.loop.call_later(event.for_ms / 1000, self._resume, host)
            case plans.Step():
                host.clock.step(event.delta_ms)
            case plans.Drift():
                host.clock.drift(event.drift_ppm)
            case plans.Freeze():
                host.clock.freeze()
                self.loop.call_later(event.for_ms / 1000, host.clock.thaw)
            case plans.SlowDisk():
                host.image.slow_ms = event.slow_ms
                self.loop.call_later(event.for_ms / 1000, setattr, host.image, "slow_ms", 0)
            case plans.FullDisk():
                host.image.full = True
                self.loop.call_later(event.for_ms / 1000, setattr, host.image, "full", False)

    def _restore(self, event: plans.Restore) -> None:
        host = self.hosts[event.node]
        if host.backup is None:
            return
        self.kill(host, event.down_ms, half_open=False)
        host.image.restore(host.backup, event.whole)
        self.checker.restored(host.name)

    async def _client(self, act: plans.Act) -> None:
        await self.ask(act.node, act.verb, act.arguments)

    # -- watching

    def observe(self, node: str) -> observations.Observed:
        """The durable image of a node, as the program reads it."""
        return self.program.observe(self.hosts[node])

    def receipt_sent(self, node: str, origin: str, size: int) -> None:
        """To be called by the wiring before a receipt leaves a node."""
        self._watch(node, lambda: self.checker.receipt_sent(node, origin, size))

    def violate(self, invariant: str, node: str, detail: str) -> None:
        """Report what no observer of images can see."""
        violation = invariants.Violation(invariant, node, detail, self.loop.elapsed_ms())
        self.checker.violations.append(violation)
        self._found(violation)

    def _committed(self, node: str) -> None:
        self._watch(node, lambda: self.checker.committed(node))

    def _watch(self, node: str, look: Callable[[], None]) -> None:
        """Let the checker look. What fails there must not reach the node, which would take it for its own."""
        if self._failed.done():
            return
        try:
            look()
        except sqlite3.OperationalError as error:
            self.violate("no_open_transaction", node, f"something is told while a transaction is open: {error!r}")

    def _found(self, violation: invariants.Violation) -> None:
        self.trace.record("violation", violation.invariant, str(violation).encode())
        if not self._failed.done():
            self._failed.set_result(None)


def play(
    plan: plans.Plan,
    program: programs.Program,
    kinds: Sequence[type[invariants.Invariant]],
    keep_trace: bool = False,
) -> programs.Outcome:
    """Run a plan from beginning to end. Deadlocks and hot loops are violations like any other."""
    worlds: list[World] = []

    async def begin() -> programs.Outcome:
        worlds.append(World(plan, program, kinds, keep_trace))
        return await worlds[0].play()

    try:
        return loops.run(begin())
    except (loops.Deadlock, loops.Livelock) as error:
        return _stuck(worlds[0], error)


def _stuck(world: World, error: Exception) -> programs.Outcome:
    name = "no_deadlock" if isinstance(error, loops.Deadlock) else "no_hot_loop"
    world.checker.violations.append(invariants.Violation(name, "", str(error), world.loop.elapsed_ms()))
    for host in world.hosts.values():
        host.image.close()
    return world.outcome()
