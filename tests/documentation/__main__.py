"""Write the generated blocks of the documentation anew: `python -m tests.documentation`, then read the difference."""

from __future__ import annotations

from tests.documentation import examples, operations, pages, tables, trades

if __name__ == "__main__":
    for page, blocks in (
        (pages.PROTOCOL, {**examples.EXAMPLES, **tables.TABLES}),
        (operations.PAGE, operations.BLOCKS),
        (trades.PAGE, trades.BLOCKS),
    ):
        before = page.read_text("utf-8")
        page.write_text(pages.replaced(before, {name: write() for name, write in blocks.items()}), "utf-8")
