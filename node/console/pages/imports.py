"""Importing a table: upload it, see what its headings mean, say what others mean, see every fault and what would
change, then take it in. Nothing changes before the last step.

A file waits in memory between the steps, for whoever sent it, and for nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from node import errors
from node.console import forms, jobs, routes, sentences, uploads, views, words
from node.console.pages import headings
from node.console.words import N_

register = routes.Register()

ID_BYTES: Final = 16
FAULTS_SHOWN_MAX: Final = 200
CASES: Final[Mapping[str, str]] = {
    "catalogue": "catalogue.import",
    "stock": "stock.import",
    "orders": "order.import",
}
TITLES: Final[Mapping[str, str]] = {
    "catalogue": N_("Taking the goods in"),
    "stock": N_("Taking the counts in"),
    "orders": N_("Placing the orders"),
}
ROOMS: Final[Mapping[str, str]] = {"catalogue": "/catalogue", "stock": "/catalogue", "orders": "/orders"}
"""Kind of file -> the room to which it belongs."""
ANSWERED: Final = ("currency", "language", "sheet", "supply_price", "encoding", "separator", "shop")
TYPED: Final = frozenset({"encoding", "separator", "sheet", "shop"})
"""Answers that are absent rather than empty."""
ENCODINGS: Final = (
    ("utf-8", "UTF-8"),
    ("gb18030", "GBK / GB18030"),
    ("big5", "Big5"),
    ("shift_jis", "Shift JIS"),
    ("euc_kr", "EUC-KR"),
    ("cp1252", "Windows-1252"),
    ("cp1251", "Windows-1251"),
)
SEPARATORS: Final = ((",", N_("comma")), (";", N_("semicolon")), ("\t", N_("tab")))
NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
NO_NUMBER: Final = 10**9
STOPPABLE: Final = frozenset({"placed", "proposed", "agreed", "part-shipped"})
"""States of orders that a supplier can still be asked to stop."""
DECIMALS: Final = {"comma": True, "point": False}

words.add(
    words={
        "goods": N_("Articles taken in"),
        "import.changed": N_("This was changed again since."),
        "import.gone": N_("A supplier has begun with it."),
        "standing.gone": N_("stays"),
        "standing.waits": N_("can be taken back"),
        "standing.ended": N_("over already"),
        "standing.taken-back": N_("taken back by you"),
    },
    tones={"standing.gone": "orange", "standing.waits": "azure", "standing.ended": "secondary"},
    done={"import.undo": N_("It is taken back, and your partners are told.")},
)


@register.get("/catalogue/import", "sheet.preview")
async def choose(view: views.View) -> web.StreamResponse:
    """Which file."""
    places = (await view.ask("stock.location.list"))["locations"]
    kind = view.query("kind", "catalogue")
    return view.page(
        "catalogue/import.html",
        kind=kind if kind in CASES else "catalogue",
        places=[place["code"] for place in places if place["of"] == "me"],
        imports=[one for one in (await view.ask("import.list"))["imports"] if one["kind"] != "orders"],
    )


@register.get("/orders/imports/{number}", "import.show")
@register.get("/catalogue/imports/{number}", "import.show")
async def taken(view: views.View) -> web.StreamResponse:
    """What a file changed or ordered, and taking it back."""
    said = view.request.match_info["number"]
    number = int(said) if NUMBER.fullmatch(said) else NO_NUMBER
    answer = await view.ask("import.show", number=number)
    if answer["kind"] == "orders":
        begun = [part for one in answer["orders"] if one["standing"] == "gone" for part in one["orders"]]
        stoppable = [part["order"] for part in begun if part["state"] in STOPPABLE]
        return view.page("orders/taken.html", taken=answer, stoppable=stoppable)
    return view.page("catalogue/taken.html", taken=answer, label=headings.label)


@register.get("/orders/import", "sheet.preview")
async def choose_orders(view: views.View) -> web.StreamResponse:
    """Which sheet of a shop."""
    imports = (await view.ask_if_permitted("import.list") or {"imports": []})["imports"]
    return view.page("orders/import.html", imports=[one for one in imports if one["kind"] == "orders"])


@register.post("/orders/import", "sheet.preview")
@register.post("/catalogue/import", "sheet.preview")
async def receive(view: views.View) -> web.StreamResponse:
    """Keep the file, and look at it."""
    posted = await view.posted()
    file, kind = posted.get("file"), forms.text(posted, "kind")
    if not isinstance(file, web.FileField) or not file.filename or kind not in CASES:
        raise errors.NodeError("request.malformed", "no file was chosen", expected="XLSX, XLS, ODS or CSV")
    given: views.Json = {"kind": kind, "recall": True}
    if kind == "stock":
        given["location"] = forms.text(posted, "location")
    if kind == "orders":
        given |= {
            "shop": forms.text(posted, "shop").strip()[:100] or None,
            "unpaid": forms.text(posted, "unpaid") == "1",
        }
    token = view.console.entropy.token(ID_BYTES).hex()
    kept = uploads.Upload(view.caller.operator, file.filename[:200], file.file.read(), given)
    view.request.app[uploads.UPLOADS].add(token, kept)
    return web.Response(status=303, headers={"Location": f"{ROOMS[kind]}/import/{token}"})


def waiting(view: views.View) -> uploads.Upload:
    """The file that the address names."""
    return view.request.app[uploads.UPLOADS].find(view.request.match_info["file"], view.caller.operator)


@register.get("/orders/import/{file}", "sheet.preview")
@register.get("/catalogue/import/{file}", "sheet.preview")
async def look(view: views.View) -> web.StreamResponse:
    """What the file says, and what taking it in would change."""
    file = waiting(view)
    seen = await view.ask("sheet.preview", **file.asked())
    if seen["readable"]:
        file.columns = seen["columns"]
        file.given |= {"recall": False, **{name: seen[name] for name in ANSWERED}}
        file.given |= {name: seen[name] for name in ("mapping", "decimal_comma", "unpaid")}
    return view.page(
        "catalogue/look.html",
        seen=seen,
        file=file,
        token=view.request.match_info["file"],
        shown=seen["faults"][:FAULTS_SHOWN_MAX],
        case=CASES[file.kind],
        room=ROOMS[file.kind],
        label=headings.label,
        pairs=lambda names: [(name, name) for name in names],
        encodings=list(ENCODINGS),
        separators=[(sign, view.language.text(name)) for sign, name in SEPARATORS],
    )


@register.post("/orders/import/{file}", "sheet.preview")
@register.post("/catalogue/import/{file}", "sheet.preview")
async def answer(view: views.View) -> web.StreamResponse:
    """Keep what was said of the file; look again, or take it in."""
    file, posted = waiting(view), await view.posted()
    if "answers" in posted:
        take_answers(file, posted)
    address = f"{ROOMS[file.kind]}/import/{view.request.match_info['file']}"
    if forms.text(posted, "step") != "take":
        return web.Response(status=303, headers={"Location": address})
    given = {name: value for name, value in file.asked().items() if name not in ("kind", "recall")}
    case, caller, door = CASES[file.kind], view.caller, view.console.door
    files, token = view.request.app[uploads.UPLOADS].files, view.request.match_info["file"]

    async def work(job: jobs.Job) -> views.Json:
        taken = await door.ask(caller, case, given, job.report)
        files.pop(token, None)
        return taken

    key = forms.text(posted, forms.OWN + "key")
    return jobs.follow(view, jobs.start(view, case, TITLES[file.kind], work, ROOMS[file.kind], key))


def take_answers(file: uploads.Upload, posted: forms.Posted) -> None:
    """What was said of the file: the meaning of headings where it is not the one that was found, and the rest."""
    mapping: dict[str, str] = dict(file.given.get("mapping") or {})
    for column in file.columns:
        chosen = posted.get(f"column.{column['letter']}")
        if isinstance(chosen, str) and chosen != column["field"]:
            mapping[column["heading"]] = chosen
    file.given["mapping"] = mapping
    for name in ANSWERED:
        if name in posted:
            said = forms.text(posted, name)
            file.given[name] = (said if name == "separator" else said.strip()) or (None if name in TYPED else "")
    file.given["unpaid"] = forms.text(posted, "unpaid") == "1"
    if "decimals" in posted:
        file.given["decimal_comma"] = DECIMALS.get(forms.text(posted, "decimals"))
    if "location" in posted:
        file.given["location"] = forms.text(posted, "location")


@register.get("/orders/import/{file}/faults.xlsx", "sheet.preview")
@register.get("/catalogue/import/{file}/faults.xlsx", "sheet.preview")
async def faults(view: views.View) -> web.StreamResponse:
    """Every fault of the file as a workbook, to be mended side by side."""
    file = waiting(view)
    seen = await view.ask("sheet.preview", **file.asked())
    text = view.language.text
    written = await view.ask(
        "sheet.write",
        name=text("Faults"),
        headings=[text("Row"), text("Column"), text("What is wrong"), text("Expected"), text("Found"), text("Code")],
        rows=[row_of(view, fault) for fault in seen["faults"]],
    )
    return web.Response(
        body=bytes.fromhex(written["data_hex"]),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": 'attachment; filename="faults.xlsx"'},
    )


def row_of(view: views.View, fault: Mapping[str, Any]) -> list[str | int]:
    """A fault in cells."""
    meaning, expected = words.word(view.language, fault["code"]), sentences.say(view.language, fault["expected"])
    return [fault["row"], fault["column"], meaning, expected, fault["got"], fault["code"]]
