"""Who is who in an export: the identity logbooks, and the two parties of each channel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.audits import folders, keyrings, layouts
from protocol import entries, identities, limits, tiles
from protocol.errors import PeerError

_WIDTH = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
OPENING: Final = "channel.open"
NODE_BYTES: Final = 32
IDENTITY_BUNDLES_MAX = -(-limits.IDENTITY_ENTRIES_MAX // tiles.WIDTH)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first entry of a logbook says about its channel: the author stands first."""

    nodes: tuple[bytes, bytes]
    origins: tuple[str, str]
    salt: bytes
    epoch: int

    def turned(self) -> Opening:
        """The same channel as the other side says it."""
        return Opening((self.nodes[1], self.nodes[0]), (self.origins[1], self.origins[0]), self.salt, self.epoch)


def keyring_of_every_node(folder: folders.Folder) -> dict[bytes, keyrings.Keyring]:
    """The keys of every identity logbook in the export that holds, by NodeID."""
    found = {}
    for name in folder.folders(layouts.IDENTITIES):
        keyring = load_keyring(folder, name)
        if keyring is not None:
            found[bytes(keyring.node)] = keyring
    return found


def load_keyring(folder: folders.Folder, name: str) -> keyrings.Keyring | None:
    """The identity logbook in the folder of this name; None, with a finding, when it breaks a rule."""
    path = f"{layouts.IDENTITIES}/{name}"
    before = folder.findings.count
    leaves, place = read_leaves(folder, path)
    if folder.findings.count > before:
        return None
    try:
        keyring = keyrings.load(path, leaves)
    except PeerError as error:
        what = f"leaf {first_refused(leaves)}: {error.hint}"
        folder.findings.add("audit.identity", place, what, error.expected or "", error.got or "")
        return None
    text = identities.to_text(keyring.node)
    if text != name:
        folder.findings.add("audit.identity", place, "leaf 0 gives another NodeID", name, text)
        return None
    return keyring


def first_refused(leaves: Sequence[bytes]) -> int:
    """The index of the first leaf that breaks a rule, by halving."""
    good, bad = 0, len(leaves)
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            identities.replay(leaves[:middle])
            good = middle
        except PeerError:
            bad = middle
    return good


def read_leaves(folder: folders.Folder, path: str) -> tuple[list[bytes], str]:
    """The leaves of an identity logbook, from full bundles and one partial one at the end; and the last file read."""
    leaves: list[bytes] = []
    place = path
    for number in range(IDENTITY_BUNDLES_MAX):
        tile = tiles.Tile(tiles.ENTRIES, number)
        if not folder.has(layouts.bundle(path, tile)):
            partial = layouts.bundle(path, tiles.Tile(tiles.ENTRIES, number, 1)).removesuffix("/1")
            widths = [int(name) for name in folder.files(partial) if _WIDTH.fullmatch(name)]
            if not widths or widths[0] >= tiles.WIDTH:
                break
            tile = tiles.Tile(tiles.ENTRIES, number, widths[0])
        content = folder.bundle(path, tile)
        if content is None:
            break
        leaves += content
        place = layouts.bundle(path, tile)
        if tile.width < tiles.WIDTH:
            break
    return leaves, place


def read_opening(data: bytes) -> Opening | None:
    """What an entry says about its channel; None when it is no `channel.open` with the fields that name one.

    Whether the document is valid in every other field is for the fold to say.
    """
    try:
        entry = entries.parse(data)
    except PeerError:
        return None
    salt, epoch = entry.body.get("salt"), entry.body.get("epoch")
    nodes, origins = entry.body.get("nodes"), entry.body.get("origins")
    if (
        entry.type == OPENING
        and (type(salt) is bytes and len(salt) == entries.SALT_BYTES)
        and (type(epoch) is int and 0 <= epoch <= entries.EPOCH_MAX)
        and (type(nodes) is list and type(origins) is list)
    ):
        match [*nodes, *origins]:
            case [bytes(author), bytes(reader), str(own), str(other)] if len(author) == len(reader) == NODE_BYTES:
                return Opening((author, reader), (own, other), salt, epoch)
    return None


def opens(opening: Opening, names: Sequence[str]) -> bool:
    """Whether an opening is of the logbook in folder names[0], with names[1] as the other: log ids are recomputed."""
    author, reader = opening.nodes
    origins = tuple(
        entries.origin(entries.log_id(*pair, opening.epoch, opening.salt))
        for pair in ((author, reader), (reader, author))
    )
    return origins == opening.origins == (layouts.origin(names[0]), layouts.origin(names[1]))


def agreed_opening(
    folder: folders.Folder, path: str, names: Sequence[str], firsts: Sequence[bytes | None]
) -> Opening | None:
    """The opening as the author of names[0] says it, from both logbooks' first entries.

    One valid entry is enough to go on with; every other one that does not say the same becomes a finding.
    """
    found = [None if data is None else read_opening(data) for data in firsts]
    turned = [
        opening if side == 0 else opening.turned()
        for side, opening in enumerate(found)
        if opening is not None and opens(opening, names if side == 0 else names[::-1])
    ]
    if not turned:
        what = "entry 0 of neither logbook opens a channel of these two logbooks"
        folder.findings.add("audit.opening", path, what, "two openings that say the same", "none")
        return None
    for side, opening in enumerate(found):
        said = opening if side == 0 or opening is None else opening.turned()
        if firsts[side] is not None and said != turned[0]:
            what = "entry 0 does not open this channel"
            folder.findings.add("audit.opening", f"{path}/{names[side]}", what, turned[0], said)
    return turned[0]


def known(folder: folders.Folder, path: str, opening: Opening, keys: Mapping[bytes, keyrings.Keyring]) -> bool:
    """Whether both parties have an identity logbook that holds; names those that have none."""
    missing = [node for node in opening.nodes if node not in keys]
    for node in missing:
        what = "a party of this channel has no valid identity logbook"
        folder.findings.add("audit.identity", path, what, layouts.identity(node), "none")
    return not missing
