"""A factory's goods for the demonstration: invented, but such as a shop really sells."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from contracts.documents import fields
from node.connectors.spreadsheets.catalogues import CatalogueRow

CURRENCY = "CNY"
LINES = ("tableware", "textiles", "home", "stationery")
"""The product lines; `catalogue` takes one of them or all."""

GTIN_PREFIX = "29"
"""GS1 prefixes 20 to 29 are for restricted circulation: such a number belongs to nobody's article."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an option, with the letters it adds to the SKU and what it adds to the cost, in percent."""

    zh: str
    en: str
    code: str
    cost_percent: int = 0


@dataclass(frozen=True, slots=True)
class Product:
    """One product with two options. cost_minor: fen for the first choices. weight_g: grams of the same."""

    number: int
    zh: str
    en: str
    category: tuple[str, str]
    unit: str
    cost_minor: int
    weight_g: int
    first: tuple[str, str, tuple[Choice, ...]]
    second: tuple[str, str, tuple[Choice, ...]]
    note: tuple[str, str]


def catalogue(language: str = "zh", line: str | None = None) -> tuple[CatalogueRow, ...]:
    """The articles of one line or of all, with titles in both languages and options in `language` (`zh` or `en`).

    Pure: the same arguments always give the same 260 articles, or the line's part of them.
    """
    chosen = [(name, product) for name, products in _PRODUCTS.items() for product in products if line in (None, name)]
    rows: list[CatalogueRow] = []
    for name, product in chosen:
        choices = itertools.product(product.first[2], product.second[2])
        rows.extend(_article(name, product, place, *pair, language) for place, pair in enumerate(choices))
    return tuple(rows)


def handle(row: CatalogueRow) -> str:
    """The name of an article's product in a shop's addresses: its English title in small letters with dashes."""
    return "-".join(row.titles["en"].lower().replace("&", "and").split())


def _article(line: str, product: Product, place: int, first: Choice, second: Choice, language: str) -> CatalogueRow:
    chinese = language == "zh"
    serial = product.number * 100 + place
    cost = product.cost_minor * (100 + first.cost_percent + second.cost_percent) // 100
    names = (product.first[0], product.second[0]) if chinese else (product.first[1], product.second[1])
    values = (first.zh, second.zh) if chinese else (first.en, second.en)
    return CatalogueRow(
        sku=f"{_CODES[line]}-{product.number}-{first.code}-{second.code}",
        titles={"zh": product.zh, "en": product.en},
        options=dict(zip(names, values, strict=True)),
        unit=product.unit,
        price_minor=cost,
        retail_minor=_retail(cost),
        currency=CURRENCY,
        stock=3 if serial % 41 == 0 else 40 + serial * 37 % 960,
        gtin=gtin(serial),
        weight_g=product.weight_g * (100 + second.cost_percent) // 100,
        origin="CN",
        lead_days=1 + product.number % 3,
        returnable=True,
        min_quantity=1,
        description=product.note[0] if chinese else product.note[1],
        image=f"https://images.example/{_CODES[line].lower()}-{product.number}.jpg",
        row=0,
        brand="示范" if chinese else "Sample & Sons",
        category=product.category[0] if chinese else product.category[1],
    )


def gtin(serial: int) -> str:
    """A GTIN-13 of restricted circulation with its check digit."""
    body = f"{GTIN_PREFIX}{serial:010d}"
    return next(body + digit for digit in "0123456789" if fields.gtin_ok(body + digit))


def _retail(cost_minor: int) -> int:
    """About two and a third times the cost, ending in .90 as shops like it."""
    return cost_minor * 7 // 300 * 100 + 90


_CODES = {"tableware": "TW", "textiles": "TX", "home": "HM", "stationery": "ST"}

_WHITE = Choice("白色", "White", "WHT")
_BLACK = Choice("黑色", "Black", "BLK")
_GREY = Choice("灰色", "Grey", "GRY")
_BLUE = Choice("雾蓝", "Mist blue", "BLU")
_GREEN = Choice("抹茶绿", "Matcha green", "GRN")
_PINK = Choice("豆沙粉", "Dusty pink", "PNK")
_BEIGE = Choice("米白", "Oatmeal", "BEI")
_WOOD = Choice("原木色", "Natural wood", "WOD")
_WALNUT = Choice("胡桃木色", "Walnut", "WAL", 12)
_CLEAR = Choice("透明", "Clear", "CLR")
_AMBER = Choice("琥珀", "Amber", "AMB", 8)
_SMOKE = Choice("烟灰", "Smoke", "SMK", 8)
_SMALL = Choice("小号", "Small", "S")
_MEDIUM = Choice("中号", "Medium", "M", 35)
_LARGE = Choice("大号", "Large", "L", 70)
_COLOUR = ("颜色", "Color")
_SIZE = ("尺寸", "Size")
_TABLE = ("餐具", "Tableware")
_BED = ("家纺", "Home textiles")
_HOME = ("家居", "Home")
_DESK = ("文具", "Stationery")

_PRODUCTS: dict[str, tuple[Product, ...]] = {
    "tableware": (
        Product(101, "青花瓷饭碗", "Blue-and-white Rice Bowl", _TABLE, "H87", 680, 180,
                (*_COLOUR, (Choice("青花", "Blue-and-white", "QH"), _WHITE, Choice("粉青", "Celadon", "CEL", 15))),
                (*_SIZE, (Choice("4.5寸", "11 cm", "45"), Choice("6寸", "15 cm", "60", 60),
                          Choice("8寸", "20 cm", "80", 140))),
                ("釉下彩,可进微波炉和洗碗机。", "Underglaze colour, safe in microwave and dishwasher.")),
        Product(102, "哑光马克杯", "Matte Mug", _TABLE, "H87", 920, 340,
                (*_COLOUR, (_WHITE, _BLACK, _BLUE, _GREEN, _PINK)),
                ("容量", "Capacity", (Choice("350ml", "350 ml", "350"), Choice("450ml", "450 ml", "450", 18))),
                ("杯壁厚实,手柄宽大。", "Thick walls and a wide handle.")),
        Product(103, "不锈钢保温杯", "Insulated Steel Tumbler", _TABLE, "H87", 2650, 310,
                (*_COLOUR, (_WHITE, _BLACK, _GREEN, _PINK)),
                ("容量", "Capacity", (Choice("380ml", "380 ml", "380"), Choice("500ml", "500 ml", "500", 14))),
                ("316不锈钢内胆,保温十二小时。", "316 steel inside, keeps warm for twelve hours.")),
        Product(104, "白瓷汤盘", "Porcelain Soup Plate", _TABLE, "H87", 1150, 420,
                (*_COLOUR, (_WHITE, Choice("描金", "Gold rim", "GLD", 25))), (*_SIZE, (_SMALL, _MEDIUM, _LARGE)),
                ("高温白瓷,边沿圆润。", "High-fired porcelain with a soft rim.")),
        Product(105, "粗陶功夫茶具", "Stoneware Tea Set", _TABLE, "SET", 5800, 1350,
                (*_COLOUR, (_BLACK, _GREY, Choice("茶末", "Tea dust", "TEA"), _BEIGE)),
                ("配置", "Pieces", (Choice("一壶四杯", "Pot and 4 cups", "4"),
                                  Choice("一壶六杯", "Pot and 6 cups", "6", 30))),
                ("含竹制茶盘和礼盒。", "With a bamboo tray, in a gift box.")),
        Product(106, "无漆木筷", "Unlacquered Chopsticks", _TABLE, "XPK", 1480, 160,
                (*_COLOUR, (_WOOD, _WALNUT, Choice("鸡翅木", "Wenge", "WEN", 20))),
                ("数量", "Pairs", (Choice("五双", "5 pairs", "5"), Choice("十双", "10 pairs", "10", 85))),
                ("天然木材,手工打磨。", "Natural wood, sanded by hand.")),
        Product(107, "玻璃凉水壶", "Glass Water Jug", _TABLE, "H87", 1890, 620,
                (*_COLOUR, (_CLEAR, _AMBER, _SMOKE)),
                ("容量", "Capacity", (Choice("1.2L", "1.2 l", "12"), Choice("1.8L", "1.8 l", "18", 22))),
                ("高硼硅玻璃,冷热皆宜。", "Borosilicate glass for hot and cold.")),
        Product(108, "双耳砂锅", "Two-handled Casserole", _TABLE, "H87", 3980, 2100,
                (*_COLOUR, (_BLACK, _GREY, _BEIGE)), (*_SIZE, (_SMALL, _MEDIUM, _LARGE)),
                ("锂辉石陶土,干烧不裂。", "Spodumene clay that stands dry heat.")),
    ),
    "textiles": (
        Product(201, "长绒棉毛巾", "Long-staple Cotton Towel", _BED, "H87", 890, 120,
                (*_COLOUR, (_WHITE, _GREY, _BLUE, _GREEN, _PINK, _BEIGE)),
                (*_SIZE, (Choice("面巾 34×76cm", "Hand 34×76 cm", "H"),
                          Choice("浴巾 70×140cm", "Bath 70×140 cm", "B", 210))),
                ("新疆长绒棉,不掉毛。", "Long-staple cotton that does not shed.")),
        Product(202, "水洗棉四件套", "Washed Cotton Bedding Set", _BED, "SET", 9800, 2300,
                (*_COLOUR, (_GREY, _BLUE, _GREEN, _PINK, _BEIGE)),
                (*_SIZE, (Choice("1.5米床", "150 cm bed", "150"), Choice("1.8米床", "180 cm bed", "180", 12),
                          Choice("2.0米床", "200 cm bed", "200", 22))),
                ("含被套、床单和两只枕套。", "Quilt cover, sheet and two pillow cases.")),
        Product(203, "亚麻桌布", "Linen Tablecloth", _BED, "H87", 3200, 480,
                (*_COLOUR, (_WHITE, _GREY, _BLUE, _BEIGE)),
                (*_SIZE, (Choice("90×90cm", "90×90 cm", "90"), Choice("130×180cm", "130×180 cm", "180", 65),
                          Choice("140×220cm", "140×220 cm", "220", 110))),
                ("纯亚麻,可机洗。", "Pure linen, machine-washable.")),
        Product(204, "法兰绒毛毯", "Flannel Blanket", _BED, "H87", 2950, 900,
                (*_COLOUR, (_GREY, _BLUE, _GREEN, _PINK, _BEIGE)),
                (*_SIZE, (Choice("100×150cm", "100×150 cm", "150"), Choice("150×200cm", "150×200 cm", "200", 80))),
                ("双面绒,不起球。", "Soft on both sides, does not pill.")),
        Product(205, "记忆棉靠枕", "Memory Foam Cushion", _BED, "H87", 2680, 750,
                (*_COLOUR, (_GREY, _BLUE, _GREEN, _BEIGE)), (*_SIZE, (_SMALL, _LARGE)),
                ("慢回弹,外套可拆洗。", "Slow-rising foam with a washable cover.")),
        Product(206, "棉麻遮光窗帘", "Cotton-linen Curtain", _BED, "H87", 5600, 1500,
                (*_COLOUR, (_WHITE, _GREY, _BLUE, _BEIGE)),
                (*_SIZE, (Choice("1.5×2.0米", "150×200 cm", "150"), Choice("2.0×2.7米", "200×270 cm", "200", 55),
                          Choice("2.5×2.7米", "250×270 cm", "250", 85))),
                ("单片,挂钩和打孔两用。", "One panel, for hooks or rods.")),
    ),
    "home": (
        Product(301, "大豆蜡香薰", "Soy Wax Candle", _HOME, "H87", 1680, 320,
                ("香型", "Scent", (Choice("白茶", "White tea", "TEA"), Choice("雪松", "Cedar", "CED"),
                                 Choice("桂花", "Osmanthus", "OSM"),
                                 Choice("无花果", "Fig", "FIG"), Choice("海盐", "Sea salt", "SEA"))),
                ("规格", "Weight", (Choice("120g", "120 g", "120"), Choice("220g", "220 g", "220", 60))),
                ("棉芯,燃烧无黑烟。", "Cotton wick that burns without soot.")),
        Product(302, "藤编收纳篮", "Rattan Basket", _HOME, "H87", 2380, 540,
                (*_COLOUR, (_WOOD, _WHITE, _WALNUT)), (*_SIZE, (_SMALL, _MEDIUM, _LARGE)),
                ("手工编织,承重五公斤。", "Woven by hand, holds five kilograms.")),
        Product(303, "软质吸水地垫", "Absorbent Bath Mat", _HOME, "H87", 1960, 650,
                (*_COLOUR, (_GREY, _BLUE, _GREEN, _BEIGE)),
                (*_SIZE, (Choice("40×60cm", "40×60 cm", "60"), Choice("50×80cm", "50×80 cm", "80", 45))),
                ("橡胶防滑底,速干。", "Rubber back, dries fast.")),
        Product(304, "榉木衣架", "Beech Hangers", _HOME, "XPK", 2100, 800,
                (*_COLOUR, (_WOOD, _WALNUT, _WHITE)),
                ("数量", "Count", (Choice("五只装", "Pack of 5", "5"), Choice("十只装", "Pack of 10", "10", 88))),
                ("宽肩无痕,可转挂钩。", "Wide shoulders and a turning hook.")),
        Product(305, "磨砂陶瓷花瓶", "Matte Ceramic Vase", _HOME, "H87", 2250, 700,
                (*_COLOUR, (_WHITE, _BLACK, _GREY, _GREEN, _PINK)), (*_SIZE, (_SMALL, _MEDIUM, _LARGE)),
                ("瓶口收窄,适合干花。", "A narrow neck for dried flowers.")),
        Product(306, "护眼台灯", "Desk Lamp", _HOME, "H87", 6900, 1100,
                (*_COLOUR, (_WHITE, _BLACK, _GREEN)),
                ("供电", "Power", (Choice("插电款", "Mains", "AC"), Choice("充电款", "Rechargeable", "DC", 28))),
                ("三档色温,无频闪。", "Three colour temperatures, no flicker.")),
        Product(307, "折叠收纳箱", "Folding Storage Box", _HOME, "H87", 2780, 1200,
                (*_COLOUR, (_WHITE, _GREY, _GREEN, _PINK)), (*_SIZE, (_SMALL, _MEDIUM, _LARGE)),
                ("五秒展开,可叠放。", "Unfolds in seconds and stacks.")),
    ),
    "stationery": (
        Product(401, "速干中性笔", "Quick-dry Gel Pens", _DESK, "XBX", 980, 130,
                (*_COLOUR, (_BLACK, Choice("深蓝", "Navy", "NVY"), Choice("红色", "Red", "RED"), _GREEN, _PINK, _GREY)),
                ("笔尖", "Tip", (Choice("0.5mm", "0.5 mm", "05"), Choice("0.7mm", "0.7 mm", "07"))),
                ("十二支一盒。", "Box of twelve.")),
        Product(402, "点阵笔记本", "Dotted Notebook", _DESK, "H87", 1260, 260,
                (*_COLOUR, (_BLACK, _GREY, _BLUE, _GREEN, _PINK)),
                ("开本", "Format", (Choice("A6", "A6", "A6"), Choice("A5", "A5", "A5", 30),
                                  Choice("B5", "B5", "B5", 55))),
                ("平摊不折页,100克纸。", "Lies flat, 100 g paper.")),
        Product(403, "帆布笔袋", "Canvas Pencil Case", _DESK, "H87", 860, 90,
                (*_COLOUR, (_BLACK, _GREY, _BLUE, _GREEN, _BEIGE)),
                ("款式", "Style", (Choice("单层", "One pocket", "1"), Choice("双层", "Two pockets", "2", 40))),
                ("水洗帆布,金属拉链。", "Washed canvas with a metal zip.")),
        Product(404, "和纸胶带", "Washi Tape", _DESK, "XRO", 320, 30,
                ("图案", "Pattern", (Choice("格纹", "Check", "CHK"), Choice("花草", "Botanical", "BOT"),
                                   Choice("几何", "Geometric", "GEO"),
                                   Choice("水彩", "Watercolour", "WAT"),
                                   Choice("星空", "Night sky", "SKY"), Choice("素色", "Plain", "PLN"))),
                ("宽度", "Width", (Choice("15mm", "15 mm", "15"), Choice("30mm", "30 mm", "30", 60))),
                ("可撕可写,不留胶。", "Tears by hand, leaves no glue.")),
        Product(405, "金属钢笔", "Metal Fountain Pen", _DESK, "H87", 2900, 60,
                (*_COLOUR, (_BLACK, _WHITE, _BLUE, _GREEN)),
                ("笔尖", "Nib", (Choice("EF", "EF", "EF"), Choice("F", "F", "F"))),
                ("黄铜笔身,附上墨器。", "Brass barrel, converter included.")),
        Product(406, "桌面文件架", "Desk File Rack", _DESK, "H87", 3350, 1400,
                (*_COLOUR, (_WHITE, _BLACK, _WOOD)),
                ("层数", "Tiers", (Choice("三层", "3 tiers", "3"), Choice("四层", "4 tiers", "4", 28))),
                ("免工具组装。", "Put together without tools.")),
    ),
}  # fmt: skip
