"""Documents about silence (law 5): the claim that a deadline has passed, and the reminder before it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field

from contracts.documents.fields import Code, Document, Fields, Hash, Role, Size

Payload = Annotated[bytes, Field(min_length=72, max_length=72)]


class Cosigned(Fields):
    """The partner's cosignature over the author's head of `size` entries: its time (8 bytes, seconds, big-endian) and
    its Ed25519 signature (c2sp.org/tlog-cosignature), without the name, which follows from the partner."""

    size: Size
    root: Hash
    payload: Payload


class Deem(Document):
    """The partner was silent, and by the timed `row` something took effect for the author.

    `target` is the document that waits: `started` proves that the partner had it, `passed` that the partner was there
    when the time was over.
    """

    TYPE: ClassVar[str] = "deem"
    thread: Hash
    role: Role
    target: Hash
    row: Code
    started: Cosigned
    passed: Cosigned


class Reminder(Document):
    """Reminds the partner of the document `target`, which waits for an answer. It changes no state; its receipt is a
    cosignature with a time, as a `deem` needs one."""

    TYPE: ClassVar[str] = "reminder"
    thread: Hash
    role: Role
    target: Hash


TYPES: Final[tuple[type[Document], ...]] = (Deem, Reminder)
