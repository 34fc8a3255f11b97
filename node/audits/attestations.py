"""The signed notes of one exported logbook: heads by its author, cosignatures and pairing notes by its reader.

Every signature is verified here. That the heads are heads of the entries is decided elsewhere (`copies`), from the
`Claim`s that this module gives, in the order of sizes.
"""

from __future__ import annotations

import array
import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field

from node.audits import faults, folders, keyrings, layouts
from protocol import checkpoints, merkle, notes
from protocol.errors import Code, PeerError


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody signed that the first `size` entries of a logbook have this 32-byte root.

    `path` and `number` say in which file and as which note; `code` is the finding when the entries say otherwise.
    """

    size: int
    root: bytes
    path: str
    number: int
    code: str


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head: `generation` of the author's key, and the reader's cosignature if there is one (else time 0)."""

    checkpoint: checkpoints.Checkpoint
    author_generation: int
    reader_generation: int
    time_s: int


@dataclass(slots=True)
class Attestations:
    """The notes of one logbook. `path` is its folder; `author` and `reader` are the two parties' keys."""

    folder: folders.Folder
    path: str
    origin: str
    author: keyrings.Keyring
    reader: keyrings.Keyring
    cosigned: array.array[int] = field(default_factory=lambda: array.array("q"))
    """Sizes of the heads with a cosignature, filled while `heads` is read."""
    roots: bytearray = field(default_factory=bytearray)
    """Their roots, 32 bytes each."""
    paired: array.array[int] = field(default_factory=lambda: array.array("q"))
    """Sizes of the heads with a pairing note, filled while `receipts` is read."""
    head: Head | None = None
    _last: Head | None = None

    @property
    def findings(self) -> faults.Findings:
        """Where findings go."""
        return self.folder.findings

    def open(self) -> bool:
        """Verify the exported head and the key files beside it; tells whether there is a head to go by."""
        path = f"{self.path}/{layouts.CHECKPOINT}"
        note = self.folder.text(path)
        if note is None:
            return False
        try:
            self.head = self.open_head(note)
        except PeerError as error:
            self._refuse(path, "the exported head", error)
            return False
        if not self.head.time_s:
            self.findings.add("audit.receipt", path, "the reader has not cosigned the exported head")
        self._check_keys(note)
        if not self.head.checkpoint.size:
            self.findings.add("audit.order", path, "the exported head is empty", "1 entry or more", 0)
        return self.head.checkpoint.size > 0

    def heads(self) -> Iterator[Claim]:
        """Every head below the exported one, then the exported one. Verified; by size."""
        assert self.head is not None
        path = f"{self.path}/{layouts.HEADS}"
        for number, note in self.folder.notes(path, f"{self.origin}\n"):
            try:
                head = self.open_head(note)
            except PeerError as error:
                self._refuse(path, f"note {number}", error)
                continue
            if self._follows(path, number, head):
                yield Claim(head.checkpoint.size, head.checkpoint.root, path, number, "audit.fork")
        path = f"{self.path}/{layouts.CHECKPOINT}"
        if self._follows(path, 1, self.head, exported=True):
            yield Claim(self.head.checkpoint.size, self.head.checkpoint.root, path, 1, "audit.root")

    def receipts(self) -> Iterator[Claim]:
        """What the reader's pairing notes say of this logbook. Verified; by size."""
        assert self.head is not None
        path, last, generation = f"{self.path}/{layouts.RECEIPTS}", checkpoints.Pair(*2 * (_NOTHING,)), 0
        for number, note in self.folder.notes(path, layouts.RECEIPT_HEADER):
            try:
                pair, signer = self._pair(note)
            except PeerError as error:
                self._refuse(path, f"note {number}", error)
                continue
            fault = _pair_order(last, pair, self.head.checkpoint.size)
            if fault or signer.generation < generation:
                self.findings.add("audit.order", path, f"note {number}: {fault or 'signed by an older key'}")
                continue
            last, generation = pair, signer.generation
            self.paired.append(pair.read.size)
            yield Claim(pair.read.size, pair.read.root, path, number, "audit.receipt")

    def pairs(self) -> Iterator[tuple[int, checkpoints.Pair]]:
        """(number, pair) of the pairing notes once more, not verified again; only those in order."""
        assert self.head is not None
        last = checkpoints.Pair(*2 * (_NOTHING,))
        for number, note in self.folder.notes(f"{self.path}/{layouts.RECEIPTS}", layouts.RECEIPT_HEADER):
            try:
                pair = parse_pair(note)
            except PeerError:
                continue  # named when it was verified
            if not _pair_order(last, pair, self.head.checkpoint.size):
                last = pair
                yield number, pair

    def own_heads(self, size_max: int) -> Iterator[Claim]:
        """What the pairing notes say of the reader's own logbook, as far as it is exported; by size."""
        for number, pair in self.pairs():
            if pair.own.size <= size_max:
                yield Claim(pair.own.size, pair.own.root, f"{self.path}/{layouts.RECEIPTS}", number, "audit.fork")

    def open_head(self, note: str) -> Head:
        """A head of this logbook: the author's signature and, after it, at most the reader's cosignature; nothing else.

        `PeerError` for anything else, and for a signature that fails.
        """
        parsed = checkpoints.parse_note(note)
        signer = self.author.signer("log", self.origin, parsed.signatures[:1])
        checkpoint = checkpoints.open_checkpoint(note, self.origin, signer.public)
        if len(parsed.signatures) == 1:
            return Head(checkpoint, signer.generation, 0, 0)
        if len(parsed.signatures) > 2:
            raise PeerError(Code.NOTE, "too many signatures", expected="author and reader", got=len(parsed.signatures))
        line = parsed.signatures[1]
        mirror = self.reader.signer("mirror", self.origin, [line])
        text = notes.signature_line(line.name, line.key_id, line.payload)
        time_s = checkpoints.open_cosignature(parsed.text, text, line.name, mirror.public)
        return Head(checkpoint, signer.generation, mirror.generation, time_s)

    def cosigned_root(self, size: int) -> bytes | None:
        """The root of the head of this size; None when the reader never cosigned it. After `heads` was read."""
        if not size:
            return merkle.EMPTY_ROOT
        place = bisect.bisect_left(self.cosigned, size)
        if place == len(self.cosigned) or self.cosigned[place] != size:
            return None
        return bytes(self.roots[place * merkle.HASH_BYTES : (place + 1) * merkle.HASH_BYTES])

    def compare_receipts(self) -> None:
        """Every cosigned head has its pairing note and the other way round. After `heads` and `receipts` were read."""
        if self.cosigned == self.paired:
            return
        cosigned, paired = set(self.cosigned), set(self.paired)
        for size in sorted(cosigned - paired):
            what = f"the head of size {size} is cosigned, but its pairing note is missing"
            self.findings.add("audit.receipt", f"{self.path}/{layouts.RECEIPTS}", what, "a pairing note", "none")
        for size in sorted(paired - cosigned):
            what = f"the head of size {size} has a pairing note, but no cosignature"
            self.findings.add("audit.receipt", f"{self.path}/{layouts.HEADS}", what, "a cosignature", "none")

    def _pair(self, note: str) -> tuple[checkpoints.Pair, keyrings.Signer]:
        parsed = checkpoints.parse_note(note)
        signer = self.reader.signer("receipt", self.origin, parsed.signatures)
        pair = checkpoints.open_pair(note, self.reader.name("receipt", self.origin), signer.public)
        if len(parsed.signatures) != 1:
            raise PeerError(Code.NOTE, "too many signatures", expected="the reader's", got=len(parsed.signatures))
        if pair.read.origin != self.origin:
            raise PeerError(Code.WRONG_LOG, "it pairs another logbook", expected=self.origin, got=pair.read.origin)
        return pair, signer

    def _follows(self, path: str, number: int, head: Head, exported: bool = False) -> bool:
        """Whether a head may stand after the last one: sizes grow, keys and times do not go back."""
        assert self.head is not None
        last, size, size_max = self._last, head.checkpoint.size, self.head.checkpoint.size
        least = 1 if last is None else last.checkpoint.size + 1
        if not least <= size <= size_max - (not exported):
            what = f"note {number} is out of order"
            self.findings.add("audit.order", path, what, f"a size from {least} to {size_max - (not exported)}", size)
            return False
        if last is not None and head.author_generation < last.author_generation:
            self.findings.add("audit.order", path, f"note {number} is signed by a key that was replaced before")
        if head.time_s:
            self._check_time(path, number, head)
            self.cosigned.append(size)
            self.roots += head.checkpoint.root
        self._last = head if head.time_s or last is None else _carry(last, head)
        return True

    def _check_time(self, path: str, number: int, head: Head) -> None:
        last = self._last
        if last is None:
            return
        if head.time_s < last.time_s:
            what = f"the cosignature of note {number} is earlier than the one before it"
            self.findings.add("audit.order", path, what, f"second {last.time_s} or later", head.time_s)
        if head.reader_generation < last.reader_generation:
            self.findings.add("audit.order", path, f"note {number} is cosigned by a key that was replaced before")

    def _check_keys(self, note: str) -> None:
        """The key files are what follows from the identity logbooks and the exported head."""
        assert self.head is not None
        log = layouts.log_vkey(self.origin, self.author.generations("log")[self.head.author_generation])
        mirror = layouts.mirror_vkey(self.reader.node, self.reader.generations("mirror")[self.head.reader_generation])
        for name, wanted in (
            (layouts.VKEY, f"{log}\n"),
            (layouts.MIRROR_VKEY, f"{mirror}\n"),
            (layouts.POLICY, layouts.policy(log, mirror)),
        ):
            path = f"{self.path}/{name}"
            found = self.folder.text(path)
            if found is not None and found != wanted:
                self.findings.add("audit.key", path, "not what the identity logbook says", wanted, found)

    def _refuse(self, path: str, what: str, error: PeerError) -> None:
        code = "audit.malformed" if error.code is Code.NOTE else "audit.signature"
        self.findings.add(code, path, f"{what}: {error.hint}", error.expected or "", error.got or "")


_NOTHING = checkpoints.Checkpoint("", -1, b"")


def parse_pair(note: str) -> checkpoints.Pair:
    """What a pairing note says, without looking at its signature. `PeerError` NOTE."""
    lines = checkpoints.parse_note(note).text.split("\n")
    heads = [line.split(" ") for line in lines[1:3]]
    if len(lines) != 4 or any(len(head) != 3 for head in heads):
        raise PeerError(Code.NOTE, "not a receipt")
    read, own = (checkpoints.parse_text("\n".join(head) + "\n") for head in heads)
    return checkpoints.Pair(read, own)


def _pair_order(last: checkpoints.Pair, pair: checkpoints.Pair, size_max: int) -> str:
    """Why a pairing note may not stand after the last one; empty when it may."""
    if not last.read.size < pair.read.size <= size_max:
        return f"the size {pair.read.size} is out of order"
    return "the reader's own head went back" if pair.own.size < last.own.size else ""


def _carry(last: Head, head: Head) -> Head:
    """A head without cosignature, remembering when the last cosignature was."""
    return Head(head.checkpoint, head.author_generation, last.reader_generation, last.time_s)
