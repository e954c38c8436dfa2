"""What a clock on the wall of a zone shows, and when it shows it."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, time, timedelta
from functools import cache

_SECOND = timedelta(seconds=1)


@cache
def zones() -> frozenset[str]:
    """Return the names of all IANA zones that this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def wall(at: datetime, zone: str) -> datetime:
    """Return what a clock in the zone shows at an instant."""
    return at.astimezone(zoneinfo.ZoneInfo(zone))


def instant(local: datetime, zone: str, after: datetime) -> datetime:
    """Return when, after `after`, a clock in the zone shows this naive time or has passed it."""
    place = zoneinfo.ZoneInfo(zone)
    found = instants(local, place, real=True) or instants(local, place, real=False)
    return next((one for one in found if one > after), found[-1])


def clock_time(text: str) -> time:
    """Read `HH:MM`. Raises ValueError."""
    hours, colon, minutes = text.strip().partition(":")
    digits = hours.isascii() and minutes.isascii() and hours.isdigit() and minutes.isdigit()
    if not colon or not digits or len(minutes) != len("MM"):
        raise ValueError(f'must be a time such as "09:30", not {text!r}')
    if int(hours) >= 24 or int(minutes) >= 60:  # noqa: PLR2004 - hours and minutes of a day
        raise ValueError(f"there is no such time of day as {text}")
    return time(int(hours), int(minutes))


def instants(local: datetime, zone: zoneinfo.ZoneInfo, *, real: bool) -> tuple[datetime, ...]:
    """Return when a wall in the zone shows `local`: once, for most times."""
    before = zone.utcoffset(local.replace(tzinfo=zone, fold=0)) or timedelta()
    after = zone.utcoffset(local.replace(tzinfo=zone, fold=1)) or timedelta()
    naive = local.replace(tzinfo=UTC)
    if before == after:
        return (naive - before,)
    if before > after:
        return (naive - before, naive - after) if real else (naive - before,)
    return () if real else (_after_gap(naive - after, naive - before, zone),)


def _after_gap(low: datetime, high: datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    """Return the instant in (low, high] at which the clocks went forward."""
    old = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high
