"""Write a logbook as docs/protocol.md section 13.2 lays it out, from the protocol's own parts."""

from __future__ import annotations

import base64
from pathlib import Path

from protocol import checkpoints, merkle, tiles
from tests.vectors import signatures


def entry(index: int) -> bytes:
    """An entry of a length that differs from the next one's."""
    return f"entry {index} ".encode() + bytes(index % 50)


class Tree:
    """The entries 0, 1, … and every complete subtree of them, by the definition."""

    def __init__(self, size: int) -> None:
        self.entries = [entry(index) for index in range(size)]
        self.leaves = [merkle.leaf_hash(data) for data in self.entries]
        self.rows = [self.leaves]
        while len(self.rows[-1]) > 1:
            row = self.rows[-1]
            self.rows.append([merkle.node_hash(row[n], row[n + 1]) for n in range(0, len(row) - 1, 2)])

    def node_at(self, level: int, index: int) -> bytes:
        return self.rows[level][index]

    def head(self, size: int) -> checkpoints.Checkpoint:
        return checkpoints.Checkpoint(signatures.ORIGIN, size, merkle.root_at(size, self.node_at))

    def note(self, size: int) -> str:
        return checkpoints.sign_checkpoint(self.head(size), signatures.SECRETS.log)


def write(folder: Path, name: str, content: bytes | str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def export(folder: Path, size: int, *, older: tuple[int, ...] = (), proofs: tuple[int, ...] = ()) -> None:
    """The logbook of `size` entries with its mirror's cosignature, older heads, consistency and inclusion proofs."""
    tree = Tree(size)
    text = checkpoints.checkpoint_text(tree.head(size))
    line = checkpoints.cosign(text, signatures.MIRROR, signatures.SECRETS.mirror, signatures.TIME_S)
    write(folder, "vkey", checkpoints.vkey(signatures.ORIGIN, checkpoints.ED25519, signatures.LOG_KEY) + "\n")
    write(
        folder,
        "mirror-vkey",
        checkpoints.vkey(signatures.MIRROR, checkpoints.COSIGNATURE, signatures.MIRROR_KEY) + "\n",
    )
    write(folder, "checkpoint", tree.note(size) + line)
    for tile in tiles.tiles(size):
        write(folder, tiles.path(tile.level, tile.number, tile.width), tiles.content(tile, tree.node_at))
    for tile in tiles.bundles(size):
        first = tile.number * tiles.WIDTH
        bundle = tiles.bundle(tree.entries[first : first + tile.width])
        write(folder, tiles.path(tile.level, tile.number, tile.width), bundle)
    for old in older:
        write(folder, f"checkpoints/{old}", tree.note(old))
        proof = [base64.b64encode(each).decode() for each in merkle.consistency(old, size, tree.node_at)]
        write(folder, f"consistency/{old}", "\n".join([f"old {old}", *proof]) + "\n\n" + tree.note(size))
    for index in proofs:
        hashes = tuple(merkle.inclusion(index, size, tree.node_at))
        proof_file = checkpoints.format_proof(checkpoints.Proof(index, hashes, tree.note(size)))
        write(folder, f"proofs/{index}.tlog-proof", proof_file)
        write(folder, f"proofs/{index}.entry", tree.entries[index])
