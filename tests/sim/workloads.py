"""A day at the market, drawn from a seed as plan data: orders and what becomes of them, and everything around them.

Each order has a story of its own: placed (perhaps twice under one key), answered, handed over whole or in parts,
cancelled in time, too late, or within a second of the parcel's leaving. Each story is drawn under its own key, so that
one that is taken out leaves the others as they were.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.sim import comebacks, entropy, markets, plans, reckonings, swarms

ORDER_MEAN_MS = 100_000  # between two orders of the whole market
ANSWER_MEAN_MS = 3 * swarms.MINUTE_MS
SHIP_MEAN_MS = 4 * swarms.MINUTE_MS
BITS_MAX = (1 << 31) - 1


LATER_DAYS_MAX = 20


def draw(seed: int, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    """Every act of a run, and in most of them the time that passes."""
    market = markets.draw(seed, names)
    acts: list[plans.Event] = []
    at_ms, number = 0.0, 0
    while True:
        story = entropy.Draw(seed, "order", number)
        at_ms += story.exponential(ORDER_MEAN_MS)
        if at_ms >= duration_ms:
            break
        acts += _story(story, market, number, int(at_ms), entropy.Draw(seed, "return", number))
        number += 1
    for kind, make in ROUNDS.items():
        for place, moment_ms in enumerate(_rounds(entropy.Draw(seed, kind), duration_ms)):
            acts += make(entropy.Draw(seed, kind, place), market, place, moment_ms)
    acts += reckonings.sideline(entropy.Draw(seed, "sideline trade"), market, duration_ms)
    acts += reckonings.months(entropy.Draw(seed, "months"), market, duration_ms)
    acts += _later(entropy.Draw(seed, "later"), names, duration_ms)
    return sorted((act for act in acts if act.at_ms < duration_ms), key=lambda act: act.at_ms)


def _later(draw: entropy.Draw, names: Sequence[str], duration_ms: int) -> list[plans.Event]:
    """Days pass at once on every clock, and everybody claims what silence gives."""
    if not draw.chance(0.6):
        return []
    at_ms = draw.between(duration_ms * 7 // 10, duration_ms * 9 // 10)
    days = draw.between(1, LATER_DAYS_MAX)
    steps: list[plans.Event] = [plans.Step(at_ms, name, days * swarms.DAY_MS) for name in names]
    claims = [
        plans.Act(at_ms + after_ms + draw.between(0, 30_000), name, "deadline.claim", {})
        for name in names
        for after_ms in (30_000, 120_000)
    ]
    return [*steps, *claims]


def _rounds(draw: entropy.Draw, duration_ms: int) -> list[int]:
    mean_ms = draw.span(4, 15) * swarms.MINUTE_MS
    found, at_ms = [], draw.exponential(mean_ms)
    while at_ms < duration_ms:
        found.append(int(at_ms))
        at_ms += draw.exponential(mean_ms)
    return found


# --- orders


def _story(
    draw: entropy.Draw, market: markets.Market, number: int, at_ms: int, afterwards: entropy.Draw
) -> list[plans.Act]:
    shop = draw.choice(market.shops)
    seller = draw.choice(market.suppliers[shop])
    goods = draw.shuffled(market.offered(seller))[: draw.between(1, 3)]
    lines: list[plans.Json] = [{"sku": article.sku, "quantity": draw.between(1, 6)} for article in goods]
    if draw.chance(0.2):
        return _imported(draw, shop, number, lines, at_ms)
    word = f"o{number}"
    placing: dict[str, plans.Json] = {
        "word": word, "partner": seller, "lines": lines, "recipient": draw.chance(0.4)
    }  # fmt: skip
    acts = [plans.Act(at_ms, shop, "order.place", placing)]
    if draw.chance(0.2):  # the merchant asks again
        acts.append(plans.Act(at_ms + draw.choice((5, 2_000, 90_000)), shop, "order.place", placing))
    shipper = market.shipper(seller)
    answered_ms = at_ms + int(draw.exponential(ANSWER_MEAN_MS))
    answered = _answered(draw, shipper, word, len(lines), answered_ms)
    left_ms = answered_ms + int(draw.exponential(SHIP_MEAN_MS))
    shipped = _shipped(draw, shipper, word, number, len(lines), left_ms)
    cancelled = _cancelled(draw, shop, word, len(lines), at_ms, left_ms)
    acts += answered + shipped + cancelled
    if shipped and not cancelled and answered and answered[0].verb == "order.accept":
        acts += comebacks.draw(afterwards, comebacks.Parcel(word, shop, seller, shipper, left_ms))
    return acts


def _imported(draw: entropy.Draw, shop: str, number: int, lines: list[plans.Json], at_ms: int) -> list[plans.Act]:
    rows: list[plans.Json] = [[f"C{number}", *line.values()] for line in lines if isinstance(line, dict)]
    act = plans.Act(at_ms, shop, "order.import", {"rows": rows})
    again = plans.Act(at_ms + draw.choice((10, 20_000, 300_000)), shop, "order.import", {"rows": rows})
    more = plans.Act(at_ms + 400_000, shop, "order.import", {"rows": [*rows, [f"D{number}", *rows[0][1:]]]})  # type: ignore[index, misc]
    return [act, *([again] if draw.chance(0.5) else []), *([more] if draw.chance(0.3) else [])]


def _answered(draw: entropy.Draw, shipper: str, word: str, lines: int, at_ms: int) -> list[plans.Act]:
    chance = draw.fraction()
    some: plans.Json = {str(draw.between(1, lines)): draw.between(1, 3)}
    if chance < 0.65:
        act = plans.Act(at_ms, shipper, "order.accept", {"order": word})
    elif chance < 0.85:
        act = plans.Act(at_ms, shipper, "order.accept", {"order": word, "quantities": some})
    elif chance < 0.92:
        act = plans.Act(at_ms, shipper, "order.reject", {"order": word, "reason": "unavailable"})
    else:
        return []
    return [act]


def _shipped(draw: entropy.Draw, shipper: str, word: str, number: int, lines: int, at_ms: int) -> list[plans.Act]:
    parcel: dict[str, plans.Json] = {"order": word, "carrier": "SF", "waybill": f"SF{number}"}
    chance, some = draw.fraction(), draw.between(1, 2)
    if chance < 0.15:
        return []
    acts = [plans.Act(at_ms, shipper, "order.ship", parcel)]
    if chance < 0.35:  # one line in part, the rest another day
        part: plans.Json = {str(draw.between(1, lines)): some}
        acts = [plans.Act(at_ms, shipper, "order.ship", {**parcel, "waybill": f"SF{number}-1", "quantities": part})]
        acts.append(plans.Act(at_ms + draw.between(1_000, 400_000), shipper, "order.ship", parcel))
    if draw.chance(0.2):
        acts.append(plans.Act(at_ms + draw.choice((3, 1_500, 120_000)), shipper, "order.ship", acts[0].arguments))
    return acts


def _cancelled(draw: entropy.Draw, shop: str, word: str, lines: int, placed_ms: int, left_ms: int) -> list[plans.Act]:
    chance, crossing_ms = draw.fraction(), draw.between(-1_500, 1_500)
    anywhere_ms = draw.between(placed_ms, left_ms + 2 * swarms.MINUTE_MS)
    some: plans.Json = {str(draw.between(1, lines)): draw.between(1, 3)}
    arguments: dict[str, plans.Json] = {"order": word, **({"quantities": some} if draw.chance(0.4) else {})}
    if chance < 0.2:
        return [plans.Act(max(placed_ms, left_ms + crossing_ms), shop, "order.cancel", arguments)]
    if chance < 0.4:
        return [plans.Act(anywhere_ms, shop, "order.cancel", arguments)]
    if chance < 0.45:  # at once, before anybody has answered
        return [plans.Act(placed_ms + draw.choice((1, 50, 1_000)), shop, "order.cancel", arguments)]
    return []


# --- everything else


def _accept_all(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    return [plans.Act(at_ms, draw.choice(market.factories), "order.accept", {"plain": {"all": True}})]


def _ship_some(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    arguments: dict[str, plans.Json] = {"pick": draw.between(0, BITS_MAX), "state": "agreed", "selling": True}
    parcel: dict[str, plans.Json] = {"carrier": "YTO", "waybill": f"YT{place}"}
    return [plans.Act(at_ms, draw.choice(market.factories), "order.ship", {**arguments, **parcel})]


def _cancel_some(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    """Either side of an order, for reasons of its own. A dealer that does so has to find its buyer other goods."""
    node = draw.choice((*market.factories, *market.shops))
    pick, state = draw.between(0, BITS_MAX), draw.choice((None, "placed", "agreed", "part-shipped"))
    arguments: dict[str, plans.Json] = {"pick": pick, "state": state, "selling": node in market.factories}
    return [plans.Act(at_ms, node, "order.cancel", arguments)]


def _count(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    factory = draw.choice(market.factories)
    sku, more = draw.choice(market.articles[factory]).sku, draw.choice((-5, 0, 5, 20))
    return [plans.Act(at_ms, factory, "stock.set", {"sku": sku, "more": more})]


def _share(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    seller, buyer = draw.choice(market.supplies())
    percent = draw.choice(("100", "95", "110"))
    acts = [plans.Act(at_ms, seller, "catalogue.share", {"partner": buyer, "percent": percent})]
    if seller in market.factories and draw.chance(0.5):
        acts.insert(0, plans.Act(at_ms - 1, seller, "catalogue.import", {"percent": draw.choice((100, 100, 103))}))
    return acts


def _account(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    """A statement by either side, agreed to a little later, perhaps twice."""
    pair = draw.choice(market.supplies())
    one, other = draw.shuffled(pair)
    pick: dict[str, plans.Json] = {"pick": draw.between(0, BITS_MAX)}
    later_ms = at_ms + int(draw.exponential(swarms.MINUTE_MS))
    acts = [plans.Act(at_ms, one, "statement.propose", {"partner": other, "period": f"P{place}"})]
    if draw.chance(0.3):  # both at once
        rival: dict[str, plans.Json] = {"partner": one, "period": "Q"}
        acts.append(plans.Act(at_ms + draw.between(0, 500), other, "statement.propose", rival))
    acts += [plans.Act(later_ms, other, "statement.agree", pick)]
    acts += [plans.Act(later_ms + 1_000, one, "statement.agree", pick)] * draw.chance(0.3)
    contested = draw.chance(0.3)  # drawn last: the acts before stay as they were
    acts += [plans.Act(later_ms - 1, other, "statement.contest", pick)] * contested
    return acts


def _pay(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    seller, buyer = draw.choice(market.supplies())
    reference = f"RF{place}"
    sent: dict[str, plans.Json] = {
        "partner": seller, "amount": f"{draw.between(1, 4_000) / 100:.2f}", "reference": reference, "key": reference
    }  # fmt: skip
    acts = [plans.Act(at_ms, buyer, "payment.sent", sent)]
    acts += [plans.Act(at_ms + draw.choice((7, 60_000)), buyer, "payment.sent", sent)] * draw.chance(0.3)
    later_ms = at_ms + int(draw.exponential(2 * swarms.MINUTE_MS))
    return [*acts, plans.Act(later_ms, seller, "payment.received", {"pick": draw.between(0, BITS_MAX)})]


def _hold(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    """Stock kept back for an order that comes a little later, crosses a release, or never comes."""
    pairs = [pair for pair in market.supplies() if pair[0] in market.factories and pair[1] in market.shops]
    factory, shop = draw.choice(pairs)
    sku, quantity, word = draw.choice(market.articles[factory]).sku, draw.between(1, 12), f"h{place}"
    wanted: dict[str, plans.Json] = {"word": word, "partner": factory, "sku": sku, "quantity": quantity}
    acts = [plans.Act(at_ms, shop, "stock.hold", wanted)]
    ordered_ms = at_ms + int(draw.exponential(2 * swarms.MINUTE_MS))
    lines: list[plans.Json] = [{"sku": sku, "quantity": max(1, quantity + draw.choice((-2, 0, 0, 3)))}]
    ordered: dict[str, plans.Json] = {"word": f"oh{place}", "partner": factory, "lines": lines, "hold": word}
    if draw.chance(0.7):
        acts.append(plans.Act(ordered_ms, shop, "order.place", ordered))
    if draw.chance(0.3):
        acts.append(plans.Act(ordered_ms + draw.between(0, 2_000), shop, "order.cancel", {"order": f"oh{place}"}))
    if draw.chance(0.4):
        released_ms = max(at_ms, ordered_ms + draw.between(-1_000, 1_000))
        acts.append(plans.Act(released_ms, draw.choice((factory, shop)), "stock.release", {"hold": word}))
    return acts


def _complain(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    """A complaint, answers from both sides, an offer that is taken, declined, or crosses the closing."""
    seller, buyer = draw.choice(market.supplies())
    one, other = draw.shuffled((seller, buyer))
    key = f"issue {place}"
    opened: dict[str, plans.Json] = {
        "pick": draw.between(0, BITS_MAX), "state": None, "selling": one == seller,
        "category": draw.choice(("late", "damaged", "other")), "claim": draw.choice((None, "1.00", "12.50")),
        "key": key,
    }  # fmt: skip
    acts = [plans.Act(at_ms, one, "issue.open", opened)]
    acts += [plans.Act(at_ms + draw.choice((3, 45_000)), one, "issue.open", opened)] * draw.chance(0.2)
    later_ms = at_ms
    for step in range(draw.between(1, 5)):
        later_ms += int(draw.exponential(swarms.MINUTE_MS))
        pick: plans.Json = draw.between(0, BITS_MAX)
        who, verb = (
            draw.choice((one, other)),
            draw.choice(("issue.reply", "issue.offer", "issue.accept", "issue.close")),
        )
        rest: dict[str, plans.Json] = {"pick": pick}
        if verb in ("issue.reply", "issue.offer"):
            rest["key"] = f"{key} {step}"
        if verb == "issue.offer":
            rest |= {"amount": f"{draw.between(0, 900) / 100:.2f}", "to_me": draw.chance(0.2)}
        if verb == "issue.accept":
            rest["decline"] = draw.chance(0.3)
        acts.append(plans.Act(later_ms + draw.between(0, 200), who, verb, rest))
        if draw.chance(0.3):  # the other one at the same time
            acts.append(plans.Act(later_ms, other if who == one else one, "issue.accept", {"pick": pick}))
    return acts


def _bill(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    seller, buyer = draw.choice(market.supplies())
    return reckonings.billing(draw, seller, buyer, at_ms, str(place))


def _pause(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    """A partner is suspended for a while; one that was away when it should have been resumed is so later."""
    one, other = draw.shuffled(draw.choice(market.supplies()))
    acts = [plans.Act(at_ms, one, "partner.suspend", {"partner": other})]
    for after_ms in (int(draw.exponential(2 * swarms.MINUTE_MS)), 6 * swarms.MINUTE_MS):
        acts.append(plans.Act(at_ms + after_ms, one, "partner.resume", {"partner": other}))
    return acts


def _remind(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    selling = draw.chance(0.3)
    who = draw.choice((*market.factories, *market.dealers) if selling else (*market.shops, *market.dealers))
    state = "shipped" if selling else "placed"
    pick: dict[str, plans.Json] = {"pick": draw.between(0, BITS_MAX), "state": state, "selling": selling}
    return [plans.Act(at_ms, who, "deadline.remind", {**pick, "key": f"remind {place}"})]


def _claim(draw: entropy.Draw, market: markets.Market, place: int, at_ms: int) -> list[plans.Act]:
    """What a silence has led to, if it has lasted long enough."""
    return [plans.Act(at_ms, draw.choice((*market.factories, *market.dealers, *market.shops)), "deadline.claim", {})]


ROUNDS = {
    "hold": _hold,
    "accept": _accept_all,
    "ship": _ship_some,
    "cancel": _cancel_some,
    "count": _count,
    "share": _share,
    "account": _account,
    "pay": _pay,
    "complain": _complain,
    "bill": _bill,
    "claim": _claim,
    "pause": _pause,
    "remind": _remind,
}
