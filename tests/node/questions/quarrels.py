"""Commands about returns, complaints and disputes, and the questions that they put."""

from __future__ import annotations

from tests.node import programs

QUESTIONS: list[programs.Question] = [
    (
        ["issue", "open", "N1", "--category", "late", "--claim", "5", "--quantity", "1=2", "--message", "broken"],
        "issue.open",
        {"order": "N1", "category": "late", "claim": "5", "lines": {"1": 2}, "message": "broken"},
    ),
    (["issue", "open", "--partner", "D"], "issue.open", {"partner": "D", "category": "other"}),
    (["issue", "reply", "ab", "--status", "resolved"], "issue.reply", {"issue": "ab", "status": "resolved"}),
    (["issue", "list", "--live"], "issue.list", {"live": True}),
    (["issue", "show", "ab"], "issue.show", {"issue": "ab"}),
    (["issue", "offer", "ab", "5.00", "--to-me"], "issue.offer", {"issue": "ab", "amount": "5.00", "to_me": True}),
    (["issue", "accept", "ab", "--decline"], "issue.accept", {"issue": "ab", "decline": True}),
    (["issue", "close", "ab"], "issue.close", {"issue": "ab", "unsatisfied": False}),
    (["issue", "escalate", "ab"], "issue.escalate", {"issue": "ab"}),
    (
        ["return", "request", "N1", "--reason", "damaged", "--quantity", "1=2", "--message", "broken"],
        "return.request",
        {"order": "N1", "reason": "damaged", "remedy": "refund", "quantities": {"1": 2}, "message": "broken"},
    ),
    (["return", "list", "--live"], "return.list", {"live": True}),
    (["return", "show", "ab"], "return.show", {"name": "ab"}),
    (
        ["return", "approve", "ab", "--freight", "8", "--fault", "seller", "--location", "main"],
        "return.approve",
        {"name": "ab", "freight": "8", "paid_by": "buyer", "fault": "seller", "location": "main"},
    ),
    (["return", "reject", "ab", "--reason", "worn"], "return.reject", {"name": "ab", "reason": "worn"}),
    (["return", "refund", "ab", "--issue", "cd"], "return.refund", {"name": "ab", "issue": "cd"}),
    (["return", "offer", "ab", "5.00"], "return.offer", {"name": "ab", "amount": "5.00"}),
    (["return", "accept", "ab"], "return.accept", {"name": "ab"}),
    (["return", "decline", "ab"], "return.decline", {"name": "ab"}),
    (["return", "withdraw", "ab", "--quantity", "1=1"], "return.withdraw", {"name": "ab", "quantities": {"1": 1}}),
    (
        ["return", "ship", "ab", "--carrier", "SF", "--waybill", "SF9"],
        "return.ship",
        {"name": "ab", "carrier": "SF", "waybill": "SF9"},
    ),
    (["return", "receive", "ab"], "return.receive", {"name": "ab"}),
    (
        ["return", "inspect", "ab", "--damaged", "1=1", "--wrong", "2=1"],
        "return.inspect",
        {"name": "ab", "damaged": {"1": 1}, "wrong_item": {"2": 1}},
    ),
    (["return", "exchange", "ab", "--sku", "CUP"], "return.exchange", {"name": "ab", "sku": "CUP"}),
    (["dispute", "open", "ab", "--claim", "5"], "dispute.open", {"issue": "ab", "claim": "5"}),
    (["dispute", "evidence", "ab", "--document", "cd"], "dispute.evidence", {"issue": "ab", "documents": ["cd"]}),
    (["dispute", "comply", "ab"], "dispute.comply", {"issue": "ab"}),
    (["dispute", "default", "ab"], "dispute.default", {"issue": "ab"}),
    (["dispute", "list"], "dispute.list", {}),
    (["dispute", "key"], "dispute.key", {}),
]
