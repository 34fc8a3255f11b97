"""How property tests run here: small, and the same examples every time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

quick = settings(
    derandomize=True, max_examples=80, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
