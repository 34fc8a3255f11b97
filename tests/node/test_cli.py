"""The command line: what is typed becomes a question to the node, and the answer becomes output and exit status."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import cli
from contracts import orders
from node import errors, runtime
from node.terminal import consoles, deals, terminals
from tests.node import controls, programs, questions

REPOSITORY = Path(cli.__file__).parent

FIXED = (
    "init run status doctor invite join partners catalogue.import catalogue.list catalogue.share agreement.propose "
    "agreement.accept agreement.list stock.set stock.list order.import order.place order.list order.show order.accept "
    "order.reject order.ship order.cancel statement.propose statement.list statement.show statement.agree payment.sent "
    "payment.received audit.export audit.verify demo bench"
)
"""The names that scripts rely on."""


def every_command(group: click.Group = cli.hanse, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield above + name, command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{above}{name}.")


def test_every_fixed_name_is_a_command() -> None:
    assert set(FIXED.split()) - {name for name, _ in every_command()} == set()


@pytest.mark.parametrize(("name", "command"), list(every_command()))
def test_every_command_takes_home_and_json_and_says_what_it_does(name: str, command: click.Command) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--home", "--json", "--seen"} <= options
    assert command.help
    silent = [
        parameter.name for parameter in command.params if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []
    assert programs.run(*name.split("."), "--help").exit_code == 0


NAMES = [" ".join(typed) for typed, _, _ in questions.EVERY]
MONEY = {"amount": 1250, "currency": "CNY", "text": "12.50 CNY"}


@pytest.mark.parametrize(("typed", "case", "wanted"), questions.EVERY, ids=NAMES)
def test_what_is_typed_becomes_a_question(tmp_path: Path, typed: list[str], case: str, wanted: dict[str, Any]) -> None:
    reply = {"said": case, "uri": "hanse:1?i=a", "expires_s": 1, "money": MONEY}
    with controls.Control(tmp_path, {case: reply}) as control:
        as_json = programs.run(*typed, "--json", "--home", str(tmp_path))
        as_text = programs.run("--home", str(tmp_path), *typed)
    assert control.asked == [(case, wanted), (case, wanted)]
    assert (as_json.exit_code, as_text.exit_code) == (0, 0), as_json.output + as_text.output
    assert programs.answer(as_json) == reply
    assert as_json.stderr == as_text.stderr == ""


FILED = (
    *("capability.task", "capability.enter", "return.proof", "return.file", "issue.file"),
    *("dispute.export", "dispute.read", "dispute.award", "dispute.decide"),
)
"""Questions whose command also reads or writes a file, tested in test_capabilities, test_disputes and test_returns."""


TYPED = ("operator.add", "operator.password")
"""Questions with a password, which is typed or read from a file, tested in test_operators."""


IMPORTED = ("catalogue.import", "order.import", "stock.import", "sheet.preview", "picture.add")
"""Questions with a whole file in them, tested below."""


PAGED = ("picture.show", "payee.code", "sheet.write", "order.waybills")
"""Questions that pages put, for a picture, a table, or a look at what is about to be done; nobody types them."""


def test_the_states_of_an_order_are_those_of_its_table() -> None:
    assert list(deals.STATES) == [str(state) for state in orders.OrderState]


def test_every_use_case_has_a_command() -> None:
    """But those of an operator's own account: whoever sits at the machine has none."""
    known = {name for register in runtime.REGISTERS for name in register.cases if not name.startswith("account.")}
    beside = {*IMPORTED, *PAGED, "audit.export", "audit.document", "audit.verify", *FILED, *TYPED}
    assert {case for _, case, _ in questions.EVERY} | beside == known


@pytest.mark.parametrize(("typed", "case", "wanted"), questions.EVERY, ids=NAMES)
def test_the_node_takes_every_question_as_it_is_put(typed: list[str], case: str, wanted: dict[str, Any]) -> None:
    arguments = next(register.cases[case].arguments for register in runtime.REGISTERS if case in register.cases)
    assert arguments.model_validate(wanted)


@pytest.mark.parametrize(
    ("command", "case"),
    [("catalogue", "catalogue.import"), ("order", "order.import"), ("stock", "stock.import")],
)
def test_a_file_travels_as_its_name_and_bytes(tmp_path: Path, command: str, case: str) -> None:
    sheet = tmp_path / "单据.csv"
    sheet.write_bytes(b"\xff\x00sku")
    with controls.Control(tmp_path, {case: {"rows": 1}}) as control:
        done = programs.run("--home", str(tmp_path), command, "import", str(sheet), "--decimal-comma", "--dry-run")
    assert done.exit_code == 0, done.output
    sent = control.asked[0][1]
    arguments = next(register.cases[case].arguments for register in runtime.REGISTERS if case in register.cases)
    assert arguments.model_validate(sent)
    assert (sent["name"], bytes.fromhex(sent["data_hex"])) == ("单据.csv", b"\xff\x00sku")
    assert (sent["decimal_comma"], sent["dry_run"]) == (True, True)


@pytest.mark.parametrize(("command", "case"), [("catalogue", "catalogue.import"), ("order", "order.import")])
def test_what_is_said_of_a_file_travels_with_it(tmp_path: Path, command: str, case: str) -> None:
    sheet = tmp_path / "goods.csv"
    sheet.write_text("a")
    said = ["--sheet", "商品", "--encoding", "big5", "--separator", "tab", "--map", "单位=价=price", "--map", "备注="]
    with controls.Control(tmp_path, {case: {}}) as control:
        done = programs.run("--home", str(tmp_path), command, "import", str(sheet), *said)
        wrong = programs.run("--home", str(tmp_path), command, "import", str(sheet), "--map", "price")
    assert (done.exit_code, wrong.exit_code) == (0, 2)
    sent = control.asked[0][1]
    assert runtime_arguments(case).model_validate(sent)
    assert (sent["sheet"], sent["encoding"], sent["separator"]) == ("商品", "big5", "\t")
    assert sent["mapping"] == {"单位=价": "price", "备注": ""}


def runtime_arguments(case: str) -> Any:
    return next(register.cases[case].arguments for register in runtime.REGISTERS if case in register.cases)


def test_an_export_goes_to_an_absolute_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with controls.Control(tmp_path, {"audit.export": {"channels": 1}}) as control:
        assert programs.run("--home", str(tmp_path), "audit", "export", "books").exit_code == 0
    assert control.asked == [("audit.export", {"directory": str(tmp_path / "books")})]


def test_a_proof_goes_to_an_absolute_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with controls.Control(tmp_path, {"audit.document": {"document": "ab" * 32}}) as control:
        assert programs.run("--home", str(tmp_path), "audit", "document", "abababab", "proof").exit_code == 0
    assert control.asked == [("audit.document", {"document": "abababab", "directory": str(tmp_path / "proof")})]


def test_a_month_is_written_in_one_way(tmp_path: Path) -> None:
    for period in ("11/2026", "2026-13", "2026-1", "November", ""):
        done = programs.run("--home", str(tmp_path), "--json", "statement", "propose", "F", period)
        assert done.exit_code == errors.Exit.USAGE
        assert "2026-11" in programs.answer(done)["error"]["message"]


def test_C13_a_script_says_what_it_had_seen_wherever_it_likes(tmp_path: Path) -> None:
    home, order = ["--home", str(tmp_path)], ["order", "accept", "0" * 16]
    with controls.Control(tmp_path, {"order.accept": {"accepted": 1, "refused": []}}) as control:
        for typed in (["--seen", "7", *order], [*order, "--seen", "7"], order):
            assert programs.run(*home, *typed).exit_code == 0
        assert [given.get("_seen") for _, given in control.asked] == [7, 7, None]
        assert programs.run(*home, *order, "--seen", "yesterday").exit_code == errors.Exit.USAGE


def test_nobody_listens_in_a_folder_without_a_node(tmp_path: Path) -> None:
    for made, hint in ((False, "hanse init"), (True, "hanse run")):
        if made:
            (tmp_path / "keys").touch()
        error = programs.answer(programs.run("--home", str(tmp_path), "--json", "status"))["error"]
        assert (error["code"], error["exit"]) == ("node.not-running", errors.Exit.UNREACHABLE)
        assert hint in error["hint"]


def test_waybills_come_from_a_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "waybills.csv"
    sheet.write_text("订单号,快递公司,快递单号\nN1,SF,SF12345\nN2,YT,YT99999\nN3,,\n", encoding="utf-8")
    with controls.Control(tmp_path, {"order.ship": {"shipped": 2, "refused": []}}) as control:
        done = programs.run("--home", str(tmp_path), "order", "ship", "--file", str(sheet))
    assert done.exit_code == 0, done.output
    rows = [
        {"order": "N1", "carrier": "SF", "waybill": "SF12345"},
        {"order": "N2", "carrier": "YT", "waybill": "YT99999"},
    ]
    assert control.asked == [("order.ship", {"rows": rows})]


def test_an_invitation_may_come_through_a_pipe(tmp_path: Path) -> None:
    with controls.Control(tmp_path, {"join": {"partner": "F", "words": []}}) as control:
        assert programs.run("--home", str(tmp_path), "join", "-", typed="hanse:1?i=b\n").exit_code == 0
    assert control.asked == [("join", {"uri": "hanse:1?i=b"})]


def test_an_invitation_can_be_a_picture(tmp_path: Path) -> None:
    with controls.Control(tmp_path, {"invite": {"uri": "hanse:1?i=b", "expires_s": 1}}):
        text = programs.run("--home", str(tmp_path), "invite", "--qr").stdout
        assert "hanse:1?i=b" in text and "█" in text
        assert (
            programs.answer(programs.run("--home", str(tmp_path), "invite", "--qr", "--json"))["uri"] == "hanse:1?i=b"
        )


def test_home_is_what_was_typed_last_then_the_environment(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    asked = []
    for home, typed in (
        (one, ["status"]),
        (two, ["--home", str(two), "status"]),
        (three, ["--home", str(two), "status", "--home", str(three)]),
    ):
        with controls.Control(home, {"status": {}}) as control:
            result = programs.run(*typed, environment={"HANSE_HOME": str(one)})
        asked.append((result.exit_code, len(control.asked)))
    assert asked == [(0, 1), (0, 1), (0, 1)]


def test_nothing_but_the_object_is_printed_for_programs(tmp_path: Path) -> None:
    def slow(arguments: dict[str, Any], report: Any) -> dict[str, Any]:
        report("orders", 1, 2)
        return {"title": "茶壶 \x1b[2J\u202e"}

    with controls.Control(tmp_path, {"catalogue.list": slow}):
        result = programs.run("--home", str(tmp_path), "--json", "catalogue", "list")
    assert result.stdout == '{"title": "茶壶 \\u001b[2J\\u202e"}\n'
    assert result.stderr == ""


def test_no_node_runs(tmp_path: Path) -> None:
    for typed in (["--json", "status"], ["status"]):
        result = programs.run("--home", str(tmp_path), *typed)
        assert result.exit_code == errors.Exit.UNREACHABLE
        assert "node.not-running" in result.output
        assert "Traceback" not in result.output


def test_a_refusal_shows_every_fault_and_keeps_its_status(tmp_path: Path) -> None:
    faults = [
        {"row": "3", "column": "C (数量)", "code": "sheet.number", "expected": "a whole number", "got": "two"},
        {"row": "9", "column": "B", "code": "sheet.missing", "expected": "a SKU", "got": ""},
    ]
    sheet = tmp_path / "orders.csv"
    sheet.write_bytes(b"x")
    refusal = errors.NodeError("document.refused", "orders.csv has 2 faults", hint="mend them", faults=faults)
    with controls.Control(tmp_path, {"order.import": refusal}):
        as_text = programs.run("--home", str(tmp_path), "order", "import", str(sheet))
        as_json = programs.run("--home", str(tmp_path), "order", "import", str(sheet), "--json")
    assert as_text.exit_code == as_json.exit_code == errors.Exit.REFUSED
    assert as_text.stdout == ""
    wanted = ["orders.csv has 2 faults", "[document.refused]", "mend them", "sheet.number", "two", "9", "a SKU"]
    assert [part for part in wanted if part not in as_text.stderr] == []
    told = programs.answer(as_json)["error"]
    assert (told["code"], told["faults"], told["exit"]) == ("document.refused", faults, 1)


def test_an_answer_with_refusals_is_printed_and_ends_with_1(tmp_path: Path) -> None:
    reply = {"accepted": 3, "refused": [{"order": "ab" * 32, "faults": [{"code": "order.nothing"}]}]}
    with controls.Control(tmp_path, {"order.accept": reply}):
        done = programs.run("--home", str(tmp_path), "order", "accept", "--all")
    assert done.exit_code == errors.Exit.REFUSED
    assert "order.nothing" in done.stdout and "accepted" in done.stdout


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["nonsense"],
        ["order"],
        ["order", "ship"],
        ["order", "ship", "ab"],
        ["order", "ship", "ab", "--file", "setup.cfg"],
        ["order", "accept"],
        ["order", "accept", "ab", "--all"],
        ["order", "accept", "ab", "--quantity", "one=1"],
        ["order", "place", "F", "A"],
        ["order", "place", "F", "A=0x1"],
        ["order", "place", "F", "A=1", "A=2"],
        ["stock", "set", "A=-1"],
        ["stock", "set", "=1"],
        ["catalogue", "import", "no-such-file.csv"],
        ["invite", "--hours", "0"],
        ["status", "--nonsense"],
    ],
)
def test_usage_is_refused_with_2_and_asks_nothing(tmp_path: Path, typed: list[str]) -> None:
    with controls.Control(tmp_path, {}) as control:
        result = programs.run("--home", str(tmp_path), *typed)
    assert result.exit_code == errors.Exit.USAGE
    assert control.asked == []
    assert "Traceback" not in result.output


def test_usage_is_explained_to_programs_too(tmp_path: Path) -> None:
    told = programs.answer(programs.run("--json", "--home", str(tmp_path), "order", "accept"))["error"]
    assert (told["code"], told["exit"]) == ("request.malformed", 2)


def test_a_bug_shows_where_its_traceback_lies_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir()

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("a secret value")

    monkeypatch.setattr(terminals.Terminal, "ask", broken)
    result = programs.run("--home", str(tmp_path), "status", "--json")
    assert result.exit_code == errors.Exit.BUG
    assert "a secret value" not in result.output
    told = programs.answer(result)["error"]
    place = Path(told["hint"].removeprefix("see "))
    assert place.parent == tmp_path / "state"
    assert place.stat().st_mode & 0o777 == 0o600
    assert "ZeroDivisionError" in place.read_text()


def test_a_bug_without_a_home_goes_to_a_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    place = consoles.keep_traceback(tmp_path / "nowhere", ValueError("oops"))
    assert place.parent == tmp_path
    assert "oops" in place.read_text()


@pytest.mark.parametrize("ending", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_ends_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    def interrupted(*arguments: object) -> None:
        raise ending

    monkeypatch.setattr(terminals.Terminal, "ask", interrupted)
    assert programs.run("--home", str(tmp_path), "status").exit_code == errors.Exit.INTERRUPTED


def test_another_owner_of_our_packages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"node": ["hanse"], "protocol": ["hanse", "protocol-of-others"]}
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: owners)
    result = programs.run("status", "--help")
    assert result.exit_code == errors.Exit.CONFIGURATION
    assert "protocol-of-others" in result.stderr


def test_a_command_starts_without_the_heavy_modules(tmp_path: Path) -> None:
    script = (
        "import sys, cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "finally: print([name for name in ('aiohttp', 'pydantic', 'cryptography', 'sqlite3') if name in sys.modules])\n"
    )
    line = [sys.executable, "-c", script, "--home", str(tmp_path), "--json", "status"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    told, loaded = done.stdout.splitlines()
    assert json.loads(told)["error"]["code"] == "node.not-running"
    assert loaded in ("[]", "['sqlite3']")  # node.errors knows the errors of SQLite


def test_a_folder_that_is_no_export_is_refused_with_65(tmp_path: Path) -> None:
    done = programs.run("audit", "verify", str(tmp_path), "--json")
    assert done.exit_code == errors.Exit.UNREADABLE
    told = programs.answer(done)
    assert (told["ok"], told["proved"]) == (False, 0)
    assert told["faults"]
    assert programs.run("audit", "verify", str(tmp_path / "absent")).exit_code == errors.Exit.USAGE


@pytest.mark.parametrize(
    ("group", "case", "argument"), [("return", "return.file", "name"), ("issue", "issue.file", "issue")]
)
def test_a_photo_that_a_partner_sent_is_saved_where_nothing_stood(
    tmp_path: Path, group: str, case: str, argument: str
) -> None:
    photo = tmp_path / "crack.png"
    with controls.Control(tmp_path, {case: {"name": "crack.png", "data_hex": b"\x89PNG".hex()}}) as control:
        typed = ["--home", str(tmp_path), group, "photo", "ab12cd34", "ff" * 32, str(photo)]
        assert programs.run(*typed).exit_code == 0
        assert photo.read_bytes() == b"\x89PNG"
        assert programs.run(*typed).exit_code != 0, "nothing is overwritten"
    assert control.asked[0] == (case, {argument: "ab12cd34", "hash": "ff" * 32})
