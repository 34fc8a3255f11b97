"""The demonstrations with real processes: the whole story in small, a small benchmark, and what is left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import errors
from node.demonstrations import benchmarks, gifts, goods, merchants, openings, stages, stories
from node.demonstrations.merchants import Merchant
from tests.node import programs


class Listener:
    """A narrator who remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @contextlib.contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        self.heard.append(title)
        yield

    def say(self, sentence: str) -> None:
        self.heard.append(sentence)

    def report(self, what: str, done: int, total: int) -> None:
        assert 0 <= done <= total


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() != b""


def test_the_whole_story_comes_out(tmp_path: Path) -> None:
    listener = Listener()
    told = stories.tell(stories.Plan(tmp_path / "demo", orders=20, seed=7, keep=True), listener)
    assert (told["nodes"], told["statements"], told["statements_equal"]) == (4, 5, True)
    assert [told[key] for key in ("invoices", "disputes_settled", "returns", "refunds")] == [5, 1, 2, 2]
    assert min(told[f"{what}_minor_units"] for what in ("netted", "paid", "refunded")) > 0
    assert told["listings"] >= 200
    assert told["orders"] >= 20
    assert min(told[key] for key in ("shipped_lines", "cancelled_lines", "too_late_lines", "partly_accepted_lines")) > 0
    assert (told["audit"]["contested"], told["audit"]["not_disclosed"]) == (0, 2)  # the photo, at each of two links
    assert told["audit"]["proved"] > told["orders"]
    assert told["tamper_detected"] is True
    assert [(Path(home) / "keys").is_file() for home in told["homes"]] == [True] * 4
    assert [title for title, _ in stories.CHAPTERS if title not in listener.heard] == []
    assert any("SIGKILL" in sentence for sentence in listener.heard)
    opened = tmp_path / "demo" / "auditor" / "openings.json"
    verified = programs.run("audit", "verify", told["audit_export"], "--opened", str(opened), "--json")
    assert verified.exit_code == 0
    assert programs.answer(verified)["proved"] == told["audit"]["proved"]
    tampered = programs.run("audit", "verify", str(tmp_path / "demo" / "auditor" / "export"))
    assert tampered.exit_code == errors.Exit.UNREADABLE
    assert told["tampered_artefact"] in tampered.stdout


def test_a_small_benchmark_gives_every_figure(tmp_path: Path) -> None:
    figures = benchmarks.measure(60, 20, tmp_path / "bench", Listener())
    assert set(figures) == {
        "documents",
        "documents_per_second",
        "applied_per_second",
        "folds_per_second",
        "latency_ms",
        "cpu_ms_per_document",
        "rss_mib",
        "wire_bytes_per_document",
        "disk_bytes_per_document",
        "restart_seconds",
        "fsync",
        "goods",
        "after_start",
        "first_visit_bytes",
        "pages",
    }
    assert figures["documents"] == 60
    assert set(figures["latency_ms"]) == {"p50", "p99"}
    assert set(figures["folds_per_second"]) == {"beginning", "end"}
    assert figures["documents_per_second"] >= figures["applied_per_second"] > 0
    assert "synchronous FULL" in figures["fsync"]
    assert {row["page"] for row in figures["pages"]} > {"today", "orders, deep in", "selection, by margin"}
    assert all(0 < row["least"] <= row["p50"] <= row["p95"] and row["bytes"] for row in figures["pages"])


def test_a_story_that_fails_says_what_was_expected_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int] = []

    def fail(stage: stages.Stage) -> None:
        stage.factory.found()
        stage.factory.start()
        assert stage.factory.process is not None
        pids.append(stage.factory.process.pid)
        stage.factory.pause()
        stages.require("pigs fly", "yes", "no")

    monkeypatch.setattr(stories, "CHAPTERS", (("It goes wrong", fail),))
    with pytest.raises(errors.NodeError) as raised:
        stories.tell(stories.Plan(tmp_path / "demo", orders=20, seed=1, keep=True), Listener())
    assert (raised.value.code, raised.value.expected, raised.value.got) == ("demo.unmet", "yes", "no")
    assert str(tmp_path / "demo") in raised.value.hint
    assert [is_alive(pid) for pid in pids] == [False]


def test_a_story_that_is_not_kept_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "CHAPTERS", ())
    stories.tell(stories.Plan(tmp_path / "demo", orders=20, seed=1, keep=False), Listener())
    assert not (tmp_path / "demo").exists()


def test_a_story_never_writes_into_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(errors.NodeError, match=r"home\.exists"):
        stories.tell(stories.Plan(tmp_path, orders=20, seed=1, keep=False), Listener())
    with pytest.raises(errors.NodeError, match=r"home\.exists"):
        benchmarks.measure(10, 10, tmp_path, Listener())
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_node_ends_when_the_demonstration_that_started_it_is_gone(tmp_path: Path) -> None:
    merchant = Merchant("Tea House", tmp_path / "tea", merchants.free_ports(1)[0])
    merchant.found()
    merchant.start()
    process = merchant.process
    assert process is not None and process.stdin is not None
    try:
        process.stdin.close()  # what the kernel does when the parent dies, however it dies
        assert process.wait(timeout=30) == 0
    finally:
        merchant.kill()


def test_a_node_that_does_not_start_shows_its_last_words(tmp_path: Path) -> None:
    merchant = Merchant("Tea House", tmp_path / "tea", merchants.free_ports(1)[0], {"HANSE_LOG": "loud"})
    merchant.found()
    with pytest.raises(errors.NodeError) as raised:
        merchant.start()
    merchant.kill()
    assert raised.value.code == "demo.unmet"
    assert "debug, info, warning, error" in str(raised.value.got)


def test_a_command_that_fails_raises_what_it_said(tmp_path: Path) -> None:
    merchant = Merchant("Tea House", tmp_path / "tea", 0)
    with pytest.raises(errors.NodeError) as raised:
        merchant.command("status")
    assert raised.value.code == "node.not-running"


def test_free_ports_differ() -> None:
    assert len(set(merchants.free_ports(20))) == 20


def test_a_condition_that_never_holds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "WAIT_SECONDS_MAX", 0.0)
    monkeypatch.setattr(stages, "POLL_SECONDS", 0.0)
    with pytest.raises(errors.NodeError) as raised:
        stages.until("the moon turns green", bool, 0)
    assert raised.value.message == "the moon turns green does not happen"


def test_goods_and_gifts_never_share_a_sku() -> None:
    skus = [row.sku for row in (*goods.catalogue(), *gifts.assortment())]
    assert len(set(skus)) == len(skus) >= 200


def test_prices_of_a_direct_buyer_lie_below_those_of_the_dealer() -> None:
    assert 100 < int(openings.DIRECT_PERCENT) < 100 + int(openings.MARKUP_PERCENT)
