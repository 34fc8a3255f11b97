from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from protocol import keys
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.refusals import code_of

ED25519 = vectors.load("ed25519")
X25519 = vectors.load("x25519")
DERIVATION = vectors.load("identities")["derivation"]

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
IDENTITY = b"\x01" + bytes(31)

Point = tuple[int, int]


def add(left: Point, right: Point) -> Point:
    """Edwards addition, RFC 8032 section 5.1.4, in plain coordinates."""
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def square_root(value: int) -> int | None:
    candidate = pow(value, (P + 3) // 8, P)
    if candidate * candidate % P != value % P:
        candidate = candidate * ROOT_OF_MINUS_ONE % P
    return candidate if candidate * candidate % P == value % P else None


def points_at(y: int) -> list[Point]:
    x = square_root((y * y - 1) * pow(D * y * y + 1, -1, P) % P)
    return [] if x is None else [(x, y % P), (-x % P, y % P)]


def order(point: Point) -> int:
    count, multiple = 1, point
    while multiple != (0, 1):
        count, multiple = count + 1, add(multiple, point)
    return count


def encoded(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def small_order_points() -> dict[bytes, int]:
    """Every point of small order with its order, from a point of order 8 and the group law alone."""
    y = next(number for number in keys._ED25519_SMALL if number not in (0, 1, P - 1))
    generator = points_at(y)[0]
    found, multiple = {}, generator
    for _ in range(8):
        found[encoded(multiple)] = order(multiple)
        multiple = add(multiple, generator)
    return found


def test_L10_the_table_of_small_points_is_complete() -> None:
    points = small_order_points()
    assert sorted(points.values()) == [1, 2, 4, 4, 8, 8, 8, 8]  # the whole torsion subgroup: 8 points, cofactor 8
    assert {int.from_bytes(point, "little") & (1 << 255) - 1 for point in points} == keys._ED25519_SMALL
    assert all(code_of(lambda: keys.check_ed25519(point)) == Code.KEY for point in points)  # noqa: B023


def test_L10_every_second_spelling_of_a_key_is_refused() -> None:
    """y + p, wherever it fits 255 bits; and x = 0 with a sign, which has no meaning (RFC 8032 section 5.1.3)."""
    for y in range(19):
        for sign in (0, 1 << 255):
            assert code_of(lambda: keys.check_ed25519((y + P | sign).to_bytes(32, "little"))) == Code.KEY  # noqa: B023
    for y in (1, P - 1):
        assert code_of(lambda: keys.check_ed25519((y | 1 << 255).to_bytes(32, "little"))) == Code.KEY  # noqa: B023


def test_L10_the_identity_point_signs_nothing() -> None:
    """faults.md section 1, point 4: OpenSSL accepts this key and signature for any message."""
    forged = IDENTITY + bytes(32)
    for message in (b"", b"I owe you everything", bytes(1000)):
        assert code_of(lambda: keys.ed25519_verify(IDENTITY, message, forged)) == Code.KEY  # noqa: B023
    honest = keys.public(b"\x01" * 32, "log")
    assert code_of(lambda: keys.ed25519_verify(honest, b"", forged)) == Code.SIGNATURE


def test_L10_openssl_alone_would_accept_the_forgery() -> None:
    """Why the rule is needed. When this fails, the library has become stricter; the rule stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    Ed25519PublicKey.from_public_bytes(IDENTITY).verify(IDENTITY + bytes(32), b"any message")
    assert code_of(lambda: keys.ed25519_verify(IDENTITY, b"any message", IDENTITY + bytes(32))) == Code.KEY


@pytest.mark.parametrize("public", [bytes(32), b"\xff" * 32, b"", bytes(31), bytes(33), b"\x02" + bytes(31)])
def test_L10_what_is_no_key_is_refused(public: bytes) -> None:
    assert code_of(lambda: keys.check_ed25519(public)) == Code.KEY


def test_a_key_that_is_no_point_of_the_curve() -> None:
    off_curve = [y for y in range(2, 40) if not points_at(y)]
    assert len(off_curve) > 10
    for y in range(2, 40):
        refused = code_of(lambda: keys.check_ed25519(y.to_bytes(32, "little"))) == Code.KEY  # noqa: B023
        assert refused == (y in off_curve)


@pytest.mark.parametrize("row", ED25519["wycheproof"], ids=lambda row: row["name"])
def test_L10_wycheproof(row: dict[str, Any]) -> None:
    arguments = (bytes.fromhex(row[name]) for name in ("public", "message", "signature"))
    assert code_of(lambda: keys.ed25519_verify(*arguments)) == (None if row["valid"] else Code.SIGNATURE)


@pytest.mark.parametrize("row", ED25519["speccheck"], ids=lambda row: row["name"])
def test_L10_the_twelve_cases_of_taming_the_many_eddsas(row: dict[str, Any]) -> None:
    arguments = (bytes.fromhex(row[name]) for name in ("public", "message", "signature"))
    assert code_of(lambda: keys.ed25519_verify(*arguments)) == row["code"]


@pytest.mark.parametrize("row", X25519["vectors"], ids=lambda row: row["name"])
def test_L10_x25519(row: dict[str, Any]) -> None:
    private, public = bytes.fromhex(row["private"]), bytes.fromhex(row["public"])
    if row["refused"]:
        assert code_of(lambda: keys.x25519(private, public)) == Code.KEY
        assert code_of(lambda: keys.check_x25519(public)) == Code.KEY
    else:
        assert keys.x25519(private, public).hex() == row["shared"]


def test_L10_no_x25519_result_is_zero() -> None:
    """Every u of small order gives zero to every private key; the table holds exactly those that libraries refuse."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    private = X25519PrivateKey.from_private_bytes(b"\x07" * 32)
    assert len(keys._X25519_SMALL) == 5
    for u in keys._X25519_SMALL:
        public = u.to_bytes(32, "little")
        with pytest.raises(ValueError, match="shared key"):
            private.exchange(X25519PublicKey.from_public_bytes(public))
        assert code_of(lambda: keys.x25519(b"\x07" * 32, public)) == Code.KEY  # noqa: B023


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), b"\xff" * 32, (P + 9).to_bytes(32, "little")])
def test_what_is_no_x25519_key_is_refused(public: bytes) -> None:
    assert code_of(lambda: keys.check_x25519(public)) == Code.KEY


def test_keys_follow_from_the_root_secret() -> None:
    secrets = keys.derive(bytes.fromhex(DERIVATION["root"]))
    assert {field.name: getattr(secrets, field.name).hex() for field in fields(secrets)} == DERIVATION["private"]
    assert {role: public.hex() for role, public in keys.public_keys(secrets).items()} == DERIVATION["public"]
    assert len(set(DERIVATION["private"].values())) == len(keys.ROLES) == 7


def test_hkdf_is_rfc_5869() -> None:
    """Test case 3 of RFC 5869, appendix A.3 (no salt, no info), the first 32 of its 42 bytes."""
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert keys.hkdf(b"\x0b" * 22, b"").hex() == expected


def test_secrets_do_not_show() -> None:
    secrets = keys.derive(b"\x01" * 32)
    assert secrets.log.hex()[:8] not in repr(secrets)
    assert repr(secrets.log) not in repr(secrets)


def test_misuse_is_ours() -> None:
    with pytest.raises(LocalError):
        keys.derive(bytes(31))
    with pytest.raises(LocalError):
        keys.public(bytes(32), "nobody")
