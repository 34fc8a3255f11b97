"""Invitations and transfers as QR codes, drawn with half blocks so that they fit a terminal."""

from __future__ import annotations

import io

import segno
from rich.text import Text


def qr(content: str) -> Text:
    """A QR code of a text, dark on light in every terminal, with the quiet zone that readers need."""
    return drawn(segno.make(content, error="m", micro=False))


def epc(content: str) -> Text:
    """The QR code of a transfer (EPC069-12): in bytes of UTF-8, and error correction M exactly."""
    return drawn(segno.make(content, error="m", micro=False, boost_error=False, mode="byte", encoding="utf-8"))


def drawn(code: segno.QRCode) -> Text:
    """A code in half blocks."""
    out = io.StringIO()
    code.terminal(out=out, compact=True, border=2)
    return Text(out.getvalue().rstrip("\n"), style="#ffffff on #000000", no_wrap=True)
