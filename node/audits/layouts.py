"""Where everything stands in an exported folder, and the texts that follow from keys alone.

    README.txt                                   for the auditor; carries no evidence
    identities/<NodeID>/tile/entries/…           the identity logbook of every party, as entry bundles
    channels/<partner>[-<epoch>]/<log id>/       one of the two logbooks of a channel:
        checkpoint                               the exported head: the author's signature, the reader's cosignature
        tile/<L>/<N>[.p/<W>], tile/entries/…     C2SP tlog-tiles
        vkey, mirror-vkey, policy                keys as C2SP tools take them
        heads                                    every other head that the author signed, below the exported one
        receipts                                 the reader's pairing notes, one for each head that it cosigned
    channels/…/statements/<leaf hash>.json       each proposed statement with its lines, to be read by people
    channels/…/blobs/<SHA-256>                   the lines of a statement as the document names them
    channels/…/evidence/<number>                 two signed heads that contradict each other, where a party kept such

`heads` and `receipts` hold notes one after the other, by size, with an empty line between two.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from protocol import checkpoints, identities, tiles

README: Final = "README.txt"
IDENTITIES: Final = "identities"
CHANNELS: Final = "channels"
CHECKPOINT: Final = "checkpoint"
VKEY: Final = "vkey"
MIRROR_VKEY: Final = "mirror-vkey"
POLICY: Final = "policy"
HEADS: Final = "heads"
RECEIPTS: Final = "receipts"
STATEMENTS: Final = "statements"
BLOBS: Final = "blobs"
EVIDENCE: Final = "evidence"

RECEIPT_HEADER: Final = "hanse receipt v1\n"
"""The first line of a pairing note (docs/protocol.md section 7.3)."""
SHORT_CHARACTERS: Final = 15
"""Characters of a NodeID that name a channel: the first two groups, 65 bits."""

_LOG_ID = re.compile(r"[a-z2-7]{32}", re.ASCII)
_ORIGIN: Final = "hanse/l/"


def identity(node: bytes) -> str:
    """The folder of a node's identity logbook."""
    return f"{IDENTITIES}/{identities.to_text(identities.NodeId(node))}"


def channel(partner: bytes, epoch: int) -> str:
    """The folder of a channel: named after the partner, and after the epoch from the second on."""
    short = identities.to_text(identities.NodeId(partner))[:SHORT_CHARACTERS]
    return f"{CHANNELS}/{short}" if epoch == 1 else f"{CHANNELS}/{short}-{epoch}"


def logbook(origin: str) -> str:
    """The name of a logbook's folder within its channel: the log id as it stands in the origin."""
    return origin.removeprefix(_ORIGIN)


def origin(name: str) -> str | None:
    """The origin of the logbook in a folder of this name; None when it is no logbook's name."""
    return _ORIGIN + name if _LOG_ID.fullmatch(name) else None


def log_id(origin: str) -> bytes:
    """The 20 bytes of the log id in an origin made by `origin`."""
    return base64.b32decode(logbook(origin).upper())


def statement(channel: str, leaf: bytes) -> str:
    """The file of a proposed statement, named by the leaf hash of the proposal."""
    return f"{channel}/{STATEMENTS}/{leaf.hex()}.json"


def blob(channel: str, digest: bytes) -> str:
    """The file of a blob."""
    return f"{channel}/{BLOBS}/{digest.hex()}"


def bundle(folder: str, tile: tiles.Tile) -> str:
    """The file of a tile or bundle within the folder of a logbook."""
    return f"{folder}/{tiles.path(tile.level, tile.number, tile.width)}"


def log_vkey(origin: str, public: bytes) -> str:
    """The verifier key of a logbook's author."""
    return checkpoints.vkey(origin, checkpoints.ED25519, public)


def mirror_vkey(reader: bytes, public: bytes) -> str:
    """The verifier key of the reader's cosignatures."""
    return checkpoints.vkey(checkpoints.key_name(reader, "mirror"), checkpoints.COSIGNATURE, public)


def policy(log_vkey: str, mirror_vkey: str) -> str:
    """What it takes to trust a head of this logbook (C2SP tlog-policy): the author and the reader have signed it."""
    return f"log {log_vkey}\nwitness reader {mirror_vkey}\nquorum reader\n"
