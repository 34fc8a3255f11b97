"""Goods over HTTP: whose picture and whose file is given to whom, and as what."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from node.storage import blobs
from node.trade import policies
from tests.node.console import doors
from tests.node.test_pictures import chunk, png

SHEET_TITLE = "<script>alert(1)</script>"
SHEET = "sku,title,price\nCUP,Cup<script>alert(1)</script>,x\n"


async def upload(desk: doors.Desk, token: str, text: str = SHEET, kind: str = "catalogue") -> doors.Answer:
    form = aiohttp.FormData()
    form.add_field("_token", token)
    form.add_field("kind", kind)
    form.add_field("location", "main")
    form.add_field("file", text.encode(), filename="goods.csv")
    own = {"Origin": desk.address, "Sec-Fetch-Site": "same-origin"}
    room = "/orders" if kind == "orders" else "/catalogue"
    return await desk.send("POST", f"{room}/import", headers=own, data=form)


def test_a_picture_is_a_checked_raster_of_a_fixed_kind_and_nothing_else(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        hidden = png(extra=chunk(b"tEXt", b"Comment\0SECRET"))
        page = b"<html><script>alert(1)</script></html>"
        shown, refused = [
            (await desk.node.trade.database.write(lambda db, data=data: blobs.put(db, data))).hex()  # type: ignore[misc]
            for data in (hidden, page)
        ]
        answer = await desk.get(f"/pictures/{shown}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "SECRET" not in answer.text
        assert (await desk.get(f"/pictures/{refused}")).status == 404
        assert (await desk.get("/pictures/" + "0" * 64)).status == 404
        assert (await desk.get("/pictures/..%2f..%2fetc")).status in (404, 422)

    doors.visit(tmp_path, story)


def test_a_file_waits_for_whoever_sent_it_alone_and_is_shown_as_text(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        assert (await upload(desk, "forged")).status == 403
        address = (await upload(desk, desk.token)).headers["Location"]
        page = await desk.get(address)
        assert (page.status, "<script>alert" in page.text) == (200, False)
        assert "Cup&lt;script&gt;alert(1)" in page.text
        faults = await desk.get(address + "/faults.xlsx")
        assert (faults.status, faults.headers["Content-Disposition"]) == (200, 'attachment; filename="faults.xlsx"')
        taken = await desk.post(address, {"step": "take"})
        assert taken.status == 403
        desk.caller = policies.Caller(policies.Role.SALES, "Wu", operator=9)
        assert (await desk.get(address)).status == 404

    doors.visit(tmp_path, story)


def test_what_is_said_of_a_file_of_orders_is_heeded_when_it_is_looked_at_again(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        sheet = "单据,货号,数量,收件人,手机,详细地址\nN1<b>,CUP,1,张三,13800138000,大街 1 号\n"
        address = (await upload(desk, desk.token, sheet, "orders")).headers["Location"]
        assert address.startswith("/orders/import/")
        first = await desk.get(address)
        assert (first.status, "sheet.heading-missing" in first.text, "N1<b>" in first.text) == (200, False, False)
        said = {
            "_token": desk.token,
            "answers": "1",
            "column.A": "number",
            "shop": "茶馆",
            "separator": ",",
            "step": "look",
        }
        assert (await desk.post(address, said)).headers["Location"] == address
        again = await desk.get(address)
        assert ['<option value="number" selected>' in again.text, 'value="茶馆"' in again.text] == [True, True]
        faults = await desk.get(address + "/faults.xlsx")
        assert faults.status == 200

    doors.visit(tmp_path, story)


def test_a_stock_list_is_looked_at_before_it_is_taken_in(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        data = b"sku,title,price,stock\nCUP,Cup<b>,5,3\n".hex()
        await desk.node.door({}).ask(policies.MACHINE, "catalogue.import", {"name": "a.csv", "data_hex": data})
        address = (await upload(desk, desk.token, "sku,stock\nCUP,7\n", "stock")).headers["Location"]
        page = await desk.get(address)
        assert (page.status, 'id="differences"' in page.text, "Cup<b>" in page.text) == (200, True, False)
        assert (await desk.post(address, {"_token": desk.token, "step": "take"})).status == 303

    doors.visit(tmp_path, story)


def test_a_file_that_cannot_be_read_asks_for_its_character_set(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        address = (await upload(desk, desk.token, "sku;title,x\nA;Cup,y\n")).headers["Location"]
        page = await desk.get(address)
        assert (page.status, 'name="separator"' in page.text, 'id="columns"' in page.text) == (200, True, False)
        await desk.post(address, {"_token": desk.token, "answers": "1", "separator": ";", "step": "look"})
        assert 'id="columns"' in (await desk.get(address)).text

    doors.visit(tmp_path, story)


def test_an_article_that_is_unknown_is_not_found(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        assert (await desk.get("/catalogue/goods/none/of/mine")).status == 404
        assert (await desk.get("/selection/offer")).headers["Location"] == "/selection"

    doors.visit(tmp_path, story)


def test_an_article_is_written_by_hand_and_what_it_says_is_shown_as_text(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        typed = {"sku": "CUP/1.a", "titles.zh": SHEET_TITLE, "options.0.axis": "颜色", "options.0.value": "青"}
        more = {"price": "12.50", "currency": "CNY", "stock.main": "9", "returnable": "true", "options.1.axis": ""}
        kept = await desk.post("/do/catalogue.add", {**typed, **more, "_token": desk.token})
        assert (kept.status, SHEET_TITLE in kept.text) == (200, False)
        page = await desk.get("/catalogue/edit/CUP/1.a")
        assert (page.status, SHEET_TITLE in page.text, 'value="12.50"' in page.text) == (200, False, True)
        changed = {"sku": "CUP/1.a", "whole": "1", "titles.zh": "杯", "price": "", "currency": "CNY"}
        assert (await desk.post("/do/catalogue.change", {**changed, "_token": desk.token})).status == 303
        good = await desk.node.door({}).ask(policies.MACHINE, "catalogue.show", {"sku": "CUP/1.a"})
        assert (good["titles"], good["price"], good["options"], good["stock"]) == ({"zh": "杯"}, None, {}, 9)
        faulty = await desk.post("/do/catalogue.change", {**changed, "gtin": "123", "_token": desk.token})
        assert (faulty.status, "Barcode" in faulty.text) == (422, True)
        assert (await desk.get("/catalogue/edit/none")).status == 404
        desk.caller = policies.Caller(policies.Role.AUDITOR, "Wu", operator=9)
        assert "/do/catalogue" not in (await desk.get("/catalogue/new")).text
        assert (await desk.post("/do/catalogue.change", {**changed, "_token": desk.token})).status == 403

    doors.visit(tmp_path, story)


def test_an_import_is_shown_with_what_it_changed_and_taken_back_once_it_was_asked(tmp_path: Path) -> None:
    async def story(desk: doors.Desk) -> None:
        door = desk.node.door({})
        for price in (1, 2):
            data = f"sku,title,price\nCUP,Cup<b>{price}</b>,{price}\n".encode().hex()
            await door.ask(policies.MACHINE, "catalogue.import", {"name": "a<b>.csv", "data_hex": data})
        page = await desk.get("/catalogue/imports/2")
        assert (page.status, "<b>" in page.text, "Cup&lt;b&gt;1" in page.text) == (200, False, True)
        form = {"_token": desk.token, "number": "2"}
        assert "_sure" in (await desk.post("/do/import.undo", form)).text
        assert (await desk.post("/do/import.undo", {**form, "_sure": "1"})).status == 303
        good = await door.ask(policies.MACHINE, "catalogue.show", {"sku": "CUP"})
        assert good["price"]["amount"] == 100
        for unknown in ("3", "0", "x", "9" * 40):
            assert (await desk.get(f"/catalogue/imports/{unknown}")).status == 404

    doors.visit(tmp_path, story)


def test_goods_are_never_offered_for_nothing_and_cheap_ones_only_after_a_question(tmp_path: Path) -> None:
    """A Chinese merchant who means 95 percent may well type 9.5."""

    async def story(desk: doors.Desk) -> None:
        async def share(percent: str, **more: str) -> doors.Answer:
            return await desk.post(
                "/do/catalogue.share", {"_token": desk.token, "partner": "nobody", "percent": percent} | more
            )

        for cheap in ("9.5", "0", "49"):
            asked = await share(cheap)
            assert asked.status == 200 and "nearly for nothing" in asked.text
        assert "goods are not offered for nothing" in (await share("0", _sure="1")).text.lower()
        for done in (await share("9.5", _sure="1"), await share("95"), await share("much")):
            assert done.status in (404, 422) and "nearly for nothing" not in done.text

    doors.visit(tmp_path, story)
