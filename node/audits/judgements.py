"""What the documents of a channel mean: the same fold that both partners' nodes run, and the four numbers.

Every document is exactly one of these, the first that applies:

refused         the fold refuses it, so it has no effect
contested       it takes part in something on which the two sides differ: a payment that is disputed, a receipt advice
                over goods that are contested, a statement that was answered with a difference and not closed since, or
                whose contested lines are still open, an issue that was escalated and is not at an end, an invoice that
                was refused and not credited, or a document that stands although the partner refused it
deemed          it took effect by the silence of the other side (law 5)
not disclosed   it names something that is not in the export: an attachment, an image, the wording of an agreement, the
                lines of a statement, or by a blinded reference a document of another channel, which was not opened
proved          everything else

Recipients sealed to the shipper are never in an export and make no document undisclosed; they are counted by
themselves as `sealed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts import evidence, histories
from contracts.documents import disputes as dispute_papers
from contracts.documents import issues as issue_papers
from contracts.documents import payments, shipments
from contracts.invoices import InvoiceState
from contracts.issues import IssueState
from contracts.items import Position
from contracts.lots import LotState
from contracts.payments import PaymentState
from contracts.statements import StatementState
from node.audits import accounts, conservations, copies, faults, folders, keyrings, views
from node.audits.readings import Reading
from node.trade import readings
from protocol import merkle
from protocol.encoding import Value
from protocol.entries import Entry

SILENCES: Final = frozenset({"deem", issue_papers.Escalate.TYPE, dispute_papers.Default.TYPE})
"""Documents that rest on the silence of the other side."""
QUARRELS: Final = frozenset({IssueState.ESCALATED, IssueState.DISPUTED, IssueState.DECIDED, IssueState.DEFAULTED})
NAK: Final = "channel.nak"
KEY: Final = "channel.key"
REFUSALS_MAX: Final = 1_000
"""Refused documents of one channel that are listed one by one."""
PARENTS: Final = ("evidence",)
"""Fields that hold the hash of something outside the channel."""
BLINDED: Final = ("parent", "upstream", "source")
"""Fields that hold a commitment to a document of another channel."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many documents are what; `documents` is the sum of the first five. `sealed` stands by itself."""

    documents: int = 0
    proved: int = 0
    deemed: int = 0
    contested: int = 0
    not_disclosed: int = 0
    refused: int = 0
    sealed: int = 0

    def plus(self, other: Numbers) -> Numbers:
        """Number by number."""
        return Numbers(
            self.documents + other.documents,
            self.proved + other.proved,
            self.deemed + other.deemed,
            self.contested + other.contested,
            self.not_disclosed + other.not_disclosed,
            self.refused + other.refused,
            self.sealed + other.sealed,
        )


NOTHING: Final = Numbers()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that the fold refuses: the file and index of its entry, its type, and `code path` of each fault."""

    path: str
    index: int
    type: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blinded:
    """A blinded reference: where it stands, and its commitment (32 bytes)."""

    position: Position
    commitment: bytes


@dataclass(slots=True)
class Judge:
    """Folds one channel. `logbooks` and `authors` by side.

    `references` are the blinded references by (hash of their document, field); whoever knows all channels puts those
    that are disclosed into `opened` before `close`.
    """

    path: str
    logbooks: tuple[copies.Copy, copies.Copy]
    authors: tuple[keyrings.Keyring, keyrings.Keyring]
    history: histories.History
    accounts: accounts.Accounts
    references: dict[tuple[bytes, str], Blinded] = field(default_factory=dict)
    opened: set[tuple[bytes, str]] = field(default_factory=set)
    _types: dict[Position, str] = field(default_factory=dict)  # of refused documents
    _disputes: list[tuple[Position, bytes]] = field(default_factory=list)
    _advices: list[tuple[Position, bytes]] = field(default_factory=list)
    _naked: set[Position] = field(default_factory=set)
    _deemed: set[Position] = field(default_factory=set)
    _withheld: set[Position] = field(default_factory=set)
    _sealed: int = 0

    @classmethod
    def of(cls, folder: folders.Folder, path: str, logbooks: tuple[copies.Copy, copies.Copy]) -> Judge:
        """A judge of the channel in this folder, with nothing folded yet."""
        authors = logbooks[0].notes.author, logbooks[1].notes.author
        first, second = (
            evidence.Signer(logbook.notes.origin, author.name("mirror", ""), author.generations("mirror"))
            for logbook, author in zip(logbooks, authors, strict=True)
        )
        history = histories.History((authors[0].node, authors[1].node), (first, second))
        return cls(path, logbooks, authors, history, accounts.Accounts(folder, path, logbooks, history))

    @property
    def findings(self) -> faults.Findings:
        """Where findings go."""
        return self.accounts.findings

    def take(self, reading: Reading) -> None:
        """Fold the next entry, and note what will decide between the numbers."""
        self.accounts.before(reading)
        self.history.fold(item(reading))
        self.accounts.after(reading)
        if reading.entry is not None:
            self._note((reading.side, reading.index), reading.leaf, reading.entry)

    def close(self) -> Numbers:
        """Check that everything adds up, and count. After the last entry."""
        for imbalance in conservations.imbalances(self.history):
            what = f"{imbalance.what}, of the thread {imbalance.key.hex()}"
            self.findings.add("audit.conservation", self.path, what, imbalance.expected, imbalance.got)
        refused = set(self.history.refusals)
        contested = set(self._contested()) - refused
        deemed = self._deemed - refused - contested
        closed = {blinded.position for key, blinded in self.references.items() if key not in self.opened}
        withheld = (self._withheld | closed) - refused - contested - deemed
        documents = sum(self.history.sizes)
        others = len(refused) + len(contested) + len(deemed) + len(withheld)
        return Numbers(
            documents,
            documents - others,
            len(deemed),
            len(contested),
            len(withheld),
            len(refused),
            self._sealed,
        )

    def refusals(self) -> tuple[Refusal, ...]:
        """The documents that the fold refuses, the first `REFUSALS_MAX` of them, by side and index."""
        found = []
        for side, index in sorted(self.history.refusals)[:REFUSALS_MAX]:
            named = self.history.refusals[side, index]
            texts = tuple(faults.shown(f"{fault.code} {fault.path}".rstrip()) for fault in named)
            found.append(Refusal(self.logbooks[side].place(index), index, self._types.get((side, index), ""), texts))
        return tuple(found)

    def names(self) -> tuple[str, str]:
        """What the parties call themselves in their newest cards, by side; empty where there is no card."""
        cards = self.history.cards
        first, second = (faults.shown(cards[side].name) if side in cards else "" for side in (0, 1))
        return first, second

    def balances(self) -> Mapping[str, int]:
        """Minor units that side 1 owes side 0, by currency; negative: the other way round."""
        currencies = sorted({ledger.currency for ledger in self.history.channel.ledgers.values()})
        return {currency: self.history.balance(currency) for currency in currencies}

    def _note(self, position: Position, leaf: bytes, entry: Entry) -> None:
        thread = entry.body.get("thread")
        match entry.type:
            case payments.Dispute.TYPE if isinstance(thread, bytes):
                self._disputes.append((position, thread))
            case shipments.Receipt.TYPE if isinstance(thread, bytes):
                self._advices.append((position, thread))
            case _ if entry.type == NAK:
                self._note_nak(position, entry.body)
            case _ if entry.type == KEY:
                self._check_key(position, entry.body)
            case _ if entry.type in SILENCES:
                self._deemed.add(position)
            case views.STATEMENT if not self.accounts.shown[leaf]:
                self._withheld.add(position)
        for name in BLINDED:
            commitment = entry.body.get(name)
            if isinstance(commitment, bytes):
                self.references[leaf, name] = Blinded(position, commitment)
        if any(True for _ in references(entry.body)):
            self._withheld.add(position)
        if isinstance(entry.body.get("pii"), dict):
            self._sealed += 1
        if position in self.history.refusals:
            self._types[position] = entry.type

    def _note_nak(self, position: Position, body: Mapping[str, Value]) -> None:
        direction, index = body.get("d"), body.get("idx")
        if position in self.history.refusals or type(direction) is not int or type(index) is not int:
            return
        side = position[0] if direction == 0 else 1 - position[0]
        if 0 <= index < self.history.sizes[side]:
            self._naked.add((side, index))

    def _check_key(self, position: Position, body: Mapping[str, Value]) -> None:
        """A `channel.key` pins the author's identity logbook: it is exported at least so far, with this root."""
        identity, size, root = self.authors[position[0]].identity, body.get("size"), body.get("root")
        if position in self.history.refusals or not isinstance(size, int) or not isinstance(root, bytes):
            return
        if size > identity.size:
            what = f"entry {position[1]} of the author's logbook names a longer identity logbook"
            self.findings.add("audit.identity", self.authors[position[0]].path, what, f"{size} leaves", identity.size)
            return
        leaves = [merkle.leaf_hash(leaf) for leaf in identity.entries[:size]]
        got = merkle.root(merkle.append(merkle.EMPTY, leaves))
        if got != root:
            what = f"entry {position[1]} of the author's logbook names another identity logbook of {size} leaves"
            self.findings.add("audit.identity", self.authors[position[0]].path, what, root, got)

    def _contested(self) -> Iterator[Position]:
        """The documents that stand and on which the two sides differ."""
        yield from self._naked
        yield from quarrels(self.history)
        for position, thread in self._disputes:
            payment = self.history.payments.get(thread)
            if payment is not None and payment.state is PaymentState.DISPUTED:
                yield position
        for position, thread in self._advices:
            order = self.history.orders.get(thread)
            if order is not None and any(line.quantity(LotState.CONTESTED) for line in order.lines.values()):
                yield position
        closed = {
            self.history.statements[one.statement].document.previous
            for ledger in self.history.channel.ledgers.values()
            for one in ledger.closed
        }
        for statement in self.history.statements.values():
            differs = statement.state is StatementState.DIFFERS and statement.document.previous not in closed
            if differs or statement.state in (StatementState.CONTESTED, StatementState.REOPENED):
                yield statement.side, statement.index
                if statement.answered_at is not None:
                    yield statement.answered_at


def quarrels(history: histories.History) -> Iterator[Position]:
    """The first documents of issues that wait for an arbiter or its award's fulfilment, and of refused invoices."""
    open_ones = [key for key, issue in history.issues.items() if issue.state in QUARRELS]
    refused = [
        key
        for key, invoice in history.invoices.items()
        if invoice.state is InvoiceState.REJECTED and any(invoice.corrected)
    ]
    for key in (*open_ones, *refused):
        root = history.channel.threads[key].root
        assert root is not None
        yield root


def item(reading: Reading) -> histories.Item:
    """An entry as the fold takes it; one that is no entry takes its place and is refused."""
    if reading.entry is not None:
        return readings.item_of(reading.side, reading.index, reading.leaf, reading.entry)
    assert reading.fault is not None
    return histories.unreadable(reading.side, reading.index, reading.leaf, reading.fault.code, reading.fault.hint)


def references(body: Mapping[str, Value]) -> Iterator[bytes]:
    """The hashes of everything that a document names outside the logbooks, without the lines of statements."""
    terms = body.get("terms")
    texts = terms.get("texts") if isinstance(terms, dict) else None
    for listed in (body.get("attachments"), body.get("images"), texts):
        for named in listed if isinstance(listed, list) else ():
            digest = named.get("hash") if isinstance(named, dict) else None
            if isinstance(digest, bytes):
                yield digest
    for name in PARENTS:
        digest = body.get(name)
        if isinstance(digest, bytes):
            yield digest
