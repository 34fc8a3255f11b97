"""Commands that look at what waits, what is found and what is reported, and the questions that they put."""

from __future__ import annotations

from typing import Any

from tests.node import programs

DAYS: dict[str, Any] = {"by": "day", "buying": False}

QUESTIONS: list[programs.Question] = [
    (["today"], "today", {"limit": 5}),
    (["search", "茶", "壶"], "search", {"text": "茶 壶", "limit": 20}),
    (["aftersales", "--place", "mine"], "aftersales.list", {"place": "mine"}),
    (["report", "sales", "--since", "2026-11-01"], "report.sales", {"since": "2026-11-01", **DAYS}),
    (["report", "returns"], "report.returns", {"limit": 50, "buying": False}),
    (["report", "cancels"], "report.cancels", DAYS),
    (["report", "shipping"], "report.shipping", DAYS),
    (["report", "balances"], "report.balances", {}),
]
