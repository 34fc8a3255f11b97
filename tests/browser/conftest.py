"""One village and one browser for all stories here.

They end with the package: Playwright's loop runs in the thread of the tests, and meanwhile no test can run its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright import sync_api

from tests.browser import pictures, villages


@pytest.fixture(scope="package")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[villages.Village]:
    """Four merchants who have traded for a while. Stories add to it and take nothing for granted but what they made."""
    with villages.open_village(tmp_path_factory.mktemp("village")) as opened:
        opened.trade()
        yield opened


@pytest.fixture(scope="package")
def browser() -> Iterator[sync_api.Browser]:
    """One Chromium for all stories."""
    with pictures.browser() as launched:
        yield launched
