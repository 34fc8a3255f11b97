"""Corrections of what should never have been written (trade.md row 43, law 8; EPCIS errorDeclaration)."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from contracts.documents.fields import Attachments, Document, Hash, Role


class Void(Document):
    """Says of the author's own document `target` in `thread` that it `did_not_occur` or held `incorrect_data`.

    `replacement` is the author's document that stands in its place. Where the target had taken effect, nothing changes
    until the other side accepts.
    """

    TYPE: ClassVar[str] = "void"
    thread: Hash
    role: Role
    target: Hash
    reason: Literal["did_not_occur", "incorrect_data"]
    replacement: Hash | None = None
    attachments: Attachments = ()


class Accept(Document):
    """The other side agrees that the target of `void` counts no more, or (`accept` false) that it stands."""

    TYPE: ClassVar[str] = "void.accept"
    thread: Hash
    role: Role
    void: Hash
    accept: bool = True


TYPES: Final[tuple[type[Document], ...]] = (Void, Accept)
