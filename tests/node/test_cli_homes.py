"""Founding a node, starting it, and looking for trouble in its home."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
import structlog

from node import errors, keystore
from node.control import clients
from node.demonstrations import merchants
from node.system import archives, backups, clocks, disks, homes
from node.terminal import examinations, journals
from protocol import identities, keys
from tests.node import controls, programs

PASSPHRASE: Final = {"HANSE_PASSPHRASE": "a long passphrase"}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "home"
    done = programs.run("--home", str(home), "init", "Tea House", "--listen", "127.0.0.1:0", environment=PASSPHRASE)
    assert done.exit_code == 0, done.output
    return home


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "home"))


# ------------------------------------------------------------------------------------------------------------- init


def test_init_makes_a_node_and_shows_its_recovery_codes_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = programs.answer(programs.run("--home", str(home), "init", "茶舍", "--json", environment=PASSPHRASE))
    unlocked = keystore.unseal((home / "keys").read_bytes(), PASSPHRASE["HANSE_PASSPHRASE"])
    identities.from_text(made["node"])
    next_root, recovery = (identities.from_text(made["recovery"][name]) for name in ("next_root", "recovery"))
    keys.public(recovery, "rec")
    assert len({bytes(next_root), bytes(recovery), unlocked.root}) == 3
    secrets = (next_root, recovery, unlocked.root)
    stored = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(secret in content for secret in secrets for content in stored)
    assert '"茶舍"' in (home / "config.toml").read_text(encoding="utf-8")


def test_init_prints_the_sheet_for_a_person(tmp_path: Path) -> None:
    done = programs.run("--home", str(tmp_path / "home"), "init", "Tea", environment=PASSPHRASE)
    assert "RECOVERY SHEET" in done.stdout and "Last resort" in done.stdout


def test_init_writes_the_sheet_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet"
    line = ["--home", str(tmp_path / "home"), "init", "Tea", "--recovery-sheet", str(sheet)]
    done = programs.run(*line, environment=PASSPHRASE)
    assert done.exit_code == 0
    assert sheet.stat().st_mode & 0o777 == 0o600
    codes = [
        text.split()[-1] for text in sheet.read_text().splitlines() if text.startswith(("Next keys", "Last resort"))
    ]
    assert len(codes) == 2
    assert not any(code in done.output for code in codes)


def test_init_never_overwrites(home: Path, tmp_path: Path) -> None:
    before = (home / "keys").read_bytes()
    again = programs.run("--home", str(home), "init", "Other", environment=PASSPHRASE)
    assert (again.exit_code, (home / "keys").read_bytes()) == (errors.Exit.REFUSED, before)
    taken = tmp_path / "taken"
    taken.write_text("mine")
    line = ["--home", str(tmp_path / "new"), "init", "Tea", "--recovery-sheet", str(taken)]
    assert programs.run(*line, environment=PASSPHRASE).exit_code == errors.Exit.REFUSED
    assert taken.read_text() == "mine"
    assert not (tmp_path / "new").exists()


def test_init_leaves_a_folder_with_other_files_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    tmp_path.chmod(0o755)
    done = programs.run("--home", str(tmp_path), "--json", "init", "Tea", environment=PASSPHRASE)
    error = programs.answer(done)["error"]
    assert (error["code"], error["got"]) == ("home.exists", "photographs")
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["photographs"]


def test_init_names_faults_as_they_were_typed(tmp_path: Path) -> None:
    line = ["--home", str(tmp_path / "home"), "--json", "init", " ", "--listen", "x", "--advertise", "y y"]
    error = programs.answer(programs.run(*line, environment=PASSPHRASE))["error"]
    assert sorted(fault["path"] for fault in error["faults"]) == ["--advertise", "--listen", "NAME"]


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "code"),
    [
        (["Tea", "--listen", "nowhere"], PASSPHRASE, errors.Exit.CONFIGURATION, "config.malformed"),
        (["Tea", "--advertise", "no address"], PASSPHRASE, errors.Exit.CONFIGURATION, "config.malformed"),
        (["\x07"], PASSPHRASE, errors.Exit.CONFIGURATION, "config.malformed"),
        (["Tea"], {"HANSE_PASSPHRASE": "short"}, errors.Exit.PERMISSION, "key.passphrase"),
        (["Tea"], {}, errors.Exit.PERMISSION, "key.passphrase"),
        (["Tea"], {"HANSE_PASSPHRASE_FILE": "/nonexistent/file"}, errors.Exit.PERMISSION, "key.passphrase"),
    ],
)
def test_init_refuses_and_leaves_no_node(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], status: errors.Exit, code: str
) -> None:
    home = tmp_path / "home"
    done = programs.run("--home", str(home), "--json", "init", *arguments, environment=environment)
    assert (done.exit_code, programs.answer(done)["error"]["code"]) == (status, code)
    assert not (home / "keys").exists() and not (home / "data" / "hanse.db").exists()
    assert programs.run("--home", str(home), "init", "Tea", environment=PASSPHRASE).exit_code == 0


def test_init_removes_what_it_made_when_it_fails(tmp_path: Path) -> None:
    home = tmp_path / "home"
    line = ["--home", str(home), "init", "Tea", "--recovery-sheet", str(tmp_path / "absent" / "sheet")]
    done = programs.run(*line, environment=PASSPHRASE)
    assert done.exit_code == errors.Exit.DISK
    assert programs.run("--home", str(home), "init", "Tea", environment=PASSPHRASE).exit_code == 0


# -------------------------------------------------------------------------------------------------------------- run


def test_run_needs_a_node(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        done = programs.run("--home", str(path), "run", "--json", environment=PASSPHRASE)
        assert (done.exit_code, programs.answer(done)["error"]["code"]) == (errors.Exit.CONFIGURATION, "home.empty")


def test_run_refuses_a_wrong_passphrase(home: Path) -> None:
    done = programs.run("--home", str(home), "run", environment={"HANSE_PASSPHRASE": "the wrong one"})
    assert done.exit_code == errors.Exit.PERMISSION
    assert "the wrong one" not in done.output


def test_O01_run_refuses_a_misspelt_key_with_its_line(home: Path) -> None:
    (home / "config.toml").write_text('name = "Tea"\nlisten_on = "127.0.0.1:1"\n')
    done = programs.run("--home", str(home), "run", "--json", environment=PASSPHRASE)
    told = programs.answer(done)["error"]
    assert done.exit_code == errors.Exit.CONFIGURATION
    assert "config.toml:2" in told["faults"][0]["path"] and "listen" in told["faults"][0]["expected"]


def test_O05_a_second_start_names_the_first_ones_process(home: Path) -> None:
    with homes.locked(homes.open_home(home)):
        done = programs.run("--home", str(home), "run", "--json")
    told = programs.answer(done)["error"]
    assert (done.exit_code, told["code"], told["got"]) == (errors.Exit.REFUSED, "home.locked", f"process {os.getpid()}")


def test_S04_run_refuses_to_keep_failing(home: Path) -> None:
    opened = homes.open_home(home)
    for _ in range(3):
        homes.note_failure(opened, clocks.SystemClock().now_ms())
    done = programs.run("--home", str(home), "run", "--json", environment=PASSPHRASE)
    assert (done.exit_code, programs.answer(done)["error"]["code"]) == (errors.Exit.DISK, "storage.crash-loop")


def test_O04_a_real_node_answers_and_ends_at_sigterm(home: Path) -> None:
    line = [*merchants.interpreter(), merchants.PROGRAM, "--home", str(home), "--json", "run"]
    environment = merchants.packages({**os.environ, **PASSPHRASE, "HANSE_CONSOLE": "127.0.0.1:0"})
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            first = process.stdout.readline()
            assert b"listening" in first, process.stderr.read()
            assert clients.call(home, "status", {})["name"] == "Tea House"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
            logged = process.stderr.read()
        finally:
            process.kill()
    assert b"Traceback" not in logged
    assert PASSPHRASE["HANSE_PASSPHRASE"].encode() not in logged


# ----------------------------------------------------------------------------------------------------------- doctor


def examined(home: Path, *, status: int = 0) -> dict[str, dict[str, Any]]:
    done = programs.run("--home", str(home), "doctor", "--json")
    assert done.exit_code == status, done.output
    return {finding["check"]: finding for finding in programs.answer(done)["findings"]}


def fingerprint(home: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of every file but the shared memory of SQLite, which readers keep their locks in."""
    return {
        str(path): (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in home.rglob("*")
        if path.is_file() and not path.name.endswith("-shm") and path.stat().st_size
    }


def test_O10_the_doctor_finds_a_node_at_rest_sound_and_changes_nothing(home: Path) -> None:
    before = fingerprint(home)
    found = examined(home)
    assert fingerprint(home) == before
    assert {finding["severity"] for finding in found.values()} <= {"ok", "warning"}
    assert found["node"]["found"] == "does not run"
    assert found["integrity"]["found"] == "whole"
    assert "journal mode WAL" in found["database"]["found"]
    assert sqlite3.sqlite_version in found["SQLite"]["found"]


def test_O10_the_doctor_looks_at_a_running_node(home: Path) -> None:
    with homes.locked(homes.open_home(home)), controls.Control(home, {"status": {"online": 3}}):
        found = examined(home)
    assert found["node"]["found"] == f"process {os.getpid()} runs and answers, 3 partners online"
    assert "integrity" not in found


def test_O10_the_doctor_notices_a_node_that_holds_its_home_and_is_silent(home: Path) -> None:
    with homes.locked(homes.open_home(home)):
        found = examined(home, status=errors.Exit.UNREACHABLE)
    assert found["node"]["severity"] == "error"


def corrupt_page(home: Path) -> None:
    database = home / "data" / "hanse.db"
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 3 + 4096] = b"\xff" * 4096
    database.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "check", "status", "code"),
    [
        (lambda home: (home / "keys").chmod(0o644), "home", errors.Exit.PERMISSION, "home.permission"),
        (lambda home: (home / "keys").unlink(), "keys", errors.Exit.PERMISSION, "key.missing"),
        (lambda home: (home / "keys").write_text("{}"), "keys", errors.Exit.UNREADABLE, "key.unreadable"),
        (
            lambda home: (home / "config.toml").write_text("nmae = 1"),
            "configuration",
            errors.Exit.CONFIGURATION,
            "config.malformed",
        ),
        (lambda home: (home / "data" / "hanse.db").unlink(), "database", errors.Exit.CONFIGURATION, "home.empty"),
        (
            lambda home: (home / "data" / "hanse.db").write_bytes(b"no database"),
            "database",
            errors.Exit.BUG,
            "storage.failed",
        ),
        (corrupt_page, "integrity", errors.Exit.BUG, "storage.failed"),
        (shutil.rmtree, "home", errors.Exit.CONFIGURATION, "home.empty"),
    ],
)
def test_O10_the_doctors_status_is_that_of_the_gravest_finding(
    home: Path, harm: Callable[[Path], object], check: str, status: errors.Exit, code: str
) -> None:
    harm(home)
    found = examined(home, status=status)
    assert (found[check]["severity"], found[check]["code"]) == ("error", code)


def test_O06_the_doctor_warns_before_the_disk_is_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(total=100 << 30, free=19 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert examined(home)["disk"]["severity"] == "warning"
    usage.free = 1 << 20
    assert examined(home, status=errors.Exit.DISK)["disk"]["code"] == "disk.full"


def test_O07_the_doctor_notices_a_clock_before_the_last_work(home: Path) -> None:
    opened = homes.open_home(home)
    newest = max(path.stat().st_mtime for path in opened.data.iterdir())
    behind, right = (next(examinations.clock(opened, newest + offset)) for offset in (-3 * 86_400, 5))
    assert (behind.severity, right.severity) == (examinations.Severity.WARNING, examinations.Severity.OK)


@pytest.mark.parametrize(
    ("version", "faulty"), [((3, 6, 23), False), ((3, 7, 0), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_the_doctor_knows_the_versions_with_the_wal_reset_fault(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], faulty: bool
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    verdict = list(examinations.program())[1]
    assert ("WAL-reset" in verdict.found) == faulty
    assert ("exactly one" in verdict.found) == faulty
    assert verdict.severity is examinations.Severity.OK


def test_recent_storage_failures_are_a_warning(home: Path) -> None:
    homes.note_failure(homes.open_home(home), clocks.SystemClock().now_ms())
    assert examined(home)["storage failures"]["severity"] == "warning"


def test_a_lock_file_of_a_dead_process_is_no_running_node(home: Path) -> None:
    opened = homes.open_home(home)
    opened.lock.write_text("999999999\n")
    assert examinations.running(opened) is None


def test_a_system_without_a_list_of_locks_is_asked_by_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "proc_locks", lambda: "")
    opened = homes.open_home(home)
    opened.lock.write_text(f"{os.getpid()}\n")
    assert examinations.running(opened) == os.getpid()
    opened.lock.write_text("999999999\n")
    assert examinations.running(opened) is None


# ---------------------------------------------------------------------------------------------------------- logging


@pytest.mark.parametrize("as_json", [False, True])
def test_O08_a_traceback_in_the_log_shows_no_values(
    as_json: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANSE_LOG", raising=False)
    before = structlog.get_config()
    try:
        journals.start(as_json=as_json)
        log_failure("canary-" + "secret")
    finally:
        structlog.configure(**before)
    written = capfd.readouterr().err
    assert "something failed" in written and "RuntimeError" in written
    assert "canary-secret" not in written


def log_failure(passphrase: str) -> None:
    try:
        raise RuntimeError(f"a passphrase of {len(passphrase)} characters failed")
    except RuntimeError as error:
        structlog.get_logger("test").error("something failed", exc_info=error)


def test_a_log_level_that_does_not_exist_is_refused(home: Path) -> None:
    done = programs.run("--home", str(home), "run", environment={**PASSPHRASE, "HANSE_LOG": "loud"})
    assert done.exit_code == errors.Exit.CONFIGURATION
    assert "debug, info, warning, error" in done.stderr


def test_the_interpreter_of_a_child_is_this_one() -> None:
    assert merchants.interpreter()[0] == sys.executable


def test_O03_run_says_which_address_is_taken(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = programs.run(
            "--home", str(home), "run", "--json", environment={**PASSPHRASE, "HANSE_LISTEN": f"127.0.0.1:{port}"}
        )
    told = programs.answer(done)["error"]
    assert (done.exit_code, told["code"]) == (errors.Exit.CONFIGURATION, "links.listen")
    assert str(port) in told["message"]


def test_O10_the_doctor_reads_a_node_that_was_killed(home: Path) -> None:
    """What was committed but not copied back lies in the write-ahead log, and stays there."""
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('CREATE TABLE killed (x)'); os.kill(os.getpid(), 9)"
    )
    database = home / "data" / "hanse.db"
    subprocess.run([sys.executable, "-c", script, str(database)], check=False)
    side = [home / "data" / f"hanse.db-{name}" for name in ("wal", "shm")]
    for path in side:
        path.chmod(0o600)
    assert side[0].stat().st_size > 0
    before = fingerprint(home)
    assert examined(home)["integrity"]["found"] == "whole"
    assert fingerprint(home) == before


def test_a_backup_becomes_a_home_at_another_place_with_the_passphrase(tmp_path: Path) -> None:
    made = programs.run("--home", str(tmp_path / "shop"), "init", "Tea", "--json", environment=PASSPHRASE)
    old = homes.open_home(tmp_path / "shop")
    backups.copy(old, tmp_path / "aside", lambda what, done, total: None)
    sealed = old.keys.read_bytes()
    root = keystore.unseal(sealed, PASSPHRASE["HANSE_PASSPHRASE"]).root
    head = archives.Head(programs.answer(made)["node"], 1, "hand", bytes(16), sealed)
    backups.write(tmp_path / "aside", tmp_path / "shop.backup", root, head, lambda what, done, total: None)
    restore = ("--home", str(tmp_path / "new"), "restore", str(tmp_path / "shop.backup"))
    wrong = programs.run(*restore, "--json", environment={"HANSE_PASSPHRASE": "another passphrase"})
    assert (wrong.exit_code, programs.answer(wrong)["error"]["code"]) == (77, "key.passphrase")
    reply = programs.run(*restore, environment=PASSPHRASE)
    assert (reply.exit_code, "must not run anywhere else" in reply.output) == (0, True)
    new = homes.open_home(tmp_path / "new")
    assert (new.keys.read_bytes(), new.config.read_bytes()) == (sealed, old.config.read_bytes())
    again = programs.run(*restore, "--json", environment=PASSPHRASE)
    assert (again.exit_code, programs.answer(again)["error"]["code"]) == (1, "home.exists")
