from __future__ import annotations

import pytest

from node import errors
from node.links import addresses


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("shop.example:7443", "ws://shop.example:7443/hanse/v1"),
        ("127.0.0.1:1", "ws://127.0.0.1:1/hanse/v1"),
        ("[2001:db8::1]:65535", "ws://[2001:db8::1]:65535/hanse/v1"),
        ("ws://shop.example:80", "ws://shop.example:80/hanse/v1"),
        ("wss://shop.example", "wss://shop.example/hanse/v1"),
        ("wss://shop.example/", "wss://shop.example/hanse/v1"),
        ("wss://shop.example:444/trade/hanse", "wss://shop.example:444/trade/hanse"),
        ("wss://[::1]:444/x", "wss://[::1]:444/x"),
    ],
)
def test_an_address_becomes_a_url(address: str, url: str) -> None:
    assert addresses.to_url(address) == url


@pytest.mark.parametrize(
    "address",
    [
        "",
        "shop.example",
        "shop.example:",
        "shop.example:0",
        "shop.example:65536",
        "::1:7443",
        "shop example:1",
        "shop.example:7443/path",
        "http://shop.example:7443",
        "ws://",
        "ws:///path",
        "ws://user@shop.example",
        "ws://user:word@shop.example",
        "wss://shop.example/?q=1",
        "wss://shop.example/#x",
        "wss://shop.example:99999",
        "wss://shop.example:0",
        "wss://shop.example/\n",
        "wss://[::1",
        "wss://gesch\u00e4ft.example",
        "wss://" + "x" * 1_024,
        "x" * 262 + ":1",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        addresses.to_url(address)
    assert caught.value.code == "links.address"


def test_addresses_are_shown_with_brackets_where_needed() -> None:
    assert addresses.shown("10.0.0.1", 1) == "10.0.0.1:1"
    assert addresses.shown("fe80::1%eth0", 1) == "[fe80::1]:1"


def test_W01_strangers_are_counted_by_address_and_by_ipv6_customer() -> None:
    assert addresses.neighbourhood("10.0.0.1") == "10.0.0.1"
    assert addresses.neighbourhood("::ffff:10.0.0.1") == "10.0.0.1"
    assert addresses.neighbourhood("2001:db8::1") == addresses.neighbourhood("2001:db8::ffff:2")
    assert addresses.neighbourhood("2001:db8::1") != addresses.neighbourhood("2001:db8:0:1::1")
    assert addresses.neighbourhood("fe80::1%eth0") == addresses.neighbourhood("fe80::2")
    assert addresses.neighbourhood("") == ""
