"""How a merchant wants to be paid: the content of the blobs that its card names (docs/protocol.md section 11.8).

None of it stands in a logbook: an account may be a person's. The card holds the hash of it, and the salt in it keeps
whoever sees that hash from trying accounts until one fits.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts import amounts, currencies, documents
from contracts.documents.fields import UNSAFE, Currency, Fields

CODE_BYTES_MAX: Final = 512 * 1024
"""A picture of a collection code; one that a telephone shows has about 100 KiB."""
BYTES_MAX: Final = CODE_BYTES_MAX + 16 * 1024
"""The whole of it, encoded: what a card calls larger is not asked for."""
SALT_BYTES: Final = 32

IBAN_FORM: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LENGTHS: Final = (
    "AD24 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GI23 GR27 HR21 HU28 IE22 IS26 IT27 LI21 "
    "LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SE24 SI19 SK24 SM27 VA22"
)
IBAN_LENGTHS: Final = {row[:2]: int(row[2:]) for row in _LENGTHS.split()}
"""Characters of an IBAN by country, where euros are paid by SEPA credit transfers (the SWIFT registry of IBANs)."""

EPC_MINOR_MAX: Final = 999_999_999_99
EPC_BYTES_MAX: Final = 331
"""Of the content of such a code: version 13 at error correction M (EPC069-12, section 2.2)."""


def iban_ok(iban: str) -> bool:
    """ISO 13616-1: the first four characters moved to the end and letters read as 10 to 35 leave 1 modulo 97."""
    if not IBAN_FORM.fullmatch(iban) or len(iban) != IBAN_LENGTHS.get(iban[:2], len(iban)):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def _check_iban(iban: str) -> str:
    if not iban_ok(iban):
        raise PydanticCustomError("payee.iban", "{wanted}", {"wanted": "an IBAN with right check digits", "got": iban})
    return iban


Holder = Annotated[str, StringConstraints(min_length=1, max_length=70, pattern=rf"^[^{UNSAFE}]+$")]  # as SEPA has it
Bank = Annotated[str, StringConstraints(min_length=1, max_length=140, pattern=rf"^[^{UNSAFE}]+$")]
Iban = Annotated[str, AfterValidator(_check_iban)]
Bic = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$")]  # ISO 9362
Number = Annotated[str, StringConstraints(min_length=4, max_length=34, pattern=r"^[A-Za-z0-9-]+$")]
# no name and password before the host, and nothing that needs escaping anywhere
Link = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9/?&=%_.~+:@#-]*)?$"),
]


class Details(Fields):
    """`holder` has the account `iban`, or `number` at `bank` (in China the branch); or a `link` leads to where one
    pays; or `code` is the picture of a code that is scanned, PNG, JPEG or WebP. `salt` is random, 32 bytes."""

    currency: Currency
    holder: Holder
    iban: Iban | None = None
    bic: Bic | None = None
    number: Number | None = None
    bank: Bank | None = None
    link: Link | None = None
    code: Annotated[bytes, Field(min_length=1, max_length=CODE_BYTES_MAX)] | None = None
    salt: Annotated[bytes, Field(min_length=SALT_BYTES, max_length=SALT_BYTES)]

    @model_validator(mode="after")
    def _payable(self) -> Details:
        if self.currency not in currencies.EXPONENTS:
            raise _wrong("document.currency", "an active ISO 4217 code", "currency", self.currency)
        if self.iban and self.number:
            raise _wrong("document.conflict", "an IBAN or another account number", "number", self.number)
        if self.number and not self.bank:
            raise _wrong("document.missing", "the bank of this account", "bank", "")
        if not (self.iban or self.number or self.link or self.code):
            raise _wrong("payee.nothing", "an account, a link or a collection code", "iban", "")
        return self


def _wrong(code: str, wanted: str, path: str, got: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{wanted}", {"wanted": wanted, "path": path, "got": got})


def read(content: object) -> Details:
    """The details in a decoded blob. Raises `Refused` with every fault."""
    return documents.read(Details, content)


def is_same(one: Details, other: Details) -> bool:
    """Whether two details say the same: the salt says nothing."""
    return one.model_dump(exclude={"salt"}) == other.model_dump(exclude={"salt"})


def reference(name: bytes) -> str:
    """What a transfer says that pays the statement or invoice with this hash (32 bytes): as every bank passes it on."""
    return "HS" + name.hex()[:16].upper()


def epc(details: Details, minor: int, reference: str) -> str | None:
    """The content of the QR code by which banking applications fill in a SEPA credit transfer (EPC069-12, version 002).

    `minor`: cents. None where there is no such code: for other currencies, without an IBAN, and beyond its bounds.
    """
    if details.currency != "EUR" or details.iban is None or not 1 <= minor <= EPC_MINOR_MAX:
        return None
    amount = f"EUR{amounts.decimal_text(minor, 2)}"
    lines = ["BCD", "002", "1", "SCT", details.bic or "", details.holder, details.iban, amount, "", "", reference]
    content = "\n".join(lines)
    return content if len(content.encode()) <= EPC_BYTES_MAX else None
