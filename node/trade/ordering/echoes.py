"""Two threads on two channels of a dealer, where what a partner says in one is said again by this node in the other.

Nothing is remembered beside the documents: each one of mine names, blinded, the document that it repeats. What no
document of mine names yet has not been passed on. So nothing is said twice, whatever was handled twice or forgotten.
What a rule refuses is laid before the merchant, and rests until then (`errands`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts.documents import fields
from contracts.items import Member
from node.trade import books, errands, references, volumes
from protocol.encoding import Value


@dataclass(frozen=True, slots=True)
class End:
    """One of the two threads. `name`: the field in which my documents there name what they repeat."""

    book: books.Book
    thread: bytes
    name: str

    def mine(self) -> Iterator[Member]:
        """My documents in the thread; of those inside a closed account only what they name is left."""
        return iter(self.book.history.channel.threads[self.thread].members[self.book.side])

    def theirs(self) -> Iterator[Member]:
        """The partner's documents in the thread that stand, with or without what they say."""
        for member in self.book.history.channel.threads[self.thread].members[1 - self.book.side]:
            if (member.side, member.index) not in self.book.history.refusals:
                yield member

    def named(self) -> set[bytes]:
        """What my documents in the thread name."""
        return {name for member in self.mine() if (name := self.reference(member)) is not None}

    def reference(self, member: Member) -> bytes | None:
        """What a document of mine in the thread names."""
        found = member.document.__dict__.get(self.name)
        return found if isinstance(found, bytes) else None


@dataclass(frozen=True, slots=True)
class Echo:
    """What is said at `heard` is repeated at `told`."""

    desk: books.Desk
    heard: End
    told: End

    def turned(self) -> Echo:
        """The other way round."""
        return Echo(self.desk, self.told, self.heard)

    def unsaid(self, types: tuple[type[fields.Document], ...]) -> list[Member]:
        """Documents of these types that have not been repeated yet, the oldest first, with all that they say. Without
        what rests with the merchant."""
        heard = [member for member in self.heard.theirs() if isinstance(member.document, types)]
        said = self.told.named() if heard else ()
        new = (member for member in heard if self.blinded(member.hash) not in said)
        open_ = (member for member in new if not errands.rests(self.desk, self.errand(member)))
        return [volumes.whole(self.desk.db, self.heard.book, member) for member in open_]

    def errand(self, member: Member) -> errands.Place:
        """What names the repeating of one document."""
        return errands.place(self.told.book, self.told.thread, member.document.TYPE, member.hash)

    def blinded(self, hash: bytes) -> bytes:
        """How a document at `heard` is named at `told`."""
        return references.commitment(self.desk, self.told.book, hash)

    def original(self, mine: bytes) -> bytes | None:
        """The document at `told` that a document of mine at `heard` repeats; None where there is none."""
        turned = self.turned()
        member = next((member for member in self.heard.mine() if member.hash == mine), None)
        reference = None if member is None else self.heard.reference(member)
        return next((other.hash for other in self.told.theirs() if turned.blinded(other.hash) == reference), None)

    def counterpart(self, hash: bytes) -> bytes | None:
        """What stands at `told` for a document at `heard`: mine that repeats it, or the one that it repeats."""
        name = self.blinded(hash)
        mine = next((member.hash for member in self.told.mine() if self.told.reference(member) == name), None)
        return mine or self.original(hash)

    def repeat(self, member: Member, body: books.Body) -> None:
        """Say it. Where a rule refuses it, nothing is written, the merchant is told, and the rest goes on."""
        body = {"thread": self.told.thread, **body, self.told.name: self.blinded(member.hash)}
        errands.say(self.desk, self.told.book, self.errand(member), body)


def attached(attachments: Iterable[fields.Attachment]) -> list[Value]:
    """Photos and messages are passed on as they are: the blobs are the same, and so are their hashes."""
    return [{"name": row.name, "media": row.media, "len": row.len, "hash": row.hash} for row in attachments]
