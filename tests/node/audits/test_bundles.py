"""What an export holds, and what it must never hold."""

from __future__ import annotations

import stat
import tracemalloc
from pathlib import Path

import pytest

from node import errors
from node.audits import bundles, layouts
from node.storage import blobs
from protocol import checkpoints, identities
from tests.node.audits import worlds


def test_an_honest_export_holds(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 900)
    summary = subject.export(tmp_path / "export")
    verdict = worlds.verify(tmp_path / "export")
    assert verdict.faults == ()
    assert summary == bundles.Summary(channels=1, entries=902, skipped=0)
    assert [channel.sizes for channel in verdict.channels] == [(451, 451)]


def test_the_same_books_give_the_same_bytes(tmp_path: Path) -> None:
    exported = []
    for name in ("one", "two"):
        subject = worlds.world()
        worlds.talk(subject, 40)
        subject.export(tmp_path / name)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        exported.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in files])
    assert exported[0] == exported[1]


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "mine.txt").write_text("mine")
    for target in (tmp_path / "export", tmp_path / "export" / "mine.txt"):
        with pytest.raises(errors.NodeError) as raised:
            subject.export(target)
        assert raised.value.code == "audit.target"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]
    assert (tmp_path / "export" / "mine.txt").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    (tmp_path / "export").mkdir()
    subject.export(tmp_path / "export")
    assert worlds.verify(tmp_path / "export").ok


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    subject.db.execute("DELETE FROM identity_entries WHERE node = ?", (subject.merchants[1].node,))
    with pytest.raises(errors.NodeError) as raised:
        subject.export(tmp_path / "export")
    assert raised.value.code == "audit.no-identity"
    assert list(tmp_path.iterdir()) == []


def test_what_an_interrupted_export_left_is_replaced(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    (tmp_path / ".export.partial").mkdir()
    (tmp_path / ".export.partial" / "half").write_text("")
    subject.export(tmp_path / "export")
    assert worlds.verify(tmp_path / "export").ok
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_disk_that_refuses_is_a_disk_error(tmp_path: Path) -> None:
    subject = worlds.world()
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.NodeError) as raised:
        subject.export(tmp_path / "file" / "export")
    assert raised.value.code == "disk.failed"


def test_no_secret_no_nickname_and_no_personal_data_is_in_it(tmp_path: Path) -> None:
    subject = worlds.world()
    ciphertext = b"sealed address of a consumer " * 9
    blobs.put(subject.db, ciphertext)
    subject.write(0, "order.place", {"pii": {"cm": bytes(32), "ct": bytes(32), "kid": bytes(8), "len": 1, "x": "x"}})
    # a partner that names a foreign blob as the lines of its statement does not get it exported
    subject.write(1, "statement.propose", {"lines_hash": blobs.put(subject.db, b"\x00" + ciphertext)})
    subject.db.execute(
        "INSERT INTO shop_orders (source, shop, number, content, imported_ms) VALUES ('s', 's', 'n', 'Frau Meier', 1)"
    )
    worlds.talk(subject, 20)
    subject.export(tmp_path / "export")
    content = b"".join(path.read_bytes() for path in (tmp_path / "export").rglob("*") if path.is_file())
    secrets = [merchant.root for merchant in subject.merchants]
    for role in ("log", "receipt", "settle", "relay", "mirror", "witness", "hs"):
        secrets += [getattr(merchant.secrets, role) for merchant in subject.merchants]
    for secret in secrets:
        assert secret not in content
        assert secret.hex().encode() not in content
    for text in (b"nickname", b"sealed address", b"Frau Meier", b"127.0.0.1"):
        assert text not in content
    assert not list((tmp_path / "export").rglob(layouts.BLOBS))


def test_only_its_owner_can_open_the_folder(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    subject.export(tmp_path / "export")
    assert stat.S_IMODE((tmp_path / "export").stat().st_mode) == 0o700


def test_only_receipted_entries_are_exported(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 20)
    size = subject.logbook(0).size
    subject.write(0, "peer.card", worlds.card("not receipted"))
    subject.sequence(0)
    summary = subject.export(tmp_path / "export")
    assert subject.logbook(0).size == size + 1
    assert summary.entries == size + subject.logbook(1).size
    assert worlds.verify(tmp_path / "export").ok


def test_entries_that_saw_what_is_not_receipted_yet_wait_for_it(tmp_path: Path) -> None:
    """The partner's answer may arrive before its receipt: then the export ends at the head before the answer."""
    subject = worlds.world()
    worlds.talk(subject, 20)
    sizes = [subject.logbook(side).size for side in (0, 1)]
    subject.write(0, "peer.card", worlds.card("asked"))
    subject.exchange(0)
    subject.write(1, "peer.card", worlds.card("answered, having seen it"))
    subject.exchange(1)
    subject.db.execute("DELETE FROM receipts WHERE logbook = ? AND size > ?", (subject.logbook(0).id, sizes[0]))
    summary = subject.export(tmp_path / "export")
    assert summary.entries == sum(sizes)
    verdict = worlds.verify(tmp_path / "export")
    assert verdict.faults == ()


def test_a_channel_without_receipts_is_skipped_and_counted(tmp_path: Path) -> None:
    subject = worlds.world()
    subject.exchange(0)
    summary = subject.export(tmp_path / "export")
    assert summary == bundles.Summary(channels=0, entries=0, skipped=1)
    assert worlds.verify(tmp_path / "export").ok


def test_later_epochs_and_several_partners_stand_beside_each_other(tmp_path: Path) -> None:
    first = worlds.world()
    second = worlds.add_channel(first.db, first.merchants, epoch=2)
    third = worlds.add_channel(first.db, (first.merchants[0], worlds.Merchant(60)))
    for subject in (first, second, third):
        worlds.talk(subject, 10)
    summary = first.export(tmp_path / "export")
    verdict = worlds.verify(tmp_path / "export")
    assert verdict.faults == ()
    assert summary.channels == len(verdict.channels) == 3
    names = sorted(path.name for path in (tmp_path / "export" / layouts.CHANNELS).iterdir())
    short = [identities.to_text(subject.merchants[1].node)[:15] for subject in (first, third)]
    assert names == sorted([short[0], f"{short[0]}-2", short[1]])


def test_old_notes_hold_after_a_rotation_of_keys(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 12)
    for merchant in subject.merchants:
        merchant.rotate()
        subject.db.execute("INSERT INTO identity_entries VALUES (?, 1, ?)", (merchant.node, merchant.leaves[1]))
    worlds.talk(subject, 12)
    subject.export(tmp_path / "export")
    verdict = worlds.verify(tmp_path / "export")
    assert verdict.faults == ()


def test_memory_does_not_grow_with_the_logbook(tmp_path: Path) -> None:
    peaks = []
    for number, documents in enumerate((1_000, 6_000)):
        subject = worlds.world()
        worlds.talk(subject, documents, batch=500)
        tracemalloc.start()
        subject.export(tmp_path / str(number))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000, peaks


def test_the_readme_names_the_node_and_both_commands(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    subject.export(tmp_path / "export")
    text = (tmp_path / "export" / layouts.README).read_text()
    assert identities.to_text(subject.merchants[0].node) in text
    assert "hanse audit verify" in text
    assert "go run verify.go" in text
    assert "中文" in text
    assert all(len(line) <= 120 for line in text.splitlines())


def test_the_policy_is_one_that_c2sp_tools_read(tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 3)
    subject.export(tmp_path / "export")
    for path in (tmp_path / "export").rglob(layouts.POLICY):
        log, witness, quorum = path.read_text().splitlines()
        assert log.startswith("log ") and witness.startswith("witness reader ") and quorum == "quorum reader"
        name, algorithm, _ = checkpoints.parse_vkey(log.split(" ")[1])
        assert (name, algorithm) == (f"hanse/l/{path.parent.name}", checkpoints.ED25519)
        assert checkpoints.parse_vkey(witness.split(" ")[2])[1] == checkpoints.COSIGNATURE
