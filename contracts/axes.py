"""The axes on which variants of a product differ, under codes that compare across merchants and languages."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Final

AXES: Final[Mapping[str, tuple[str, ...]]] = {
    "color": ("颜色", "颜色分类", "colour", "color"),
    "size": ("尺寸", "尺码", "大小", "size"),
    "material": ("材质", "面料", "material"),
    "capacity": ("容量", "capacity", "volume"),
    "style": ("款式", "风格", "style"),
    "pattern": ("图案", "花色", "pattern"),
    "spec": ("规格", "规格型号", "specification", "spec"),
}
"""Code -> what merchants write for it."""

_AXIS_OF: Final = {word: axis for axis, words in AXES.items() for word in words}
_AXIS_CODE: Final = re.compile(r"[a-z0-9._-]{1,32}")


def coded(options: Mapping[str, str]) -> dict[str, str]:
    """The options under the codes that a listing document takes for its axes (ASCII, at most 32 characters).

    Known words in Chinese and English become one code, so that variants of two suppliers compare; other English
    words become their own; the rest is numbered. No two options share a code.
    """
    found: dict[str, str] = {}
    spare = itertools.count(1)
    for name, value in options.items():
        word = "-".join(name.casefold().split())
        axis = _AXIS_OF.get(word, word)
        while axis in found or not _AXIS_CODE.fullmatch(axis):
            axis = f"option{next(spare)}"
        found[axis] = value
    return found
