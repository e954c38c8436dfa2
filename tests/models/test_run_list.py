"""Runs as a list: what is asked for, with its names, in one query."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from models import db, run_list, runs, schedules, standing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUNS = (
    ("first", "chaturbate.followers", None, "ok"),
    ("first", "chaturbate.chat", "nightly", "partial"),
    ("second", "chaturbate.followers", "nightly", "ok"),
    ("second", "chaturbate.chat", None, "running"),
    ("first", "chaturbate.followers", "nightly", "queued"),
)


MANY = text(
    """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
    INSERT INTO runs (account_id, collector, options, requested_by, schedule_id, status, attempt,
        requested_at, seconds, signed_in, pages, records, new, lost, returned, errors, artefacts,
        layout, version)
    SELECT 1 + n % 2, 'chaturbate.chat', '{}', 'clock', 1,
        CASE n % 50 WHEN 0 THEN 'failed' ELSE 'ok' END, 1, '2026-11-21 12:00:00', 3.5, false,
        4, 30, 3, 2, 1, '[]', '[]', '{}', '0' FROM numbers"""
)

SOME: tuple[dict[str, object], ...] = (
    {},
    {"before": 30},
    {"account": "second"},
    {"schedule": "nightly"},
    {"collector": "chaturbate.followers"},
    {"statuses": ("failed", "partial")},
)


@pytest.fixture
def listed(database: db.Database) -> db.Database:
    """Return a database with a few runs, numbered from 1; the first one has walked a list."""
    with database.write() as connection:
        schedules.save(connection, "nightly", {}, NOW, origin="cli")
        nightly = schedules.get(connection, "nightly").id
        for name, collector, schedule, status in RUNS:
            order = runs.Order(
                account_id=runs.account(connection, name, "chaturbate", f"operator_{name}").id,
                collector=collector,
                requested_by="test",
                version="0",
                schedule_id=nightly if schedule else None,
            )
            number = runs.create(connection, order)
            runs.amend(connection, number, {"status": status})
        for look in (1, 2):
            standing.start(connection, 1, 1, "follower", look)
    return database


def numbers(database: db.Database, **wanted: object) -> list[int]:
    with database.read() as connection:
        asked = run_list.Wanted(**{"limit": 20, **wanted})  # type: ignore[arg-type]  # by name
        return [line.id for line in run_list.listed(connection, asked)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"limit": 2}, [5, 4]),
        ({"before": 3}, [2, 1]),
        ({"account": "second"}, [4, 3]),
        ({"account": "nobody"}, []),
        ({"schedule": "nightly"}, [5, 3, 2]),
        ({"collector": "chaturbate.chat"}, [4, 2]),
        ({"statuses": ("ok", "queued")}, [5, 3, 1]),
        ({"account": "first", "schedule": "nightly", "statuses": ("queued",)}, [5]),
    ],
    ids=str,
)
def test_runs_are_found_by_what_people_call_them(
    listed: db.Database, wanted: dict[str, object], found: list[int]
) -> None:
    assert numbers(listed, **wanted) == found


def test_a_line_has_the_names_and_what_its_list_proves(listed: db.Database) -> None:
    with listed.read() as connection:
        lines = {line.id: line for line in run_list.listed(connection, run_list.Wanted(limit=20))}

    assert (lines[2].account, lines[2].schedule, lines[2].listing) == ("first", "nightly", None)
    assert (lines[1].account, lines[1].schedule) == ("first", None)
    assert lines[1].listing == {
        "complete": False,
        "declared": None,
        "seen": 0,
        "end_proof": None,
        "reasons": [],
    }


def test_a_list_of_any_length_is_one_query(listed: db.Database) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with listed.read() as connection:
        event.listen(connection, "before_cursor_execute", note)
        found = [*run_list.listed(connection, run_list.Wanted(limit=20))]

    assert len(found) == len(RUNS)
    assert len(asked) == 1


def test_of_a_hundred_thousand_runs_some_are_listed_at_once(listed: db.Database) -> None:
    with listed.write() as connection:
        connection.execute(MANY)
    took: dict[str, float] = {}
    for wanted in SOME:
        for _ in range(3):
            began = time.perf_counter()
            numbers(listed, **wanted)
            spent = time.perf_counter() - began
            took[str(wanted)] = min(spent, took.get(str(wanted), spent))

    assert {wanted: spent for wanted, spent in took.items() if spent > 0.3} == {}
