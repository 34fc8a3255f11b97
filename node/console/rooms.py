"""All the pages of the console."""

from __future__ import annotations

from typing import Final

from node.console.pages import frames, partners, programs, settings, signings

REGISTERS: Final = (
    frames.before,
    frames.register,
    partners.register,
    programs.register,
    settings.register,
    signings.register,
)
