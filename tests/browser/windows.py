"""Shop windows of the village: pictures of goods, a new price of what was picked, what is wanted, asked and quoted."""

from __future__ import annotations

import math
import struct
import zlib

from node import errors
from node.demonstrations import stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Stage

SIDE = 240
PICTURED = 14
"""So many of the factory's products get a picture."""
COLOURS = (
    ((244, 239, 230), (178, 84, 45)),
    ((231, 239, 238), (15, 92, 99)),
    ((240, 236, 245), (107, 36, 137)),
    ((238, 243, 230), (82, 110, 42)),
    ((250, 240, 225), (196, 140, 40)),
)


def dress(stage: Stage) -> None:
    """Pictures along the chain, a list, a notice of each kind, a quotation, a dearer article."""
    factory, dealer, shop = stage.factory, stage.dealer, stage.xiaoman
    goods = factory.ask("catalogue.list")["goods"]
    products = list(dict.fromkeys(good["title"] for good in goods))[:PICTURED]
    for place, title in enumerate(products):
        picture = {"name": "a.png", "data_hex": drawn(place).hex()}
        for good in goods:
            if good["title"] == title:
                factory.ask("picture.add", sku=good["sku"], files=[picture])
    factory.ask("catalogue.share", partner=dealer.name)
    stages.until("pictures reach the dealer", has_pictures, dealer, factory)
    dealer.ask("catalogue.derive", partner=factory.name)
    dealer.ask("catalogue.share", partner=shop.name)
    stages.until("pictures reach the shop", has_pictures, shop, dealer)
    cheapest = dealer.ask("selection.list", sort="cost", limit=2)["offers"]
    dearer(stage, [row["sku"] for row in cheapest])
    stages.until("the dealer hears of the new prices", heard, dealer, 2)
    skus = [good["sku"] for good in goods[:3]]
    dealer.ask("catalogue.push", partner=shop.name, name="spring", title="春季直播专供", language="zh", skus=skus)
    shop.ask("want.post", what="软木杯垫 1000 片，春交会之前要", quantity=1000, price="1.20", until="2026-12-20")
    dealer.ask("offer.post", what="Returned stock, as new", sku=skus[0], quantity=60, price="9.00")
    shop.ask("quote.request", partner=dealer.name, lines={skus[0]: 300})
    stages.until("the dealer sees the question", asked, dealer)
    shop.ask("stock.hold", partner=dealer.name, sku="GF-901-GRN", quantity=5)


def has_pictures(merchant: Merchant, seller: Merchant) -> bool:
    """Whether every picture of what a partner offers has arrived."""
    offers = merchant.ask("selection.list", partner=seller.name, limit=1000)["offers"]
    found = {offer["image"] for offer in offers} - {None}
    return len(found) == PICTURED and all(is_here(merchant, image) for image in found)


def is_here(merchant: Merchant, image: str) -> bool:
    """Whether a picture has arrived."""
    try:
        return bool(merchant.ask("picture.show", image=image))
    except errors.NodeError as error:
        assert error.code == "picture.unknown"
        return False


def dearer(stage: Stage, skus: list[str]) -> None:
    """The factory raises prices by a tenth."""
    rows = ["商品编码,商品名称,英文名称,供货价,建议零售价"]
    for sku in skus:
        shown = stage.factory.ask("catalogue.show", sku=sku)
        price, retail = shown["price"]["amount"] * 11 // 10, shown["retail"]["amount"]
        rows.append(f"{sku},{shown['titles']['zh']},{shown['titles']['en']},{price / 100:.2f},{retail / 100:.2f}")
    stage.factory.ask("catalogue.import", name="prices.csv", data_hex="\n".join(rows).encode().hex())
    stage.factory.ask("catalogue.share", partner=stage.dealer.name)


def heard(merchant: Merchant, count: int) -> bool:
    """Whether so many new prices were told."""
    return len(merchant.ask("selection.changes")["changes"]) == count


def asked(merchant: Merchant) -> bool:
    """Whether somebody asked for a price."""
    return bool(merchant.ask("quote.list")["quotes"])


def drawn(place: int) -> bytes:
    """A picture of a bowl, a disc or a tile: a PNG."""
    ground, ink = COLOURS[place % len(COLOURS)]
    light = tuple((two + one * 2) // 3 for one, two in zip(ground, ink, strict=True))
    rows = bytearray()
    for y in range(SIDE):
        rows.append(0)
        for x in range(SIDE):
            across, down = (x - SIDE / 2) / SIDE, (y - SIDE / 2) / SIDE
            rows.extend(shade(place % 3, across, down, ground, ink, light))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in parts)


def shade(kind: int, across: float, down: float, ground: object, ink: object, light: object) -> tuple[int, int, int]:
    """The colour of one point."""
    far = math.hypot(across, down)
    inside = {
        0: far < 0.33 and down > -0.05,
        1: far < 0.31,
        2: max(abs(across), abs(down)) < 0.27,
    }[kind]
    rim = {0: far < 0.33 and abs(down + 0.02) < 0.04, 1: 0.2 < far < 0.23, 2: abs(abs(across) - abs(down)) < 0.015}[
        kind
    ]
    chosen = light if inside and rim else ink if inside else ground
    assert isinstance(chosen, tuple)
    return chosen


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
