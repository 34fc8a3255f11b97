"""The one way in which a page changes anything: a form posts the arguments of a use case."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from node import errors
from node.console import assets, confirmations, fields, forms, jobs, problems, routes, sayings, views
from node.trade import policies, sightings

register = routes.Register()

REMEMBERED_MAX: Final = 10_000


@dataclass(slots=True)
class Submissions:
    """The submissions of late, by visitor and name, with what they came to: a second click waits for the first.

    A use case that takes a `key` remembers it for ever, in its own transaction; the others are remembered here, while
    the node runs.
    """

    answers: OrderedDict[tuple[bytes, str], asyncio.Future[views.Json]] = field(default_factory=OrderedDict)

    def find(self, name: tuple[bytes, str]) -> asyncio.Future[views.Json] | None:
        """What a submission came to, or will."""
        return self.answers.get(name)

    def begin(self, name: tuple[bytes, str]) -> asyncio.Future[views.Json]:
        """Remember that a submission is being worked on."""
        answer: asyncio.Future[views.Json] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.answers[name] = answer
        while len(self.answers) > REMEMBERED_MAX:
            self.answers.popitem(last=False)
        return answer

    def forget(self, name: tuple[bytes, str]) -> None:
        """A submission that was refused may be sent again."""
        self.answers.pop(name, None)


SUBMISSIONS: Final = web.AppKey("submissions", Submissions)


@register.post("/do/{case}", routes.SIGNED_IN)
async def do(view: views.View) -> web.StreamResponse:
    """Do what a form asks; where it has several buttons, the one that was pressed says in `_case` what that is.

    The door itself decides whether this visitor may.
    """
    posted = await view.request.post()
    name = forms.text(posted, "_case") or view.request.match_info["case"]
    case = view.console.door.cases.get(name)
    if case is None or name in policies.LOCAL or not forms.is_genuine(posted, view.token):
        raise forms.forged()
    afterwards = forms.destination(forms.text(posted, "_next"), "/today")
    try:
        question = confirmations.question(name, posted) if forms.text(posted, "_sure") != "1" else None
        if question is not None:
            return ask_first(view, name, question, posted)
        given = forms.named(forms.arguments(case.arguments, posted), posted, case)
        key = forms.text(posted, "_key")
        if name in jobs.LONG:
            policies.authorise(view.caller, name)
            return jobs.follow(view, jobs.begin(view, name, given, afterwards, key))
        answer = await once(view, key, name, given, posted)
    except errors.StorageError:
        raise
    except sightings.OvertakenError as overtaken:
        return show_changes(view, overtaken, posted, afterwards)
    except errors.NodeError as error:
        return refuse(view, error, afterwards)
    template = assets.outcome(name)
    if template and answer.get("refused") != []:  # a list of what was refused is shown only where something was
        return view.page(
            template if view.is_fragment else "outcome.html", template=template, answer=answer, back=afterwards
        )
    return go_on(view, afterwards, name)


async def once(view: views.View, key: str, name: str, given: views.Json, posted: forms.Posted) -> views.Json:
    """The answer of a use case; a submission that comes a second time gets the first one's."""
    if not key:
        return await view.act(name, given, posted)
    assert view.visitor is not None
    submissions, identity = view.request.app[SUBMISSIONS], (view.visitor.secret, f"{name} {key}")
    known = submissions.find(identity)
    if known is not None:
        return await asyncio.shield(known)
    answer = submissions.begin(identity)
    try:
        result = await view.act(name, given, posted)
    except BaseException as error:
        submissions.forget(identity)
        if isinstance(error, Exception):
            answer.set_exception(error)
        else:
            answer.cancel()
        raise
    answer.set_result(result)
    return result


def ask_first(view: views.View, case: str, question: str, posted: forms.Posted) -> web.Response:
    """The question before something that costs money or cannot be undone."""
    template = "question.html" if view.is_fragment else "question-page.html"
    count = len(posted.getall("orders", []))
    typed = [(fields.label(view.language, name), value) for name, value in confirmations.typed(case, posted)]
    return view.page(template, question=question, typed=typed, count=count, case=case, fields=forms.carried(posted))


def show_changes(
    view: views.View, overtaken: sightings.OvertakenError, posted: forms.Posted, back: str
) -> web.Response:
    """What was altered while the form was open. What was typed stays, and may be sent again now that it is seen."""
    template = "overtaken.html" if view.is_fragment else "overtaken-page.html"
    kept = [(name, value) for name, value in forms.carried(posted) if name != forms.OWN + "seen"]
    return view.page(
        template,
        status=web.HTTPConflict.status_code,  # 412 answers a condition in the headers, and a form has none there
        changes=sayings.described(overtaken), now=overtaken.now, fields=kept, files=forms.lost(posted), back=back,
    )  # fmt: skip


def refuse(view: views.View, error: errors.NodeError, back: str) -> web.Response:
    """What was wrong, all of it; a form keeps what was typed, since only the part below it is replaced."""
    template = "faults.html" if view.is_fragment else "failure.html"
    return view.page(template, status=problems.status(error), error=error, back=back)


def go_on(view: views.View, afterwards: str, name: str) -> web.Response:
    """Show the page that follows, with a word about what was done; a reload does nothing again (RFC 9110, 303)."""
    joint = "&" if "?" in afterwards else "?"
    location = f"{afterwards}{joint}done={name}"
    if view.is_fragment:
        return web.Response(status=200, headers={"HX-Redirect": location})
    return web.Response(status=303, headers={"Location": location})
