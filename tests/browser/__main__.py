"""Look at the console: python -m tests.browser [--who shop] [--out FOLDER] [PATH ...]

Without paths the village stays open until Enter, and prints its addresses. With paths, pictures of these pages are
taken in both languages, at desktop and telephone width, in light and dark.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path

import structlog

from tests.browser import galleries, pictures, villages


def main() -> None:
    """Parse, open the village, take pictures or wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser")
    parser.add_argument("paths", nargs="*", help="as /orders")
    parser.add_argument("--who", default="shop", choices=[place for place, _ in villages.CAST])
    parser.add_argument("--gallery", action="store_true", help="take the pictures of docs/screenshots anew")
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder, villages.open_village(Path(folder)) as village:
        village.trade()
        places = {place: merchant for (place, _), merchant in zip(villages.CAST, village.stage.cast, strict=True)}
        addresses = {place: village._villager(merchant).address for place, merchant in places.items()}
        if given.gallery:
            with pictures.browser() as launched:
                for made in galleries.make(village, launched):
                    print(made)
        elif given.paths:
            for made in pictures.take(addresses[given.who], given.paths, given.out):
                print(made)
        else:
            for place, address in addresses.items():
                print(place, address)
            input("Enter ends it. ")


main()
