"""What happens after the orders: parcels, goods that come back, complaints, statements and money.

Something of every state is left standing, so that every page has something to show.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import segno

from node.demonstrations import aftersales, closings, merchants, stages, tradings
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json, Stage

LEFT = 2
"""Orders that nobody answers, and that nobody ships."""


def photo(width: int = 480, height: int = 360) -> bytes:
    """A PNG with some colours in it."""
    rows = b"".join(
        b"\0" + b"".join(bytes((120 + 100 * x // width, 90 + 120 * y // height, 110)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def collection_code() -> bytes:
    """A code to be scanned by whoever pays, as a payment service draws it: a PNG."""
    drawn = io.BytesIO()
    segno.make("https://pay.example/canton-bridge", error="m").save(drawn, kind="png", scale=8, border=4)
    return drawn.getvalue()


PHOTO = {"name": "杯口.png", "data_hex": photo().hex()}


def answer(stage: Stage) -> None:
    """The factory, then the dealer, accept nearly everything."""
    for seller in (stage.factory, stage.dealer):
        own = tradings.dealer_goods(stage)[0] if seller is stage.dealer else None
        placed = [row["order"] for row in stages.orders(seller, selling=True, state="placed")]
        chosen = [order for order in placed if own is None or order in own][LEFT:]
        if chosen:
            seller.ask("order.accept", orders=chosen)
    for buyer in (stage.xiaoman, stage.harbour):
        stages.until("orders are agreed", agreed, buyer)


def agreed(buyer: Merchant) -> list[Json]:
    return stages.orders(buyer, selling=False, state="agreed")


def ship(stage: Stage) -> None:
    """One order is cancelled in time; nearly everything else leaves."""
    stage.xiaoman.ask("order.cancel", orders=[agreed(stage.xiaoman)[0]["order"]])
    stages.until("the cancel is answered", lambda: not waiting(stage.xiaoman))
    for seller, carrier in ((stage.factory, "SF"), (stage.dealer, "YT")):
        own = tradings.dealer_goods(stage)[0] if seller is stage.dealer else None
        ready = [row["order"] for row in stages.orders(seller, selling=True, state="agreed")]
        chosen = [order for order in ready if own is None or order in own][LEFT:]
        rows = [{"order": order, **stages.waybill(carrier, serial)} for serial, order in enumerate(chosen, 1)]
        if rows:
            seller.ask("order.ship", rows=rows)
    for buyer in (stage.xiaoman, stage.harbour):
        stages.until("parcels are known", has_parcels, buyer)


def has_parcels(buyer: Merchant) -> bool:
    return len(shipped(buyer)) > LEFT


def waiting(buyer: Merchant) -> list[Json]:
    return stages.orders(buyer, selling=False, state="attention")


def shipped(buyer: Merchant, partner: Merchant | None = None) -> list[Json]:
    chosen = {} if partner is None else {"partner": partner.name}
    return stages.orders(buyer, selling=False, state="shipped", **chosen)


def give_back(stage: Stage) -> None:
    """Four returns of the shop: one asked for, one approved, one on its way, one refunded."""
    shop, dealer = stage.xiaoman, stage.dealer
    orders = shipped(shop, dealer)[:4]
    names = []
    for row, reason in zip(orders, ("damaged", "changed_mind", "wrong_item", "defective"), strict=False):
        shop.ask("order.receive", order=row["order"])
        asked = shop.ask("return.request", order=row["order"], quantities={"1": 1}, reason=reason,
                         message="收到时杯口有缺口,见照片" if reason == "damaged" else "", files=[PHOTO])  # fmt: skip
        names.append(asked["return"])
        stages.until("the return arrives", known, dealer, asked["return"])
    for name in names[1:3]:
        dealer.ask("return.approve", name=name, message="请用原包装寄回")
        stages.until("it is approved", stands, shop, name, "return-approved")
    for name in names[2:3]:
        shop.ask("return.ship", name=name, **stages.waybill("YT", 9_101))
    for name in names[3:]:
        dealer.ask("return.refund", name=name)
        stages.until("it is refunded", stands, shop, name, "refunded")
    stage.facts["returns"] = names


def known(merchant: Merchant, name: str) -> bool:
    return any(row["return"] == name for row in merchant.ask("return.list")["returns"])


def stands(merchant: Merchant, name: str, state: str) -> bool:
    return any(row["return"] == name and row["state"] == state for row in merchant.ask("return.list")["returns"])


def complained(merchant: Merchant, name: str) -> bool:
    """Whether a complaint is known to a merchant."""
    return any(row["issue"] == name for row in aftersales.issues(merchant))


def complain(stage: Stage) -> None:
    """One complaint with an offer that waits for the shop, one that the dealer has not answered."""
    shop, dealer = stage.xiaoman, stage.dealer
    first, second = shipped(shop, dealer)[-2:]
    opened = shop.ask("issue.open", order=first["order"], category="damaged", claim="20.00", remedy="refund",
                      message="两个杯子碎了,买家很不高兴。", files=[PHOTO])["issue"]  # fmt: skip
    stages.until("the complaint arrives", complained, dealer, opened)
    dealer.ask("issue.reply", issue=opened, status="processing", message="We are asking the packer.")
    dealer.ask("issue.offer", issue=opened, amount="12.00", message="Would this help?")
    stages.until("the offer arrives", aftersales.offers_of, shop, opened)
    shop.ask("issue.open", order=second["order"], category="late", message="还没有到货。")
    stage.facts["complaint"] = opened


def close_month(stage: Stage) -> None:
    """The dealer's account with the shop is closed, invoiced and paid in part; the factory's waits for an answer."""
    dealer, shop, factory, harbour = stage.dealer, stage.xiaoman, stage.factory, stage.harbour
    _, _, account = closings.agree(stage, dealer, shop)
    stage.facts["closed"] = account["statement"]
    issued = dealer.ask("invoice.issue", statement=account["statement"])
    stages.until("the invoice arrives", closings.billed, shop, dealer, issued["invoice"])
    stage.facts["invoice"] = issued["invoice"]
    sent = shop.ask("payment.sent", partner=dealer.name, amount="50.00", statement=account["statement"])
    stages.until("the payment arrives", closings.payment, dealer, sent["payment"])
    shop.ask("payment.promise", partner=dealer.name, amount="30.00", due="2026-12-15")
    bank = {"holder": dealer.name, "number": "6222021202000123456", "bank": "中国工商银行广州越秀支行"}
    dealer.ask("payee.set", currency="CNY", **bank, name="code.png", data_hex=collection_code().hex())
    iban = {"holder": "Canton Bridge GmbH", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}
    dealer.ask("payee.set", currency="EUR", **iban)
    proposed = factory.ask("statement.propose", partner=harbour.name, period="2026-11")
    stages.until("the statement arrives", closings.one, harbour, proposed["statement"])
    stage.facts["proposed"] = proposed["statement"]
    if not dealer.ask("balance", partner=shop.name)["balances"]:
        raise merchants.unmet("a balance is shown", "one", "none")


CHAPTERS: tuple[Callable[[Stage], None], ...] = (answer, ship, give_back, complain, close_month)
