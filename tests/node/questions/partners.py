"""Commands about partners and what was agreed with them, and the questions that they put."""

from __future__ import annotations

from tests.node import programs

QUESTIONS: list[programs.Question] = [
    (["status"], "status", {}),
    (["invite"], "invite", {"hours": 24}),
    (["invite", "--hours", "2"], "invite", {"hours": 2}),
    (["join", "hanse:1?i=a"], "join", {"uri": "hanse:1?i=a"}),
    (["partners"], "partners", {}),
    (["partner", "rename", "Old", "New"], "partner.rename", {"partner": "Old", "name": "New"}),
    (["partner", "remove", "Old"], "partner.remove", {"partner": "Old"}),
    (["partner", "suspend", "D", "--reason", "holiday"], "partner.suspend", {"partner": "D", "reason": "holiday"}),
    (["partner", "resume", "D"], "partner.resume", {"partner": "D"}),
    (["partner", "end", "D", "--notice", "60"], "partner.end", {"partner": "D", "notice_days": 60}),
    (
        ["card", "set", "--legal-name", "Tea Ltd", "--language", "en"],
        "card.set",
        {"legal_name": "Tea Ltd", "languages": ["en"]},
    ),
    (["card", "show", "--partner", "D"], "card.show", {"partner": "D"}),
    (
        ["agreement", "propose", "D", "--credit", "5000", "--ship-by-hours", "24"],
        "agreement.propose",
        {"partner": "D", "buying": False, "currency": "CNY", "credit": "5000", "ship_by_hours": 24},
    ),
    (["agreement", "accept", "F"], "agreement.accept", {"partner": "F"}),
    (["agreement", "accept", "F", "abcd"], "agreement.accept", {"partner": "F", "agreement": "abcd"}),
    (["agreement", "list"], "agreement.list", {}),
    (
        ["capability", "offer", "D", "warehouse", "--country", "HK", "--rate", "pick=1.50"],
        "capability.offer",
        {
            **{"partner": "D", "kind": "warehouse", "countries": ["HK"]},
            **{"rates": {"pick": "1.50"}, "currency": "CNY"},
        },
    ),
    (["capability", "list"], "capability.list", {}),
    (
        ["capability", "grant", "D", "shipment.handover", "ab" * 32, "--holder", "W", "--hours", "8"],
        "capability.grant",
        {
            **{"partner": "D", "transition": "shipment.handover", "key": "ab" * 32},
            **{"kind": "warehouse", "holder": "W", "hours": 8},
        },
    ),
    (["capability", "revoke", "ab12cd34"], "capability.revoke", {"capability": "ab12cd34", "reason": "revoked"}),
    (
        ["agreement", "propose", "D", "--basis", "delivery", "--withhold", "0.1", "--fee", "market=0.05+0.2"],
        "agreement.propose",
        {
            **{"partner": "D", "buying": False, "currency": "CNY"},
            **{"basis": "delivery", "withhold": "0.1", "fees": {"market": "0.05+0.2"}},
        },
    ),
    (["agreement", "end", "F", "ab12cd34"], "agreement.end", {"partner": "F", "agreement": "ab12cd34"}),
    (
        ["agreement", "propose", "D", "--arbiter", "A:1", "--resolve-hours", "48", "--self-billing"],
        "agreement.propose",
        {
            **{"partner": "D", "buying": False, "currency": "CNY"},
            **{"arbiters": ["A:1"], "resolve_hours": 48, "self_billing": True},
        },
    ),
    (["partner", "show", "P"], "partner.show", {"partner": "P"}),
    (["partner", "compared", "P"], "partner.compare", {"partner": "P"}),
    (["invitation", "list"], "invite.list", {}),
    (["invitation", "withdraw", "ab"], "invite.withdraw", {"invitation": "ab"}),
    (["agreement", "decline", "P", "ab"], "agreement.decline", {"partner": "P", "agreement": "ab"}),
]
