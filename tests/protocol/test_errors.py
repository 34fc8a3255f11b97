from __future__ import annotations

import re
from pathlib import Path

from protocol import errors
from protocol.errors import Code, LocalError, PeerError, ProtocolError


def test_codes_are_dotted_lower_case_and_different() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z-]+", code.value) for code in Code)
    assert len({code.value for code in Code}) == len(list(Code))


def test_every_code_has_a_sentence() -> None:
    source = Path(errors.__file__).read_text("utf-8")
    body = source[source.index("class Code") : source.index("class ProtocolError")]
    for code in Code:
        assert re.search(rf'{code.name} = "{re.escape(code.value)}"\n    """[A-Z`][^"]+\."""', body), code


def test_an_error_says_what_was_expected_and_got() -> None:
    error = PeerError(Code.GAP, "entries do not follow", expected=5, got=7)
    assert str(error) == "log.gap: entries do not follow; expected 5; got 7"
    assert (error.code, error.hint, error.expected, error.got) == (Code.GAP, "entries do not follow", 5, 7)
    assert str(PeerError(Code.BUSY, "later", got=0)) == "node.busy: later; got 0"


def test_one_class_covers_both_sides() -> None:
    assert issubclass(PeerError, ProtocolError)
    assert issubclass(LocalError, ProtocolError)
    assert not issubclass(LocalError, PeerError)
