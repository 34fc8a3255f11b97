"""Guessing is made slow: every wrong attempt at a password or code makes the next one wait longer.

An attempt is counted as wrong, durably, before it is judged, and forgiven when it was right: attempts at the same
moment cannot slip through together. What is counted is the pair of account and place, so that a stranger slows down
nobody but himself. A browser in which somebody signed in once is a place of its own, wherever it is: where all
visitors come from one address, behind a proxy, nobody keeps the owner out either.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import sqlite3
from dataclasses import dataclass
from typing import Final

from node.storage import admissions, operators
from protocol import keys

FREE: Final = 3
"""Wrong attempts at one account from one place that cost nothing: people mistype."""
FREE_PLACE: Final = 20
"""The same for one address at all accounts together, against lists of stolen passwords."""
WAIT_MS_FIRST: Final = 1_000
WAIT_MS_MAX: Final = 900_000
FORGET_MS: Final = 86_400_000
ROWS_MAX: Final = 10_000

NAME_CHARACTERS_MAX: Final = 200
ANYBODY: Final = b""
DEVICE_BYTES: Final = 16
ACCOUNT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that is counted: wrong attempts at an account from a place, of which the first ones are free."""

    account: bytes
    place: str
    free: int


def account(root: bytes, name: str) -> bytes:
    """16 bytes that stand for what was typed as a name, which may be anything: somebody's password as well."""
    key = keys.hkdf(root, b"hanse/sign-in/1\n")
    return hmac.digest(key, operators.likeness(name[:NAME_CHARACTERS_MAX]).encode(), "sha256")[:ACCOUNT_BYTES]


def counts(root: bytes, name: str, address: str, device: str) -> list[Count]:
    """What an attempt to sign in counts against. `device`: the mark of the browser, if it shows one."""
    tried = account(root, name)
    number = known_device(root, tried, device)
    if number is not None:
        return [Count(tried, f"device {number.hex()}", FREE)]
    place = network(address)
    return [Count(tried, place, FREE), Count(ANYBODY, place, FREE_PLACE)]


def network(address: str) -> str:
    """The place that an address belongs to: an IPv6 host has a whole /64 to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def reserve(db: sqlite3.Connection, counted: list[Count], now_ms: int) -> int:
    """Count an attempt as wrong. Milliseconds to wait where it is not allowed yet: then nothing was counted."""
    wait_ms = max(wait(db, count, now_ms) for count in counted)
    if wait_ms == 0:
        for count in counted:
            failed, _ = admissions.failures(db, count.account, count.place)
            admissions.set_failures(db, count.account, count.place, failed + 1, now_ms)
        admissions.forget_failures(db, now_ms - FORGET_MS, ROWS_MAX)
    return wait_ms


def forgive(db: sqlite3.Connection, counted: list[Count], *, all: bool) -> None:
    """The attempt was right after all. `all`: earlier wrong ones of this account from this place are forgotten."""
    for count in counted:
        failed, last_ms = admissions.failures(db, count.account, count.place)
        left = 0 if all and count.account != ANYBODY else failed - 1
        admissions.set_failures(db, count.account, count.place, left, last_ms)


def wait(db: sqlite3.Connection, count: Count, now_ms: int) -> int:
    """Milliseconds until the next attempt is allowed. A clock that was set back makes nobody wait longer."""
    failed, last_ms = admissions.failures(db, count.account, count.place)
    delay_ms = delay(failed, count.free)
    return min(max(last_ms + delay_ms - now_ms, 0), delay_ms)


def delay(failed: int, free: int) -> int:
    """Milliseconds between the last of so many wrong attempts and the next: doubling, up to a quarter of an hour."""
    if failed < free:
        return 0
    return min(WAIT_MS_FIRST << min(failed - free, 20), WAIT_MS_MAX)


# --- browsers that were here before


def device(root: bytes, tried: bytes, nonce: bytes) -> str:
    """A mark for the browser in which somebody has just signed in; it opens nothing."""
    return base64.urlsafe_b64encode(nonce + signature(root, tried, nonce)).decode()


def known_device(root: bytes, tried: bytes, shown: str) -> bytes | None:
    """The number of a mark that this node gave for this account."""
    try:
        raw = base64.urlsafe_b64decode(shown.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    nonce, proof = raw[:DEVICE_BYTES], raw[DEVICE_BYTES:]
    return nonce if hmac.compare_digest(proof, signature(root, tried, nonce)) else None


def signature(root: bytes, tried: bytes, nonce: bytes) -> bytes:
    """What proves that this node gave a mark."""
    return hmac.digest(keys.hkdf(root, b"hanse/device/1\n"), tried + nonce, "sha256")
