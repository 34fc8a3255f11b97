"""The moment at which a program looked, as an entity tag (RFC 9110, sections 8.8.3 and 13.1.1).

ETag: "4711"          of an answer that only reads: the number of the newest alteration before it was read
If-Match: "4711"      of a request that acts: do nothing if what it acts upon was altered since (412)
"""

from __future__ import annotations

import re
from typing import Final

from node import errors

TAG: Final = "ETag"
CONDITION: Final = "If-Match"
PATTERN: Final = r'^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$'
"""What a condition looks like; ECMA-262 reads it in the same way."""
NOT_OURS: Final = -1
"""For tags none of which this node can have given."""

_OURS = re.compile(r'(W/)?"([^"]*)"')
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def tag(number: int) -> str:
    """The value of `ETag`, and of `If-Match`."""
    return f'"{number}"'


def seen(condition: str | None) -> int | None:
    """The number that a program has seen; None where it sets no condition, by `*` too. NodeError `request.malformed`.

    Of several tags any may match, so the newest counts. A weak one never matches (section 8.8.3.2).
    """
    if condition is None or condition == "*":
        return None
    if not re.fullmatch(PATTERN, condition, re.ASCII):
        expected = '* or tags in quotes, as "4711"'
        raise errors.NodeError(
            "request.malformed",
            "the condition of the request cannot be read",
            faults=[errors.fault("request.malformed", CONDITION, expected, condition[:80])],
        )
    ours = [int(text) for weak, text in _OURS.findall(condition) if not weak and _NUMBER.fullmatch(text)]
    return max(ours, default=NOT_OURS)
