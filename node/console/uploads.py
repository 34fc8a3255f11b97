"""Files between two steps of an import: kept in memory for whoever sent them, and for nobody else."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from node import errors
from node.console import views

FILES_MAX: Final = 16
BYTES_MAX: Final = 128 << 20


@dataclass(slots=True)
class Upload:
    """A file between two steps. `given`: what was said of it; `columns`: as they were last shown."""

    owner: int | None
    name: str
    data: bytes
    given: views.Json
    columns: list[views.Json] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What the file is to be."""
        return str(self.given["kind"])

    def asked(self) -> views.Json:
        """The arguments of `sheet.preview`."""
        return {**self.given, "name": self.name, "data_hex": self.data.hex()}


@dataclass(slots=True)
class Uploads:
    """Files that wait, the oldest first; it makes room for the newest."""

    files: OrderedDict[str, Upload] = field(default_factory=OrderedDict)

    def add(self, token: str, upload: Upload) -> None:
        """Keep a file."""
        self.files[token] = upload
        while len(self.files) > FILES_MAX or (
            len(self.files) > 1 and sum(len(one.data) for one in self.files.values()) > BYTES_MAX
        ):
            self.files.popitem(last=False)

    def find(self, token: str, owner: int | None) -> Upload:
        """A file of this operator. NodeError `request.unknown` for another's as for none."""
        upload = self.files.get(token)
        if upload is None or upload.owner != owner:
            raise errors.NodeError("request.unknown", "this file does not wait here any more: choose it again")
        return upload


UPLOADS: Final = web.AppKey("uploads", Uploads)
