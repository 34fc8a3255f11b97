"""What the holder of a granted key signs."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from protocol import delegations, encoding, keys
from protocol.errors import LocalError

SECRET = bytes(range(32))
GRANT = b"g" * 32
BODY: dict[str, Any] = {"thread": b"t" * 32, "waybill": "SF1", "lines": [{"line": 1, "quantity": 2}]}


def test_the_statement_binds_grant_type_and_body() -> None:
    content = hashlib.sha256(encoding.encode(BODY)).digest()
    wanted = b"hanse/capability/1\n" + GRANT + b"shipment.handover\n" + content
    assert delegations.statement(GRANT, "shipment.handover", BODY) == wanted
    assert delegations.statement(GRANT, "shipment.handover", {**BODY, "by": {"grant": GRANT}}) == wanted


def test_a_signature_stands_for_what_was_signed_and_nothing_else() -> None:
    signature = delegations.sign(SECRET, GRANT, "shipment.handover", BODY)
    public = keys.public(SECRET, "log")

    def stands(**changes: Any) -> bool:
        given: dict[str, Any] = {"public": public, "grant": GRANT, "type": "shipment.handover", "body": BODY}
        return delegations.stands(**{**given, "signature": signature, **changes})

    assert stands()
    assert not stands(grant=b"h" * 32)
    assert not stands(type="shipment.status")
    assert not stands(body={**BODY, "waybill": "SF2"})
    assert not stands(public=keys.public(GRANT, "log"))
    assert not stands(signature=signature[:-1])
    assert not stands(signature=bytes(64))
    assert not stands(public=bytes(32))  # a point of small order
    assert not stands(body={**BODY, "weight": 1.5})  # no HCM


def test_a_grant_is_named_by_a_hash() -> None:
    with pytest.raises(LocalError):
        delegations.statement(b"short", "shipment.handover", BODY)
