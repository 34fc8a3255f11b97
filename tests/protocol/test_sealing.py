from __future__ import annotations

import hashlib
from typing import Any

import pyhpke
import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from protocol import encoding, keys, limits, sealing
from protocol.encoding import Value
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import nodes

FILE = vectors.load("sealing")
RFC = {name: bytes.fromhex(value) for name, value in FILE["hpke"].items() if name != "source"}
PERSONAL = FILE["personal"]
ORIGIN, ENTRY_ID = PERSONAL["origin"], bytes.fromhex(PERSONAL["entry_id"])
PRIVATE = bytes.fromhex(PERSONAL["recipient_private"])
CIPHERTEXT = bytes.fromhex(PERSONAL["ciphertext"])
REFERENCE: dict[str, Value] = {
    name: bytes.fromhex(value) if name in ("cm", "ct", "kid") else value
    for name, value in PERSONAL["reference"].items()
}


def test_hpke_is_rfc_9180() -> None:
    sealed = sealing.seal(RFC["pkRm"], RFC["info"], RFC["pt"], RFC["skEm"], aad=RFC["aad"])
    assert sealed == RFC["enc"] + RFC["ct"]
    assert sealing.open_sealed(RFC["skRm"], RFC["info"], sealed, aad=RFC["aad"]) == RFC["pt"]
    assert sealing.key_schedule(RFC["shared_secret"], RFC["info"]) == (RFC["key"], RFC["base_nonce"])


def pyhpke_suite() -> Any:
    return pyhpke.CipherSuite.new(
        pyhpke.KEMId.DHKEM_X25519_HKDF_SHA256, pyhpke.KDFId.HKDF_SHA256, pyhpke.AEADId.CHACHA20_POLY1305
    )


@pytest.mark.parametrize("plaintext", [b"", b"a", bytes(10_000)])
def test_pyhpke_opens_what_we_seal_and_we_open_what_it_seals(plaintext: bytes) -> None:
    suite, recipient = pyhpke_suite(), X25519PrivateKey.from_private_bytes(PRIVATE)
    sealed = sealing.seal(keys.x25519_public(PRIVATE), b"info", plaintext, nodes.EPHEMERAL)
    context = suite.create_recipient_context(
        sealed[:32], pyhpke.KEMKey.from_pyca_cryptography_key(recipient), info=b"info"
    )
    assert context.open(sealed[32:]) == plaintext
    enc, sender = suite.create_sender_context(
        pyhpke.KEMKey.from_pyca_cryptography_key(recipient.public_key()), info=b"info"
    )
    assert sealing.open_sealed(PRIVATE, b"info", enc + sender.seal(plaintext)) == plaintext


@pytest.mark.parametrize("plaintext", [b"", b"a", bytes(10_000)])
def test_cryptography_opens_what_we_seal_and_we_open_what_it_seals(plaintext: bytes) -> None:
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    public = X25519PublicKey.from_public_bytes(keys.x25519_public(PRIVATE))
    private = X25519PrivateKey.from_private_bytes(PRIVATE)
    sealed = sealing.seal(keys.x25519_public(PRIVATE), b"info", plaintext, nodes.EPHEMERAL)
    assert suite.decrypt(sealed, private, info=b"info") == plaintext
    assert sealing.open_sealed(PRIVATE, b"info", suite.encrypt(plaintext, public, info=b"info")) == plaintext


def test_sealed_data_that_does_not_open() -> None:
    sealed = sealing.seal(keys.x25519_public(PRIVATE), b"info", b"plaintext", nodes.EPHEMERAL)
    assert code_of(lambda: sealing.open_sealed(PRIVATE, b"other", sealed)) == Code.SEALED
    assert code_of(lambda: sealing.open_sealed(nodes.KEMS[1], b"info", sealed)) == Code.SEALED
    assert code_of(lambda: sealing.open_sealed(PRIVATE, b"info", sealed[:47])) == Code.SEALED
    for position in range(0, len(sealed), 5):
        changed = bytearray(sealed)
        changed[position] ^= 1
        assert code_of(lambda: sealing.open_sealed(PRIVATE, b"info", bytes(changed))) == Code.SEALED  # noqa: B023


def test_L10_weak_keys_seal_and_open_nothing() -> None:
    for weak in (bytes(32), b"\x01" + bytes(31)):
        assert code_of(lambda: sealing.seal(weak, b"", b"", nodes.EPHEMERAL)) == Code.KEY  # noqa: B023
        assert code_of(lambda: sealing.open_sealed(PRIVATE, b"", weak + bytes(16))) == Code.KEY  # noqa: B023


# --- personal data ---


def seal(fields: dict[str, str]) -> tuple[dict[str, Value], bytes]:
    return sealing.seal_personal(
        fields,
        salt=nodes.SALT,
        origin=ORIGIN,
        entry_id=ENTRY_ID,
        recipient_public=keys.x25519_public(PRIVATE),
        ephemeral=nodes.EPHEMERAL,
    )


def open_it(reference: dict[str, Value], ciphertext: bytes = CIPHERTEXT, **changes: Any) -> dict[str, str]:
    arguments = {"origin": ORIGIN, "entry_id": ENTRY_ID, "private": PRIVATE, **changes}
    return sealing.open_personal(reference, ciphertext, **arguments)


def test_personal_data_has_these_bytes() -> None:
    assert seal(PERSONAL["fields"]) == (REFERENCE, CIPHERTEXT)
    assert open_it(REFERENCE) == PERSONAL["fields"]
    assert encoding.encode({"pii": REFERENCE})  # it fits an entry as it is


def test_the_reference_follows_from_the_specification() -> None:
    assert REFERENCE["ct"] == hashlib.sha256(CIPHERTEXT).digest()
    assert REFERENCE["kid"] == hashlib.sha256(keys.x25519_public(PRIVATE)).digest()[:8]
    assert REFERENCE["len"] == len(CIPHERTEXT)
    info = b"hanse/pii/1\n" + ORIGIN.encode() + b"\n" + ENTRY_ID + bytes.fromhex(PERSONAL["reference"]["cm"])
    plaintext = sealing.open_sealed(PRIVATE, info, CIPHERTEXT)
    assert encoding.decode(plaintext, bytes_max=1000) == {
        "fields": PERSONAL["fields"],
        "pad": bytes(
            256 - (len(encoding.encode({"fields": PERSONAL["fields"], "pad": b"", "salt": nodes.SALT})) % 256)
        ),
        "salt": nodes.SALT,
    }


def test_the_length_tells_nothing() -> None:
    lengths = {seal({"name": "x" * count})[0]["len"] for count in range(150)}
    assert lengths == {256 + sealing.OVERHEAD_BYTES}


@quick
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text("aé上🧾 ", max_size=400), max_size=6))
def test_what_is_sealed_opens(fields: dict[str, str]) -> None:
    reference, ciphertext = seal(fields)
    assert (len(ciphertext) - sealing.OVERHEAD_BYTES) % limits.PERSONAL_PAD_BYTES == 0
    assert open_it(reference, ciphertext) == fields


def test_personal_data_is_bound_to_its_entry_and_its_signed_reference() -> None:
    other_ciphertext = seal({"name": "Someone Else"})[1]
    assert code_of(lambda: open_it(REFERENCE, origin="hanse/l/other")) == Code.SEALED
    assert code_of(lambda: open_it(REFERENCE, entry_id=bytes(16))) == Code.SEALED
    assert code_of(lambda: open_it(REFERENCE, private=nodes.KEMS[1])) == Code.SEALED
    assert code_of(lambda: open_it(REFERENCE, other_ciphertext)) == Code.SEALED
    assert code_of(lambda: open_it(REFERENCE, CIPHERTEXT[:-1])) == Code.SEALED
    assert code_of(lambda: open_it({**REFERENCE, "cm": bytes(32)})) == Code.SEALED


def test_a_dealer_passes_it_on_without_reading_it() -> None:
    forwarded = sealing.forward(REFERENCE, origin=ORIGIN, entry_id=ENTRY_ID)
    assert open_it(forwarded, origin="hanse/l/elsewhere", entry_id=bytes(16)) == PERSONAL["fields"]
    assert sealing.forward(forwarded, origin="hanse/l/elsewhere", entry_id=bytes(16)) == forwarded
    assert sealing.parse_reference(forwarded).origin == ORIGIN
    assert code_of(lambda: open_it({**forwarded, "o": "hanse/l/elsewhere"})) == Code.SEALED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"x": "hpke2"}, Code.UNSUPPORTED),
        ({"x": 1}, Code.UNSUPPORTED),
        ({"cm": bytes(31)}, Code.MALFORMED),
        ({"ct": "text"}, Code.MALFORMED),
        ({"kid": bytes(9)}, Code.MALFORMED),
        ({"len": True}, Code.MALFORMED),
        ({"len": 0}, Code.MALFORMED),
        ({"len": 2**40}, Code.MALFORMED),
        ({"o": "hanse/l/x"}, Code.MALFORMED),
        ({"i": bytes(16)}, Code.MALFORMED),
        ({"o": 5, "i": bytes(16)}, Code.MALFORMED),
        ({"o": "x" * 65, "i": bytes(16)}, Code.MALFORMED),
        ({"o": "hanse/l/x", "i": bytes(15)}, Code.MALFORMED),
        ({"name": "Erika"}, Code.MALFORMED),
    ],
)
def test_a_reference_that_is_none(changes: dict[str, Value], code: Code) -> None:
    assert code_of(lambda: sealing.parse_reference({**REFERENCE, **changes})) == code


def crafted(plaintext: bytes, salt: bytes = nodes.SALT) -> tuple[dict[str, Value], bytes]:
    """Sealed by someone who does not follow the rules, and committed to."""
    commitment = sealing._commit(salt, plaintext)
    info = sealing._info(ORIGIN, ENTRY_ID, commitment)
    sealed = sealing.seal(keys.x25519_public(PRIVATE), info, plaintext, nodes.EPHEMERAL)
    reference = {**REFERENCE, "cm": commitment, "ct": hashlib.sha256(sealed).digest(), "len": len(sealed)}
    return reference, sealed


def padded(pad_to: int = 256, **changes: Value) -> bytes:
    value: dict[str, Value] = {"fields": {"name": "E"}, "pad": b"", "salt": nodes.SALT, **changes}
    missing = -len(encoding.encode(value)) % pad_to
    return encoding.encode({**value, "pad": bytes(missing)} if "pad" not in changes else value)


@pytest.mark.parametrize(
    ("plaintext", "code"),
    [
        pytest.param(padded(), None, id="as it should be"),
        pytest.param(padded(255), Code.SEALED, id="padded to another length"),
        pytest.param(padded(pad=b"\x01" * 255), Code.SEALED, id="padding that is not zero"),
        pytest.param(padded(salt=bytes(31)), Code.SEALED, id="a short salt"),
        pytest.param(padded(fields={"name": 5}), Code.SEALED, id="a number"),
        pytest.param(padded(fields=["name"]), Code.SEALED, id="a list"),
        pytest.param(padded(more=1), Code.SEALED, id="another field"),
        pytest.param(padded(salt=b"\x44" * 32), Code.SEALED, id="another salt than was committed to"),
        pytest.param(b"\xff" * 256 * 3, Code.MALFORMED, id="no value at all"),
    ],
)
def test_a_partner_who_seals_something_else(plaintext: bytes, code: Code | None) -> None:
    reference, sealed = crafted(plaintext)
    assert code_of(lambda: open_it(reference, sealed)) == code


def test_misuse_is_ours() -> None:
    with pytest.raises(LocalError):
        seal({"name": "x" * 20_000})
    with pytest.raises(LocalError):
        seal({"Name": "x"})
    with pytest.raises(LocalError):
        sealing.seal_personal(
            {}, salt=bytes(31), origin=ORIGIN, entry_id=ENTRY_ID, recipient_public=bytes(32), ephemeral=bytes(32)
        )
