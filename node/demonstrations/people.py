"""Consumers who do not exist: invented names at invented streets in real places, with telephone numbers of nobody.

Provinces, cities and districts are real, so that routing by place can be shown. Street names say that they are
examples. Telephone numbers are nobody's: in China of the prefix 154, which had no carrier when this was written; in the
United States 555-0100 to 555-0199; in Britain 07700 900000 to 900999, which Ofcom keeps for drama.
"""

from __future__ import annotations

import random

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = (
    "子涵", "雨桐", "浩然", "思远", "梓萱", "佳怡", "文博", "晓东", "丽华", "建国", "秀英", "明轩", "静", "伟", "敏",
    "欣怡", "俊杰", "可馨", "志强", "雅琴", "若曦", "一诺", "天佑", "芳", "磊", "慧敏", "海涛", "书瑶", "宇航", "玉兰",
)  # fmt: skip
_PLACES = """
浙江省 杭州市 西湖区 310000
浙江省 宁波市 鄞州区 315000
浙江省 金华市 义乌市 322000
江苏省 南京市 鼓楼区 210000
江苏省 苏州市 姑苏区 215000
江苏省 无锡市 滨湖区 214000
广东省 广州市 天河区 510000
广东省 深圳市 南山区 518000
广东省 佛山市 禅城区 528000
广东省 东莞市 - 523000
福建省 厦门市 思明区 361000
福建省 泉州市 丰泽区 362000
山东省 济南市 历下区 250000
山东省 青岛市 市南区 266000
河南省 郑州市 金水区 450000
河北省 石家庄市 长安区 050000
湖北省 武汉市 武昌区 430000
湖南省 长沙市 岳麓区 410000
四川省 成都市 武侯区 610000
四川省 绵阳市 涪城区 621000
重庆市 重庆市 渝中区 400000
陕西省 西安市 雁塔区 710000
辽宁省 沈阳市 和平区 110000
辽宁省 大连市 中山区 116000
黑龙江省 哈尔滨市 南岗区 150000
吉林省 长春市 朝阳区 130000
安徽省 合肥市 蜀山区 230000
江西省 南昌市 东湖区 330000
广西壮族自治区 南宁市 青秀区 530000
云南省 昆明市 五华区 650000
贵州省 贵阳市 云岩区 550000
山西省 太原市 小店区 030000
甘肃省 兰州市 城关区 730000
海南省 海口市 龙华区 570000
新疆维吾尔自治区 乌鲁木齐市 天山区 830000
北京市 北京市 朝阳区 100000
上海市 上海市 浦东新区 200000
天津市 天津市 和平区 300000
"""
"""Province, city, district (a dash where the city has none) and the city's postal code."""
_STREETS = ("演示大道", "示例路", "样本街", "示范路", "模拟北路")
_ESTATES = ("示例花园", "演示新村", "样本公寓", "示范小区")
_NOTES = ("", "", "", "", "请放门卫", "送货前打电话", "轻拿轻放", "礼品,勿放价格单", "周末送")

_FIRST_NAMES = ("Ann", "Ben", "Clara", "David", "Ella", "Frank", "Grace", "Henry", "Iris", "Jack", "Kate", "Leo")
_LAST_NAMES = ("Example", "Sample", "Specimen", "Placeholder", "Demo", "Testwood", "Fictley")
_FOREIGN = (
    ("US", "MA", "Boston", "02108"), ("US", "CA", "Oakland", "94607"), ("US", "TX", "Austin", "78701"),
    ("US", "WA", "Seattle", "98101"), ("GB", "", "Bristol", "BS1 4DJ"), ("GB", "", "Leeds", "LS1 1UR"),
    ("GB", "", "Cardiff", "CF10 1EP"),
)  # fmt: skip
_FOREIGN_NOTES = ("", "", "", "Leave with a neighbour", "Gift, no invoice please")


def chinese(dice: random.Random) -> dict[str, str]:
    """A recipient in China: name, phone, province, city, district, street, zip, note; empty ones left out."""
    province, city, district, code = dice.choice(_PLACES.split("\n")[1:-1]).split()
    flat = f"{dice.randint(1, 28)}幢{dice.randint(1, 4)}单元{dice.randint(1, 18)}0{dice.randint(1, 4)}室"
    recipient = {
        "name": dice.choice(_SURNAMES) + dice.choice(_GIVEN),
        "phone": f"154{dice.randint(0, 99_999_999):08d}",
        "province": province,
        "city": city,
        "district": district.strip("-"),
        "street": f"{dice.choice(_STREETS)}{dice.randint(1, 399)}号{dice.choice(_ESTATES)}{flat}",
        "zip": code,
        "note": dice.choice(_NOTES),
    }
    return {field: value for field, value in recipient.items() if value}


def foreign(dice: random.Random) -> dict[str, str]:
    """A recipient in the United States or Britain, with the same fields and the country's code."""
    country, province, city, code = dice.choice(_FOREIGN)
    last = dice.randint(100, 199) if country == "US" else dice.randint(0, 999)
    recipient = {
        "name": f"{dice.choice(_FIRST_NAMES)} {dice.choice(_LAST_NAMES)}",
        "phone": f"+1 202 555 0{last}" if country == "US" else f"+44 7700 900{last:03d}",
        "country": country,
        "province": province,
        "city": city,
        "street": f"{dice.randint(1, 199)} Example {dice.choice(('Street', 'Road', 'Lane'))}",
        "zip": code,
        "note": dice.choice(_FOREIGN_NOTES),
    }
    return {field: value for field, value in recipient.items() if value}
