"""An owner is reminded of a backup once there is something to lose, on every page of the day."""

from __future__ import annotations

from node.storage import settings
from node.terminal import views
from node.trade import backups
from tests.node.markets import agree, goods
from tests.node.test_cli_tables import drawn
from tests.node.towns import Town, play

DAY_S = 86_400


def test_a_backup_is_due_once_there_is_a_partner_and_again_after_a_week() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        assert (await town.ask("factory", "today"))["backup"] == {
            "written_ms": None,
            "elsewhere_ms": None,
            "due": False,
            "failure": None,
        }
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await agree(town, "factory", "shop")
        never = await town.ask("factory", "today")
        assert never["backup"]["due"] and never["backup"]["written_ms"] is None and never["errands"] == 0
        assert (await town.ask("factory", "status"))["backup_due"]
        node, clock = town.citizens["factory"].node, town.citizens["factory"].clock
        assert node is not None and clock is not None
        now_ms = clock.now_ms()
        await node.database.write(lambda db: settings.put(db, backups.WRITTEN, b"%d" % now_ms))
        assert (await town.ask("factory", "today"))["backup"] == {
            "written_ms": now_ms,
            "elsewhere_ms": now_ms,
            "due": False,
            "failure": None,
        }
        town.skip(6 * DAY_S)
        assert not (await town.ask("factory", "today"))["backup"]["due"]
        town.skip(DAY_S)
        due = await town.ask("factory", "today")
        assert due["backup"]["due"] and due["backup"]["elsewhere_ms"] == now_ms
        for answer, said in ((never, "No backup yet"), (due, "The last backup is of")):
            assert said in drawn(views.of("today", answer))
        assert "along the chain: 2" in drawn(views.of("today", {"errands": 2}))

    play(story)
