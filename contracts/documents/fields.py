"""The kinds of field that documents are made of: hashes, ids, money, quantities, texts, references.

Every model is frozen and strict (no conversions: `1.0`, `"1"` and `true` are no integers) and refuses unknown fields,
except that a key beginning with `x_` is kept and has no effect (`document.model_extra`), so that partners can agree
on additions. Ids are compared as bytes; they refuse control, bidirectional and zero-width characters by an explicit
list of ranges, because a Unicode category would mean something else in the next release (faults.md D22).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts import amounts, currencies

LINES_MAX: Final = 500  # lines of an order, items of a price list or stock report (faults.md D24)
ATTACHMENTS_MAX: Final = 50
TEXT_MAX: Final = 8_000  # characters of a description; an entry holds 65,535 bytes in all
UNSAFE: Final = (
    r"\x{00}-\x{1F}\x{7F}-\x{9F}\x{AD}\x{61C}\x{180E}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{206F}\x{FEFF}"
    r"\x{FFF9}-\x{FFFB}\x{E0000}-\x{E007F}"
)
EXTENSION_PATTERN: Final = r"^x_[a-z0-9_]{1,30}$"
CODE_PATTERN: Final = r"^[A-Za-z0-9._/-]+$"
REFERENCE_PATTERN: Final = r"^[A-Za-z0-9/?:().,'+ -]+$"  # what ISO 20022 carries through every bank
FORMS: Final = {
    CODE_PATTERN: "Latin letters, digits and . _ / -",
    REFERENCE_PATTERN: "Latin letters, digits, spaces and / ? : ( ) . , ' + -",
}
"""What a pattern means, in words."""
# Whether a field is a quantity or an amount is asked by its name, and only on the way to an error.
QUANTITY_FIELDS: Final = frozenset(
    {
        *("quantity", "new_quantity", "outstanding", "accepted", "short", "rejected", "base", "from_quantity"),
        *("min_quantity", "max_quantity", "increment", "available", "difference"),
    }
)
MONEY_FIELDS: Final = frozenset(["a", "e", "opening", "total", "closing"])

Extension = Annotated[str, StringConstraints(pattern=EXTENSION_PATTERN)]
Item = TypeVar("Item")


class Fields(BaseModel):
    """A map inside a document."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", revalidate_instances="never")
    __pydantic_extra__: dict[Extension, object]


class Document(Fields):
    """The body of an entry. `TYPE` and `VERSION` are the entry's `t` and `v`; `SIGNERS` the roles of the table.

    Where a document was made from one on another channel of its author, `parent` (what a buyer wants, on its way to
    the supplier) or `upstream` (what the supplier says, on its way to the buyer) is a commitment to that one: salted,
    so that it tells nothing until it is opened (docs/protocol.md section 11.7). The fold draws nothing from them.
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    SIGNERS: ClassVar[frozenset[str]] = frozenset({"seller", "buyer"})


SELLER: Final = frozenset({"seller"})
BUYER: Final = frozenset({"buyer"})

# --- bytes
Hash = Annotated[bytes, Field(min_length=32, max_length=32)]
NodeId = Annotated[bytes, Field(min_length=32, max_length=32)]
Bytes16 = Annotated[bytes, Field(min_length=16, max_length=16)]
Bytes8 = Annotated[bytes, Field(min_length=8, max_length=8)]

# --- texts
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=rf"^[^{UNSAFE}]+$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=rf"^[^{UNSAFE}]+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=rf"^[^{UNSAFE}]+$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=CODE_PATTERN)]
Text = Annotated[
    str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=r"^[^\x{00}-\x{08}\x{0B}-\x{1F}\x{7F}]+$")
]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]  # BCP 47
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]  # ISO 3166-1 alpha-2
Region = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}-[A-Z0-9]{1,3}|[0-9]{6})$")]  # ISO 3166-2, GB/T 2260
Unit = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,3}$")]  # UN/ECE Rec 20
Media = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9.+-]+/[A-Za-z0-9.+-]+$")]  # RFC 6838
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]  # ISO 8601
Rate = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$")]  # not negative
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Role = Literal["seller", "buyer"]
Silence = Literal["accept", "reject", "lapse"]
Level = Literal["none", "country", "province", "city"]  # how closely a place is named, from nothing on

# --- numbers
Line = Annotated[int, Field(ge=1, le=9_999)]
Position = Annotated[int, Field(ge=0, le=LINES_MAX - 1)]
Size = Annotated[int, Field(ge=0, le=2**53 - 1)]
Seconds = Annotated[int, Field(ge=0, le=10 * 366 * 86_400)]  # a duration, at most ten years
Moment = Annotated[int, Field(ge=0, le=2**53 - 1)]  # unix seconds; a claim, never decides anything (faults.md D21)
Quantity = Annotated[int, Field(ge=1, le=amounts.QUANTITY_MAX)]
QuantityOrNone = Annotated[int, Field(ge=0, le=amounts.QUANTITY_MAX)]
Difference = Annotated[int, Field(ge=-amounts.QUANTITY_MAX, le=amounts.QUANTITY_MAX)]
Base = Annotated[int, Field(ge=1, le=amounts.BASE_MAX)]
Balance = Annotated[int, Field(ge=-amounts.BALANCE_MAX, le=amounts.BALANCE_MAX)]

# --- lists. `strict=False` only lets the tuple be made of an HCM array; the members stay strict.
Lines = Annotated[tuple[Item, ...], Field(strict=False, min_length=1, max_length=LINES_MAX)]
Hashes = Annotated[tuple[Hash, ...], Field(strict=False, max_length=ATTACHMENTS_MAX)]
Roles = Annotated[tuple[Role, ...], Field(strict=False, max_length=2)]
Short = Annotated[tuple[Item, ...], Field(strict=False, max_length=ATTACHMENTS_MAX)]


class Money(Fields):
    """`a` minor units of currency `c`, whose ISO 4217 exponent is `e`: {"a": 12345, "c": "EUR", "e": 2} is 123.45."""

    a: Annotated[int, Field(ge=0, le=amounts.AMOUNT_MAX)]
    c: Currency
    e: Annotated[int, Field(ge=0, le=4)]

    @model_validator(mode="after")
    def _iso_4217(self) -> Money:
        exponent = currencies.EXPONENTS.get(self.c)
        if exponent != self.e:
            wanted = "an active ISO 4217 code" if exponent is None else f"exponent {exponent} for {self.c}"
            raise PydanticCustomError("document.currency", "{wanted}", {"wanted": wanted, "got": f"{self.c}/{self.e}"})
        return self

    @property
    def money(self) -> amounts.Money:
        """The same as an amount to calculate with."""
        return amounts.Money(self.a, self.c)


class Price(Fields):
    """`amount` for `base` units (UBL PriceAmount and BaseQuantity), net of `tax` where a tax is named."""

    amount: Money
    base: Base = 1


class Tax(Fields):
    """UBL TaxCategory: UNCL5305 `category` (S, Z, E, AE, K, G, O ...), `percent`, `scheme` (VAT, GST)."""

    category: Code
    percent: Rate
    scheme: Code = "VAT"


class Attachment(Fields):
    """A blob beside the entry: `hash` is the SHA-256 of its `len` bytes."""

    name: Label
    media: Media
    len: Size
    hash: Hash


class PersonalData(Fields):
    """Reference to sealed personal data (protocol.md section 11.4); `o`, `i` where a dealer passes it on unread."""

    cm: Hash
    ct: Hash
    kid: Bytes8
    len: Size
    x: Code
    o: Label | None = None
    i: Bytes16 | None = None


class Destination(Fields):
    """Where goods go, by codes alone and no finer than a city or province: what a dealer in the middle may see, as far
    as the agreement's `disclosure` goes (table T11)."""

    country: Country
    region: Region | None = None

    @property
    def level(self) -> str:
        """How closely it names the place. Of a Chinese code a province's ends in four zeros, a city's in two."""
        if self.region is None:
            return "country"
        if not self.region.isdigit() or self.region.endswith("0000"):
            return "province"
        return "city" if self.region.endswith("00") else "county"


Attachments = Annotated[tuple[Attachment, ...], Field(strict=False, max_length=ATTACHMENTS_MAX)]


def gtin_ok(code: str) -> bool:
    """GS1 General Specifications 7.9: the last digit makes the weighted sum (3, 1, 3 ... from the right) end in 0."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0


def check_gtin(code: str) -> str:
    """Refuses a GTIN-8, -12, -13 or -14, GLN or SSCC whose check digit is wrong: they share the rule."""
    if not gtin_ok(code):
        raise PydanticCustomError("document.gtin", "{wanted}", {"wanted": "a right check digit", "got": code})
    return code


def repeated(what: str, path: str, got: object) -> PydanticCustomError:
    """The error for something that may stand only once in a document."""
    return PydanticCustomError("document.repeated", "{wanted}", {"wanted": what, "path": path, "got": str(got)})


Gln = Annotated[str, StringConstraints(pattern=r"^[0-9]{13}$"), AfterValidator(check_gtin)]  # GS1 location number
Sscc = Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$"), AfterValidator(check_gtin)]  # GS1 number of a parcel
