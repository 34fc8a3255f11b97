"""After the parcels: a complaint that travels up the chain, and goods that the dealer buys from its own customer."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from node.demonstrations import gifts, merchants, openings, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json, Stage

PHOTO: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63d862a301"
    "0002c00119790287b20000000049454e44ae426082"
)
"""A picture, as small as a PNG can be."""
COMPLAINT: Final = "收到时杯口有缺口，见照片"
SETTLED_PERCENT: Final = 50
"""What the factory offers of the claim."""
CANDLES: Final = """sku,title_zh,title_en,price,stock
CA-301-FIG,无花果香薰蜡烛,"Scented candle, fig",38.00,200
CA-301-SEA,海盐香薰蜡烛,"Scented candle, sea salt",38.00,200
CA-302-OAK,橡木蜡烛台,"Candle holder, oak",52.50,80
"""
"""What the distributor in foreign parts imports, and the dealer buys for its own shelf."""
BOUGHT: Final = {"CA-301-FIG": 6, "CA-302-OAK": 2}


def complain(stage: Stage) -> None:
    """A consumer's photo goes up the chain to the factory, its offer comes down, each link at its own price."""
    say = stage.narrator.say
    factory, dealer, shop = stage.factory, stage.dealer, stage.xiaoman
    order, line = chained_line(stage, shop)
    opened = shop.ask(
        "issue.open",
        order=order,
        category="damaged",
        lines={str(line["line"]): 1},
        claim=line["price"]["text"].split()[0],
        message=COMPLAINT,
        files=[{"name": "photo.png", "data_hex": PHOTO.hex()}],
    )["issue"]
    asked = stages.until(f"the complaint reaches {factory.name}", first_issue, factory)
    shown = stages.until(f"{factory.name} has the photo", with_photo, factory, asked["issue"])
    stages.require("the words arrive as they were written", COMPLAINT, shown["documents"][0]["message"])
    say(f"{shop.name} complains with a photo; {dealer.name} passes it on, and {factory.name} sees it at once")
    offered = asked["claim"]["amount"] * SETTLED_PERCENT // 100
    factory.ask("issue.offer", issue=asked["issue"], amount=f"{offered // 100}.{offered % 100:02}")
    stages.until(f"an offer reaches {shop.name}", offers_of, shop, opened)
    shop.ask("issue.accept", issue=opened)
    for merchant in (factory, dealer, shop):
        stages.until(f"the complaint is settled for {merchant.name}", all_settled, merchant)
    paid = factory.ask("issue.show", issue=asked["issue"])["settled"]["text"].lstrip("-")
    got = shop.ask("issue.show", issue=opened)["settled"]["text"]
    stage.facts["disputes_settled"] = len(issues(shop))
    say(f"{factory.name} gives {paid}, {shop.name} gets {got}: no arbiter, and each link at its own price")


def chained_line(stage: Stage, shop: Merchant) -> tuple[str, Json]:
    """An order of a shop that the dealer passed on and the factory shipped, and its first line."""
    own = {row.sku for row in gifts.assortment()}
    for row in stages.orders(shop, selling=False, partner=stage.dealer.name, state="shipped"):
        for line in shop.ask("order.show", order=row["order"])["lines"]:
            if line["sku"] not in own and line["buckets"].get("shipped"):
                return row["order"], line
    raise merchants.unmet("a parcel came down the chain", "an order", "none")


def issues(merchant: Merchant) -> list[Json]:
    """Every complaint that a merchant knows of."""
    known: list[Json] = merchant.ask("issue.list")["issues"]
    return known


def first_issue(merchant: Merchant) -> Json:
    """The first complaint of a merchant, empty while there is none."""
    return next(iter(issues(merchant)), {})


def with_photo(merchant: Merchant, issue: str) -> Json:
    """A complaint once its message and its files have arrived, empty before."""
    shown = merchant.ask("issue.show", issue=issue)
    return shown if has_arrived(shown["documents"][0]) else {}


def has_arrived(document: Json) -> bool:
    """Whether both the message and the files beside a document are here; each comes by itself."""
    files = document["files"]
    return bool(document["message"] and files) and all(file["here"] for file in files)


def offers_of(merchant: Merchant, issue: str) -> list[Json]:
    """What was offered to settle a complaint."""
    known: list[Json] = merchant.ask("issue.show", issue=issue)["offers"]
    return known


def all_settled(merchant: Merchant) -> bool:
    """Whether every complaint ended with both sides content."""
    return all(row["state"] == "settled" for row in issues(merchant))


def buy_back(stage: Stage) -> None:
    """The dealer buys for its own shelf from a distributor: the two owe each other."""
    seller, buyer = stage.harbour, stage.dealer
    openings.sign(seller, buyer)
    content = CANDLES.encode()
    openings.save(stage, "candles.csv", content)
    openings.load(seller, "candles.csv", content)
    seller.ask("catalogue.share", partner=buyer.name)
    stages.until(f"{buyer.name} sees the candles", sees, buyer, seller, BOUGHT.keys())
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in BOUGHT.items()]
    placed = buyer.ask("order.place", partner=seller.name, lines=lines)["order"]
    stages.until(f"the order reaches {seller.name}", known, seller, placed)
    stages.require(f"{seller.name} accepts", [], seller.ask("order.accept", order=placed)["refused"])
    seller.ask("order.ship", order=placed, **stages.waybill("YT", 9_000))
    stages.until(f"{buyer.name} has the waybill", shipped, buyer, placed)
    stage.narrator.say(
        f"{buyer.name} buys {sum(BOUGHT.values())} candles and holders from {seller.name}, its own customer"
    )


def sees(merchant: Merchant, supplier: Merchant, skus: Collection[str]) -> bool:
    """Whether a merchant sees articles of a supplier with their prices."""
    offered = merchant.ask("catalogue.list", partner=supplier.name)["goods"]
    return set(skus) <= {row["sku"] for row in offered if row["price"]}


def known(merchant: Merchant, order: str) -> bool:
    """Whether an order has arrived."""
    return any(row["order"] == order for row in stages.orders(merchant, selling=True))


def shipped(merchant: Merchant, order: str) -> bool:
    """Whether a merchant knows that its order has left."""
    return bool(merchant.ask("order.show", order=order)["state"] == "shipped")


def search(stage: Stage) -> None:
    """Look through every file of a home for what its merchant must not know."""
    factory, dealer, shop = stage.factory, stage.dealer, stage.xiaoman
    stages.require(f"{factory.name} knows its dealer", True, holds(factory.home, dealer.name))
    stages.require(f"{factory.name} never heard of {shop.name}", False, holds(factory.home, shop.name))
    stages.require(f"{shop.name} never heard of {factory.name}", False, holds(shop.home, factory.name))
    stage.narrator.say(
        f"The disk of {factory.name} holds no word of {shop.name}, whose parcels it sends, nor the other way"
    )


def holds(home: Path, name: str) -> bool:
    """Whether a name stands in any file of a home."""
    return any(name.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())
