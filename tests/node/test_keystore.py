from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import errors, keystore
from node.system import files
from tests.sim import entropy

CHEAP = keystore.Cost(memory_kib=32, passes=1, lanes=1)
PASSPHRASE = "correct horse 茶壶"


def source() -> entropy.SeededEntropy:
    return entropy.SeededEntropy(1, "keystore")


def made() -> tuple[keystore.Keys, bytes]:
    keys, _ = keystore.create(source(), kem_keys=2)
    return keys, keystore.seal(keys, PASSPHRASE, source(), CHEAP)


def refused(content: bytes, passphrase: str = PASSPHRASE) -> errors.NodeError:
    with pytest.raises(errors.NodeError) as caught:
        keystore.unseal(content, passphrase)
    return caught.value


def test_new_secrets_differ_and_the_sheet_is_not_among_the_keys() -> None:
    keys, sheet = keystore.create(source(), kem_keys=2)
    every = [keys.root, *keys.kem, sheet.next_root, sheet.recovery]
    assert {len(secret) for secret in every} == {32}
    assert len(set(every)) == 5
    sealed = keystore.seal(keys, PASSPHRASE, source(), CHEAP)
    assert keystore.unseal(sealed, PASSPHRASE) == keys


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40),
    st.lists(st.binary(min_size=32, max_size=32), max_size=4),
)
def test_what_is_sealed_opens_under_its_passphrase(passphrase: str, kem: list[bytes]) -> None:
    keys = keystore.Keys(bytes(range(32)), tuple(kem))
    assert keystore.unseal(keystore.seal(keys, passphrase, source(), CHEAP), passphrase) == keys


def test_the_usual_cost_is_the_one_of_the_rfc_and_stands_in_the_file() -> None:
    keys, _ = keystore.create(source())
    content = keystore.seal(keys, PASSPHRASE, source())
    kdf = json.loads(content)["kdf"]
    assert (kdf["name"], kdf["memory_kib"], kdf["passes"], kdf["lanes"]) == ("argon2id", 65_536, 3, 4)
    assert keystore.unseal(content, PASSPHRASE) == keys


def test_no_secret_stands_in_the_file_or_in_what_is_shown() -> None:
    keys, content = made()
    _, sheet = keystore.create(source())
    shown = f"{keys!r} {keys} {sheet!r}"
    for secret in (keys.root, *keys.kem, sheet.next_root):
        assert secret.hex() not in content.decode()
        assert secret not in content
        assert secret.hex() not in shown and repr(secret) not in shown


def test_a_wrong_passphrase_is_told_from_a_damaged_file() -> None:
    _, content = made()
    error = refused(content, PASSPHRASE + "!")
    assert (error.code, error.exit) == ("key.passphrase", 77)
    sealed = json.loads(content)["sealed"]
    flipped = f"{int(sealed[0], 16) ^ 1:x}" + sealed[1:]
    error = refused(content.replace(sealed.encode(), flipped.encode()))
    assert (error.code, error.exit) == ("key.unreadable", 65)


def test_the_cost_cannot_be_lowered_afterwards() -> None:
    _, content = made()
    fields = json.loads(content)
    fields["kdf"]["passes"] = 2
    assert refused(json.dumps(fields).encode()).code == "key.passphrase"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("format", "other"),
        ("version", 2),
        ("version", None),
        ("nonce", "00"),
        ("nonce", 7),
        ("sealed", "zz"),
        ("sum", ""),
        ("kdf", None),
        ("kdf.name", "md5"),
        ("kdf.salt", "00"),
        ("kdf.memory_kib", 1 << 30),
        ("kdf.memory_kib", "much"),
        ("kdf.passes", 10**9),
        ("kdf.lanes", 0),
    ],
)
def test_a_file_with_a_strange_field_is_unreadable(place: str, value: object) -> None:
    fields = json.loads(made()[1])
    target, _, name = place.rpartition(".")
    (fields[target] if target else fields)[name] = value
    assert refused(json.dumps(fields).encode()).code == "key.unreadable"


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"{}", b"\xff", b"[" * 100_000, b'{"kdf": {}}'])
def test_what_is_no_key_file_is_unreadable(content: bytes) -> None:
    assert refused(content).code == "key.unreadable"


@given(st.integers(0, 2_000), st.integers(1, 255))
def test_L14_a_flipped_byte_never_opens_to_other_keys(position: int, bits: int) -> None:
    keys, content = made()
    damaged = bytearray(content)
    damaged[position % len(damaged)] ^= bits
    try:
        assert keystore.unseal(bytes(damaged), PASSPHRASE) == keys  # a flip in white space changes nothing
    except errors.NodeError as error:
        assert error.code in ("key.unreadable", "key.passphrase")


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(errors.NodeError) as caught:
        keystore.seal(made()[0], "1234567", source(), CHEAP)
    assert caught.value.code == "key.passphrase"


def test_the_same_word_typed_in_two_ways_opens() -> None:
    keys, _ = keystore.create(source())
    composed, decomposed = "Z\u00fcrich-Shop", "Zu\u0308rich-Shop"
    assert keystore.unseal(keystore.seal(keys, composed, source(), CHEAP), decomposed) == keys


def test_a_key_for_personal_data_is_added_and_destroyed() -> None:
    keys, _ = made()
    more = keystore.with_kem(keys, bytes(32))
    assert more.kem == (*keys.kem, bytes(32))
    less = keystore.without_kem(more, keys.kem[0])
    assert less.kem == (keys.kem[1], bytes(32))
    assert less.root == keys.root
    with pytest.raises(errors.NodeError) as caught:
        keystore.without_kem(less, keys.kem[0])
    assert caught.value.code == "key.missing"


def test_a_rotation_keeps_the_keys_for_personal_data() -> None:
    keys, _ = made()
    rotated = keystore.with_root(keys, bytes(32))
    assert (rotated.root, rotated.kem) == (bytes(32), keys.kem)


def test_the_passphrase_comes_from_file_environment_or_prompt(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes("one 茶\r\n".encode())
    both = {"HANSE_PASSPHRASE_FILE": str(path), "HANSE_PASSPHRASE": "two"}
    assert keystore.find_passphrase(both, files.read) == "one 茶"
    assert keystore.find_passphrase({"HANSE_PASSPHRASE": "two"}, files.read, lambda: "three") == "two"
    assert keystore.find_passphrase({}, files.read, lambda: "three") == "three"


@pytest.mark.parametrize("environment", [{}, {"HANSE_PASSPHRASE": ""}, {"HANSE_PASSPHRASE_FILE": "/no/such/file"}])
def test_without_a_passphrase_nothing_opens(environment: dict[str, str]) -> None:
    with pytest.raises(errors.NodeError) as caught:
        keystore.find_passphrase(environment, files.read)
    assert (caught.value.code, caught.value.exit) == ("key.passphrase", 77)
