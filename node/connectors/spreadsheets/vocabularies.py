"""The words under which fields appear in people's spreadsheets. docs/spreadsheets.md lists them for the merchant.

A word stands here as `headings.normal` makes it: NFKC, small letters, no spaces, dashes, underscores or asterisks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Field name -> the headings that mean it, and the way back."""

    fields: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        words = {word: name for name, spellings in self.fields.items() for word in spellings}
        object.__setattr__(self, "words", words)


CATALOGUE = Vocabulary({
    "sku": (
        "sku", "skucode", "skuid", "itemcode", "itemnumber", "itemno", "articlenumber", "productcode", "商品编码",
        "商品编号", "货号", "款号", "sku编码", "sku编号", "规格编码", "商家编码", "产品编码", "产品编号",
    ),
    "title": ("title", "name", "productname", "itemname", "product"),
    "title_local": ("商品名称", "品名", "产品名称", "商品名", "商品标题", "名称", "标题", "宝贝标题"),
    "title_zh": (
        "titlezh", "titlecn", "namezh", "namecn", "chinesename", "chinesetitle", "中文名称", "中文品名", "中文标题",
    ),
    "title_en": ("titleen", "nameen", "englishname", "englishtitle", "英文名称", "英文品名", "英文标题"),
    "spec": ("spec", "specification", "variant", "options", "规格", "规格型号", "型号规格", "规格属性", "销售属性"),
    "color": ("color", "colour", "颜色", "颜色分类", "色号"),
    "size": ("size", "尺寸", "尺码", "大小"),
    "material": ("material", "材质", "面料", "材料"),
    "unit": ("unit", "uom", "unitofmeasure", "单位", "计量单位"),
    "price": (
        "price", "supplyprice", "cost", "costprice", "unitcost", "wholesaleprice", "dealerprice", "tradeprice",
        "供货价", "供应价", "成本价", "成本", "进货价", "批发价", "代发价", "分销价", "结算价", "采购价", "出厂价",
        "价格", "单价",
    ),
    "retail": (
        "retail", "retailprice", "rrp", "msrp", "suggestedretailprice", "recommendedretailprice", "listprice",
        "建议零售价", "零售价", "建议售价", "市场价", "指导价", "售价", "吊牌价",
    ),
    "currency": ("currency", "currencycode", "币种", "货币", "币别"),
    "stock": (
        "stock", "quantity", "qty", "inventory", "available", "stockquantity", "onhand", "库存", "可售库存",
        "库存数量", "现货库存", "可用库存", "数量",
    ),
    "gtin": ("gtin", "barcode", "ean", "ean13", "upc", "条形码", "条码", "商品条码", "国际条码", "69码"),
    "weight_g": (
        "weightg", "weight(g)", "weightgrams", "grams", "weightingrams", "重量(g)", "重量(克)", "重量g", "重量克",
        "净重(g)", "净重(克)", "毛重(g)", "毛重(克)",
    ),
    "weight_kg": ("weightkg", "weight(kg)", "重量(kg)", "重量(千克)", "重量(公斤)", "重量kg", "净重(kg)", "毛重(kg)"),
    "weight": ("weight", "重量", "净重", "毛重"),
    "origin": ("origin", "countryoforigin", "madein", "产地", "原产地", "原产国"),
    "lead_days": (
        "leaddays", "leadtime", "leadtimedays", "shipwithin", "发货时效", "发货时间", "发货天数", "备货天数", "交期",
        "货期",
    ),
    "returnable": (
        "returnable", "returns", "可退", "可退货", "是否可退", "支持退货", "退换货", "七天无理由", "7天无理由",
    ),
    "min_quantity": (
        "minquantity", "minorder", "minimum", "moq", "minimumorder", "minimumorderquantity", "minorderquantity",
        "起订量", "最小起订量", "起批量", "起售数量",
    ),
    "brand": ("brand", "brandname", "vendor", "品牌", "品牌名称"),
    "category": ("category", "type", "producttype", "类目", "分类", "品类", "商品分类", "商品类目"),
    "description": ("description", "details", "描述", "商品描述", "详情", "商品详情", "产品介绍"),
    "image": (
        "image", "imageurl", "imagesrc", "picture", "photo", "图片", "主图", "商品图片", "图片链接", "图片地址",
    ),
    "active": ("active", "published", "onsale", "是否上架", "上架", "在售"),
})  # fmt: skip

SHOPIFY_PRODUCTS = Vocabulary({
    "handle": ("handle", "urlhandle"),
    "title": ("title",),
    "description": ("body(html)", "description"),
    "brand": ("vendor",),
    "category": ("type",),
    "taxonomy": ("productcategory",),
    "published": ("published", "publishedononlinestore"),
    "status": ("status",),
    "option1_name": ("option1name",),
    "option1_value": ("option1value",),
    "option2_name": ("option2name",),
    "option2_value": ("option2value",),
    "option3_name": ("option3name",),
    "option3_value": ("option3value",),
    "sku": ("variantsku", "sku"),
    "grams": ("variantgrams", "weightvalue(grams)"),
    "stock": ("variantinventoryqty", "inventoryquantity"),
    "retail": ("variantprice", "price"),
    "gtin": ("variantbarcode", "barcode"),
    "image": ("imagesrc", "productimageurl"),
    "variant_image": ("variantimage", "variantimageurl"),
})  # fmt: skip

ORDERS = Vocabulary({
    "number": ("ordernumber", "orderno", "orderid", "order", "订单号", "订单编号", "单号", "订单id", "主订单编号"),
    "shop": ("shop", "store", "shopname", "storename", "店铺", "店铺名称", "店名", "来源店铺"),
    "sku": CATALOGUE.fields["sku"],
    "quantity": ("quantity", "qty", "数量", "商品数量", "购买数量", "件数", "下单数量"),
    "price": ("price", "unitprice", "itemprice", "单价", "商品单价", "价格", "售价", "成交单价"),
    "currency": CATALOGUE.fields["currency"],
    "title": ("title", "productname", "itemname", "product", "商品名称", "品名", "商品标题", "宝贝标题", "商品"),
    "spec": CATALOGUE.fields["spec"],
    "name": (
        "name", "recipient", "recipientname", "shippingname", "consignee", "收货人", "收件人", "收货人姓名",
        "收件人姓名", "姓名",
    ),
    "phone": (
        "phone", "mobile", "telephone", "recipientphone", "shippingphone", "手机", "手机号", "手机号码", "联系手机",
        "电话", "联系电话", "联系方式", "收货人电话", "收件人电话", "收货人手机", "收件人手机",
    ),
    "country": ("country", "shippingcountry", "国家", "国家/地区", "收货国家"),
    "province": ("province", "state", "region", "shippingprovince", "省", "省份", "收货省", "省/自治区"),
    "city": ("city", "town", "shippingcity", "市", "城市", "收货市"),
    "district": ("district", "county", "区", "区县", "区/县", "县", "县区", "收货区"),
    "street": (
        "street", "address", "address1", "shippingaddress", "shippingstreet", "详细地址", "地址", "收货地址",
        "收件地址", "街道地址",
    ),
    "street_more": ("address2", "addressline2", "地址2"),
    "zip": ("zip", "zipcode", "postcode", "postalcode", "shippingzip", "邮编", "邮政编码"),
    "note": ("note", "notes", "remark", "remarks", "comment", "备注", "买家留言", "买家备注", "留言", "订单备注"),
    "platform": ("platform", "marketplace", "平台", "来源平台", "平台名称"),
    "token": ("token", "maskedrecipient", "recipienttoken", "oaid", "收件人密文", "收货人密文", "隐私标识"),
    "grant": ("waybillgrant", "labelgrant", "面单授权", "面单授权码"),
    "carrier": ("grantedcarrier", "labelcarrier", "面单快递", "面单快递公司"),
    "waybill": ("grantedwaybill", "labelwaybill", "面单号", "电子面单号"),
    "supplier": ("supplier", "vendor", "供应商", "供货商", "供应商名称", "厂家"),
    "status": ("status", "orderstatus", "状态", "订单状态"),
})  # fmt: skip

SHOPIFY_ORDERS = Vocabulary({
    "number": ("name",),
    "financial_status": ("financialstatus",),
    "fulfillment_status": ("fulfillmentstatus",),
    "line_status": ("lineitemfulfillmentstatus",),
    "cancelled_at": ("cancelledat",),
    "currency": ("currency",),
    "quantity": ("lineitemquantity",),
    "title": ("lineitemname",),
    "price": ("lineitemprice",),
    "sku": ("lineitemsku",),
    "supplier": ("vendor",),
    "name": ("shippingname",),
    "street": ("shippingaddress1",),
    "street_more": ("shippingaddress2",),
    "street_whole": ("shippingstreet",),
    "city": ("shippingcity",),
    "zip": ("shippingzip",),
    "province": ("shippingprovince",),
    "country": ("shippingcountry",),
    "phone": ("shippingphone",),
    "note": ("notes",),
})  # fmt: skip

WAYBILLS = Vocabulary({
    "number": ORDERS.fields["number"],
    "shop": ORDERS.fields["shop"],
    "sku": CATALOGUE.fields["sku"],
    "quantity": ORDERS.fields["quantity"],
    "carrier": ("carrier", "courier", "shippingcompany", "快递公司", "物流公司", "承运商", "快递"),
    "waybill": (
        "waybill", "trackingnumber", "trackingno", "waybillnumber", "tracking", "快递单号", "物流单号", "运单号",
        "运单编号",
    ),
})  # fmt: skip

NOTES = frozenset({
    "必填", "选填", "可选", "required", "optional", "含税", "不含税", "必须", "最多3个", "天", "days", "文本", "text",
})  # fmt: skip
"""What may stand in brackets behind a heading without changing what it means."""

TOTALS = ("合计", "总计", "小计", "total", "subtotal", "sum", "grandtotal")
"""First words of a row that adds up the rows above and is none itself."""

OPEN_STATUSES = frozenset({
    "", "待发货", "待出库", "已付款", "已支付", "买家已付款", "买家已付款,等待卖家发货", "等待卖家发货", "未发货",
    "paid", "unfulfilled", "open", "new", "toship", "awaitingshipment", "processing",
})  # fmt: skip
CLOSED_STATUSES = frozenset({
    "已取消", "已关闭", "交易关闭", "已退款", "退款成功", "退款中", "待付款", "等待买家付款", "未付款", "已发货",
    "已完成", "交易成功", "已签收", "卖家已发货", "cancelled", "canceled", "refunded", "shipped", "fulfilled",
    "completed", "closed", "unpaid", "pending", "voided",
})  # fmt: skip
