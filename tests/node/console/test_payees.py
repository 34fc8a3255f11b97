"""How one wants to be paid, over HTTP: set by a form, seen by the partner as text, and asked about when it changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib import parse

from node.trade import policies
from tests.node.console import doors
from tests.node.console.test_partners import EVIL, ask, between, known
from tests.node.test_pictures import png

IBAN, OTHER_IBAN = "DE89370400440532013000", "GB29NWBK60161331926819"


async def told(desk: doors.Desk, partner: str, iban: str) -> None:
    """Wait until a partner's details have arrived."""
    while iban not in str(await ask(desk, "payee.show", partner=partner)):
        await asyncio.sleep(0.01)


async def press(desk: doors.Desk, case: str, **fields: str) -> doors.Answer:
    """Send a form, and say yes to its question."""
    return await desk.post(f"/do/{case}", {"_token": desk.token, "_sure": "1", "_next": "/settings/payment", **fields})


def test_C04_details_are_set_by_a_form_and_stay_text_at_the_partner(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        partner = (await known(second))["name"]
        address = f"/statements/creditors/{parse.quote(partner)}"
        assert "has not said yet" in (await second.get(address)).text
        unsure = await first.post(
            "/do/payee.set", {"_token": first.token, "currency": "EUR", "holder": EVIL, "iban": IBAN}
        )
        assert "Tell every partner" in unsure.text and (await ask(first, "payee.list"))["payees"] == []
        wrong = await press(first, "payee.set", currency="EUR", holder=EVIL, iban=IBAN[:-1] + "1")
        assert wrong.status == 422 and "check digits" in wrong.text
        assert (await press(first, "payee.set", currency="EUR", holder=EVIL, iban=IBAN)).status == 303
        await told(second, partner, IBAN)
        for text in ((await second.get(address)).text, (await first.get("/settings/payment")).text):
            assert EVIL not in text and "&lt;script&gt;" in text
        assert 'data-copy="payee-EUR-iban"' in (await second.get(address)).text
        await press(first, "payee.set", currency="EUR", holder=EVIL, iban=OTHER_IBAN)
        await told(second, partner, OTHER_IBAN)
        changed = (await second.get(address)).text
        assert "Pay nothing yet" in changed and "data-copy" not in changed and EVIL not in changed
        assert address in (await second.get("/today")).text
        (row,) = (await ask(second, "payee.show", partner=partner))["payees"]
        asked = await press(second, "payee.accept", partner=partner, currency="EUR", hash=row["hash"], _sure="")
        assert "on a number that you knew before" in asked.text
        await press(second, "payee.accept", partner=partner, currency="EUR", hash=row["hash"])
        accepted = (await second.get(address)).text
        assert "Pay nothing yet" not in accepted and "data-copy" in accepted
        assert address not in (await second.get("/today")).text

    between(tmp_path, story)


def test_C14_a_collection_code_is_served_as_a_picture_and_nothing_else(tmp_path: Path) -> None:
    async def story(first: doors.Desk, second: doors.Desk) -> None:
        partner = (await known(second))["name"]
        code = f"/payees/CNY/code?partner={parse.quote(partner)}"
        assert (await second.get(code)).status == 404
        await ask(first, "payee.set", currency="CNY", holder="LiLei", data_hex=png(4, 4).hex())
        await told(second, partner, "LiLei")
        picture = await second.get(code)
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/png")
        assert picture.headers["Content-Security-Policy"].startswith("sandbox")
        assert picture.headers["X-Content-Type-Options"] == "nosniff"
        second.caller = policies.Caller(policies.Role.WAREHOUSE, "Wu")
        for path in (code, "/settings/payment", f"/statements/creditors/{parse.quote(partner)}"):
            assert (await second.get(path)).status == 403, path

    between(tmp_path, story)
