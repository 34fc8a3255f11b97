"""Four merchants in a row trade all day. Then every disk is searched for what its merchant must not know."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from node.storage import logbooks, orderbooks, partners
from node.trade import books
from protocol import entries, identities
from tests.node import searches
from tests.node import test_comebacks as comebacks
from tests.node.markets import agree
from tests.node.searches import Secret
from tests.node.towns import Town, play
from tests.sim import weathers

LINKS = ("kilnworks", "gao-imports", "lin-wholesale", "corner-shop")
CONSUMER = {"name": "欧阳震华", "phone": "13987654321", "country": "CN", "province": "四川省", "city": "成都市"}
CONSUMER |= {"district": "武侯区", "street": "桐梓林东路 117 号"}
SHEET = """sku,title_zh,title_en,price,stock
CUP-0,青花杯,Blue cup,912345.67,100
"""


async def trade(town: Town) -> tuple[dict[str, int], dict[str, str]]:
    """A day in the chain: orders that arrive, are cancelled in time and too late, a return, a complaint, and bills.

    Tells what a unit costs at each link and how the article is called there, by the name of the seller.
    """
    await town.open(*LINKS)
    for seller, buyer in itertools.pairwise(LINKS):
        await town.pair(seller, buyer)
    await town.ask(LINKS[0], "catalogue.import", name="goods.csv", data_hex=SHEET.encode().hex())
    price, skus = {}, {}
    for seller, buyer in itertools.pairwise(LINKS):
        await agree(town, seller, buyer)
        (row,) = (await town.ask(buyer, "catalogue.list", partner=seller))["goods"]
        price[seller], skus[seller] = row["price"]["amount"], row["sku"]
        if buyer != LINKS[-1]:
            await town.ask(buyer, "catalogue.derive", partner=seller, markup_percent="13.7", own_skus=True)
    arrives, stopped, late = [await ordered(town) for _ in range(3)]
    await town.ask(LINKS[0], "order.accept", all=True)
    await town.settle()
    await town.ask(LINKS[-1], "order.cancel", order=stopped)
    await town.settle()
    sold = await town.ask(LINKS[0], "order.list", state="agreed")
    first, second = sorted(row["order"] for row in sold["orders"])
    await town.ask(LINKS[0], "order.ship", order=first, carrier="SF", waybill="SF7700000001")
    await town.settle()
    (open_,) = (await town.ask(LINKS[-1], "order.list", state="agreed"))["orders"]
    assert open_["order"] in (arrives, late)
    town.network.cut(weathers.Cut(frozenset({LINKS[0]}), frozenset({LINKS[1]})))
    await town.ask(LINKS[0], "order.ship", order=second, carrier="SF", waybill="SF7700000002")
    await town.ask(LINKS[-1], "order.cancel", order=open_["order"])
    town.network.mend_all()
    await town.settle()
    shipped = late if open_["order"] == arrives else arrives
    await give_back(town, shipped, first)
    await complain(town, shipped)
    for seller, buyer in itertools.pairwise(LINKS):
        bill = await town.ask(seller, "statement.propose", partner=buyer, period="2026-11")
        await town.settle()
        await town.ask(buyer, "statement.agree", statement=bill["statement"])
        await town.settle()
    return price, skus


async def give_back(town: Town, bought: str, sold: str) -> None:
    """A unit of what arrived comes back, with a photo, and is refunded."""
    await comebacks.write(town, LINKS[0], sold, "shipment.status", comebacks.arrived)
    await comebacks.write(town, LINKS[-1], bought, "return.request", comebacks.asked(1))
    await comebacks.write(town, LINKS[0], sold, "return.decide", comebacks.about(1, action="approve"))
    way = {"carrier": "ZTO", "waybill": "Z7700000003"}
    await comebacks.write(town, LINKS[-1], bought, "return.ship", comebacks.about(1, dict(way)))
    await comebacks.write(town, LINKS[0], sold, "return.receive", comebacks.about(1))
    await comebacks.write(town, LINKS[0], sold, "return.inspect", comebacks.about(1, verdict="damaged"))
    await comebacks.write(town, LINKS[0], sold, "refund.grant", comebacks.refund)
    shown = await town.ask(LINKS[-1], "order.show", order=bought)
    assert shown["lines"][0]["buckets"] == {"delivered": 2, "refunded": 1}


async def complain(town: Town, order: str) -> None:
    """A complaint with a photo, and what the factory offers for it."""
    photo = [{"name": "cup.jpg", "data_hex": b"a broken cup".hex()}]
    lines = {"1": 1}
    await town.ask(LINKS[-1], "issue.open", order=order, category="damaged", lines=lines, message="碎了", files=photo)
    await town.settle()
    (asked,) = (await town.ask(LINKS[0], "issue.list"))["issues"]
    await town.ask(LINKS[0], "issue.offer", issue=asked["issue"], amount="1234.56", message="抱歉")
    await town.settle()
    (told,) = (await town.ask(LINKS[-1], "issue.list"))["issues"]
    await town.ask(LINKS[-1], "issue.accept", issue=told["issue"])
    await town.settle()
    (ended,) = (await town.ask(LINKS[0], "issue.list"))["issues"]
    assert ended["state"] == "settled"


async def ordered(town: Town) -> str:
    (row,) = (await town.ask(LINKS[-1], "catalogue.list", partner=LINKS[-2]))["goods"]
    lines = [{"sku": row["sku"], "quantity": 3}]
    placed = await town.ask(LINKS[-1], "order.place", partner=LINKS[-2], lines=lines, recipient=CONSUMER)
    await town.settle()
    return str(placed["order"])


def of_channel(desk: books.Desk, channel: int) -> Iterator[Secret]:
    """What only the two ends of a channel may know: every entry, every name of it."""
    book = desk.peek(channel)
    for mine in (True, False):
        logbook = logbooks.of_channel(desk.db, channel, mine=mine)
        yield Secret("the name of a logbook", logbook.origin)
        for position, leaf, data in logbooks.rows(desk.db, logbook.id, 0, logbook.size):
            entry = entries.parse(data)
            yield Secret(f"the hash of entry {position}, {entry.type}", leaf)
            yield Secret(f"the id of entry {position}, {entry.type}", entry.id)
            if entry.type == "order.place":
                yield Secret("an order number", str(entry.body["number"]))
    yield Secret("the salt of a channel", book.channel.salt)
    for order in orderbooks.orders(desk.db, None, None, channel, 100):
        yield Secret("an order", order.thread)


def of_identity(desk: books.Desk) -> Iterator[Secret]:
    """What gives a node away: its NodeID, and every key in its identity logbook."""
    yield Secret("a NodeID", desk.books.me)
    yield Secret("a NodeID as text", identities.to_text(desk.books.me), everywhere=False)
    leaves = partners.identity_entries(desk.db, desk.books.me)
    identity = identities.replay(leaves)
    yield from (Secret(f"the key {role}", key) for role, key in identity.keys.items())
    yield from (Secret("a key kem", key) for key in identity.kem)


async def read(town: Town, who: str, channel: int | None) -> list[Secret]:
    """The secrets of a channel of a node, or of the node itself."""
    node = town.citizens[who].node
    assert node is not None
    wanted = (
        (lambda desk: list(of_identity(desk))) if channel is None else (lambda desk: list(of_channel(desk, channel)))
    )
    return await node.trade.books.read(wanted)


def test_no_disk_of_a_chain_holds_what_its_merchant_must_not_know() -> None:
    async def story(town: Town) -> None:
        price, skus = await trade(town)
        found = []
        for place, seller in enumerate(LINKS[:-1]):
            (channel,) = [row for row in await channels_of(town, seller) if row[1] == LINKS[place + 1]]
            secrets = await read(town, seller, channel[0])
            secrets += [
                Secret("a SKU", skus[seller]),
                Secret("a price", price[seller]),
                Secret("what an order costs", 3 * price[seller]),
            ]
            (ended,) = (await town.ask(seller, "issue.list", partner=LINKS[place + 1]))["issues"]
            secrets.append(Secret("what a complaint came to", -ended["settled"]["amount"]))
            assert len(secrets) > 40
            found += misplaced(town, secrets, allowed=LINKS[place : place + 2])
        for place, name in enumerate(LINKS):
            neighbours = LINKS[max(0, place - 1) : place + 2]
            secrets = [*await read(town, name, None), Secret("a name", name)]
            found += misplaced(town, secrets, allowed=neighbours)
        for field in ("name", "phone", "street", "district", "city"):
            found += misplaced(town, [Secret(f"the consumer's {field}", CONSUMER[field])], allowed=())
        assert not found, "\n".join(found)

    play(story)


async def channels_of(town: Town, who: str) -> list[tuple[int, str]]:
    """(Channel, partner's name) of a node."""
    node = town.citizens[who].node
    assert node is not None
    return await node.trade.books.read(
        lambda desk: [(row.id, desk.peek(row.id).partner.name) for row in partners.channels(desk.db)]
    )


def misplaced(town: Town, secrets: list[Secret], allowed: tuple[str, ...]) -> list[str]:
    """Where secrets stand that may only stand with some; and those that are nowhere, so that nothing was searched."""
    found = []
    for name, citizen in town.citizens.items():
        contents = searches.disk(citizen)
        for secret in secrets:
            forms = tuple(searches.spellings(secret.needle))
            places = [place for place, content in contents.items() if any(form in content for form in forms)]
            if places and name not in allowed:
                found.append(f"{name} knows {secret.what} ({secret.needle!r}): {', '.join(places)}")
            if not places and name in allowed and secret.everywhere:
                found.append(f"{name} does not know {secret.what} ({secret.needle!r}): was it searched for?")
    return found
