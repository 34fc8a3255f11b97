"""The desk of an arbiter: a case is read and checked, an award is signed and given back as a file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from node.console import attachments, forms, routes, views
from node.console.pages import aftersales
from node.trade import pictures

register = routes.Register()
Json = dict[str, Any]


@register.get("/aftersales/arbiter", "dispute.key")
async def arbiter(view: views.View) -> web.StreamResponse:
    """What an arbiter needs: the key by which agreements name it, and a case to be read."""
    return view.page("aftersales/arbiter.html", **await view.ask("dispute.key"), case=None)


@register.post("/aftersales/arbiter", "dispute.read")
async def read_case(view: views.View) -> web.StreamResponse:
    """Check a case and show it."""
    return await show_case(view, aftersales.attached_text(await aftersales.genuine(view), "case"))


async def show_case(view: views.View, text: str) -> web.StreamResponse:
    """What stands in a case, and the form of an award."""
    found = await view.ask("dispute.read", case=text, with_files=True)
    for paper in found["documents"]:
        paper["files"] = [inline(file) for file in paper["files"]]
    key = await view.ask("dispute.key")
    return view.page("aftersales/arbiter.html", **key, case=found, text=text, roles=roles_of(found))


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
    posted = await aftersales.genuine(view)
    case = view.console.door.cases["dispute.award"]
    answer = await view.ask("dispute.award", **forms.arguments(case.arguments, posted))
    return attachments.saved(answer["award"].encode(), f"award-{answer['dispute'][:12]}.json", "application/json")
