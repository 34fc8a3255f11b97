"""Builders of the bodies of invoices and their answers, and of the awards of two arbiters."""

from __future__ import annotations

import hashlib
from typing import Any

from contracts import amounts
from protocol import awards, keys
from tests.contracts.desks import TAX, Body, money, price

ARBITERS = (b"A" * 32, b"Z" * 32)
SECRETS = tuple(hashlib.sha256(node).digest() for node in ARBITERS)
AWARD_S = 14 * 86_400
ARBITRATION: Body = {
    "award_s": AWARD_S,
    "arbiters": [
        {"node": node, "key": keys.public(secret, "settle")} for node, secret in zip(ARBITERS, SECRETS, strict=True)
    ],
}


def award(dispute: bytes, minor: int, to: str, by: int = 0, **fields: Any) -> Body:
    """The signed award of an arbiter: so much money to a side, or with 0 the dismissal of the claim."""
    text: Body = {
        "dispute": dispute,
        "arbiter": ARBITERS[by],
        "received_s": 1_800_000_000,
        "decided_s": 1_800_000_000 + by * AWARD_S,
        "deltas": [{"to": to, "amount": money(minor)}] if minor else [],
        "complies": ("buyer" if to == "seller" else "seller") if minor else None,
        "comply_within_s": 86_400,
        **fields,
    }
    return {"award": text, "signature": awards.sign(SECRETS[by], dispute, text)}


SELLING = {"name": "Factory", "country": "CN"}
BUYING = {"name": "Shop", "country": "DE", "tax_id": "DE123456789"}


def line(number: int, quantity: int, minor: int = 1000, percent: str = "19", **fields: Any) -> Body:
    net = minor * quantity
    rate = amounts.rate(percent)
    return {
        "line": number,
        "name": "Tea",
        "quantity": quantity,
        "price": price(minor),
        "net": net,
        "tax": {**TAX, "percent": percent},
        "tax_amount": amounts.share(net, rate.numerator, 100 * rate.denominator),
        **fields,
    }


def invoice(agreement: bytes, *lines: Body, number: str = "2026-1", **fields: Any) -> Body:
    taxes: list[Body] = []
    for of in lines:
        row = next((row for row in taxes if row["tax"] == of["tax"]), None)
        if row is None:
            row = {"tax": of["tax"], "taxable": 0, "amount": 0}
            taxes.append(row)
        row["taxable"] += of["net"]
        row["amount"] += of["tax_amount"]
    net, tax = sum(of["net"] for of in lines), sum(of["tax_amount"] for of in lines)
    return {
        "agreement": agreement,
        "role": "seller",
        "kind": "380",
        "number": number,
        "issued": "2026-12-01",
        "currency": "EUR",
        "seller": SELLING,
        "buyer": BUYING,
        "lines": list(lines),
        "taxes": taxes,
        "net": net,
        "tax": tax,
        "total": net + tax,
        "payable": net + tax,
        **fields,
    }


def credit(thread: bytes, *lines: tuple[int, int, int, int], number: str = "C-1", **fields: Any) -> Body:
    """Lines are (line, quantity, net, tax)."""
    net, tax = sum(of[2] for of in lines), sum(of[3] for of in lines)
    return {
        "thread": thread,
        "role": "seller",
        "number": number,
        "issued": "2026-12-02",
        "lines": [{"line": n, "quantity": q, "net": net, "tax_amount": tax} for n, q, net, tax in lines],
        "net": net,
        "tax": tax,
        "total": net + tax,
        **fields,
    }


def respond(thread: bytes, status: str, **fields: Any) -> Body:
    explained = [{"reason": "QTY", "action": "CNP"}] if status in ("UQ", "CA", "RE") else []
    return {"thread": thread, "role": "buyer", "status": status, "reasons": explained, **fields}


def whole(net: int, tax: int) -> Body:
    """One line that says so much in all, whatever it was made of."""
    percent = abs(tax) * 100 * 10**9 // abs(net) if net else 0
    text = f"{percent // 10**9}.{percent % 10**9:09}"
    quantity = 1 if net >= 0 else -1
    return {**line(1, quantity, abs(net)), "net": net, "tax": {**TAX, "percent": text}, "tax_amount": tax}
