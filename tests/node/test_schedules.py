"""Backups that a node writes by itself: at the hour that was chosen, verified, and no more than were wanted."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from node import errors, keystore
from node.console import healths
from node.storage import settings
from node.system import archives, backups, homes, vaults
from node.terminal import views
from node.trade import schedules
from protocol import identities
from tests.node.markets import agree, goods
from tests.node.test_cli_tables import drawn
from tests.node.towns import DAY_S, HOUR_S, Town, play
from tests.sim import entropy

PASSPHRASE = "a long passphrase"
CHEAP = keystore.Cost(memory_kib=32, passes=1, lanes=1)
Story = Callable[[Town], Awaitable[None]]


@pytest.fixture(autouse=True, params=["UTC"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at_home(folder: Path, story: Story) -> None:
    """A story of one shop whose home lies in a folder of the machine on which the tests run."""

    async def begin(town: Town) -> None:
        await town.open("shop")
        settle_in(town, "shop", folder)
        await story(town)

    play(begin)


def settle_in(town: Town, name: str, folder: Path) -> None:
    (folder / name).mkdir()
    citizen = town.citizens[name]
    citizen.image.shelf = folder / name / "backups"
    citizen.image.keys = keystore.seal(citizen.unlocked, PASSPHRASE, entropy.SeededEntropy(1, name), CHEAP)


async def look(town: Town, name: str = "shop") -> bool:
    node = town.citizens[name].node
    assert node is not None
    return await schedules.look(node.trade)


def now(town: Town, name: str = "shop") -> datetime:
    clock = town.citizens[name].clock
    assert clock is not None
    return datetime.fromtimestamp(clock.now_ms() / 1000).astimezone()


def until(town: Town, hour: int, minute: int = 0) -> None:
    """Skip to the next time at which a clock on the wall shows this."""
    at = now(town).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if at <= now(town):
        at += timedelta(days=1)
    town.skip(round((at - now(town)).total_seconds()))


def stamp(day: datetime, hour: int) -> int:
    return int(day.replace(hour=hour, minute=0, second=0, microsecond=0).timestamp()) * 1000


def lying(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != vaults.NOTE)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles"], indirect=True)
def test_a_backup_is_written_every_night_at_the_hour_that_was_chosen(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        assert not await look(town)  # nobody is surprised by one in the middle of the first day
        until(town, 2, 59)
        assert not await look(town)
        until(town, 3)
        assert await look(town) and not await look(town)
        (name,) = lying(tmp_path / "shop" / "backups")
        assert name.startswith(f"hanse-{now(town):%Y-%m-%d}-03")
        await town.ask("shop", "backup.plan", hour=22)
        assert (await town.ask("shop", "backup.show"))["next_ms"] == stamp(now(town), 22)
        until(town, 21, 59)
        assert not await look(town)
        until(town, 22)
        assert await look(town)
        await town.ask("shop", "backup.plan", every="never")
        town.skip(40 * DAY_S)
        assert not await look(town)
        assert (await town.ask("shop", "backup.show"))["next_ms"] is None
        await town.ask("shop", "backup.plan", every="week")
        assert await look(town)
        for _ in range(14):
            until(town, 22)
            await look(town)
        assert len(lying(tmp_path / "shop" / "backups")) == 5

    at_home(tmp_path, story)


def test_a_node_that_was_off_at_night_writes_it_soon_after_the_start(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await look(town)
        town.skip(3 * DAY_S)
        node = town.citizens["shop"].node
        assert node is not None
        task = asyncio.create_task(schedules.keep_writing(node.trade))
        await asyncio.sleep(schedules.START_S - 1)
        assert not (tmp_path / "shop" / "backups").exists()
        await asyncio.sleep(2)
        assert len(lying(tmp_path / "shop" / "backups")) == 1
        await asyncio.sleep(DAY_S)
        assert len(lying(tmp_path / "shop" / "backups")) == 2
        task.cancel()

    at_home(tmp_path, story)


def test_a_clock_that_was_wrong_keeps_no_backup_from_being_written(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await town.ask("shop", "backup.plan", keep=2)
        town.skip(4000 * DAY_S)
        assert await look(town)
        town.skip(-3999 * DAY_S)
        for _ in range(3):
            until(town, 3)
            assert await look(town)
        shown = await town.ask("shop", "backup.show")
        assert [one["written_ms"] // 60_000 * 60_000 for one in shown["files"]] == [
            stamp(now(town) - timedelta(days=days), 3) for days in (0, 1)
        ]
        assert len(shown["files"]) == 2 and not any("2037" in one["file"] for one in shown["files"])

    at_home(tmp_path, story)


def test_the_surplus_goes_after_the_new_one_is_there_and_nothing_else_ever(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        folder = tmp_path / "disk"
        folder.mkdir()
        mine = {"photo.jpg": b"p", "hanse-2026-01-01-030000.backup": b"not of this node", "README.txt": b"r"}
        for name, content in mine.items():
            (folder / name).write_bytes(content)
        await town.ask("shop", "backup.plan", folder=str(folder), keep=3)
        by_hand = folder / "hanse-2026-01-02-030000.backup"
        await town.ask("shop", "backup.write", file=str(by_hand))
        town.skip(1)
        (folder / "hanse-2026-01-03-030000.backup").symlink_to(by_hand)
        await town.open("other")
        settle_in(town, "other", tmp_path)
        await town.ask("other", "backup.plan", folder=str(folder), keep=2)
        theirs = {Path((await town.ask("other", "backup.run"))["file"]).name}
        kept = {*mine, by_hand.name, "hanse-2026-01-03-030000.backup", *theirs}
        written: list[str] = []
        for _ in range(5):
            town.skip(60)
            answer = await town.ask("shop", "backup.run")
            written.append(Path(answer["file"]).name)
            assert set(lying(folder)) == {*kept, *written[-3:]}
            assert answer["removed"] == written[-4:-3]
        assert [one["file"] for one in (await town.ask("shop", "backup.show"))["files"]] == written[:1:-1]

    at_home(tmp_path, story)


def test_S06_a_backup_that_fails_removes_none_and_is_said_until_one_succeeds(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        folder = tmp_path / "disk"
        folder.mkdir()
        await town.ask("shop", "backup.plan", folder=str(folder), keep=2)
        for _ in range(2):
            until(town, 3)
            assert await look(town)
        before = lying(folder)
        os.rename(folder, tmp_path / "unplugged")
        folder.mkdir()  # what a mount leaves behind
        until(town, 3)
        assert await look(town) and not await look(town)
        status = await town.ask("shop", "status")
        assert status["backup_failure"]["code"] == "backup.folder" and status["backup_ms"]
        assert "The last backup failed." in [one.text for one in healths.of_node(status)]
        today = await town.ask("shop", "today")
        assert today["backup"]["failure"]["hint"].startswith("plug the disk in")
        assert "failed" in drawn(views.of("today", today)) and "plug the disk in" in drawn(views.of("today", today))
        assert lying(folder) == [] and lying(tmp_path / "unplugged") == before
        town.skip(HOUR_S - 60)
        assert not await look(town)
        folder.rmdir()
        os.rename(tmp_path / "unplugged", folder)
        town.skip(61)
        assert await look(town)
        assert (await town.ask("shop", "status"))["backup_failure"] is None
        assert len(lying(folder)) == 2 and lying(folder)[0] == before[1]

    at_home(tmp_path, story)


@pytest.mark.parametrize("fault", ["full", "differs", "read-only", "no room"])
def test_S06_every_reason_is_told_with_what_to_do(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(town: Town) -> None:
        await town.ask("shop", "backup.run")
        folder = tmp_path / "shop" / "backups"
        before = lying(folder)
        town.skip(60)
        plant(fault, monkeypatch)
        with pytest.raises(errors.NodeError):
            await town.ask("shop", "backup.run")
        told = (await town.ask("shop", "backup.show"))["failure"]
        assert (told["code"], bool(told["hint"])) == {
            "full": ("disk.full", True),
            "differs": ("backup.differs", True),
            "read-only": ("home.permission", True),
            "no room": ("disk.full", True),
        }[fault]
        assert lying(folder) == before

    at_home(tmp_path, story)


def plant(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the disk fail in one way, where the operating system is asked."""

    def fail(number: int) -> Callable[..., None]:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        return refuse

    draw = iter(range(99))
    match fault:
        case "full":
            monkeypatch.setattr(archives.Sealer, "finish", fail(28))
        case "differs":
            monkeypatch.setattr(archives, "nonce", lambda number, last: next(draw).to_bytes(12))
        case "read-only":
            monkeypatch.setattr(backups, "open_new", fail(13))
        case _:
            from tests.sim import disks

            monkeypatch.setattr(disks.SimDisk, "aside", lambda self, target: backups.need_room(1, 2))


def test_a_folder_is_named_by_its_whole_path_and_is_not_the_nodes_own(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        for folder in ("backups", "/", str(tmp_path / "gone"), str(tmp_path / "shop" / "data"), f"{tmp_path}/x/../y"):
            with pytest.raises(errors.NodeError) as refused:
                await town.ask("shop", "backup.plan", folder=folder)
            assert refused.value.code in ("backup.folder", "home.permission", "disk.failed"), folder
        assert (await town.ask("shop", "backup.show"))["usual"]
        shown = await town.ask("shop", "backup.plan", folder=str(tmp_path / "shop" / "backups"), keep=2)
        assert shown["usual"] and shown["same_disk"] and shown["keep"] == 2

    at_home(tmp_path, story)


def test_a_backup_in_the_home_does_not_silence_the_reminder_and_one_elsewhere_does(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        settle_in(town, "shop", tmp_path)
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await agree(town, "factory", "shop")
        await town.ask("shop", "backup.run")
        stands = (await town.ask("shop", "today"))["backup"]
        assert stands["due"] and stands["written_ms"] and stands["elsewhere_ms"] is None
        (tmp_path / "disk").mkdir()
        await town.ask("shop", "backup.plan", folder=str(tmp_path / "disk"))
        town.skip(60)
        await town.ask("shop", "backup.run")
        assert not (await town.ask("shop", "today"))["backup"]["due"]
        town.skip(8 * DAY_S)
        assert (await town.ask("shop", "today"))["backup"]["due"]

    play(story)


def test_what_was_written_by_itself_opens_with_the_passphrase(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        file = Path((await town.ask("shop", "backup.run"))["file"])
        home = backups.restore(file, tmp_path / "new", lambda sealed: keystore.unseal(sealed, PASSPHRASE).root)
        assert homes.open_home(home.path).keys.read_bytes() == town.citizens["shop"].image.keys
        with open(file, "rb") as stream:
            head, _ = archives.read_head(stream)
        node = town.citizens["shop"].node
        assert node is not None
        assert (head.node, head.made) == (identities.to_text(node.trade.books.me), "schedule")
        stored = await node.database.read(lambda db: settings.get(db, schedules.STATE))
        written_ms = (await town.ask("shop", "backup.show"))["written_ms"]
        await node.database.write(lambda db: settings.drop(db, schedules.STATE))  # as a restored node knows it
        assert (await town.ask("shop", "backup.show"))["written_ms"] == written_ms
        assert stored is not None and PASSPHRASE.encode() not in file.read_bytes() + stored

    at_home(tmp_path, story)
