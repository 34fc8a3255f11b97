"""One request of one operator: who asks, in which language, and the way to the door. Pages are functions of it."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jinja2
from aiohttp import web

from node import events, ports
from node.console import assets, forms, languages, navigations, sentences, words
from node.trade import doors, policies

Json = dict[str, Any]
COOKIE: Final = "hanse_session"
LANGUAGE_COOKIE: Final = "hanse_language"
THEME_COOKIE: Final = "hanse_theme"
THEMES: Final = frozenset({"light", "dark"})
KEY_BYTES: Final = 16
LENGTH_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom the console knows. `secret` differs from visit to visit; forms carry what follows from it.

    `programmatic`: came with an API key, so no browser stands between.
    """

    caller: policies.Caller
    secret: bytes
    language: str | None = None
    programmatic: bool = False


Identify = Callable[[web.Request], Awaitable[Visitor | None]]


@dataclass(slots=True)
class Console:
    """What all pages of a node share. `name`: the merchant's. `secret` makes the tokens of forms, 32 bytes.

    `doorway` is None before there is a node: while it is founded, or its keys are locked. `description` is that of the
    API, once somebody has asked for it.
    """

    name: str
    doorway: doors.Door | None
    identify: Identify
    changes: events.Changes
    clock: ports.Clock
    entropy: ports.Entropy
    secret: bytes
    hosts: frozenset[str]
    secure: bool = False
    currency: str = "CNY"
    templates: jinja2.Environment = field(default_factory=lambda: environment())
    description: assets.Asset | None = None

    @property
    def door(self) -> doors.Door:
        """The door of the node."""
        assert self.doorway is not None, "there is no node yet"
        return self.doorway


@dataclass(slots=True)
class View:
    """One request. `visitor` is None before somebody signed in. `seen`: of when its page is (node.trade.sightings)."""

    console: Console
    request: web.Request
    visitor: Visitor | None
    language: languages.Language
    seen: int = 0

    @property
    def caller(self) -> policies.Caller:
        """Who asks; only for routes that are not public."""
        assert self.visitor is not None, "a public page asks nothing of the trade"
        return self.visitor.caller

    async def ask(self, use_case: str, /, **given: Any) -> Json:
        """Ask the node as this visitor. NodeError."""
        return await self.console.door.ask(self.caller, use_case, given)

    async def act(self, use_case: str, given: Json, posted: forms.Posted) -> Json:
        """Do what a form asks, unless its author had not seen all. NodeError, among them `sightings.OvertakenError`."""
        return await self.console.door.ask(self.caller, use_case, given, seen=forms.seen(posted))

    def may(self, use_case: str) -> bool:
        """Whether this visitor is permitted a use case: what is not permitted is not shown."""
        return self.visitor is not None and policies.permits(self.visitor.caller, use_case)

    async def ask_if_permitted(self, use_case: str, /, **given: Any) -> Json | None:
        """The answer, or None where the visitor's role does not permit the question."""
        return await self.ask(use_case, **given) if self.may(use_case) else None

    def query(self, name: str, otherwise: str = "") -> str:
        """A value of the address, bounded."""
        return self.request.query.get(name, otherwise)[:LENGTH_MAX]

    @property
    def token(self) -> str:
        """What a form of this visitor must carry (C02)."""
        if self.visitor is None:
            return ""
        return hmac.digest(self.console.secret, b"form\n" + self.visitor.secret, "sha256").hex()

    async def posted(self) -> forms.Posted:
        """The form that was sent, if it is one of this visitor's (C02). NodeError `request.forbidden`."""
        posted = await self.request.post()
        if not forms.is_genuine(posted, self.token):
            raise forms.forged()
        return posted

    def key(self) -> str:
        """A new name for one submission of one form: sent twice, it is done once (C12)."""
        return self.console.entropy.token(KEY_BYTES).hex()

    @property
    def is_fragment(self) -> bool:
        """Whether a script of ours asks, which puts the answer into the page that is there."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def theme(self) -> str:
        """`light`, `dark`, or empty for what the machine says."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else ""

    def text(self, template: str, /, **context: Any) -> str:
        """A template filled in."""
        return self.console.templates.get_template(template).render(context | self._surroundings())

    def page(self, template: str, /, *, status: int = 200, **context: Any) -> web.Response:
        """A page."""
        return web.Response(text=self.text(template, **context), status=status, content_type="text/html")

    def _surroundings(self) -> Json:
        language, now_ms = self.language, self.console.clock.now_ms()
        return {
            "view": self,
            "language": language,
            "languages": languages.load(),
            "_": language.text,
            "gettext": language.text,
            "ngettext": language.counted,
            "word": lambda code: words.word(language, code),
            "say": lambda said: sentences.say(language, said),
            "headline": lambda code, said="": sentences.headline(language, code, said),
            "ruling": lambda code: sentences.ruling(language, code),
            "place": lambda fault: sentences.place(language, fault),
            "tone": words.tone,
            "money": lambda amount: money(language, amount),
            "number": language.number,
            "percent": language.percent,
            "moment": language.moment,
            "day": language.day,
            "pick": language.pick,
            "ago": lambda at_ms: language.ago(at_ms, now_ms),
            "now_ms": now_ms,
            "navigation": navigations.of(self.may) if self.visitor else (),
            "path": self.request.rel_url.raw_path,
            "done": words.done(language, self.query("done")),
        }


def money(language: languages.Language, amount: Mapping[str, Any] | None) -> str:
    """An amount as the use cases give it, `{"amount": <smallest unit>, "currency", "text"}`; empty for None."""
    return "" if amount is None else language.money(amount["amount"], amount["currency"])


def environment() -> jinja2.Environment:
    """The templates. Everything is escaped, whatever a partner wrote (C04); a name that is missing is a bug."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["part"] = forms.part
    made.globals["asset"] = assets.address
    made.globals["icon"] = assets.icon
    made.globals["qr"] = assets.qr
    made.globals["qr_epc"] = assets.qr_epc
    return made
