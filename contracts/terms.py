"""The term table of an agreement (trade.md section 5), ready for the fold, and a sensible one to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts import amounts
from contracts.documents import agreements as papers
from contracts.documents import fields
from contracts.errors import Fault
from contracts.items import Member


@dataclass(frozen=True, slots=True)
class Commission:
    """What the buyer keeps of the price: `rate` of the goods' value with tax, and `tax`, a share of that."""

    name: str
    rate: amounts.Rate
    tax: amounts.Rate


@dataclass(frozen=True, slots=True)
class Share:
    """What `node` gets of every price for its `role`. `kept`: the buyer keeps it back, and passes it on."""

    role: str
    node: bytes
    rate: amounts.Rate
    kept: bool


@dataclass(frozen=True, slots=True)
class Version:
    """One set of terms: a proposal, counter or amendment, with its tables made ready for the fold.

    `seller` is the side (0 or 1) that sells. `rates` by (fee or penalty, stage): what share of the goods' value a
    cancelling buyer, or a cancelling or failing seller, owes. `fees` is what the buyer keeps of every price,
    `withholding` the share that it keeps until a quantity is final, `shares` what third merchants get of every price.
    """

    hash: bytes
    key: bytes
    side: int
    seller: int
    currency: str
    replaces: bytes | None
    terms: papers.Terms
    rates: Mapping[tuple[str, str], amounts.Rate]
    cancel: Mapping[str, frozenset[str]]
    fees: tuple[Commission, ...] = ()
    withholding: amounts.Rate = amounts.ZERO_RATE
    shares: tuple[Share, ...] = ()


def version(member: Member, key: bytes, seller: int, replaces: bytes | None, terms: papers.Terms) -> Version:
    """Make the terms of one proposal ready for use."""
    rates: dict[tuple[str, str], amounts.Rate] = {("fee", row.stage): amounts.rate(row.fee) for row in terms.rows}
    rates |= {("penalty", row.stage): amounts.rate(row.penalty) for row in terms.rows}
    rates[("penalty", "short")] = amounts.rate(terms.short_penalty)
    rates[("penalty", "oversell")] = amounts.rate(terms.oversell_penalty)
    return Version(
        hash=member.hash,
        key=key,
        side=member.side,
        seller=seller,
        currency=terms.currency,
        replaces=replaces,
        terms=terms,
        rates=rates,
        cancel={row.stage: frozenset(row.cancel) for row in terms.rows},
        fees=tuple(Commission(fee.name, amounts.rate(fee.rate), amounts.rate(fee.tax)) for fee in terms.fees),
        withholding=amounts.rate(terms.withholding),
        shares=tuple(
            Share(share.role, share.node, amounts.rate(share.rate), share.by == "buyer")
            for share in terms.shares
            if share.node != terms.seller
        ),
    )


def standard(
    seller: bytes,
    currency: str,
    *,
    basis: str = "shipment",
    ship_by_s: int = 2 * 86_400,
    cancel_silence_s: int = 30 * 60,
    cancel_fee: str = "0",
    recall_fee: str = "0.1",
    seller_penalty: str = "0",
    oversell_penalty: str = "0",
    credit_limit_minor: int | None = None,
    withholding: str = "0",
    fees: tuple[Mapping[str, object], ...] = (),
    shares: tuple[Mapping[str, object], ...] = (),
    texts: tuple[Mapping[str, object], ...] = (),
) -> dict[str, object]:
    """The body of sensible terms (`terms` of `agreement.propose`), to be edited by the merchant.

    The rows are those of trade.md section 5: free before an answer, `cancel_fee` after it, `recall_fee` once handed
    over, `seller_penalty` for a seller who cannot supply, `oversell_penalty` for one who sold what was not there. A
    cancel is answered within `cancel_silence_s`.
    """
    terms: dict[str, object] = {
        "seller": seller,
        "currency": currency,
        "basis": basis,
        "rows": [
            {"stage": "placed", "cancel": ["buyer", "seller"]},
            {"stage": "agreed", "cancel": ["buyer", "seller"], "fee": cancel_fee, "penalty": seller_penalty},
            {"stage": "packed", "cancel": ["buyer", "seller"], "fee": cancel_fee, "penalty": seller_penalty},
            {"stage": "handed_over", "cancel": ["buyer"], "fee": recall_fee}
            | {"freight_out": "buyer", "freight_back": "fault"},
            {"stage": "delivered", "freight_out": "fault", "freight_back": "fault"},
            {"stage": "overdue", "cancel": ["buyer"], "penalty": seller_penalty},
            {"stage": "refused", "fee": recall_fee, "freight_out": "buyer", "freight_back": "buyer"},
        ],
        "answers": [
            {"proposal": name, "respond_by_s": seconds, "on_silence": silence}
            for name, seconds, silence in (
                ("agreement", 14 * 86_400, "lapse"),
                ("hold", 3_600, "lapse"),
                ("order", 86_400, "lapse"),
                ("response", 2 * 86_400, "reject"),
                ("change", 86_400, "reject"),
                ("cancel", cancel_silence_s, "accept"),
                ("receipt", 7 * 86_400, "accept"),
                ("return", 3 * 86_400, "accept"),
                ("ship_back", 14 * 86_400, "lapse"),
                ("inspect", 7 * 86_400, "accept"),
                ("statement", 2 * 86_400, "accept"),
            )
        ],
        "oversell_penalty": oversell_penalty,
        "ship_by_s": ship_by_s,
        "inspect_window_s": 7 * 86_400,
        "return_window_s": 14 * 86_400,
        "payment_due_s": 14 * 86_400,
        "texts": list(texts),
    }
    if amounts.rate(withholding).numerator:
        terms["withholding"] = withholding
    if fees:
        terms["fees"] = list(fees)
    if shares:
        terms["shares"] = list(shares)
    if credit_limit_minor is not None:
        limit = {"a": credit_limit_minor, "c": currency, "e": amounts.exponent(currency)}
        terms["credit_limit"] = limit
    return terms


def bearer(version: Version, stage: papers.Stage, way: Literal["out", "back"], fault: str) -> str:
    """The role that bears the freight of goods in a stage, on their way out or back, or `none`: the row of the term
    table says it, or leaves it to `fault`."""
    row = next((row for row in version.terms.rows if row.stage == stage), None)
    named = "none" if row is None else row.freight_out if way == "out" else row.freight_back
    return fault if named == "fault" else named


def answer(version: Version, proposal: papers.Proposal) -> papers.Answer | None:
    """What the version says about a silence after `proposal`, if anything."""
    return next((row for row in version.terms.answers if row.proposal == proposal), None)


def silence_faults(
    version: Version, proposal: papers.Proposal, respond_by_s: int | None, on_silence: fields.Silence | None
) -> list[Fault]:
    """Law 5: a proposal's `respond_by_s` and `on_silence` are the agreement's; absent means these."""
    row = answer(version, proposal)
    wanted_s, wanted = (row.respond_by_s, row.on_silence) if row else (None, None)
    faults = []
    if respond_by_s is not None and respond_by_s != wanted_s:
        faults.append(Fault("agreement.silence", "respond_by_s", str(wanted_s), str(respond_by_s)))
    if on_silence is not None and on_silence != wanted:
        faults.append(Fault("agreement.silence", "on_silence", str(wanted), on_silence))
    return faults
