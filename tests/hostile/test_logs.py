"""Logbooks, receipts and sessions of a dishonest, forgetful or restored partner, against a whole node: rows L, W, H."""

from __future__ import annotations

import asyncio

from node.replication import connections
from protocol import messages
from tests.hostile.rogues import Rogue
from tests.hostile.stalls import open_stall, order
from tests.node.markets import agree
from tests.node.markets import order as buy
from tests.node.towns import Town, play
from tests.sim import disks


async def partner_row(town: Town, node: str, name: str) -> dict[str, object]:
    rows = (await town.ask(node, "partners"))["partners"]
    (row,) = [row for row in rows if row["name"] == name]
    return dict(row)


async def trades_on(town: Town) -> None:
    """Another partner of the factory is not held up by whatever the rogue does."""
    await town.open("shop")
    await town.pair("factory", "shop")
    await agree(town, "factory", "shop")
    await buy(town, "shop", "factory")
    assert "placed" in {row["state"] for row in (await town.ask("factory", "order.list", partner="shop"))["orders"]}


def test_W14_a_node_that_is_no_partner_gets_no_answer() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        stranger = Rogue(town, "stranger")
        peer = town.citizens["factory"].node
        assert peer is not None
        link, session = await stranger.link("factory"), stranger.session(peer.trade.books.me)
        assert not await stranger.handshake(link, session)
        assert (await town.ask("factory", "partners"))["partners"] == []

    play(story)


def test_W16_a_batch_of_another_channel_is_hostile_and_stored_nowhere() -> None:
    async def story(town: Town) -> None:
        _, talk = await open_stall(town)
        other = Rogue(town, "other")
        await (await other.pair("factory")).close()
        before = await partner_row(town, "factory", "other")
        other.channel.write("channel.close", {})
        await talk.say(other.channel.batch(len(other.channel.mine) - 1))
        await talk.live()
        assert talk.closed and talk.failures()
        assert (await partner_row(town, "factory", "other"))["received"] == before["received"]

    play(story)


def test_W17_W18_a_repeated_batch_gets_the_original_receipt_byte_for_byte() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        first = len(rogue.channel.mine) - 1
        await talk.deliver(first)
        original = rogue.channel.held[len(rogue.channel.mine)]
        await talk.close()
        again = await rogue.visit("factory")
        await again.deliver(first)
        await again.deliver(first)
        assert rogue.channel.held[len(rogue.channel.mine)] == original
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1

    play(story)


def test_W21_many_sessions_of_one_partner_leave_one_alive() -> None:
    async def story(town: Town) -> None:
        rogue, first = await open_stall(town)
        talks = [await rogue.visit("factory") for _ in range(6)]
        for talk in (first, *talks[:-1]):
            await talk.live(connections.PING_S_MAX + 5)
        assert [talk.closed for talk in talks] == [True] * 5 + [False]
        rogue.channel.write("order.place", order(rogue))
        await talks[-1].deliver()
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1

    play(story)


def test_L02_a_partner_that_goes_back_is_shown_its_later_head_and_nothing_new_is_taken() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        newest = rogue.channel.head()
        await talk.close()
        lost = rogue.channel.mine.pop()
        back = await rogue.dial("factory")
        heads = await back.greet()
        assert heads.claims[0].known == newest
        rogue.channel.write("order.place", order(rogue, quantity=5))
        await back.say(rogue.channel.batch(len(rogue.channel.mine) - 1))
        await back.live()
        assert back.closed and "log.rollback" in back.failures()
        rogue.channel.mine[-1] = lost
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1
        caught_up = await rogue.visit("factory")
        rogue.channel.write("order.place", order(rogue, quantity=5))
        await caught_up.deliver()
        assert len((await town.ask("factory", "order.list"))["orders"]) == 2

    play(story)


def test_L03_two_heads_of_one_size_stop_this_channel_and_no_other() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        other = [*rogue.channel.mine[:-1], rogue.channel.draft("order.place", order(rogue, quantity=9))]
        first = len(other) - 1
        await talk.say(messages.Batch(rogue.channel.origin, first, (other[-1],), rogue.channel.head(None, other)))
        await talk.live()
        assert talk.closed and "log.fork" in talk.failures()
        assert talk.count(messages.Fork) == 1
        assert (await partner_row(town, "factory", "rogue"))["channel_state"] == "forked"
        kept = town.citizens["factory"].image.reader.execute("SELECT kind FROM evidence").fetchall()
        assert ("fork",) in kept
        await trades_on(town)
        town.kill("factory")
        await town.start("factory")
        assert (await partner_row(town, "factory", "rogue"))["channel_state"] == "forked"

    play(story)


def test_L08_withheld_receipts_never_count_and_stay_visible() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        talk.receipting = False
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        await town.ask("factory", "order.accept", all=True)
        await talk.live(60)
        row = await partner_row(town, "factory", "rogue")
        assert isinstance(row["sent"], int) and isinstance(row["receipted"], int)
        assert row["receipted"] < row["sent"]
        talk.receipting = True
        await talk.say(rogue.channel.receipt())
        await talk.live()
        row = await partner_row(town, "factory", "rogue")
        assert row["receipted"] == row["sent"]

    play(story)


def test_L13_a_clone_takes_over_and_what_the_older_one_still_sends_reaches_no_disk() -> None:
    async def story(town: Town) -> None:
        rogue, older = await open_stall(town)
        await rogue.visit("factory")
        rogue.channel.write("order.place", order(rogue))
        try:
            await older.say(rogue.channel.batch(len(rogue.channel.mine) - 1))
        except Exception as gone:
            assert "Closed" in type(gone).__name__
        await asyncio.sleep(5)
        assert (await town.ask("factory", "order.list"))["orders"] == []

    play(story)


def test_L15_a_partner_that_lost_everything_gets_both_logbooks_back() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        await talk.close()
        mine, theirs = list(rogue.channel.mine), list(rogue.channel.theirs)
        for lost in (rogue.channel.mine, rogue.channel.theirs):
            lost.clear()
        rogue.channel.given.clear()
        bare = await rogue.visit("factory", recovering=True)
        await bare.say(messages.Want(rogue.channel.origin, 0, len(mine)))
        data = await bare.hear(messages.Data)
        assert list(data.entries) == mine
        rogue.channel.mine.extend(data.entries)
        again = await rogue.visit("factory")
        await again.live()
        assert rogue.channel.theirs[: len(theirs)] == theirs

    play(story)


def test_L18_asking_for_the_whole_logbook_again_and_again_is_answered_in_portions() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        for _ in range(20):
            await talk.say(messages.Want(rogue.channel.mirror, 0, 1 << 40))
            data = await talk.hear(messages.Data)
            assert list(data.entries) == rogue.channel.theirs[: len(data.entries)]
            assert 0 < len(data.entries) <= 1024
        await trades_on(town)

    play(story)


def test_L20_a_full_disk_gives_no_receipt() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        held = max(rogue.channel.held)
        rogue.channel.write("order.place", order(rogue))
        town.citizens["factory"].image.traps.append(disks.Trap(disks.Point.COMMIT, 0, disks.Effect.FULL))
        await talk.deliver()
        assert max(rogue.channel.held) == held, "a receipt left although nothing was stored"
        town.kill("factory")
        town.citizens["factory"].image.traps.clear()
        await town.start("factory")
        back = await rogue.visit("factory")
        await back.deliver()
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_H09_a_removed_partner_gets_no_answer_any_more() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        await town.ask("factory", "partner.remove", partner="rogue")
        await talk.live()
        peer = rogue.channel.peer.node_id
        link, session = await rogue.link("factory"), rogue.session(peer)
        assert not await rogue.handshake(link, session)

    play(story)


def test_D18_an_entry_that_claims_to_have_seen_what_does_not_exist_is_refused_before_it_is_stored() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        before = await partner_row(town, "factory", "rogue")
        rogue.channel.write("order.place", order(rogue), seen=len(rogue.channel.theirs) + 1000)
        await talk.deliver()
        assert talk.closed and "log.ahead" in talk.failures()
        assert (await partner_row(town, "factory", "rogue"))["received"] == before["received"]
        await trades_on(town)

    play(story)
