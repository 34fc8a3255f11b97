"""Nodes on the local network, by multicast DNS (RFC 6762, RFC 6763): a convenience, never a proof.

What is announced: the service `_hanse._tcp`, a port, and as its name the first characters of a hash of the NodeID, so
that partners recognise each other and strangers learn nothing. What is found is a hint to dial; the session decides
who is there. Everybody on the network can announce anything, so names are matched, addresses judged, and everything
is counted (faults.md W25). Off unless the merchant turns it on.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import ifaddr
import structlog
import zeroconf
from zeroconf import ServiceStateChange as Change
from zeroconf import asyncio as mdns

from node import ports

SERVICE: Final = "_hanse._tcp.local."
TAG: Final = re.compile(r"[a-z0-9]{8}")
SIGHTINGS_MAX: Final = 256
"""Names that are remembered or wait to be resolved; a merchant has a dozen partners on a network."""
ADDRESSES_MAX: Final = 4
"""Addresses of one name that are passed on."""
RESOLVE_MS: Final = 1_000

_INSTANCE = re.compile(rf"({TAG.pattern})(?:-\d{{1,3}})?\.{re.escape(SERVICE)}", re.IGNORECASE)
"""A number follows when somebody else announced the same name first."""

log = structlog.get_logger(__name__)

Found = Callable[[ports.Hint], None]


class Sightings:
    """What was seen so far: which names, and which of their addresses were passed on."""

    def __init__(self, own_tag: str, found: Found, loopback: bool = False) -> None:
        self._own_tag = own_tag
        self._found = found
        self._loopback = loopback
        self._known: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def is_welcome(self, name: str) -> bool:
        """Whether a name is worth resolving: of our form, not our own, and there is room for it."""
        tag = tag_of(name)
        return tag not in (None, self._own_tag) and (name in self._known or len(self) < SIGHTINGS_MAX)

    def see(self, name: str, hosts: Iterable[str], port: int | None) -> None:
        """Pass on the addresses of a name that are new."""
        tag = tag_of(name)
        if tag is None or not self.is_welcome(name) or port is None or not 0 < port < 1 << 16:
            return
        known = self._known.setdefault(name, set())
        for host in hosts:
            if len(known) < ADDRESSES_MAX and host not in known and is_near(host, self._loopback):
                known.add(host)
                self._found(ports.Hint(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", tag))

    def forget(self, name: str) -> None:
        """A name was withdrawn; when it comes back it is news."""
        self._known.pop(name, None)


def tag_of(name: str) -> str | None:
    """The tag in the name of a service, None for a name that is not of our form."""
    match = _INSTANCE.fullmatch(name)
    return match[1].lower() if match else None


def is_near(host: str, loopback: bool) -> bool:
    """Whether an address may be dialled because somebody on the network said so."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False  # a name, or an address with a zone that is valid on one machine only
    if address.is_loopback:
        return loopback
    return not (address.is_multicast or address.is_unspecified or address.is_reserved or _is_scoped(address))


def _is_scoped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.version == 6 and address.is_link_local


class Announcements:
    """`ports.Discovery` over zeroconf. `interfaces` are addresses of this machine; all of them unless given."""

    def __init__(self, interfaces: Sequence[str] | None = None) -> None:
        self._interfaces = interfaces
        self._task: asyncio.Task[None] | None = None

    async def start(self, tag: str, port: int, found: Found) -> None:
        """Announce `tag` and `port`, and report what others announce, until `close`.

        Returns at once. Without multicast there is a line in the log and nothing more: no trade depends on it.
        """
        assert TAG.fullmatch(tag), tag
        assert self._task is None, "already started"
        self._task = asyncio.create_task(self._run(tag, port, found), name="discovery")

    async def close(self) -> None:
        """Withdraw the announcement and stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None

    async def _run(self, tag: str, port: int, found: Found) -> None:
        try:
            joined = self._join()
        except OSError as error:
            log.warning("no discovery: this machine has no multicast", error=str(error))
            return
        # A start that is cancelled half way would leave sockets open for ever.
        starting = asyncio.ensure_future(joined.zeroconf.async_wait_for_start())
        try:
            await asyncio.shield(starting)
            await self._announce(joined, tag, port)
            await self._look(joined, Sightings(tag, found, loopback=self._interfaces is not None))
        except (OSError, zeroconf.Error) as error:
            log.warning("discovery failed", error=str(error) or type(error).__name__)
        finally:
            await asyncio.wait((starting,))
            await joined.async_unregister_all_services()
            await joined.async_close()

    def _join(self) -> mdns.AsyncZeroconf:
        if self._interfaces is not None:
            return mdns.AsyncZeroconf(interfaces=list(self._interfaces))
        try:
            return mdns.AsyncZeroconf(ip_version=zeroconf.IPVersion.All)
        except OSError:  # a machine without IPv6
            return mdns.AsyncZeroconf(ip_version=zeroconf.IPVersion.V4Only)

    async def _announce(self, joined: mdns.AsyncZeroconf, tag: str, port: int) -> None:
        hosts = own_hosts() if self._interfaces is None else list(self._interfaces)
        service = mdns.AsyncServiceInfo(
            SERVICE, f"{tag}.{SERVICE}", port, server=f"{tag}.local.", parsed_addresses=hosts
        )
        await (await joined.async_register_service(service, allow_name_change=True))

    async def _look(self, joined: mdns.AsyncZeroconf, sightings: Sightings) -> None:
        """Watch the names, and ask for the address of one after the other."""
        names: asyncio.Queue[str] = asyncio.Queue(SIGHTINGS_MAX)

        def noticed(zeroconf: object, service_type: str, name: str, state_change: Change) -> None:
            if state_change is Change.Removed:
                sightings.forget(name)
            elif sightings.is_welcome(name) and not names.full():
                names.put_nowait(name)

        async with mdns.AsyncServiceBrowser(joined.zeroconf, SERVICE, handlers=[noticed]):
            while True:
                service = mdns.AsyncServiceInfo(SERVICE, await names.get())
                if await service.async_request(joined.zeroconf, RESOLVE_MS):
                    sightings.see(service.name, service.parsed_addresses(), service.port)


def own_hosts() -> list[str]:
    """The addresses of this machine at which others on its networks may reach it."""
    hosts = (
        address.ip if address.is_IPv4 else address.ip[0] for adapter in ifaddr.get_adapters() for address in adapter.ips
    )
    return [host for host in hosts if isinstance(host, str) and is_near(host, loopback=False)]
