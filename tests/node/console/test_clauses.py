"""Terms in plain words: everything is said in both languages, and what differs is named."""

from __future__ import annotations

from typing import Any

from contracts import terms
from contracts.documents import agreements as papers
from node.console import clauses, languages

SELLER = bytes(range(32))


def plain(**changes: Any) -> dict[str, Any]:
    """Standard terms as `agreement.list` gives them."""
    body = papers.Terms.model_validate(terms.standard(SELLER, "CNY", **changes))
    told: dict[str, Any] = body.model_dump(mode="json", exclude_none=True, exclude={"seller"})
    limit = body.credit_limit
    if limit is not None:
        told["credit_limit"] = {"amount": limit.a, "currency": limit.c, "text": str(limit.money)}
    return told


def test_every_term_has_a_sentence_in_both_languages() -> None:
    for language in languages.load().values():
        found = clauses.of(language, plain(credit_limit_minor=500_000, withholding="0.125", cancel_fee="0.05"))
        assert len({clause.key for clause in found}) == len(found) > 25
        for clause in found:
            assert clause.text and clause.name and clause.group
            assert "%" not in clause.text.replace("5%", "").replace("10%", "").replace("12.5%", ""), clause.text
            if language.code == "zh-CN":
                assert not any("a" <= letter <= "z" for letter in clause.text), clause.text


def test_times_are_said_in_the_unit_in_which_people_agree() -> None:
    english, chinese = (clauses.Reader(language, {}) for language in languages.load().values())
    assert [english.time(seconds) for seconds in (0, 90, 1_800, 3_600, 86_400, 14 * 86_400)] == [
        "0 days",
        "90 seconds",
        "30 minutes",
        "1 hour",
        "1 day",
        "14 days",
    ]
    assert chinese.time(14 * 86_400) == "14天"


def test_versions_differ_where_their_sentences_do() -> None:
    english = languages.load()["en"]
    old, new = plain(cancel_fee="0.05"), plain(cancel_fee="0.1", credit_limit_minor=100, withholding="0.1")
    assert clauses.differences(english, old, old) == []
    found = {one.name: one for one in clauses.differences(english, old, new)}
    assert set(found) == {"Credit", "Kept back", "After acceptance", "Once packed"}
    assert found["Kept back"].old == "" and "10%" in found["Kept back"].new
    assert "5%" in found["After acceptance"].old and "10%" in found["After acceptance"].new
