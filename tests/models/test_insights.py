from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from models import apply, db, insights
from tests.models import given_sources as given
from tests.models import given_store as store
from tests.models.given_sources import MINUTE

DAY = timedelta(days=1)


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def source(connection: Connection) -> apply.Source:
    return store.source(connection)


def at(minute: int) -> datetime:
    return store.START + minute * MINUTE


def test_a_series_tells_each_value_with_its_source_and_how_long_it_held(
    connection: Connection, source: apply.Source
) -> None:
    for minute, followers in ((0, 5), (1, 5), (2, 7)):
        given.said(connection, source, at(minute), given.room(followers=followers))
    persons = [given.person(connection, "alice")]

    found = insights.series(connection, persons, "followers", at(0), at(9))

    assert [(p.value, given.since(p.at), given.since(p.until), p.source) for p in found] == [
        (5, 0, 1, "affiliate"),
        (7, 2, 2, "affiliate"),
    ]


def test_a_series_has_only_what_lies_in_its_window(
    connection: Connection, source: apply.Source
) -> None:
    for minute in range(5):
        given.said(connection, source, at(minute), given.room(followers=minute))
    persons = [given.person(connection, "alice")]

    found = insights.series(connection, persons, "followers", at(1), at(3))

    assert [point.value for point in found] == [1, 2, 3]


def test_movers_are_those_whose_number_changed_most_either_way(
    connection: Connection, source: apply.Source
) -> None:
    before = {"alice": 100, "bob": 100, "carol": 100, "dave": 100}
    after = {"alice": 103, "bob": 60, "carol": 100}
    for minute, numbers in ((0, before), (20, after)):
        rooms = [given.room(name, followers=number) for name, number in numbers.items()]
        given.said(connection, source, at(minute), *rooms)

    found = insights.movers(connection, "chaturbate", "followers", at(10), at(30), 9)

    assert [(mover.username, mover.change) for mover in found] == [("bob", -40), ("alice", 3)]


def test_a_mover_who_was_not_known_before_moved_since_it_was(
    connection: Connection, source: apply.Source
) -> None:
    for minute, followers in ((12, 5), (20, 9)):
        given.said(connection, source, at(minute), given.room(followers=followers))

    (found,) = insights.movers(connection, "chaturbate", "followers", at(10), at(30), 9)

    assert (found.before, found.after) == (5, 9)


def test_sightings_close_together_are_one_stretch_and_others_are_not(
    connection: Connection, source: apply.Source
) -> None:
    for minute in (0, 5, 20, 60):
        given.said(connection, source, at(minute), given.room(viewers=minute))
    persons = [given.person(connection, "alice")]

    found = insights.online(connection, persons, at(0), at(90))

    assert found == [(at(0), at(20)), (at(60), at(60))]
    assert insights.broadcasts([(at(0), at(20)), (at(45), at(60))]) == [(at(0), at(60))]


def test_who_is_said_to_be_offline_is_not_online(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, at(0), given.room(show="offline"))
    persons = [given.person(connection, "alice")]

    assert insights.online(connection, persons, at(0), at(9)) == []


def test_hours_belong_to_the_days_of_the_asked_zone() -> None:
    begins = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    stretch = (begins, begins + timedelta(hours=3))

    assert insights.by_day([stretch], UTC) == {
        date(2026, 3, 1): timedelta(hours=1.5),
        date(2026, 3, 2): timedelta(hours=1.5),
    }
    assert insights.by_day([stretch], zoneinfo.ZoneInfo("Europe/Berlin")) == {
        date(2026, 3, 1): timedelta(hours=0.5),
        date(2026, 3, 2): timedelta(hours=2.5),
    }


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_of_a_clock_change_is_as_long_as_it_is(day: date, hours: int) -> None:
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    begins = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)

    found = insights.by_day([(begins - DAY, begins + 2 * DAY)], zone)

    assert found[day] == timedelta(hours=hours)
