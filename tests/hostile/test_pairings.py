"""Invitations, handshakes and who is let in: rows H of faults.md, against a whole node."""

from __future__ import annotations

import asyncio

import structlog

from node import errors, ports
from node.replication import complaints
from protocol import identities, invitations, limits, messages, sessions
from tests.hostile.rogues import Channel, Keyring, Rogue, Talk
from tests.node.towns import Town, play

HOUR_S = 3_600


async def knock(rogue: Rogue, node: str, invitation: invitations.Invitation, secret: bytes | None = None) -> bool:
    """Whether a handshake with an invitation comes to its end."""
    link = await rogue.link(node)
    session = rogue.session(invitation.node_id, secret or invitation.secret)
    if secret is not None:  # the right tag, the wrong secret: an eavesdropper who saw the hello
        session._tag = invitations.tag(invitation.secret)
    done = await rogue.handshake(link, session)
    await link.close()
    return done


async def names(town: Town, node: str) -> list[str]:
    return [row["name"] for row in (await town.ask(node, "partners"))["partners"]]


def test_H01_an_expired_invitation_lets_nobody_in() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        rogue = Rogue(town)
        invitation = invitations.from_uri((await town.ask("factory", "invite", hours=1))["uri"])
        await asyncio.sleep(HOUR_S + 1)
        assert not await knock(rogue, "factory", invitation)
        try:
            await town.ask("shop", "join", uri=invitations.to_uri(invitation))
        except errors.NodeError as refused:
            assert refused.code == "invite.expired"
        else:
            raise AssertionError("an expired invitation was used")
        assert await names(town, "factory") == []

    play(story)


def test_H01_an_invitation_is_used_once_and_stays_bound_to_its_first_node() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        first, second = Rogue(town, "first"), Rogue(town, "second")
        invitation = await first.invitation("factory")
        await (await first.pair("factory", invitation)).close()
        assert not await knock(second, "factory", invitation)
        assert await names(town, "factory") == ["first"]
        await asyncio.sleep(25 * HOUR_S)
        assert await knock(first, "factory", invitation), "who is bound may repeat it"
        assert await names(town, "factory") == ["first"]

    play(story)


def test_H01_of_two_nodes_that_use_an_invitation_at_once_one_comes_in() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogues = [Rogue(town, name) for name in ("first", "second")]
        invitation = await rogues[0].invitation("factory")
        opened: list[tuple[Rogue, ports.Link, sessions.Session]] = []
        for rogue in rogues:
            link, session = await rogue.link("factory"), rogue.session(invitation.node_id, invitation.secret)
            assert await rogue.handshake(link, session)
            opened.append((rogue, link, session))
        for rogue, link, session in opened:
            said = messages.Pair((rogue.keyring.inception,), rogue.name, (), bytes(16))
            await link.send(session.send(said.compose()))
        await asyncio.sleep(5)
        assert len(await names(town, "factory")) == 1

    play(story)


def test_H02_an_invitation_is_burnt_after_five_wrong_tries() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        invitation = await rogue.invitation("factory")
        for guess in range(limits.INVITE_TRIES_MAX):
            assert not await knock(rogue, "factory", invitation, bytes([guess]) * 16)
        assert not await knock(rogue, "factory", invitation), "the right secret comes too late"
        fresh = await rogue.invitation("factory")
        assert await knock(rogue, "factory", fresh)

    play(story)


def test_H02_an_unknown_tag_gets_no_answer() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        known = await rogue.invitation("factory")
        link, session = await rogue.link("factory"), rogue.session(known.node_id, bytes(16))
        hello = session.start()
        assert hello is not None
        await link.send(hello)
        try:
            answer = await link.receive()
        except ports.LinkClosed:
            answer = b""
        assert answer == b""

    play(story)


def test_H03_both_sides_show_the_same_words_and_somebody_between_shows_others() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        rogue = Rogue(town)
        await (await rogue.pair("factory")).close()
        shown = {row["name"]: row["words"] for row in (await town.ask("factory", "partners"))["partners"]}
        (seen,) = (await town.ask("shop", "partners"))["partners"]
        assert shown["shop"] == seen["words"] and len(seen["words"]) == 8
        assert shown["rogue"] != shown["shop"]

    play(story)


def test_H08_a_partner_that_uses_another_invitation_stays_one_partner() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        await (await rogue.pair("factory")).close()
        salt = rogue.channel.salt
        again = await rogue.invitation("factory")
        talk = await rogue.meet("factory", again, name="another name")
        await talk.close()
        assert await names(town, "factory") == ["rogue"]
        rogue.channel.salt = salt
        other = Rogue(town, "other")
        assert not await knock(other, "factory", again), "it was used"

    play(story)


def test_H08_a_second_node_with_the_keys_of_a_partner_is_refused() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue, double = Rogue(town), Rogue(town, "double")
        await (await rogue.pair("factory")).close()
        kem, nonce = rogue.keyring.identity.kem, b"another identity"
        double.keyring = Keyring(
            rogue.keyring.root, identities.inception(rogue.keyring.root, bytes(32), bytes([9]) * 32, kem, nonce)
        )
        assert double.node_id != rogue.node_id
        talk = await double.meet("factory")
        await talk.live()
        assert await names(town, "factory") == ["rogue"]

    play(story)


def test_H10_no_two_sessions_use_the_same_ephemeral_key_or_boot_id() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        boots = set()
        for _ in range(3):
            node = town.citizens["factory"].node
            assert node is not None
            boots.add(node.connections.me.boot)
            town.kill("factory")
            await town.start("factory")
        assert len(boots) == 3

    play(story)


def test_H12_both_dial_at_once_and_keep_one_session() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        for round in range(10):
            town.network.reset("factory")
            await asyncio.sleep(3 + round / 10)
            await town.settle()
            lives = []
            for name in ("factory", "shop"):
                node = town.citizens[name].node
                assert node is not None
                (connected,) = node.connections.live.values()
                lives.append((connected.dialled, connected.exchange.boot, node.connections.me.boot))
            assert lives[0][0] != lives[1][0], "both hold the same session, dialled by one of them"
            assert (lives[0][1], lives[1][1]) == (lives[1][2], lives[0][2])

    play(story)


def test_H07_a_partner_that_repeats_handshake_messages_in_an_open_session_is_cut_off() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        talk = await rogue.pair("factory")
        hello = rogue.session(rogue.channel.peer.node_id).start()
        assert hello is not None
        await talk.link.send(hello)
        await talk.live()
        assert talk.closed
        again: Talk = await rogue.visit("factory")
        assert not again.failures()

    play(story)


def test_H04_a_node_refuses_an_identity_that_is_its_own() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        invitation = await rogue.invitation("factory")
        try:
            await town.ask("factory", "join", uri=invitations.to_uri(invitation))
        except errors.NodeError as refused:
            assert refused.code == "invite.own"
        else:
            raise AssertionError("a node paired with itself")

    play(story)


def test_H05_an_identity_log_of_somebody_else_does_not_pair() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue, other = Rogue(town), Rogue(town, "other")
        talk = await rogue.meet("factory", identity=(other.keyring.inception,))
        await talk.live()
        assert talk.closed and await names(town, "factory") == []

    play(story)


def test_H01_more_than_one_message_before_pair_is_refused() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        invitation = await rogue.invitation("factory")
        link, session = await rogue.link("factory"), rogue.session(invitation.node_id, invitation.secret)
        assert await rogue.handshake(link, session)
        talk = Talk(Channel(rogue.keyring, rogue.keyring.identity, bytes(16)), session, link)
        for _ in range(100):
            await talk.say(messages.Credit(1, 1))
        await talk.receive()
        while not talk.closed:
            assert await talk.receive() or talk.closed, "it still listens"

    play(story)


def test_H09_a_removed_partner_is_cut_off_and_gets_no_answer_any_more() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        invitation = await rogue.invitation("factory")
        talk = await rogue.pair("factory", invitation)
        await town.ask("factory", "partner.remove", partner="rogue")
        await talk.live()
        assert rogue.channel.said("channel.close"), "the end is told"
        assert talk.closed, "the open session ends as well"
        (row,) = (await town.ask("factory", "partners"))["partners"]
        assert (row["state"], row["online"]) == ("removed", False)
        link, session = await rogue.link("factory"), rogue.session(rogue.channel.peer.node_id)
        assert not await rogue.handshake(link, session)
        assert not await knock(rogue, "factory", invitation), "an old invitation revives nobody"
        assert not await knock(rogue, "factory", await rogue.invitation("factory")), "nor does a new one"

    play(story)


def test_H09_a_removed_partner_that_withholds_its_receipt_is_cut_off_as_well() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        talk = await rogue.pair("factory")
        talk.receipting = False
        await town.ask("factory", "partner.remove", partner="rogue")
        await talk.live(60)
        assert talk.closed
        received = (await town.ask("factory", "partners"))["partners"][0]["received"]
        assert received == len(rogue.channel.mine)

    play(story)


def test_H09_a_removed_partner_that_knocks_a_thousand_times_is_seen_once_a_minute() -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        rogue = Rogue(town)
        talk = await rogue.pair("factory")
        await town.ask("factory", "partner.remove", partner="rogue")
        await talk.live()
        peer = rogue.channel.peer.node_id
        with structlog.testing.capture_logs() as lines:
            for _ in range(1_000):
                assert not await rogue.handshake(await rogue.link("factory"), rogue.session(peer))
            minutes = 1 + town.loop.elapsed_ms() // 60_000
        shown = [line for line in lines if line["log_level"] != "debug"]
        assert 1 <= len(shown) <= minutes, shown[:5]
        assert sum(line.get("kept_back", 0) for line in shown) > 500

    play(story)


def test_W14_complaints_about_ever_new_strangers_share_one_line() -> None:
    lines: list[dict[str, object]] = []

    def tell(event: str, **fields: object) -> None:
        lines.append({"event": event, **fields})

    said = complaints.Complaints()
    for number in range(10_000):
        said.say(tell, "refused", f"host {number}", 0.0, "wire.malformed")
    assert len(lines) == complaints.KINDS_MAX + 1 and len(said.said) <= complaints.KINDS_MAX + 1
    said.say(tell, "refused", "host 9999", complaints.SILENCE_S, "wire.malformed")
    assert lines[-1]["who"] == "host 9999", "room is made again after a minute"
    assert complaints.host_of("[::1]:5") == "[::1]" and complaints.host_of("x") == "x"
