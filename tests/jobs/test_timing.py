"""Due times across changes of the clocks, and being woken at them."""

from __future__ import annotations

import asyncio
import itertools
import time
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from jobs import deciding, preview, schedules, timing
from models import db
from tests.jobs import given_schedules as given

HOUR = timedelta(hours=1)

FORWARD = {
    "America/New_York": ("2026-03-08 02:30", "2026-03-08 07:00", "03:00"),
    "America/Los_Angeles": ("2026-03-08 02:30", "2026-03-08 10:00", "03:00"),
    "Europe/London": ("2026-03-29 01:30", "2026-03-29 01:00", "02:00"),
    "Europe/Berlin": ("2026-03-29 02:30", "2026-03-29 01:00", "03:00"),
    "Australia/Lord_Howe": ("2026-10-04 02:15", "2026-10-03 15:30", "02:30"),
    "America/Santiago": ("2026-09-06 00:30", "2026-09-06 04:00", "01:00"),
}
"""Zone → a local time that does not exist; the instant after the gap, in UTC and there."""

BACK = {
    "America/New_York": ("2026-11-01 01:30", "2026-11-01 05:30", "2026-11-01 06:30"),
    "America/Los_Angeles": ("2026-11-01 01:30", "2026-11-01 08:30", "2026-11-01 09:30"),
    "Europe/London": ("2026-10-25 01:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    "Europe/Berlin": ("2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    "Australia/Lord_Howe": ("2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15"),
    "America/Santiago": ("2026-04-04 23:30", "2026-04-05 02:30", "2026-04-05 03:30"),
}
"""Zone → a local time that exists twice, and both instants in UTC."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(zone: str, local: str) -> tuple[timing.Times, timing.Times]:
    """Return a time of day in both spellings."""
    hour, minute = local[-5:].split(":")
    cron = f"{int(minute)} {int(hour)} * * *"
    return timing.Times(at=(local[-5:],), timezone=zone), timing.Times(cron=cron, timezone=zone)


@pytest.mark.parametrize("zone", FORWARD)
def test_a_time_that_does_not_exist_is_due_at_the_first_instant_after_the_gap(zone: str) -> None:
    local, instant, shown = FORWARD[zone]

    for times in daily(zone, local):
        before, due, after = timing.dues(times, utc(instant) - timedelta(hours=30), limit=3)

        assert due == utc(instant)
        assert f"{due.astimezone(zoneinfo.ZoneInfo(zone)):%H:%M}" == shown
        for other in (before, after):
            assert f"{other.astimezone(zoneinfo.ZoneInfo(zone)):%H:%M}" == local[-5:]


@pytest.mark.parametrize("zone", BACK)
def test_a_time_that_exists_twice_is_due_once_the_first_time(zone: str) -> None:
    local, first, second = BACK[zone]

    for times in daily(zone, local):
        found = timing.dues(times, utc(first) - HOUR, utc(second) + HOUR)

        assert found == [utc(first)]


@pytest.mark.parametrize("zone", sorted(FORWARD.keys() - {"Australia/Lord_Howe"}))
def test_every_hour_goes_by_real_time(zone: str) -> None:
    times = timing.Times(cron="0 * * * *", timezone=zone)

    for change in (utc(FORWARD[zone][1]), utc(BACK[zone][2])):
        found = timing.dues(times, change - 6 * HOUR, change + 6 * HOUR)

        assert {later - sooner for sooner, later in itertools.pairwise(found)} == {HOUR}


@pytest.mark.parametrize("every", [1, 90, 1800, 6 * 3600, 86_400])
def test_an_interval_knows_no_clocks_and_no_restart(every: float) -> None:
    times = timing.Times(every=every, timezone="Europe/Berlin")
    begin = utc("2026-10-24 23:59:59")

    found = timing.dues(times, begin, limit=50)

    steps = {later - sooner for sooner, later in itertools.pairwise(found)}
    assert steps == {timedelta(seconds=every)}
    assert all((due - timing.EPOCH) % timedelta(seconds=every) == timedelta() for due in found)
    assert timing.dues(times, found[20], limit=5) == found[21:26]


ZONES = sorted(FORWARD)
EXPRESSIONS = [
    "30 2 * * *",
    "*/20 * * * *",
    "0 */2 * * *",
    "15,45 1-3 * * *",
    "0 0 * * *",
    "30 23 * * 6",
    "0 1 29 3 0",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", EXPRESSIONS)
def test_asking_from_any_moment_gives_the_same_due_times(zone: str, cron: str) -> None:
    times = timing.Times(cron=cron, timezone=zone)
    for change in (utc(FORWARD[zone][1]), utc(BACK[zone][1])):
        begin, end = change - timedelta(days=2), change + timedelta(days=2)
        at_once = timing.dues(times, begin, end)
        piece = timedelta(minutes=17)
        cuts = [begin + number * piece for number in range((end - begin) // piece + 1)]

        pieced = [due for cut in cuts for due in timing.dues(times, cut, min(cut + piece, end))]

        assert pieced == at_once == sorted(set(at_once))
        assert timing.backlog(times, begin, end, keep=3).dues == at_once[-3:]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "keys",
    [
        {"at": ["00:30", "01:45", "02:15", "02:30", "23:30"]},
        {"cron": "15,45 0-3 * * *"},
        {"cron": "30 * * * *", "quiet": "04:00-22:00"},
    ],
    ids=["at", "cron", "quiet"],
)
def test_a_preview_is_what_runs(
    zone: str, keys: dict[str, object], new_database: db.Database
) -> None:
    for change in (utc(FORWARD[zone][1]), utc(BACK[zone][1])):
        name = f"lists-{change:%m}"
        begin = change - timedelta(hours=20)
        wanted = given.toml(name, timezone=zone, jitter="90s", **keys)
        clock = given.Clock(new_database, wanted, at=begin)
        schedule = clock.chosen.schedule[name]
        shown = preview.coming(name, schedule, begin, count=6)

        while clock.now < shown[-1].due_at:
            clock.now = deciding_next(schedule, clock.now)
            clock.act()
            clock.finish(name)

        ran = [run for run in clock.runs(name) if run.due_at]
        assert [(one.due_at, one.not_before) for one in shown] == [
            (run.due_at, run.not_before) for run in ran
        ]


def deciding_next(schedule: schedules.Schedule, now: datetime) -> datetime:
    """Return when the alarm would ring."""
    due = timing.next_due(schedules.times(schedule), now)
    assert due is not None
    return due


@pytest.mark.parametrize("zone", ZONES)
def test_a_preview_says_where_a_change_of_the_clocks_matters(zone: str) -> None:
    for local, instant, said in (
        (FORWARD[zone][0], FORWARD[zone][1], "the clocks go forward"),
        (BACK[zone][0], BACK[zone][1], "the clocks go back, and it runs once"),
    ):
        wanted = schedules.Schedule(
            collector="chaturbate.tips", account="studio", at=(local[-5:],), timezone=zone
        )
        begin = utc(instant) - timedelta(hours=25)

        lines = [preview.line(one, begin) for one in preview.coming("x", wanted, begin, 3)]

        assert [said in line for line in lines] == [False, True, False]
        assert all(zone in line for line in lines)


def test_a_preview_is_in_words() -> None:
    wanted = schedules.Schedule(
        collector="chaturbate.tips", account="studio", cron="0 9 * * 1", timezone="America/New_York"
    )
    now = utc("2026-10-30 12:00")

    lines = [preview.line(one, now) for one in preview.coming("x", wanted, now, 2)]

    assert lines == [
        "Monday 2 November 2026, 09:00 EST (America/New_York), in 3 d 2 h",
        "Monday 9 November 2026, 09:00 EST (America/New_York), in 10 d 2 h",
    ]


def test_jitter_is_spread_and_stays_what_it_was_shown_to_be() -> None:
    wanted = schedules.Schedule(
        collector="chaturbate.tips", account="studio", every=3600, jitter=600
    )
    dues = timing.dues(schedules.times(wanted), timing.SAMPLE, limit=500)

    shifts = [deciding.begins(wanted, "x", due, due) - due for due in dues]

    assert shifts == [deciding.begins(wanted, "x", due, due) - due for due in dues]
    assert min(shifts) >= timedelta()
    assert max(shifts) <= timedelta(minutes=10)
    mean = sum(shifts, timedelta()) / len(shifts)
    assert timedelta(minutes=4) < mean < timedelta(minutes=6)


def test_a_year_of_minutes_is_counted_and_only_the_newest_are_kept() -> None:
    for times in (timing.Times(cron="* * * * *"), timing.Times(every=60)):
        found = timing.backlog(times, utc("2026-01-01"), utc("2026-12-31"), keep=1000)

        assert (len(found.dues), found.older) == (1000, 364 * 1440 - 1000)
        assert found.first == utc("2026-01-01 00:01")
        assert found.dues[-1] == utc("2026-12-31")


async def test_an_alarm_calls_at_its_time_even_when_that_is_long_past() -> None:
    alarm, called = timing.Alarm(), asyncio.Event()

    async def call() -> None:
        called.set()

    alarm.start()
    alarm.set("due", datetime.now(UTC) - timedelta(days=3), call)

    await asyncio.wait_for(called.wait(), 5)
    alarm.stop()


async def test_an_alarm_is_late_rather_than_lost_when_the_loop_was_blocked() -> None:
    alarm, called = timing.Alarm(), asyncio.Event()

    async def call() -> None:
        called.set()

    alarm.start()
    alarm.set("due", datetime.now(UTC) + timedelta(seconds=0.2), call)
    await asyncio.sleep(0.05)
    time.sleep(1.5)  # noqa: ASYNC251 - this is the fault that is tried

    await asyncio.wait_for(called.wait(), 5)
    alarm.stop()


async def test_an_alarm_that_is_set_anew_calls_what_it_was_last_told() -> None:
    alarm, heard = timing.Alarm(), list[str]()
    done = asyncio.Event()

    async def first() -> None:
        heard.append("first")

    async def second() -> None:
        heard.append("second")
        done.set()

    alarm.start()
    alarm.set("due", datetime.now(UTC) + timedelta(seconds=0.3), first)
    alarm.set("due", datetime.now(UTC) + timedelta(seconds=0.2), second)
    alarm.set("other", datetime.now(UTC) + timedelta(seconds=0.1), first)
    alarm.drop("other")
    alarm.drop("never set")

    await asyncio.wait_for(done.wait(), 5)
    await asyncio.sleep(0.3)
    alarm.stop()
    assert heard == ["second"]


async def test_an_alarm_rings_again_and_again_also_after_a_fault() -> None:
    alarm, rung = timing.Alarm(), asyncio.Semaphore(0)

    async def call() -> None:
        rung.release()
        raise ValueError("a fault of ours")

    alarm.start()
    alarm.every("beat", 0.05, call)

    for _ in range(3):
        await asyncio.wait_for(rung.acquire(), 5)
    alarm.stop()
    alarm.stop()
