"""Parties that hold their keys and lie with them: the notes that they signed themselves prove it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from node.audits import faults, layouts
from node.storage import logbooks, partners
from protocol import checkpoints, entries, tiles
from tests.node.audits import worlds


@pytest.fixture
def subject() -> worlds.World:
    """Two merchants with a few entries each, all receipted."""
    subject = worlds.world()
    worlds.talk(subject, 20)
    return subject


def found(subject: worlds.World, directory: Path, code: str) -> list[faults.AuditFault]:
    subject.export(directory)
    verdict = worlds.verify(directory)
    assert not verdict.ok
    return [fault for fault in verdict.faults if fault.code == code]


def folder(subject: worlds.World, side: int) -> str:
    """The folder of a logbook in the export."""
    partner = subject.merchants[1].node
    return f"{layouts.channel(partner, 1)}/{layouts.logbook(subject.logbook(side).origin)}"


def signed_pair(subject: worlds.World, author: int, read: checkpoints.Checkpoint, own: checkpoints.Checkpoint) -> str:
    reader = subject.merchants[1 - author]
    name = checkpoints.key_name(reader.node, "receipt")
    return checkpoints.sign_pair(checkpoints.Pair(read, own), name, reader.secrets.receipt)


def head(subject: worlds.World, side: int) -> checkpoints.Checkpoint:
    logbook = subject.logbook(side)
    return checkpoints.Checkpoint(logbook.origin, logbook.size, logbook.root)


def test_law_13_an_entry_that_denies_what_its_author_had_receipted(subject: worlds.World, tmp_path: Path) -> None:
    for _ in range(3):
        subject.write(0, "peer.card", worlds.card("cancel"))
    subject.exchange(0)
    index = subject.size(1)
    subject.write(1, "peer.card", worlds.card("shipped, knowing nothing"), seen=subject.seen[1] - 2)
    subject.settle()
    lies = found(subject, tmp_path / "export", "audit.lie")
    assert len(lies) == 1
    assert lies[0].path == f"{folder(subject, 1)}/tile/entries/000.p/{subject.size(1)}"
    assert lies[0].what.startswith(f"entry {index} denies what its author had seen")
    assert lies[0].expected == f"at least {subject.seen[1]}"
    assert lies[0].got == str(subject.seen[1] - 2)


def test_law_13_an_entry_that_had_seen_more_than_its_author_had(subject: worlds.World, tmp_path: Path) -> None:
    index, size = subject.size(1), subject.size(0)
    subject.write(1, "peer.card", worlds.card("prophecy"), seen=size + 2)
    subject.write(0, "peer.card", worlds.card("first"))
    subject.exchange(0)  # the other side receipts size + 1 and signs its prophecy in the same moment
    subject.write(0, "peer.card", worlds.card("second"))
    subject.settle()
    lies = found(subject, tmp_path / "export", "audit.lie")
    assert [lie.what.split(",")[0] for lie in lies] == [f"entry {index} had seen more than its author had"]
    assert (lies[0].expected, lies[0].got) == (f"at most {size + 1}", str(size + 2))


def test_seen_beyond_everything_that_is_there(subject: worlds.World, tmp_path: Path) -> None:
    index = subject.size(1)
    subject.write(1, "peer.card", worlds.card("prophecy"), seen=10**6)
    subject.write(1, "peer.card", worlds.card("back again"))
    subject.settle()
    faults = found(subject, tmp_path / "export", "audit.seen")
    assert [fault.what.split(" had")[0] for fault in faults] == [f"entry {index}"]
    assert faults[0].got == str(10**6)


def test_logbooks_that_each_wait_for_the_other(subject: worlds.World, tmp_path: Path) -> None:
    sizes = [subject.size(side) for side in (0, 1)]
    subject.write(0, "peer.card", worlds.card("after yours"), seen=sizes[1] + 1)
    subject.write(1, "peer.card", worlds.card("after yours"), seen=sizes[0] + 1)
    subject.settle()
    faults = found(subject, tmp_path / "export", "audit.seen")
    assert {fault.what.split(" had")[0] for fault in faults} == {f"entry {size}" for size in sizes}


def test_L07_a_receipt_over_a_head_that_never_was(subject: worlds.World, tmp_path: Path) -> None:
    read, own = head(subject, 0), head(subject, 1)
    bogus = checkpoints.Checkpoint(read.origin, read.size, b"\1" * 32)
    subject.db.execute(
        "UPDATE receipts SET pair = ? WHERE logbook = ? AND size = ?",
        (signed_pair(subject, 0, bogus, own), subject.logbook(0).id, read.size),
    )
    faults = found(subject, tmp_path / "export", "audit.receipt")
    assert [fault.path for fault in faults] == [f"{folder(subject, 0)}/receipts"]
    assert faults[0].expected == bogus.root.hex()
    assert faults[0].got == read.root.hex()


def test_L07_a_receipt_for_another_logbook(subject: worlds.World, tmp_path: Path) -> None:
    read, own = head(subject, 0), head(subject, 1)
    subject.db.execute(
        "UPDATE receipts SET pair = ? WHERE logbook = ? AND size = ?",
        (signed_pair(subject, 0, own, read), subject.logbook(0).id, read.size),
    )
    assert any(
        "pairs another logbook" in fault.what for fault in found(subject, tmp_path / "export", "audit.signature")
    )


def test_L03_a_reader_that_signs_another_history_of_its_own(subject: worlds.World, tmp_path: Path) -> None:
    read, own = head(subject, 0), head(subject, 1)
    bogus = checkpoints.Checkpoint(own.origin, own.size, b"\1" * 32)
    subject.db.execute(
        "UPDATE receipts SET pair = ? WHERE logbook = ? AND size = ?",
        (signed_pair(subject, 0, read, bogus), subject.logbook(0).id, read.size),
    )
    faults = found(subject, tmp_path / "export", "audit.fork")
    assert [fault.path for fault in faults] == [f"{folder(subject, 0)}/receipts"]


def test_L03_an_author_that_signs_two_histories(subject: worlds.World, tmp_path: Path) -> None:
    logbook = subject.logbook(0)
    size = logbook.size - 1
    bogus = checkpoints.Checkpoint(logbook.origin, size, b"\1" * 32)
    note = checkpoints.sign_checkpoint(bogus, subject.merchants[0].secrets.log)
    subject.db.execute("DELETE FROM heads WHERE logbook = ? AND size = ?", (logbook.id, size))
    subject.db.execute("DELETE FROM receipts WHERE logbook = ? AND size = ?", (logbook.id, size))
    subject.db.execute("INSERT INTO heads VALUES (?, ?, ?, ?)", (logbook.id, size, bogus.root, note))
    faults = found(subject, tmp_path / "export", "audit.fork")
    assert [fault.path for fault in faults] == [f"{folder(subject, 0)}/heads"]
    assert faults[0].expected == bogus.root.hex()


def test_L19_a_cosignature_whose_time_went_back(subject: worlds.World, tmp_path: Path) -> None:
    subject.write(0, "peer.card", worlds.card("late"))
    subject.time_s -= 1_000
    subject.settle()
    faults = found(subject, tmp_path / "export", "audit.order")
    assert any("earlier than the one before" in fault.what for fault in faults)


def test_a_newer_head_signed_by_an_older_key(subject: worlds.World, tmp_path: Path) -> None:
    author = subject.merchants[1]
    old = author.root
    author.rotate()
    subject.db.execute("INSERT INTO identity_entries VALUES (?, 1, ?)", (author.node, author.leaves[1]))
    worlds.talk(subject, 10)
    author.root = old
    worlds.talk(subject, 10)
    faults = found(subject, tmp_path / "export", "audit.order")
    assert any("signed by a key that was replaced" in fault.what for fault in faults)
    assert any("cosigned by a key that was replaced" in fault.what for fault in faults)
    assert any("signed by an older key" in fault.what for fault in faults)


def test_a_withheld_pairing_note_is_missed(subject: worlds.World, tmp_path: Path) -> None:
    worlds.talk(subject, 40)
    subject.export(tmp_path / "export")
    path = tmp_path / "export" / folder(subject, 0) / "receipts"
    records = path.read_text().split("\nhanse receipt v1\n")
    assert len(records) > 2
    path.write_text("\nhanse receipt v1\n".join([*records[:1], *records[2:]]))
    faults = worlds.verify(tmp_path / "export").faults
    assert [(fault.code, fault.path) for fault in faults] == [("audit.receipt", f"{folder(subject, 0)}/receipts")]
    assert "pairing note is missing" in faults[0].what


def test_later_heads_that_are_known_to_exist_are_no_fault(subject: worlds.World, tmp_path: Path) -> None:
    subject.write(1, "peer.card", worlds.card("on its way"))
    subject.sequence(1)
    subject.write(0, "peer.card", worlds.card("receipted with it"))
    subject.exchange(0)
    subject.export(tmp_path / "export")
    verdict = worlds.verify(tmp_path / "export")
    assert verdict.faults == ()
    sides = [subject.merchants[side].node for side in (0, 1)]
    exported = dict(zip(sorted(sides), verdict.channels[0].sizes, strict=True))
    assert exported[sides[1]] == subject.size(1) - 1
    assert verdict.channels[0].known[sorted(sides).index(sides[1])] == subject.size(1)


def forge(subject: worlds.World, directory: Path, change: Callable[[bytes], bytes]) -> None:
    """Change entry 3 of the partner's logbook and make every hash in the folder anew, as one could without keys."""
    place = directory / folder(subject, 1)
    bundle = next((place / "tile/entries/000.p").iterdir())
    content = tiles.split_bundle(bundle.read_bytes(), int(bundle.name))
    content[3] = change(content[3])
    bundle.write_bytes(tiles.bundle(content))
    (place / f"tile/0/000.p/{bundle.name}").write_bytes(b"".join(map(entries.leaf_hash, content)))


def test_L04_entries_forged_with_all_their_hashes_do_not_give_the_signed_root(
    subject: worlds.World, tmp_path: Path
) -> None:
    subject.export(tmp_path / "export")
    forge(subject, tmp_path / "export", lambda data: data.replace(b"merchant", b"merchamt"))
    faults = worlds.verify(tmp_path / "export").faults
    assert [fault.code for fault in faults] == ["audit.root", "audit.stopped"]
    assert faults[0].path == f"{folder(subject, 1)}/heads"
    assert "do not give this root" in faults[0].what


def test_a_logbook_of_another_channel_has_no_place_here(subject: worlds.World, tmp_path: Path) -> None:
    other = worlds.world((10, 60))
    worlds.talk(other, 20)
    subject.export(tmp_path / "export")
    other.export(tmp_path / "other")
    shutil.rmtree(tmp_path / "export" / folder(subject, 1))
    shutil.copytree(
        tmp_path / "other" / folder(other, 1),
        tmp_path / "export" / layouts.channel(subject.merchants[1].node, 1) / folder(other, 1).rpartition("/")[2],
    )
    faults = worlds.verify(tmp_path / "export").faults
    assert "audit.opening" in [fault.code for fault in faults]


def test_stored_receipts_never_change_so_a_second_one_is_not_exported(subject: worlds.World, tmp_path: Path) -> None:
    logbook = subject.logbook(0)
    before = logbooks.newest_receipt(subject.db, logbook.id)
    subject.receipt(0)
    assert logbooks.newest_receipt(subject.db, logbook.id) == before
    subject.export(tmp_path / "export")
    assert worlds.verify(tmp_path / "export").ok


def kept(subject: worlds.World, first: checkpoints.Checkpoint, second: checkpoints.Checkpoint) -> None:
    """The owner of the database keeps two heads that the partner signed, as replication does it."""
    private = subject.merchants[1].secrets.log
    notes = [checkpoints.sign_checkpoint(each, private) for each in (first, second)]
    partners.keep_evidence(subject.db, subject.channel.id, "fork", "\n\n".join(notes).encode())


def test_L03_kept_heads_that_prove_two_histories(subject: worlds.World, tmp_path: Path) -> None:
    real = head(subject, 1)
    kept(subject, real, checkpoints.Checkpoint(real.origin, real.size, b"\1" * 32))
    partners.keep_evidence(subject.db, subject.channel.id, "recovery", b"no head at all")
    (fault,) = found(subject, tmp_path / "export", "audit.fork")
    assert fault.path == f"{layouts.channel(subject.merchants[1].node, 1)}/evidence/1"
    assert fault.what == f"this proves that the author of {real.origin} wrote two histories"
    assert real.root.hex() in fault.expected
    assert "01" * 32 in fault.got


def test_L03_kept_heads_of_different_sizes_prove_nothing_by_themselves(subject: worlds.World, tmp_path: Path) -> None:
    real = head(subject, 1)
    kept(subject, real, checkpoints.Checkpoint(real.origin, real.size + 1, b"\1" * 32))
    (fault,) = found(subject, tmp_path / "export", "audit.fork")
    assert fault.what.startswith("this was kept by a party as a sign")


def test_L03_kept_notes_that_are_none_accuse_nobody(subject: worlds.World, tmp_path: Path) -> None:
    real = head(subject, 1)
    forged = checkpoints.sign_checkpoint(real, subject.merchants[0].secrets.log)
    for content in (f"{forged}\n\n{forged}".encode(), b"one\n", b"\xff"):
        partners.keep_evidence(subject.db, subject.channel.id, "fork", content)
    subject.export(tmp_path / "export")
    faults = worlds.verify(tmp_path / "export").faults
    assert [fault.code for fault in faults] == ["audit.signature", "audit.signature", "audit.malformed"]
