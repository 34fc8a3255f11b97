"""Figures of a node in the text format of Prometheus. No name of a partner's customer, no amount of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import prometheus_client
from prometheus_client import core
from prometheus_client import exposition as format_

Json = Mapping[str, Any]

CONTENT_TYPE: Final = format_.CONTENT_TYPE_PLAIN_0_0_4


def exposition(status: Json, partners: Sequence[Json]) -> bytes:
    """The figures as text."""
    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(Figures(status, partners))
    return format_.generate_latest(registry)


class Figures:
    """A collector over one answer of `status` and `partners`."""

    def __init__(self, status: Json, partners: Sequence[Json]) -> None:
        self._status, self._partners = status, partners

    def collect(self) -> Sequence[core.Metric]:
        """Every family of figures."""
        gauge, counter, by_partner = core.GaugeMetricFamily, core.CounterMetricFamily, ["partner"]
        up = gauge("hanse_partner_online", "Whether a session with the partner is open", labels=by_partner)
        sent = counter("hanse_documents_sent", "Documents in my logbook", labels=by_partner)
        receipted = counter("hanse_documents_receipted", "Of these, receipted by the partner", labels=by_partner)
        received = counter("hanse_documents_received", "Documents in the partner's logbook", labels=by_partner)
        waiting = gauge("hanse_outbox", "Documents that are not sequenced yet", labels=by_partner)
        for partner in self._partners:
            label = [partner["node"]]  # names may repeat, and may be anything
            up.add_metric(label, float(partner["online"]))
            sent.add_metric(label, partner["sent"])
            receipted.add_metric(label, partner["receipted"])
            received.add_metric(label, partner["received"])
            waiting.add_metric(label, partner["waiting"])
        orders = gauge("hanse_orders", "Orders by side and state", labels=["side", "state"])
        for side, states in self._status["orders"].items():
            for state, count in states.items():
                orders.add_metric([side, state], count)
        return (up, sent, receipted, received, waiting, orders)
