"""The proof of one single document: what a merchant shows when the rest of the books is nobody's business.

    README.txt                          for whoever is to be convinced; carries no evidence
    identities/<NodeID>/tile/entries/…  the identity logbooks of author and reader
    logbook/checkpoint                  a head of the author's logbook, cosigned by the reader
    logbook/vkey, mirror-vkey, policy   the keys, as C2SP tools take them
    opening.entry, .tlog-proof          entry 0, which says whose logbook it is, and that it is under that head
    document.entry, .tlog-proof         the document, and that it is under that head (C2SP tlog-proof)

It proves who wrote the document and that the partner had it on its disk at the time of the cosignature. It says
nothing about what the document came to: for that, the whole logbooks must be folded (`verifications`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from node import errors
from node.audits import attestations, bundles, faults, folders, keyrings, layouts, parties, readmes, views
from node.storage import exports, logbooks
from protocol import checkpoints, entries, identities, limits, merkle
from protocol.errors import PeerError

LOGBOOK: Final = "logbook"
OPENING: Final = "opening"
DOCUMENT: Final = "document"
FILES: Final = (
    layouts.README,
    *(f"{name}.{kind}" for name in (OPENING, DOCUMENT) for kind in ("entry", "tlog-proof")),
    *(f"{LOGBOOK}/{name}" for name in (layouts.CHECKPOINT, layouts.VKEY, layouts.MIRROR_VKEY, layouts.POLICY)),
)
"""Every file of a proof but the identity logbooks."""


@dataclass(frozen=True, slots=True)
class DocumentVerdict:
    """What the proof of a document shows. All but `faults` is only to be believed when there are none.

    `author` and `reader` are NodeIDs as text; `index` is the entry's in the logbook `origin`, `leaf` its hash in hex;
    `receipted_s` is when the reader says that it had it, in Unix seconds; `body` is the document as JSON has it.
    """

    faults: tuple[faults.AuditFault, ...]
    author: str = ""
    reader: str = ""
    origin: str = ""
    index: int = 0
    leaf: str = ""
    type: str = ""
    receipted_s: int = 0
    body: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.faults


def export(db: sqlite3.Connection, directory: Path, me: bytes, leaf: bytes) -> None:
    """Write the proof of the entry with this leaf hash (32 bytes) into a folder that does not exist yet or is empty.

    Raises `NodeError` `audit.document` for an entry that is not there or not receipted yet, and what
    `bundles.export` raises.
    """
    origin, index = exports.place_of(db, leaf) or ("", 0)
    logbook = logbooks.of_origin(db, origin)
    size = 0 if logbook is None else next(exports.receipted_sizes(db, logbook.id), 0)
    if logbook is None or index >= size:
        raise errors.NodeError("audit.document", "no receipted document has this hash", got=leaf.hex())
    part = bundles.part_of(db, logbook, identities.NodeId(me), size)

    def write(root: Path) -> None:
        for node in (part.author, part.reader):
            bundles.write_identity(db, root, node)
        note = bundles.write_head(db, root / LOGBOOK, part)
        for name, place in ((OPENING, 0), (DOCUMENT, index)):
            hashes = merkle.inclusion(place, size, logbooks.node_at(db, part.logbook.id))
            proof = checkpoints.format_proof(checkpoints.Proof(place, tuple(hashes), note))
            bundles.save(root / f"{name}.tlog-proof", [proof.encode()])
            bundles.save(root / f"{name}.entry", logbooks.entries(db, part.logbook.id, place, place + 1))
        bundles.save(root / layouts.README, [readmes.document(identities.to_text(part.author)).encode()])

    bundles.whole(directory, write)


def verify(directory: Path) -> DocumentVerdict:
    """Check the proof of a document. Never raises for what is in the folder: everything wrong is a finding."""
    findings = faults.Findings()
    folder = folders.Folder.open(directory, findings)
    for path in FILES:
        folder.expect(path)
    keys = parties.keyring_of_every_node(folder)
    data = folder.read(f"{OPENING}.entry", limits.ENTRY_BYTES_MAX)
    opening = None if data is None else parties.read_opening(data)
    verdict = DocumentVerdict(())
    if opening is None or not parties.opens(opening, [layouts.logbook(origin) for origin in opening.origins]):
        findings.add("audit.opening", f"{OPENING}.entry", "this entry does not open a logbook")
    elif parties.known(folder, LOGBOOK, opening, keys):
        verdict = prove(folder, opening, keys)
    folder.close()
    return replace(verdict, faults=findings.all())


def prove(folder: folders.Folder, opening: parties.Opening, keys: Mapping[bytes, keyrings.Keyring]) -> DocumentVerdict:
    """Check the head and both proofs, with the keys of the two parties."""
    author, reader = opening.nodes
    for node in sorted(keys.keys() - set(opening.nodes)):
        folder.findings.add(
            "audit.unexpected", keys[node].path, "an identity that is no party", "none", keys[node].path
        )
    notes = attestations.Attestations(folder, LOGBOOK, opening.origins[0], keys[author], keys[reader])
    if not notes.open() or notes.head is None:
        return DocumentVerdict(())
    note = folder.text(f"{LOGBOOK}/{layouts.CHECKPOINT}") or ""
    if included(folder, OPENING, notes.head.checkpoint, note, index=0) is None:
        return DocumentVerdict(())
    found = included(folder, DOCUMENT, notes.head.checkpoint, note)
    if found is None:
        return DocumentVerdict(())
    index, entry = found
    return DocumentVerdict(
        faults=(),
        author=identities.to_text(identities.NodeId(author)),
        reader=identities.to_text(identities.NodeId(reader)),
        origin=opening.origins[0],
        index=index,
        leaf=entries.leaf_hash(entry).hex(),
        receipted_s=notes.head.time_s,
        **meaning(folder, entry),
    )


def included(
    folder: folders.Folder, name: str, head: checkpoints.Checkpoint, note: str, index: int | None = None
) -> tuple[int, bytes] | None:
    """The index and bytes of an entry, once its proof shows it under the head; None, with findings, otherwise."""
    entry = folder.read(f"{name}.entry", limits.ENTRY_BYTES_MAX)
    path = f"{name}.tlog-proof"
    text = folder.text(path, limits.PROOF_FILE_BYTES_MAX)
    if entry is None or text is None:
        return None
    try:
        proof = checkpoints.parse_proof(text)
    except PeerError as error:
        folder.findings.add("audit.malformed", path, error.hint, error.expected or "", error.got or "")
        return None
    if proof.checkpoint != note or proof.extra is not None or index not in (None, proof.index):
        what = "not a proof of this entry under the head beside it"
        folder.findings.add(
            "audit.content", path, what, f"index {index}, {note}", f"index {proof.index}, {proof.checkpoint}"
        )
        return None
    try:
        merkle.verify_inclusion(entries.leaf_hash(entry), proof.index, head.size, proof.hashes, head.root)
    except PeerError as error:
        for place in (f"{name}.entry", path):
            what = f"the entry and its proof do not fit the signed head: {error.hint}"
            folder.findings.add("audit.root", place, what, error.expected or "", error.got or "")
        return None
    return proof.index, entry


def meaning(folder: folders.Folder, data: bytes) -> dict[str, Any]:
    """The type and body of the document, for people."""
    try:
        entry = entries.parse(data)
    except PeerError as error:
        folder.findings.add("audit.malformed", f"{DOCUMENT}.entry", error.hint, error.expected or "", error.got or "")
        return {}
    return {"type": entry.type, "body": views.plain(entry.body)}
