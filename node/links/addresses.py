"""The ways to write where a node is: `host:port`, `ws://host/path`, `wss://host/path`."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from node import errors
from protocol import leaves, limits
from protocol.errors import PeerError

PATH: Final = "/hanse/v1"
URL_CHARACTERS_MAX: Final = 1_024
PORT_MAX: Final = 65_535


def to_url(address: str) -> str:
    """The WebSocket URL of an address. NodeError `links.address`.

    `host:port` means plain WebSocket at the usual path: the session inside is encrypted anyway. A URL is for nodes
    behind a reverse proxy; without a path it gets the usual one.
    """
    if "://" not in address:
        return _plain(address)
    if not address.isascii() or not address.isprintable() or " " in address or len(address) > URL_CHARACTERS_MAX:
        raise refused(address)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise refused(address) from None
    if not _is_plain_url(parts) or port == 0:
        raise refused(address)
    return parts._replace(path=parts.path if parts.path.strip("/") else PATH).geturl()


def shown(host: str, port: int) -> str:
    """`host:port`, with an IPv6 host in brackets and without its zone."""
    host = host.partition("%")[0]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def neighbourhood(host: str) -> str:
    """Whom to count together when strangers are counted: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def refused(address: str) -> errors.NodeError:
    """The NodeError for something that is no address."""
    return errors.NodeError(
        "links.address",
        "this is no address of a node",
        expected="host:port, ws://host/path or wss://host/path",
        got=repr(address[:80]),
    )


def _plain(address: str) -> str:
    try:
        leaves.check_address(address)
    except PeerError:
        raise refused(address) from None
    if int(address.rpartition(":")[2]) > PORT_MAX or len(address) > limits.ADDRESS_CHARACTERS_MAX:
        raise refused(address)
    return f"ws://{address}{PATH}"


def _is_plain_url(parts: SplitResult) -> bool:
    named = bool(parts.hostname) and parts.scheme in ("ws", "wss")
    return named and parts.username is None and parts.password is None and not parts.query and not parts.fragment
