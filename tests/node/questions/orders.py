"""Commands about orders, from the offer to the parcel, and the questions that they put."""

from __future__ import annotations

from tests.node import programs

QUESTIONS: list[programs.Question] = [
    (["deadline", "list", "--mine", "--partner", "P"], "deadline.list", {"mine": True, "partner": "P"}),
    (["deadline", "claim"], "deadline.claim", {}),
    (
        ["order", "propose", "N1", "--substitute", "CUP-2", "--quantity", "1=3", "--promise", "2026-11-30T18:00+00:00"],
        "order.propose",
        {"order": "N1", "substitute": "CUP-2", "quantities": {"1": 3}, "promise_s": 1796061600}
        | {"backorder": False, "keep_open": False},
    ),
    (
        ["order", "change", "N1", "--to", "1=4", "--price", "2=9.50"],
        "order.change",
        {"order": "N1", "becomes": {"1": 4}, "prices": {"2": "9.50"}},
    ),
    (
        ["order", "answer", "N1", "--decline", "--line", "2"],
        "order.answer",
        {"order": "N1", "accept": False, "lines": [2]},
    ),
    (
        ["order", "report", "N1", "delivered", "--waybill", "W"],
        "order.report",
        {"order": "N1", "event": "delivered", "waybill": "W"},
    ),
    (
        ["order", "receive", "N1", "--short", "1=1", "--rejected", "2=3"],
        "order.receive",
        {"order": "N1", "short": {"1": 1}, "rejected": {"2": 3}},
    ),
    (["deadline", "claim", "N1", "--row", "order.place"], "deadline.claim", {"order": "N1", "row": "order.place"}),
    (["deadline", "remind", "N1", "--key", "k"], "deadline.remind", {"order": "N1", "key": "k"}),
    (
        ["order", "place", "F", "A=2", "B=1", "--name", "张三", "--city", "景德镇", "--key", "k1"],
        "order.place",
        {
            "partner": "F",
            "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}],
            "recipient": {"name": "张三", "city": "景德镇"},
            "key": "k1",
        },
    ),
    (["order", "place", "F", "A=1"], "order.place", {"partner": "F", "lines": [{"sku": "A", "quantity": 1}]}),
    (
        ["order", "list", "--selling", "--state", "placed", "--limit", "5"],
        "order.list",
        {"selling": True, "state": ["placed"], "limit": 5},
    ),
    (["order", "list", "--buying"], "order.list", {"selling": False, "limit": 100}),
    (
        ["order", "place", "F", "A=2", "--hold", "ab12cd34", "--hold", "cd34ef56"],
        "order.place",
        {"partner": "F", "lines": [{"sku": "A", "quantity": 2}], "holds": ["ab12cd34", "cd34ef56"]},
    ),
    (
        ["order", "plan", "ab", "--parcels", "2", "--within-hours", "8"],
        "order.plan",
        {"order": "ab", "parcels": 2, "within_hours": 8},
    ),
    (
        ["order", "pack", "ab", "--quantity", "1=2", "--weight", "900", "--size", "300x200x120"],
        "order.pack",
        {"order": "ab", "quantities": {"1": 2}, "weight_g": 900, "size_mm": [300, 200, 120]},
    ),
    (["order", "show", "ab12cd34"], "order.show", {"order": "ab12cd34"}),
    (["order", "accept", "--all"], "order.accept", {"all": True, "backorder": False}),
    (
        ["order", "accept", "ab12cd34", "--quantity", "1=4", "--backorder"],
        "order.accept",
        {"order": "ab12cd34", "quantities": {"1": 4}, "backorder": True},
    ),
    (["order", "accept", "ab", "cd"], "order.accept", {"orders": ["ab", "cd"], "backorder": False}),
    (["order", "reject", "ab", "--reason", "gone"], "order.reject", {"order": "ab", "reason": "gone"}),
    (
        ["order", "ship", "ab", "--carrier", "SF", "--waybill", "SF123"],
        "order.ship",
        {"order": "ab", "carrier": "SF", "waybill": "SF123"},
    ),
    (["disclose", "ab", "--to", "F"], "order.disclose", {"orders": ["ab"], "all": False, "partner": "F"}),
    (["disclose", "--all"], "order.disclose", {"orders": [], "all": True}),
    (["order", "cancel-answer", "ab", "--own-risk"], "order.cancel-answer", {"order": "ab", "own_risk": True}),
    (["order", "cancel", "ab", "cd"], "order.cancel", {"orders": ["ab", "cd"], "recall": False}),
    (
        ["order", "cancel", "ab", "--quantity", "2=1"],
        "order.cancel",
        {"order": "ab", "quantities": {"2": 1}, "recall": False},
    ),
    (["order", "cancel", "ab", "--recall"], "order.cancel", {"order": "ab", "recall": True}),
    (["consumer", "erase", "T-1", "--yes"], "consumer.erase", {"order": "T-1"}),
    (["consumer", "erase", "--phone", "138", "--yes"], "consumer.erase", {"phone": "138"}),
    (
        ["courier", "add", "SF", "--country", "CN", "--weight-max", "900", "--from", "main"],
        "courier.add",
        {"carrier": "SF", "countries": ["CN"], "regions": [], "weight_g_max": 900, "location": "main"},
    ),
    (["courier", "list"], "courier.list", {}),
    (["courier", "remove", "2"], "courier.remove", {"rule": 2}),
    (["courier", "choose", "ab", "--quantity", "1=2"], "courier.choose", {"order": "ab", "quantities": {"1": 2}}),
    (["order", "recalled", "ab"], "order.recalled", {"order": "ab"}),
    (["errand", "list", "--dismissed"], "errand.list", {"dismissed": True}),
    (["errand", "do", "7"], "errand.do", {"errand": 7}),
    (["errand", "dismiss", "7"], "errand.dismiss", {"errand": 7}),
]
