"""What a run asks of its collector: the row's options, and what is known already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from models import db, moment, runs
from scraper import site


def of(connection: db.Connection, run: runs.Run, account: runs.Account) -> site.Errand:
    """Return what the run's collector is to fetch, as of now."""
    options = run.options
    return site.Errand(
        username=account.username,
        target=run.target,
        full=bool(options.get("full")),
        cursor=runs.cursor(connection, run),
        since=_time(options.get("since")),
        until=_time(options.get("until")),
        now=moment.now(),
    )


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def takes(collector: site.Collector, layout: site.Layout) -> frozenset[str]:
    """Return which of `target`, `since` and `until` change what the collector asks first."""
    errand = site.Errand(username="somebody", now=_TRIAL + timedelta(days=9))
    asked = collector.start(errand, layout)
    return frozenset(
        name
        for name, value in TRIALS.items()
        if collector.start(msgspec.structs.replace(errand, **{name: value}), layout) != asked
    )


_TRIAL = datetime(2026, 1, 1, tzinfo=UTC)
TRIALS: Mapping[str, Any] = {
    "target": "another",
    "since": _TRIAL,
    "until": _TRIAL + timedelta(days=1),
}
"""Values to try out what a collector takes."""
