"""The pages of the console: each with its path, its method and its policy. A route without a policy cannot be made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from node.console import views

PUBLIC: Final = "public"
"""For everybody who reaches the console: signing in, style sheets, the health of the node."""
SIGNED_IN: Final = "signed-in"
"""For every operator: what shows nothing of the trade."""

Serve = Callable[["views.View"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """`policy`: PUBLIC, SIGNED_IN, or the use case that the caller must be permitted; pages ask others as well."""

    method: str
    path: str
    policy: str
    serve: Serve


@dataclass(slots=True)
class Register:
    """The routes of one group of pages."""

    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, policy: str) -> Callable[[Serve], Serve]:
        """Register a page. It changes nothing."""
        return self._add("GET", path, policy)

    def post(self, path: str, policy: str) -> Callable[[Serve], Serve]:
        """Register what a form or a program posts to."""
        return self._add("POST", path, policy)

    def _add(self, method: str, path: str, policy: str) -> Callable[[Serve], Serve]:
        def register(serve: Serve) -> Serve:
            self.routes.append(Route(method, path, policy, serve))
            return serve

        return register
