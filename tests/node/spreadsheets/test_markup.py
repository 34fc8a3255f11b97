from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.connectors.spreadsheets import markup


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain, 3 < 4 & more", "plain, 3 < 4 & more"),
        ("<p>One</p><p>Two &amp; <b>three</b></p>", "One\nTwo & three"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<script>alert(1)</script>left<style>p{}</style>", "left"),
        ("<img src=x onerror=alert(1)>picture", "picture"),
        ("<!-- hidden -->shown", "shown"),
        ("5 &lt; 6 &#20320;", "5 < 6 你"),
        ("<p>unclosed", "unclosed"),
        ("", ""),
    ],
)
def test_descriptions_lose_their_markup(text: str, plain: str) -> None:
    assert markup.plain(text) == plain


@given(st.text("<>/&;#!-ab\"'= ps", max_size=60))
@settings(derandomize=True, deadline=None)
def test_any_text_has_a_plain_form_that_is_no_longer(text: str) -> None:
    assert len(markup.plain(text)) <= len(text)
