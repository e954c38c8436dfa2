"""What CBHours states, walked through the practice site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from fixtures.practice import broadcasts, cards, cbhours, client, options, people, world
from models import records
from models.records import cbhours as stated_by
from scraper import errors
from scraper.sites.cbhours import endpoints
from scraper.sites.cbhours.site import SITE
from tests.scraper import given_answers
from tests.scraper.sites import given_walks as given

KNOWN: dict[str, Any] = {"followed": 130, "strangers": 5, "seed": 9, "now": given.NOW.timestamp()}
WEEK = 7 * 86_400.0


@pytest.fixture(scope="module")
def running() -> Iterator[client.Practice]:
    with client.Practice() as practice:
        yield practice


@pytest.fixture
def practice(running: client.Practice) -> client.Practice:
    running.configure(**KNOWN)
    return running


@pytest.fixture
def here() -> world.World:
    return world.World(options.read(dict(KNOWN)))


@pytest.fixture
def model(here: world.World) -> people.Room:
    """A model of whom the site knows several months."""
    return next(
        room
        for room in here.rooms.values()
        if broadcasts.has_trophy(room) and room.fans % broadcasts.MONTHS == 6
    )


def walked(
    collector: str, practice: client.Practice, *names: str, **facts: object
) -> list[records.Record]:
    with httpx.Client(trust_env=False) as web:
        return given.walk(SITE, collector, given.errand(*names, **facts), practice.cbhours, web)


def seen(room: people.Room, first: date, last: date) -> dict[datetime, dict[str, object]]:
    return {
        one.at: {
            "show": one.type.removeprefix("_"),
            "gender": cards.GENDERS[one.gender],
            "viewers": one.viewers,
            "followers": one.followers,
            "rank": one.rank,
            "gender_rank": one.grank,
        }
        for one in broadcasts.segments(room, first, last, given.NOW.timestamp())
    }


def segments(stated: list[records.Record]) -> dict[datetime, dict[str, object]]:
    return {
        one.at: given.facts(one, "at")
        for one in stated
        if isinstance(one, stated_by.CbhoursActivity)
    }


# live


def test_fifty_models_are_asked_about_at_once_and_stated_as_they_are(
    practice: client.Practice, here: world.World
) -> None:
    names = [*here.rooms][:130]
    stated = walked("live", practice, *names)

    asked = [one["query"]["usernames"].split(",") for one in practice.requests("/api.php")]
    assert [len(some) for some in asked] == [50, 50, 30]
    said = {
        one.username: given.facts(one) for one in stated if isinstance(one, stated_by.CbhoursLive)
    }
    listed = {name for name in names if broadcasts.has_trophy(here.rooms[name])}
    assert said.keys() == listed
    for name, facts in said.items():
        told = cbhours.told(here.rooms[name])
        assert {field: facts[field] for field in told} == told
        assert here.rooms[name].online or {*facts.values()} == {"offline", None}


def test_who_has_no_trophy_is_left_alone_by_every_action_for_a_week(
    practice: client.Practice, here: world.World
) -> None:
    stated = walked("live", practice, *[*here.rooms][:60], "nobody_at_all")

    without = {
        name for name in [*here.rooms][:60] if not broadcasts.has_trophy(here.rooms[name])
    } | {"nobody_at_all"}
    assert len(without) > 1
    for source in ("cbhours", "cbhours_activity", "cbhours_months"):
        resting = {name for name, said in given.polled(stated, source).items() if said[1]}
        assert resting == without
    assert set(given.polled(stated, "cbhours").values()) == {
        ("ok", 0.0),
        ("no_trophy", WEEK),
    }


@pytest.mark.parametrize("collector", ["live", "activity", "months"])
def test_one_alone_without_a_trophy_is_noted_not_an_error(
    practice: client.Practice, collector: str
) -> None:
    stated = walked(collector, practice, "nobody_at_all")

    assert {type(one) for one in stated} == {records.Polled}
    assert {one.outcome for one in stated if isinstance(one, records.Polled)} == {"no_trophy"}


def test_names_are_asked_about_once_and_only_those_that_can_be() -> None:
    (request,) = endpoints.live(SITE.layout, ("Alice", "alice", "not a name", "bob"))

    assert request.context == {"models": "alice,bob"}


# activity


def test_days_and_segments_are_those_of_the_world(
    practice: client.Practice, model: people.Room
) -> None:
    since = given.NOW - timedelta(days=130)
    stated = walked("activity", practice, model.username, since=since, until=given.NOW)

    spans = [
        (one["query"]["start_date"], one["query"]["end_date"], one["query"]["tzo"])
        for one in practice.requests("/api.php")
    ]
    assert spans == [
        ("2026-07-14", "2026-09-11", "0"),
        ("2026-09-12", "2026-11-10", "0"),
        ("2026-11-11", "2026-11-20", "0"),
    ]
    truth = seen(model, since.date(), given.NOW.date())
    assert segments(stated) == truth
    assert any(facts["viewers"] == 0 for facts in truth.values())
    minutes: dict[date, int] = {}
    for at in truth:
        minutes[at.date()] = minutes.get(at.date(), 0) + 3
    days = {one.day: one.minutes for one in stated if isinstance(one, stated_by.CbhoursDay)}
    assert days == minutes


def test_without_a_range_the_last_week_is_read(
    practice: client.Practice, model: people.Room
) -> None:
    stated = walked("activity", practice, model.username)

    week = given.NOW.date() - timedelta(days=7)
    assert segments(stated) == seen(model, week, given.NOW.date())
    assert given.polled(stated, "cbhours_activity") == {model.username: ("ok", 0.0)}


def test_times_would_be_shifted_if_another_zone_were_asked_for(
    practice: client.Practice, model: people.Room
) -> None:
    """The site's times are naive: only what is asked for tells their zone (-300: New York)."""
    (request,) = endpoints.activity(SITE.layout, given.errand(model.username))
    base = request.url.replace(SITE.layout.base_url, practice.cbhours)
    with httpx.Client(trust_env=False) as web:
        utc, there = (
            [
                datetime.fromisoformat(one["timestamp"]).replace(tzinfo=UTC)
                for day in web.get(base.replace("tzo=0", f"tzo={zone}")).json()["details"].values()
                for one in day
            ]
            for zone in (0, -300)
        )

    assert {at + timedelta(hours=5) for at in there} & {*utc}


# months


def test_a_full_errand_goes_back_to_the_oldest_month(
    practice: client.Practice, model: people.Room
) -> None:
    now = given.NOW.timestamp()
    stated = walked("months", practice, model.username, full=True)

    known = {one.month for one in stated if isinstance(one, stated_by.CbhoursMonth)}
    assert known == {date.fromisoformat(f"{one}-01") for one in broadcasts.months(model, now)}
    assert segments(stated) == seen(model, broadcasts.first_day(model, now), given.NOW.date())
    assert len(practice.requests("/api.php")) == 1 + 4


def test_an_errand_that_is_not_full_reads_the_months_alone(
    practice: client.Practice, model: people.Room
) -> None:
    stated = walked("months", practice, model.username)

    assert segments(stated) == {}
    assert given.polled(stated, "cbhours_months") == {model.username: ("ok", 0.0)}
    assert len(practice.requests("/api.php")) == 1


@pytest.mark.parametrize(
    ("first", "last", "cut"),
    [
        ("2026-01-01", "2026-01-01", [("2026-01-01", "2026-01-01")]),
        ("2026-01-01", "2026-03-01", [("2026-01-01", "2026-03-01")]),
        ("2026-01-01", "2026-03-02", [("2026-01-01", "2026-03-01"), ("2026-03-02", "2026-03-02")]),
        ("2026-01-02", "2026-01-01", []),
    ],
)
def test_windows_are_of_sixty_days_at_most(
    first: str, last: str, cut: list[tuple[str, str]]
) -> None:
    found = endpoints.windows(date.fromisoformat(first), date.fromisoformat(last), 60)

    assert [(f"{start}", f"{end}") for start, end in found] == cut


# pace


def test_everybody_on_this_machine_asks_once_a_second_together() -> None:
    requests = [
        request
        for collector in SITE.collectors.values()
        for request in collector.start(given.errand("alice"), SITE.layout)
    ]

    assert {request.budget for request in requests} == {"machine"}
    (budget,) = SITE.budgets["machine"]
    assert (budget.per_minute, budget.shared_by) == (55, "machine")
    assert SITE.requests_per_minute == 55


def test_whoever_asks_twice_within_a_second_waits(practice: client.Practice) -> None:
    practice.configure(**KNOWN, cbhours_pace=True)

    with pytest.raises(errors.TryLater) as refused:
        walked("months", practice, "alice", "bob")

    assert refused.value.code == "throttled"


def test_a_batch_that_is_refused_is_halved_until_nobody_is_left_to_doubt() -> None:
    names = [f"model_{number}" for number in range(5)]
    refusal = b'{"status":"error","message":"Error Code:300 add a trophy"}'
    leads, asked, resting = [endpoints.live_of(SITE.layout, names)], 0, set()
    while leads:
        request, asked = leads.pop(0), asked + 1
        answer = given_answers.answer(refusal, request)
        batch = SITE.parsers["live"](answer, SITE.layout)
        leads += batch.leads
        resting |= {one.username for one in batch.records if isinstance(one, records.Polled)}

    assert (resting, asked) == ({*names}, 9)


def test_the_site_speaks_of_the_people_of_chaturbate() -> None:
    assert SITE.platform == "chaturbate"
