"""XLSX, XLS and ODS are read in a child process that may use little memory and time, and write nothing (fault F04).

The child gets the file on its standard input and answers with msgpack on its standard output. It is our own program
that has handled hostile bytes in a memory-safe reader; still nothing is unpickled and every shape is checked.
"""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
from typing import Any

import msgpack  # type: ignore[import-untyped]

from node.connectors.spreadsheets import tables, workbooks
from node.connectors.spreadsheets.faults import FaultCode, Refused, SheetFault, refused
from node.connectors.spreadsheets.tables import Broken, Cell, Moment

MEMORY_BYTES_MAX = 1536 * 1024 * 1024
"""Address space of the child: four million cells in the reader, again as Python objects, and the answer."""

CPU_SECONDS_MAX = 60
"""Four million cells take about 20 seconds on a small machine."""

WALL_SECONDS_MAX = 180
"""A busy machine gets three times the processor time; after that the child is killed."""

OUT_OF_MEMORY = 3
"""Exit status of a child that Python itself stopped at the limit; one stopped by the system died of a signal."""

_SIGNALS = range(-64, 0)
_MOMENT, _BROKEN = 1, 2
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from node.connectors.spreadsheets import sandboxes; sandboxes.serve()"
)
"""What the child runs."""

_ROOT = str(pathlib.Path(__file__).resolve().parents[3])


def read(data: bytes, program: str = PROGRAM) -> list[tables.Table]:
    """The tables of a workbook, or `Refused`: with its own faults, or because the child broke down over it."""
    try:
        done = run(program, data)
    except subprocess.TimeoutExpired as error:
        raise refused(FaultCode.BOMB, f"a workbook read within {WALL_SECONDS_MAX} s", "more") from error
    if done.returncode != 0:
        code = FaultCode.BOMB if done.returncode in (OUT_OF_MEMORY, *_SIGNALS) else FaultCode.UNREADABLE
        raise refused(code, "a workbook that its reader survives", f"reader ended with {done.returncode}")
    return _unpacked(done.stdout)


def run(program: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run a Python program with `data` on its standard input and the folder of our packages as its argument."""
    command = [sys.executable, "-I", "-c", program, _ROOT]
    return subprocess.run(command, input=data, capture_output=True, timeout=WALL_SECONDS_MAX, check=False)


def serve() -> None:
    """The child: limits first, then read, then answer."""
    limit()
    found: list[tables.Table] = []
    faults: list[SheetFault] = []
    try:
        found = workbooks.parse(sys.stdin.buffer.read())
    except Refused as error:
        faults = error.faults
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    answer = (
        [[fault.row, fault.column, fault.code.value, fault.expected, fault.got] for fault in faults],
        [[table.name, table.rows, _pairs(table)] for table in found],
    )
    sys.stdout.buffer.write(msgpack.packb(answer, default=_packed))


def limit() -> None:
    """No more memory, time or files than a workbook needs. Windows has no such limits: there only the clock guards."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _pairs(table: tables.Table) -> list[list[int]]:
    return [[row, column, top] for (row, column), top in table.merged.items()]


def _packed(value: object) -> msgpack.ExtType:
    match value:
        case Moment(text):
            return msgpack.ExtType(_MOMENT, text.encode())
        case Broken(text):
            return msgpack.ExtType(_BROKEN, text.encode())
    raise TypeError(type(value).__name__)


def _restored(kind: int, content: bytes) -> Cell:
    return Moment(content.decode()) if kind == _MOMENT else Broken(content.decode())


def _unpacked(content: bytes) -> list[tables.Table]:
    faults, found = _decoded(content)
    if faults:
        raise Refused([SheetFault(row, column, FaultCode(code), *texts) for row, column, code, *texts in faults])
    return [
        tables.Table(name, rows, {(row, column): top for row, column, top in merged}) for name, rows, merged in found
    ]


def _decoded(content: bytes) -> Any:
    return msgpack.unpackb(content, ext_hook=_restored)
