"""The catalogue: my own goods, one article with everything about it, its pictures, its stock, who sees it."""

from __future__ import annotations

import operator
import re
from typing import Final

from aiohttp import web

from contracts import axes
from node.console import guards, languages, routes, views, words
from node.console.words import N_

register = routes.Register()

PAGE: Final = 50
OPTIONS_SHOWN: Final = 3
NAME: Final = operator.itemgetter(1)
COUNTRY: Final = re.compile(r"[A-WY][A-Z]")  # ISO 3166-1; X is for what is no country
UNIT_WORDS: Final = {
    "C62": N_("piece"),
    "H87": N_("piece"),
    "SET": N_("set"),
    "PR": N_("pair"),
    "BX": N_("box"),
    "KGM": N_("kilogram"),
}
UNITS: Final = tuple(code for code in UNIT_WORDS if code != "H87")  # a piece once

words.add(
    words={
        "published": N_("sent"),
        "received": N_("received"),
        "review": N_("being looked at"),
        "live": N_("on sale there"),
        "withdrawn": N_("withdrawn"),
        "main": N_("Main stock"),
        "picture.format": N_("This is no PNG, JPEG or WebP."),
        "picture.damaged": N_("The picture is damaged."),
        "picture.animated": N_("The picture moves: choose one that stands still."),
        "picture.too-large": N_("The picture is too large."),
        "refused": N_("refused"),
        "released": N_("released"),
        "consumed": N_("used by an order"),
        "missed": N_("lapsed"),
        **UNIT_WORDS,
        "color": N_("Colour"),
        "size": N_("Size"),
        "material": N_("Material"),
        "capacity": N_("Capacity"),
        "style": N_("Style"),
        "pattern": N_("Pattern"),
        "spec": N_("Specification"),
    },
    tones={
        "published": "azure",
        "received": "azure",
        "review": "yellow",
        "live": "green",
        "withdrawn": "secondary",
        "refused": "red",
    },
    done={
        "catalogue.withdraw": N_("The article is offered to nobody any more."),
        "catalogue.restore": N_("The article is offered again."),
        "catalogue.change": N_("Kept. Your partners see it as it is now."),
        "catalogue.price": N_("Kept. The partner is told at once."),
        "stock.set": N_("Counted. Partners are told at once."),
        "stock.buffer": N_("The reserve has changed. Partners are told at once."),
        "stock.location.add": N_("The location is kept."),
        "content.set": N_("The text is kept. Partners get it when you next offer your goods."),
        "picture.add": N_("The pictures are kept. Partners get them when you next offer your goods."),
        "picture.first": N_("This picture stands first now."),
        "picture.remove": N_("The picture is gone."),
        "catalogue.push": N_("The list is on its way to the partner."),
    },
)


@register.get("/catalogue", "catalogue.list")
async def goods(view: views.View) -> web.StreamResponse:
    """My goods, page by page."""
    asked = {"text": view.query("text"), "after": view.query("after"), "limit": PAGE}
    supplier = view.query("supplier")
    if supplier:
        asked["supplier"] = supplier
    answer = await view.ask("catalogue.list", **asked)
    partners = (await view.ask("partners"))["partners"]
    return view.page(
        "catalogue/list.html",
        **answer,
        text=asked["text"],
        supplier=supplier,
        after=asked["after"],
        partners=[partner["name"] for partner in partners],
    )


@register.get("/catalogue/goods/{sku:.+}", "catalogue.show")
async def article(view: views.View) -> web.StreamResponse:
    """One article with everything about it."""
    sku = view.request.match_info["sku"]
    good = await view.ask("catalogue.show", sku=sku)
    places = (await view.ask("stock.location.list"))["locations"]
    return view.page(
        "catalogue/article.html",
        good=good,
        written=[(one.locale.language, one.name) for one in languages.load().values()],
        places=[place["code"] for place in places if place["of"] == "me"],
    )


@register.get("/catalogue/new", "catalogue.show")
async def new(view: views.View) -> web.StreamResponse:
    """A form for an article that is not there yet."""
    return await form(view, None)


@register.get("/catalogue/edit/{sku:.+}", "catalogue.show")
async def edit(view: views.View) -> web.StreamResponse:
    """The same with what is known of an article."""
    return await form(view, await view.ask("catalogue.show", sku=view.request.match_info["sku"]))


async def form(view: views.View, good: views.Json | None) -> web.StreamResponse:
    """What can be said of an article, as it stands; the options it has, and room for two more."""
    titles = {} if good is None else good["titles"]
    options = (
        [] if good is None else [(words.word(view.language, axis), value) for axis, value in good["options"].items()]
    )
    unit = "C62" if good is None else good["unit"] or "C62"
    names = {str(code): str(name) for code, name in view.language.locale.territories.items()}
    places = (await view.ask("stock.location.list"))["locations"]
    known = (await view.ask("catalogue.list", limit=1))["goods"] if good is None else []
    return view.page(
        "catalogue/edit.html",
        good=good,
        languages_of_titles=list(dict.fromkeys(["zh", "en", *titles])),
        options=[*options, *[("", "")] * max(1, OPTIONS_SHOWN - len(options))],
        axes=list(axes.AXES),
        units=[(code, words.word(view.language, code)) for code in dict.fromkeys([unit, *UNITS])],
        countries=sorted(((code, name) for code, name in names.items() if COUNTRY.fullmatch(code)), key=NAME),
        currency=known[0]["price"]["currency"] if known and known[0]["price"] else "CNY",
        places=[place["code"] for place in places if place["of"] == "me"],
    )


@register.get("/pictures/{image}", "picture.show")
async def picture(view: views.View) -> web.StreamResponse:
    """A picture. Its name is its content, so browsers keep it; whoever made it, it is made anew here and no more."""
    size = "small" if view.query("size") == "small" else "full"
    shown = await view.ask("picture.show", image=view.request.match_info["image"], size=size)
    return web.Response(
        body=bytes.fromhex(shown["data_hex"]),
        content_type=shown["media"],
        headers={**guards.SANDBOX, "Cache-Control": "private, max-age=31536000, immutable"},
    )


@register.get("/catalogue/stock", "stock.list")
async def stock(view: views.View) -> web.StreamResponse:
    """Where stock lies, how much of it partners are told, and what is held."""
    return view.page(
        "catalogue/stock.html",
        locations=(await view.ask("stock.location.list"))["locations"],
        allotments=(await view.ask("stock.allotments"))["allotments"],
        holds=(await view.ask("stock.holds"))["holds"],
        partners=[partner["name"] for partner in (await view.ask("partners"))["partners"]],
    )


@register.get("/catalogue/partners", "catalogue.list")
async def offered(view: views.View) -> web.StreamResponse:
    """To whom goods are offered, and at what price: the price lists of all partners side by side."""
    answer = await view.ask("catalogue.list", text=view.query("text"), after=view.query("after"), limit=PAGE)
    shown = [await view.ask("catalogue.show", sku=good["sku"]) for good in answer["goods"]]
    readers = list(dict.fromkeys(row["partner"] for good in shown for row in good["partners"]))
    return view.page(
        "catalogue/partners.html",
        goods=shown,
        next=answer["next"],
        total=answer["total"],
        text=view.query("text"),
        after=view.query("after"),
        readers=readers,
        lists=(await view.ask("catalogue.lists"))["lists"],
        partners=[partner["name"] for partner in (await view.ask("partners"))["partners"]],
    )
