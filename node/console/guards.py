"""What stands before every page: the host allow-list, the origin check, and headers that browsers obey.

Rows C01, C02, C05, C06 of the fault catalogue. A browser is not trusted to know which site it is on: another site can
make it send requests here (cross-site requests), and can make its own name point here (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from yarl import URL

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers call the origin of our own forms "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
SANDBOX: Final[Mapping[str, str]] = {"Content-Security-Policy": "sandbox; default-src 'none'"}
"""For what somebody else wrote: a photo, a file of a partner."""


def is_known_host(request: web.Request, hosts: frozenset[str]) -> bool:
    """Whether the Host header names this console (C01)."""
    try:
        named = URL(f"http://{request.host}").host
    except ValueError:
        return False
    return named is not None and named.lower().rstrip(".") in hosts


def is_own_site(request: web.Request) -> bool:
    """Whether a request that may change something comes from a page of this console (C02).

    Browsers send Origin with every POST, and newer ones Sec-Fetch-Site. A request with neither is no browser's.
    """
    if request.method in SAFE:
        return True
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return site == "same-origin"
    try:
        return URL(origin).origin() == URL(f"{request.scheme}://{request.host}").origin()
    except ValueError:
        return False


def dress(response: web.StreamResponse) -> None:
    """Add the headers that every answer carries; a page that has said something stricter keeps it."""
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
