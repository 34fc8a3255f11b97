from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import codes
from tests.sim import entropy

SECRET = b"12345678901234567890"
ROOT = bytes(range(32))


def source() -> entropy.SeededEntropy:
    return entropy.SeededEntropy(1, "codes")


@pytest.mark.parametrize(
    ("at_s", "eight"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_digits_are_those_of_rfc_6238(at_s: int, eight: str) -> None:
    """Appendix B has eight digits; six are their end."""
    assert codes.digits(SECRET, at_s // codes.STEP_S) == eight[-6:]


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_be_off_by_one_step(drift: int) -> None:
    now_s = 1_790_000_000
    step = now_s // codes.STEP_S + drift
    assert codes.matching(SECRET, codes.digits(SECRET, step), now_s, 0) == step


@pytest.mark.parametrize("drift", [-2, 2])
def test_but_not_by_two(drift: int) -> None:
    now_s = 1_790_000_000
    assert codes.matching(SECRET, codes.digits(SECRET, now_s // codes.STEP_S + drift), now_s, 0) is None


def test_C09_no_code_counts_twice_and_none_from_before_the_last_one() -> None:
    now_s = 1_790_000_000
    step = now_s // codes.STEP_S
    assert codes.matching(SECRET, codes.digits(SECRET, step), now_s, step) is None
    assert codes.matching(SECRET, codes.digits(SECRET, step - 1), now_s, step) is None
    assert codes.matching(SECRET, codes.digits(SECRET, step + 1), now_s, step) == step + 1


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "\u0661" * 6])
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    assert codes.matching(SECRET, typed, 59, 0) is None


def test_a_code_may_be_typed_in_groups() -> None:
    assert codes.matching(SECRET, "287 082", 59, 0) == 1


def test_a_sealed_secret_opens_for_its_operator_on_its_node_only() -> None:
    sealed = codes.seal(ROOT, source(), 7, SECRET)
    assert SECRET not in sealed
    assert codes.unseal(ROOT, 7, sealed) == SECRET
    assert codes.unseal(ROOT, 8, sealed) is None
    assert codes.unseal(bytes(32), 7, sealed) is None
    assert codes.unseal(ROOT, 7, sealed[:-1]) is None


def test_the_uri_names_issuer_and_account_and_is_one_line() -> None:
    uri = codes.uri(SECRET, "Hanse: 茶 & co", "wei@shop")
    assert uri.startswith("otpauth://totp/")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri
    assert uri.isascii() and " " not in uri


def test_recovery_codes_differ_and_are_found_however_they_are_typed() -> None:
    made = codes.recovery(source())
    assert len(set(made)) == codes.RECOVERY_CODES
    code = made[0]
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert codes.recovery_hash(code) == codes.recovery_hash(f" {code.upper().replace('-', ' ')} ")
    assert codes.recovery_hash(code) != codes.recovery_hash(made[1])


@given(st.binary(min_size=codes.RECOVERY_BYTES, max_size=codes.RECOVERY_BYTES))
def test_a_recovery_code_holds_all_of_its_bytes(secret: bytes) -> None:
    number = 0
    for char in codes.recovery_code(secret).replace("-", ""):
        number = number << 5 | codes.ALPHABET.index(char)
    assert number.to_bytes(codes.RECOVERY_BYTES, "big") == secret
