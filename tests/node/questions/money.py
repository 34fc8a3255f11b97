"""Commands about statements, invoices and payments, and the questions that they put."""

from __future__ import annotations

from tests.node import programs

QUESTIONS: list[programs.Question] = [
    (["statement", "propose", "D", "2026-11"], "statement.propose", {"partner": "D", "period": "2026-11"}),
    (
        ["statement", "propose", "D", "2026-11", "--buying"],
        "statement.propose",
        {"partner": "D", "period": "2026-11", "buying": True},
    ),
    (["statement", "list"], "statement.list", {}),
    (["statement", "show", "ab12cd34"], "statement.show", {"statement": "ab12cd34"}),
    (["statement", "agree", "ab12cd34"], "statement.agree", {"statement": "ab12cd34"}),
    (
        ["statement", "contest", "ab12cd34", "N1", "N2", "--reason", "short", "--due", "2026-12-15"],
        "statement.contest",
        {"statement": "ab12cd34", "threads": ["N1", "N2"], "reason": "short", "due": "2026-12-15"},
    ),
    (
        ["statement", "reopen", "ab12cd34", "N1"],
        "statement.reopen",
        {"statement": "ab12cd34", "threads": ["N1"]},
    ),
    (
        ["payment", "sent", "F", "12.50", "--reference", "R1"],
        "payment.sent",
        {"partner": "F", "amount": "12.50", "reference": "R1"},
    ),
    (
        ["payment", "received", "D", "12.50", "--payment", "ab12cd34"],
        "payment.received",
        {"partner": "D", "amount": "12.50", "payment": "ab12cd34", "unannounced": False},
    ),
    (["payment", "list", "--partner", "D"], "payment.list", {"partner": "D"}),
    (
        ["payment", "promise", "F", "12.50", "--due", "2026-12-01"],
        "payment.promise",
        {"partner": "F", "amount": "12.50", "due": "2026-12-01"},
    ),
    (
        ["payee", "set", "EUR", "--holder", "Tea Ltd", "--iban", "DE33100205000001194700"],
        "payee.set",
        {"currency": "EUR", "holder": "Tea Ltd", "iban": "DE33100205000001194700", "keep_code": False},
    ),
    (["payee", "remove", "EUR"], "payee.remove", {"currency": "EUR"}),
    (["payee", "list"], "payee.list", {}),
    (["payee", "show", "F", "--statement", "ab12cd34"], "payee.show", {"partner": "F", "statement": "ab12cd34"}),
    (["payee", "accept", "F", "EUR", "ab"], "payee.accept", {"partner": "F", "currency": "EUR", "hash": "ab"}),
    (["payment", "dispute", "ab12cd34"], "payment.dispute", {"payment": "ab12cd34"}),
    (["balance", "--partner", "D"], "balance", {"partner": "D"}),
    (["obligation", "list"], "obligation.list", {}),
    (["credit", "list", "--partner", "D"], "credit.list", {"partner": "D"}),
    (["share", "list"], "share.list", {}),
    (["share", "report"], "share.report", {}),
    (["netting", "propose", "D", "--amount", "5"], "netting.propose", {"partner": "D", "amount": "5"}),
    (["netting", "consent", "ab12cd34"], "netting.consent", {"netting": "ab12cd34"}),
    (["netting", "decline", "ab12cd34"], "netting.decline", {"netting": "ab12cd34"}),
    (["netting", "list"], "netting.list", {}),
    (["netting", "begin", "--currency", "CNY"], "netting.begin", {"currency": "CNY"}),
    (["netting", "join"], "netting.join", {"join": True}),
    (["netting", "join", "--leave"], "netting.join", {"join": False}),
    (["netting", "release", "ab12cd34"], "netting.release", {"round": "ab12cd34"}),
    (["void", "payment", "ab"], "void", {"payment": "ab", "reason": "incorrect_data"}),
    (["void", "accept", "ab", "--decline"], "void.accept", {"payment": "ab", "decline": True}),
    (
        ["invoice", "issue", "ab", "--national", "CN-QDFP=26", "--due", "2026-12-31"],
        "invoice.issue",
        {"statement": "ab", "national": ["CN-QDFP", "26"], "due": "2026-12-31"},
    ),
    (["invoice", "issue", "--order", "N1"], "invoice.issue", {"order": "N1"}),
    (["invoice", "credit", "I1", "--quantity", "2=1"], "invoice.credit", {"invoice": "I1", "lines": {"2": 1}}),
    (
        ["invoice", "respond", "I1", "RE", "--reason", "QTY", "--action", "CNP", "--line", "2"],
        "invoice.respond",
        {"invoice": "I1", "status": "RE", "partial": False, "reason": "QTY", "action": "CNP", "lines": [2]},
    ),
    (["invoice", "list"], "invoice.list", {}),
    (["invoice", "show", "I1"], "invoice.show", {"invoice": "I1"}),
    (["payment", "show", "ab"], "payment.show", {"payment": "ab"}),
    (
        ["statement", "lines", "ab", "--only", "differing"],
        "statement.lines",
        {"statement": "ab", "only": "differing", "offset": 0, "limit": 500},
    ),
]
