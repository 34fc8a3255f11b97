"""Orders that a story makes for itself: placed, accepted, or on their way."""

from __future__ import annotations

import itertools

from node.demonstrations import merchants, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json

RECIPIENT = {
    "name": "周晓岚", "phone": "13812345678", "province": "浙江省", "city": "杭州市", "district": "西湖区",
    "street": "文三路 90 号",
}  # fmt: skip
SERIALS = itertools.count(40_000)
"""No two parcels have the same waybill."""


def article(buyer: Merchant, seller: Merchant) -> Json:
    """What the seller offers and has itself: what lies on its shelf in the greatest number."""
    own = {row["sku"] for row in seller.ask("catalogue.list")["goods"] if not row["supplier"]}
    offered = [row for row in buyer.ask("catalogue.list", partner=seller.name)["goods"] if row["sku"] in own]
    if not offered:
        raise merchants.unmet("an article is offered", "one", "none")
    return max(offered, key=lambda row: row["stock"] or 0)


def placed(buyer: Merchant, seller: Merchant, quantity: int = 2) -> str:
    """An order that waits for the seller's answer."""
    line = {"sku": article(buyer, seller)["sku"], "quantity": quantity}
    order = buyer.ask("order.place", partner=seller.name, lines=[line], recipient=RECIPIENT)["order"]
    stages.until("the order arrives", stands, seller, order, "placed")
    return str(order)


def accepted(buyer: Merchant, seller: Merchant, quantity: int = 2) -> str:
    """An order that waits to be packed."""
    order = placed(buyer, seller, quantity)
    stages.require("the order is accepted", [], seller.ask("order.accept", order=order)["refused"])
    stages.until("the buyer knows", stands, buyer, order, "agreed")
    return order


def sent(buyer: Merchant, seller: Merchant, quantity: int = 2) -> str:
    """An order whose parcel is on its way."""
    order = accepted(buyer, seller, quantity)
    refused = seller.ask("order.ship", order=order, **stages.waybill("YT", next(SERIALS)))["refused"]
    stages.require("the order is shipped", [], refused)
    stages.until("the buyer knows", stands, buyer, order, "shipped")
    return order


def stands(merchant: Merchant, order: str, state: str) -> bool:
    """Whether an order of a merchant is in a state."""
    return any(row["order"] == order for row in stages.orders(merchant, state=state))
