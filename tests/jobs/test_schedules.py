"""A schedule that cannot be meant is refused when it is saved, with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from jobs import schedules, spans
from scraper import errors
from tests.jobs import given_schedules as given


def refusal(*definitions: str) -> str:
    with pytest.raises(errors.BadConfig) as refused:
        given.chosen(*definitions)
    assert refused.value.code == "bad_config"
    return refused.value.message


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"cron": "0 9 * * 8"}, "lists.cron: day of week: 8 is not within 0-7"),
        ({"cron": "every day"}, "lists.cron: needs five fields"),
        ({"timezone": "Europe/Berlinn"}, "lists.timezone: must be an IANA time zone"),
        ({"account": "nobody"}, "lists.account: there is no account nobody (known: other, studio)"),
        (
            {"collector": "chaturbate.fans"},
            "lists.collector: there is no collector chaturbate.fans",
        ),
        ({"collector": "statbate_plus.chat", "target": "x"}, "studio is at chaturbate"),
        ({"target": "x"}, "lists.target: chaturbate.followers takes no target"),
        ({"every": "1h", "at": ["9:30"]}, "has every and at; set exactly one of"),
        ({"every": "1h", "cron": "0 9 * * *"}, "has cron and every; set exactly one of"),
        ({"at": []}, "is never due; set exactly one of cron, every, at and after"),
        ({"at": ["24:00"]}, "there is no such time of day as 24:00"),
        ({"at": ["9.30"]}, 'must be a time such as "09:30"'),
        ({"every": "0s"}, "lists.every: must be 1 or more"),
        ({"every": "soon"}, 'must be a time span such as "30m"'),
        ({"every": "30m", "jitter": "30m"}, "jitter must be shorter than the shortest time"),
        ({"at": ["09:00", "09:10"], "jitter": "15m"}, "from due to due (10m)"),
        (
            {"every": "30m", "overlap": "replace", "deadline": "1h"},
            'with overlap = "replace" no run outlives 30m, so its deadline is never met',
        ),
        ({"at": ["03:00"], "quiet": "02:00-06:00"}, "quiet covers every due time"),
        ({"quiet": "02:00-02:00"}, "begins and ends at the same time"),
        ({"quiet": "at night"}, 'must be a span of the day such as "02:00-06:30"'),
        ({"missed": "all"}, "lists.missed: "),
        ({"overlap": "kill"}, "lists.overlap: "),
        ({"deadline": "-5"}, "lists.deadline: "),
        ({"after": "nobody"}, "lists.after: there is no schedule nobody"),
        ({"after": "lists"}, "lists.after: goes round in a circle: lists after lists"),
        ({"jiter": "5m"}, "lists.jiter: no such key; did you mean jitter?"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(keys: dict[str, Any], fault: str) -> None:
    assert fault in refusal(given.toml(**keys))


@pytest.mark.parametrize("key", ["missed", "quiet", "timezone"])
def test_what_follows_a_run_has_nothing_that_speaks_of_clocks(key: str) -> None:
    value = {"missed": "once", "quiet": "02:00-03:00", "timezone": "Europe/Berlin"}[key]

    said = refusal(given.toml("one"), given.toml("two", after="one", **{key: value}))

    assert f"schedule.two: {key} has no meaning with after" in said


def test_a_circle_of_many_is_refused_for_each_of_them() -> None:
    said = refusal(
        given.toml("one", after="three"),
        given.toml("two", after="one"),
        given.toml("three", after="two"),
    )

    assert "schedule.one.after: goes round in a circle: one after three after two after one" in said
    assert said.count("circle") == 3


def test_a_targeted_collector_needs_its_room() -> None:
    accounts = '[accounts.stats]\nsite = "statbate_plus"\nusername = "alice"\n'
    chat = {"collector": "statbate_plus.chat", "account": "stats"}

    with pytest.raises(errors.BadConfig, match="needs a room"):
        given.chosen(given.toml(**chat), accounts=accounts)
    assert given.chosen(given.toml(**chat, target="alice"), accounts=accounts).schedule


def test_times_of_day_may_be_one_or_many() -> None:
    one, many = given.toml("one", at="9:30"), given.toml("many", at=["21:30", "09:30"])

    found = given.chosen(one, many).schedule

    assert (found["one"].at, found["many"].at) == (("09:30",), ("21:30", "09:30"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("30m", 1800), ("6h", 21600), ("1h30m", 5400), ("1d", 86400),
     ("2 w", 1209600), ("1.5s", 1.5), ("1.5h", 5400)],
)  # fmt: skip
def test_spans_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert spans.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "5x", "1h 30", "-5m", "1h-30m", "1e5", "٣m"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time span"):
        spans.seconds(text)


@hypothesis.given(strategies.integers(0, 10**8))
def test_a_span_is_written_as_it_is_read(seconds: int) -> None:
    assert spans.seconds(spans.words(seconds)) == seconds


CHANGES = {
    "Europe/Berlin": ["2026-03-29 01:00", "2026-10-25 01:00"],
    "America/New_York": ["2026-03-08 07:00", "2026-11-01 06:00"],
    "Australia/Lord_Howe": ["2026-10-03 15:30", "2026-04-04 15:00"],
}


@hypothesis.settings(max_examples=300)
@hypothesis.given(
    strategies.sampled_from([(zone, at) for zone, found in CHANGES.items() for at in found]),
    strategies.integers(0, 23),
    strategies.integers(1, 23 * 60),
    strategies.integers(-180, 180),
)
def test_no_instant_after_the_quiet_window_is_within_it(
    change: tuple[str, str], hour: int, length: int, minute: int
) -> None:
    zone, around = change
    begin, end = 60 * hour, (60 * hour + length) % 1440
    quiet = "-".join(f"{one // 60:02}:{one % 60:02}" for one in (begin, end))
    wanted = schedules.Schedule(collector="x", account="x", every=60, quiet=quiet, timezone=zone)
    at = datetime.fromisoformat(around).replace(tzinfo=UTC) + timedelta(minutes=minute)

    found = schedules.after_quiet(wanted, at)

    assert (found == at) == (not schedules.in_quiet(wanted, at))
    assert found >= at
    assert not schedules.in_quiet(wanted, found)
