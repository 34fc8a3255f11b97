"""What an arbiter signs."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from protocol import awards, encoding, keys
from protocol.errors import LocalError

SECRET = bytes(range(32))
DISPUTE = b"d" * 32
AWARD: dict[str, Any] = {"dispute": DISPUTE, "deltas": [{"to": "buyer", "amount": {"a": 600, "c": "EUR", "e": 2}}]}


def test_the_statement_binds_dispute_and_award() -> None:
    content = hashlib.sha256(encoding.encode(AWARD)).digest()
    assert awards.statement(DISPUTE, AWARD) == b"hanse/award/1\n" + DISPUTE + content


def test_a_signature_stands_for_what_was_signed_and_nothing_else() -> None:
    signature = awards.sign(SECRET, DISPUTE, AWARD)
    public = keys.public(SECRET, "settle")

    def stands(**changes: Any) -> bool:
        given: dict[str, Any] = {"public": public, "dispute": DISPUTE, "award": AWARD, "signature": signature}
        return awards.stands(**{**given, **changes})

    assert stands()
    assert not stands(dispute=b"e" * 32)
    assert not stands(award={**AWARD, "deltas": []})
    assert not stands(public=keys.public(bytes(32), "settle"))
    assert not stands(signature=signature[:-1])
    assert not stands(award={"a": 1.5})
    with pytest.raises(LocalError):
        awards.statement(b"short", AWARD)
