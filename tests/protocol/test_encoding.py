from __future__ import annotations

import tracemalloc
from enum import IntEnum, StrEnum
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import encoding, limits
from protocol.encoding import Value
from protocol.errors import Code, LocalError, PeerError
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import values

HCM = vectors.load("hcm")
MEBIBYTE = 1 << 20

integers = st.integers(-limits.INTEGER_MAX, limits.INTEGER_MAX)
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(n) for n in range(32) if n not in (9, 10)])
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
scalars = st.none() | st.booleans() | integers | texts | st.binary(max_size=40)
objects = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5), max_leaves=20
)


@pytest.mark.parametrize("row", HCM["positive"], ids=lambda row: row["name"])
def test_a_value_has_this_one_spelling(row: dict[str, Any]) -> None:
    value, data = values.untagged(row["value"]), bytes.fromhex(row["hex"])
    assert encoding.encode(value) == data
    decoded = encoding.decode(data, bytes_max=MEBIBYTE)
    assert repr(decoded) == repr(value)  # 1 == True, but they do not look the same


@pytest.mark.parametrize("row", HCM["negative"], ids=lambda row: row["name"])
def test_W09_W10_W11_every_other_spelling_is_refused(row: dict[str, Any]) -> None:
    assert code_of(lambda: encoding.decode(bytes.fromhex(row["hex"]), bytes_max=MEBIBYTE)) == row["code"]


@pytest.mark.parametrize("row", HCM["repeated"], ids=lambda row: row["name"])
def test_W09_long_refusals(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["head"]) + bytes.fromhex(row["byte"]) * row["times"]
    assert code_of(lambda: encoding.decode(data, bytes_max=row["bytes_max"])) == row["code"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xdd\x00\x0f\xff\xfb" + b"\x80" * 0xFFFFB, id="a mebibyte of empty maps"),
        pytest.param(b"\xdd\x00\x0f\xff\xfb" * (MEBIBYTE // 5), id="arrays that claim a million values, nested"),
        pytest.param(b"\xdc\xff\xff" * 3_000, id="arrays of 65,535 nested in 9 kB"),
        pytest.param(b"\xc6\xff\xff\xff\xff", id="four gigabytes of bytes"),
    ],
)
def test_W09_nothing_is_built_for_what_is_refused(data: bytes) -> None:
    tracemalloc.start()
    try:
        assert code_of(lambda: encoding.decode(data, bytes_max=MEBIBYTE)) == Code.MALFORMED
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 256 * 1024


def test_W09_what_is_not_scanned_stays_small() -> None:
    """Short input is decoded without a scan: ten thousand empty maps, and four arrays that claim as many values."""
    for data in (b"\xdc\x27\x0d" + b"\x80" * 9_997, b"\xdc\x27\x0c" * 4 + b"\xc0" * 9_988):
        tracemalloc.start()
        code_of(lambda data=data: encoding.decode(data, bytes_max=MEBIBYTE))  # type: ignore[misc]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MEBIBYTE


def test_depth_and_count_bounds_are_exact() -> None:
    def deep(depth: int) -> bytes:
        return b"\x91" * (depth - 1) + b"\x90"

    assert code_of(lambda: encoding.decode(deep(3), bytes_max=10, depth_max=3)) is None
    assert code_of(lambda: encoding.decode(deep(4), bytes_max=10, depth_max=3)) == Code.MALFORMED
    padded = b"\xdc\x00\x64" + b"\xc0" * 100
    assert code_of(lambda: encoding.decode(padded, bytes_max=200, objects_max=101)) is None
    assert code_of(lambda: encoding.decode(padded, bytes_max=200, objects_max=100)) == Code.MALFORMED
    scanned = b"\x9f" + deep(3) * 15
    assert code_of(lambda: encoding.decode(scanned, bytes_max=200, depth_max=4, objects_max=46)) is None
    assert code_of(lambda: encoding.decode(scanned, bytes_max=200, depth_max=3, objects_max=46)) == Code.MALFORMED


def test_the_size_is_checked_before_anything_else() -> None:
    assert code_of(lambda: encoding.decode(b"\xc1\xc1", bytes_max=1)) == Code.TOO_BIG


def test_the_scan_agrees_with_the_decoder_on_every_header() -> None:
    """Each first byte with four zero bytes after it, as the second value of an array: never stricter."""
    for first in range(256):
        data = b"\x92\x00" + bytes((first,)) + bytes(4)
        for cut in range(3, 8):
            whole = code_of(lambda: encoding.decode(data[:cut], bytes_max=10))  # noqa: B023
            scanned = code_of(lambda: encoding._scan(data[:cut], 100, 16))  # noqa: B023
            assert scanned in (None, Code.MALFORMED)
            assert whole is not None or scanned is None, data[:cut].hex()


def test_msgpack_still_says_map_key() -> None:
    """`encoding` tells a key of another kind from other faults by these two words."""
    with pytest.raises(ValueError, match="map key"):
        msgpack.unpackb(b"\x81\x01\x00", strict_map_key=True)


def test_a_map_with_many_keys_is_checked_like_any_other() -> None:
    many: dict[str, Value] = {f"k{number:03}": number for number in range(300)}
    data = encoding.encode(dict(reversed(many.items())))
    assert encoding.decode(data, bytes_max=MEBIBYTE) == many
    assert code_of(lambda: encoding.decode(data.replace(b"k007", b"k999"), bytes_max=MEBIBYTE)) == Code.NOT_CANONICAL
    with pytest.raises(LocalError):
        encoding.encode({**many, "K": 1})


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    TWO = 2


def test_enumerations_are_written_as_what_they_stand_for() -> None:
    assert encoding.encode({"c": Colour.RED, "n": Number.TWO}) == encoding.encode({"c": "red", "n": 2})


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1.0, id="float"),
        pytest.param((1, 2), id="tuple"),
        pytest.param({"a": {1, 2}}, id="set"),
        pytest.param({"A": 1}, id="upper-case key"),
        pytest.param({1: 1}, id="integer key"),
        pytest.param({"a": [limits.INTEGER_MAX + 1]}, id="too large"),
        pytest.param("\x00", id="control character"),
        pytest.param(["\ud800"], id="surrogate"),
        pytest.param(values.nested(17), id="too deep"),
        pytest.param(bytearray(b"a"), id="bytearray"),
    ],
)
def test_the_encoder_refuses_what_hcm_forbids(value: Any) -> None:
    with pytest.raises(LocalError):
        encoding.encode(value)


@quick
@given(objects)
def test_what_is_encoded_decodes_to_itself(value: Value) -> None:
    data = encoding.encode(value)
    assert repr(encoding.decode(data, bytes_max=MEBIBYTE)) == repr(ordered(value))
    encoding._scan(data, len(data), 16)


def ordered(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(item) for item in value] if isinstance(value, list) else value


@quick
@given(objects, st.data())
def test_one_changed_byte_never_reads_as_the_same_value(value: Value, data: st.DataObject) -> None:
    original = encoding.encode(value)
    position = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        other = encoding.decode(bytes(changed), bytes_max=MEBIBYTE)
    except PeerError:
        return
    assert encoding.encode(other) == bytes(changed)


@quick
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_or_are_canonical(data: bytes) -> None:
    try:
        value = encoding.decode(data, bytes_max=300)
    except PeerError as error:
        assert error.code in (Code.MALFORMED, Code.NOT_CANONICAL, Code.RANGE)
        return
    assert encoding.encode(value) == data
