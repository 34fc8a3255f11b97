"""Checking an audit export offline: nothing is read but the folder, no database, no private key, no network.

What is checked, in this order, and all of it even where something fails (trade.md section 8):

1. identities: every identity logbook by the key rules of docs/protocol.md 3.10;
2. signatures: each head by its author, each cosignature and pairing note by the reader, keys by generation;
3. roots: made again from the entries, under every signed head; tiles are what the entries give;
4. who knew what first: no entry contradicts a pairing note (law 13), `seen` never exceeds what was there;
5. rules: every document folded as the partners' nodes fold it, every amount recomputed, everything conserved;
6. nothing is in the folder that these checks have not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from node.audits import channels, faults, folders, keyrings, layouts, parties, readings
from node.audits.faults import AuditFault
from protocol import identities

__all__ = ["AuditFault", "ChannelVerdict", "Verdict", "verify"]

Report = Callable[[str, int, int], None]
"""What is being done, how many entries of it are done, and of how many."""


@dataclass(frozen=True, slots=True)
class ChannelVerdict:
    """What the books of one channel prove. `path` is its folder, `parties` the NodeIDs as text, lower one first.

    `sizes` are the entries of each party's logbook, `known` the largest sizes that somebody's signature proves to
    exist: where they are larger, the books go on after the export.
    """

    path: str
    parties: tuple[str, str]
    sizes: tuple[int, int]
    known: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a whole export proves: four numbers, never one, and everything that is wrong with it."""

    faults: tuple[AuditFault, ...]
    channels: tuple[ChannelVerdict, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.faults


def verify(directory: Path, report: Report) -> Verdict:
    """Check the export in a folder. Never raises for what is in it: everything wrong is a finding of the verdict."""
    findings = faults.Findings()
    folder = folders.Folder.open(directory, findings)
    folder.expect(layouts.README)
    keys = parties.keyring_of_every_node(folder)
    found = [channels.open_channel(folder, name, keys) for name in folder.folders(layouts.CHANNELS)]
    opened = [channel for channel in found if channel is not None]
    if len(opened) == len(found):
        check_identities(folder, keys, opened)
    progress = Progress(report, 2 * sum(channel.size for channel in opened))
    verdicts = [judge(channel, progress) for channel in opened]
    folder.close()
    return Verdict(findings.all(), tuple(verdicts))


def check_identities(
    folder: folders.Folder, keys: Mapping[bytes, keyrings.Keyring], opened: Sequence[channels.Channel]
) -> None:
    """There is a node whose books these are, and no identity but the parties'."""
    if not folder.folders(layouts.IDENTITIES):
        folder.findings.add("audit.missing", layouts.IDENTITIES, "this is no export: it is nobody's", "1 or more", 0)
    used = {node for channel in opened for node in channel.nodes}
    spare = sorted(keyring.path for node, keyring in keys.items() if node not in used)
    for path in spare if opened else spare[1:]:
        folder.findings.add("audit.unexpected", path, "an identity that is no party of any channel", "none", path)


@dataclass(slots=True)
class Progress:
    """How many entries were checked; each is read twice, for its bytes and for its meaning."""

    report: Report
    total: int
    done: int = 0

    def add(self, count: int) -> None:
        """So many entries more are done."""
        self.done += count
        self.report("entries", self.done, self.total)


def judge(channel: channels.Channel, progress: Progress) -> ChannelVerdict:
    """Check the bytes of both logbooks, and then what they mean."""
    channel.verify(progress.add)
    sizes = [0 if copy is None else copy.size for copy in channel.logbooks]
    known = list(sizes)
    sound = channel.sound
    if sound is not None:
        first, second = (readings.Author(side, sound[side], sound[1 - side].notes) for side in (0, 1))
        for _ in readings.interleaved((first, second), sound[0].findings):
            progress.add(1)
        known = [max(sizes[0], first.beyond), max(sizes[1], second.beyond)]
    texts = [identities.to_text(identities.NodeId(node)) for node in channel.nodes]
    return ChannelVerdict(channel.path, (texts[0], texts[1]), (sizes[0], sizes[1]), (known[0], known[1]))
