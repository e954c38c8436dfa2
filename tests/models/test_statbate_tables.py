"""All that Statbate's practice site states is stored, in the tables and types of its records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, text

from fixtures.practice import client
from models import apply, db, records, sources
from tests.models import given_store as store
from tests.scraper.sites import given_statbate as given

TABLES = [table for table in sources.TABLES if table.startswith("statbate_")]
TARGETS = {"rankings": None, "online": None, "search": "text=e"}


@pytest.fixture(scope="module")
def stated() -> list[tuple[str, Sequence[records.Record]]]:
    """Return what every payload of every collector states, with the collector's name."""
    with client.Practice(followed=12, strangers=3, followers=20) as practice:
        truth = practice.truth()
        wrote = {row["username"] for row in truth["messages"]}
        tipped = (row["username"] for row in truth["tips"] if not row["anonymous"])
        who = next(name for name in tipped if name in wrote)
        people = {"models": truth["followed"]["online"], "members": truth["followers"]}
        return [
            (name, batch.records)
            for name in given.SITE.collectors
            for _, batch in given.walk(
                practice,
                name,
                people=tuple(people.get(name, ())),
                target=TARGETS.get(name, who if name == "member" else client.USERNAME),
            )
        ]


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


def counts(connection: Connection) -> dict[str, int]:
    tables = [*TABLES, "persons", "interactions", "person_ids", "polls", "cursors"]
    return {
        table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
        for table in tables
    }


def test_every_table_of_statbate_is_filled_and_twice_equals_once(
    connection: Connection, stated: list[tuple[str, Sequence[records.Record]]]
) -> None:
    first = store.source(connection)
    polled = [row.username for _, said in stated for row in given.only(records.Polled, [*said])]
    apply.apply(connection, [records.Member(username=name) for name in polled], first)
    for _, said in stated:
        apply.apply(connection, said, store.another(connection, first))
    found = counts(connection)
    for _, said in stated:
        apply.apply(connection, said, store.another(connection, first))

    assert [table for table, rows in found.items() if not rows] == []
    assert counts(connection) == found


def test_of_lists_that_show_everybody_only_the_tracked_are_kept(
    connection: Connection, stated: list[tuple[str, Sequence[records.Record]]]
) -> None:
    sweeps = [said for name, said in stated if given.SITE.collectors[name].sweeps]
    first = store.source(connection, tracked_only=True)
    for said in sweeps:
        apply.apply(connection, said, store.another(connection, first))
    found = counts(connection)

    assert found["persons"] == 0
    assert {table for table, rows in found.items() if rows} == {
        "statbate_tags",
        "statbate_tag_names",
    }


def test_people_of_another_platform_are_not_taken_for_those_of_the_site(
    connection: Connection,
) -> None:
    source = store.source(connection)
    acts = [
        store.act("1", room="alice", username="bob"),
        store.act("1", room="stripchat/alice", username="bob", platform="stripchat"),
    ]

    assert apply.apply(connection, acts, source).new == 2
    assert apply.apply(connection, acts, source).new == 0
    found = store.rows(connection, "persons", "streams")
    assert [row[:2] for row in found["persons"]] == [("chaturbate", "bob"), ("stripchat", "bob")]
    assert [row[2] for row in found["streams"]] == ["alice", "stripchat/alice"]
    sites = connection.execute(
        text(
            "SELECT s.room, p.site FROM interactions i JOIN streams s ON s.id = i.stream_id"
            " JOIN persons p ON p.id = i.person_id ORDER BY s.room"
        )
    )
    assert [tuple(row) for row in sites] == [
        ("alice", "chaturbate"),
        ("stripchat/alice", "stripchat"),
    ]


def test_what_is_stored_is_what_was_stated(
    connection: Connection, stated: list[tuple[str, Sequence[records.Record]]]
) -> None:
    source = store.source(connection)
    for kind in sources.KINDS:
        rows = [row for _, said in stated for row in said if type(row) is kind]
        if not rows:
            continue
        row: Any = msgspec.structs.replace(rows[0], platform="")
        apply.apply(connection, [row], store.another(connection, source))
        shape = sources.shape(kind)
        names = (*shape.keys, *shape.values)
        stored = connection.execute(
            text(f"SELECT {', '.join(names)} FROM {kind.table}")  # noqa: S608
        ).one()
        for name, value in zip(names, stored, strict=True):
            assert _plain(value) == _plain(getattr(row, name)), (kind.table, name)


def _plain(value: Any) -> str:
    """Return a value as text: drivers give times, days and truths back in their own types."""
    if isinstance(value, tuple):
        value = sources.as_list(value)
    if isinstance(value, bool | float):
        return f"{value:g}"
    if isinstance(value, str):
        return value.replace(".000000", "")
    return str(value).replace("+00:00", "")
