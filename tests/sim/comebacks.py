"""Goods that arrive and go back, drawn as plan data: asked for, decided, sent, counted, and refunded or exchanged.

A step is whatever somebody has to do next about one of the returns that wait for them, so that a story goes on when one
of its steps was missed, and steps of several stories cross.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.sim import entropy, plans

ARRIVE_MEAN_MS = 90_000
STEP_MEAN_MS = 30_000
STEPS = 4  # of each side
BITS_MAX = (1 << 31) - 1
SHARE = 0.8  # of orders that leave and are not cancelled: followed to the buyer's door

REASONS = ("damaged", "changed_mind", "wrong_item", "not_as_described")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What may come back: the order under a word, who has it, who sold and who ships it, and when the first left."""

    word: str
    shop: str
    seller: str
    shipper: str
    left_ms: int


def draw(story: entropy.Draw, parcel: Parcel) -> list[plans.Act]:
    """What becomes of one order after its goods have left, or nothing."""
    if not story.chance(SHARE):
        return []
    order: dict[str, plans.Json] = {"order": parcel.word}
    at_ms = parcel.left_ms + int(story.exponential(ARRIVE_MEAN_MS))
    acts = []
    if story.chance(0.6):
        acts.append(plans.Act(at_ms, parcel.shipper, "order.report", {**order, "event": "delivered"}))
    short: dict[str, plans.Json] = {"short": {"1": 1}} if story.chance(0.15) else {}
    asked_ms = at_ms + int(story.exponential(STEP_MEAN_MS))
    remedy = story.choice(("refund", "refund", "exchange", "refund_only"))
    request: dict[str, plans.Json] = {
        **order, "reason": story.choice(REASONS), "remedy": remedy, "key": f"return {parcel.word}"
    }  # fmt: skip
    for again_ms in (5_000, 3 * 60_000):  # the parcel may come late; and the merchant asks again
        if story.chance(0.8):
            acts.append(plans.Act(at_ms + again_ms, parcel.shop, "order.receive", {**order, **short}))
        acts.append(plans.Act(asked_ms + again_ms + story.between(0, 30_000), parcel.shop, "return.request", request))
    if story.chance(0.15):
        acts.append(plans.Act(asked_ms + story.between(0, 60_000), parcel.shop, "return.withdraw", _pick(story)))
    return acts + _steps(story, parcel, asked_ms)


def _steps(story: entropy.Draw, parcel: Parcel, at_ms: int) -> list[plans.Act]:
    """Both go through what waits for them; now and then the dealer does, at its own risk, and both cross."""
    acts = []
    for _ in range(STEPS):
        for who in (parcel.shipper, parcel.shop, *[parcel.seller] * story.chance(0.1)):
            at_ms += 1_000 + int(story.exponential(STEP_MEAN_MS))
            acts.append(plans.Act(at_ms, who, "return.next", {**_pick(story), "choice": story.between(0, BITS_MAX)}))
    return acts


def _pick(story: entropy.Draw) -> dict[str, plans.Json]:
    return {"pick": story.between(0, BITS_MAX)}
