"""Messages of a partner, or of somebody without keys, that break the protocol: rows W of faults.md, at a whole node."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from node import ports
from node.replication import exchanges, paces, standings
from node.storage import partners
from node.trade import books
from protocol import checkpoints, limits, merkle, messages
from protocol.encoding import Value
from protocol.errors import PeerError
from tests.hostile.rogues import Rogue, Talk
from tests.hostile.stalls import open_stall, order
from tests.node import markets
from tests.node.markets import agree, goods
from tests.node.towns import Town, play
from tests.sim import disks, links, weathers


async def partner_of(town: Town, node: str, name: str = "rogue") -> dict[str, object]:
    rows = (await town.ask(node, "partners"))["partners"]
    return next(row for row in rows if row["name"] == name)


async def commits(town: Town, node: str) -> int:
    return town.citizens[node].image.commits


def test_W14_a_node_with_unknown_keys_is_closed_without_an_answer() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        stranger = Rogue(town, "stranger")
        known = await stranger.invitation("factory")
        before = await commits(town, "factory")
        link, session = await stranger.link("factory"), stranger.session(known.node_id)
        assert not await stranger.handshake(link, session)
        assert await commits(town, "factory") == before, "nothing durable came of it"

    play(story)


def test_W14_bytes_of_a_stranger_are_closed_without_an_answer() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        stranger = Rogue(town, "stranger")
        before = await commits(town, "factory")
        for said in (b"", b"\xc1", b"GET / HTTP/1.1\r\n\r\n", bytes(limits.HELLO_BYTES_MAX + 1), b"\x80"):
            link = await stranger.link("factory")
            await link.send(said)
            with pytest.raises(ports.LinkClosed):
                await link.receive()
        assert await commits(town, "factory") == before

    play(story)


def test_W16_a_batch_of_another_channel_is_refused_as_of_another_logbook() -> None:
    async def story(town: Town) -> None:
        _, talk = await open_stall(town)
        other, chat = await open_stall(town, "other")
        other.channel.write("order.place", order(other))
        await talk.say(other.channel.batch(max(other.channel.held)))
        await talk.live()
        assert talk.failures() == ["log.wrong-log"] and talk.closed
        await chat.deliver()
        assert not chat.failures(), "the other partner is not concerned"
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1

    play(story)


def test_W16_heads_and_questions_about_another_channel_are_refused() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        other, _ = await open_stall(town, "other")
        await talk.say(messages.Want(other.channel.mirror, 0, 1))
        await talk.live()
        assert talk.failures() == ["log.wrong-log"]
        again = await rogue.visit("factory", origin=other.channel.origin, mirror=other.channel.mirror)
        await again.live()
        assert again.failures() == ["log.wrong-log"]
        two = await rogue.dial("factory")
        await two.hear(messages.Heads)
        mine = rogue.channel.heads()
        await two.say(replace(mine, claims=(*mine.claims, *other.channel.heads().claims)))
        await two.live()
        assert two.failures() == ["log.wrong-log"]

    play(story)


def test_W17_a_batch_sent_again_gets_the_original_receipt_byte_for_byte() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        size = len(rogue.channel.mine)
        first = rogue.channel.held[size]
        await town.ask("factory", "order.accept", all=True)
        await talk.live()
        for start in (0, size - 1, 0):
            await talk.say(rogue.channel.batch(start))
            receipt = await talk.hear(messages.Receipt)
            assert (receipt.size, receipt.notes) == (size, first)
            head = checkpoints.open_checkpoint(receipt.mine, rogue.channel.mirror, rogue.channel.peer.keys["log"])
            assert f"{head.origin} {head.size} " in receipt.notes.pair, "beside it stands the head it is paired with"
        await town.live(30)
        again = await rogue.visit("factory")
        await again.say(rogue.channel.batch(0))
        assert (await again.hear(messages.Receipt)).notes == first
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1

    play(story)


def test_W17_a_batch_that_overlaps_is_compared_and_the_rest_appended() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        rogue.channel.write("order.place", order(rogue))
        await talk.say(rogue.channel.batch(1))
        await talk.live()
        assert max(rogue.channel.held) == len(rogue.channel.mine)
        assert len((await town.ask("factory", "order.list"))["orders"]) == 2

    play(story)


@pytest.mark.parametrize("point", [disks.Point.COMMIT, disks.Point.COMMITTED, disks.Point.STATE, disks.Point.STATED])
def test_W18_a_crash_around_the_commit_and_the_repeat_gets_one_receipt_and_has_one_effect(point: disks.Point) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.append(b"so that the factory has something to sign as well")
        rogue.channel.write("order.place", order(rogue))
        town.citizens["factory"].image.traps.append(disks.Trap(point, 0))
        await talk.say(rogue.channel.batch(max(rogue.channel.held)))
        await talk.live(10)
        assert not town.citizens["factory"].image.traps
        await town.start("factory")
        again = await rogue.visit("factory")
        await again.live()
        await again.deliver()
        size = len(rogue.channel.mine)
        first = rogue.channel.held[size]
        town.kill("factory")
        await town.start("factory")
        third = await rogue.visit("factory")
        await third.say(rogue.channel.batch(0))
        assert (await third.hear(messages.Receipt)).notes == first
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1

    play(story)


def test_W18_a_reset_before_or_after_every_answer_loses_and_doubles_nothing() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        for weather in (weathers.Weather(reset_before=0.3), weathers.Weather(reset_after=0.3)):
            town.network.weather = weather
            for _ in range(5):
                await town.ask("shop", "order.place", partner="factory", lines=[{"sku": "CUP-0", "quantity": 1}])
                await asyncio.sleep(2)
        town.network.weather = weathers.CALM
        await town.settle()
        rows = [(await town.ask(node, "order.list"))["orders"] for node in ("factory", "shop")]
        assert len(rows[0]) == 10 and {row["order"] for row in rows[0]} == {row["order"] for row in rows[1]}

    play(story)


def test_W19_a_partner_behind_a_cut_is_shown_as_unreachable_and_since_when() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        assert (await partner_of(town, "factory", "shop"))["unreachable_since_ms"] is None
        cut = weathers.Cut(frozenset({"factory"}), frozenset({"shop"}), weathers.CutKind.ONE_WAY)
        town.network.cut(cut)
        began_ms = town.loop.now_ms()
        await asyncio.sleep(75)
        for node, other in (("factory", "shop"), ("shop", "factory")):
            row = await partner_of(town, node, other)
            since_ms = row["unreachable_since_ms"]
            assert row["online"] is False and isinstance(since_ms, int)
            assert began_ms <= since_ms <= began_ms + 60_000
        town.network.mend(cut)
        await asyncio.sleep(330)
        assert (await partner_of(town, "factory", "shop"))["unreachable_since_ms"] is None

    play(story)


def test_W20_more_than_the_partner_was_told_is_refused() -> None:
    credit = standings.Credit()
    full = messages.Batch("o", 0, (b"x",) * limits.BATCH_ENTRIES_MAX, "")
    for _ in range(limits.BATCHES_IN_FLIGHT_MAX):
        credit.use(full)
    credit.renew(full)
    assert credit.tell() == messages.Credit(limits.CREDIT_BYTES + 1024, limits.CREDIT_ENTRIES + 1024)
    assert credit.tell() is None, "it is told once"
    credit.use(full)
    credit.renew(full)
    with pytest.raises(PeerError) as refused:
        credit.use(messages.Batch("o", 0, (b"x",), ""))  # granted, but not told yet
    assert refused.value.code == "session.credit"


def test_W20_a_partner_that_ignores_its_credit_is_read_no_faster_than_it_is_stored() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        for _ in range(limits.CREDIT_ENTRIES + 2048):
            rogue.channel.append(b"junk")
        start, step = max(rogue.channel.held), limits.BATCH_ENTRIES_MAX
        for first in range(start, len(rogue.channel.mine), step):
            await talk.say(rogue.channel.batch(first, min(len(rogue.channel.mine), first + step)))
        await talk.live(30)
        assert set(talk.failures()) <= {"session.credit"}
        again = await rogue.visit("factory")
        await again.live()
        await again.deliver()
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_W20_a_flood_within_the_credit_leaves_other_partners_as_quick_as_before() -> None:
    async def once(town: Town, flooding: bool) -> float:
        rogue, talk = await open_stall(town)
        await town.open("shop")
        await town.pair("factory", "shop")
        await agree(town, "factory", "shop")
        for _ in range(limits.CREDIT_ENTRIES):
            rogue.channel.append(b"junk")
        if flooding:
            start, step = max(rogue.channel.held), limits.BATCH_ENTRIES_MAX
            for first in range(start, len(rogue.channel.mine), step):
                await talk.say(rogue.channel.batch(first, min(len(rogue.channel.mine), first + step)))
        began_s = town.loop.time()
        lines = [{"sku": "CUP-1", "quantity": 1}]
        await town.ask("shop", "order.place", partner="factory", lines=lines)
        while (await partner_of(town, "shop", "factory"))["sent"] != (await partner_of(town, "shop", "factory"))[
            "receipted"
        ]:
            await asyncio.sleep(0.01)
        return town.loop.time() - began_s

    times: dict[bool, float] = {}
    for flooding in (False, True):

        async def story(town: Town, flooding: bool = flooding) -> None:
            times[flooding] = await once(town, flooding)

        play(story)
    assert times[True] <= 2 * times[False] + 0.2


def test_W20_a_partner_that_does_not_read_holds_up_nobody_and_is_still_heard() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        await goods(town, "factory", count=400)
        rogue, talk = await open_stall_late(town)
        for _ in range(3):
            rogue.channel.append(b"x" * 60_000)
        await town.ask("factory", "catalogue.share", partner="rogue")
        for _ in range(40):  # questions whose answers it never reads
            await talk.say(messages.IdentityWant(0))
            await talk.say(messages.BlobWant((bytes(32),)))
        await talk.say(rogue.channel.batch(max(rogue.channel.held)))
        await asyncio.sleep(5)
        row = await partner_of(town, "factory")
        assert row["received"] == len(rogue.channel.mine)

    play(story)


async def open_stall_late(town: Town) -> tuple[Rogue, Talk]:
    rogue = Rogue(town)
    talk = await rogue.pair("factory")
    await town.ask("factory", "agreement.propose", partner="rogue")
    await talk.live()
    (proposal,) = rogue.channel.said("agreement.propose")
    rogue.channel.write("agreement.accept", {"thread": proposal.hash, "role": "buyer", "accepts": proposal.hash})
    await talk.deliver()
    return rogue, talk


def test_W20_two_nodes_that_send_each_other_very_much_at_once_do_not_lock_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def noise(desk: books.Desk) -> None:
        (channel,) = partners.channels(desk.db)
        book = desk.book(channel.id)
        fault: list[Value] = ["x", "y" * 200, "z" * 200, "w" * 200]
        for _ in range(20):
            desk.write(book, "channel.nak", {"d": 1, "idx": 0, "faults": [list(fault) for _ in range(50)]})

    async def story(town: Town) -> None:
        monkeypatch.setattr(links, "UNREAD_BYTES_MAX", 64 << 10)  # as little as the sockets of a small machine hold
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        town.network.cut(weathers.Cut(frozenset({"factory"}), frozenset({"shop"})))
        for name in ("factory", "shop"):
            node = town.citizens[name].node
            assert node is not None
            for _ in range(30):
                await node.trade.books.act(noise)
        town.network.mend_all()
        await town.settle()

    play(story)


def test_W21_of_many_sessions_of_one_partner_the_newest_wins_and_few_are_open() -> None:
    async def story(town: Town) -> None:
        rogue, _ = await open_stall(town)
        talks = []
        for _ in range(50):
            link, session = await rogue.link("factory"), rogue.session(rogue.channel.peer.node_id)
            if await rogue.handshake(link, session):
                talks.append(Talk(rogue.channel, session, link))
        await asyncio.sleep(15)
        node = town.citizens["factory"].node
        assert node is not None
        assert len(node.connections.live) == 1
        life = town.citizens["factory"].life
        assert life is not None
        assert len(life.tasks()) < 20
        last = await rogue.visit("factory")
        rogue.channel.write("order.place", order(rogue))
        await last.deliver()
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_W24_an_unknown_message_is_told_and_the_session_stays() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        for number in range(100):
            newer: dict[str, Value] = {"t": f"newer{number}", "field": [1, b"x"]}
            await talk.utter(newer)
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        assert set(talk.failures()) == {"wire.unsupported"} and not talk.closed
        assert len(talk.failures()) <= 100
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_W24_an_unknown_field_of_a_known_message_is_ignored() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue))
        await talk.utter({**rogue.channel.batch(max(rogue.channel.held)).compose(), "zzz": 1})
        await talk.live()
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


@pytest.mark.parametrize("kind", ["batch", "rcpt", "want", "data", "blobq", "recovery"])
def test_H07_messages_before_heads_are_refused(kind: str) -> None:
    async def story(town: Town) -> None:
        rogue, _ = await open_stall(town)
        channel = rogue.channel
        early: dict[str, messages.Message] = {
            "batch": channel.batch(0),
            "rcpt": channel.receipt(),
            "want": messages.Want(channel.mirror, 0, 1),
            "data": messages.Data(channel.mirror, 0, ()),
            "blobq": messages.BlobWant((bytes(32),)),
            "recovery": messages.Recovery("note"),
        }
        talk = await rogue.dial("factory")
        await talk.say(early[kind])
        await talk.live()
        assert talk.failures() == ["session.state"] and talk.closed

    play(story)


def test_H07_heads_are_said_once() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        await talk.say(rogue.channel.heads(mirror_size=0, mirror_root=merkle.EMPTY_ROOT))
        await talk.live()
        assert talk.failures() == ["session.state"] and talk.count(messages.Batch) <= len(rogue.channel.theirs)

    play(story)


def test_H07_a_partner_that_never_says_heads_is_closed() -> None:
    async def story(town: Town) -> None:
        rogue, _ = await open_stall(town)
        talk = await rogue.dial("factory")
        await talk.receive()
        assert not await talk.receive(exchanges.HEADS_S_MAX + 5)
        assert talk.closed

    play(story)


def test_W09_a_known_message_with_a_wrong_field_ends_the_session_and_nothing_else() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        await talk.utter({"t": "batch", "o": 7})
        await talk.live()
        assert talk.failures() == ["wire.malformed"] and talk.closed
        again = await rogue.visit("factory")
        rogue.channel.write("order.place", order(rogue))
        await again.live()
        await again.deliver()
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_W09_blobs_that_nobody_asked_for_are_dropped_and_bounded() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        node = town.citizens["factory"].node
        assert node is not None
        blob = {"cm": bytes(32), "ct": b"c" * 32, "kid": bytes(8), "len": 512, "x": "hpke1"}
        rogue.channel.write("order.place", order(rogue, pii=blob))
        await talk.deliver()
        await talk.say(messages.Blob(bytes(32), 0, 8, b"unwanted"))
        await talk.say(messages.Blob(b"c" * 32, 0, limits.BLOB_BYTES_MAX, bytes(limits.BLOB_PIECE_BYTES_MAX)))
        await talk.live()
        (connected,) = node.connections.live.values()
        assert not connected.exchange.incoming.pieces, "neither the unknown one nor one of another size is kept"
        await talk.say(messages.Blob(b"c" * 32, 0, 512, bytes(512)))
        await talk.live()
        assert talk.failures() == ["log.root"]
        again = await rogue.visit("factory")
        await again.live()
        assert not any(isinstance(message, messages.BlobWant) for message in again.heard), "it is not asked again"

    play(story)


def test_W20_many_questions_for_blobs_cost_no_search_of_the_disk_later() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        for number in range(200):
            hashes = tuple(number.to_bytes(16, "big") + at.to_bytes(16, "big") for at in range(64))
            await talk.say(messages.BlobWant(hashes))
        await talk.live(30)
        node = town.citizens["factory"].node
        assert node is not None
        (connected,) = node.connections.live.values()
        assert len(connected.exchange.outgoing.owed) <= limits.BLOB_WANTS_MAX**2
        looked = 0

        def count(sql: str) -> None:
            nonlocal looked
            looked += "FROM blobs" in sql

        await node.database.read(lambda db: db.set_trace_callback(count))
        rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        assert looked == 0

    play(story)


def test_L18_a_partner_that_asks_from_the_start_again_and_again_is_slowed_down_and_fresh_entries_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(town: Town) -> None:
        monkeypatch.setattr(paces, "BURST_BYTES", 40_000)
        monkeypatch.setattr(paces, "REFILL_BYTES_PER_S", 100)
        rogue, talk = await open_stall(town)
        await talk.close()
        given = 0
        for _ in range(20):
            chat = await rogue.visit("factory", mirror_size=0, mirror_root=merkle.EMPTY_ROOT, receipt=None)
            given += sum(len(entry) for message in await chat.live(1) if isinstance(message, messages.Batch)
                         for entry in message.entries)  # fmt: skip
            await chat.close()
        assert 0 < given < 50_000
        fresh = await rogue.visit("factory")
        await fresh.live()
        rogue.channel.write("order.place", order(rogue))
        await fresh.deliver()
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_L18_the_pace_lets_everything_through_in_the_end() -> None:
    pace = paces.Pace()
    assert pace.wait_s(paces.BURST_BYTES, 0) == 0
    assert pace.wait_s(paces.REFILL_BYTES_PER_S, 0) == 1
    assert pace.wait_s(paces.REFILL_BYTES_PER_S, 0.5) == 0.5
    assert pace.wait_s(paces.REFILL_BYTES_PER_S, 1) == 0
    assert pace.wait_s(10 * paces.BURST_BYTES, 10**6) == 0


def test_L01_a_gap_stores_nothing_and_a_batch_that_does_not_end_at_its_head_neither() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        start = len(rogue.channel.mine)
        for _ in range(3):
            rogue.channel.write("order.place", order(rogue))
        await talk.say(rogue.channel.batch(start + 1))
        await talk.live()
        assert talk.failures() == ["log.gap"]
        again = await rogue.visit("factory")
        await again.live()
        await again.say(replace(rogue.channel.batch(start), checkpoint=rogue.channel.head(start + 1)))
        await again.live()
        assert again.failures() == ["log.gap"]
        assert (await partner_of(town, "factory"))["received"] == start
        third = await rogue.visit("factory")
        await third.live()
        await third.deliver()
        assert len((await town.ask("factory", "order.list"))["orders"]) == 3

    play(story)
