"""The desk of an arbiter: a case is read and checked, an award is signed and given back as a file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from node.console import attachments, forms, languages, routes, views, words
from node.console.pages import complaints
from node.console.words import N_
from node.trade import pictures

register = routes.Register()
Json = dict[str, Any]

words.add(
    words={
        "paper.channel.open": N_("Partnership begun"),
        "paper.agreement.propose": N_("Terms proposed"),
        "paper.agreement.counter": N_("Other terms proposed"),
        "paper.agreement.amend": N_("Change of the terms proposed"),
        "paper.agreement.accept": N_("Terms accepted"),
        "paper.order.place": N_("Order placed"),
        "paper.order.respond": N_("Order answered"),
        "paper.order.change": N_("Change of the order proposed"),
        "paper.order.change_respond": N_("Change of the order answered"),
        "paper.shipment.plan": N_("Shipping planned"),
        "paper.shipment.pack": N_("Parcel packed"),
        "paper.shipment.handover": N_("Parcel handed over"),
        "paper.shipment.status": N_("Report of the carrier"),
        "paper.cancel.request": N_("Cancel asked for"),
        "action.accept": N_("accepted"),
        "action.change": N_("with a change"),
        "action.substitute": N_("another article offered"),
        "action.backorder": N_("later"),
    }
)


@register.get("/aftersales/arbiter", "dispute.key")
async def arbiter(view: views.View) -> web.StreamResponse:
    """What an arbiter needs: the key by which agreements name it, and a case to be read."""
    return view.page("aftersales/arbiter.html", **await view.ask("dispute.key"), case=None)


@register.post("/aftersales/arbiter", "dispute.read")
async def read_case(view: views.View) -> web.StreamResponse:
    """Check a case and show it."""
    return await show_case(view, complaints.attached_text(await view.posted(), "case"))


async def show_case(view: views.View, text: str) -> web.StreamResponse:
    """What stands in a case, and the form of an award."""
    found = await view.ask("dispute.read", case=text, with_files=True)
    found["documents"].sort(key=lambda paper: paper["ts_ms"])  # as their authors say: a case is told in its order
    for paper in found["documents"]:
        paper["told"] = told(view.language, paper["content"])
        paper["files"] = [inline(file) for file in paper["files"]]
    key = await view.ask("dispute.key")
    return view.page("aftersales/arbiter.html", **key, case=found, text=text, roles=roles_of(found))


def told(language: languages.Language, content: Json) -> str:
    """What a document of a case comes to, in one line. Whoever brought the case may have written anything into it."""
    texts = [content.get(name) for name in ("number", "carrier", "waybill")]
    parts = [text for text in texts if isinstance(text, str)]
    parts += [words.word(language, f"reason.{content['category']}")] if "category" in content else []
    rows = content.get("lines")
    for row in rows if isinstance(rows, list) else ():
        parts.append(told_line(language, row) if isinstance(row, dict) else "")
    if "accept" in content:
        parts.append(language.text(N_("taken") if content["accept"] else N_("declined")))
    claim, amount, to = money(language, content.get("claim")), money(language, content.get("amount")), content.get("to")
    if claim:
        parts.append(language.text(N_("Claim %(amount)s"), amount=claim))
    if amount and to in ("buyer", "seller"):
        part = words.word(language, f"part.{to}")
        parts.append(language.text(N_("%(amount)s for the %(part)s"), amount=amount, part=part))
    return " · ".join(part for part in parts if part)


def told_line(language: languages.Language, row: Json) -> str:
    """A line of an order, or what was said of one."""
    name = row.get("sku") or language.text(N_("line %(number)s"), number=row.get("line"))
    units = f"{row.get('quantity')} × {name}"
    price = row.get("price")
    each = money(language, price.get("amount")) if isinstance(price, dict) and price.get("base") == 1 else ""
    action = words.word(language, f"action.{row['action']}") if "action" in row else ""
    return " ".join(part for part in (units, each, action) if part)


def money(language: languages.Language, value: object) -> str:
    """An amount as it stands in a document; empty for what is none."""
    match value:
        case {"a": int(minor), "c": str(currency)}:
            return language.money(minor, currency)
        case _:
            return ""


def inline(file: Json) -> Json:
    """A file of a case as it stands in the page itself, since the arbiter's node keeps no case: the picture in it to be
    seen, everything else only to be saved (row C14)."""
    data = bytes.fromhex(file.pop("data_hex", ""))
    picture = pictures.of_photo(data) if data else None
    content = (attachments.OCTETS, data) if picture is None else (picture.media, picture.data)
    address = f"data:{content[0]};base64,{base64.b64encode(content[1]).decode()}"
    return {**file, "photo": picture is not None, "address": address}


def roles_of(case: Json) -> Mapping[str, str]:
    """The role of each party in a case, by its NodeID."""
    return {document["by"]: document["role"] for document in case["documents"] if document["role"]}


@register.post("/aftersales/arbiter/award", "dispute.award")
async def decide(view: views.View) -> web.StreamResponse:
    """Sign an award, and give it as a file."""
    posted = await view.posted()
    case = view.console.door.cases["dispute.award"]
    answer = await view.ask("dispute.award", **forms.arguments(case.arguments, posted))
    return attachments.saved(answer["award"].encode(), f"award-{answer['dispute'][:12]}.json", "application/json")
