"""Goods come back: one parcel with a photo, counted and refunded, and one breakage that is refunded as it lies."""

from __future__ import annotations

from typing import Any, Final

from node.demonstrations import aftersales, gifts, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json, Stage

COMPLAINT: Final = "The wrong colour; see the photo"


def give_back(stage: Stage) -> None:
    """Two consumers are not content: one with the factory's goods, one with those of the dealer's own shelf."""
    first, second = received(stage)
    refunded = [send_back(stage, *first), keep(stage, *second)]
    for merchant in stage.cast:
        stages.until(f"no return waits for {merchant.name}", nothing_waits, merchant)
    stage.facts |= {"returns": len(refunded), "refunds": len(refunded), "refunded_minor_units": sum(refunded)}


def received(stage: Stage) -> list[tuple[Merchant, Merchant, str, Json]]:
    """(buyer, seller, order, line) of two parcels that arrive: goods of the factory, and of the dealer's own shelf."""
    own = {row.sku for row in gifts.assortment()}
    found = []
    for buyer, seller in ((stage.harbour, stage.factory), (stage.xiaoman, stage.dealer)):
        for row in stages.orders(buyer, selling=False, partner=seller.name, state="shipped"):
            lines = buyer.ask("order.show", order=row["order"])["lines"]
            whole = [line for line in lines if set(line["buckets"]) == {"shipped"}]
            if whole and (seller is stage.factory or whole[0]["sku"] in own):
                buyer.ask("order.receive", order=row["order"])
                found.append((buyer, seller, row["order"], whole[0]))
                break
    stages.require("a parcel of either shelf arrived", 2, len(found))
    return found


def send_back(stage: Stage, buyer: Merchant, seller: Merchant, order: str, line: Json) -> int:
    """Ask with a photo, approve, send, count, refund; what was refunded, in minor units."""
    files = [{"name": "colour.png", "data_hex": aftersales.PHOTO.hex()}]
    name = ask_back(buyer, order, line, reason="wrong_item", message=COMPLAINT, files=files)
    seen = stages.until(f"{seller.name} has the photo", with_photo, seller, name)
    stages.require("the words arrive as they were written", COMPLAINT, seen["documents"][0]["message"])
    seller.ask("return.approve", name=name)
    stages.until(f"{buyer.name} may send it back", stands, buyer, name, "return-approved")
    buyer.ask("return.ship", name=name, **stages.waybill("YT", 9_001))
    stages.until(f"the parcel is on its way to {seller.name}", stands, seller, name, "in-return")
    seller.ask("return.receive", name=name)
    seller.ask("return.inspect", name=name)
    done = seller.ask("return.refund", name=name)["refunded"]
    stages.until(f"{buyer.name} hears of the refund", stands, buyer, name, "refunded")
    stage.narrator.say(
        f"{buyer.name} returns {line['sku']} with a photo; {seller.name} counts it, and refunds {done['text']}"
    )
    return int(done["amount"])


def keep(stage: Stage, buyer: Merchant, seller: Merchant, order: str, line: Json) -> int:
    """Refund without anything coming back; what was refunded, in minor units."""
    name = ask_back(buyer, order, line, reason="damaged", remedy="refund_only")
    stages.until(f"{seller.name} hears of the breakage", stands, seller, name, "return-asked")
    done = seller.ask("return.refund", name=name)["refunded"]
    stages.until(f"{buyer.name} hears of the refund", stands, buyer, name, "refunded")
    stage.narrator.say(
        f"At {buyer.name} {line['sku']} arrived broken: {seller.name} refunds {done['text']}, and wants nothing back"
    )
    return int(done["amount"])


def ask_back(buyer: Merchant, order: str, line: Json, **given: Any) -> str:
    """Ask to give one unit of a line back; the hash of the return."""
    return str(buyer.ask("return.request", order=order, quantities={str(line["line"]): 1}, **given)["return"])


def shown(merchant: Merchant, name: str) -> Json:
    """A return, empty before it has arrived."""
    known = merchant.ask("return.list")["returns"]
    return next((row for row in known if row["return"] == name), {})


def stands(merchant: Merchant, name: str, state: str) -> bool:
    """Whether a return is in a state."""
    return bool(shown(merchant, name).get("state") == state)


def with_photo(merchant: Merchant, name: str) -> Json:
    """A return once its message and its photo have arrived, empty before."""
    if not shown(merchant, name):
        return {}
    seen = merchant.ask("return.show", name=name)
    return seen if aftersales.has_arrived(seen["documents"][0]) else {}


def nothing_waits(merchant: Merchant) -> bool:
    """Whether every return is at its end."""
    return not merchant.ask("return.list", live=True)["returns"]
