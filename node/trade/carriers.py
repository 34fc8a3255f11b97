"""Carriers: a document names one by a code of Latin letters; merchants write its name, mostly in Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from contracts.documents import fields

CODE_CHARACTERS_MAX: Final = 32
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "SF": ("顺丰", "顺丰速运", "顺丰快递", "SF Express"),
    "ZTO": ("中通", "中通快递", "ZTO Express"),
    "YTO": ("圆通", "圆通速递", "圆通快递", "YTO Express"),
    "STO": ("申通", "申通快递", "STO Express"),
    "YUNDA": ("韵达", "韵达快递", "韵达速递", "Yunda Express"),
    "JT": ("极兔", "极兔速递", "极兔快递", "J&T", "J&T Express"),
    "JD": ("京东", "京东快递", "京东物流", "JD Logistics"),
    "EMS": ("邮政EMS", "中国邮政EMS", "邮政速递", "邮政特快", "特快专递"),
    "CHINA-POST": ("邮政", "中国邮政", "邮政快递", "邮政包裹", "邮政快递包裹", "China Post"),
    "DEPPON": ("德邦", "德邦快递", "德邦物流", "Deppon Express"),
    "BEST": ("百世", "百世快递", "百世汇通", "Best Express"),
    "CAINIAO": ("菜鸟", "菜鸟速递", "丹鸟"),
    "ZJS": ("宅急送",),
    "UC": ("优速", "优速快递"),
    "DHL": ("DHL Express", "敦豪"),
    "UPS": ("联合包裹",),
    "FEDEX": ("FedEx Express", "联邦快递"),
    "USPS": ("US Postal Service",),
    "DPD": (),
    "GLS": (),
    "ROYAL-MAIL": ("Royal Mail",),
}
"""Our codes, and what people call these carriers."""

_CODE: Final = re.compile(fields.CODE_PATTERN)


def plain(name: str) -> str:
    """A name without what people write differently: width, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


_CODES: Final = {plain(name): code for code, names in NAMES.items() for name in (code, *names)}


def code(name: str) -> str | None:
    """The code of a carrier's name. A code that is not in the list stays as it is; None for anything else."""
    known = _CODES.get(plain(name))
    stripped = name.strip()
    fits = len(stripped) <= CODE_CHARACTERS_MAX and _CODE.fullmatch(stripped)
    return known or (stripped if fits else None)
