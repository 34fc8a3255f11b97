"""Signing in, in one or two steps, and out again; and the first owner of a new node."""

from __future__ import annotations

import json
from typing import Any
from urllib import parse

from aiohttp import web

from node import errors, passkeys
from node.console import forms, languages, routes, views, visitors
from node.console.words import N_
from node.trade import doors
from node.trade.people import entrances, operators
from node.trade.people.entrances import Outcome

register = routes.Register()

START = "/today"
FORM_BYTES_MAX = 65_536
STATUSES = {Outcome.WRONG: 403, Outcome.WAIT: 429, Outcome.OVER: 403}


@register.get("/sign-in", routes.PUBLIC)
async def sign_in(view: views.View) -> web.StreamResponse:
    """Name and password; where nobody can sign in yet, the first owner."""
    afterwards = forms.destination(view.query("next"), START)
    if view.visitor is not None:
        return web.Response(status=303, headers={"Location": afterwards})
    if not await entrances.any_operator(trade(view)):
        return view.page("signing/first.html", error=None, name="")
    return view.page("signing/sign-in.html", afterwards=afterwards, name=view.query("name")[:60], trouble=None)


@register.post("/sign-in", routes.PUBLIC)
async def try_password(view: views.View) -> web.StreamResponse:
    """Try them."""
    posted = await small(view)
    name = forms.text(posted, "name")
    afterwards = forms.destination(forms.text(posted, "_next"), START)
    answer = await entrances.sign_in(trade(view), visitors.at_the_door(view), name, forms.text(posted, "password"))
    if answer.outcome is Outcome.FACTOR:
        response = web.Response(
            status=303, headers={"Location": f"/sign-in/code?next={parse.quote(afterwards, safe='/')}"}
        )
        visitors.keep(view, response, answer)
        return response
    if answer.outcome is Outcome.OPEN:
        return await let_in(view, answer, afterwards)
    trouble = told(view, answer, N_("User name and password do not belong together."))
    return refused(view, answer, "signing/sign-in.html", afterwards=afterwards, name=name, trouble=trouble)


@register.get("/sign-in/code", routes.PUBLIC)
async def second_step(view: views.View) -> web.StreamResponse:
    """The second factor of whoever knew the password."""
    ways = await entrances.ways(trade(view), visitors.half(view))
    if not ways:
        return web.Response(status=303, headers={"Location": "/sign-in"})
    afterwards = forms.destination(view.query("next"), START)
    return view.page("signing/code.html", afterwards=afterwards, ways=ways, trouble=None)


@register.post("/sign-in/code", routes.PUBLIC)
async def try_code(view: views.View) -> web.StreamResponse:
    """Try six digits or a recovery code."""
    posted = await small(view)
    afterwards = forms.destination(forms.text(posted, "_next"), START)
    token = visitors.half(view)
    answer = await entrances.finish(trade(view), visitors.at_the_door(view), token, forms.text(posted, "code"))
    if answer.outcome is Outcome.OPEN:
        return await let_in(view, answer, afterwards)
    if answer.outcome is Outcome.OVER:
        return over(view, answer, afterwards)
    ways = await entrances.ways(trade(view), token)
    trouble = told(view, answer, N_("This code is wrong, or was used already."))
    return refused(view, answer, "signing/code.html", afterwards=afterwards, ways=ways, trouble=trouble)


@register.post("/sign-in/passkey/begin", routes.PUBLIC)
async def ask_passkey(view: views.View) -> web.StreamResponse:
    """What the browser asks a passkey."""
    options = await entrances.passkey_question(trade(view), visitors.half(view), visitors.site(view))
    if options is None:
        return web.json_response(
            {"said": view.language.text(N_("No passkey of yours is for this address."))}, status=409
        )
    return web.json_response(options)


@register.post("/sign-in/passkey", routes.PUBLIC)
async def try_passkey(view: views.View) -> web.StreamResponse:
    """Try what it answered."""
    posted = await small(view)
    afterwards = forms.destination(forms.text(posted, "_next"), START)
    answer = await entrances.finish_with_passkey(
        trade(view), visitors.at_the_door(view), visitors.half(view), visitors.site(view), response_of(posted)
    )
    if answer.outcome is Outcome.OPEN:
        return await let_in(view, answer, afterwards)
    if answer.outcome is Outcome.OVER:
        return over(view, answer, afterwards)
    ways = await entrances.ways(trade(view), visitors.half(view))
    trouble = view.language.text(N_("This passkey was not accepted."))
    return refused(view, answer, "signing/code.html", afterwards=afterwards, ways=ways, trouble=trouble)


@register.post("/sign-in/first", routes.PUBLIC)
async def add_first(view: views.View) -> web.StreamResponse:
    """The first owner of a new node, who proves by the set-up code that the machine is theirs."""
    posted = await small(view)
    name, password = forms.text(posted, "name"), forms.text(posted, "password")
    try:
        await operators.add_first(trade(view), forms.text(posted, "code"), name, password, view.language.code)
    except errors.StorageError:
        raise
    except errors.NodeError as error:
        return view.page("signing/first.html", status=403, error=error, name=name)
    answer = await entrances.sign_in(trade(view), visitors.at_the_door(view), name, password)
    return await let_in(view, answer, "/settings/me")


@register.post("/sign-out", routes.SIGNED_IN)
async def sign_out(view: views.View) -> web.StreamResponse:
    """End this session, here and on the node."""
    if not forms.is_genuine(await small(view), view.token):
        raise forms.forged()
    await entrances.sign_out(trade(view), view.request.cookies.get(visitors.cookie(trade(view), views.COOKIE), ""))
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    visitors.drop(view, response, views.COOKIE)
    return response


async def small(view: views.View) -> forms.Posted:
    """A form of somebody whom nobody knows yet, which has no reason to be large. NodeError `request.*`."""
    size = view.request.content_length
    if size is None or size > FORM_BYTES_MAX:
        raise errors.NodeError("request.too-big", "the form is too large", expected=f"at most {FORM_BYTES_MAX} bytes")
    try:
        return await view.request.post()
    except ValueError as error:
        raise errors.NodeError("request.malformed", "this is no form", got=type(error).__name__) from None


def trade(view: views.View) -> doors.Trade:
    """What the way in works with: nobody is in yet who could ask at the door."""
    return view.console.door.trade


def response_of(posted: forms.Posted) -> dict[str, Any]:
    """What a passkey answered, as the script of the page wrote it; empty where it is none."""
    try:
        content = json.loads(forms.text(posted, "response")[: passkeys.RESPONSE_BYTES_MAX])
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


async def let_in(view: views.View, answer: entrances.Answer, afterwards: str) -> web.Response:
    """The first page of somebody who is in, in the language of their account."""
    response = web.Response(status=303, headers={"Location": afterwards})
    visitors.keep(view, response, answer)
    presence = await entrances.find_session(trade(view), answer.token, view.request.remote or "")
    if presence is not None and presence.language in languages.load():
        visitors.speak(view, response, str(presence.language))
    return response


def over(view: views.View, answer: entrances.Answer, afterwards: str) -> web.Response:
    """From the beginning."""
    trouble = view.language.text(N_("That took too long. Please sign in again."))
    return refused(view, answer, "signing/sign-in.html", afterwards=afterwards, name="", trouble=trouble)


def told(view: views.View, answer: entrances.Answer, wrong: str) -> str:
    """What is said to somebody who is not let in."""
    if answer.outcome is Outcome.WAIT:
        return view.language.text(
            N_("Too many attempts. Please wait %(seconds)s seconds."), seconds=view.language.number(answer.wait_s)
        )
    return view.language.text(wrong)


def refused(view: views.View, answer: entrances.Answer, template: str, **context: Any) -> web.Response:
    """The same page again, with the reason."""
    response = view.page(template, status=STATUSES[answer.outcome], **context)
    if answer.wait_s:
        response.headers["Retry-After"] = str(answer.wait_s)
    return response
