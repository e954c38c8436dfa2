from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from models import apply, db, records
from tests.models import given_sources as given
from tests.models import given_store as store
from tests.models.given_sources import MINUTE

TABLE = "affiliate_snapshots"


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def source(connection: Connection) -> apply.Source:
    return store.source(connection)


def test_a_snapshot_that_says_something_new_is_a_row(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START, given.room(viewers=5, tags=("tea", "art")))
    given.said(connection, source, store.START + MINUTE, given.room(viewers=6, tags=("tea",)))

    assert given.rows(connection, "viewers, tags", TABLE) == [
        ("alice", 5, '["tea","art"]'),
        ("alice", 6, '["tea"]'),
    ]


def test_a_snapshot_that_says_the_same_only_confirms_the_one_before(
    connection: Connection, source: apply.Source
) -> None:
    for minute in (0, 5, 10):
        given.said(connection, source, store.START + minute * MINUTE, given.room(viewers=5))

    assert given.times(connection, TABLE) == [(0, 10)]


def test_what_comes_back_after_a_change_is_a_row_of_its_own(
    connection: Connection, source: apply.Source
) -> None:
    for minute, viewers in ((0, 5), (1, 6), (2, 5)):
        given.said(connection, source, store.START + minute * MINUTE, given.room(viewers=viewers))

    assert given.times(connection, TABLE) == [(0, 0), (1, 1), (2, 2)]


def test_a_zero_is_a_value_and_a_missing_one_is_a_change(
    connection: Connection, source: apply.Source
) -> None:
    for minute, viewers in ((0, 0), (1, None), (2, 0)):
        given.said(connection, source, store.START + minute * MINUTE, given.room(viewers=viewers))

    assert [row[1] for row in given.rows(connection, "viewers", TABLE)] == [0, None, 0]


def test_applying_a_payload_twice_equals_applying_it_once(
    connection: Connection, source: apply.Source
) -> None:
    there = given.said(connection, source, store.START, given.room(viewers=5))

    counts = apply.apply(connection, [given.room(viewers=5)], there)

    assert (counts.new, given.times(connection, TABLE)) == (0, [(0, 0)])


def test_a_payload_read_anew_replaces_its_own_row(
    connection: Connection, source: apply.Source
) -> None:
    there = given.said(connection, source, store.START, given.room(viewers=5))
    given.said(connection, source, store.START + MINUTE, given.room(viewers=9))

    apply.apply(connection, [given.room(viewers=7)], there)

    assert [row[1] for row in given.rows(connection, "viewers", TABLE)] == [7, 9]


def test_an_older_payload_that_comes_late_does_not_become_the_newest(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START + 9 * MINUTE, given.room(viewers=9))
    given.said(connection, source, store.START, given.room(viewers=1))

    assert [row[1] for row in given.rows(connection, "viewers", TABLE)] == [1, 9]


def test_each_row_names_its_run_and_payload(connection: Connection, source: apply.Source) -> None:
    there = given.said(connection, source, store.START, given.room())

    assert given.rows(connection, "t.run_id, t.payload_id", TABLE) == [
        ("alice", there.run_id, there.payload_id)
    ]


def test_people_of_one_payload_are_written_together_and_apart(
    connection: Connection, source: apply.Source
) -> None:
    rooms = [given.room(f"room_{number:03}", viewers=number) for number in range(500)]

    given.said(connection, source, store.START, *rooms)
    given.said(connection, source, store.START + MINUTE, *rooms[:250], *map(doubled, rooms[250:]))

    assert len(given.rows(connection, "viewers", TABLE)) == 750


def doubled(room: records.Snapshot) -> records.Snapshot:
    return given.room(room.username, viewers=10_000)


def test_of_an_answer_that_shows_everybody_only_who_is_tracked_is_kept(
    connection: Connection,
) -> None:
    source = store.source(connection, listed=True, tracked_only=True)
    apply.apply(connection, [records.Member(username=name) for name in ("alice", "bob")], source)
    given.follow(connection, source, "alice")

    given.said(connection, source, store.START, given.room("alice"), given.room("bob"))
    given.said(connection, source, store.START, given.room("carol"))

    assert given.rows(connection, "show", TABLE) == [("alice", "public")]


def test_a_person_of_another_platform_is_another_person(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START, given.room(), given.room(platform="stripchat"))

    found = connection.exec_driver_sql("SELECT site FROM persons ORDER BY site").scalars()
    assert list(found) == ["chaturbate", "stripchat"]
