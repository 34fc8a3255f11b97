"""Machine-readable vectors: what a second implementation is tested with, and what this one is.

`load` reads one file. The files are written by `python -m tests.vectors.make`, from fixed inputs; a test fails when a
file on disk is not what the code writes. Vectors that others published are copied as facts, with their source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load(name: str) -> Any:
    """The content of one vector file."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
