"""Units of sale as people write them, and their codes (UN/ECE Rec 20; packages are X + Rec 21)."""

from __future__ import annotations

import unicodedata

from node.connectors.spreadsheets import cells
from node.connectors.spreadsheets.faults import CellRefused, FaultCode
from node.connectors.spreadsheets.tables import Cell

ONE = "C62"
"""What a sheet without a unit sells in."""

_WORDS: dict[str, tuple[str, ...]] = {
    "H87": (
        "件",
        "pcs",
        "pc",
        "piece",
        "pieces",
        "each",
        "ea",
        "unit",
        "个",
        "只",
        "支",
        "枚",
        "条",
        "张",
        "把",
        "本",
        "顶",
        "块",
        "片",
        "根",
        "台",
        "盏",
        "幅",
        "册",
        "床",
    ),
    "C62": ("one",),
    "SET": ("套", "set", "sets", "组"),
    "PR": ("双", "pair", "pairs", "对", "副"),
    "DZN": ("打", "dozen"),
    "XBX": ("盒", "box", "boxes"),
    "XCT": ("箱", "carton", "cartons"),
    "XBG": ("袋", "bag", "bags"),
    "XPK": ("包", "pack", "packs", "package"),
    "XBO": ("瓶", "bottle", "bottles"),
    "XRO": ("卷", "roll", "rolls"),
    "KGM": ("千克", "kg", "公斤", "kilogram"),
    "GRM": ("克", "g", "gram"),
    "MTR": ("米", "m", "metre", "meter"),
    "CMT": ("厘米", "cm"),
    "LTR": ("升", "l", "litre", "liter"),
    "MLT": ("毫升", "ml"),
    "MTK": ("平方米", "m2", "sqm"),
}
CODES = tuple(_WORDS)
_CODE_OF = {word: code for code, words in _WORDS.items() for word in words}


def read(cell: Cell) -> str:
    """The code of a unit from its word or the code itself."""
    shown = cells.text(cell)
    word = unicodedata.normalize("NFKC", shown[:24]).strip().rstrip(".").casefold()
    if word.upper() in _WORDS:
        return word.upper()
    if word not in _CODE_OF:
        raise CellRefused(FaultCode.UNIT, "a unit such as 件 (pcs), 套 (set), 盒 (box) or its UN/ECE code", shown)
    return _CODE_OF[word]


def word(code: str, language: str) -> str:
    """What people call a unit, in Chinese for `zh` and in English otherwise; a code we have no word for stays."""
    words = _WORDS.get(code, (code,))
    return words[0] if language.startswith("zh") or len(words) == 1 else words[1]
