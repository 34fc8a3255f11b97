"""Where goods come from: names of countries, and of China's provinces, to ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

import unicodedata

from node.connectors.spreadsheets import cells
from node.connectors.spreadsheets.faults import CellRefused, FaultCode
from node.connectors.spreadsheets.tables import Cell

_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
CODES = frozenset(_CODES.split())
"""The officially assigned codes."""

_NAMES = {
    "中国": "CN", "中国大陆": "CN", "china": "CN", "prc": "CN", "中国香港": "HK", "香港": "HK", "hong kong": "HK",
    "日本": "JP", "japan": "JP", "韩国": "KR", "south korea": "KR", "korea": "KR", "越南": "VN", "vietnam": "VN",
    "泰国": "TH", "thailand": "TH", "印度": "IN", "india": "IN", "印尼": "ID", "印度尼西亚": "ID", "indonesia": "ID",
    "马来西亚": "MY", "malaysia": "MY", "新加坡": "SG", "singapore": "SG", "孟加拉国": "BD", "bangladesh": "BD",
    "土耳其": "TR", "turkey": "TR", "türkiye": "TR", "德国": "DE", "germany": "DE", "法国": "FR", "france": "FR",
    "意大利": "IT", "italy": "IT", "西班牙": "ES", "spain": "ES", "葡萄牙": "PT", "portugal": "PT", "荷兰": "NL",
    "netherlands": "NL", "波兰": "PL", "poland": "PL", "英国": "GB", "uk": "GB", "united kingdom": "GB",
    "美国": "US", "usa": "US", "united states": "US", "加拿大": "CA", "canada": "CA", "墨西哥": "MX", "mexico": "MX",
    "巴西": "BR", "brazil": "BR", "澳大利亚": "AU", "australia": "AU", "新西兰": "NZ", "new zealand": "NZ",
}  # fmt: skip
_PROVINCES = (
    "北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏", "浙江", "安徽", "福建", "江西",
    "山东", "河南", "湖北", "湖南", "广东", "广西", "海南", "重庆", "四川", "贵州", "云南", "西藏", "陕西", "甘肃",
    "青海", "宁夏", "新疆", "中国",
)  # fmt: skip


def read(cell: Cell) -> str:
    """The alpha-2 code of a country given as a code or name, or as a place that begins with a province of China."""
    shown = cells.text(cell)
    name = " ".join(unicodedata.normalize("NFKC", shown[:64]).split())
    if name.upper() in CODES:
        return name.upper()
    code = _NAMES.get(name.casefold()) or ("CN" if name.startswith(_PROVINCES) else None)
    if code is None:
        raise CellRefused(FaultCode.ORIGIN, "an ISO 3166 code such as CN, or the name of a country", shown)
    return code
