"""Reports as plots, each with a table of the same figures for screen readers and for paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from aiohttp import web
from babel import numbers

from node import errors
from node.console import routes, views
from node.console.words import N_

register = routes.Register()
Json = dict[str, Any]
SERIES_MAX: Final = 6
"""More lines than this in one plot are told apart by nobody: the rest stands in the table."""
HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `grouped`: by day or month; `sides`: of what is sold or bought."""

    name: str
    label: str
    lead: str
    case: str
    grouped: bool = True
    sides: bool = True


REPORTS: Final = (
    Report(
        "sales", N_("Sales"), N_("What came to be, less what was called off, by the day of the order."), "report.sales"
    ),
    Report(
        "shipping", N_("Shipping"), N_("How long parcels took to leave, against what was promised."), "report.shipping"
    ),
    Report(
        "returns", N_("Returns"), N_("Of what left, how much came back, by article."), "report.returns", grouped=False
    ),
    Report("cancels", N_("Cancels"), N_("Units whose cancel came in time, and those that had left."), "report.cancels"),
    Report("balances", N_("Balances"), N_("What each partner owed, day by day."), "report.balances", False, False),
)
BY_NAME: Final = {report.name: report for report in REPORTS}
SPANS: Final = (30, 90, 365)


@register.get("/reports", routes.SIGNED_IN)
async def start(view: views.View) -> web.StreamResponse:
    """The first report that this visitor may see."""
    first = next(report for report in REPORTS if view.may(report.case))
    return web.Response(status=303, headers={"Location": f"/reports/{first.name}"})


@register.get("/reports/{report}", routes.SIGNED_IN)
async def page(view: views.View) -> web.StreamResponse:
    """One report: a plot, and the table below it."""
    report = named(view)
    found = await asked(view, report)
    partners = (await view.ask("partners"))["partners"]
    return view.page(
        "reports/report.html",
        report=report,
        reports=[(f"/reports/{one.name}", one.label, one is report) for one in REPORTS if view.may(one.case)],
        rows=found["rows"],
        since=found["since"],
        until=found["until"],
        spans=SPANS,
        days=days(view),
        by=by(view),
        buying=view.query("buying") == "1",
        partner=view.query("partner"),
        partners=partners,
        plots=[plot | {"series": []} for plot in plots(view, report, found)],
        query=view.request.query_string,
    )


@register.get("/reports/{report}/data", routes.SIGNED_IN)
async def data(view: views.View) -> web.StreamResponse:
    """The same figures for the script that draws them: `{"plots": [{"x" or "labels", "series", "unit", "axis"}]}`."""
    report = named(view)
    axis_text = view.language.text(N_("Article") if report.name == "returns" else N_("Day"))
    return web.json_response(
        {"plots": [one | {"axis": axis_text} for one in plots(view, report, await asked(view, report))]}
    )


def named(view: views.View) -> Report:
    """The report of an address. NodeError `request.unknown`."""
    report = BY_NAME.get(view.request.match_info["report"])
    if report is None:
        raise errors.NodeError("request.unknown", "there is no such page", got=view.request.path[:200])
    return report


def days(view: views.View) -> int:
    """How many days back."""
    wanted = view.query("days")
    return int(wanted) if wanted in {str(span) for span in SPANS} else SPANS[0]


def by(view: views.View) -> str:
    """By day or by month."""
    return "month" if view.query("by") == "month" else "day"


async def asked(view: views.View, report: Report) -> Json:
    """The figures. What this visitor may not know, the door refuses."""
    now = datetime.fromtimestamp(view.console.clock.now_ms() / 1000, view.language.zone)
    offset = now.utcoffset() or timedelta()
    given: Json = {
        "since": (now.date() - timedelta(days=days(view) - 1)).isoformat(),
        "until": now.date().isoformat(),
        "offset_minutes": int(offset.total_seconds() // 60),
        "partner": view.query("partner") or None,
        "buying": view.query("buying") == "1",
    }
    return await view.ask(report.case, **given, **({"by": by(view)} if report.grouped else {}))


# --- plots


def plots(view: views.View, report: Report, found: Json) -> list[Json]:
    """What is drawn of a report; money of different currencies never shares a plot."""
    text, rows = view.language.text, found["rows"]
    match report.name:
        case "sales" | "balances":
            amount = "amount" if report.name == "sales" else "owes_me"
            currencies = sorted({row[amount]["currency"] for row in rows})
            return [
                over_time(
                    view,
                    found,
                    [row for row in rows if row[amount]["currency"] == one],
                    major(amount),
                    one,
                    steps=report.name == "balances",
                )
                for one in currencies
            ]
        case "shipping":
            hours = over_time(view, found, rows, lambda row: round(row["seconds"] / HOUR_S, 1), text(N_("hours")))
            late = over_time(view, found, rows, lambda row: row["late"], text(N_("late parcels")))
            return [hours, late] if rows else []
        case "returns":
            top = [row for row in rows if row["returned"]][:20]
            rate = [round(100 * row["returned"] / row["shipped"], 1) for row in top]
            return (
                [
                    {
                        "labels": [row["sku"] for row in top],
                        "series": [{"label": text(N_("came back")), "values": rate}],
                        "unit": "%",
                    }
                ]
                if top
                else []
            )
        case _:
            x = axis(found, rows, by(view))
            series = [
                {"label": text(N_("stopped in time")), "values": summed(rows, x, lambda row: row["stopped"])},
                {"label": text(N_("had left")), "values": summed(rows, x, lambda row: row["late"])},
            ]
            return [{"x": [seconds(one) for one in x], "series": series, "unit": text(N_("units"))}] if rows else []


def major(name: str) -> Callable[[Json], float]:
    """An amount in whole units of its currency, for a plot."""
    return lambda row: row[name]["amount"] / 10 ** numbers.get_currency_precision(row[name]["currency"])


def over_time(
    view: views.View, found: Json, rows: list[Json], value: Callable[[Json], float], unit: str, *, steps: bool = False
) -> Json:
    """A line for each partner, the largest ones. A day without a value is 0, or with `steps` as the day before."""
    x = axis(found, rows, by(view))
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["partner"]] = totals.get(row["partner"], 0) + abs(value(row))
    largest = sorted(totals, key=lambda name: -totals[name])[:SERIES_MAX]
    fill = carried if steps else summed
    series = [
        {"label": name, "values": fill([row for row in rows if row["partner"] == name], x, value)} for name in largest
    ]
    return {"x": [seconds(one) for one in x], "series": series, "unit": unit, "steps": steps}


def axis(found: Json, rows: list[Json], by: str) -> list[str]:
    """Every day of the span; of months, those between the first and the last."""
    first, last = date.fromisoformat(found["since"]), date.fromisoformat(found["until"])
    every = [(first + timedelta(days=day)).isoformat() for day in range((last - first).days + 1)]
    months = bool(rows) and len(rows[0]["period"]) == len("2026-11")
    return sorted({one[:7] for one in every}) if months else every


def summed(rows: list[Json], x: list[str], value: Callable[[Json], float]) -> list[float]:
    """The values of each period, 0 where there is none."""
    found: dict[str, float] = {}
    for row in rows:
        found[row["period"]] = found.get(row["period"], 0) + value(row)
    return [found.get(one, 0) for one in x]


def carried(rows: list[Json], x: list[str], value: Callable[[Json], float]) -> list[float]:
    """The last known value of each period."""
    known, last = {row["period"]: value(row) for row in rows}, 0.0
    found = []
    for one in x:
        last = known.get(one, last)
        found.append(last)
    return found


def seconds(period: str) -> int:
    """A day or month as unix seconds, for the axis."""
    whole = period if len(period) > len("2026-11") else period + "-01"
    return int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
