"""Whether an order in a sheet is to be shipped at all: cancelled, unpaid and shipped ones are set aside, visibly."""

from __future__ import annotations

from dataclasses import dataclass

from node.connectors.spreadsheets import cells, headings, vocabularies
from node.connectors.spreadsheets.drafts import OrderName
from node.connectors.spreadsheets.faults import CellRefused, FaultCode
from node.connectors.spreadsheets.lines import Line
from node.connectors.spreadsheets.tables import Cell

SHOPIFY_PAID = frozenset({"", "paid", "authorized"})
SHOPIFY_UNPAID = frozenset({"pending", "partially_paid"})
UNPAID = frozenset({"待付款", "等待买家付款", "未付款", "unpaid", "pending"})
_ORDER_FIELDS = ("cancelled_at", "fulfillment_status", "financial_status")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was set aside, with the reason in the words of the file."""

    row: int
    number: str
    reason: str


class Judge:
    """Looks at the status columns. A Shopify export states them in the first row of an order only."""

    def __init__(self, is_shopify: bool, unpaid: bool) -> None:
        self._is_shopify = is_shopify
        self._unpaid = unpaid
        self._states: dict[OrderName, dict[str, str]] = {}

    def reason(self, name: OrderName, line: Line) -> str:
        """Why this row is not to be shipped; empty if it is."""
        if not self._is_shopify:
            return line.shared("status", self._closed) or ""
        state = self._states.setdefault(name, {})
        for field in _ORDER_FIELDS:
            value = line.value(field, cells.text)
            if value:
                state.setdefault(field, value)
        return self._shopify(state, line)

    def _shopify(self, state: dict[str, str], line: Line) -> str:
        if "cancelled_at" in state:
            return f"cancelled at {state['cancelled_at']}"
        if state.get("fulfillment_status", "").casefold() == "fulfilled":
            return "fulfilled"
        if (line.value("line_status", cells.text) or "").casefold() == "fulfilled":
            return "line fulfilled"
        paid = state.get("financial_status", "").casefold()
        accepted = SHOPIFY_PAID | SHOPIFY_UNPAID if self._unpaid else SHOPIFY_PAID
        return "" if paid in accepted else paid

    def _closed(self, cell: Cell) -> str:
        """The status if it says that nothing is to be shipped; one that nobody knows is refused."""
        shown = cells.text(cell)
        status = headings.normal(shown)
        if status in vocabularies.OPEN_STATUSES or (self._unpaid and status in UNPAID):
            return ""
        if status not in vocabularies.CLOSED_STATUSES:
            raise CellRefused(
                FaultCode.STATUS, "a known status such as 待发货 or paid, or a mapping that ignores it", shown
            )
        return shown
