"""What a run asks of its collector: the row's options, and what is known already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from models import db, moment, polls, runs
from scraper import site

PEOPLE_AT_MOST = 1000
"""How many people one run asks about, unless the site's sizes name another number for it."""


def of(
    connection: db.Connection,
    run: runs.Run,
    account: runs.Account,
    place: tuple[site.Site, site.Collector],
) -> site.Errand:
    """Return what the run's collector is to fetch, as of now."""
    options = run.options
    now = moment.now()
    where, collector = place
    people = _people(connection, run, place, now)
    home = where.platform or where.name
    pictured = collector.polls == "watched"
    return site.Errand(
        username=account.username,
        people=people,
        ids=polls.ids(connection, home, collector.by_id, people) if collector.by_id else {},
        images=polls.images(connection, home, people) if pictured else {},
        target=run.target,
        full=bool(options.get("full")),
        cursor=runs.cursor(connection, run),
        since=_time(options.get("since")),
        until=_time(options.get("until")),
        now=now,
    )


def _people(
    connection: db.Connection,
    run: runs.Run,
    place: tuple[site.Site, site.Collector],
    now: datetime,
) -> tuple[str, ...]:
    """Return whom to ask about: the target, or whoever is due, as many as one run may."""
    where, collector = place
    if not collector.polls:
        return ()
    if run.target:
        return (run.target,)
    most = where.layout.sizes.get(f"{collector.name}_people", PEOPLE_AT_MOST)
    home = where.platform or where.name
    return polls.due(connection, home, collector.source, now, limit=most, polls=collector.polls)


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def takes(collector: site.Collector, layout: site.Layout) -> frozenset[str]:
    """Return which of `target`, `since` and `until` change what the collector asks first."""
    return frozenset(_heeded(collector.start, layout) | ({"target"} if collector.polls else set()))


def takes_target(feed: site.Feed, layout: site.Layout) -> bool:
    """Return whether a target changes what a feed is asked for."""
    return "target" in _heeded(feed.start, layout)


def _heeded(start: Callable[[site.Errand, site.Layout], object], layout: site.Layout) -> set[str]:
    errand = site.Errand(username="somebody", people=("somebody",), now=_TRIAL + timedelta(days=9))
    asked = start(errand, layout)
    return {
        name
        for name, value in TRIALS.items()
        if start(msgspec.structs.replace(errand, **{name: value}), layout) != asked
    }


_TRIAL = datetime(2026, 1, 1, tzinfo=UTC)
TRIALS: Mapping[str, Any] = {
    "target": "another",
    "since": _TRIAL,
    "until": _TRIAL + timedelta(days=1),
}
"""Values to try out what a collector takes."""
