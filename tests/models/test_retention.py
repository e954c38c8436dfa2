from __future__ import annotations

from datetime import timedelta

import pytest

from models import archive, db, retention
from tests.models import given_sources as given
from tests.models import given_store as store

DAY = timedelta(days=1)
RULE = retention.Thinning(all_days=30, hourly_days=365)
NOW = store.START + 400 * DAY
TABLE = "affiliate_snapshots"


@pytest.fixture
def measured(database: db.Database) -> db.Database:
    """Return a database of snapshots of two people, each quarter of an hour on three days."""
    with database.write() as connection:
        source = store.source(connection)
        for day in (0, 200, 399):
            for quarter in range(96):
                at = store.START + day * DAY + quarter * timedelta(minutes=15)
                rooms = [given.room(name, viewers=quarter) for name in ("alice", "bob")]
                given.said(connection, source, at, *rooms)
    return database


def kept(database: db.Database) -> list[int]:
    """Return how many snapshots of alice there are of each day."""
    with database.read() as connection:
        minutes = [at for at, _ in given.times(connection, TABLE)]
    return [sum(minute // 1440 == day for minute in minutes) for day in (0, 200, 399)]


def test_all_are_kept_for_a_while_then_one_an_hour_then_one_a_day(measured: db.Database) -> None:
    gone = retention.thin(measured, TABLE, RULE, NOW, dry=False)

    assert kept(measured) == [1, 24, 96]
    assert gone.count == 2 * (95 + 72)


def test_the_last_of_each_hour_is_the_one_that_is_kept(measured: db.Database) -> None:
    retention.thin(measured, TABLE, RULE, NOW, dry=False)

    with measured.read() as connection:
        viewers = [row[1] for row in given.rows(connection, "viewers", TABLE) if row[0] == "alice"]
    assert viewers[:4] == [95, 3, 7, 11]


def test_thinning_twice_thins_once(measured: db.Database) -> None:
    retention.thin(measured, TABLE, RULE, NOW, dry=False)

    assert retention.thin(measured, TABLE, RULE, NOW, dry=False).count == 0


def test_a_dry_run_says_the_same_and_changes_nothing(measured: db.Database) -> None:
    told = retention.thin(measured, TABLE, RULE, NOW, dry=True)

    assert kept(measured) == [96, 96, 96]
    assert retention.thin(measured, TABLE, RULE, NOW, dry=False) == told


def put(database: db.Database, body: bytes, kind: str, days: int) -> int:
    with database.write() as connection:
        answer = store.answer(body, kind=kind, fetched_at=NOW - days * DAY)
        return archive.put(connection, store.run(connection), answer)


def body(database: db.Database, payload: int) -> bytes | None:
    with database.read() as connection:
        try:
            return archive.get(connection, payload).body
        except archive.Missing:
            return None


def test_old_bodies_of_the_named_kinds_are_dropped_and_nothing_else(database: db.Database) -> None:
    payloads = {
        put(database, b"old", "rooms", 9): None,
        put(database, b"young", "rooms", 7): b"young",
        put(database, b"other", "chat", 99): b"other",
    }

    (told,) = retention.drop_bodies(database, {"rooms": 8}, NOW, dry=False)

    assert {payload: body(database, payload) for payload in payloads} == payloads
    assert told.count == 1


@pytest.mark.parametrize(("kind", "days"), [("rooms", 1), ("chat", 99)])
def test_a_body_that_something_else_needs_stays(
    database: db.Database, kind: str, days: int
) -> None:
    old = put(database, b"same", "rooms", 9)
    put(database, b"same", kind, days)

    retention.drop_bodies(database, {"rooms": 8}, NOW, dry=False)

    assert body(database, old) == b"same"


def test_a_body_that_comes_again_is_kept_again(database: db.Database) -> None:
    old = put(database, b"same", "rooms", 9)
    retention.drop_bodies(database, {"rooms": 8}, NOW, dry=False)

    put(database, b"same", "rooms", 0)

    assert body(database, old) == b"same"


def test_a_pruned_payload_is_not_offered_to_be_read_anew(database: db.Database) -> None:
    old, young = put(database, b"old", "rooms", 9), put(database, b"young", "rooms", 0)

    retention.drop_bodies(database, {"rooms": 8}, NOW, dry=False)

    with database.read() as connection:
        assert list(archive.find(connection)) == [young]
        with pytest.raises(archive.Missing, match="pruned"):
            archive.get(connection, old)
