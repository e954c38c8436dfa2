"""Cron strings mean what cron means; what nobody can mean is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies

from jobs import cron, timing

START = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)  # a Friday


def first(text: str, count: int = 3) -> list[str]:
    found = timing.dues(timing.Times(cron=text), START, limit=count)
    return [f"{due:%a %d %b %H:%M}" for due in found]


@pytest.mark.parametrize(
    ("text", "dues"),
    [
        ("0 9 * * 1", ["Mon 23 Nov 09:00", "Mon 30 Nov 09:00", "Mon 07 Dec 09:00"]),
        ("0 9 * * 0", ["Sun 22 Nov 09:00", "Sun 29 Nov 09:00", "Sun 06 Dec 09:00"]),
        ("0 9 * * 7", ["Sun 22 Nov 09:00", "Sun 29 Nov 09:00", "Sun 06 Dec 09:00"]),
        ("0 9 * * SUN", ["Sun 22 Nov 09:00", "Sun 29 Nov 09:00", "Sun 06 Dec 09:00"]),
        ("0 9 * * mon-wed", ["Mon 23 Nov 09:00", "Tue 24 Nov 09:00", "Wed 25 Nov 09:00"]),
        ("0 9 * * 5-7", ["Sat 21 Nov 09:00", "Sun 22 Nov 09:00", "Fri 27 Nov 09:00"]),
        ("0 9 * * sat-sun", ["Sat 21 Nov 09:00", "Sun 22 Nov 09:00", "Sat 28 Nov 09:00"]),
        ("0 9 * * 0-0", ["Sun 22 Nov 09:00", "Sun 29 Nov 09:00", "Sun 06 Dec 09:00"]),
        ("0 0 * * 1-5/2", ["Mon 23 Nov 00:00", "Wed 25 Nov 00:00", "Fri 27 Nov 00:00"]),
        ("*/20 4 * * *", ["Sat 21 Nov 04:00", "Sat 21 Nov 04:20", "Sat 21 Nov 04:40"]),
        ("10-30/10 4 * * *", ["Sat 21 Nov 04:10", "Sat 21 Nov 04:20", "Sat 21 Nov 04:30"]),
        ("5,1,3 4 * * *", ["Sat 21 Nov 04:01", "Sat 21 Nov 04:03", "Sat 21 Nov 04:05"]),
        ("0 0 1 jan,JUL *", ["Fri 01 Jan 00:00", "Thu 01 Jul 00:00", "Sat 01 Jan 00:00"]),
        ("0 0 31 * *", ["Thu 31 Dec 00:00", "Sun 31 Jan 00:00", "Wed 31 Mar 00:00"]),
        ("@hourly", ["Sat 21 Nov 00:00", "Sat 21 Nov 01:00", "Sat 21 Nov 02:00"]),
        ("@weekly", ["Sun 22 Nov 00:00", "Sun 29 Nov 00:00", "Sun 06 Dec 00:00"]),
        ("@monthly", ["Tue 01 Dec 00:00", "Fri 01 Jan 00:00", "Mon 01 Feb 00:00"]),
    ],
)
def test_a_cron_string_means_what_cron_means(text: str, dues: list[str]) -> None:
    assert first(text) == dues


def test_either_a_day_of_the_month_or_of_the_week_is_enough() -> None:
    assert first("0 0 24 * 1", 4) == [
        "Mon 23 Nov 00:00",
        "Tue 24 Nov 00:00",
        "Mon 30 Nov 00:00",
        "Mon 07 Dec 00:00",
    ]


def test_a_day_that_no_month_has_leaves_the_day_of_the_week() -> None:
    assert first("0 0 31 2 1", 2) == ["Mon 01 Feb 00:00", "Mon 08 Feb 00:00"]


def test_a_day_that_begins_with_a_star_restricts_beside_the_other() -> None:
    assert first("0 0 */2 * 1") == ["Mon 23 Nov 00:00", "Mon 07 Dec 00:00", "Mon 21 Dec 00:00"]


def test_the_29th_of_february_is_waited_for() -> None:
    (due,) = timing.dues(timing.Times(cron="0 0 29 2 *"), START, limit=1)

    assert due == datetime(2028, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "needs five fields"),
        ("* * * *", "needs five fields"),
        ("0 9 * * 1 *", "needs five fields"),
        ("60 * * * *", "minute: 60 is not within 0-59"),
        ("0 24 * * *", "hour: 24 is not within 0-23"),
        ("0 0 0 * *", "day of month: 0 is not within 1-31"),
        ("0 0 * 13 *", "month: 13 is not within 1-12"),
        ("0 0 * * 8", "day of week: 8 is not within 0-7"),
        ("0 0 * * lundi", "day of week: 'lundi' is none of 0-7, sun"),
        ("0 22-4 * * *", "hour: 22-4 runs backwards; write 22-23,0-4"),
        ("*/0 * * * *", "the step of */0 must be 1 or more"),
        ("*/90 * * * *", "the step of */90 is longer than its range"),
        ("5/15 * * * *", "write 5-59/15, not 5/15"),
        ("0 0 30 2 *", "no such month has a day 30"),
        ("0 0 31 4,6,9,11 *", "no such month has a day 31"),
        ("0 0 ? * 1", "'?' is none of 1-31"),
        ("0 0 L * *", "'L' is none of 1-31"),
        ("1,,2 * * * *", "'' is none of 0-59"),
        ("-5 * * * *", "'' is none of 0-59"),
        ("٣ * * * *", "is none of 0-59"),
        ("@reboot", "@reboot is unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_field(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        cron.parse(text)


def field(low: int, high: int) -> strategies.SearchStrategy[str]:
    numbers = strategies.integers(low, high)
    spans = strategies.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = strategies.integers(1, high - low).map(lambda step: f"*/{step}")
    return strategies.one_of(strategies.just("*"), numbers.map(str), spans, stepped)


def shows(text: str, at: datetime) -> bool:
    """Tell as simply as can be whether a clock that shows `at` is one that the string means."""

    def fits(part: str, value: int, low: int) -> bool:
        span, _, step = part.partition("/")
        if span == "*":
            return (value - low) % int(step or 1) == 0
        first, _, last = span.partition("-")
        return int(first) <= value <= int(last or first)

    minute, hour, day, month, weekday = text.split()
    by_day = fits(day, at.day, 1)
    by_weekday = fits(weekday, at.isoweekday() % 7, 0)
    either = "*" not in day + weekday
    days = by_day or by_weekday if either else by_day and by_weekday
    return (
        fits(minute, at.minute, 0) and fits(hour, at.hour, 0) and fits(month, at.month, 1) and days
    )


@hypothesis.settings(max_examples=200)
@hypothesis.given(
    strategies.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)),
    strategies.integers(0, 700),
)
def test_every_minute_is_due_that_the_string_means_and_no_other(
    parts: tuple[str, ...], days: int
) -> None:
    text = " ".join(parts)
    begin = START + timedelta(days=days)
    until = begin + timedelta(days=1)

    found = timing.dues(timing.Times(cron=text), begin, until)

    minutes = (begin + timedelta(minutes=number) for number in range(1, 1440 + 1))
    assert found == [at for at in minutes if shows(text, at)]
