"""The statements of a channel: on which heads they stand, and whether their lines are what the two logbooks give."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from contracts import statements
from contracts.documents import statements as papers
from contracts.histories import History
from node.audits import copies, faults, folders, layouts, views
from node.audits.readings import Reading
from protocol import encoding, entries, limits
from protocol.encoding import Value

RESPONSE = papers.Respond.TYPE


@dataclass(frozen=True, slots=True)
class StatementVerdict:
    """A statement that stands: its `state` (a `StatementState`), and what it closes or closed at, in minor units.

    `leaf` is the hash of the proposal in hex. `lines` tells whether its lines are in the export; `difference` is the
    thread (hex) and kind of the first line on which the other side's books differ.
    """

    leaf: str
    path: str
    period: str
    currency: str
    closing: int
    state: str
    lines: bool
    difference: tuple[str, str] | None = None


@dataclass(slots=True)
class Accounts:
    """Checks statements while a channel is folded. `path` is the channel's folder."""

    folder: folders.Folder
    path: str
    logbooks: tuple[copies.Copy, copies.Copy]
    history: History
    shown: dict[bytes, bool] = field(default_factory=dict)
    """Leaf hash of each proposal -> whether its lines are in the export."""
    _computed: statements.Computed | None = None

    @property
    def findings(self) -> faults.Findings:
        """Where findings go."""
        return self.folder.findings

    def before(self, reading: Reading) -> None:
        """Before an entry is folded: an accord is about to settle what can then no longer be computed."""
        self._computed = None
        statement = self._answered(reading)
        if statement is not None and statement.state is statements.StatementState.PROPOSED:
            self._computed = self.history.statement_lines(statement.ledger, statement.cut)

    def after(self, reading: Reading) -> None:
        """After an entry was folded: check the files of a proposal, and the figures of a statement now closed."""
        if reading.entry is not None and reading.entry.type == views.STATEMENT:
            self._check_files(reading, reading.entry)
        statement, computed = self._answered(reading), self._computed
        if computed is not None and statement is not None and statement.state in statements.CLOSED:
            self._check_lines(statement, computed)
            self._check_cut(statement)

    def verdicts(self) -> tuple[StatementVerdict, ...]:
        """What became of each statement that was proposed and stands, in the order of proposing."""
        return tuple(self._verdict(statement) for statement in self.history.statements.values())

    def _verdict(self, statement: statements.Statement) -> StatementVerdict:
        document, difference = statement.document, statement.difference
        return StatementVerdict(
            leaf=statement.key.hex(),
            path=layouts.statement(self.path, statement.key),
            period=document.period,
            currency=document.currency,
            closing=document.closing if statement.closing is None else statement.closing,
            state=statement.state.value,
            lines=self.shown.get(statement.key, False),
            difference=None if difference is None else (difference.key.hex(), difference.kind),
        )

    def _answered(self, reading: Reading) -> statements.Statement | None:
        """The statement that an entry answers."""
        if reading.entry is None or reading.entry.type != RESPONSE:
            return None
        named = reading.entry.body.get("thread")
        return self.history.statements.get(named) if isinstance(named, bytes) else None

    def _check_files(self, reading: Reading, entry: entries.Entry) -> None:
        """The page for people is what the entry and the blob give, byte for byte; the blob is what its name says."""
        digest = views.lines_hash(entry)
        lines = None if digest is None else self._lines(digest)
        self.shown[reading.leaf] = lines is not None
        origin = self.logbooks[reading.side].notes.origin
        wanted = views.statement(origin, reading.index, reading.leaf, entry, lines)
        path = layouts.statement(self.path, reading.leaf)
        found = self.folder.read(path, len(wanted))
        if found is not None and found != wanted:
            pairs = enumerate(zip(wanted, found, strict=False))
            place = next((place for place, (good, bad) in pairs if good != bad), len(found))
            what = f"not what the logbook and the lines give, from byte {place} on"
            self.findings.add("audit.content", path, what, excerpt(wanted, place), excerpt(found, place))

    def _lines(self, digest: bytes) -> list[Value] | None:
        """The lines in a blob of the export, None when it is not there; a finding when it is not what its name says."""
        path = layouts.blob(self.path, digest)
        if not self.folder.has(path):
            return None
        data = self.folder.read(path, limits.BLOB_BYTES_MAX)
        if data is None:
            return None
        got = hashlib.sha256(data).digest()
        if got != digest:
            self.findings.add("audit.content", path, "not the blob that the statement names", digest, got)
        return views.read_lines(data)

    def _check_lines(self, statement: statements.Statement, computed: statements.Computed) -> None:
        """A closed statement has the lines that the fold computes, but for those that the answer says differ.

        The fold has compared the sums already.
        """
        if any(thread.lines for thread in statement.contested):
            return
        lines: list[Value] = [list(line) for line in statements.encoded(computed.lines)]
        digest, named = hashlib.sha256(encoding.encode(lines)).digest(), statement.document.lines_hash
        if digest != named:
            what = f"the lines of the statement of entry {statement.index} are not those that the two logbooks give"
            self.findings.add("audit.statement", self._place(statement), what, digest, named)

    def _check_cut(self, statement: statements.Statement) -> None:
        """A closed statement stands on two heads that were signed and receipted (protocol.md section 12.7)."""
        document = statement.document
        heads = {statement.side: document.own, 1 - statement.side: document.partner}
        for side, head in heads.items():
            whose = "own" if side == statement.side else "partner's"
            root = self.logbooks[side].notes.cosigned_root(head.size)
            if root is None:
                what = f"the {whose} head that entry {statement.index} settles was never receipted"
                self.findings.add("audit.statement", self._place(statement), what, "a receipt", head.size)
            elif root != head.root:
                what = f"the {whose} head that entry {statement.index} settles is no head of that logbook"
                self.findings.add("audit.statement", self._place(statement), what, root, head.root)

    def _place(self, statement: statements.Statement) -> str:
        return self.logbooks[statement.side].place(statement.index)


def excerpt(data: bytes, place: int) -> str:
    """A few bytes from a place on, for a finding."""
    return data[place : place + 40].decode(errors="replace")
