"""Reports: sales, shipping against promise, returns, cancels and balances, over days or months.

Each adds up rows of `storage.reports`, so it costs what it shows and not what was ever traded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Final, Literal, TypeVar

import pydantic

from node import errors
from node.storage import partners, reports
from node.storage.reports import Departure, Sale
from node.trade import books, doors, peering
from node.trade.goods import catalogues

register = doors.Register()
DAYS_USUAL: Final = 30
DAYS_MAX: Final = 3_660
ARTICLES_MAX: Final = 1_000
EPOCH: Final = date(1970, 1, 1)
Dated = Annotated[str, pydantic.Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Figures = TypeVar("Figures", Sale, Departure)


class Span(doors.Arguments):
    """The days `since` to `until`, both included, at `offset_minutes` from UTC; without them the last 30 days.

    `buying`: of what I buy, instead of what I sell.
    """

    since: Dated | None = None
    until: Dated | None = None
    offset_minutes: int = pydantic.Field(default=0, ge=-840, le=840)
    partner: str | None = None
    buying: bool = False


class Grouped(Span):
    """By day or by month."""

    by: Literal["day", "month"] = "day"


class Articles(Span):
    """At most `limit` articles, what came back most first."""

    limit: int = pydantic.Field(default=50, ge=1, le=ARTICLES_MAX)


def days(desk: books.Desk, given: Span) -> tuple[int, int]:
    """The first and the last day since 1970. NodeError `request.malformed` for a span that is none, or too long."""
    today = (desk.now_ms() // 60_000 + given.offset_minutes) // 1_440
    try:
        last = today if given.until is None else (date.fromisoformat(given.until) - EPOCH).days
        first = last - DAYS_USUAL + 1 if given.since is None else (date.fromisoformat(given.since) - EPOCH).days
    except ValueError as error:
        raise errors.NodeError("request.malformed", "there is no such day", got=str(error)) from None
    if not 0 <= last - first < DAYS_MAX:
        raise errors.NodeError(
            "request.malformed", "these days are no span", expected=f"at most {DAYS_MAX} days", got=last - first + 1
        )
    return first, last


def channel_of(desk: books.Desk, given: Span) -> int | None:
    """The channel of the partner that is meant, None for all."""
    return None if given.partner is None else peering.find(desk, given.partner)[1].id


def names(desk: books.Desk) -> dict[int, str]:
    """The partner's name by channel."""
    known = {partner.id: partner.name for partner in partners.every(desk.db)}
    return {channel.id: known[channel.partner] for channel in partners.channels(desk.db)}


def period(day: int, by: str) -> str:
    """A day since 1970, or its month, as ISO 8601 has it."""
    text = (EPOCH + timedelta(days=day)).isoformat()
    return text if by == "day" else text[:7]


def summed(rows: Iterable[tuple[str, int, str, Figures]]) -> dict[tuple[str, int, str], Figures]:
    """Figures of the same period, channel and currency added up."""
    found: dict[tuple[str, int, str], Figures] = {}
    for when, channel, currency, figures in rows:
        name = (when, channel, currency)
        before = found.get(name)
        found[name] = figures if before is None else type(figures)(*map(sum, zip(before, figures, strict=True)))
    return found


def told(desk: books.Desk, given: Span) -> doors.Json:
    """The span, for people."""
    first, last = days(desk, given)
    return {"since": period(first, "day"), "until": period(last, "day")}


@register.case("report.sales", Grouped)
async def sales(trade: doors.Trade, given: Grouped, report: doors.Report) -> doors.Json:
    """What was sold, or bought, less what was called off: by the day, or month, in which the order came."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = reports.sales(
            desk.db, *days(desk, given), given.offset_minutes, not given.buying, channel_of(desk, given)
        )
        found = summed((period(day, given.by), channel, currency, sale) for day, channel, currency, sale in rows)
        known = names(desk)
        return {
            **told(desk, given),
            "rows": [
                {
                    "period": when,
                    "partner": known[channel],
                    "currency": currency,
                    "orders": sale.orders,
                    "units": sale.units,
                    "amount": catalogues.shown(sale.minor, currency),
                }
                for (when, channel, currency), sale in found.items()
            ],
        }

    return await trade.books.read(unit)


@register.case("report.cancels", Grouped)
async def cancels(trade: doors.Trade, given: Grouped, report: doors.Report) -> doors.Json:
    """Units that were cancelled: stopped in time, or gone already; by the day in which the order came."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = reports.sales(
            desk.db, *days(desk, given), given.offset_minutes, not given.buying, channel_of(desk, given)
        )
        found = summed((period(day, given.by), channel, "", sale) for day, channel, _, sale in rows)
        known = names(desk)
        return {
            **told(desk, given),
            "rows": [
                {"period": when, "partner": known[channel], "stopped": sale.stopped, "late": sale.late}
                for (when, channel, _), sale in found.items()
                if sale.stopped or sale.late
            ],
        }

    return await trade.books.read(unit)


@register.case("report.shipping", Grouped)
async def shipping(trade: doors.Trade, given: Grouped, report: doors.Report) -> doors.Json:
    """How long parcels took to leave, and how many left after the promised time; by the day in which they left."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = reports.departures(
            desk.db, *days(desk, given), given.offset_minutes, not given.buying, channel_of(desk, given)
        )
        found = summed((period(day, given.by), channel, "", figures) for day, channel, figures in rows)
        known = names(desk)
        return {
            **told(desk, given),
            "rows": [
                {
                    "period": when,
                    "partner": known[channel],
                    "parcels": figures.parcels,
                    "promised": figures.promised,
                    "late": figures.late,
                    "seconds": figures.seconds // figures.parcels,
                }
                for (when, channel, _), figures in found.items()
                if figures.parcels > 0
            ],
        }

    return await trade.books.read(unit)


@register.case("report.returns", Articles)
async def returned(trade: doors.Trade, given: Articles, report: doors.Report) -> doors.Json:
    """Of what left, how much came back or is to: by article and partner, of the orders of some days (UTC)."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = reports.articles(desk.db, *days(desk, given), not given.buying, channel_of(desk, given), given.limit)
        known = names(desk)
        return {
            **told(desk, given),
            "rows": [
                {"sku": sku, "partner": known[channel], "shipped": shipped, "returned": back}
                for sku, channel, shipped, back in rows
            ],
        }

    return await trade.books.read(unit)


@register.case("report.balances", Span)
async def balances(trade: doors.Trade, given: Span, report: doors.Report) -> doors.Json:
    """What each partner owed at the end of each day (UTC) on which it changed, and as the span began."""

    def unit(desk: books.Desk) -> doors.Json:
        first, last = days(desk, given)
        known = names(desk)
        rows = reports.balances(desk.db, first, last, channel_of(desk, given))
        return {
            **told(desk, given),
            "rows": [
                {
                    "period": period(max(day, first), "day"),
                    "partner": known[channel],
                    "currency": currency,
                    "owes_me": catalogues.shown(minor, currency),
                }
                for channel, currency, day, minor in rows
            ],
        }

    return await trade.books.read(unit)
