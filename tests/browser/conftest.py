"""One village and one browser for all stories here, and the guises in which each is told.

Village and browser end with the package: Playwright's loop runs in the thread of the tests, and meanwhile no test can
run its own. A story that asks for a `guise` is told once in each; what it changes it makes for itself every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright import sync_api

from tests.browser import guises, pictures, villages

HERE = Path(__file__).parent
sync_api.expect.set_options(timeout=pictures.PATIENCE_MS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All stories go to one worker: they share the village, and are told while another worker does all the rest."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


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


@pytest.fixture(params=guises.chosen(), ids=str)
def guise(request: pytest.FixtureRequest) -> guises.Guise:
    """The language, width and ground in which a story is told."""
    chosen: guises.Guise = request.param
    return chosen
