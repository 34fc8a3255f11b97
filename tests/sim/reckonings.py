"""Month ends, drawn as plan data: who owes whom is agreed on, invoiced, answered, corrected, and netted.

The first shop sells something of its own to the first factory. So two merchants owe each other, and debts run in a
circle: the dealer owes the factory, the shop the dealer, and the factory the shop.
"""

from __future__ import annotations

from tests.sim import entropy, markets, plans, swarms

BITS_MAX = (1 << 31) - 1
STATUSES: tuple[dict[str, plans.Json], ...] = (
    {"status": "AB"},
    {"status": "IP"},
    {"status": "UQ", "reason": "QTY"},
    {"status": "AP"},
    {"status": "PD", "partial": True},
    {"status": "PD"},
)
REJECTED: dict[str, plans.Json] = {"status": "RE", "reason": "PRI"}
SIDELINE_ORDERS = 3


def sideline(draw: entropy.Draw, market: markets.Market, duration_ms: int) -> list[plans.Act]:
    """The shop's own trade: offered and agreed on at the beginning, ordered from a few times."""
    shop, factory = market.shops[0], market.factories[0]
    acts = []
    for at_ms in (5_000, 120_000):  # once more, for whoever was away
        acts += [
            plans.Act(at_ms, shop, "catalogue.import", {"percent": 100}),
            plans.Act(at_ms + 40_000, factory, "agreement.accept", {"partner": shop}),
            plans.Act(at_ms + 60_000, shop, "catalogue.share", {"partner": factory, "percent": "100"}),
        ]
    acts.append(plans.Act(20_000, shop, "agreement.propose", {"partner": factory}))
    for number in range(SIDELINE_ORDERS):
        at_ms = draw.between(swarms.MINUTE_MS, duration_ms // 3)
        lines: list[plans.Json] = [{"sku": market.sideline[0].sku, "quantity": draw.between(1, 4)}]
        word = f"side{number}"
        placing: dict[str, plans.Json] = {"word": word, "partner": shop, "lines": lines, "recipient": False}
        acts.append(plans.Act(at_ms, factory, "order.place", placing))
        for again_ms in (60_000, 150_000):
            acts.append(plans.Act(at_ms + again_ms, shop, "order.accept", {"order": word}))
            parcel: dict[str, plans.Json] = {"order": word, "carrier": "SF", "waybill": f"SF{word}"}
            acts.append(plans.Act(at_ms + again_ms + 40_000, shop, "order.ship", parcel))
    return acts


def months(draw: entropy.Draw, market: markets.Market, duration_ms: int) -> list[plans.Act]:
    """Two month ends: a statement of every pair around the circle, and rounds of nettings; invoices over the first."""
    circle = (market.factories[0], market.dealers[0], market.shops[0])
    first_ms = draw.between(duration_ms // 3, duration_ms // 2)
    acts = [plans.Act(first_ms, who, "netting.join", {"join": True}) for who in circle]
    acts += _month(draw, circle, first_ms)
    for seller, buyer in _pairs(circle):
        acts += billing(draw, seller, buyer, first_ms + draw.between(90_000, 240_000), f"{seller} {buyer}")
    return acts + _month(draw, circle, draw.between(duration_ms * 6 // 10, duration_ms * 8 // 10))


def _month(draw: entropy.Draw, circle: tuple[str, str, str], at_ms: int) -> list[plans.Act]:
    acts = []
    for seller, buyer in _pairs(circle):
        acts += _closed(draw, seller, buyer, at_ms + draw.between(0, 30_000))
    netted_ms = at_ms + 5 * swarms.MINUTE_MS
    acts += [plans.Act(netted_ms, draw.choice(circle), "netting.begin", {})]
    acts += [plans.Act(netted_ms + draw.between(0, 90_000), draw.choice(circle), "netting.begin", {})]
    if draw.chance(0.3):
        released_ms = netted_ms + draw.between(0, 5_000)
        acts += [plans.Act(released_ms, who, "netting.release", _pick(draw)) for who in circle]
    return acts + _paired(draw, (circle[2], circle[0]), netted_ms)


def _pairs(circle: tuple[str, str, str]) -> list[tuple[str, str]]:
    """Who sells to whom; the shop and the factory both ways."""
    return [(circle[0], circle[1]), (circle[1], circle[2]), (circle[2], circle[0]), (circle[0], circle[2])]


def _closed(draw: entropy.Draw, seller: str, buyer: str, at_ms: int) -> list[plans.Act]:
    acts = []
    for again_ms in (0, 150_000):
        acts.append(plans.Act(at_ms + again_ms, seller, "statement.propose", {"partner": buyer, "period": "month"}))
        for party in (buyer, seller):
            agreed_ms = at_ms + again_ms + 40_000 + draw.between(0, 20_000)
            acts.append(plans.Act(agreed_ms, party, "statement.agree", _pick(draw)))
    return acts


def billing(draw: entropy.Draw, seller: str, buyer: str, at_ms: int, name: str) -> list[plans.Act]:
    """An invoice over a closed statement, perhaps asked for twice, answered step by step, and taken back."""
    issued: dict[str, plans.Json] = {**_pick(draw), "key": f"bill {name}"}
    acts = [plans.Act(at_ms, seller, "invoice.issue", issued)]
    acts += [plans.Act(at_ms + draw.choice((9, 90_000)), seller, "invoice.issue", issued)] * draw.chance(0.4)
    answers = [status for status in STATUSES if draw.chance(0.5)]
    if draw.chance(0.15):
        answers = [*answers[:1], REJECTED]
    for status in answers:
        at_ms += 1_000 + int(draw.exponential(swarms.MINUTE_MS))
        acts.append(plans.Act(at_ms, buyer, "invoice.respond", {**_pick(draw), **status}))
    if draw.chance(0.4):
        credited: dict[str, plans.Json] = {**_pick(draw), "key": f"bill {name} credit"}
        acts.append(plans.Act(at_ms + draw.between(-500, 60_000), seller, "invoice.credit", credited))
    return acts


def _paired(draw: entropy.Draw, pair: tuple[str, str], at_ms: int) -> list[plans.Act]:
    """Two who owe each other: either proposes, the other answers, or both at once."""
    one, other = draw.shuffled(pair)
    acts = [plans.Act(at_ms - 60_000, one, "netting.propose", {"partner": other})]
    if draw.chance(0.3):
        acts.append(plans.Act(at_ms - 60_000 + draw.between(0, 300), other, "netting.propose", {"partner": one}))
    for after_ms in (30_000, 240_000):
        verb = "netting.decline" if draw.chance(0.2) else "netting.consent"
        acts.append(plans.Act(at_ms + after_ms, other, verb, _pick(draw)))
    return acts


def _pick(draw: entropy.Draw) -> dict[str, plans.Json]:
    return {"pick": draw.between(0, BITS_MAX)}
