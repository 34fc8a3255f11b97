"""Documents that a dishonest partner signs: rows D of faults.md, against a whole node.

What the fold refuses is tested on the floor below (tests/contracts). Here: it is stored and receipted all the same, the
partner is told once and by name, nothing else comes of it, and nobody is held up.
"""

from __future__ import annotations

from protocol import entries
from tests.hostile.rogues import Rogue, Talk
from tests.hostile.stalls import money, only_line, open_stall, order, refusals
from tests.node.markets import agree
from tests.node.towns import Town, play


async def settled(rogue: Rogue, talk: Talk) -> None:
    """Everything delivered, receipted and answered; and both sides fold alike."""
    await talk.deliver()
    assert not talk.failures() and not talk.closed
    assert max(rogue.channel.held) == len(rogue.channel.mine), "stored first, judged afterwards"
    assert rogue.channel.naks() == refusals(rogue), "each refusal is told once, with the codes of the fold"


async def states(town: Town) -> list[str]:
    rows = (await town.ask("factory", "order.list"))["orders"]
    return sorted(row["state"] for row in rows)


def test_D01_the_same_id_with_other_content_is_refused_and_the_first_stands() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        rogue.channel.write("order.place", order(rogue), id=b"i" * 16)
        index = len(rogue.channel.mine)
        rogue.channel.write("order.place", order(rogue, quantity=9), id=b"i" * 16)
        await settled(rogue, talk)
        assert rogue.channel.naks() == {index: ["document.id-reuse"]}
        rows = (await town.ask("factory", "order.list"))["orders"]
        assert [row["quantity"] for row in rows] == [2]

    play(story)


def test_D02_an_order_sent_again_has_no_second_effect() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        placed = rogue.channel.write("order.place", order(rogue))
        await settled(rogue, talk)
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 1
        assert (await town.ask("factory", "order.ship", order=placed.hex(), carrier="SF", waybill="1"))["shipped"] == 1
        rogue.channel.append(rogue.channel.mine[-1])
        await settled(rogue, talk)
        assert rogue.channel.naks() == {}
        assert await states(town) == ["shipped"]
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 0
        assert (await town.ask("factory", "stock.list"))["stock"][0]["on_hand"] == 98

    play(story)


def test_D03_a_cancel_that_crosses_the_hand_over_ends_alike_on_both_sides() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        placed = rogue.channel.write("order.place", order(rogue))
        await settled(rogue, talk)
        await town.ask("factory", "order.accept", all=True)
        await talk.live()
        await town.ask("factory", "order.ship", order=placed.hex(), carrier="SF", waybill="1")
        cancel = {"thread": placed, "role": "buyer", "lines": [{"line": 1}], "reason": "consumer"}
        rogue.channel.write("cancel.request", cancel)  # it has not seen the hand-over, which is on its way
        await settled(rogue, talk)
        (line,) = rogue.channel.fold().orders[placed].lines.values()
        shown = await town.ask("factory", "order.show", order=placed.hex())
        assert shown["lines"][0]["buckets"] == {lot.state.value: lot.quantity for lot in line.lots} == {"rto-asked": 2}

    play(story)


def test_D04_D05_D06_D07_D09_D16_D22_D23_D24_whatever_is_wrong_is_stored_receipted_and_refused_by_name() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        good, write = order(rogue), rogue.channel.write
        placed = write("order.place", good)
        wrong = [
            only_line(order(rogue), quantity=0),
            only_line(order(rogue), quantity=-5),
            only_line(order(rogue), quantity=10**15),
            only_line(order(rogue), price={"amount": money(1050, "CNY", 3), "base": 1}),
            only_line(order(rogue), price={"amount": money(1050, "EUR"), "base": 1}),
            only_line(order(rogue), price={"amount": money(1), "base": 1}),
            only_line(order(rogue), price={"amount": {"a": "1050", "c": "CNY", "e": 2}, "base": 1}),
            only_line(order(rogue), sku="\u202egnp.exe"),
            only_line(order(rogue), sku="../../etc/passwd"),
            only_line(order(rogue), sku="=cmd()"),
            only_line(order(rogue), sku="'; DROP TABLE entries; --"),
            {**order(rogue), "lines": [{"line": 1 + at} for at in range(501)]},
            {**order(rogue), "agreement": bytes(32)},
            {**order(rogue), "lines": []},
            {"junk": [{"deep": {"deeper": [None, True, -1]}}]},
        ]
        before = len(rogue.channel.mine)
        for body in wrong:
            write("order.place", body)
        write("order.respond", {"thread": placed, "lines": [{"line": 1, "action": "accept", "quantity": 2}]})
        write("cancel.request", {"thread": bytes(32), "role": "buyer", "lines": [{"line": 1}], "reason": "x"})
        write("shipment.handover", {"thread": placed, "carrier": "SF", "waybill": "1", "lines": []})
        write("stock.snapshot", {"location": "main", "items": [{"sku": "X", "available": 2**53 - 1}]})
        write("no.such_type", {})
        write("channel.open", {})
        await settled(rogue, talk)
        assert sorted(rogue.channel.naks()) == list(range(before, len(rogue.channel.mine)))
        assert await states(town) == ["placed"]
        tables = (await town.ask("factory", "status"))["orders"]
        assert tables["selling"] == {"placed": 1}

    play(story)


def test_D10_D12_a_reference_to_what_is_nowhere_or_in_another_channel_is_dangling() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        other, chat = await open_stall(town, "other")
        foreign = other.channel.write("order.place", order(other))
        await settled(other, chat)
        cancel = {"thread": foreign, "role": "buyer", "lines": [{"line": 1}], "reason": "consumer"}
        rogue.channel.write("cancel.request", cancel)
        rogue.channel.write("order.place", order(rogue), re=[entries.Reference(1, bytes(32))])
        await settled(rogue, talk)
        assert [codes[0] for codes in rogue.channel.naks().values()] == ["reference.dangling"] * 2
        assert await states(town) == ["placed"], "the other partner's order stands"

    play(story)


def test_D14_two_partners_race_for_the_last_units_and_the_shelf_never_goes_below_zero() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town, stock=3)
        other, chat = await open_stall(town, "other")
        placed = [one.channel.write("order.place", order(one, quantity=2)) for one in (rogue, other)]
        await settled(rogue, talk)
        await settled(other, chat)
        await town.ask("factory", "order.accept", all=True)
        await talk.live()
        await chat.live()
        agreed = 0
        for thread in placed:
            (line,) = (await town.ask("factory", "order.show", order=thread.hex()))["lines"]
            agreed += line["buckets"].get("agreed", 0)
        assert agreed == 3
        row = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (row["on_hand"], row["reserved"], row["available"]) == (3, 3, 0)

    play(story)


def test_D15_a_hold_is_released_by_the_owner_and_an_order_that_uses_it_later_finds_nothing_held() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town, stock=5)
        (agreement,) = rogue.channel.said("agreement.propose")
        ask = {"agreement": agreement.hash, "sku": "CUP-0", "quantity": 4, "expires_s": 60}
        held = rogue.channel.write("stock.hold", ask)
        await settled(rogue, talk)
        assert (await town.ask("factory", "stock.list"))["stock"][0]["reserved"] == 4
        await town.ask("factory", "stock.release", hold=held.hex())
        await talk.live()
        assert (await town.ask("factory", "stock.list"))["stock"][0]["reserved"] == 0
        rogue.channel.write("stock.release", {"thread": held, "role": "buyer", "reason": "released"})
        await settled(rogue, talk)
        assert len(rogue.channel.naks()) == 1
        assert (await town.ask("factory", "stock.list"))["stock"][0]["reserved"] == 0

    play(story)


def test_D21_absurd_times_decide_nothing() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        for ts_ms in (0, -(2**53) + 1, 2**53 - 1, 253_402_300_800_000):
            rogue.channel.clock_ms = ts_ms
            rogue.channel.write("order.place", order(rogue))
        await settled(rogue, talk)
        assert await states(town) == ["placed"] * 4

    play(story)


def test_D25_an_address_that_does_not_open_harms_nobody() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        blob = {"cm": bytes(32), "ct": bytes(32), "kid": bytes(8), "len": 2**50, "x": "hpke1"}
        placed = rogue.channel.write("order.place", order(rogue, pii=blob))
        await settled(rogue, talk)
        shown = await town.ask("factory", "order.show", order=placed.hex())
        assert shown["state"] == "placed" and shown["recipient"] is None

    play(story)


def test_L01_bytes_that_are_no_entry_take_their_place_and_block_nothing() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        first = len(rogue.channel.mine)
        for garbage in (b"", b"\xc1", bytes(1000), b"\xff" * 65_535, rogue.channel.draft("order.place", {})[:-1]):
            rogue.channel.append(garbage)
        placed = rogue.channel.write("order.place", order(rogue))
        await settled(rogue, talk)
        assert rogue.channel.naks() == {first + at: ["document.unreadable"] for at in range(5)}
        assert (await town.ask("factory", "order.show", order=placed.hex()))["state"] == "placed"

    play(story)


def test_D09_a_refusal_of_a_refusal_ends_there() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        written = len(rogue.channel.theirs)
        fault = ["x", "", "", ""]
        for body in ({"d": 1, "idx": 0, "faults": [fault]}, {"d": 7}, {"d": 1, "idx": 10**9, "faults": [fault] * 50}):
            rogue.channel.write("channel.nak", body)
        rogue.channel.append(rogue.channel.draft("channel.nak", {"d": 1}, seen=0))
        await talk.deliver()
        await talk.live(30)
        assert len(rogue.channel.theirs) == written, "nothing is answered"
        assert max(rogue.channel.held) == len(rogue.channel.mine)

    play(story)


def test_D09_a_flood_of_refused_documents_does_not_hold_up_another_partner() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        await town.open("shop")
        await town.pair("factory", "shop")
        await agree(town, "factory", "shop")
        for _ in range(300):
            rogue.channel.append(b"junk")
        await talk.say(rogue.channel.batch(max(rogue.channel.held)))
        placed = await town.ask("shop", "order.place", partner="factory", lines=[{"sku": "CUP-1", "quantity": 1}])
        await talk.live()
        await town.settle()
        assert (await town.ask("factory", "order.show", order=placed["order"]))["state"] == "placed"
        assert len(rogue.channel.naks()) == 300

    play(story)
