from __future__ import annotations

import pytest

from contracts import axes


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"颜色": "白", "尺码": "L"}, {"color": "白", "size": "L"}),
        ({"Colour": "White", "Cup Size": "L"}, {"color": "White", "cup-size": "L"}),
        ({"颜色": "白", "color": "white", "香型": "茉莉"}, {"color": "白", "option1": "white", "option2": "茉莉"}),
        ({"option1": "a", "香型": "b"}, {"option1": "a", "option2": "b"}),
        ({}, {}),
    ],
)
def test_options_get_codes_for_the_axes_of_a_listing(options: dict[str, str], found: dict[str, str]) -> None:
    assert axes.coded(options) == found
