from __future__ import annotations

import pytest

from node import config, errors

FULL = config.Config(
    name='Zürich "茶壶" \\ Co',
    listen=config.Listen("::", 0),
    advertised=("shop.example:7443", "[2001:db8::1]:7443"),
    zeroconf=True,
    stock_share_seconds=5,
    claim_deadlines=True,
)


def refused(content: str, environment: dict[str, str] | None = None) -> errors.NodeError:
    with pytest.raises(errors.NodeError) as caught:
        config.read(content.encode(), "config.toml", environment or {})
    assert caught.value.exit == 78
    return caught.value


def test_a_name_is_enough() -> None:
    read = config.read(b'name = "Shop"', "config.toml", {})
    assert read == config.Config("Shop")
    assert (str(read.listen), read.zeroconf) == ("127.0.0.1:7443", False)


@pytest.mark.parametrize("written", [FULL, config.Config("Shop")])
def test_what_is_written_reads_back(written: config.Config) -> None:
    assert config.read(config.template(written).encode(), "config.toml", {}) == written


def test_the_template_explains_every_key_and_sets_what_differs() -> None:
    text = config.template(config.Config("Shop", zeroconf=True))
    assert all(f"{name} = " in text for name in config.KEYS)
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [
        'name = "Shop"',
        "zeroconf = true",
    ]


def test_the_environment_goes_before_the_file() -> None:
    environment = {
        "HANSE_NAME": "Other",
        "HANSE_LISTEN": ":8000",
        "HANSE_ADVERTISED": "a.example:1, [::1]:2",
        "HANSE_ZEROCONF": "1",
        "HANSE_STOCK_SHARE_SECONDS": "7",
        "HANSE_HOME": "/somewhere",
        "HANSE_PASSPHRASE": "not read here",
        "PATH": "/bin",
    }
    read = config.read(b'name = "Shop"\nzeroconf = false\n', "config.toml", environment)
    assert read == config.Config("Other", config.Listen("", 8000), ("a.example:1", "[::1]:2"), True, 7)
    assert config.read(None, "config.toml", environment) == read


def test_O01_an_unknown_key_is_refused_with_its_line_and_the_nearest_one() -> None:
    error = refused('name = "Shop"\n\n# listn = 1\n  listn = "127.0.0.1:7443"\n')
    assert error.code == "config.malformed"
    assert [fault["path"] for fault in error.faults] == ["config.toml:4: listn"]
    assert error.faults[0]["expected"] == "did you mean listen?"


def test_O01_a_table_is_an_unknown_key() -> None:
    error = refused('name = "Shop"\n[network]\nport = 1\n')
    assert error.faults[0]["path"] == "config.toml:2: network"
    assert "one of name, listen" in error.faults[0]["expected"]


def test_O01_a_misspelt_variable_is_refused_and_a_strangers_is_not() -> None:
    error = refused('name = "Shop"', {"HANSE_LISTN": "x", "HANSE_SERVICE_HOST": "10.0.0.1", "HANSE_PORT": "tcp://x"})
    assert [fault["path"] for fault in error.faults] == ["$HANSE_LISTN: listn"]


@pytest.mark.parametrize(
    "line",
    [
        "name = 3",
        'name = " "',
        'name = "a\\u0007b"',
        f'name = "{"x" * 201}"',
        'listen = "7443"',
        'listen = "127.0.0.1:70000"',
        'listen = "::1:7443"',
        "listen = 7443",
        'advertised = ["shop.example"]',
        "advertised = [1]",
        'advertised = ["http://shop.example:7443"]',
        f"advertised = {['a.example:1'] * 9}",
        'zeroconf = "maybe"',
        "zeroconf = 2",
        "stock_share_seconds = 0",
        "stock_share_seconds = 1.5",
        "stock_share_seconds = true",
        'stock_share_seconds = "1 min"',
    ],
)
def test_O01_a_wrong_value_is_refused_with_what_is_expected(line: str) -> None:
    key = line.split(" ")[0]
    text = line if key == "name" else f'name = "Shop"\n{line}'
    error = refused(text)
    assert [fault["path"] for fault in error.faults] == [f"config.toml:{text.count(chr(10)) + 1}: {key}"]
    assert error.faults[0]["expected"] == config.KEYS[key].expected


def test_O01_every_fault_is_told_at_once() -> None:
    error = refused("zerocnf = true\nstock_share_seconds = 0\n", {"HANSE_LISTEN": "nowhere"})
    assert sorted(fault["path"] for fault in error.faults) == [
        "$HANSE_LISTEN: listen",
        "config.toml: name",
        "config.toml:1: zerocnf",
        "config.toml:2: stock_share_seconds",
    ]
    assert all(fault["path"] in str(error) for fault in error.faults)


def test_O01_what_is_no_toml_is_refused_with_line_and_column() -> None:
    error = refused('name = "Shop"\nlisten = \n')
    assert error.code == "config.unreadable"
    assert error.message.startswith("config.toml:2:10: ")


def test_O01_what_is_no_text_is_refused() -> None:
    with pytest.raises(errors.NodeError) as caught:
        config.read(b'name = "\xff"', "config.toml", {})
    assert caught.value.code == "config.unreadable"


def test_O01_the_same_key_twice_is_refused() -> None:
    assert refused('name = "a"\nname = "b"\n').code == "config.unreadable"
