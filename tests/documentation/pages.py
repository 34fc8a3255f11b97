"""The pages of the documentation, and the blocks in them that the code writes.

A block stands between two HTML comments, `<!-- NAME: begin -->` and `<!-- NAME: end -->`. Blocks that are generated
are compared with what the code says, and `python -m tests.documentation` writes them anew.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "docs" / "protocol.md"

_BLOCK = re.compile(r"<!-- (?P<name>[a-z0-9 .-]+): begin -->\n(?P<body>.*?)<!-- (?P=name): end -->", re.DOTALL)
_HEADING = re.compile(r"^(#+) (\d+(?:\.\d+)*)[. ]", re.MULTILINE)


def tracked(*suffixes: str) -> list[Path]:
    """Every file of the repository with one of these suffixes that still exists, committed or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    paths = [ROOT / name for name in listing.stdout.split("\0") if name.endswith(suffixes or "")]
    return [path for path in paths if path.is_file()]


def blocks(text: str) -> dict[str, str]:
    """Name -> content of every block of a page, without the final newline."""
    found: dict[str, str] = {}
    for match in _BLOCK.finditer(text):
        assert match["name"] not in found, f"two blocks are called {match['name']}"
        found[match["name"]] = match["body"].rstrip("\n")
    return found


def replaced(text: str, contents: dict[str, str]) -> str:
    """The page with the content of these blocks replaced."""

    def write(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in contents:
            return match[0]
        return f"<!-- {name}: begin -->\n{contents[name]}\n<!-- {name}: end -->"

    return _BLOCK.sub(write, text)


def headings(text: str) -> list[str]:
    """The numbers of all sections of a page in order: `5`, `5.10`."""
    return [match[2] for match in _HEADING.finditer(text)]


def sections(text: str) -> set[str]:
    """The numbers of all sections of a page."""
    return set(headings(text))


def coded(text: str) -> list[str]:
    """Everything that stands between single back quotes."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)


def rows(block: str) -> list[list[str]]:
    """The cells of a Markdown table without its head, code marks removed."""
    lines = [line for line in block.strip().splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def table(head: list[str], body: Iterator[list[str]] | list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
