"""Histories: a number over time, who moved most, when somebody was broadcasting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, moment, records, sources, states

APART = timedelta(minutes=15)
"""Sightings no further apart than this are one stretch: two of three polls may fail."""

SEGMENT = timedelta(minutes=3)
"""What one row of `cbhours_activity` stands for."""

SELDOM = frozenset({"room", "profile"})
"""Sources that are asked so seldom that what they say twice need not hold in between."""

BROADCAST_APART = timedelta(minutes=30)
"""Stretches no further apart than this are one broadcast."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A number as a source said it, from `at` to `until`."""

    at: datetime
    until: datetime
    value: int
    source: str


class Mover(msgspec.Struct, frozen=True, kw_only=True):
    """By how much a person's number changed in a window, as one source says."""

    username: str
    source: str
    before: int
    after: int

    @property
    def change(self) -> int:
        """How much it grew."""
        return self.after - self.before


Stretch = tuple[datetime, datetime]


def series(
    connection: Connection,
    persons: Sequence[int],
    field: str,
    since: datetime,
    until: datetime,
) -> list[Point]:
    """Return what every source of a field said of a person in a window, oldest first."""
    points = []
    for kind in _kinds(field):
        bounds = _bounds(connection, since, until)
        query = f"""SELECT at, confirmed_at, {field} FROM {kind.table}
            WHERE person_id IN ANY ? AND {field} IS NOT NULL AND confirmed_at >= ? AND at <= ?"""
        for at, confirmed, value in bulk.select(connection, query, list(persons), *bounds):
            begins, ends = moment.loaded(at), moment.loaded(confirmed)
            points.append(Point(at=begins, until=ends, value=value, source=kind.source))
    return sorted(points, key=lambda point: (point.at, point.source))


def _kinds(field: str) -> list[type[records.Snapshot]]:
    """Return the kinds of snapshots that state a field, best source first."""
    order = states.ORDER[field]
    found = [kind for kind in sources.SNAPSHOTS if field in states.stated(kind)]
    return sorted(found, key=lambda kind: order.index(kind.source))


def _bounds(connection: Connection, since: datetime, until: datetime) -> tuple[Any, Any]:
    dialect = connection.dialect.name
    return moment.stored(since, dialect), moment.stored(until, dialect)


def movers(
    connection: Connection, site: str, field: str, since: datetime, until: datetime, limit: int
) -> list[Mover]:
    """Return whose number changed most in a window, either way, most first.

    Of each person the best source that knows both ends: the last word at or before the
    beginning, or the first within the window, and the last within it.
    """
    found: dict[str, Mover] = {}
    begin, end = _bounds(connection, since, until)
    for kind in _kinds(field):
        known = f"s.person_id = p.id AND s.{field} IS NOT NULL AND s.at"
        edge = f"SELECT s.{field} FROM {kind.table} s WHERE {known}"
        query = f"""SELECT username, coalesce(earlier, first), last FROM (
            SELECT p.username,
                ({edge} <= ? ORDER BY s.at DESC LIMIT 1) AS earlier,
                ({edge} > ? AND s.at <= ? ORDER BY s.at LIMIT 1) AS first,
                ({edge} > ? AND s.at <= ? ORDER BY s.at DESC LIMIT 1) AS last
            FROM persons p WHERE p.site = ? AND p.same_as IS NULL
              AND p.id IN (SELECT person_id FROM {kind.table})) known WHERE last IS NOT NULL"""
        for name, before, after in bulk.select(
            connection, query, begin, begin, end, begin, end, site
        ):
            mover = Mover(username=name, source=kind.source, before=before, after=after)
            found.setdefault(name, mover)
    moved = [mover for mover in found.values() if mover.change]
    return sorted(moved, key=lambda mover: (-abs(mover.change), mover.username))[:limit]


def online(
    connection: Connection, persons: Sequence[int], since: datetime, until: datetime
) -> list[Stretch]:
    """Return when a person was seen broadcasting within a window, oldest first."""
    bounds = _bounds(connection, since, until)
    seen: list[Stretch] = []
    for kind in sources.SNAPSHOTS:
        if "show" in sources.shape(kind).values and kind.source not in SELDOM:
            query = f"""SELECT at, confirmed_at FROM {kind.table}
                WHERE person_id IN ANY ? AND show IS NOT NULL AND show <> 'offline'
                  AND confirmed_at >= ? AND at <= ?"""
            found = bulk.select(connection, query, list(persons), *bounds)
            seen += [(moment.loaded(at), moment.loaded(ends)) for at, ends in found]
    query = "SELECT at FROM cbhours_activity WHERE person_id IN ANY ? AND at >= ? AND at < ?"
    found = bulk.select(connection, query, list(persons), *bounds)
    seen += [(moment.loaded(row[0]), moment.loaded(row[0]) + SEGMENT) for row in found]
    clipped = ((max(begins, since), min(ends, until)) for begins, ends in seen)
    return joined(clipped, APART)


def joined(stretches: Iterable[Stretch], apart: timedelta) -> list[Stretch]:
    """Return stretches with those joined that are no further apart than this, oldest first."""
    found: list[Stretch] = []
    for begins, ends in sorted(stretches):
        if found and begins - found[-1][1] <= apart:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return found


def broadcasts(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return the broadcasts that a person's stretches belong to."""
    return joined(stretches, BROADCAST_APART)


def by_day(stretches: Sequence[Stretch], zone: tzinfo) -> Mapping[date, timedelta]:
    """Return how long somebody was broadcasting on each day of a time zone."""
    days: dict[date, timedelta] = {}
    for begins, ends in stretches:
        at = begins
        while at < ends:
            day = at.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
            part = min(ends, midnight)
            days[day] = days.get(day, timedelta()) + (part - at)
            at = part
    return days
