"""Passkeys as a second factor (W3C Web Authentication level 3), by the library `webauthn`.

A passkey belongs to one site: the name under which the browser saw the console. Browsers give passkeys to `localhost`
and to HTTPS only, and never to a bare address.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import webauthn
from webauthn.helpers import exceptions, structs

from node import errors

Json = dict[str, Any]

CHALLENGE_BYTES: Final = 32
CHALLENGE_MS: Final = 300_000
"""How long a challenge may be answered."""
RESPONSE_BYTES_MAX: Final = 16_384


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser is: `host` without port, and the whole `origin` as in https://shop.example:7444."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a passkey. `sign_count`: of the last use; zero for ever where the authenticator keeps none."""

    id: bytes
    public_key: bytes
    sign_count: int


def invitation(site: Site, user: bytes, name: str, challenge: bytes, known: Sequence[bytes]) -> Json:
    """What the browser is asked when a passkey is made; `user` are up to 64 bytes that say nothing of the person."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Hanse",
        user_name=name,
        user_id=user,
        challenge=challenge,
        exclude_credentials=descriptors(known),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    asked: Json = json.loads(webauthn.options_to_json(options))
    return asked


def made(site: Site, challenge: bytes, response: Json) -> Credential:
    """The passkey that the browser made. NodeError `operator.passkey`."""
    try:
        checked = webauthn.verify_registration_response(
            credential=bounded(response),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except (exceptions.WebAuthnException, ValueError, TypeError, KeyError, RecursionError) as error:
        raise unproved(error) from None
    return Credential(checked.credential_id, checked.credential_public_key, checked.sign_count)


def question(site: Site, challenge: bytes, known: Sequence[bytes]) -> Json:
    """What the browser is asked when somebody signs in."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=challenge, allow_credentials=descriptors(known)
    )
    asked: Json = json.loads(webauthn.options_to_json(options))
    return asked


def proved(site: Site, challenge: bytes, response: Json, known: Credential) -> int:
    """The sign count after a passkey was used. NodeError `operator.passkey`, also for a count that did not grow."""
    try:
        return webauthn.verify_authentication_response(
            credential=bounded(response),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
        ).new_sign_count
    except (exceptions.WebAuthnException, ValueError, TypeError, KeyError, RecursionError) as error:
        raise unproved(error) from None


def used(response: Json) -> bytes:
    """Which passkey a response claims to come from. NodeError `operator.passkey`."""
    try:
        return webauthn.base64url_to_bytes(str(response["rawId"])[:RESPONSE_BYTES_MAX])
    except (ValueError, KeyError) as error:
        raise unproved(error) from None


def descriptors(known: Sequence[bytes]) -> list[structs.PublicKeyCredentialDescriptor]:
    """Passkeys as the browser names them."""
    return [structs.PublicKeyCredentialDescriptor(id=id) for id in known]


def bounded(response: Json) -> Json:
    """The response, unless it is too large to be one. ValueError."""
    if len(json.dumps(response)) > RESPONSE_BYTES_MAX:
        raise ValueError("larger than any authenticator answers")
    return response


def unproved(error: Exception) -> errors.NodeError:
    """The NodeError for a response that proves nothing."""
    return errors.NodeError("operator.passkey", "this passkey proves nothing here", got=type(error).__name__)
