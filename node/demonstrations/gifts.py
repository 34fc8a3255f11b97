"""What the dealer of the demonstration has on its own shelf: wrapping for presents."""

from __future__ import annotations

from node.connectors.spreadsheets.catalogues import CatalogueRow
from node.demonstrations import goods

_KINDS = (
    ("GF-901", "礼品盒", "Gift box", 480, (("红", "RED"), ("白", "WHT"), ("墨绿", "GRN"))),
    ("GF-902", "手提礼品袋", "Gift bag", 190, (("大", "L"), ("小", "S"))),
    ("GF-903", "手写贺卡", "Handwritten card", 150, (("生日", "BDY"), ("新年", "NYR"), ("感谢", "THX"))),
)
"""Number, names, cost in fen, choices with what each adds to the SKU."""

ON_HAND = 900


def assortment() -> tuple[CatalogueRow, ...]:
    """Eight articles. Pure, like `goods.catalogue`."""
    return tuple(
        CatalogueRow(
            sku=f"{number}-{code}",
            titles={"zh": zh, "en": en},
            options={"款式": choice},
            unit="H87",
            price_minor=cost,
            retail_minor=cost * 2 + 10,
            currency=goods.CURRENCY,
            stock=ON_HAND,
            gtin=None,
            weight_g=120,
            origin="CN",
            lead_days=1,
            returnable=False,
            min_quantity=1,
            description="",
            image="",
            row=0,
            category="礼品",
        )
        for number, zh, en, cost, choices in _KINDS
        for choice, code in choices
    )
