"""What Lighthouse says of the pages: python -m tests.browser.lighthouse [PATH ...]. `make lighthouse` installs it.

Prints the scores of every page, and of one of each kind with a name in its path, and fails below 95 for accessibility
and best practices.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import structlog

from tests.browser import galleries, pictures, villages

HERE = Path(__file__).parent
PROGRAM = HERE / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("accessibility", "best-practices")
LEAST = 95


def judge(address: str) -> dict[str, int]:
    """The score of a page in each category, of 100."""
    command = [
        str(PROGRAM), address, "--quiet", "--output=json", "--output-path=stdout",
        f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags=--headless {' '.join(pictures.FLAGS)}",
    ]  # fmt: skip
    environment = {**os.environ, "CHROME_PATH": pictures.CHROMIUM}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    report = json.loads(done.stdout)
    for category in CATEGORIES:
        for part in report["categories"][category]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                print(f"  {category}: {audit['title']}")
    return {category: round(report["categories"][category]["score"] * 100) for category in CATEGORIES}


def main() -> int:
    """Judge every page; 1 when one is below the least."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    worst = 100
    with tempfile.TemporaryDirectory() as folder, villages.open_village(Path(folder)) as village:
        village.trade()
        if sys.argv[1:]:
            wanted = [(path, village.dealer.address + path) for path in sys.argv[1:]]
        else:
            with pictures.browser() as launched:
                wanted = list(galleries.pages(village, launched))
        for name, address in wanted:
            scores = judge(address)
            print(name, *(f"{category} {score}" for category, score in scores.items()), flush=True)
            worst = min(worst, *scores.values())
    return int(worst < LEAST)


sys.exit(main())
