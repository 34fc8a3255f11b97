"""A node that was restored from an old copy, and partners that lie, die or have lost something themselves: L12, L15."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from node import errors
from node.replication import recoveries
from node.storage import logbooks
from node.trade import books
from protocol import checkpoints, limits, merkle, messages, notes
from protocol.encoding import Value
from tests.hostile.rogues import Channel, Rogue, Talk
from tests.hostile.stalls import open_stall, order
from tests.node import markets
from tests.node.markets import agree
from tests.node.markets import order as buy
from tests.node.towns import Town, play
from tests.sim import disks


async def row(town: Town, node: str, name: str = "rogue") -> dict[str, object]:
    rows = (await town.ask(node, "partners"))["partners"]
    return next(found for found in rows if found["name"] == name)


async def restored(town: Town, with_state: bool) -> tuple[Rogue, int]:
    """A factory that answers two orders of a rogue and is then put back to before the second."""
    rogue, talk = await open_stall(town)
    rogue.channel.write("order.place", order(rogue))
    await talk.deliver()
    await town.ask("factory", "order.accept", all=True)
    await talk.live()
    copy, had = town.citizens["factory"].image.snapshot(), len(rogue.channel.theirs)
    rogue.channel.write("order.place", order(rogue))
    await talk.deliver()
    await town.ask("factory", "order.accept", all=True)
    await talk.live()
    town.kill("factory")
    town.citizens["factory"].image.restore(copy, with_state)
    await town.start("factory")
    return rogue, had


async def give_back(talk: Talk) -> None:
    """Answer every question of the node until it ends the session."""
    while not talk.closed:
        for message in await talk.receive(30):
            if isinstance(message, messages.Want):
                data = talk.channel.theirs[message.first : message.end]
                await talk.say(messages.Data(message.origin, message.first, tuple(data)))


def vouch(channel: Channel, fence: bytes, size: int | None = None) -> messages.Recovery:
    """The rogue's word that it holds no later head."""
    end = len(channel.theirs) if size is None else size
    head = checkpoints.Checkpoint(channel.mirror, end, channel.root_there(end))
    text = recoveries.note_text(head, fence)
    name = checkpoints.key_name(channel.me, "receipt")
    return messages.Recovery(notes.format_note(text, [notes.sign(text, name, channel.keyring.secrets.receipt)]))


@pytest.mark.parametrize("with_state", [False, True])
def test_L12_nothing_is_signed_until_the_partner_gave_back_vouched_and_its_own_logbook_is_complete(
    with_state: bool,
) -> None:
    async def story(town: Town) -> None:
        rogue, had = await restored(town, with_state)
        channel = rogue.channel
        whole = list(channel.theirs)
        talk = await rogue.visit("factory")
        want = await talk.hear(messages.Want)
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "agreement.propose", partner="rogue")
        assert refused.value.code == "channel.recovering"
        await talk.say(messages.Data(want.origin, want.first, (channel.theirs[want.first],)))  # one is better than none
        await give_back(talk)
        assert talk.count(messages.Want) >= 1 and talk.count(messages.Batch) == 0
        assert (await row(town, "factory"))["sent"] == len(whole)
        again = await rogue.dial("factory")
        heads = await again.greet()
        assert heads.recovering and heads.claims[0].mirror_size < len(channel.mine), had
        await again.say(vouch(channel, heads.fence))
        await again.live()
        assert (await row(town, "factory"))["signing"] == "recovering", "its copy of my logbook is not complete"
        assert again.count(messages.Receipt) == 0
        await again.say(channel.batch(heads.claims[0].mirror_size))
        await again.live()
        assert (await row(town, "factory"))["signing"] == "ready"
        assert channel.theirs == whole and max(channel.held) == len(channel.mine)
        orders = (await town.ask("factory", "order.list"))["orders"]
        assert [found["state"] for found in orders] == ["agreed", "agreed"]
        assert (await town.ask("factory", "stock.list"))["stock"][0]["reserved"] == 4
        await town.ask("factory", "order.ship", order=orders[0]["order"], carrier="SF", waybill="1")
        await again.live()
        assert channel.theirs[: len(whole)] == whole and len(channel.theirs) > len(whole)
        assert channel.fold().refusals == {}

    play(story)


def test_L12_entries_that_do_not_give_my_own_root_are_not_adopted() -> None:
    async def story(town: Town) -> None:
        rogue, had = await restored(town, False)
        channel = rogue.channel
        talk = await rogue.visit("factory")
        want = await talk.hear(messages.Want)
        forged = [*channel.theirs[want.first : -1], b"another end"]
        await talk.say(messages.Data(want.origin, want.first, tuple(forged)))
        await talk.live()
        assert talk.failures() == ["log.root"]
        assert (await row(town, "factory"))["sent"] == had
        await give_back(await rogue.visit("factory"))
        assert (await row(town, "factory"))["sent"] == len(channel.theirs)

    play(story)


@pytest.mark.parametrize("way", ["gap", "too many", "another logbook", "unasked"])
def test_L12_other_entries_than_were_asked_for_are_refused(way: str) -> None:
    async def story(town: Town) -> None:
        rogue, had = await restored(town, False)
        channel = rogue.channel
        talk = await rogue.visit("factory")
        want = await talk.hear(messages.Want)
        good = messages.Data(want.origin, want.first, tuple(channel.theirs[want.first :]))
        bad = {
            "gap": replace(good, first=want.first + 1),
            "too many": replace(good, entries=(*good.entries, b"more")),
            "another logbook": replace(good, origin=channel.origin),
            "unasked": replace(good, first=0, entries=tuple(channel.theirs)),
        }
        await talk.say(bad[way])
        await talk.live()
        assert talk.failures() == ["log.gap"]
        assert (await row(town, "factory"))["sent"] == had

    play(story)


def test_L12_a_tail_that_nobody_has_keeps_the_channel_in_recovery_and_is_shown_and_others_go_on() -> None:
    async def story(town: Town) -> None:
        rogue, _ = await restored(town, False)
        channel = rogue.channel
        known, lost = channel.known, channel.theirs.pop()
        channel.given.pop(max(channel.given))
        talk = await rogue.visit("factory", known=known)
        await give_back(talk)
        assert talk.failures() == ["log.ahead"]
        shown = await row(town, "factory")
        assert (shown["channel_state"], shown["signing"]) == ("recovering", "recovering")
        assert "log.ahead" in str(shown["trouble"])
        await town.open("shop")
        await town.pair("factory", "shop")
        await agree(town, "factory", "shop")
        await buy(town, "shop", "factory")
        town.kill("factory")
        await town.start("factory")
        assert (await row(town, "factory"))["signing"] == "recovering"
        channel.theirs.append(lost)
        await give_back(await rogue.visit("factory", known=known))
        assert (await row(town, "factory"))["sent"] == len(channel.theirs)

    play(story)


@pytest.mark.parametrize("way", ["fence", "size", "key"])
def test_L12_the_word_of_a_partner_is_good_for_this_head_and_this_fence_only(way: str) -> None:
    async def story(town: Town) -> None:
        rogue, _ = await restored(town, False)
        channel = rogue.channel
        await give_back(await rogue.visit("factory"))
        talk = await rogue.dial("factory")
        heads = await talk.greet()
        stranger = replace(channel, keyring=Rogue(town, "stranger").keyring)
        said = {
            "fence": vouch(channel, bytes(16)),
            "size": vouch(channel, heads.fence, len(channel.theirs) - 1),
            "key": messages.Recovery(vouch(stranger, heads.fence).note),
        }
        await talk.say(said[way])
        await talk.live()
        assert talk.failures()[0] in ("log.receipt", "key.signature")
        assert (await row(town, "factory"))["signing"] == "recovering"

    play(story)


def noise(desk: books.Desk) -> None:
    """Many entries of my own."""
    book = desk.book(1)
    fault: list[Value] = ["x", "", "", ""]
    for _ in range(500):
        desk.write(book, "channel.nak", {"d": 1, "idx": 0, "faults": [list(fault)]})


def test_L12_L15_a_long_logbook_comes_back_in_portions_and_can_be_given_on_again() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        first = town.citizens["factory"].image.snapshot()
        node = town.citizens["factory"].node
        assert node is not None
        for _ in range(6):
            await node.trade.books.act(noise)
            await town.settle()
        town.kill("factory")
        town.citizens["factory"].image.restore(first, with_state=False)
        await town.start("factory")
        await town.settle()
        assert (await row(town, "factory", "shop"))["sent"] == 3_003
        for name in ("shop", "factory"):  # and now the other one loses it all
            assert await staged(town, name) == 0
        town.kill("shop")
        shop = town.citizens["shop"].image
        shop.reader.execute("DELETE FROM entries WHERE logbook = 2")
        shop.reader.execute("DELETE FROM heads WHERE logbook = 2")
        shop.reader.execute("DELETE FROM receipts WHERE logbook = 2")
        shop.reader.execute("DELETE FROM tiles WHERE logbook = 2")
        shop.reader.execute(
            "UPDATE logbooks SET size = 0, frontier = x'', root = ?, receipted = 0, checkpoint = '', known_size = 0,"
            " known_checkpoint = '' WHERE id = 2",
            (merkle.EMPTY_ROOT,),
        )
        shop.reader.execute("UPDATE channels SET applied = 0")
        shop.state.clear()
        await town.start("shop")
        await town.settle()
        assert (await row(town, "shop", "factory"))["received"] == 3_003

    play(story)


async def staged(town: Town, name: str) -> int:
    node = town.citizens[name].node
    assert node is not None
    return await node.database.read(lambda db: logbooks.staged(db, logbooks.of_channel(db, 1, mine=True)))


@pytest.mark.parametrize("point", [disks.Point.BEGIN, disks.Point.COMMIT, disks.Point.COMMITTED, disks.Point.STATE])
def test_L12_a_crash_at_any_step_of_a_recovery_only_delays_it(point: disks.Point) -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        copy = town.citizens["factory"].image.snapshot()
        orders = [await buy(town, "shop", "factory") for _ in range(3)]
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        signed = town.citizens["shop"].image.reader.execute("SELECT size, root FROM heads WHERE logbook = 2").fetchall()
        for after in range(0, 30, 3):
            town.kill("factory")
            citizen = town.citizens["factory"]
            citizen.image.restore(copy, with_state=after % 2 == 0)
            await town.start("factory")
            citizen.image.traps.append(disks.Trap(point, after))
            await asyncio.sleep(15)
            citizen.image.traps.clear()
            assert citizen.life is not None
            if citizen.life.dead:
                await town.start("factory")
            await town.settle()
            rows = (await town.ask("factory", "order.list"))["orders"]
            assert {found["order"]: found["state"] for found in rows} == dict.fromkeys(orders, "agreed")
            assert (await town.ask("factory", "stock.list"))["stock"][0]["reserved"] == 6
        heads = dict(signed)
        for size, root in town.citizens["factory"].image.reader.execute(
            "SELECT size, root FROM heads WHERE logbook = 1"
        ):
            assert heads.get(size, root) == root, "nothing was signed twice"
        another = await buy(town, "shop", "factory")
        assert (await town.ask("factory", "order.show", order=another))["state"] == "placed"

    play(story)


def test_L15_a_partner_that_asks_for_both_logbooks_gets_no_more_than_a_message_holds_at_a_time() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        for _ in range(3):
            for _ in range(10):
                rogue.channel.append(b"x" * 60_000)
            await talk.deliver()
        await talk.say(messages.Want(rogue.channel.origin, 0, 1_000))
        data = await talk.hear(messages.Data)
        assert sum(map(len, data.entries)) <= limits.BATCH_BYTES_MAX
        assert list(data.entries) == rogue.channel.mine[: len(data.entries)] and len(data.entries) > 10
        await talk.say(messages.Want(rogue.channel.origin, 10_000, 10_001))
        assert (await talk.hear(messages.Data)).entries == ()

    play(story)
