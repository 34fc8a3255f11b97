"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def log_as_by_default() -> Iterator[None]:
    """A command that a test ran has set up the log of its process: the next test starts without that."""
    structlog.reset_defaults()
    yield
