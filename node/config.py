"""What the merchant decides: `config.toml` in the home, and over it the environment, `HANSE_<KEY>`.

Each key names a decision that the program cannot take. A key that does not exist is refused with its line and the
nearest one that does, and so is every wrong value, all at once (faults.md O01). Secrets never stand here.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final, Generic, TypeVar

from node import errors
from protocol import leaves, limits
from protocol.errors import PeerError

ENVIRONMENT_PREFIX: Final = "HANSE_"
OTHER_VARIABLES: Final = frozenset({"HANSE_HOME", "HANSE_PASSPHRASE", "HANSE_PASSPHRASE_FILE", "HANSE_LOG"})
"""Variables with the prefix that are no keys of the configuration: where the home is, how it opens, what it logs."""

PATH_CHARACTERS_MAX: Final = 4_096

_LIKENESS = 0.75  # a variable this near to a known one is a typo; others are somebody else's (container engines)
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HOST_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where this node waits for partners. An empty host is every address of the machine; port 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Config:
    """Every decision, each with a default but the name."""

    name: str
    listen: Listen = Listen("127.0.0.1", 7443)
    advertised: tuple[str, ...] = ()
    zeroconf: bool = False
    stock_share_seconds: int = 60
    claim_deadlines: bool = False
    currency: str = "CNY"
    console: Listen | None = Listen("127.0.0.1", 7480)
    console_hosts: tuple[str, ...] = ()
    console_certificate: str = ""
    console_key: str = ""


@dataclass(frozen=True, slots=True)
class Key(Generic[Value]):
    """One key: what it decides, how its values look, and how one is read (from TOML; ValueError for a wrong one)."""

    meaning: str
    expected: str
    read: Callable[[object], Value]
    written: Callable[[Value], object]


def read_name(value: object) -> str:
    """The name that partners see."""
    if not isinstance(value, str) or not value.strip() or len(value) > limits.NAME_CHARACTERS_MAX:
        raise ValueError
    if not value.isprintable():
        raise ValueError
    return value.strip()


def read_currency(value: object) -> str:
    """Three capital letters (ISO 4217)."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError
    return value


def read_listen(value: object) -> Listen:
    """`host:port`, `[IPv6]:port` or `:port`."""
    match = _HOST_PORT.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[3]) > 65_535:
        raise ValueError
    return Listen(match[1] or match[2], int(match[3]))


def read_console(value: object) -> Listen | None:
    """`host:port`, or `off` for none."""
    return None if value in ("off", False) else read_listen(value)


def read_hosts(value: object) -> tuple[str, ...]:
    """A list of host names without ports; in the environment, separated by commas."""
    listed = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(listed, list) or len(listed) > limits.ADDRESSES_MAX:
        raise ValueError
    if not all(isinstance(host, str) and _HOST.fullmatch(host.lower()) for host in listed):
        raise ValueError
    return tuple(host.lower() for host in listed)


def read_path(value: object) -> str:
    """The path of a file; empty for none."""
    if not isinstance(value, str) or len(value) > PATH_CHARACTERS_MAX or not (value.isprintable() or not value):
        raise ValueError
    return value


def read_advertised(value: object) -> tuple[str, ...]:
    """A list of `host:port`; in the environment, separated by commas."""
    listed = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(listed, list) or len(listed) > limits.ADDRESSES_MAX:
        raise ValueError
    try:
        return tuple(leaves.check_address(address) for address in listed)
    except PeerError:
        raise ValueError from None


def read_switch(value: object) -> bool:
    """true or false; in the environment also 1 or 0."""
    try:
        return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
    except KeyError:
        raise ValueError from None


def read_whole(least: int, most: int) -> Callable[[object], int]:
    """A reader of whole numbers within bounds, both included."""

    def read(value: object) -> int:
        plain = isinstance(value, int) and not isinstance(value, bool)
        if not plain and not (isinstance(value, str) and re.fullmatch(r"\d{1,9}", value)):
            raise ValueError
        number = int(str(value))
        if not least <= number <= most:
            raise ValueError
        return number

    return read


KEYS: Final[Mapping[str, Key[object]]] = {
    "name": Key(
        "The name that your partners see.",
        f"1 to {limits.NAME_CHARACTERS_MAX} printable characters",
        read_name,
        lambda value: value,
    ),
    "listen": Key(
        'Where your node waits for partners. "0.0.0.0:7443" is every address of this machine.',
        'an address and a port, as in "127.0.0.1:7443"',
        read_listen,
        str,
    ),
    "advertised": Key(
        "Where partners reach your node from outside, if that is not where it listens. Invitations name these.",
        f'a list of at most {limits.ADDRESSES_MAX} addresses, as in ["shop.example:7443"]',
        read_advertised,
        lambda value: value,
    ),
    "zeroconf": Key(
        "Whether partners on your local network may find your node by themselves.",
        "true or false",
        read_switch,
        lambda value: value,
    ),
    "stock_share_seconds": Key(
        "How often changed stock is told to partners, in seconds.",
        "a whole number of seconds, 1 to 86400",
        read_whole(1, 86_400),
        lambda value: value,
    ),
    "claim_deadlines": Key(
        "Whether your node claims by itself what a partner's silence gives you once a deadline is over.",
        "true or false",
        read_switch,
        lambda value: value,
    ),
    "currency": Key(
        "The currency that the console proposes for your goods, prices and agreements.",
        'three capital letters, as in "CNY"',
        read_currency,
        lambda value: value,
    ),
    "console": Key(
        'Where the console in your browser listens, or "off". An address that others reach needs a certificate.',
        'an address and a port, as in "127.0.0.1:7480", or "off"',
        read_console,
        lambda value: "off" if value is None else str(value),
    ),
    "console_hosts": Key(
        "Under which host names the console is reached, beside this machine's own.",
        f'a list of at most {limits.ADDRESSES_MAX} names, as in ["shop.example"]',
        read_hosts,
        lambda value: value,
    ),
    "console_certificate": Key(
        "The certificate of the console, a PEM file with its chain.",
        "the path of a file, or nothing",
        read_path,
        lambda value: value,
    ),
    "console_key": Key(
        "The private key of that certificate, a PEM file that nobody else can read.",
        "the path of a file, or nothing",
        read_path,
        lambda value: value,
    ),
}
"""Every key, in the order of the file. docs/operating.md says the same."""

assert list(KEYS) == [field.name for field in fields(Config)], "KEYS and Config name the same decisions"


def read(content: bytes | None, where: str, environment: Mapping[str, str]) -> Config:
    """The configuration from the content of `config.toml` (None when there is none) and the environment.

    `where` names the file in messages. NodeError `config.unreadable`, or `config.malformed` with every fault.
    """
    text, given = parse(content or b"", where)
    faults: list[errors.Fault] = []
    values: dict[str, object] = {}
    for name, value in given.items():
        _take(name, value, f"{where}:{line_of(name, text)}", values, faults)
    for variable in sorted(environment):
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in OTHER_VARIABLES:
            name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
            if name in KEYS or difflib.get_close_matches(name, KEYS, 1, _LIKENESS):
                _take(name, environment[variable], f"${variable}", values, faults)
    if "name" not in values and not any(fault["path"].endswith(" name") for fault in faults):
        faults.append(fault(f"{where}: name", KEYS["name"].expected, "nothing"))
    if faults:
        raise errors.NodeError(
            "config.malformed",
            "the configuration has faults: " + "; ".join(map(describe, faults)),
            faults=faults,
        )
    return Config(**values)  # type: ignore[arg-type]


def parse(content: bytes, where: str) -> tuple[str, dict[str, object]]:
    """The text and the keys of a TOML file. NodeError `config.unreadable` with line and column."""
    try:
        text = content.decode()
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise errors.NodeError("config.unreadable", f"{where} is not UTF-8", got=f"byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        at = f"{where}:{place[1]}:{place[2]}" if place else where
        raise errors.NodeError("config.unreadable", f"{at}: {_TOML_PLACE.sub('', message)}") from None


def template(config: Config) -> str:
    """The text of a `config.toml` that reads as `config`; what is as it would be anyway stands there as a comment."""
    standard = Config(config.name)
    parts = []
    for name, key in KEYS.items():
        value = getattr(config, name)
        # JSON spells strings, numbers, booleans and lists of strings as TOML does.
        written = json.dumps(key.written(value), ensure_ascii=False)
        usual = name != "name" and value == getattr(standard, name)
        parts.append(f"# {key.meaning}\n{'# ' if usual else ''}{name} = {written}\n")
    return "\n".join(parts)


def line_of(name: str, text: str) -> int:
    """The line on which a key or a table of this name begins, 1 when it cannot be told."""
    begins = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}[\"']?\s*[=.\]]")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


def fault(path: str, expected: str, got: str, code: str = "config.value") -> errors.Fault:
    """One finding."""
    return {"code": code, "path": path, "expected": expected, "got": got}


def describe(finding: errors.Fault) -> str:
    """One finding in a line."""
    return f"{finding['path']}: expected {finding['expected']}, got {finding['got']}"


def _take(name: str, value: object, where: str, values: dict[str, object], faults: list[errors.Fault]) -> None:
    """Read one key into `values`, or add to `faults`."""
    if name not in KEYS:
        near = difflib.get_close_matches(name, KEYS, 1)
        expected = f"did you mean {near[0]}?" if near else "one of " + ", ".join(KEYS)
        faults.append(fault(f"{where}: {name}", expected, "a key that does not exist", "config.unknown"))
        return
    try:
        values[name] = KEYS[name].read(value)
    except ValueError:
        faults.append(fault(f"{where}: {name}", KEYS[name].expected, repr(value)[:80]))
