from __future__ import annotations

import re

import pytest
from babel.messages import pofile

from node.console import assets, languages, words
from tests.node.console import catalogues

NAMES = re.compile(r"%\((\w+)\)[sd]")


def test_no_text_of_the_console_lacks_a_translation() -> None:
    assert catalogues.missing() == {}


def test_no_translation_is_of_a_text_that_is_gone() -> None:
    assert catalogues.superfluous() == []


def test_chinese_has_its_own_punctuation() -> None:
    """Between two Chinese characters a comma, a colon or a question mark is a full-width one."""
    wrong = re.compile(r"[\u3400-\u9fff][,:;?!()]|[,:;?!()][\u3400-\u9fff]")
    for translated in languages.read(languages.FOLDER, "zh_CN").values():
        for form in (translated,) if isinstance(translated, str) else translated:
            assert not wrong.search(form), form


def test_a_text_is_translated_once() -> None:
    """The same text in two catalogues would mean whatever was read last."""
    seen: dict[object, str] = {}
    for path in sorted((languages.FOLDER / "zh_CN").glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale="zh_CN"):
                if message.id:
                    identity = (message.context, str(message.id))
                    assert identity not in seen, f"{message.id} stands in {seen[identity]} and {path.name}"
                    seen[identity] = path.name


def test_a_translation_puts_in_the_same_values() -> None:
    for text, translated in languages.read(languages.FOLDER, "zh_CN").items():
        plain = text if isinstance(text, str) else text[1]
        for form in (translated,) if isinstance(translated, str) else translated:
            assert sorted(NAMES.findall(plain)) == sorted(NAMES.findall(form)), plain


@pytest.mark.parametrize("path", sorted((assets.FOLDER / "templates").rglob("*.html")), ids=lambda path: path.stem)
def test_templates_hold_english_alone(path: object) -> None:
    assert not re.search(r"[\u3400-\u9fff]", path.read_text())  # type: ignore[attr-defined]


def test_money_and_dates_are_written_as_their_readers_do() -> None:
    english, chinese = languages.load().values()
    assert english.money(123_450, "CNY") == "CN¥1,234.50"
    assert chinese.money(123_450, "CNY") == "¥1,234.50"
    assert english.money(500, "JPY") == "¥500"
    assert chinese.day("2026-11-02") == "2026年11月2日"
    assert (english.day("2026-11-02"), english.day(None), english.moment(0)) == ("Nov 2, 2026", "", "")
    assert english.ago(1_000, 181_000) == "3 minutes ago"
    assert chinese.ago(86_400_000 * 3, 0) == "3天后"


@pytest.mark.parametrize(
    ("wanted", "accepted", "code"),
    [
        ("zh-CN", "en", "zh-CN"),
        (None, "de, zh-TW;q=0.9, en;q=0.8", "zh-CN"),
        (None, "en;q=0.4, zh;q=0.5", "zh-CN"),
        (None, "fr", "en"),
        ("xx", "", "en"),
        (None, "zh;q=x", "zh-CN"),
    ],
)
def test_the_language_is_the_wanted_one_else_the_first_that_is_known(
    wanted: str | None, accepted: str, code: str
) -> None:
    assert languages.choose(wanted, accepted).code == code


def test_a_word_means_one_thing() -> None:
    with pytest.raises(ValueError, match="owner"):
        words.add(words={"owner": "Something else"})


def test_every_country_is_named_once_the_usual_ones_first() -> None:
    for language in languages.load().values():
        named = language.countries(("CN", "DE"))
        codes = [code for code, _ in named]
        assert codes[:2] == ["CN", "DE"] and len(codes) == len(set(codes)) > 240
        assert {"PL", "VN", "TR", "TW"} <= set(codes) and not {"EU", "ZZ", "419"} & set(codes)
