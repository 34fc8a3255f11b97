"""Share documents: one price belongs to more than two, and whoever holds it says what came of it (S11)."""

from __future__ import annotations

from typing import ClassVar, Final

from contracts.documents.fields import BUYER, Code, Document, Hash, Money


class Report(Document):
    """What the author (the agreement's buyer) owes for a sale elsewhere, by the row `share` of the agreement's `shares`
    that names its seller: `amount` of `base`, the value without tax of the goods that stayed sold. `source` is a salted
    commitment to the order (law 9). Without `thread` it opens the share of that sale; with it, it says anew what all of
    it comes to, as after a further shipment or a refund.
    """

    TYPE: ClassVar[str] = "share.report"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash | None = None
    agreement: Hash
    share: Code
    source: Hash
    base: Money
    amount: Money


TYPES: Final[tuple[type[Document], ...]] = (Report,)
