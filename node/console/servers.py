"""The console's web server: it finds out who asks, lets the policy decide, and puts every failure into words."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib import parse

from aiohttp import web
from yarl import URL

from node import errors, incidents
from node.console import (
    actions,
    assets,
    forms,
    guards,
    jobs,
    languages,
    problems,
    readings,
    routes,
    streams,
    uploads,
    views,
)
from node.trade import policies

SILENT: Final = logging.getLogger("node.console.http")
SILENT.setLevel(logging.CRITICAL + 1)

REQUEST_BYTES_MAX: Final = 32 << 20
"""One upload; a spreadsheet with 100,000 lines is about half of it."""
CLOSE_S: Final = 2
API: Final = "/api/"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves `registers` of `console` on `host:port`; with `tls` by HTTPS."""

    def __init__(
        self,
        console: views.Console,
        registers: Sequence[routes.Register],
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.console = console
        self._host, self._port, self._tls = host, port, tls
        self._runner: web.AppRunner | None = None
        self._fatal: asyncio.Future[errors.StorageError] | None = None
        self.routes = [
            route
            for register in (streams.register, actions.register, jobs.register, readings.register, *registers)
            for route in register.routes
        ]
        self.addresses: tuple[str, ...] = ()

    def application(self) -> web.Application:
        """The application. Its only middleware is `_answer`, so nothing is served around it."""
        application = web.Application(client_max_size=REQUEST_BYTES_MAX, middlewares=[self._answer])
        application[streams.STREAMS] = streams.Streams()
        application[actions.SUBMISSIONS] = actions.Submissions()
        application[uploads.UPLOADS] = uploads.Uploads()
        application[jobs.JOBS] = jobs.Jobs(self._notice)
        application.on_cleanup.append(stop_jobs)
        for route in self.routes:
            application.router.add_route(route.method, route.path, self._served(route))
        application.router.add_get(assets.PREFIX + "{version}/{name:.+}", serve_asset)
        return application

    async def start(self) -> None:
        """Bind and listen. NodeError `console.listen`."""
        self._fatal = asyncio.get_running_loop().create_future()
        self._runner = web.AppRunner(
            self.application(), access_log=None, logger=SILENT, handler_cancellation=True, shutdown_timeout=CLOSE_S
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host or None, self._port, ssl_context=self._tls).start()
        except OSError as error:
            await self.close()
            raise errors.NodeError(
                "console.listen",
                f"the console cannot listen on {self._host}:{self._port}",
                got=error.strerror,
                hint="another node may run there already; HANSE_CONSOLE=127.0.0.1:7481 names another port",
            ) from error
        scheme = "https" if self._tls else "http"
        self.addresses = tuple(f"{scheme}://{place[0]}:{place[1]}/" for place in self._runner.addresses)

    async def watch(self) -> None:
        """Wait for a request under which storage fails, and raise its StorageError: it must end the process."""
        assert self._fatal is not None, "not started"
        raise await asyncio.shield(self._fatal)

    async def close(self) -> None:
        """Stop listening; requests under way are cut off after a moment."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if not guards.is_known_host(request, self.console.hosts):
                return web.Response(status=421, text="This console is not known under that name.\n")
            response = await handler(request)
        except web.HTTPException as error:
            response = await self._fail(request, of_http(error, request))
        except errors.NodeError as error:
            self._notice(error)
            response = await self._fail(request, error)
        except Exception as error:
            response = await self._fail(request, incidents.report(error, "a page"))
        guards.dress(response)
        return response

    def _notice(self, error: errors.NodeError) -> None:
        if isinstance(error, errors.StorageError) and self._fatal is not None and not self._fatal.done():
            self._fatal.set_result(error)

    def _served(self, route: routes.Route) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            view = await self._view(request)
            if view.visitor is None and route.policy != routes.PUBLIC:
                return unknown_visitor(view)
            browser = view.visitor is None or not view.visitor.programmatic
            if browser and not guards.is_own_site(request):
                raise errors.NodeError(
                    "request.forbidden", "another site must not act here", got=request.headers.get("Origin")
                )
            if view.visitor is not None and route.policy not in (routes.PUBLIC, routes.SIGNED_IN):
                policies.authorise(view.visitor.caller, route.policy)
            progress = readings.under_way(view)
            if progress is not None and readings.wants_page(view, route):
                return readings.answer(view, progress)
            if view.visitor is not None and browser:
                view.seen = await self.console.door.sighted()  # before anything is read for the page
            return await route.serve(view)

        return serve

    async def _view(self, request: web.Request) -> views.View:
        visitor = await self.console.identify(request)
        wanted = request.cookies.get(views.LANGUAGE_COOKIE) or (visitor.language if visitor else None)
        return views.View(
            self.console, request, visitor, languages.choose(wanted, request.headers.get("Accept-Language", ""))
        )

    async def _fail(self, request: web.Request, error: errors.NodeError) -> web.StreamResponse:
        """The failure for whoever asked: a problem for a program, a part of a page or a page for a person (C17)."""
        if request.path.startswith(API):
            return problems.response(error)
        try:
            view = await self._view(request)
            template = "faults.html" if view.is_fragment else "failure.html"
            return view.page(template, status=problems.status(error), error=error, back="/")
        except errors.StorageError as broken:
            return problems.response(broken)


async def stop_jobs(application: web.Application) -> None:
    """End the long work that goes on."""
    await application[jobs.JOBS].close()


def unknown_visitor(view: views.View) -> web.Response:
    """Whoever is not signed in is sent to where that is done; a program is told."""
    if view.request.path.startswith(API):
        return problems.response(
            errors.NodeError("request.unauthenticated", "this needs a key", hint="Authorization: Bearer")
        )
    if view.request.headers.get("Accept") == streams.KIND:
        return web.Response(status=204)  # a browser does not open the stream again
    place = f"/sign-in?next={came_from(view.request)}"
    if view.is_fragment:
        return web.Response(status=200, headers={"HX-Redirect": place})
    return web.Response(status=303, headers={"Location": place})


def came_from(request: web.Request) -> str:
    """The page to go back to after signing in, as a part of an address: the one asked for, or that with the form."""
    page = request.rel_url if request.method == "GET" and "HX-Request" not in request.headers else None
    if page is None:
        try:
            page = URL(request.headers.get("Referer", "/"))
        except ValueError:
            page = URL("/")
    return parse.quote(forms.destination(page.without_query_params("done").raw_path_qs), safe="/")


def of_http(error: web.HTTPException, request: web.Request) -> errors.NodeError:
    """What aiohttp refuses by itself, in our words."""
    match error.status:
        case 405:
            allowed = ", ".join(sorted(getattr(error, "allowed_methods", ())))
            message = "the page is not asked in this way"
            return errors.NodeError("request.method", message, expected=allowed, got=request.method)
        case 404:
            return errors.NodeError("request.unknown", "there is no such page", got=request.path[:200])
        case 413:
            return errors.NodeError(
                "request.too-big", "what was sent is too large", expected=f"at most {REQUEST_BYTES_MAX} bytes"
            )
        case _:
            return errors.NodeError("request.malformed", error.reason)


async def serve_asset(request: web.Request) -> web.StreamResponse:
    """A file of `static/`. Its address names its content, so it may be kept for ever."""
    asset = assets.load().get(request.match_info["name"])
    if asset is None:
        raise errors.NodeError("request.unknown", "there is no such file", got=request.path[:200])
    fresh = asset.version == request.match_info["version"]
    return assets.answer(request, asset, "public, max-age=31536000, immutable" if fresh else "no-cache")
