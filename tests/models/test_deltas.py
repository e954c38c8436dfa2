from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from models import apply, db, deltas
from models.records import chaturbate
from tests.models import given_sources as given
from tests.models import given_store as store
from tests.models.given_sources import MINUTE

KIND = chaturbate.AffiliateSnapshot


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def source(connection: Connection) -> apply.Source:
    return store.source(connection)


@pytest.mark.parametrize(
    ("earlier", "later", "changes"),
    [
        ({"viewers": 5}, {"viewers": 7}, {"viewers": 2}),
        ({"viewers": 7}, {"viewers": 0}, {"viewers": -7}),
        ({"viewers": 5}, {"viewers": 5}, {"viewers": 0}),
        ({"viewers": None}, {"viewers": 7}, {}),
        ({"viewers": 5}, {"viewers": None}, {}),
        ({"viewers": 5}, {}, {}),
        ({"show": "public", "is_new": True}, {"show": "away", "is_new": False}, {}),
        ({"tokens": 1.5}, {"tokens": 2}, {"tokens": 0.5}),
    ],
)
def test_a_number_has_a_delta_where_both_sides_know_it(
    earlier: Mapping[str, Any], later: Mapping[str, Any], changes: Mapping[str, float]
) -> None:
    assert deltas.between(earlier, later) == changes


def measured(connection: Connection, source: apply.Source, *rows: Mapping[str, Any]) -> list[int]:
    """Let a snapshot be taken every minute; return whose they are."""
    for minute, facts in enumerate(rows):
        given.said(connection, source, store.START + minute * MINUTE, given.room(**facts))
    return [given.person(connection, "alice")]


def test_consecutive_deltas_are_those_of_each_step(
    connection: Connection, source: apply.Source
) -> None:
    persons = measured(connection, source, {"viewers": 5}, {"viewers": 9}, {"viewers": 2})

    rows = deltas.snapshots(connection, KIND, persons)

    steps = [step.changes for step in deltas.consecutive("affiliate", rows)]
    assert steps == [{"viewers": 4}, {"viewers": -7}]


def test_a_window_begins_with_what_was_known_then(
    connection: Connection, source: apply.Source
) -> None:
    persons = measured(connection, source, {"viewers": 5}, {"viewers": 9}, {"viewers": 2})
    since = store.START + timedelta(seconds=90)

    rows = deltas.snapshots(connection, KIND, persons, since, store.START + 9 * MINUTE)

    over = deltas.over("affiliate", rows)
    assert over is not None
    assert (over.since, over.changes) == (store.START + MINUTE, {"viewers": -7})


def test_over_a_window_a_gap_in_the_middle_does_not_matter(
    connection: Connection, source: apply.Source
) -> None:
    persons = measured(
        connection,
        source,
        {"viewers": 5, "followers": 100},
        {"viewers": None, "followers": 103},
        {"viewers": 8, "followers": None},
    )

    over = deltas.over("affiliate", deltas.snapshots(connection, KIND, persons))

    assert over is not None
    assert over.changes == {"viewers": 3, "followers": 3}


def test_a_number_that_was_known_once_has_no_delta(
    connection: Connection, source: apply.Source
) -> None:
    persons = measured(connection, source, {"age": 20}, {"viewers": 8})

    over = deltas.over("affiliate", deltas.snapshots(connection, KIND, persons))

    assert over is not None
    assert over.changes == {}


def test_one_snapshot_has_no_delta(connection: Connection, source: apply.Source) -> None:
    persons = measured(connection, source, {"viewers": 5})

    assert deltas.over("affiliate", deltas.snapshots(connection, KIND, persons)) is None
