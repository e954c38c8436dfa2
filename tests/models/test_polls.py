from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from models import apply, db, moment, polls, records
from tests.models import given_sources as given
from tests.models import given_store as store
from tests.models.given_sources import MINUTE

NAMES = ("alice", "bob", "carol", "dave")


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


@pytest.fixture(autouse=True)
def source(connection: Connection) -> apply.Source:
    """Return a source of people of whom the account follows alice, bob and carol."""
    made = store.source(connection, listed=True)
    apply.apply(connection, [records.Member(username=name) for name in NAMES], made)
    given.follow(connection, made, "alice", "bob", "carol")
    return made


def due(connection: Connection, minute: int = 0, limit: int = 9) -> tuple[str, ...]:
    now = store.START + minute * MINUTE
    return polls.due(connection, "chaturbate", "cbhours", now, limit=limit)


def asked(
    connection: Connection, source: apply.Source, minute: int, name: str, **facts: object
) -> None:
    stated = records.Polled(username=name, source="cbhours", **facts)  # type: ignore[arg-type]  # as given
    given.said(connection, source, store.START + minute * MINUTE, stated)


def watch(connection: Connection, name: str, where: str) -> None:
    at = moment.stored(store.START, connection.dialect.name)
    values = {"list": where, "person": given.person(connection, name), "at": at}
    query = "INSERT INTO watches (list, person_id, added_at) VALUES (:list, :person, :at)"
    connection.execute(text(query), values)


def test_everybody_followed_is_asked_about_and_nobody_else(
    connection: Connection,
) -> None:
    assert due(connection) == ("alice", "bob", "carol")


def test_who_waited_longest_is_asked_first_and_who_never_was_before(
    connection: Connection, source: apply.Source
) -> None:
    asked(connection, source, 2, "alice")
    asked(connection, source, 1, "bob")

    assert due(connection, 3) == ("carol", "bob", "alice")


def test_no_more_are_asked_about_than_the_budget_allows(
    connection: Connection, source: apply.Source
) -> None:
    asked(connection, source, 1, "alice")

    assert due(connection, 3, limit=2) == ("bob", "carol")


def test_people_on_a_watch_list_are_asked_about_and_priority_goes_first(
    connection: Connection,
) -> None:
    watch(connection, "dave", "vips")
    watch(connection, "carol", polls.PRIORITY)

    assert due(connection) == ("carol", "alice", "bob", "dave")


def test_nobody_asks_about_who_is_excluded(connection: Connection) -> None:
    at = moment.stored(store.START, connection.dialect.name)
    connection.execute(
        text("UPDATE persons SET excluded_at = :at WHERE username = 'bob'"), {"at": at}
    )

    assert due(connection) == ("alice", "carol")
    assert polls.tracked(connection, "chaturbate", NAMES) == {"alice", "carol"}


def test_who_the_source_does_not_know_is_left_alone_for_as_long_as_it_says(
    connection: Connection, source: apply.Source
) -> None:
    asked(connection, source, 1, "alice", outcome="no_trophy", rest=3600.0)

    assert due(connection, 60) == ("bob", "carol")
    assert due(connection, 62) == ("bob", "carol", "alice")


def test_another_source_asks_by_its_own_reckoning(
    connection: Connection, source: apply.Source
) -> None:
    asked(connection, source, 1, "alice", outcome="no_trophy", rest=3600.0)

    found = polls.due(connection, "chaturbate", "room", store.START + 2 * MINUTE, limit=9)
    assert found == ("alice", "bob", "carol")


def test_an_answer_that_is_applied_late_does_not_undo_a_later_one(
    connection: Connection, source: apply.Source
) -> None:
    asked(connection, source, 9, "alice")
    asked(connection, source, 1, "alice", outcome="no_trophy", rest=36_000.0)

    assert "alice" in due(connection, 10)


def test_being_asked_about_is_not_being_seen(connection: Connection, source: apply.Source) -> None:
    before = connection.execute(text("SELECT max(last_seen) FROM persons")).scalar_one()

    asked(connection, source, 9, "alice")

    assert connection.execute(text("SELECT max(last_seen) FROM persons")).scalar_one() == before
