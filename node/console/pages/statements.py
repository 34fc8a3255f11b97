"""Statements: what both books say of a month, line by line; balances and what is due."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from node.console import attachments, routes, views, words, workbooks
from node.console.pages import payments
from node.console.words import N_

register = routes.Register()
Json = dict[str, Any]

LINES_PER_PAGE: Final = 300
LINES_PER_FILE: Final = 2_000
REASONS: Final = ("amount", "unknown", "missing", "date", "other")

words.add(
    words={
        "statement.proposed": N_("waits for an answer"),
        "statement.closed": N_("closed, both agree"),
        "statement.contested": N_("closed, some lines contested"),
        "statement.differs": N_("the books differ"),
        "statement.deemed": N_("closed by silence"),
        "statement.reopened": N_("closed by silence, then contested"),
        "statement.superseded": N_("superseded"),
        "line.goods": N_("Goods"),
        "line.tax": N_("Tax"),
        "line.charge": N_("Freight and charges"),
        "line.fee": N_("Fee"),
        "line.penalty": N_("Penalty"),
        "line.payment": N_("Payment"),
        "line.commission": N_("Commission"),
        "line.commission_tax": N_("Tax on commission"),
        "line.withheld": N_("Withheld"),
        "line.setoff": N_("Netted"),
        "line.refund": N_("Refund"),
        "line.refund_tax": N_("Tax of the refund"),
        "line.award": N_("Settlement or award"),
        "line.share": N_("Share of others"),
        "what.order": N_("Order"),
        "what.payment": N_("Payment"),
        "what.complaint": N_("Complaint"),
        "what.netting": N_("Netting"),
        "what.other": N_("Other"),
        "cause.amount": N_("another amount"),
        "cause.unknown": N_("not in the other book"),
        "cause.missing": N_("missing in the proposal"),
        "cause.repeated": N_("stands there twice"),
        "cause.date": N_("belongs into another month"),
        "cause.other": N_("another reason"),
        "paper.statement.propose": N_("Statement proposed"),
        "paper.statement.respond": N_("Statement answered"),
    },
    tones={
        "statement.proposed": "yellow",
        "statement.closed": "green",
        "statement.contested": "orange",
        "statement.differs": "red",
        "statement.deemed": "purple",
        "statement.reopened": "orange",
        "statement.superseded": "secondary",
    },
    done={
        "statement.propose": N_("The statement is on its way to the partner."),
        "statement.agree": N_("The statement is answered."),
        "statement.contest": N_("The lines are contested and stand in the next statement again."),
        "statement.reopen": N_("The orders are contested after all."),
    },
)


@register.get("/statements", "statement.list")
async def statements(view: views.View) -> web.StreamResponse:
    """All statements, the newest first."""
    partner, period = view.query("partner"), view.query("period")
    asked = {"partner": partner or None, "period": period or None}
    rows, older = await payments.urgent_first(view, "statement.list", "statements", **asked)
    periods = (await view.ask("statement.list", partner=partner or None, limit=1))["periods"]
    partners = (await view.ask("partners"))["partners"]
    return view.page(
        "statements/list.html",
        statements=rows,
        older=older,
        balances=(await view.ask("balance"))["balances"],
        periods=periods,
        period=period,
        partners=partners,
        names=[(row["name"], row["name"]) for row in partners],
        month=view.language.month(view.console.clock.now_ms()),
    )


@register.get("/statements/balances", "balance")
async def balances(view: views.View) -> web.StreamResponse:
    """What every partner owes, and what is due when."""
    partner = view.query("partner") or None
    found = await view.ask("balance", partner=partner)
    due = await view.ask("obligation.list", partner=partner)
    partners = (await view.ask("partners"))["partners"]
    return view.page("statements/balances.html", **found, **due, partners=partners)


@register.get("/statements/balances/workbook", "balance")
async def balances_workbook(view: views.View) -> web.StreamResponse:
    """The balances and obligations as a workbook."""
    text = view.language.text
    found = (await view.ask("balance"))["balances"]
    due = (await view.ask("obligation.list"))["obligations"]
    kinds = ("owes_me", "agreed", "contested", "withheld", "under_way")
    content = workbooks.workbook(
        [
            (
                text(N_("Balances")),
                [text(one) for one in (*BALANCE_HEADINGS, N_("Next due"), N_("Amount due"))],
                [
                    (
                        row["partner"],
                        row["owes_me"]["currency"],
                        *(row[kind] for kind in kinds),
                        row["due"],
                        row["due_amount"],
                    )
                    for row in found
                ],
            ),
            (
                text(N_("Obligations")),
                [text(one) for one in OBLIGATION_HEADINGS],
                [
                    (
                        row["partner"],
                        row["period"],
                        who(view, row["debtor"]),
                        row["open"]["currency"],
                        row["amount"],
                        row["open"],
                        row["due"],
                    )
                    for row in due
                ],
            ),
        ],
        view.console.clock.now_ms(),
    )
    return attachments.saved(content, "balances.xlsx", workbooks.MEDIA)


BALANCE_HEADINGS: Final = (
    *(N_("Partner"), N_("Currency"), N_("Owes us"), N_("Agreed"), N_("Contested"), N_("Withheld"), N_("On its way")),
)
OBLIGATION_HEADINGS: Final = (
    *(N_("Partner"), N_("Period"), N_("Debtor"), N_("Currency"), N_("Amount"), N_("Still open"), N_("Due")),
)
LINE_HEADINGS: Final = (
    *(N_("Matter"), N_("Number"), N_("Kind"), N_("Currency"), N_("Proposed"), N_("Compared"), N_("Difference")),
    *(N_("Contested"), N_("Hash")),
)


def who(view: views.View, name: str) -> str:
    """A partner, or this merchant."""
    return view.console.name if name == "me" else name


@register.get("/statements/{statement}", "statement.show")
async def statement(view: views.View) -> web.StreamResponse:
    """One statement line by line."""
    wanted = view.request.match_info["statement"]
    only = view.query("only") if view.query("only") in ("differing", "contested") else "all"
    offset = int(view.query("offset")) if view.query("offset").isdecimal() else 0
    found = await view.ask("statement.show", statement=wanted, lines=False)
    lines = await view.ask("statement.lines", statement=wanted, only=only, offset=offset, limit=LINES_PER_PAGE)
    over = {"partner": found["partner"], "statement": found["statement"]}
    invoices = await view.ask_if_permitted("invoice.list", **over) or {"invoices": []}
    debts = await view.ask_if_permitted("obligation.list", partner=found["partner"]) or {"obligations": []}
    owed = [row for row in debts["obligations"] if row["statement"] == found["statement"] and row["debtor"] == "me"]
    owed_by_me = next((row for row in owed if row["open"]["amount"] > 0), None)
    paying = await view.ask_if_permitted("payee.show", **over) if owed_by_me else None
    return view.page(
        "statements/statement.html",
        owed=owed_by_me,
        paying=paying,
        own=await own_payees(view, found["selling"] and not owed_by_me),
        statement=found,
        lines=lines,
        only=only,
        offset=offset,
        invoices=invoices["invoices"],
        reasons=[(code, words.word(view.language, f"cause.{code}")) for code in REASONS],
    )


async def own_payees(view: views.View, wanted: bool) -> list[views.Json] | None:
    """How this merchant is paid, for a paper on which it is the creditor; None for another one."""
    found = await view.ask_if_permitted("payee.list") if wanted else None
    return None if found is None else list(found["payees"])


@register.get("/statements/{statement}/workbook", "statement.lines")
async def statement_workbook(view: views.View) -> web.StreamResponse:
    """A statement as a workbook, all lines of it."""
    wanted, text, language = view.request.match_info["statement"], view.language.text, view.language
    found = await view.ask("statement.show", statement=wanted, lines=False)
    currency, rows, offset = found["closing"]["currency"], [], 0
    while offset is not None:
        page = await view.ask("statement.lines", statement=wanted, offset=offset, limit=LINES_PER_FILE)
        rows += page["rows"]
        offset = page["next"]
    head = [
        (text(N_("Partner")), found["partner"]),
        (text(N_("Period")), found["period"]),
        (text(N_("State")), words.word(language, f"statement.{found['state']}")),
        (text(N_("Opening balance")), found["opening"]),
        (text(N_("Change in the period")), found["total"]),
        (text(N_("Closing balance")), found["closing"]),
        (text(N_("Currency")), currency),
        (text(N_("Hash")), found["statement"]),
    ]
    body = [
        (
            words.word(language, f"what.{row['what']}"),
            row["number"],
            words.word(language, f"line.{row['kind']}"),
            currency,
            row["proposed"],
            row["compared"],
            row["difference"],
            row["contested"],
            row["key"],
        )
        for row in rows
    ]
    content = await asyncio.to_thread(  # ten thousand lines take a second, in which others are answered
        workbooks.workbook,
        [
            (text(N_("Statement")), [text(N_("Statement")), ""], head),
            (text(N_("Lines")), [text(one) for one in LINE_HEADINGS], body),
        ],
        view.console.clock.now_ms(),
    )
    return attachments.saved(content, f"statement-{found['period']}-{found['statement'][:8]}.xlsx", workbooks.MEDIA)
