"""Checking an audit export offline: nothing is read but the folder, no database, no private key, no network.

What is checked, in this order, and all of it even where something fails (trade.md section 8):

1. identities: every identity logbook by the key rules of docs/protocol.md section 3.7;
2. signatures: each head by its author, each cosignature and pairing note by the reader, keys by generation;
3. roots: made again from the entries, under every signed head; tiles are what the entries give;
4. who knew what first: no entry contradicts a pairing note (law 13), `seen` never exceeds what was there;
5. rules: every document folded as the partners' nodes fold it, every amount recomputed, everything conserved;
6. chains: references that were opened name what they say, and orders along them add up;
7. nothing is in the folder that these checks have not used.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from node.audits import channels, faults, folders, judgements, keyrings, layouts, openings, parties, readings
from node.audits.accounts import StatementVerdict
from node.audits.faults import AuditFault
from node.audits.judgements import NOTHING, Numbers, Refusal
from node.audits.progresses import Progress, Report
from protocol import identities

__all__ = ["AuditFault", "ChannelVerdict", "Numbers", "Refusal", "StatementVerdict", "Verdict", "verify"]


@dataclass(frozen=True, slots=True)
class ChannelVerdict:
    """What the books of one channel prove. `path` is its folder, `parties` the NodeIDs as text, lower one first.

    `names` are what the parties call themselves, empty where one never said. `sizes` are the entries of each party's
    logbook, `known` the largest sizes that somebody's signature proves to exist: where they are larger, the books go
    on after the export. `judged` is false where the bytes are not those that were signed: then nothing is counted.
    `balances` are minor units that the second party owes the first, by currency; negative: the other way round.
    """

    path: str
    parties: tuple[str, str]
    sizes: tuple[int, int]
    known: tuple[int, int]
    judged: bool = False
    names: tuple[str, str] = ("", "")
    numbers: Numbers = NOTHING
    balances: Mapping[str, int] = field(default_factory=dict)
    statements: tuple[StatementVerdict, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a whole export proves: four numbers, never one, and everything that is wrong with it."""

    numbers: Numbers
    faults: tuple[AuditFault, ...]
    channels: tuple[ChannelVerdict, ...]
    chains: tuple[openings.ChainVerdict, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong. Refused, contested and undisclosed documents are no fault of the books."""
        return not self.faults

    @property
    def proved(self) -> int:
        """Documents that were signed, complete and lawful, and whose amounts were recomputed."""
        return self.numbers.proved

    @property
    def deemed(self) -> int:
        """Documents that took effect by silence."""
        return self.numbers.deemed

    @property
    def contested(self) -> int:
        """Documents on which the two sides differ."""
        return self.numbers.contested

    @property
    def not_disclosed(self) -> int:
        """Documents that name something that is not in the export."""
        return self.numbers.not_disclosed


def verify(directory: Path, report: Report, told: Sequence[Path] = ()) -> Verdict:
    """Check the export in a folder. Never raises for what is in it: everything wrong is a finding of the verdict.

    `told`: files of openings that came with it.
    """
    findings = faults.Findings()
    folder = folders.Folder.open(directory, findings)
    folder.expect(layouts.README)
    keys = parties.keyring_of_every_node(folder)
    found = [channels.open_channel(folder, name, keys) for name in folder.folders(layouts.CHANNELS)]
    opened = [channel for channel in found if channel is not None]
    if len(opened) == len(found):
        check_identities(folder, keys, opened)
    # each entry is read twice: for its bytes, and for its meaning
    progress = Progress("entries", 2 * sum(channel.size for channel in opened), report)
    drafts = [judge(folder, channel, progress) for channel in opened]
    said = [opening for path in told for opening in openings.read(path, findings)]
    chains = openings.resolve([judged for _, judged in drafts if judged is not None], said, findings)
    verdicts = [verdict if judged is None else concluded(verdict, judged) for verdict, judged in drafts]
    folder.close()
    numbers = functools.reduce(Numbers.plus, (verdict.numbers for verdict in verdicts), NOTHING)
    return Verdict(numbers, findings.all(), tuple(verdicts), chains)


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


def judge(
    folder: folders.Folder, channel: channels.Channel, progress: Progress
) -> tuple[ChannelVerdict, judgements.Judge | None]:
    """Check the bytes of both logbooks, and fold what they mean. No judge where nothing can be said of it."""
    channel.verify(progress.add)
    texts = [identities.to_text(identities.NodeId(node)) for node in channel.nodes]
    sizes = [0 if copy is None else copy.size for copy in channel.logbooks]
    verdict = ChannelVerdict(channel.path, (texts[0], texts[1]), (sizes[0], sizes[1]), (sizes[0], sizes[1]))
    sound = channel.sound
    if sound is None:
        folder.skip(channel.path, "the documents were not judged: the entries are not those that were signed")
        return verdict, None
    first, second = (readings.Author(side, sound[side], sound[1 - side].notes) for side in (0, 1))
    judged = judgements.Judge.of(folder, channel.path, sound)
    for reading in readings.interleaved((first, second), folder.findings):
        judged.take(reading)
        progress.add(1)
    if judged.history.sizes != verdict.sizes:
        folder.skip(channel.path, "the documents were not judged to the end: no order of them is possible")
    return replace(verdict, known=(max(sizes[0], first.beyond), max(sizes[1], second.beyond))), judged


def concluded(verdict: ChannelVerdict, judged: judgements.Judge) -> ChannelVerdict:
    """What the documents of a channel come to."""
    return replace(
        verdict,
        judged=True,
        names=judged.names(),
        numbers=judged.close(),
        balances=judged.balances(),
        statements=judged.accounts.verdicts(),
        refusals=judged.refusals(),
    )
