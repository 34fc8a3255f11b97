"""One channel of an export: whose it is, its two logbooks, and everything about their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from node.audits import attestations, copies, evidences, folders, keyrings, layouts, parties
from protocol import checkpoints, tiles
from protocol.errors import PeerError


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel whose parties are known, the lower NodeID first: that is side 0 of the fold.

    A copy is None when its exported head does not hold, so that there is nothing to check its entries against.
    """

    path: str
    nodes: tuple[bytes, bytes]
    notes: tuple[attestations.Attestations, attestations.Attestations]
    logbooks: tuple[copies.Copy | None, copies.Copy | None]

    @property
    def size(self) -> int:
        """Entries of both logbooks."""
        return sum(copy.size for copy in self.logbooks if copy is not None)

    @property
    def sound(self) -> tuple[copies.Copy, copies.Copy] | None:
        """Both logbooks, once `verify` has found that the entries of each give its signed root."""
        first, second = self.logbooks
        if first is not None and second is not None and first.sound and second.sound:
            return first, second
        return None

    def verify(self, step: copies.Step) -> None:
        """Check everything about the bytes of both logbooks."""
        first, second = self.logbooks
        for copy, other in ((first, second), (second, first)):
            if copy is not None:
                copy.verify(None if other is None else other.notes, step)
        evidences.check(self.path, self.notes)


def open_channel(folder: folders.Folder, name: str, keys: Mapping[bytes, keyrings.Keyring]) -> Channel | None:
    """Find out whose channel it is, and verify both exported heads; None, with findings, where that fails."""
    path = f"{layouts.CHANNELS}/{name}"
    names = [child for child in folder.folders(path) if layouts.origin(child)]
    if len(names) != 2:
        folder.findings.add("audit.missing", path, "a channel has two logbooks", "2 folders", len(names))
        folder.skip(path, "a channel that is not whole was not checked")
        return None
    firsts = [first_entry(folder, f"{path}/{child}") for child in names]
    opening = parties.agreed_opening(folder, path, names, firsts)
    if opening is None or not parties.known(folder, path, opening, keys):
        folder.skip(path, "a channel of unknown parties was not checked")
        return None
    if name not in [
        layouts.channel(node, opening.epoch).removeprefix(f"{layouts.CHANNELS}/") for node in opening.nodes
    ]:
        wanted = layouts.channel(opening.nodes[1], opening.epoch)
        folder.findings.add("audit.opening", path, "the folder has the name of another channel", wanted, path)
    both = zip(names, opening.origins, opening.nodes, opening.nodes[::-1], strict=True)
    notes = [
        attestations.Attestations(folder, f"{path}/{child}", origin, keys[author], keys[reader])
        for child, origin, author, reader in both
    ]
    if opening.nodes[0] > opening.nodes[1]:
        notes.reverse()
    nodes = sorted(opening.nodes)
    opened = [open_copy(each) for each in notes]
    return Channel(path, (nodes[0], nodes[1]), (notes[0], notes[1]), (opened[0], opened[1]))


def first_entry(folder: folders.Folder, path: str) -> bytes | None:
    """Entry 0 of the logbook in this folder. Its bundle is found by the size in the checkpoint, not verified yet."""
    note = folder.text(f"{path}/{layouts.CHECKPOINT}")
    if note is None:
        return None
    try:
        size = checkpoints.parse_text(checkpoints.parse_note(note).text).size
    except PeerError:
        return None  # named when the head is verified
    if not size:
        return None
    content = folder.bundle(path, tiles.Tile(tiles.ENTRIES, 0, min(size, tiles.WIDTH)))
    return None if content is None else content[0]


def open_copy(notes: attestations.Attestations) -> copies.Copy | None:
    """A logbook whose exported head holds; None, with findings, when there is nothing to check its entries against."""
    if notes.open():
        return copies.Copy(notes)
    notes.folder.skip(notes.path, "without a valid head the rest of this logbook was not checked")
    return None
