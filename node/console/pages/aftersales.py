"""After-sales: returns, complaints and disputes of every partner, each with what can be done about it now."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node import errors
from node.console import attachments, confirmations, forms, routes, views, words
from node.console.words import N_

register = routes.Register()
Json = dict[str, Any]

KINDS: Final = ("return", "complaint", "dispute")
PLACES: Final = ("mine", "theirs", "way", "closed")
ARRIVED: Final = ("delivered", "received", "contested")
SHIPPED: Final = ("shipped", "rto-asked")
REASONS: Final = (
    *("damaged", "defective", "wrong_item", "not_as_described", "missing", "late"),
    *("changed_mind", "not_ordered", "cancelled_before_delivery", "other"),
)
REMEDIES: Final = ("refund", "exchange", "repair", "refund_only")
CATEGORIES: Final = (
    *("missing", "damaged", "defective", "wrong_item", "late", "return", "payment", "invoice", "statement", "other"),
)
WISHES: Final = ("refund", "exchange", "repair", "credit", "explain", "other")
COUNTED: Final = {"return.receive": ("in-return", "return-approved", "returning"), "return.inspect": ("back",)}
"""Step -> the states of the goods that it counts."""
CASE_BYTES_MAX: Final = 16 << 20

UNDER_WAY: Final = frozenset(
    {"return-asked", "return-offered", "return-approved", "in-return", "returning", "back", "inspected"}
)
"""States of goods in a return for which somebody has to do something."""

words.add(
    words={
        "place.mine": N_("Waits for me"),
        "place.theirs": N_("Waits for the partner"),
        "place.way": N_("Goods on their way back"),
        "place.closed": N_("Closed"),
        "next.answer-request": N_("answer the return"),
        "next.answer-offer": N_("answer the offer"),
        "next.send-back": N_("send the goods back"),
        "next.take-in": N_("take the goods in"),
        "next.inspect": N_("inspect the goods"),
        "next.refund": N_("refund"),
        "next.answer-complaint": N_("answer the complaint"),
        "next.solve": N_("find a solution"),
        "next.tell-more": N_("tell more"),
        "next.confirm-solved": N_("say whether it is solved"),
        "next.go-to-arbiter": N_("go to the arbiter or settle"),
        "next.decide": N_("decide"),
        "next.comply": N_("do what the award says"),
        "return.return-asked": N_("asked for"),
        "return.return-offered": N_("part of the price offered"),
        "return.return-approved": N_("approved"),
        "return.in-return": N_("on its way back"),
        "return.back": N_("arrived"),
        "return.inspected": N_("inspected"),
        "return.return-refused": N_("rejected"),
        "return.refunded": N_("refunded"),
        "return.exchanged": N_("exchanged"),
        "return.withdrawn": N_("return withdrawn"),
        "return.returning": N_("undelivered, on its way back"),
        "return.contested": N_("did not arrive in order"),
        "return.received": N_("kept"),
        "reason.damaged": N_("Damaged"),
        "reason.defective": N_("Does not work"),
        "reason.wrong_item": N_("Wrong article"),
        "reason.not_as_described": N_("Not as described"),
        "reason.missing": N_("Did not arrive"),
        "reason.late": N_("Too late"),
        "reason.changed_mind": N_("Changed mind"),
        "reason.not_ordered": N_("Not ordered"),
        "reason.cancelled_before_delivery": N_("Cancelled before delivery"),
        "reason.other": N_("Other"),
        "reason.return": N_("A return"),
        "reason.payment": N_("A payment"),
        "reason.invoice": N_("An invoice"),
        "reason.statement": N_("A statement"),
        "remedy.refund": N_("Send back and refund"),
        "remedy.exchange": N_("Exchange"),
        "remedy.repair": N_("Repair"),
        "remedy.refund_only": N_("Refund without sending back"),
        "wish.refund": N_("A refund"),
        "wish.exchange": N_("An exchange"),
        "wish.repair": N_("A repair"),
        "wish.credit": N_("A credit"),
        "wish.explain": N_("An explanation"),
        "wish.other": N_("Something else"),
        "verdict.resellable": N_("can be sold again"),
        "verdict.damaged": N_("damaged"),
        "verdict.wrong_item": N_("wrong article"),
        "verdict.missing": N_("missing"),
        "verdict.settled": N_("kept for a part of the price"),
        "issue.open": N_("not answered yet"),
        "issue.processing": N_("being worked on"),
        "issue.need-more-info": N_("a question is open"),
        "issue.cascaded": N_("passed on to the supplier"),
        "issue.resolved": N_("said to be solved"),
        "issue.escalated": N_("escalated"),
        "issue.disputed": N_("before the arbiter"),
        "issue.decided": N_("decided"),
        "issue.complied": N_("done as decided"),
        "issue.defaulted": N_("award not obeyed"),
        "issue.dismissed": N_("dismissed"),
        "issue.closed": N_("closed"),
        "issue.settled": N_("settled"),
        "issue.refunded": N_("refunded"),
        "status.processing": N_("We are working on it"),
        "status.need_more_info": N_("We need to know more"),
        "status.resolved": N_("We hold it to be solved"),
        "status.information": N_("More information"),
        "offer.open": N_("waits for an answer"),
        "offer.replaced": N_("replaced by another offer"),
        "offer.declined": N_("declined"),
        "offer.accepted": N_("taken"),
        "paper.return.request": N_("Return asked for"),
        "paper.return.decide": N_("Return answered"),
        "paper.return.withdraw": N_("Return withdrawn"),
        "paper.return.ship": N_("Goods sent back"),
        "paper.return.receive": N_("Goods taken in"),
        "paper.return.inspect": N_("Goods inspected"),
        "paper.refund.grant": N_("Refunded"),
        "paper.exchange.order": N_("Exchanged"),
        "paper.settle.offer": N_("Offer of money"),
        "paper.settle.accept": N_("Offer answered"),
        "paper.receipt.advice": N_("Arrival reported"),
        "paper.cancel.result": N_("Cancel answered"),
        "paper.deem": N_("Silence claimed"),
        "paper.issue.open": N_("Complaint opened"),
        "paper.issue.reply": N_("Answer"),
        "paper.issue.cascade": N_("Passed on to the supplier"),
        "paper.issue.escalate": N_("Escalated"),
        "paper.issue.close": N_("Closed"),
        "paper.dispute.open": N_("Brought before the arbiter"),
        "paper.dispute.evidence": N_("Evidence"),
        "paper.dispute.decide": N_("Award entered"),
        "paper.dispute.comply": N_("Award obeyed"),
        "paper.dispute.default": N_("Award not obeyed"),
        "paper.reminder": N_("Reminder"),
        "action.approve": N_("approved"),
        "action.reject": N_("rejected"),
        "action.refund": N_("refunded without sending back"),
        "action.offer": N_("part of the price offered"),
        "kind.return": N_("Return"),
        "kind.complaint": N_("Complaint"),
        "kind.dispute": N_("Dispute"),
        "part.seller": N_("seller"),
        "part.buyer": N_("buyer"),
    },
    tones={
        "return.return-asked": "yellow",
        "return.return-offered": "azure",
        "return.return-approved": "azure",
        "return.in-return": "azure",
        "return.returning": "azure",
        "return.back": "yellow",
        "return.inspected": "yellow",
        "return.return-refused": "red",
        "return.contested": "orange",
        "return.refunded": "green",
        "return.exchanged": "green",
        "issue.open": "yellow",
        "issue.processing": "azure",
        "issue.need-more-info": "yellow",
        "issue.cascaded": "azure",
        "issue.resolved": "azure",
        "issue.escalated": "orange",
        "issue.disputed": "orange",
        "issue.decided": "purple",
        "issue.defaulted": "red",
        "issue.complied": "green",
        "issue.settled": "green",
        "issue.refunded": "green",
        "offer.open": "yellow",
        "offer.accepted": "green",
        "kind.return": "azure",
        "kind.complaint": "orange",
    },
    done={
        "return.request": N_("The return was asked for. The seller hears of it at once."),
        "return.approve": N_("The return is approved."),
        "return.reject": N_("The return is rejected."),
        "return.offer": N_("The offer is on its way."),
        "return.accept": N_("You took the offer and keep the goods."),
        "return.decline": N_("You declined the offer."),
        "return.withdraw": N_("The return is withdrawn."),
        "return.ship": N_("The seller knows the waybill."),
        "return.receive": N_("The goods are taken in."),
        "return.inspect": N_("The result is told to the buyer."),
        "return.refund": N_("The money is given back in the next statement."),
        "return.exchange": N_("The exchange waits to be shipped in the same order."),
        "issue.open": N_("The complaint is on its way."),
        "issue.reply": N_("The answer is on its way."),
        "issue.offer": N_("The offer is on its way."),
        "issue.accept": N_("The offer is answered."),
        "issue.close": N_("The complaint is closed."),
        "issue.escalate": N_("The complaint is escalated."),
        "dispute.open": N_("The dispute is open: save the case and send it to the arbiter."),
        "dispute.evidence": N_("The evidence stands in the case."),
        "dispute.decide": N_("The award counts from now on."),
        "dispute.comply": N_("The partner knows that you did what the award says."),
        "dispute.default": N_("It is noted that the award was not obeyed."),
        "order.receive": N_("The arrival is reported."),
    },
)


@register.get("/aftersales", "return.list")
async def inbox(view: views.View) -> web.StreamResponse:
    """Returns and complaints, by what they wait for."""
    wanted = view.query("place", "mine")
    place = wanted if wanted in PLACES else "mine"
    kind = view.query("kind") if view.query("kind") in KINDS else None
    found = await view.ask(
        "aftersales.list", place=place, kind=kind, partner=view.query("partner") or None, after=view.query("after")
    )
    entries = found["entries"]
    if place != "closed":
        entries = sorted(entries, key=lambda row: (row["due_ms"] is None, row["due_ms"] or 0, row["since_ms"]))
    partners = (await view.ask("partners"))["partners"]
    return view.page("aftersales/list.html", **found | {"entries": entries}, place=place, kind=kind, partners=partners)


# --- returns


@register.get("/aftersales/returns/new", "order.show")
async def ask_back(view: views.View) -> web.StreamResponse:
    """Ask for a return of an order."""
    if not view.query("order"):
        return view.page("aftersales/choose.html")
    order = await view.ask("order.show", order=view.query("order"))
    lines = [
        {**line, "arrived": arrived}
        for line in order["lines"]
        if (arrived := sum(line["buckets"].get(state, 0) for state in ARRIVED))
    ]
    under_way = any(line["buckets"].get(state) for line in order["lines"] for state in SHIPPED)
    return view.page(
        "aftersales/request.html",
        order=order,
        lines=lines,
        under_way=under_way,
        reasons=choices(view, "reason", REASONS),
        remedies=choices(view, "remedy", REMEDIES),
    )


@register.get("/aftersales/returns/{name}", "return.show")
async def one_return(view: views.View) -> web.StreamResponse:
    """One return: its goods, what both said, and the steps that are possible now."""
    found = await view.ask("return.show", name=view.request.match_info["name"])
    return view.page(
        "aftersales/return.html",
        back=found,
        counted={step: counted(found, states) for step, states in COUNTED.items()},
        possible=[step for step in found["possible"] if view.may(step)],
        under_way=UNDER_WAY,
        said=lambda summary: said(view, summary),
        name=view.request.match_info["name"],
        files="/aftersales/returns/" + view.request.match_info["name"] + "/files/",
    )


def said(view: views.View, summary: Json) -> str:
    """What a document of a return says, in one line."""
    language, parts = view.language, []
    for group, name in (("reason", "reason"), ("remedy", "remedy")):
        if f"{group}.{summary.get(name)}" in words.WORDS:
            parts.append(words.word(language, f"{group}.{summary[name]}"))
    if "waybill" in summary:
        parts.append(f"{summary.get('carrier', '')} {summary['waybill']}".strip())
    if "accept" in summary:
        parts.append(language.text(N_("taken") if summary["accept"] else N_("declined")))
    for line in summary.get("lines", ()):
        codes = [f"{group}.{line[group]}" for group in ("action", "verdict") if group in line]
        units = line.get("quantity", 0)
        told = [
            language.catalogue.ngettext("%(count)s unit", "%(count)s units", units) % {"count": language.number(units)},
            *(words.word(language, code) for code in codes),
            views.money(language, line.get("amount")),
        ]
        parts.append(" ".join(part for part in told if part))
    if summary.get("freight"):
        parts.append(views.money(language, summary["freight"]))
    return " · ".join(part for part in parts if part)


def counted(found: Json, states: tuple[str, ...]) -> list[Json]:
    """The units of each line that are in some states."""
    lines: dict[int, Json] = {}
    for lot in found["lines"]:
        if lot["state"] in states:
            line = lines.setdefault(lot["line"], {**lot, "quantity": 0})
            line["quantity"] += lot["quantity"]
    return list(lines.values())


@register.get("/aftersales/returns/{name}/files/{hash}", "return.file")
async def return_file(view: views.View) -> web.StreamResponse:
    """A file of a return."""
    name, digest = view.request.match_info["name"], view.request.match_info["hash"]
    return await attachments.response(await view.ask("return.file", name=name, hash=digest), view.query("save") == "1")


# --- complaints


@register.get("/aftersales/complaints/new", "issue.list")
async def complain(view: views.View) -> web.StreamResponse:
    """Complain about an order, or to a partner about anything else."""
    order = await view.ask("order.show", order=view.query("order")) if view.query("order") else None
    partners = [] if order else (await view.ask("partners"))["partners"]
    return view.page(
        "aftersales/complain.html",
        order=order,
        partners=[(row["name"], row["name"]) for row in partners],
        categories=choices(view, "reason", CATEGORIES),
        wishes=choices(view, "wish", WISHES),
    )


@register.get("/aftersales/complaints/{issue}", "issue.show")
async def one_complaint(view: views.View) -> web.StreamResponse:
    """One complaint as a conversation, with its offers and its dispute."""
    found = await view.ask("issue.show", issue=view.request.match_info["issue"])
    return view.page(
        "aftersales/complaint.html",
        issue=found,
        offers={offer["offer"]: offer for offer in found["offers"]},
        possible=found["possible"],
        statuses=choices(view, "status", ("processing", "need_more_info", "resolved")),
        files=f"/aftersales/complaints/{found['issue']}/files/",
    )


@register.get("/aftersales/complaints/{issue}/files/{hash}", "issue.file")
async def complaint_file(view: views.View) -> web.StreamResponse:
    """A file of a complaint."""
    issue, digest = view.request.match_info["issue"], view.request.match_info["hash"]
    return await attachments.response(await view.ask("issue.file", issue=issue, hash=digest), view.query("save") == "1")


@register.get("/aftersales/complaints/{issue}/case", "dispute.export")
async def case(view: views.View) -> web.StreamResponse:
    """The case as a file for the arbiter."""
    found = await view.ask("dispute.export", issue=view.request.match_info["issue"])
    return attachments.saved(found["case"].encode(), f"case-{found['dispute'][:12]}.json", "application/json")


@register.post("/aftersales/complaints/{issue}/award", "dispute.decide")
async def enter_award(view: views.View) -> web.StreamResponse:
    """Read the arbiter's file, and ask whether it is to be entered."""
    posted = await view.posted()
    fields = [
        ("_token", view.token),
        ("_key", view.key()),
        ("_next", f"/aftersales/complaints/{view.request.match_info['issue']}"),
        ("award", attached_text(posted, "award")),
    ]
    question = confirmations.QUESTIONS["dispute.decide"]
    return view.page("question-page.html", question=question, typed=[], count=1, case="dispute.decide", fields=fields)


# --- small things


def choices(view: views.View, group: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Codes with their words, for a choice."""
    return [(code, words.word(view.language, f"{group}.{code}")) for code in codes]


def attached_text(posted: forms.Posted, name: str) -> str:
    """An uploaded text file. NodeError `request.malformed` for none, and for one that is no text."""
    file = posted.get(name)
    content = file.file.read(CASE_BYTES_MAX + 1) if isinstance(file, web.FileField) else b""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > CASE_BYTES_MAX:
        raise errors.NodeError("request.malformed", "choose the file that was sent to you", expected="a text file")
    return text
