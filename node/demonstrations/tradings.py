"""The middle chapters: consumers order, a machine dies, warehouses answer, minds change, parcels leave."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from node import errors
from node.demonstrations import gifts, goods, merchants, openings, sheets, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.sheets import SheetFile
from node.demonstrations.stages import Json, Stage

SHARES: Final = (0.42, 0.31, 0.27)
"""How a day's orders spread over the files of 10, 14 and 18 o'clock."""
GIFT_WEIGHT: Final = 8
"""How much likelier a gift article is bought than another: presents are why people order from such shops."""
CANCELLED_SHARE: Final = 0.04
LATE_ORDERS: Final = 4
SCARCE: Final = 3
"""Articles of which the factory has fewer than was ordered."""

Placed = Mapping[tuple[Merchant, Merchant], int]
"""Orders by (supplier, buyer)."""


def order(stage: Stage) -> None:
    """Nine files in three formats; while they flow in, the dealer's machine loses power."""
    files = day_of_files(stage)
    refuse_faulty(stage, files[0])
    totals: Counter[str] = Counter()
    lock = threading.Lock()

    def take(merchant: Merchant, mine: Sequence[SheetFile]) -> None:
        for file in mine:
            answer = load(stage, merchant, file)
            with lock:
                totals.update({key: answer[key] for key in ("orders", "lines", "unchanged")})

    shared = [(shop_owner(stage, name), [file for file in files if file.shop == name]) for name in shops(files)]
    with ThreadPoolExecutor(max_workers=len(shared)) as pool:
        under_way = [pool.submit(take, merchant, mine) for merchant, mine in shared]
        survived = lose_power(stage, under_way)
        for future in under_way:
            future.result()
    placed = {pair: len(stages.orders(pair[1], selling=False, partner=pair[0].name)) for pair in stage.trades[1:]}
    tell_orders(stage, totals, placed)
    arrive(stage, placed)
    say = stage.narrator.say
    say(f"Back on its feet, {stage.dealer.name} still had those {survived}, and in the end each order exactly once")


def day_of_files(stage: Stage) -> tuple[SheetFile, ...]:
    """The order files of one day, of articles of the factory and of the dealer."""
    each = [max(1, round(stage.plan.orders * share / len(sheets.SHOPS))) for share in SHARES]
    rows = (*goods.catalogue(), *gifts.assortment() * GIFT_WEIGHT)
    files = sheets.order_files(random.Random(stage.plan.seed), rows, time.strftime("%Y%m%d"), each)
    for file in files:
        openings.save(stage, file.name, file.content)
    return files


def shops(files: Sequence[SheetFile]) -> list[str]:
    """The shops that files come from."""
    return list(dict.fromkeys(file.shop for file in files))


def shop_owner(stage: Stage, shop: str) -> Merchant:
    """The distributor whose shop it is: the last one in foreign parts, the others at home."""
    return stage.harbour if shop == sheets.SHOPS[-1].name else stage.xiaoman


def refuse_faulty(stage: Stage, file: SheetFile) -> None:
    """A file with faults changes nothing, and every fault is named with its place."""
    bad = (
        "订单号,商品编码,数量,收货人,手机,详细地址\r\n1,NO-SUCH-SKU,1,张三,13800000000,示例路 1 号\r\n2,,x,李四,1,\r\n"
    )
    try:
        stage.xiaoman.ask("order.import", name="faulty.csv", data_hex=bad.encode().hex(), shop=file.shop)
    except errors.NodeError as error:
        first = error.faults[0]
        place = f"{first.get('path')}: expected {first.get('expected')}, got {first.get('got') or 'nothing'}"
        stage.narrator.say(f"A file with {len(error.faults)} faults is refused whole; the first is in {place}")
    else:
        raise merchants.unmet("a faulty file is refused", "faults", "an import")
    stages.require("a refused file places no order", 0, stages.count(stage.xiaoman, "buying"))


def load(stage: Stage, merchant: Merchant, file: SheetFile) -> Json:
    """Import one file of orders."""
    return merchant.ask(
        "order.import",
        stage.report_of(merchant),
        name=file.name,
        data_hex=file.content.hex(),
        shop=file.shop,
        currency=file.currency,
        decimal_comma=False,
    )


def lose_power(stage: Stage, under_way: Sequence[Future[None]]) -> int:
    """Kill the dealer's node as soon as it holds some orders, and start it again; how many it held when it died."""
    dealer = stage.dealer
    held = stages.until(f"the first orders reach {dealer.name}", stages.count, dealer, "selling")
    busy = sum(not future.done() for future in under_way)
    dealer.kill()
    stage.narrator.say(
        f"SIGKILL: {dealer.name} loses power with {held} orders on its disk, {busy} files still coming in"
    )
    dealer.start()
    again = stages.count(dealer, "selling")
    if again < held:
        raise merchants.unmet("an order that was receipted is lost", held, again)
    return again


def tell_orders(stage: Stage, totals: Counter[str], placed: Placed) -> None:
    """What the files brought."""
    say = stage.narrator.say
    say(f"{totals['orders']} consumer orders with {totals['lines']} lines in three formats, split by supplier:")
    for (supplier, buyer), number in placed.items():
        say(f"  {buyer.name} placed {number} orders with {supplier.name}")
    say(f"{totals['unchanged']} orders stood in two files and were taken once")
    stage.facts |= {"orders": totals["orders"], "order_lines": totals["lines"]}
    stage.facts["repeated_orders"] = totals["unchanged"]


def arrive(stage: Stage, placed: Placed) -> None:
    """Until every order has reached whoever ships it, the dealer passing on what is not on its own shelf."""
    factory, dealer = stage.factory, stage.dealer
    at_dealer = sum(number for (supplier, _), number in placed.items() if supplier is dealer)
    direct = sum(number for (supplier, _), number in placed.items() if supplier is factory)
    stages.until(f"all orders reach {dealer.name}", stages.has, dealer, "selling", at_dealer)
    passed_on = len(dealer_goods(stage)[1])
    stages.until(f"{dealer.name} passes orders on", stages.has, dealer, "buying", passed_on)
    stages.until(f"all orders reach {factory.name}", stages.has, factory, "selling", direct + passed_on)
    stage.facts["placed_orders"] = at_dealer + direct + passed_on


def dealer_goods(stage: Stage) -> tuple[list[str], list[str]]:
    """The orders at the dealer: for goods of its own shelf, and for goods that the factory ships."""
    own = {row.sku for row in gifts.assortment()}
    split: tuple[list[str], list[str]] = ([], [])
    for row in stages.orders(stage.dealer, selling=True):
        lines = stage.dealer.ask("order.show", order=row["order"])["lines"]
        split[0 if lines[0]["sku"] in own else 1].append(row["order"])
    return split


def count_shelf(stage: Stage) -> None:
    """The factory counts again, and finds less than was ordered of some articles."""
    ordered: dict[str, list[int]] = {}
    for row in stages.orders(stage.factory, selling=True):
        for line in stage.factory.ask("order.show", order=row["order"])["lines"]:
            ordered.setdefault(line["sku"], []).append(line["ordered"])
    wanted = max(ordered, key=lambda sku: (sum(ordered[sku]), sku))
    single = [sku for sku, units in sorted(ordered.items()) if len(units) == 1 and units[0] > 1 and sku != wanted]
    short = {wanted: sum(ordered[wanted]) // 2} | {sku: ordered[sku][0] - 1 for sku in single[: SCARCE - 1]}
    stage.factory.ask("stock.set", items=short)
    found = ", ".join(f"{number} of {sum(ordered[sku])} {sku}" for sku, number in short.items())
    stage.narrator.say(f"{stage.factory.name} counts its shelf and finds only {found}")


def answer(stage: Stage) -> None:
    """Factory and dealer accept as far as their shelves go; the dealer passes the factory's answers on by itself."""
    count_shelf(stage)
    for seller in (stage.factory, stage.dealer):
        if seller is stage.dealer:
            own = dealer_goods(stage)[0]
            stages.until("the dealer passes all answers on", stages.has, seller, "selling", len(own), "placed")
        done = seller.ask("order.accept", stage.report_of(seller), all=True)
        stages.require(f"{seller.name} can answer every order", [], done["refused"])
        stage.narrator.say(f"{seller.name} answered {done['accepted']} orders")
    for buyer in (stage.dealer, stage.xiaoman, stage.harbour):
        stages.until(f"{buyer.name} has an answer to every order", stages.has, buyer, "buying", 0, "placed")
    tell_answers(stage)
    show_recipient(stage)


def tell_answers(stage: Stage) -> None:
    """What the factory promised, wholly, in part and not at all."""
    lines = stages.lines(stage.factory, [row["order"] for row in stages.orders(stage.factory, selling=True)])
    agreed, rejected = stages.count_in(lines, "agreed"), stages.count_in(lines, "rejected")
    partly = sum({"agreed", "rejected"} <= line for line in lines)
    if not rejected:
        raise merchants.unmet("stock runs short somewhere", "rejected units", "none")
    stage.facts |= {"accepted_lines": agreed, "partly_accepted_lines": partly, "rejected_lines": rejected - partly}
    stage.narrator.say(
        f"{stage.factory.name} promised {agreed} lines, {partly} of them in part; {rejected - partly} not"
    )


def show_recipient(stage: Stage) -> None:
    """The consumer's address is sealed to whoever ships: the dealer in between passes it on unread."""
    factory, dealer = stage.factory, stage.dealer
    passed_on = stages.orders(dealer, selling=False)[0]["order"]
    parcel = stages.until(f"{factory.name} can read an address", recipient, factory, passed_on)
    stages.require(f"{dealer.name} cannot read an address", None, recipient(dealer, passed_on))
    assert parcel is not None
    stage.narrator.say(f"{factory.name} knows that a parcel goes to {parcel['name']}; {dealer.name} cannot read it")


def recipient(merchant: Merchant, order: str) -> Json | None:
    """The address of an order, None where this merchant cannot read it."""
    known: Json | None = merchant.ask("order.show", order=order)["recipient"]
    return known


def cancel(stage: Stage) -> None:
    """Consumers change their mind before the parcel is packed: stopped at once, along the whole chain."""
    cancelled = 0
    for buyer in (stage.xiaoman, stage.harbour):
        agreed = stages.orders(buyer, selling=False, state="agreed")
        chosen = [row["order"] for row in agreed[: max(2, round(len(agreed) * CANCELLED_SHARE))]]
        done = buyer.ask("order.cancel", stage.report_of(buyer), orders=chosen)
        stages.require(f"{buyer.name} may cancel", [], done["refused"])
        stages.until(f"every cancel of {buyer.name} is answered", stopped, buyer, chosen)
        cancelled += len(chosen)
        stage.narrator.say(f"{buyer.name} cancelled {len(chosen)} orders; all were stopped before they left")
    stage.facts["cancelled_orders"] = cancelled


def stopped(buyer: Merchant, chosen: Sequence[str]) -> bool:
    """Whether nothing of these orders will come any more."""
    return all(buyer.ask("order.show", order=order)["state"] == "closed" for order in chosen)


def ship(stage: Stage) -> None:
    """Parcels leave. The factory's line is down meanwhile, and some cancels cross with their parcels."""
    say = stage.narrator.say
    factory, dealer, harbour = stage.factory, stage.dealer, stage.harbour
    direct = stages.orders(harbour, selling=False, partner=factory.name, state="agreed")
    late = [row["order"] for row in direct[1:][-LATE_ORDERS:]]  # one at least arrives
    stages.require("some orders are left that could be cancelled too late", True, bool(late))
    factory.stop()
    done = harbour.ask("order.cancel", orders=late)
    stages.require("a cancel can always be asked for", [], done["refused"])
    say(f"{factory.name} is off line; {harbour.name} cancels {len(late)} orders, and the cancels have to wait")
    harbour.pause()
    try:
        factory.start()
        shipped = hand_over(stage, factory, "SF")
        say(f"{factory.name} comes back, has not heard of them yet, and hands {shipped} parcels to the carrier")
    finally:
        harbour.resume()
    say(f"{dealer.name} ships {hand_over(stage, dealer, 'YT')} parcels from its own shelf")
    for side in (harbour, factory):
        stages.until(f"{side.name} knows which cancels came too late", all_late, side, late)
    say(f"The logbooks prove that {len(late)} cancels came after the hand-over: both sides say too late")
    settle(stage)


def hand_over(stage: Stage, seller: Merchant, carrier: str) -> int:
    """Ship everything that is agreed and lies on the seller's own shelf."""
    agreed = {row["order"] for row in stages.orders(seller, selling=True, state="agreed")}
    if seller is stage.dealer:
        agreed &= set(dealer_goods(stage)[0])
    rows = [{"order": order, **stages.waybill(carrier, serial)} for serial, order in enumerate(sorted(agreed), 1)]
    done = seller.ask("order.ship", stage.report_of(seller), rows=rows)
    stages.require(f"{seller.name} ships what it promised", [], done["refused"])
    return int(done["shipped"])


def all_late(merchant: Merchant, late: Sequence[str]) -> bool:
    """Whether a merchant's books show each of these orders as shipped before its cancel, with the seller's word."""
    shown = [merchant.ask("order.show", order=order) for order in late]
    return all(
        any(paper["type"] == "cancel.result" for paper in order["documents"])
        and any("rto-asked" in line["buckets"] for line in order["lines"])
        for order in shown
    )


def settle(stage: Stage) -> None:
    """Until every buyer knows of every parcel, and count them in the books of those who ship."""
    for buyer in (stage.dealer, stage.xiaoman, stage.harbour):
        stages.until(f"{buyer.name} has its waybills", stages.has, buyer, "buying", 0, "agreed")
    shipped = stages.lines(stage.factory, [row["order"] for row in stages.orders(stage.factory, selling=True)])
    shipped += stages.lines(stage.dealer, dealer_goods(stage)[0])
    stage.facts |= {
        "shipped_lines": stages.count_in(shipped, "shipped", "rto-asked"),
        "cancelled_lines": stages.count_in(shipped, "cancelled", "withdrawn"),
        "too_late_lines": stages.count_in(shipped, "rto-asked"),
    }
    stage.narrator.say(f"In the books of those who shipped: {stage.facts['shipped_lines']} lines left the house")
    parcel = stages.orders(stage.xiaoman, selling=False, state="shipped")[0]["order"]
    known = stage.xiaoman.ask("order.show", order=parcel)["shipments"][0]
    stage.narrator.say(f"{stage.xiaoman.name} tells its consumers their waybills, such as {known['waybill']}")
