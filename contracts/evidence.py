"""Proof of time: two cosignatures of the partner between which a deadline passed (law 5).

Only a signature of the one who was silent can start and end a clock, so nobody is bound by what did not arrive. The
cosignature over a head of the author's logbook says: everything below `size` was on my disk at this time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contracts.documents.deems import Cosigned
from contracts.errors import Fault
from contracts.items import Past, Position
from protocol import checkpoints, notes
from protocol.errors import PeerError


@dataclass(frozen=True, slots=True)
class Signer:
    """One side of a channel as cosignatures show it: the `origin` of the logbook that it writes, the name and the
    public keys (32 bytes each, oldest first) of its mirror role."""

    origin: str
    name: str
    mirrors: tuple[bytes, ...]


class Elapsed(NamedTuple):
    """Unix seconds by the partner's clock: when it had the document, and when it last showed that it was there."""

    started_s: int
    passed_s: int


def elapsed(
    signers: tuple[Signer, Signer] | None,
    seens: Sequence[Sequence[int]],
    author: int,
    past: Past,
    target: Position,
    proofs: tuple[Cosigned, Cosigned],
) -> tuple[Elapsed | None, list[Fault]]:
    """What two cosignatures over the logbook of side `author` prove of the document at `target`; or every fault.

    `past` is what the author knew, `seens` what each entry of each side knew of the other one.
    """
    if signers is None:
        return None, [Fault("deem.evidence", "started", "keys to check it with", "none known")]
    faults: list[Fault] = []
    times: list[int] = []
    for path, proof in zip(("started", "passed"), proofs, strict=True):
        if proof.size > past[author]:
            faults.append(Fault("deem.evidence", f"{path}.size", f"at most {past[author]}", str(proof.size)))
        time_s = _time_s(signers[author].origin, signers[1 - author], proof)
        if time_s is None:
            faults.append(Fault("deem.evidence", path, "a cosignature of the partner over this logbook", "another"))
        else:
            times.append(time_s)
    if not faults and not _covers(seens, author, target, proofs[0].size):
        faults.append(Fault("deem.evidence", "started.size", "a head with the target in it", str(proofs[0].size)))
    if faults:
        return None, faults
    return Elapsed(times[0], times[1]), []


def _covers(seens: Sequence[Sequence[int]], author: int, target: Position, size: int) -> bool:
    """Whether the head holds the target, or an entry whose author knew it."""
    side, index = target
    if side == author:
        return index < size
    return size > 0 and seens[author][size - 1] > index


def _time_s(origin: str, reader: Signer, proof: Cosigned) -> int | None:
    text = checkpoints.checkpoint_text(checkpoints.Checkpoint(origin, proof.size, proof.root))
    for public in reversed(reader.mirrors):
        line = notes.signature_line(
            reader.name, notes.key_id(reader.name, checkpoints.COSIGNATURE, public), proof.payload
        )
        try:
            return checkpoints.open_cosignature(text, line, reader.name, public)
        except PeerError:
            continue
    return None
