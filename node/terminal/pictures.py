"""Invitations as QR codes, drawn with half blocks so that they fit a terminal."""

from __future__ import annotations

import io

import segno
from rich.text import Text


def qr(content: str) -> Text:
    """A QR code of a text, dark on light in every terminal, with the quiet zone that readers need."""
    out = io.StringIO()
    segno.make(content, error="m", micro=False).terminal(out=out, compact=True, border=2)
    return Text(out.getvalue().rstrip("\n"), style="#ffffff on #000000", no_wrap=True)
