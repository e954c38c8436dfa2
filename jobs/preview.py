"""What a schedule will do, in words: when it is due, and what the next due times are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from jobs import deciding, schedules, spans, timing, walls

_SEEN = 5000
"""How many due times are looked at to find some outside the quiet window."""


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """A due time that is still to come, as `schedule preview --json` prints it.

    `local` is what a clock in the schedule's zone shows; `not_before` adds the jitter; `note` says
    what a change of the clocks does to it.
    """

    due_at: datetime
    local: datetime
    timezone: str
    not_before: datetime
    note: str | None = None


def coming(name: str, schedule: schedules.Schedule, now: datetime, count: int) -> list[Coming]:
    """Return the next due times at which something is to run."""
    found = timing.dues(
        schedules.times(schedule), now, limit=max(count, 1) if schedule.quiet is None else _SEEN
    )
    wanted = [due for due in found if not schedules.in_quiet(schedule, due)]
    return [
        Coming(
            due_at=due,
            local=walls.wall(due, schedule.timezone),
            timezone=schedule.timezone,
            not_before=deciding.begins(schedule, name, due, due),
            note=timing.oddity(schedules.times(schedule), due),
        )
        for due in wanted[:count]
    ]


def line(one: Coming, now: datetime) -> str:
    """Say a due time: weekday, date, local time with its zone, and how long until then."""
    local = one.local
    shift = f"{local:%z}"
    zone = f"{local:%Z}" if f"{local:%Z}".isalpha() else f"UTC{shift[:3]}:{shift[3:]}"
    named = f" ({one.timezone})" if zone != one.timezone else ""
    second = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    told = f"{local:%A} {local.day} {local:%B %Y}, {second} {zone}{named}"
    later = one.not_before - one.due_at
    jitter = f", {spans.words(later.total_seconds())} later by jitter" if later else ""
    note = f"; {one.note}" if one.note else ""
    return f"{told}, {_until(one.due_at - now)}{jitter}{note}"


def when(schedule: schedules.Schedule) -> str:
    """Say when a schedule is due."""
    if schedule.after is not None:
        return f"after each run of {schedule.after} that ends ok"
    if schedule.every is not None:
        return f"every {spans.words(schedule.every)}"
    if schedule.at:
        return f"daily at {' and '.join(schedule.at)} ({schedule.timezone})"
    return f"cron {schedule.cron} ({schedule.timezone})"


def policies(schedule: schedules.Schedule) -> Iterator[str]:
    """Say what else a schedule says, where it says anything."""
    if schedule.jitter:
        yield f"starts up to {spans.words(schedule.jitter)} later"
    if schedule.missed == "once":
        yield "missed due times are made up for by one run"
    if schedule.overlap == "queue":
        yield "waits for its last run"
    if schedule.overlap == "replace":
        yield "ends its last run"
    if schedule.quiet is not None:
        yield f"not within {schedule.quiet} ({schedule.timezone})"
    if schedule.deadline is not None:
        yield f"at most {spans.words(schedule.deadline)} long"


def _until(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"in {days} d {hours} h"
    if hours:
        return f"in {hours} h {minutes % 60} min"
    return f"in {minutes} min" if minutes else "in less than a minute"
