"""What a merchant told us once about the files of one sender, so that nothing about them is ever guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """Answers that hold for every file of one sender. The defaults mean "not asked yet".

    shop: name of the shop whose orders these are, for files without a shop column.
    currency: ISO 4217 code of amounts that name none.
    decimal_comma: True for 1.234,50, False for 1,234.50; None refuses every figure that could be either.
    language: BCP 47 tag of titles under a heading that names no language.
    encoding: name of the character set of CSV files; None sniffs UTF-8, UTF-16 with BOM and GB18030.
    delimiter: `,` `;` or a tab; None takes the one that the heading line uses.
    sheet: name of the worksheet; None takes the only one whose headings are understood.
    mapping: heading as written in the file -> field name, or "" to leave that column out.
    supply_heading: in a Shopify product export, the column that holds the supply price. Without it there is none:
        "Variant Price" is what a consumer pays, and "Cost per item" is the sender's own secret.
    unpaid: also take orders that the shop has not been paid for (cash on delivery).
    """

    shop: str = ""
    currency: str = ""
    decimal_comma: bool | None = None
    language: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    supply_heading: str = ""
    unpaid: bool = False
