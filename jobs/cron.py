"""Cron strings as cron itself means them: five fields, Sunday is 0 or 7, Monday is 1.

A field is `*`, a number, a name (`mon`, `jan`), a range, any of these with a step, or a list.
Where day of month and day of week are both restricted, either is enough, as in cron.
What cron would take and never mean so (`*/90`, the 30th of February) is refused.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from functools import lru_cache

import msgspec

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = tuple(name.lower() for name in calendar.month_abbr[1:])
_LEAP_YEAR = 2024
_SUNDAY = 7

_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class _Field(msgspec.Struct, frozen=True):
    name: str
    first: int
    last: int
    names: Mapping[str, int] = {}


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("day of week", 0, _SUNDAY, {name: number for number, name in enumerate(_WEEKDAYS)}),
)


class Cron(msgspec.Struct, frozen=True, kw_only=True):
    """A cron string, read. `weekdays` counts from 0 for Sunday to 6.

    `days`        those that one of the months has; none only where a day of the week is enough
    `either`      a day of the month or a day of the week is enough
    `every_hour`  the hour is `*`
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool
    every_hour: bool


@lru_cache(maxsize=256)
def parse(text: str) -> Cron:
    """Read a cron string. Raises ValueError saying what is wrong with which field."""
    parts = _SHORTHANDS.get(text.strip().lower(), text).split()
    if parts and parts[0].startswith("@"):
        raise ValueError(f"{parts[0]} is unknown; known are {', '.join(sorted(_SHORTHANDS))}")
    if len(parts) != len(_FIELDS):
        raise ValueError(
            f"needs five fields (minute, hour, day of month, month, day of week), not {len(parts)}"
        )
    values = [_values(field, part) for field, part in zip(_FIELDS, parts, strict=True)]
    minutes, hours, days, months, weekdays = values
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    longest = max(calendar.monthrange(_LEAP_YEAR, month)[1] for month in months)
    if not either and min(days) > longest:
        raise ValueError(f"no such month has a day {min(days)}")
    return Cron(
        minutes=minutes,
        hours=hours,
        days=tuple(day for day in days if day <= longest),
        months=months,
        weekdays=tuple(sorted({day % _SUNDAY for day in weekdays})),
        either=either,
        every_hour=parts[1] == "*",
    )


def _values(field: _Field, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        found |= set(_range(field, part))
    return tuple(sorted(found))


def _range(field: _Field, part: str) -> range:
    span, stepped, step_text = part.partition("/")
    if span == "*":
        first, last = field.first, field.last - (field.last == _SUNDAY)
    else:
        first, last = _span(field, span)
        if stepped and "-" not in span:
            raise ValueError(f"{field.name}: write {span}-{field.last}/{step_text}, not {part}")
    step = _step(field, part, step_text) if stepped else 1
    if step > max(last - first, 1):
        raise ValueError(f"{field.name}: the step of {part} is longer than its range")
    return range(first, last + 1, step)


def _span(field: _Field, text: str) -> tuple[int, int]:
    low, ranged, high = text.partition("-")
    first = _number(field, low)
    if not ranged:
        return first, first
    last = _number(field, high)
    if field.last == _SUNDAY and first > last == 0:
        last = _SUNDAY
    if first > last:
        hint = f"{low}-{field.last},{field.first}-{high}"
        raise ValueError(f"{field.name}: {text} runs backwards; write {hint}")
    return first, last


def _number(field: _Field, text: str) -> int:
    if text.lower() in field.names:
        return field.names[text.lower()]
    if not (text.isascii() and text.isdigit()):
        known = f", {next(iter(field.names))} …" if field.names else ""
        raise ValueError(f"{field.name}: {text!r} is none of {field.first}-{field.last}{known}")
    if not field.first <= int(text) <= field.last:
        raise ValueError(f"{field.name}: {text} is not within {field.first}-{field.last}")
    return int(text)


def _step(field: _Field, part: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not int(text):
        raise ValueError(f"{field.name}: the step of {part} must be 1 or more")
    return int(text)
