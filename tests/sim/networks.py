"""The network between the hosts: it loses, delays, cuts and repeats.

Each decision is drawn from (seed, link, direction, number of the message), so an event taken out of a plan leaves
the rest as it was.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context

from node import ports
from tests.sim import entropy, links, traces, weathers
from tests.sim import loop as loops

DIAL_TIMEOUT_MS = 10_000  # what an unanswered SYN costs
HEARTBEAT_MS_MIN, HEARTBEAT_MS_MAX = 20_000, 60_000  # a link without answers is given up within this time
CAPTURED_LINKS_MAX = 8  # for each direction of each pair
CAPTURED_MESSAGES_MAX = 64
STRANGER = "stranger"
STRANGER_MS_MAX = 10_000  # docs/protocol.md section 5.1: before authentication, 10 s in all


def flip(message: bytes, position: int) -> bytes:
    """The message with one bit changed."""
    place = position // 8 % len(message)
    return message[:place] + bytes([message[place] ^ (1 << position % 8)]) + message[place + 1 :]


CLOSING = -1  # in place of a message's number: the orderly end of a direction


class Network:
    """All links between all hosts, and whatever befalls them."""

    def __init__(self, loop: loops.SimLoop, seed: int, trace: traces.Trace) -> None:
        self._loop = loop
        self._seed = seed
        self._trace = trace
        self._context = Context()  # the network lives on when a sender dies
        self._listeners: dict[str, links.SimLinks] = {}
        self._lines: dict[str, links.Line] = {}
        self._ordinals: dict[tuple[str, str], int] = {}
        self._captures: dict[tuple[str, str], deque[links.Capture]] = {}
        self._cuts: list[weathers.Cut] = []
        self.weather = weathers.CALM

    # -- faults, from outside

    def cut(self, cut: weathers.Cut) -> None:
        """Begin a partition."""
        self._cuts.append(cut)
        for line in self._open_lines():
            self._doubt(line)

    def mend(self, cut: weathers.Cut) -> None:
        """End a partition: what was held back goes on."""
        if cut in self._cuts:
            self._cuts.remove(cut)
        self._release()

    def mend_all(self) -> None:
        """End every partition."""
        self._cuts.clear()
        self._release()

    def blocked(self, source: str, target: str) -> bool:
        """Whether nothing passes from `source` to `target` now."""
        return any(cut.blocks(source, target) for cut in self._cuts)

    def reset(self, host: str) -> None:
        """Break every link of a host, both ends at once."""
        for line in self._open_lines():
            if host in line.hosts:
                self.break_line(line)

    def clog(self, source: str, target: str, delay_ms: int) -> None:
        """Let nothing arrive from `source` at `target` for a while."""
        for line in self._open_lines():
            for side in (0, 1):
                if (line.hosts[side], line.hosts[1 - side]) == (source, target):
                    line.arrival_s[side] = max(line.arrival_s[side], self._loop.time() + delay_ms / 1000)

    def drop_host(self, host: str, half_open: bool) -> None:
        """The process on a host is gone. Its partners hear so at once, or only when their heartbeats fail."""
        self._listeners.pop(host, None)
        for line in self._open_lines():
            if host not in line.hosts:
                continue
            end = line.ends[line.hosts.index(host)]
            end.closed = True
            if half_open:
                self._later(self._heartbeat_s(line), self.break_line, line)
            else:
                self._later(self._delay_s(entropy.Draw(self._seed, "gone", line.name)), self.break_line, line)

    async def replay(self, source: str, target: str, back: int) -> int:
        """As a stranger, dial `target` and say again what `source` once said there. Returns the messages said."""
        known = [capture for capture in self._captures.get((source, target), ()) if capture.messages]
        listener = self._listeners.get(target)
        if not known or listener is None:
            return 0
        capture = known[-1 - back % len(known)]
        end = self._join(STRANGER, None, listener)
        said = 0
        for message in list(capture.messages):
            if end.closed:
                break
            await end.send(message)
            said += 1
        await asyncio.sleep(DIAL_TIMEOUT_MS / 1000)
        await end.close()
        return said

    # -- what links ask of the network

    def listen(self, port: links.SimLinks) -> None:
        """Reachable from now on."""
        self._listeners[port.host] = port

    def hush(self, port: links.SimLinks) -> None:
        """No longer reachable."""
        if self._listeners.get(port.host) is port:
            del self._listeners[port.host]

    async def dial(self, port: links.SimLinks, address: str) -> links.End:
        """Connect, or `LinkFailed`."""
        target = address.rpartition(":")[0]
        ordinal = self._ordinal(port.host, target)
        draw = entropy.Draw(self._seed, "dial", port.host, target, ordinal)
        delay_s, refused = self._delay_s(draw) * 2, draw.chance(self.weather.refuse)
        if self.blocked(port.host, target) or self.blocked(target, port.host):
            await asyncio.sleep(DIAL_TIMEOUT_MS / 1000)
            raise ports.LinkFailed(f"{address} does not answer")
        await asyncio.sleep(delay_s)
        port.life.check()
        listener = self._listeners.get(target)
        if refused or listener is None:
            raise ports.LinkFailed(f"{address} refuses")
        return self._join(port.host, port, listener)

    def carry(self, line: links.Line, side: int, number: int, message: bytes) -> bool:
        """Decide the fate of a message, once. True when the sender should yield, as a drain may."""
        weather = self.weather
        draw = entropy.Draw(self._seed, line.name, side, number)
        delay_s = self._delay_s(draw)
        stalls, stall_s = draw.chance(weather.stall), draw.span(0.2, max(0.2, weather.stall_ms_max / 1000))
        clogs, clog_s = draw.chance(weather.clog), draw.exponential(weather.clog_ms_mean / 1000)
        fate, position, yields = draw.fraction(), draw.bits(), draw.chance(0.5)
        repeats, corrupts = draw.chance(weather.repeat), draw.chance(weather.corrupt)
        if weather.bytes_per_s:
            delay_s += len(message) / weather.bytes_per_s
        delay_s += stalls * stall_s + clogs * clog_s
        if repeats:
            self._slip_in(line, side, delay_s, position)
        line.captures[side].messages[CAPTURED_MESSAGES_MAX - 1 :] = [message]
        if corrupts and message:
            message = flip(message, position)
        if fate < weather.reset_before:
            self._enqueue(line, side, delay_s, None, number)
        else:
            self._enqueue(line, side, delay_s, message, number)
            if fate < weather.reset_before + weather.reset_after:
                self._enqueue(line, side, 0.0, None, number)
        return yields

    def part(self, line: links.Line, side: int) -> None:
        """One end closes in order."""
        end = line.ends[side]
        if end.closed:
            return
        end.shut()
        delay_s = self._delay_s(entropy.Draw(self._seed, line.name, side, "close"))
        self._enqueue(line, side, delay_s, b"", CLOSING)

    def break_line(self, line: links.Line) -> None:
        """Both ends see a reset; what is on the way is lost."""
        self._lines.pop(line.name, None)
        for end in line.ends:
            end.shut()

    def capture(self, source: str, target: str, name: str) -> links.Capture:
        """Where an eavesdropper keeps this direction."""
        capture = links.Capture(name)
        self._captures.setdefault((source, target), deque(maxlen=CAPTURED_LINKS_MAX)).append(capture)
        return capture

    # -- inside

    def _join(self, dialer: str, port: links.SimLinks | None, listener: links.SimLinks) -> links.End:
        line = links.Line(self, dialer, listener.host, self._ordinal(dialer, listener.host, "line"))
        line.ends = (
            links.End(self, line, 0, dialer, None if port is None else port.life),
            links.End(self, line, 1, listener.host, listener.life),
        )
        self._lines[line.name] = line
        self._trace.record("join", line.name)
        self._later(STRANGER_MS_MAX / 1000, self._turn_away, line)
        listener.take(line.ends[1], line.name)
        return line.ends[0]

    def _enqueue(self, line: links.Line, side: int, delay_s: float, message: bytes | None, number: int) -> None:
        """Deliver after the delay and never before what was sent earlier; None breaks the link instead."""
        when = max(line.arrival_s[side], self._loop.time() + delay_s)
        line.arrival_s[side] = when
        self._loop.call_at(when, self._arrive, line, side, message, number, context=self._context)

    def _arrive(self, line: links.Line, side: int, message: bytes | None, number: int) -> None:
        if line.name not in self._lines:
            return
        if line.held[side] or self.blocked(line.hosts[side], line.hosts[1 - side]):
            if message is not None:  # nothing can break a link across a cut but silence
                line.held[side].append((message, number))
                self._doubt(line)
            return
        target = line.ends[1 - side]
        if message is None:
            self._trace.record("reset", line.name)
            self.break_line(line)
        elif number == CLOSING:
            target.shut()
            if not line.is_open():
                self._lines.pop(line.name, None)
        elif target.closed:
            if target.host in self._listeners:
                self.break_line(line)  # a living machine answers a stray message with a reset
        else:
            self._trace.record("deliver", f"{line.name}/{side}/{number}", message)
            target.put(message)

    def _slip_in(self, line: links.Line, side: int, delay_s: float, position: int) -> None:
        """A message of an earlier link of the same direction, once more: the session has to refuse it."""
        earlier = self._captures[line.hosts[side], line.hosts[1 - side]]
        known = [message for capture in earlier if capture.name != line.name for message in capture.messages]
        if not known:
            return
        message = known[position % len(known)]
        line.ends[1 - side].unread_bytes += len(message)
        line.ends[1 - side].unread_messages += 1
        self._trace.record("repeat", line.name)
        self._enqueue(line, side, delay_s, message, 0)

    def _doubt(self, line: links.Line) -> None:
        """A cut touches this link: give it up when the cut outlasts the heartbeat."""
        ways = ((line.hosts[0], line.hosts[1]), (line.hosts[1], line.hosts[0]))
        if not line.doubted and any(self.blocked(*way) for way in ways):
            line.doubted = True
            self._later(self._heartbeat_s(line), self._give_up, line)

    def _turn_away(self, line: links.Line) -> None:
        """The listening side closes on whoever has not proven a key in time (W01)."""
        if line.ends[1].stranger:
            self.part(line, 1)

    def _give_up(self, line: links.Line) -> None:
        line.doubted = False
        if self.blocked(*line.hosts) or self.blocked(line.hosts[1], line.hosts[0]):
            self.break_line(line)

    def _release(self) -> None:
        """After a cut: send again what was held, in order."""
        for line in self._open_lines():
            for side in (0, 1):
                if line.held[side] and not self.blocked(line.hosts[side], line.hosts[1 - side]):
                    held = list(line.held[side])
                    line.held[side].clear()
                    for message, number in held:
                        draw = entropy.Draw(self._seed, line.name, side, number, "again")
                        self._enqueue(line, side, self._delay_s(draw), message, number)

    def _open_lines(self) -> list[links.Line]:
        return list(self._lines.values())

    def _ordinal(self, *pair: str) -> int:
        key = (pair[0], "/".join(pair[1:]))
        self._ordinals[key] = self._ordinals.get(key, 0) + 1
        return self._ordinals[key]

    def _delay_s(self, draw: entropy.Draw) -> float:
        return draw.span(self.weather.delay_ms_min, max(self.weather.delay_ms_min, self.weather.delay_ms_max)) / 1000

    def _heartbeat_s(self, line: links.Line) -> float:
        draw = entropy.Draw(self._seed, line.name, "heartbeat")
        return draw.span(HEARTBEAT_MS_MIN, HEARTBEAT_MS_MAX) / 1000

    def _later(self, delay_s: float, action: Callable[[links.Line], None], line: links.Line) -> None:
        self._loop.call_at(self._loop.time() + delay_s, action, line, context=self._context)
