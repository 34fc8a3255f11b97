"""Where the console listens, and what must hold before others can reach it (C16)."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Final

from node import config, errors
from node.console import guards

EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def hosts(decided: config.Config) -> frozenset[str]:
    """The names under which the console answers."""
    assert decided.console is not None
    own = decided.console.host.lower()
    return guards.LOOPBACK | frozenset(decided.console_hosts) | (frozenset({own}) - EVERYWHERE)


def tls(decided: config.Config) -> ssl.SSLContext | None:
    """The context of HTTPS, None for plain HTTP on the loopback.

    NodeError `console.exposed` where others could read what is typed, `console.certificate` for a file of no use.
    """
    assert decided.console is not None
    if not decided.console_certificate and not decided.console_key:
        if not is_loopback(decided.console.host):
            raise errors.NodeError(
                "console.exposed",
                "others could read what is typed into the console",
                expected="console_certificate and console_key, or an address of the loopback",
                got=str(decided.console),
                hint="leave it at 127.0.0.1 and reach it through a tunnel, or give it a certificate",
            )
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(decided.console_certificate, decided.console_key or None)
    except (OSError, ssl.SSLError) as error:
        raise errors.NodeError(
            "console.certificate",
            "the certificate of the console cannot be used",
            expected="a PEM file with the chain, and one with its key",
            got=f"{decided.console_certificate}, {decided.console_key}: {error.strerror or error}",
        ) from error
    return context
