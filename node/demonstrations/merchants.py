"""Merchants of a demonstration: each has a home of its own and a node that runs in a process of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import node
from node import errors
from node.control import clients

Json = dict[str, Any]
Report = Callable[[str, int, int], None]

READY_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 15.0
POLL_SECONDS: Final = 0.02
LOG_CHARACTERS_SHOWN: Final = 2_000

PROGRAM: Final = "import cli; cli.main()"
LIFELINE: Final = (
    "import os, signal, threading; "
    "threading.Thread(target=lambda: (os.read(0, 1), os.kill(os.getpid(), signal.SIGTERM)), daemon=True).start(); "
)
"""The input of a node is a pipe that only the demonstration holds open: whatever becomes of it, the node ends too."""


def silent(what: str, done: int, total: int) -> None:
    """A report that nobody reads."""


@dataclass(slots=True, eq=False)
class Merchant:
    """One merchant. `folder` holds its home, its passphrase and the log of its node; `console`: where that listens."""

    name: str
    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    console: str = "off"

    @property
    def home(self) -> Path:
        """The home of the node."""
        return self.folder / "home"

    @property
    def passphrase(self) -> Path:
        """The file with the passphrase; a real merchant would not keep it here."""
        return self.folder / "passphrase"

    @property
    def log(self) -> Path:
        """What the node wrote on its error output."""
        return self.folder / "log"

    def found(self) -> str:
        """Make keys and home with `hanse init`; the NodeID."""
        self.folder.mkdir(parents=True, mode=0o700)
        descriptor = os.open(self.passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(18) + "\n")
        sheet = str(self.folder / "recovery-sheet")
        listen = f"127.0.0.1:{self.port}"
        return str(self.command("init", self.name, "--listen", listen, "--recovery-sheet", sheet)["node"])

    def command(self, *arguments: str) -> Json:
        """Run one command of this merchant to its end, as a process of its own. NodeError what it answers."""
        status, answer = command("--home", str(self.home), *arguments, environment=self._environment())
        if status:
            raise errors.from_json(answer["error"])
        return answer

    def start(self) -> None:
        """Start the node and wait until it answers. NodeError `demo.unmet` when it ends instead."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the node."""
        assert self.process is None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*interpreter(), LIFELINE + PROGRAM, "--home", str(self.home), "run"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until the node answers. NodeError `demo.unmet` when it ends instead."""
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise unmet(f"the node of {self.name} does not start", "a node that answers", self._last_words())
            time.sleep(POLL_SECONDS)

    def ask(self, case: str, report: Report = silent, /, **arguments: Any) -> Json:
        """Put one question to the node. NodeError what it answers."""
        answer: Json = clients.call(self.home, case, arguments, report)
        return answer

    def kill(self) -> None:
        """SIGKILL: no farewell, no flush, no chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough. Does nothing to a node that does not run."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let the node hear and do nothing, as if its machine slept."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Wake it up."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def rss_mib(self) -> float:
        """Memory that the node holds now, in MiB (proc(5)); 0 where the system does not tell."""
        assert self.process is not None
        try:
            fields_ = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        except OSError:
            return 0.0
        return int(fields_[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu_ms(self) -> float:
        """Processor time that the node has used, in ms (proc(5)); 0 where the system does not tell."""
        assert self.process is not None
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return 0.0
        after_name = stat.rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def disk_bytes(self) -> int:
        """What the database and its side files take."""
        return sum(path.stat().st_blocks * 512 for path in (self.home / "data").iterdir())

    def _environment(self) -> dict[str, str]:
        own = {"HANSE_PASSPHRASE_FILE": str(self.passphrase), "HANSE_CONSOLE": self.console}
        return stranger() | own | self.environment

    def _answers(self) -> bool:
        try:
            self.ask("status")
        except errors.NodeError:
            return False
        return True

    def _end(self, signal_: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal_)
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-LOG_CHARACTERS_SHOWN:].strip()


def interpreter() -> list[str]:
    """How a process of this very program begins; -P keeps the current folder from standing in for its packages."""
    return [sys.executable, "-P", "-c"]


def stranger() -> dict[str, str]:
    """The environment of this process without anything about homes and passphrases."""
    return packages({key: value for key, value in os.environ.items() if not key.startswith("HANSE_")})


def packages(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which a child finds the same packages as this process."""
    root = str(Path(node.__file__).parent.parent)
    return environment | {"PYTHONPATH": os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))}


def command(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, Json]:
    """Run `hanse --json …` as a process of its own: exit status and answer. NodeError `demo.unmet` without one."""
    known = stranger() if environment is None else environment
    line = [*interpreter(), PROGRAM, "--json", *arguments]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, env=known, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last_words = (done.stdout + done.stderr).decode(errors="replace")[-LOG_CHARACTERS_SHOWN:]
        raise unmet(f"`hanse {' '.join(arguments)}` does not answer", "one JSON object", last_words) from None
    return done.returncode, answer


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on. All are held until all are found, so they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def unmet(message: str, expected: object, got: object) -> errors.NodeError:
    """The NodeError for a story that does not come out."""
    return errors.NodeError("demo.unmet", message, expected=expected, got=got)


def stop_all(merchants: Sequence[Merchant]) -> None:
    """End every node, all at once, whatever state it is in."""
    for merchant in merchants:
        if merchant.process is not None:
            merchant.process.send_signal(signal.SIGCONT)
            merchant.process.send_signal(signal.SIGTERM)
    for merchant in merchants:
        merchant.stop()
