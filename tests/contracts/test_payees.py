"""Payment details: checksums from the published examples, every fault at once, and the content of the EPC's code."""

from __future__ import annotations

from typing import Any

import pytest
from segno import helpers

from contracts import documents, payees
from contracts.errors import Refused

H = b"h" * 32
# the SWIFT registry's own examples, and that of ISO 13616
REGISTERED = (
    "AT611904300234573201 BE68539007547034 CH9300762011623852957 DE89370400440532013000 ES9121000418450200051332"
    " FR1420041010050500013M02606 GB29NWBK60161331926819 IT60X0542811101000000123456 LU280019400644750000"
    " MT84MALT011000012345MTLCAST001S NL91ABNA0417164300 NO9386011117947 PL61109010140000071219812874"
    " SA0380000000608010167519 AE070331234567890123456 BR1800360305000010009795493C1"
)


def content(**changes: Any) -> dict[str, Any]:
    given = {"currency": "EUR", "holder": "Ofen & Söhne GmbH", "iban": "DE89370400440532013000", "salt": b"s" * 32}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def faults(**changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        payees.read(content(**changes))
    return {(fault.code, fault.path) for fault in caught.value.faults}


@pytest.mark.parametrize("iban", REGISTERED.split())
def test_the_check_digits_of_an_iban_find_every_wrong_and_every_swapped_character(iban: str) -> None:
    assert payees.iban_ok(iban)
    for place in range(2, len(iban)):
        if iban[place].isdigit():
            other = iban[:place] + str((int(iban[place]) + 1) % 10) + iban[place + 1 :]
            assert not payees.iban_ok(other)
    for place in range(4, len(iban) - 1):
        if iban[place] != iban[place + 1]:
            assert not payees.iban_ok(iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :])


@pytest.mark.parametrize(
    "iban", ["", "DE", "de89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE8937040044053201300"]
)
def test_what_has_not_the_form_of_an_iban_is_none(iban: str) -> None:
    assert not payees.iban_ok(iban)
    assert ("payee.iban", "iban") in faults(iban=iban)


def test_an_iban_of_another_length_than_its_country_has_is_wrong_whatever_its_check_digits() -> None:
    account = "3704004405320130000000"  # 22 characters, where Germany has 18
    right = 98 - int(f"{account}{int('D', 36)}{int('E', 36)}00") % 97
    assert not payees.iban_ok(f"DE{right:02}{account}")
    right = 98 - int(f"{account}{int('X', 36)}{int('Z', 36)}00") % 97
    assert payees.iban_ok(f"XZ{right:02}{account}")  # a country whose lengths are not known here


def test_every_fault_is_named_at_once() -> None:
    wrong = faults(holder="a\u202eb", iban="DE00", bic="x", link="https://user@bank.example/", currency="eur", salt=b"")
    assert {path for _, path in wrong} == {"holder", "iban", "bic", "link", "currency", "salt"}
    assert faults(currency="XAU") == {("document.currency", "currency")}
    assert faults(number="12345678", bank="Bank") == {("document.conflict", "number")}
    assert faults(number="12345678", iban=None) == {("document.missing", "bank")}
    assert faults(iban=None) == {("payee.nothing", "iban")}
    assert faults(code=b"x" * (payees.CODE_BYTES_MAX + 1)) == {("document.length", "code")}
    assert faults(note="pay quickly") == {("document.unknown", "note")}
    with pytest.raises(Refused):
        payees.read(["no map"])


@pytest.mark.parametrize(
    "link",
    [
        "http://pay.example/",
        "javascript:alert(1)",
        'https://pay.example/"onclick=',
        "https://pay.example/<script>",
        "https://bank.example@evil.example/",
        "https://",
        "https://pay.example/ a",
        "https://pay.example/" + "a" * 500,
    ],
)
def test_a_link_is_a_plain_address_of_https(link: str) -> None:
    assert {path for _, path in faults(link=link)} == {"link"}
    assert payees.read(content(link="https://pay.example:8443/m/%E5%B0%8F?id=1&x=2#a")).link


def test_details_are_the_same_whatever_their_salt() -> None:
    assert payees.is_same(payees.read(content()), payees.read(content(salt=b"t" * 32)))
    assert not payees.is_same(payees.read(content()), payees.read(content(holder="Ofen GmbH")))


@pytest.mark.parametrize(("minor", "bic"), [(1, None), (12_345, "COBADEFFXXX"), (99_999_999_999, "COBADEFF")])
def test_the_code_of_a_transfer_is_what_an_independent_maker_draws(minor: int, bic: str | None) -> None:
    details = payees.read(content(bic=bic))
    made = payees.epc(details, minor, payees.reference(H))
    assert made is not None and details.iban is not None
    text = f"{minor // 100}.{minor % 100:02}"
    other = helpers._make_epc_qr_data(  # type: ignore[attr-defined]
        details.holder, details.iban, text, text=payees.reference(H), bic=bic, encoding="utf-8"
    )
    assert made.encode() == other
    assert payees.reference(H) == "HS" + "68" * 8 and made.startswith("BCD\n002\n1\nSCT\n")


def test_there_is_no_such_code_but_for_euros_an_iban_and_an_amount() -> None:
    euros = payees.read(content())
    assert payees.epc(euros, 0, "A") is None and payees.epc(euros, -5, "A") is None
    assert payees.epc(euros, payees.EPC_MINOR_MAX + 1, "A") is None
    assert payees.epc(payees.read(content(currency="CHF")), 100, "A") is None
    assert payees.epc(payees.read(content(iban=None, number="12345678", bank="Bank")), 100, "A") is None
    longest = payees.epc(payees.read(content(holder="窑" * 70, bic="COBADEFFXXX")), 100, payees.reference(H))
    assert longest is not None and len(longest.encode()) <= payees.EPC_BYTES_MAX


def test_a_card_names_each_currency_once_and_old_cards_name_none() -> None:
    card = {"name": "Tea Ltd", "country": "CN", "languages": ["en"]}
    assert documents.parse("peer.card", 1, card).payees == ()  # type: ignore[attr-defined]
    row = {"currency": "EUR", "len": 200, "hash": H}
    documents.parse("peer.card", 1, {**card, "payees": [row]})
    with pytest.raises(Refused) as caught:
        documents.parse("peer.card", 1, {**card, "payees": [row, {**row, "len": 201}]})
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [("document.repeated", "payees")]
