"""Write the generated blocks of docs/protocol.md anew: `python -m tests.documentation`, then read the difference."""

from __future__ import annotations

from tests.documentation import examples, pages, tables

if __name__ == "__main__":
    before = pages.PROTOCOL.read_text("utf-8")
    contents = {name: write() for name, write in {**examples.EXAMPLES, **tables.TABLES}.items()}
    pages.PROTOCOL.write_text(pages.replaced(before, contents), "utf-8")
