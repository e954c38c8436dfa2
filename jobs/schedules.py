"""What a schedule may say; a contradiction is refused with its reason before it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from jobs import cron, settings_check, spans, timing, walls
from scraper import errors

Missed = Literal["skip", "once"]
Overlap = Literal["skip", "queue", "replace"]

DEADLINE = 6 * 3600.0
"""Seconds that a run may work whose schedule names no deadline."""

_LONGEST = 366 * 86_400
_MINUTES_OF_A_DAY = 1440


Seconds = Annotated[float, pydantic.BeforeValidator(spans.seconds)]


class Schedule(pydantic.BaseModel):
    """When a collector is due for an account, and what happens when it cannot run then."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    collector: str = Field(description="what is collected, such as chaturbate.followers")
    account: str = Field(description="for which account")
    target: str | None = Field(None, description="the room, where the collector needs one")
    cron: str | None = Field(None, description="due by five cron fields, in its timezone")
    every: Annotated[Seconds, Field(ge=1, le=_LONGEST)] | None = Field(
        None, description='due again and again, such as "30m" or "6h"'
    )
    at: tuple[str, ...] = Field((), description="due daily at a local time, or at each of a list")
    after: str | None = Field(None, description="due when a run of this other schedule ended ok")
    timezone: str = Field("UTC", description="IANA zone of cron, at and quiet")
    jitter: Annotated[Seconds, Field(ge=0, le=86_400)] = Field(
        0.0, description="starts up to so much later, evenly spread"
    )
    missed: Missed = Field("skip", description="due times that nobody saw: none or one run")
    overlap: Overlap = Field("skip", description="due while its last run works: what then")
    deadline: Annotated[Seconds, Field(ge=1, le=_LONGEST)] | None = Field(
        None, description="how long a run may work"
    )
    quiet: str | None = Field(None, description="local times of day within which nothing is due")
    enabled: bool = Field(default=True, description="whether it is due at all")

    @pydantic.field_validator("at", mode="before")
    @classmethod
    def _list(cls, at: object) -> object:
        return tuple(at.split(",")) if isinstance(at, str) else at

    @pydantic.field_validator("at")
    @classmethod
    def _clock_times(cls, at: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{walls.clock_time(text):%H:%M}" for text in at)

    @pydantic.field_validator("cron")
    @classmethod
    def _cron(cls, text: str | None) -> str | None:
        if text is not None:
            cron.parse(text)
        return text

    @pydantic.field_validator("timezone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        if zone not in walls.zones():
            raise ValueError('must be an IANA time zone such as "America/New_York"')
        return zone

    @pydantic.field_validator("quiet")
    @classmethod
    def _window(cls, quiet: str | None) -> str | None:
        if quiet is not None:
            begin, end = window(quiet)
            if begin == end:
                raise ValueError("begins and ends at the same time; set enabled = false instead")
        return quiet

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> Schedule:
        fault = next(_contradictions(self), None)
        if fault:
            raise ValueError(fault)
        return self


def read(fields: Mapping[str, Any]) -> Schedule:
    """Check a definition by itself. Raises BadConfig saying what is wrong with which key."""
    try:
        return Schedule.model_validate(dict(fields))
    except pydantic.ValidationError as error:
        raise refused(settings_check.explained(error, Schedule)) from error


def refused(problems: Iterable[settings_check.Problem]) -> errors.BadConfig:
    """Return what is wrong with a definition as the error that says so."""
    lines = [f"{'.'.join(key)}: {fault}" if key else fault for key, fault in problems]
    return errors.BadConfig("bad_request", "\n".join(lines))


def window(quiet: str) -> tuple[timedelta, timedelta]:
    """Return begin and end of a quiet window as times since midnight. Raises ValueError."""
    begin, dash, end = quiet.partition("-")
    if not dash:
        raise ValueError('must be a span of the day such as "02:00-06:30"')
    first, last = walls.clock_time(begin), walls.clock_time(end)
    return (
        timedelta(hours=first.hour, minutes=first.minute),
        timedelta(hours=last.hour, minutes=last.minute),
    )


def times(schedule: Schedule) -> timing.Times:
    """Return when it is due, as far as a clock decides."""
    return timing.Times(
        cron=schedule.cron, at=schedule.at, every=schedule.every, timezone=schedule.timezone
    )


def in_quiet(schedule: Schedule, at: datetime) -> bool:
    """Tell whether an instant lies in the quiet window: its beginning does, its end does not."""
    if schedule.quiet is None:
        return False
    return _is_within(walls.wall(at, schedule.timezone).time(), schedule.quiet)


def _is_within(local: time, quiet: str) -> bool:
    begin, end = window(quiet)
    since = datetime.combine(date.min, local) - datetime.combine(date.min, time())
    return begin <= since < end if begin < end else since >= begin or since < end


def after_quiet(schedule: Schedule, at: datetime) -> datetime:
    """Return `at`, or the end of the quiet window that it lies in."""
    if schedule.quiet is None or not in_quiet(schedule, at):
        return at
    local = walls.wall(at, schedule.timezone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + window(schedule.quiet)[1]
    end = end if end > local else end + timedelta(days=1)
    return walls.instant(end, schedule.timezone, at)


def _contradictions(schedule: Schedule) -> Iterator[str]:
    """Yield what cannot be meant together."""
    given = [name for name in ("cron", "every", "at", "after") if getattr(schedule, name)]
    if len(given) != 1:
        which = f"has {' and '.join(given)}" if given else "is never due"
        yield f"{which}; set exactly one of cron, every, at and after"
        return
    if schedule.after is not None:
        for name in ("missed", "quiet", "timezone"):
            if name in schedule.model_fields_set:
                yield f"{name} has no meaning with after, which follows a run and not a clock"
        return
    yield from _against_interval(schedule)


def _against_interval(schedule: Schedule) -> Iterator[str]:
    found = times(schedule)
    replaced = schedule.deadline if schedule.overlap == "replace" else None
    if schedule.jitter or replaced:
        interval = timing.shortest(found).total_seconds()
        span = spans.words(interval)
        if schedule.jitter >= interval:
            yield f"jitter must be shorter than the shortest time from due to due ({span})"
        if replaced and replaced > interval:
            yield f'with overlap = "replace" no run outlives {span}, so its deadline is never met'
    if schedule.quiet is not None and _is_all_quiet(schedule, schedule.quiet):
        yield "quiet covers every due time, so that nothing would ever run"


def _is_all_quiet(schedule: Schedule, quiet: str) -> bool:
    begin, end = window(quiet)
    if schedule.every is None:
        return all(_is_within(local, quiet) for local in timing.clock(times(schedule)))
    loud = (begin - end) % timedelta(days=1)
    if schedule.every <= loud.total_seconds():
        return False
    sample = timing.dues(times(schedule), timing.SAMPLE, limit=_MINUTES_OF_A_DAY)
    return all(in_quiet(schedule, due) for due in sample)
