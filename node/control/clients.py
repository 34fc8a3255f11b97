"""How a command asks the node that runs on a home. Only the standard library: a command starts fast."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from node import errors, objects, preconditions
from node.control import formats

OnProgress = Callable[[str, int, int], None]
"""What, done, total."""

STATE_FOLDER: Final = "state"


def call(
    home: Path, name: str, arguments: Mapping[str, Any], on_progress: OnProgress | None = None, seen: int | None = None
) -> Any:
    """Carry out a use case in the running node and return its result. `seen`: not if anything was altered since.

    NodeError as the use case raised it; `node.not-running` when nobody listens, `node.gone` when the node ended
    meanwhile: then what was asked for may have happened or not.
    """
    if not formats.is_use_case(name):
        raise errors.NodeError("request.unknown", f"no use case is called {name[:64]!r}")
    connection = connect(home / STATE_FOLDER)
    try:
        body = json.dumps(dict(arguments), default=objects.plain).encode()
        headers = {} if seen is None else {preconditions.CONDITION: preconditions.tag(seen)}
        connection.request("POST", formats.PREFIX + name, body, {"Content-Type": "application/json", **headers})
        with connection.getresponse() as response:
            return read(response, on_progress)
    except (OSError, http.client.HTTPException) as error:
        raise gone() from error
    finally:
        connection.close()


class Connection(http.client.HTTPConnection):
    """HTTP over a socket that is already connected."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(formats.HOST)
        self.sock = connected


def connect(folder: Path) -> Connection:
    """Connect to the socket in a state folder. NodeError `node.not-running`, `node.stranger`."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with formats.socket_path(folder) as path:
            connected.connect(path)
    except PermissionError as error:
        connected.close()
        raise errors.NodeError("node.stranger", "the node belongs to another user", got=error.strerror) from error
    except OSError as error:
        connected.close()
        raise not_running(folder.parent) from error
    return Connection(connected)


def not_running(home: Path) -> errors.NodeError:
    """What is said where nobody listens."""
    if os.path.lexists(home / "keys"):
        said, hint = "no node runs on this home", "start it with `hanse run`"
    else:
        said = "no node runs here, and this folder holds none"
        hint = "name the folder of your node with --home or HANSE_HOME, or make a node with `hanse init NAME`"
    return errors.NodeError("node.not-running", said, got=str(home), hint=hint)


def read(response: http.client.HTTPResponse, on_progress: OnProgress | None) -> Any:
    """The result at the end of an answer, with progress on the way. NodeError, HTTPException."""
    while received := response.readline(formats.LINE_BYTES_MAX):
        try:
            content = json.loads(received)
        except ValueError:
            raise gone() from None  # cut in the middle of a line
        match content:
            case {"progress": {"label": str(label), "done": int(done), "total": int(total)}}:
                if on_progress is not None:
                    on_progress(label, done, total)
            case {"result": result}:
                return result
            case {"error": dict(error)}:
                raise errors.from_json(error)
            case _:
                raise gone()
    raise gone()


def gone() -> errors.NodeError:
    """The NodeError for an answer that did not come to its end."""
    return errors.NodeError(
        "node.gone",
        "the node ended before it answered",
        hint="start it and ask for the state: what you asked for has happened wholly or not at all",
    )
