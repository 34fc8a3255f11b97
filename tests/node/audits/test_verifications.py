"""An export holds as a whole, and no byte of it can be changed without being named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node.audits import worlds


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    subject = worlds.world()
    worlds.talk(subject, 900)
    directory = tmp_path_factory.mktemp("audit") / "export"
    subject.export(directory)
    return directory


def test_an_honest_export_holds(export: Path) -> None:
    verdict = worlds.verify(export)
    assert verdict.faults == ()
    assert [sum(channel.sizes) for channel in verdict.channels] == [902]
