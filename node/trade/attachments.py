"""Messages and files beside a document: blobs that the document names by their hash, sent to the partner alone.

What people write to each other never stands in a logbook (law 10): a message is a file like a photo, and both can be
destroyed without harming a proof.
"""

from __future__ import annotations

import mimetypes
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pydantic

from contracts import histories
from contracts.documents import listings
from node import errors
from node.storage import blobs
from node.trade import books, doors, pictures
from protocol import limits
from protocol.encoding import Value

MESSAGE = "message.txt"
PLAIN = "text/plain"
TEXT_SHOWN_MAX = 4_000
LISTINGS = frozenset({listings.Publish.TYPE, listings.Change.TYPE})


class File(doors.Arguments):
    """A file: its name, and its bytes in hex."""

    name: Annotated[str, pydantic.Field(min_length=1, max_length=200)]
    data_hex: str


Files = Annotated[list[File], pydantic.Field(max_length=20)]


def put(desk: books.Desk, message: str | None, files: Sequence[File] | None) -> list[Value]:
    """Store a message and files; the rows of `attachments`. NodeError `attachment.unreadable` with every fault."""
    contents = [] if not message else [(MESSAGE, message.encode())]
    faults = []
    for place, file in enumerate(files or ()):
        try:
            contents.append((file.name, bytes.fromhex(file.data_hex)))
        except ValueError:
            faults.append(fault(place, "bytes in hex", "other text"))
    for place, (_, data) in enumerate(contents):
        if not 0 < len(data) <= limits.BLOB_BYTES_MAX:
            faults.append(fault(place, f"1 to {limits.BLOB_BYTES_MAX} bytes", str(len(data))))
    if faults:
        raise errors.NodeError("attachment.unreadable", "an attachment cannot be sent", faults=faults)
    return [row(name, data, blobs.put(desk.db, data)) for name, data in contents]


def fault(place: int, expected: str, got: str) -> doors.Json:
    """What is wrong with one file."""
    return {"code": "request.attachment", "path": f"files.{place}", "expected": expected, "got": got}


def row(name: str, data: bytes, digest: bytes) -> dict[str, Value]:
    """A row of `attachments`."""
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    plain = "".join(char for char in name if char.isprintable()) or "file"
    return {"name": plain, "media": media, "len": len(data), "hash": digest}


def want(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """Ask the partner for the attachments of a document of its own, and for the pictures of its goods."""
    wanted = [(one["hash"], one["len"]) for one in rows_of(item.body, "attachments")]
    if item.type in LISTINGS:
        for one in rows_of(item.body, "images"):
            size = one["len"]
            if isinstance(size, int) and size <= pictures.BYTES_MAX:
                wanted.append((one["hash"], size))
    if wanted:
        blobs.want(desk.db, book.channel.id, wanted)


def rows_of(body: Mapping[str, object], name: str) -> list[Any]:
    """The blobs that a document names under `name`."""
    rows = body.get(name)
    found = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    return [one for one in found if isinstance(one.get("hash"), bytes)]


def shown(db: sqlite3.Connection, body: books.Body) -> tuple[str, list[doors.Json]]:
    """The message of a document, and its files by name and size; empty where a blob is not here (any more). `photo`: a
    picture that can be shown."""
    message, files = "", []
    rows = body.get("attachments")
    for one in rows if isinstance(rows, list) else ():
        assert isinstance(one, dict)
        data = blobs.get(db, one["hash"]) if isinstance(one["hash"], bytes) else None
        if one["name"] == MESSAGE and one["media"] == PLAIN and not message:
            message = (data or b"").decode("utf-8", "replace")[:TEXT_SHOWN_MAX]
        else:
            assert isinstance(one["hash"], bytes)
            files.append(
                {
                    "name": one["name"],
                    "bytes": one["len"],
                    "hash": one["hash"].hex(),
                    "here": data is not None,
                    "photo": data is not None and pictures.of_photo(data) is not None,
                }
            )
    return message, files


def file(desk: books.Desk, documents: Sequence[doors.Json], wanted: str) -> doors.Json:
    """A file among what was sent beside some documents, by its SHA-256. NodeError `attachment.unknown` for another one,
    and for one that is not here (any more)."""
    named = [one for document in documents for one in document["files"] if one["hash"] == wanted]
    data = blobs.get(desk.db, bytes.fromhex(wanted)) if named else None
    if data is None:
        raise errors.NodeError(
            "attachment.unknown", "this file is not here", expected="a file of these documents", got=wanted[:64]
        )
    return {"name": named[0]["name"], "data_hex": data.hex()}
