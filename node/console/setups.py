"""Before there is a node to ask: the wizard that founds it, and the page that opens its keys after a start.

Both listen where the console will, show nothing of any trade, and end when they have what they wait for.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiohttp import web
from babel import numbers

from node import config, errors, events, ports
from node.console import forms, listeners, problems, routes, servers, views
from node.console.pages import frames
from node.console.words import N_

Sheet = Mapping[str, Any]

CODE_BYTES: Final = 4
CURRENCIES: Final = ("CNY", "EUR", "USD", "GBP", "HKD", "JPY", "KRW", "TWD", "SGD", "AUD", "CAD", "CHF")
COUNTRIES: Final = ("CN", "HK", "TW", "DE", "GB", "US", "FR", "IT", "ES", "NL", "JP", "KR", "SG", "AU", "CA", "CH")
REACHES: Final = {
    "machine": N_("Only this machine, to try it out"),
    "network": N_("Partners in my local network"),
    "internet": N_("Partners on the internet"),
}
TAKEN: Final = N_("another program uses this port; end it, then try again")
EVERYWHERE: Final = "0.0.0.0:7443"
PIECE_BYTES: Final = 1 << 20
FIELD_BYTES_MAX: Final = 8_192
FINISH_S: Final = 0.3
"""The last page must reach the browser before its server closes."""


@dataclass(frozen=True, slots=True, repr=False)
class Wishes:
    """What a merchant decided in the wizard. `passphrase` opens the keys, and is the owner's first password.

    `listen`, `advertised`, `zeroconf`, `currency`: as in the configuration. `language`: of the console, as in zh-CN.
    """

    name: str
    owner: str
    passphrase: str
    country: str
    currency: str
    language: str
    listen: str
    advertised: tuple[str, ...]
    zeroconf: bool


Found = Callable[[Wishes], Awaitable[Sheet]]
Restore = Callable[[AsyncIterator[bytes], str], Awaitable[None]]
"""Makes a home of a backup, as it comes, with the passphrase that opens it. NodeError."""
Unlock = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Wizard:
    """The founding of a node. `found` makes it and gives the recovery sheet, `restore` makes it of a backup; `code`
    stands on this machine's screen. `passphrase`: what opened a backup that was restored.
    """

    code: str
    found: Found
    restore: Restore
    wishes: Wishes | None = None
    sheet: Sheet | None = None
    passphrase: str | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def register(self) -> routes.Register:
        """Its pages."""
        made = routes.Register()
        made.get("/", routes.PUBLIC)(self.ask)
        made.get("/sign-in", routes.PUBLIC)(self.ask)
        made.post("/found", routes.PUBLIC)(self.make)
        made.post("/restore", routes.PUBLIC)(self.bring_back)
        made.post("/start", routes.PUBLIC)(self.finish)
        made.get(ELSEWHERE, routes.PUBLIC)(lead)
        return made

    async def ask(self, view: views.View) -> web.StreamResponse:
        """The questions; once answered, only the code, which shows the recovery sheet again."""
        if self.sheet is not None:
            return view.page("setup/again.html", name=self.sheet["name"])
        return self._questions(view, {"country": country_of(view), "currency": currency_of(country_of(view))}, None)

    async def make(self, view: views.View) -> web.StreamResponse:
        """Found the node, once; every fault of the answers is shown beside what was typed."""
        posted = await view.request.post()
        given = {name: forms.text(posted, name) for name in FIELDS}
        try:
            self._check(given["code"])
            async with self.turn:
                if self.sheet is None and self.passphrase is None:
                    decided = wishes(given, view.language.code)
                    self.sheet, self.wishes = await self.found(decided), decided
        except errors.StorageError:
            raise
        except errors.NodeError as error:
            named = [{**fault, "path": ASKED.get(fault["path"], fault["path"])} for fault in error.faults]
            told = errors.NodeError(
                error.code, error.message, expected=error.expected, got=error.got, hint=error.hint, faults=named
            )
            return self._questions(view, given, told)
        if self.sheet is None:
            return view.page("setup/starting.html", owner="")
        return view.page("setup/sheet.html", sheet=self.sheet, code=self.code)

    async def bring_back(self, view: views.View) -> web.StreamResponse:
        """Make the node of a backup. It comes last in the form, and nothing of it is kept without the code."""
        try:
            reader = await view.request.multipart()
        except (ValueError, AssertionError):
            raise errors.NodeError("request.media", "a backup is sent by the form of this page") from None
        given = {"shown": "", "opens": "", "ended": ""}
        try:
            while isinstance(part := await reader.next(), aiohttp.BodyPartReader):
                if part.name == "file":
                    await self._bring_back(given, part)
                    break
                if part.name in given:
                    given[part.name] = (await part.read_chunk(FIELD_BYTES_MAX)).decode(errors="replace")
            else:
                raise errors.NodeError("request.malformed", "no file was chosen")
        except errors.StorageError:
            raise
        except errors.NodeError as error:
            return self._questions(view, {}, plain(error), restoring=True)
        asyncio.get_running_loop().call_later(FINISH_S, self.finished.set)
        return view.page("setup/starting.html", owner="")

    async def _bring_back(self, given: Mapping[str, str], part: aiohttp.BodyPartReader) -> None:
        self._check(given["shown"])
        if given["ended"] != "on":
            raise errors.NodeError("request.malformed", "two copies of one node must never run: end the old one first")
        if not part.filename:
            raise errors.NodeError("request.malformed", "no file was chosen")
        async with self.turn:
            if self.sheet is None and self.passphrase is None:
                await self.restore(pieces(part), given["opens"])
                self.passphrase = given["opens"]

    def _check(self, given: str) -> None:
        """NodeError `setup.code` for another code than the one on the screen."""
        if not hmac.compare_digest(given.strip().lower().encode(), self.code.encode()):
            raise errors.NodeError("setup.code", "this is not the code on the screen of the node", got=given)

    async def finish(self, view: views.View) -> web.StreamResponse:
        """The sheet is in the merchant's hands: forget it, and let the node start."""
        posted = await view.request.post()
        given = forms.text(posted, "code")
        if self.sheet is None or not hmac.compare_digest(given.encode(), self.code.encode()):
            return web.Response(status=303, headers={"Location": "/"})
        if forms.text(posted, "kept") != "on":
            return view.page("setup/sheet.html", status=422, sheet=self.sheet, code=self.code)
        asyncio.get_running_loop().call_later(FINISH_S, self.finished.set)
        return view.page("setup/starting.html", owner=self.wishes.owner if self.wishes else "")

    def _questions(
        self, view: views.View, given: Mapping[str, str], error: errors.NodeError | None, restoring: bool = False
    ) -> web.Response:
        status = 200 if error is None else problems.status(error)
        shown = {name: given.get(name, "") for name in FIELDS} | {"passphrase": "", "again": ""}
        names = view.language.locale
        return view.page(
            "setup/questions.html",
            status=status,
            given=shown,
            error=error,
            restoring=restoring,
            reaches=REACHES,
            territories=[(code, name, currency_of(code)) for code, name in view.language.countries(COUNTRIES)],
            money_names=[(code, f"{code} {names.currencies[code]}") for code in CURRENCIES],
        )


async def pieces(part: aiohttp.BodyPartReader) -> AsyncIterator[bytes]:
    """The content of an uploaded file, piece by piece: it may be larger than the memory."""
    while piece := await part.read_chunk(PIECE_BYTES):
        yield piece


ELSEWHERE: Final = r"/{elsewhere:(?!api/)[^.]*}"
"""Every page that there will be later: a bookmark, or a tab that was open while the node started again."""


async def lead(view: views.View) -> web.StreamResponse:
    """Lead whoever wants another page to the one that there is."""
    return web.Response(status=303, headers={"Location": "/"})


def country_of(view: views.View) -> str:
    """The country that the browser's language names."""
    region = re.search(r"-([A-Z]{2})\b", view.request.headers.get("Accept-Language", ""))
    return region[1] if region and region[1] in view.language.locale.territories else COUNTRIES[0]


def currency_of(country: str) -> str:
    """The currency of a country, where it is one of ours; empty where it is not."""
    return next((code for code in numbers.get_territory_currencies(country) if code in CURRENCIES), "")


FIELDS: Final = ("code", "name", "owner", "country", "currency", "reach", "address", "passphrase", "again")


ASKED: Final[Mapping[str, str]] = {
    "NAME": "name", "--advertise": "address", "--listen": "reach", "--currency": "currency"
}  # fmt: skip
"""The fields that ask for what the command line calls so."""


def wishes(given: Mapping[str, str], language: str) -> Wishes:
    """What was answered. NodeError `request.malformed` with every fault."""
    faults: list[errors.Fault] = []

    def demand(what: str, holds: bool, expected: str, got: str) -> None:
        if not holds:
            faults.append({"code": "request.value", "path": what, "expected": expected, "got": got})

    reach = given["reach"] or "machine"
    demand("name", bool(given["name"].strip()), "the name that your partners see", "nothing")
    demand("owner", bool(given["owner"].strip()), "your own name", "nothing")
    demand("reach", reach in REACHES, ", ".join(REACHES), reach)
    named = reach != "internet" or bool(given["address"].strip())
    demand("address", named, "host:port, as in shop.example:7443", "nothing")
    demand("again", given["passphrase"] == given["again"], "the same passphrase twice", "two different ones")
    if faults:
        raise errors.NodeError("request.malformed", "some answers are missing", faults=faults)
    return Wishes(
        name=given["name"].strip(),
        owner=given["owner"].strip(),
        passphrase=given["passphrase"],
        country=given["country"] or COUNTRIES[0],
        currency=given["currency"] or CURRENCIES[0],
        language=language,
        listen=str(config.Config(".").listen) if reach == "machine" else EVERYWHERE,
        advertised=(given["address"].strip(),) if reach == "internet" else (),
        zeroconf=reach == "network",
    )


@dataclass(slots=True)
class Lock:
    """The keys of a node that was started where nobody sits: the owner opens them from a browser."""

    name: str
    unlock: Unlock
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def register(self) -> routes.Register:
        """Its pages."""
        made = routes.Register()
        made.get("/", routes.PUBLIC)(self.ask)
        made.get("/sign-in", routes.PUBLIC)(self.ask)
        made.post("/unlock", routes.PUBLIC)(self.open)
        made.get(ELSEWHERE, routes.PUBLIC)(lead)
        return made

    async def ask(self, view: views.View) -> web.StreamResponse:
        """The question for the passphrase."""
        return view.page("setup/lock.html", name=self.name, error=None)

    async def open(self, view: views.View) -> web.StreamResponse:
        """Try a passphrase. One guess costs what Argon2id costs, and they stand in line."""
        posted = await view.request.post()
        try:
            await self.unlock(forms.text(posted, "passphrase"))
        except errors.NodeError as error:
            return view.page("setup/lock.html", status=problems.status(error), name=self.name, error=plain(error))
        asyncio.get_running_loop().call_later(FINISH_S, self.finished.set)
        return view.page("setup/starting.html", owner="")


def plain(error: errors.NodeError) -> errors.NodeError:
    """A wrong passphrase without the hint for whoever starts the node by a command."""
    return errors.NodeError(error.code, error.message) if error.code == "key.passphrase" else error


async def serve(
    page: Wizard | Lock,
    decided: config.Config,
    clock: ports.Clock,
    entropy: ports.Entropy,
    ready: Callable[[Sequence[str]], None],
) -> None:
    """Serve until the page has what it waits for. `ready` gets the addresses. NodeError `console.*`."""
    assert decided.console is not None
    console = views.Console(
        name=decided.name,
        doorway=None,
        identify=nobody,
        changes=events.Changes(),
        clock=clock,
        entropy=entropy,
        secret=entropy.token(32),
        hosts=listeners.hosts(decided),
    )
    context = listeners.tls(decided)
    registers = (frames.before, page.register())
    server = servers.Server(console, registers, decided.console.host, decided.console.port, context)
    await server.start()
    try:
        ready(server.addresses)
        await page.finished.wait()
    finally:
        await server.close()


async def nobody(request: web.Request) -> views.Visitor | None:
    """Before there is a node, nobody is known."""
    return None
