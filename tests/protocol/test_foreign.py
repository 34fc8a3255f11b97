"""What Hanse writes, read by Go's signed notes and transparency logs (tests/foreign/verify.go)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol import checkpoints
from tests import foreign
from tests.foreign import exports
from tests.vectors import signatures

SOURCE = Path(next(iter(foreign.__path__))) / "verify.go"
PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
Verify = Callable[[Path], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """The Go program, built once."""
    if shutil.which("go") is None or not PACKAGES.exists():
        reason = "Go is missing: install the Debian packages golang-go and golang-golang-x-mod-dev (`make debian`)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("foreign")
    environment = {"GOCACHE": str(folder / "cache"), **os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode"}
    if "HOME" in os.environ and "GOCACHE" not in os.environ:
        del environment["GOCACHE"]
    program = folder / "verify"
    built = subprocess.run(
        ["go", "build", "-o", str(program), str(SOURCE)], env=environment, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr

    def run(target: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(program), str(target)], capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("size", [0, 1, 2, 5, 255, 256, 257, 600, 1025])
def test_L09_an_export_is_right_for_code_of_others(verify: Verify, tmp_path: Path, size: int) -> None:
    older = tuple(number for number in (0, 1, 2, 3, 128, 256, 257, 500, 1024) if number <= size)
    proofs = tuple(number for number in (0, 1, 4, 254, 255, 256, 599, 1024) if number < size)
    exports.export(tmp_path, size, older=older, proofs=proofs)
    result = verify(tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"right: {signatures.ORIGIN}, {size} entries, root ")
    assert result.stdout.endswith("1 cosignatures\n")


def flip(path: Path, position: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


EXPORTED = (
    "checkpoint",
    "checkpoints/256",
    "consistency/256",
    "proofs/300.tlog-proof",
    "tile/0/000",
    "tile/0/002.p/88",
    "tile/1/000.p/2",
)


@pytest.mark.parametrize("file", EXPORTED)
def test_tamper_evident_a_changed_file_is_named(verify: Verify, tmp_path: Path, file: str) -> None:
    exports.export(tmp_path, 600, older=(256,), proofs=(300,))
    flip(tmp_path / file, 90 if file.startswith(("checkpoint", "consistency", "proofs")) else -1)
    result = verify(tmp_path)
    assert (result.returncode, result.stderr.startswith(f"wrong: {file}: ")) == (1, True), result.stderr


@pytest.mark.parametrize(
    "file", ["vkey", "tile/0/001", "tile/entries/001", "tile/entries/002.p/88", "proofs/300.entry"]
)
def test_tamper_evident_a_missing_file_is_named(verify: Verify, tmp_path: Path, file: str) -> None:
    exports.export(tmp_path, 600, proofs=(300,))
    (tmp_path / file).unlink()
    result = verify(tmp_path)
    assert (result.returncode, result.stderr.startswith(f"wrong: {file}: ")) == (1, True), result.stderr


def test_tamper_evident_a_changed_entry_changes_the_root(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 600)
    flip(tmp_path / "tile/entries/001")
    result = verify(tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("wrong: checkpoint: the entries have root ")


def test_tamper_evident_an_entry_too_many_or_too_few(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5)
    path = tmp_path / "tile/entries/000.p/5"
    data = path.read_bytes()
    for changed in (data + b"\x00\x00", data[:-1], b""):
        path.write_bytes(changed)
        assert verify(tmp_path).stderr.startswith("wrong: tile/entries/000.p/5: ")


def test_a_tile_that_the_tree_does_not_have(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5)
    exports.write(tmp_path, "tile/1/000.p/1", bytes(32))
    assert verify(tmp_path).stderr.startswith("wrong: tile/1/000.p/1: no tile of a tree of 5 entries")


def test_a_proof_for_another_entry(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5, proofs=(3,))
    exports.write(tmp_path, "proofs/3.entry", exports.entry(2))
    assert verify(tmp_path).stderr.startswith("wrong: proofs/3.tlog-proof: ")


def test_a_checkpoint_without_its_cosignature(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5)
    exports.write(tmp_path, "checkpoint", exports.Tree(5).note(5))
    assert verify(tmp_path).stderr.startswith("wrong: checkpoint: no signature of hanse/n/")


def test_a_mirror_key_is_optional(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5)
    (tmp_path / "mirror-vkey").unlink()
    assert verify(tmp_path).stdout.endswith("0 cosignatures\n")


def test_L03_an_older_head_of_another_history(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5)
    head = checkpoints.Checkpoint(signatures.ORIGIN, 3, bytes(32))
    exports.write(tmp_path, "checkpoints/3", checkpoints.sign_checkpoint(head, signatures.SECRETS.log))
    assert verify(tmp_path).stderr.startswith("wrong: checkpoints/3: the first 3 entries have root ")


@pytest.mark.parametrize("file", ["vkey", "mirror-vkey"])
def test_L10_a_weak_key_verifies_nothing(verify: Verify, tmp_path: Path, file: str) -> None:
    exports.export(tmp_path, 5)
    kind = checkpoints.ED25519 if file == "vkey" else checkpoints.COSIGNATURE
    exports.write(tmp_path, file, checkpoints.vkey("example.com/weak", kind, b"\x01" + bytes(31)))
    assert verify(tmp_path).stderr.startswith(f"wrong: {file}: a weak key")


def test_go_reads_sixteen_strangers_too(verify: Verify, tmp_path: Path) -> None:
    exports.export(tmp_path, 5)
    path = tmp_path / "checkpoint"
    path.write_text(path.read_text("utf-8") + "".join(signatures.stranger(n) for n in range(16)), "utf-8")
    assert verify(tmp_path).returncode == 0
