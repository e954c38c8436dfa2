from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from models import apply, db, identity, records
from tests.models import given_sources as given
from tests.models import given_store as store
from tests.models.given_sources import MINUTE


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def source(connection: Connection) -> apply.Source:
    return store.source(connection)


def seen(connection: Connection, source: apply.Source, minute: int, name: str, uid: str) -> None:
    stable = records.StableId(username=name, kind="uid", value=uid)
    given.said(connection, source, store.START + minute * MINUTE, given.room(name), stable)


def names(connection: Connection) -> dict[str, str | None]:
    """Return everybody's username -> the name of the person that it is a former name of."""
    query = "SELECT p.username, o.username FROM persons p LEFT JOIN persons o ON o.id = p.same_as"
    return dict(map(tuple, connection.execute(text(query))))


def followers(connection: Connection) -> list[tuple[str, int | None]]:
    query = "SELECT username, followers FROM v_person_current_state ORDER BY username"
    return [tuple(row) for row in connection.execute(text(query))]


def test_a_new_name_with_a_known_id_is_the_same_person(
    connection: Connection, source: apply.Source
) -> None:
    seen(connection, source, 0, "old_name", "X1")
    seen(connection, source, 1, "new_name", "X1")

    assert names(connection) == {"old_name": "new_name", "new_name": None}


def test_a_new_name_alone_is_nobody_s_other_name(
    connection: Connection, source: apply.Source
) -> None:
    seen(connection, source, 0, "old_name", "X1")
    seen(connection, source, 1, "new_name", "X2")

    assert names(connection) == {"old_name": None, "new_name": None}


def test_the_order_in_which_payloads_are_applied_does_not_matter(
    connection: Connection, source: apply.Source
) -> None:
    seen(connection, source, 1, "new_name", "X1")
    seen(connection, source, 0, "old_name", "X1")

    assert names(connection) == {"old_name": "new_name", "new_name": None}


def test_three_names_are_one_person_of_the_last_name(
    connection: Connection, source: apply.Source
) -> None:
    for minute, name in enumerate(("first", "second", "third")):
        seen(connection, source, minute, name, "X1")

    assert names(connection) == {"first": "third", "second": "third", "third": None}


def test_a_name_that_somebody_else_took_over_joins_nobody(
    connection: Connection, source: apply.Source
) -> None:
    seen(connection, source, 0, "alice", "X1")
    seen(connection, source, 1, "alice", "X2")
    seen(connection, source, 2, "alice_again", "X1")

    assert names(connection) == {"alice": None, "alice_again": None}


def test_a_merge_by_hand_is_undone_without_a_trace_but_its_own(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START, given.room("old", followers=5, country="PT"))
    given.said(connection, source, store.START + MINUTE, given.room("new", followers=7))
    before = followers(connection)

    identity.merge(connection, *people(connection, "old", "new"), "by hand")
    merged = followers(connection)
    identity.split(connection, given.person(connection, "old"))

    assert merged == [("new", 7)]
    assert followers(connection) == before == [("new", 7), ("old", 5)]
    undone = connection.execute(text("SELECT undone_at IS NOT NULL FROM person_merges"))
    assert list(undone.scalars()) == [True]


def people(connection: Connection, *usernames: str) -> tuple[int, int]:
    first, second = (given.person(connection, name) for name in usernames)
    return first, second


def test_a_person_knows_what_was_known_of_the_former_name(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START, given.room("old", country="PT"))
    given.said(connection, source, store.START + MINUTE, given.room("new"))

    identity.merge(connection, *people(connection, "old", "new"), "by hand")

    found = connection.execute(text("SELECT username, country FROM v_person_current_state")).all()
    assert [tuple(row) for row in found] == [("new", "PT")]


def test_who_was_split_by_hand_is_not_merged_again_by_the_same_id(
    connection: Connection, source: apply.Source
) -> None:
    seen(connection, source, 0, "old_name", "X1")
    seen(connection, source, 1, "new_name", "X1")
    identity.split(connection, given.person(connection, "old_name"))

    seen(connection, source, 2, "new_name", "X1")

    assert names(connection) == {"old_name": None, "new_name": None}


def test_splitting_the_middle_of_three_names_gives_it_back_the_first(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START, *map(given.room, ("first", "second", "third")))
    identity.merge(connection, *people(connection, "first", "second"), "by hand")
    identity.merge(connection, *people(connection, "second", "third"), "by hand")

    identity.split(connection, given.person(connection, "second"))

    assert names(connection) == {"first": "second", "second": None, "third": None}


@pytest.mark.parametrize("pair", [("alice", "alice"), ("old", "alice")])
def test_who_is_one_person_cannot_be_merged(
    connection: Connection, source: apply.Source, pair: tuple[str, str]
) -> None:
    given.said(connection, source, store.START, given.room("alice"), given.room("old"))
    identity.merge(connection, *people(connection, "old", "alice"), "by hand")

    with pytest.raises(identity.NotApart):
        identity.merge(connection, *people(connection, *pair), "by hand")


def test_who_is_nobody_s_other_name_cannot_be_split(
    connection: Connection, source: apply.Source
) -> None:
    given.said(connection, source, store.START, given.room("alice"))

    with pytest.raises(identity.NotApart):
        identity.split(connection, given.person(connection, "alice"))
