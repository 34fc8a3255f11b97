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

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from node.audits import channels, faults, folders, layouts, parties
from node.audits.faults import AuditFault
from protocol import identities

__all__ = ["AuditFault", "ChannelVerdict", "Verdict", "verify"]

Report = Callable[[str, int, int], None]
"""What is being done, how many entries of it are done, and of how many."""


@dataclass(frozen=True, slots=True)
class ChannelVerdict:
    """What the books of one channel prove. `path` is its folder, `parties` the NodeIDs as text, lower one first.

    `sizes` are the entries of each party's logbook.
    """

    path: str
    parties: tuple[str, str]
    sizes: tuple[int, int]


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
    progress = Progress(report, sum(channel.size for channel in opened))
    verdicts = [judge(channel, progress) for channel in opened]
    folder.close()
    return Verdict(findings.all(), tuple(verdicts))


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
    texts = [identities.to_text(identities.NodeId(node)) for node in channel.nodes]
    sizes = [0 if copy is None else copy.size for copy in channel.logbooks]
    return ChannelVerdict(channel.path, (texts[0], texts[1]), (sizes[0], sizes[1]))
