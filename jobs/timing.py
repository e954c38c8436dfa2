"""When something is due, across every change of the clocks; and being woken then.

Local times are worked out as a wall shows them and then placed in the zone (`jobs.walls`). One
that does not exist (the clocks go forward) is due at the first instant after the gap, one that
exists twice is due once, the first time. A cron of every hour (`*`) goes by real time instead, and
an interval counts from the first instant of 1970 UTC, so that a restart shifts nothing.
"""

from __future__ import annotations

import heapq
import itertools
import zoneinfo
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from jobs import cron, walls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLE = datetime(2027, 1, 1, tzinfo=UTC)
"""From when on due times are looked at to learn how a definition behaves."""

_DAY = timedelta(days=1)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When something is due: by `cron`, at local times `at` (HH:MM) or `every` so many seconds.

    None of them means that no clock decides.
    """

    cron: str | None = None
    at: tuple[str, ...] = ()
    every: float | None = None
    timezone: str = "UTC"


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """The due times of a span: the newest, and how many older ones there are since `first`."""

    dues: list[datetime]
    older: int = 0
    first: datetime | None = None


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Days, as a trigger finds them, and the local times of each; `real` goes by real time."""

    trigger: Any
    clock: tuple[time, ...]
    zone: zoneinfo.ZoneInfo
    real: bool = False


def dues(
    times: Times, after: datetime, until: datetime | None = None, limit: int | None = None
) -> list[datetime]:
    """Return the first `limit` due times in (after, until], aware UTC, in order.

    With neither `until` nor `limit` it never ends. Raises ValueError for a wrong definition.
    """
    return list(itertools.islice(_within(times, after, until), limit))


def next_due(times: Times, after: datetime) -> datetime | None:
    """Return the first due time after `after`, None if no clock decides."""
    return next(_within(times, after, None), None)


def backlog(times: Times, after: datetime, until: datetime, keep: int) -> Backlog:
    """Return the newest `keep` due times in (after, until], and what lies before them."""
    if times.every is None:
        newest = deque[datetime](maxlen=keep)
        first, count = None, 0
        for count, due in enumerate(_within(times, after, until), 1):  # noqa: B007 - the number found
            first = first or due
            newest.append(due)
        return Backlog(dues=list(newest), older=max(count - keep, 0), first=first)
    step = timedelta(seconds=times.every)
    begin, end = (after - EPOCH) // step + 1, (until - EPOCH) // step + 1
    kept = [EPOCH + step * number for number in range(max(begin, end - keep), end)]
    first = EPOCH + step * begin if begin < end else None
    return Backlog(dues=kept, older=max(end - begin - keep, 0), first=first)


def oddity(times: Times, due: datetime) -> str | None:
    """Say what a change of the clocks does to a due time, if it does anything."""
    if times.cron is None and not times.at:
        return None
    plan = _plan(times)
    local = due.astimezone(plan.zone)
    naive = local.replace(tzinfo=None, fold=0)
    if local.time().replace(fold=0) not in plan.clock:
        return "the clocks go forward, and this is the first moment after its time"
    twice = len(walls.instants(naive, plan.zone, real=True)) > 1
    if not twice:
        return None
    if not plan.real:
        return "the clocks go back, and it runs once, the first time"
    return f"the clocks go back, and this is the {'second' if local.fold else 'first'} time"


def clock(times: Times) -> tuple[time, ...]:
    """Return the local times of day at which something can be due; none for an interval."""
    return _plan(times).clock if times.cron is not None or times.at else ()


def shortest(times: Times) -> timedelta:
    """Return the shortest time from one due time to the next, as far as a sample tells."""
    if times.every is not None:
        return timedelta(seconds=times.every)
    found = dues(times, SAMPLE, limit=400)
    return min((later - sooner for sooner, later in itertools.pairwise(found)), default=_DAY)


def _within(times: Times, after: datetime, until: datetime | None) -> Iterator[datetime]:
    found = _intervals(times.every, after) if times.every is not None else _local(times, after)
    for due in found:
        if until is not None and due > until:
            return
        yield due


def _intervals(seconds: float, after: datetime) -> Iterator[datetime]:
    step = timedelta(seconds=seconds)
    for number in itertools.count((after - EPOCH) // step + 1):
        yield EPOCH + step * number


def _local(times: Times, after: datetime) -> Iterator[datetime]:
    """Yield what local times come to, in order, each instant once."""
    if times.cron is None and not times.at:
        return
    plan = _plan(times)
    last = after.astimezone(UTC)
    coming: list[datetime] = []
    for local in _walls(plan, last):
        found = walls.instants(local, plan.zone, real=plan.real)
        if not found:
            continue
        while coming and coming[0] < found[0]:
            last, due = max(last, coming[0]), heapq.heappop(coming)
            yield due
        for due in found:
            if due > last and due not in coming:
                heapq.heappush(coming, due)
    while coming:
        yield heapq.heappop(coming)


def _plan(times: Times) -> _Plan:
    zone = zoneinfo.ZoneInfo(times.timezone)
    if times.cron is None:
        clock = tuple(sorted({walls.clock_time(text) for text in times.at}))
        return _Plan(trigger=_days(), clock=clock, zone=zone)
    read = cron.parse(times.cron)
    clock = tuple(time(hour, minute) for hour in read.hours for minute in read.minutes)
    months, days = _listed(read.months), _listed(read.days)
    weekdays = ",".join(_WEEKDAYS[day] for day in read.weekdays)
    if not read.days:
        trigger = _days(month=months, day_of_week=weekdays)
    elif read.either:
        of_month, of_week = _days(month=months, day=days), _days(month=months, day_of_week=weekdays)
        trigger = OrTrigger([of_month, of_week])
    else:
        trigger = _days(month=months, day=days, day_of_week=weekdays)
    return _Plan(trigger=trigger, clock=clock, zone=zone, real=read.every_hour)


def _listed(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


def _days(**fields: str) -> Any:
    return CronTrigger(**fields, hour=0, minute=0, second=0, timezone=UTC)


def _walls(plan: _Plan, after: datetime) -> Iterator[datetime]:
    """Yield local times, naive and in order, from about `after` on."""
    offsets = [(after + days * _DAY).astimezone(plan.zone).utcoffset() for days in (-1, 1)]
    change = abs((offsets[1] or timedelta()) - (offsets[0] or timedelta()))
    begin = after.astimezone(plan.zone).replace(tzinfo=None) - change
    for day in _dates(plan.trigger, begin.date()):
        for at in plan.clock:
            local = datetime.combine(day, at)
            if local >= begin:
                yield local


def _dates(trigger: Any, begin: date) -> Iterator[date]:
    start = datetime.combine(begin, time(), UTC)
    while True:
        found = trigger.get_next_fire_time(None, start)
        if found is None:
            return
        yield found.date()
        start = found + _DAY


class Alarm:
    """Wakes coroutines of the running event loop, at a time or again and again.

    It keeps nothing: what is due is decided by the table. A call that is late is made late, never
    dropped, and never twice at once. `stop` cancels what has been called and has not ended.
    """

    def __init__(self) -> None:
        policy = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler: Any = AsyncIOScheduler(timezone=UTC, job_defaults=policy)
        self._awake = False

    def start(self) -> None:
        """Begin to wake; the event loop must run."""
        self._scheduler.start()
        self._awake = True

    def set(self, key: str, when: datetime, call: Callable[[], Awaitable[None]]) -> None:
        """Call once at `when`, or now if that is past, instead of what the key called before."""
        self._scheduler.add_job(call, "date", run_date=when, id=key, replace_existing=True)

    def every(self, key: str, seconds: float, call: Callable[[], Awaitable[None]]) -> None:
        """Call again and again, first after `seconds`."""
        self._scheduler.add_job(call, "interval", seconds=seconds, id=key, replace_existing=True)

    def drop(self, key: str) -> None:
        """Call no more for this key."""
        try:
            self._scheduler.remove_job(key)
        except JobLookupError:
            return

    def stop(self) -> None:
        """Wake nobody any more."""
        if self._awake:
            self._scheduler.shutdown(wait=False)
        self._awake = False
