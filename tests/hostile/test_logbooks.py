"""What a dishonest, forgetful or doubled partner signs and shows: rows L of faults.md, against a whole node."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import replace

import pytest

from node import errors
from node.replication import connections
from node.storage import partners
from protocol import checkpoints, messages
from protocol.syncing import AuthorState
from tests.hostile.rogues import Channel, Rogue
from tests.hostile.stalls import open_stall, order
from tests.node import markets
from tests.node.markets import agree
from tests.node.markets import order as buy
from tests.node.towns import Town, play
from tests.sim import disks


async def partner_of(town: Town, node: str, name: str = "rogue") -> dict[str, object]:
    rows = (await town.ask(node, "partners"))["partners"]
    return next(row for row in rows if row["name"] == name)


def kept(town: Town, node: str) -> list[str]:
    """The kinds of evidence that a node keeps."""
    rows = town.citizens[node].image.reader.execute("SELECT kind FROM evidence ORDER BY id")
    return [kind for (kind,) in rows]


def another(channel: Channel, rogue: Rogue) -> list[bytes]:
    """The rogue's logbook with another last entry."""
    return [*channel.mine[:-1], channel.draft("order.place", order(rogue, quantity=9))]


# L03: two histories ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["batch", "longer batch", "heads", "same entries", "receipt", "told"])
def test_L03_two_histories_stop_the_channel_however_they_are_shown(way: str) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        channel = rogue.channel
        channel.write("order.place", order(rogue))
        await talk.deliver()
        other = another(channel, rogue)
        size, forged = len(other), channel.head(None, another(channel, rogue))
        if way == "batch":
            await talk.say(messages.Batch(channel.origin, size - 1, (other[-1],), channel.head(None, other)))
        elif way == "longer batch":
            longer = [*other, channel.draft("order.place", order(rogue))]
            await talk.say(messages.Batch(channel.origin, size, (longer[-1],), channel.head(None, longer)))
        elif way == "heads":
            talk = await rogue.visit("factory", checkpoint=forged)
        elif way == "same entries":
            await talk.say(replace(channel.batch(size - 1), checkpoint=forged))
        elif way == "receipt":
            await town.ask("factory", "order.accept", all=True)
            batch = await talk.hear(messages.Batch)
            channel.take(batch)
            notes = channel.cosign(own=forged)
            await talk.say(messages.Receipt(channel.mirror, len(channel.theirs), notes, forged))
        else:
            await talk.say(messages.Fork(channel.head(), forged))
        await talk.live()
        assert talk.closed and set(talk.failures()) <= {"log.fork"}
        assert kept(town, "factory") == ["fork"]
        assert (await partner_of(town, "factory"))["channel_state"] == "forked"
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "agreement.propose", partner="rogue")
        assert refused.value.code == "channel.forked"
        again = await rogue.visit("factory")  # with its first history, as if nothing had been
        await again.live()
        assert again.closed and again.failures() == ["log.fork"]
        assert kept(town, "factory") == ["fork"], "the same proof is kept once"

    play(story)


def test_L03_a_head_shown_without_entries_binds_as_well() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        channel = rogue.channel
        bodies = [order(rogue), order(rogue, quantity=9), order(rogue, quantity=5)]
        channel.write("order.place", bodies[0])
        await town.ask("factory", "agreement.propose", partner="rogue")
        channel.take(await talk.hear(messages.Batch))
        await talk.say(channel.receipt())  # `mine` shows a head whose entry never comes
        await talk.live()
        channel.mine[-1] = channel.draft("order.place", bodies[1])
        channel.write("order.place", bodies[2])
        await talk.say(channel.batch(len(channel.mine) - 2))
        await talk.live()
        assert talk.failures() == ["log.fork"] and kept(town, "factory") == ["fork"]

    play(story)


def test_L03_a_pairing_note_about_another_history_of_its_author_is_kept_as_proof() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        channel = rogue.channel
        forged = channel.head(None, another(channel, rogue))
        await town.ask("factory", "agreement.propose", partner="rogue")
        channel.take(await talk.hear(messages.Batch))
        notes = channel.cosign(own=forged)
        await talk.say(messages.Receipt(channel.mirror, len(channel.theirs), notes, ""))
        await talk.live()
        assert talk.failures() == ["log.fork"] and kept(town, "factory") == ["pairing"]

    play(story)


def test_L03_claims_that_prove_nothing_stop_nothing_and_fill_no_disk() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        channel = rogue.channel
        await talk.say(messages.Fork(channel.head(), channel.head()))
        for number in range(3 * partners.EVIDENCE_MAX):
            await talk.say(messages.Fork(f"claim {number % (2 * partners.EVIDENCE_MAX)}", "x" * 1000))
        channel.write("order.place", order(rogue))
        await talk.deliver()
        assert max(channel.held) == len(channel.mine)
        assert kept(town, "factory") == ["claim"] * partners.EVIDENCE_MAX
        assert (await partner_of(town, "factory"))["channel_state"] == "open"

    play(story)


def test_L03_my_own_signature_under_another_history_stops_me() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        channel, node = rogue.channel, town.citizens["factory"].node
        assert node is not None
        twin = [*channel.theirs[:-1], b"signed by a copy of this node"]
        mine = dataclasses.replace(channel.keyring, root=town.citizens["factory"].unlocked.root)
        root = Channel(mine, channel.peer, channel.salt, theirs=twin).root_there()
        head = checkpoints.sign_checkpoint(checkpoints.Checkpoint(channel.mirror, len(twin), root), mine.secrets.log)
        await talk.close()
        again = await rogue.visit("factory", known=head)
        await again.live()
        assert again.failures() == ["log.fork"] and kept(town, "factory") == ["fork"]
        assert node.connections.core.standings[1].author is AuthorState.FORKED

    play(story)


# L07: receipts that are none ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["size", "future", "root", "origin", "key", "pair", "paired", "own", "unsent"])
def test_L07_a_receipt_that_does_not_fit_is_refused_and_counts_for_nothing(way: str) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        channel = rogue.channel
        await town.ask("factory", "agreement.propose", partner="rogue")
        channel.take(await talk.hear(messages.Batch))
        held = (await partner_of(town, "factory"))["receipted"]
        good = channel.receipt()
        stranger = Channel(Rogue(town, "stranger").keyring, channel.peer, channel.salt, theirs=channel.theirs)
        longer = dataclasses.replace(channel, theirs=[*channel.theirs, b"x"], given={})
        shorter = dataclasses.replace(channel, theirs=channel.theirs[:-1], given={})
        bad = {
            "size": replace(good, size=good.size - 1),
            "future": longer.receipt(),
            "root": replace(good, notes=dataclasses.replace(channel, theirs=[b"y"] * good.size).cosign()),
            "origin": replace(good, origin=channel.origin),
            "key": replace(good, notes=stranger.cosign(own=channel.head())),
            "pair": replace(good, notes=replace(good.notes, pair=shorter.cosign().pair)),
            "paired": replace(good, mine=channel.head(len(channel.mine) - 1)),
            "own": replace(good, notes=replace(good.notes, pair=channel.cosign(own=channel.peer_head()).pair)),
            "unsent": replace(longer.receipt(), notes=longer.cosign()),
        }
        await talk.say(bad[way])
        await talk.live()
        assert talk.closed and talk.failures()[0] in ("log.receipt", "key.signature", "log.wrong-log")
        assert (await partner_of(town, "factory"))["receipted"] == held
        again = await rogue.visit("factory")
        await again.say(good)
        await again.live()
        assert (await partner_of(town, "factory"))["receipted"] == good.size

    play(story)


def test_L07_a_head_that_was_signed_and_not_sent_cannot_be_receipted() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        talk.receipting = False
        channel = rogue.channel
        for _ in range(6):  # four batches are in flight at most
            await town.ask("factory", "agreement.propose", partner="rogue")
            await talk.live(1)
        held = (await partner_of(town, "factory"))["receipted"]
        await talk.close()
        again = await rogue.visit("factory", mirror_size=0, mirror_root=entries_root())
        await again.say(channel.receipt())  # it says in its HEADS that it stores nothing
        await again.live()
        assert (await partner_of(town, "factory"))["receipted"] in (held, len(channel.theirs))

    play(story)


def entries_root() -> bytes:
    from protocol import merkle

    return merkle.EMPTY_ROOT


# L08: receipts that never come ----------------------------------------------------------------------------------


def test_L08_a_partner_that_withholds_receipts_is_shown_as_overdue_and_gets_nothing_more() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        talk.receipting = False
        before = len(rogue.channel.theirs)
        for _ in range(8):
            await town.ask("factory", "agreement.propose", partner="rogue")
            await talk.live(1)
        assert len(rogue.channel.theirs) == before + 1, "the rest waits, unsigned, until this one is receipted"
        row = await partner_of(town, "factory")
        assert (row["receipted"], row["waiting"], row["overdue_since_ms"]) == (before, 7, None)
        await asyncio.sleep(2 * 3_600)
        row = await partner_of(town, "factory")
        assert isinstance(row["overdue_since_ms"], int) and row["overdue_since_ms"] < town.loop.now_ms()
        assert row["receipted"] == before
        talk.receipting = True
        await talk.say(rogue.channel.receipt())
        await talk.live()
        row = await partner_of(town, "factory")
        assert (row["receipted"], row["overdue_since_ms"]) == (before + 8, None)

    play(story)


# L13: two that live with the same keys --------------------------------------------------------------------------


def test_L13_two_living_sessions_of_different_starts_are_both_ended_and_told() -> None:
    async def story(town: Town) -> None:
        rogue, older = await open_stall(town)
        rogue.restart()
        newer = await rogue.visit("factory")
        await asyncio.gather(older.live(connections.PING_S_MAX + 5), newer.live(connections.PING_S_MAX + 5))
        assert older.closed and newer.closed
        assert newer.failures() == ["session.twin"]
        assert kept(town, "factory") == ["twins"]
        assert "session.twin" in str((await partner_of(town, "factory"))["trouble"])

    play(story)


def test_L13_a_restarted_partner_beside_its_own_dead_session_is_no_twin() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        for _ in range(3):
            town.kill("shop")
            await town.start("shop")
            await asyncio.sleep(20)
        await town.settle()
        assert kept(town, "factory") == []
        assert (await partner_of(town, "factory", "shop"))["online"] is True

    play(story)


def test_L13_a_cloned_machine_stops_signing_on_both_sides_and_nothing_forks() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        original = town.citizens["shop"]
        copy = disks.Image("clone", 8, town.trace)
        copy.restore(original.image.snapshot(), with_state=True)
        town.citizens["clone"] = dataclasses.replace(
            original, name="clone", image=copy, life=None, node=None, task=None, incarnation=100
        )
        await town.start("clone")
        await asyncio.sleep(120)
        for name in ("shop", "clone"):
            with_word = (await partner_of(town, name, "factory"))["signing"]
            assert with_word == "forked", name
        assert "twins" in kept(town, "factory") and "fork" not in kept(town, "factory")
        town.kill("clone")
        town.kill("shop")
        await town.start("shop")
        await town.settle()
        town.citizens.pop("clone")
        await buy(town, "shop", "factory")
        assert len((await town.ask("factory", "order.list"))["orders"]) == 1
        copy.close()

    play(story)


# L14: damage at rest --------------------------------------------------------------------------------------------


def spoil(town: Town, node: str, sql: str, *values: object) -> None:
    """Change a row on the disk of a node, as a failing disk would."""
    changed = town.citizens[node].image.reader.execute(sql, values)
    assert changed.rowcount == 1, sql


FLIP = "UPDATE entries SET data = CAST(? || substr(data, 2) AS BLOB) WHERE logbook = ? AND position = ?"


@pytest.mark.parametrize("logbook", [1, 2], ids=["own", "partner's"])
def test_L14_a_flipped_entry_is_noticed_and_fetched_back_from_the_partner(logbook: int) -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await buy(town, "shop", "factory")
        before = town.citizens["factory"].image.snapshot()
        town.kill("factory")
        spoil(town, "factory", FLIP, b"\x00", logbook, 1)
        await town.start("factory")  # the fold reads everything again, and meets it
        await asyncio.sleep(30)
        await town.settle()
        rows = town.citizens["factory"].image.reader
        whole = disks.Image("before", 9, town.trace)
        whole.restore(before, with_state=True)
        sql = "SELECT leaf, data FROM entries WHERE logbook = ? AND position = 1"
        assert rows.execute(sql, (logbook,)).fetchone() == whole.reader.execute(sql, (logbook,)).fetchone()
        whole.close()
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 1
        await town.settle()
        assert [row["state"] for row in (await town.ask("shop", "order.list"))["orders"]] == ["agreed"]

    play(story)


def test_L14_a_flipped_leaf_hash_is_put_right_when_the_tree_says_so() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        town.kill("factory")
        spoil(town, "factory", "UPDATE entries SET leaf = ? WHERE logbook = 1 AND position = 1", bytes(32))
        await town.start("factory")
        await asyncio.sleep(30)
        await buy(town, "shop", "factory")
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 1
        await town.settle()

    play(story)


def test_L14_damaged_bytes_are_never_sent() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        await talk.close()
        spoil(town, "factory", FLIP, b"\x00", 1, 2)
        again = await rogue.visit("factory", mirror_size=0, mirror_root=entries_root())
        came = await again.live()
        assert not any(isinstance(message, messages.Batch) for message in came)
        (want,) = [message for message in came if isinstance(message, messages.Want)]
        assert (want.origin, want.first, want.end) == (rogue.channel.mirror, 2, 3)
        await again.say(messages.Data(want.origin, 2, (rogue.channel.theirs[2],)))
        await again.live()
        assert again.count(messages.Batch) > 0

    play(story)


def test_L14_an_entry_whose_copy_nobody_has_stops_its_channel_and_no_other() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        await talk.close()
        spoil(town, "factory", FLIP, b"\x00", 1, 2)
        again = await rogue.visit("factory", mirror_size=0, mirror_root=entries_root())
        await again.hear(messages.Want)
        await again.say(messages.Data(rogue.channel.mirror, 2, (b"another entry",)))
        await again.live()
        assert again.failures() == ["node.busy"]
        assert (await partner_of(town, "factory"))["channel_state"] == "stopped"
        assert kept(town, "factory") == ["damaged"]
        assert (await town.ask("factory", "balance"))["balances"] == []  # what cannot be read hides nothing else
        for case in (
            "status",
            "order.list",
            "deadline.list",
            "statement.list",
            "issue.list",
            "return.list",
            "want.list",
        ):
            await town.ask("factory", case)
        await town.open("shop")
        await town.pair("factory", "shop")
        await agree(town, "factory", "shop")
        await buy(town, "shop", "factory")

    play(story)


@pytest.mark.parametrize("column", ["root", "frontier"])
def test_L14_a_flipped_root_is_noticed_before_anything_is_signed_on_it_and_put_right_from_the_tree(column: str) -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        spoil(
            town,
            "factory",
            f"UPDATE logbooks SET {column} = CAST(? || substr({column}, 2) AS BLOB) WHERE id = 1",
            b"\x00",
        )
        with pytest.raises(errors.StorageError):
            await town.ask("factory", "partners")
        await asyncio.sleep(5)
        town.kill("factory")
        await town.start("factory")
        await buy(town, "shop", "factory")
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 1
        await town.settle()

    play(story)


def test_L14_a_tree_that_gives_another_root_than_was_signed_stops_its_channel() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        town.kill("factory")
        spoil(town, "factory", "UPDATE heads SET root = ? WHERE logbook = 1 AND size = 3", bytes(32))
        await town.start("factory")
        assert (await partner_of(town, "factory", "shop"))["channel_state"] == "stopped"

    play(story)
