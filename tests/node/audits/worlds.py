"""Two merchants and their channel, written with the protocol and the storage alone: no node, no network, no clock."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from node.audits import bundles, verifications
from node.storage import blobs, logbooks, migrations, partners
from protocol import checkpoints, encoding, entries, identities, merkle
from protocol.encoding import Value

SALT = bytes(range(16))
EPOCH = 1
TIME_S = 1_790_000_000


@dataclass(slots=True)
class Merchant:
    """One party with its keys. `side` is its place in the fold."""

    seed: int
    root: bytes = b""
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = bytes((self.seed,)) * 32
        recovery = identities.public(bytes((self.seed + 2,)) * 32, "rec")
        kem = identities.public(bytes((self.seed + 3,)) * 32, "kem")
        nonce = bytes((self.seed,)) * 16
        self.leaves = [identities.inception(self.root, bytes((self.seed + 1,)) * 32, recovery, [kem], nonce)]

    @property
    def identity(self) -> identities.Identity:
        return identities.replay(self.leaves)

    @property
    def node(self) -> identities.NodeId:
        return self.identity.node_id

    @property
    def secrets(self) -> identities.Secrets:
        return identities.derive(self.root)

    def rotate(self) -> None:
        new, after = bytes((self.seed + 1,)) * 32, bytes((self.seed + 100,)) * 32
        leaf = identities.rotation_leaf(
            self.identity, old_root=self.root, root=new, next_root=after, upto=bytes(32), why=identities.Why.SCHEDULED
        )
        self.leaves.append(leaf)
        self.root = new


@dataclass(slots=True)
class World:
    """The database of the first merchant, and what both write. Sides: 0 the owner of the database, 1 the partner.

    `pending` are the outboxes; `exchange(author)` sends what waits, and the reader receipts it.
    """

    db: sqlite3.Connection
    merchants: tuple[Merchant, Merchant]
    channel: partners.Channel
    pending: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    seen: list[int] = field(default_factory=lambda: [0, 0])
    count: int = 0
    time_s: int = TIME_S

    def logbook(self, side: int) -> logbooks.Logbook:
        return logbooks.of_channel(self.db, self.channel.id, mine=side == 0)

    def size(self, side: int) -> int:
        """Entries including those that wait."""
        return self.logbook(side).size + len(self.pending[side])

    def write(
        self,
        side: int,
        kind: str,
        body: Mapping[str, Value],
        re: Sequence[entries.Reference] = (),
        seen: int | None = None,
    ) -> bytes:
        """Put a document into an outbox; returns its leaf hash."""
        self.count += 1
        entry = entries.Entry(
            self.count.to_bytes(16, "big"),
            kind,
            1,
            self.time_s * 1000 + self.count,
            self.seen[side] if seen is None else seen,
            tuple(re),
            dict(body),
        )
        data = entries.compose(entry)
        self.pending[side].append(data)
        return entries.leaf_hash(data)

    def sequence(self, side: int) -> None:
        """Give what waits its index, and sign a head."""
        logbook, data = self.logbook(side), list(self.pending[side])
        if not data:
            return
        leaves = [entries.leaf_hash(each) for each in data]
        frontier = merkle.append(logbook.frontier, leaves)
        head = checkpoints.Checkpoint(logbook.origin, frontier.size, merkle.root(frontier))
        note = checkpoints.sign_checkpoint(head, self.merchants[side].secrets.log)
        logbooks.append(self.db, logbook, data, leaves, [logbooks.Head(head.size, head.root, note)], frontier)
        self.pending[side].clear()

    def receipt(self, author: int) -> None:
        """The reader sequences its outbox, cosigns the author's newest head, and pairs it with its own."""
        reader = self.merchants[1 - author]
        self.sequence(1 - author)
        read, own = self.logbook(author), self.logbook(1 - author)
        pair = checkpoints.Pair(
            checkpoints.Checkpoint(read.origin, read.size, read.root),
            checkpoints.Checkpoint(own.origin, own.size, own.root),
        )
        text = checkpoints.checkpoint_text(pair.read)
        self.time_s += 1
        name = checkpoints.key_name(reader.node, "mirror")
        line = checkpoints.cosign(text, name, reader.secrets.mirror, self.time_s)
        note = checkpoints.sign_pair(pair, checkpoints.key_name(reader.node, "receipt"), reader.secrets.receipt)
        logbooks.save_receipt(self.db, read.id, logbooks.Receipt(read.size, line, note, self.time_s))
        self.seen[1 - author] = read.size

    def exchange(self, author: int) -> None:
        """What waits at `author` travels to the other side, and is receipted."""
        self.sequence(author)
        self.receipt(author)

    def settle(self) -> None:
        """Exchange until nothing waits and every head is receipted."""
        while any(self.pending) or any(self.logbook(side).receipted < self.logbook(side).size for side in (0, 1)):
            for side in (0, 1):
                if self.pending[side] or self.logbook(side).receipted < self.logbook(side).size:
                    self.exchange(side)

    def put_blob(self, value: Value) -> bytes:
        return blobs.put(self.db, encoding.encode(value))

    def export(self, directory: Path) -> bundles.Summary:
        return bundles.export(self.db, directory, self.merchants[0].node, quiet)


def quiet(what: str, done: int, total: int) -> None:
    """A progress report that nobody reads."""
    assert done <= total, what


def verify(directory: Path) -> verifications.Verdict:
    return verifications.verify(directory, quiet)


def world(seeds: tuple[int, int] = (10, 20)) -> World:
    """A fresh channel with both openings written and nothing sent yet."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(db)
    merchants = Merchant(seeds[0]), Merchant(seeds[1])
    return add_channel(db, merchants)


def add_channel(db: sqlite3.Connection, merchants: tuple[Merchant, Merchant], epoch: int = EPOCH) -> World:
    """A channel of these two in a database of the first; the second is called by a name that must never be seen."""
    nodes = merchants[0].node, merchants[1].node
    for merchant in merchants:
        if not partners.identity_entries(db, merchant.node):
            partners.add_identity_entries(db, merchant.node, 0, merchant.leaves)
    partner = partners.by_node(db, nodes[1])
    if partner is None:
        partner = partners.add(db, nodes[1], "my private nickname", ["127.0.0.1:1"], None, 1)
    channel = partners.add_channel(db, partner.id, epoch, SALT, 0 if nodes[0] < nodes[1] else 1)
    origins = [entries.origin(entries.log_id(*pair, epoch, SALT)) for pair in (nodes, nodes[::-1])]
    logbooks.create(db, channel.id, True, origins[0])
    logbooks.create(db, channel.id, False, origins[1])
    result = World(db, merchants, channel)
    for side in (0, 1):
        result.write(side, "channel.open", opening(nodes, origins, side, epoch))
    return result


def opening(nodes: Sequence[bytes], origins: Sequence[str], side: int, epoch: int) -> dict[str, Value]:
    order = (0, 1) if side == 0 else (1, 0)
    return {
        "nodes": [nodes[place] for place in order],
        "origins": [origins[place] for place in order],
        "salt": SALT,
        "epoch": epoch,
        "suites": ["ed25519"],
        "fold": "hanse-fold/1",
        "words_compared": False,
        "retention_years": 10,
        "prev": None,
    }


def card(name: str) -> dict[str, Value]:
    return {"name": name, "country": "DE", "languages": ["en"]}


def talk(subject: World, documents: int, batch: int = 7) -> None:
    """Both sides write cards, in batches, and receipt them."""
    for number in range(documents):
        subject.write(number % 2, "peer.card", card(f"merchant {number % 2}, card {number}"))
        if number % batch == batch - 1:
            subject.exchange(number // batch % 2)
    subject.settle()
