"""Complaints and disputes: opening one, and each as a conversation with its offers."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node import errors
from node.console import attachments, confirmations, forms, routes, views, words
from node.console.words import N_

register = routes.Register()
Json = dict[str, Any]

CATEGORIES: Final = (
    *("missing", "damaged", "defective", "wrong_item", "late", "return", "payment", "invoice", "statement", "other"),
)
WISHES: Final = ("refund", "exchange", "repair", "credit", "explain", "other")
CASE_BYTES_MAX: Final = 16 << 20

words.add(
    words={
        "wish.refund": N_("A refund"),
        "wish.exchange": N_("An exchange"),
        "wish.repair": N_("A repair"),
        "wish.credit": N_("A credit"),
        "wish.explain": N_("An explanation"),
        "wish.other": N_("Something else"),
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
    },
    tones={
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
    },
    done={
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
    },
)


@register.get("/aftersales/complaints/new", "issue.list")
async def complain(view: views.View) -> web.StreamResponse:
    """Complain about an order, or to a partner about anything else."""
    order = await view.ask("order.show", order=view.query("order")) if view.query("order") else None
    partners = [] if order else (await view.ask("partners"))["partners"]
    return view.page(
        "aftersales/complain.html",
        order=order,
        partners=[(row["name"], row["name"]) for row in partners],
        categories=words.choices(view.language, "reason", CATEGORIES),
        wishes=words.choices(view.language, "wish", WISHES),
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
        statuses=words.choices(view.language, "status", ("processing", "need_more_info", "resolved")),
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
