"""Settings: my account, my people and programs, and this node itself."""

from __future__ import annotations

import importlib.metadata
import ipaddress
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from node import errors
from node.console import forms, guards, jobs, languages, routes, views, visitors, words
from node.console.pages import signings
from node.console.words import N_
from node.trade import policies
from node.trade.people import operators

register = routes.Register()

words.add(
    words={
        "totp": N_("Authenticator"),
        "passkey": N_("Passkey"),
        "none": N_("Password alone"),
        "disabled": N_("disabled"),
        "revoked": N_("revoked"),
        "in-use": N_("in use"),
        "never": N_("never"),
        "copying": N_("Copying the database"),
        "packing": N_("Packing"),
        "checking": N_("Checking what was written"),
    },
    tones={"totp": "green", "passkey": "green", "none": "yellow", "disabled": "red", "revoked": "secondary"}
    | {"in-use": "green", "never": "yellow"},
    done={
        "account.password": N_("Your password is changed. Other browsers were signed out."),
        "account.language": N_("From now on the console speaks this language with you."),
        "account.totp.confirm": N_("Your authenticator is in use."),
        "account.totp.off": N_("Your authenticator is no longer in use."),
        "account.passkey.add": N_("Your passkey is in use."),
        "account.passkey.remove": N_("The passkey is no longer accepted."),
        "account.session.revoke": N_("Signed out."),
        "session.revoke": N_("That browser was signed out."),
        "operator.add": N_("They can sign in now."),
        "operator.change": N_("Changed."),
        "operator.remove": N_("They can no longer sign in."),
        "operator.password": N_("The password is changed. Their browsers were signed out."),
        "operator.second-factor.off": N_(
            "Their second step is gone: the password alone is enough until they set a new one."
        ),
        "key.revoke": N_("The key opens nothing any more."),
        "backup.plan": N_("Saved."),
        "retention.set": N_("Saved."),
    },
)

SAID: Final = (
    N_("the password is wrong"),
    N_("this needs your own password"),
    N_("too many wrong attempts"),
    N_("this is no good password"),
    N_("these are not the digits of this moment"),
    N_("an operator of this name exists already"),
    N_("nobody would be left who may do everything"),
    N_("this passkey proves nothing here"),
    N_("this passkey is known already"),
    N_("this came too late: begin again"),
    N_("this is no name"),
    N_("the set-up code is wrong"),
    N_("no such session is open"),
    N_("no operator is called so"),
    N_("at least 10 characters"),
    N_("at least 5 different characters"),
    N_("more than the name of the operator"),
    N_("one owner who can sign in"),
    N_("make somebody else an owner first"),
    N_("the six digits that the authenticator shows now"),
    N_("compare the clocks of the telephone and of this computer"),
    N_("1 to 60 printable characters"),
)
"""What the node says of operators and passwords; errors are put into the visitor's language where they are shown."""

BROWSERS: Final = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
KEPT_DAYS: Final = (0, 30, 60, 90, 180, 365, 730, 1095, 1825)
WORK: Final = N_("Writing a backup")
jobs.LONG["backup.run"] = WORK
TABS: Final = (
    ("/settings/me", N_("My account"), "account.show"),
    ("/settings/payment", N_("How I am paid"), "payee.list"),
    ("/settings/people", N_("People"), "operator.list"),
    ("/settings/programs", N_("Programs"), "key.list"),
    ("/settings/sessions", N_("Signed in"), "session.list"),
    ("/settings/backups", N_("Backups"), "backup.show"),
    ("/settings/consumers", N_("Consumers"), "retention.show"),
    ("/settings/node", N_("This node"), "status"),
)
"""Address, text, and the use case that must be permitted."""


def show(view: views.View, template: str, /, **context: Any) -> web.Response:
    """A page of the settings, with its tabs."""
    path = view.request.path
    tabs = [
        (address, view.language.text(text), path.startswith(address)) for address, text, asks in TABS if view.may(asks)
    ]
    roles = [(str(role), words.word(view.language, role)) for role in policies.Role]
    return view.page(f"settings/{template}.html", tabs=tabs, roles=roles, browser=browser, **context)


def browser(agent: str) -> str:
    """What a browser calls itself, in two words."""
    named = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(part for part in (named, system) if part) or re.sub(r"[/ (].*", "", agent)[:40]


def is_named(host: str) -> bool:
    """Whether browsers give passkeys to a host: to names, and never to bare addresses."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host)
    return False


@register.get("/settings", routes.SIGNED_IN)
async def start(view: views.View) -> web.StreamResponse:
    """The first of the settings."""
    return web.Response(status=303, headers={"Location": "/settings/me"})


@register.get("/settings/me", "account.show")
async def me(view: views.View) -> web.StreamResponse:
    """My account."""
    account = await view.ask("account.show")
    host = view.request.url.host or ""
    port = view.request.url.port
    named = f"{view.request.scheme}://localhost:{port}/settings/me" if host in guards.LOOPBACK else ""
    spoken = [(code, each.name) for code, each in languages.load().items()]
    return show(
        view, "me", account=account, host=host, passkeys_possible=is_named(host), spoken=spoken, named_address=named
    )


@register.post("/settings/language", "account.language")
async def language(view: views.View) -> web.StreamResponse:
    """Speak another language with me, here and wherever I sign in."""
    posted = await view.posted()
    code = forms.text(posted, "language")
    if code not in languages.load():
        raise errors.NodeError("request.malformed", "there is no such language", got=code[:20])
    await view.ask("account.language", language=code)
    response = web.Response(status=303, headers={"Location": "/settings/me?done=account.language"})
    visitors.speak(view, response, code)
    return response


@register.post("/settings/passkey/begin", "account.passkey.begin")
async def begin_passkey(view: views.View) -> web.StreamResponse:
    """What the browser is asked to make a passkey of; a refusal is said in words."""
    posted = await view.posted()
    site = visitors.site(view)
    try:
        answer = await view.ask(
            "account.passkey.begin", password=forms.text(posted, "password"), host=site.host, origin=site.origin
        )
    except errors.StorageError:
        raise
    except errors.NodeError as error:
        return web.json_response({"said": view.language.text(error.message)}, status=409)
    return web.json_response(answer["options"])


@register.post("/settings/passkey", "account.passkey.add")
async def add_passkey(view: views.View) -> web.StreamResponse:
    """Keep the passkey that the browser made, and show the recovery codes that come with the first one."""
    posted = await view.posted()
    site = visitors.site(view)
    answer = await view.ask(
        "account.passkey.add",
        label=forms.text(posted, "label"),
        host=site.host,
        origin=site.origin,
        response=signings.response_of(posted),
    )
    if not answer["recovery_codes"]:
        return web.Response(status=303, headers={"Location": "/settings/me?done=account.passkey.add"})
    return view.page("outcome.html", template="outcomes/account.codes.html", answer=answer, back="/settings/me")


@register.get("/settings/people", "operator.list")
async def people(view: views.View) -> web.StreamResponse:
    """Everybody who may sign in."""
    return show(view, "people", **await view.ask("operator.list"))


@register.get("/settings/people/{number}", "operator.list")
async def person(view: views.View) -> web.StreamResponse:
    """One of them. An unknown number is no page (C11)."""
    listed = (await view.ask("operator.list"))["operators"]
    number = view.request.match_info["number"]
    known = next((row for row in listed if str(row["number"]) == number), None)
    if known is None:
        raise operators.unknown(number)
    return show(view, "person", person=known)


@register.get("/settings/programs", "key.list")
async def programs(view: views.View) -> web.StreamResponse:
    """Keys of programs."""
    return show(view, "programs", **await view.ask("key.list"))


@register.get("/settings/sessions", "session.list")
async def sessions(view: views.View) -> web.StreamResponse:
    """Every browser that is signed in."""
    return show(view, "sessions", **await view.ask("session.list"))


@register.get("/settings/node", "status")
async def node(view: views.View) -> web.StreamResponse:
    """This node: its name, its number, its addresses, its program."""
    return show(view, "node", **{"node": await view.ask("status"), "version": importlib.metadata.version("hanse")})


@register.get("/settings/backups", "backup.show")
async def backups(view: views.View) -> web.StreamResponse:
    """Backups, by themselves and by hand."""
    hours = [(str(hour), f"{hour}:00") for hour in range(24)]
    return show(view, "backups", plan=await view.ask("backup.show"), hours=hours)


@register.get("/settings/consumers", "retention.show")
async def consumers(view: views.View) -> web.StreamResponse:
    """How long consumers are kept."""
    kept = await view.ask("retention.show")
    return show(view, "consumers", kept=kept, days=sorted({*KEPT_DAYS, kept["days"]}))


@register.post("/settings/backup", "backup.write")
async def back_up(view: views.View) -> web.StreamResponse:
    """Write a backup, as long as that takes."""
    posted = await view.posted()

    async def work(job: jobs.Job) -> views.Json:
        file = (
            job.folder()
            / f"hanse-{datetime.fromtimestamp(view.console.clock.now_ms() / 1000, UTC):%Y-%m-%d-%H%M}.backup"
        )
        return await view.console.door.ask(view.caller, "backup.write", {"file": str(file)}, job.report)

    job = jobs.start(view, "backup.write", WORK, work, "/settings/backups", forms.text(posted, "_key"))
    return jobs.follow(view, job)


@register.get("/settings/backup/{job}", routes.SIGNED_IN)
async def download(view: views.View) -> web.StreamResponse:
    """The file of a backup, for whoever had it written."""
    job = jobs.find(view)
    if job.name != "backup.write" or job.answer is None:
        raise errors.NodeError("request.unknown", "there is no such backup")
    file = Path(job.answer["file"])
    return web.FileResponse(
        file,
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{file.name}"',
        },
    )
