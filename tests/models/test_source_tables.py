"""Every kind of snapshot and entry is stored as it was stated, and read again it is one row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from models import db, moment, records, sources
from models.records import camsoda, cbhours, chaturbate, stripchat
from tests.models import given_sources as given
from tests.models import given_store as store
from tests.models.given_sources import MINUTE

AT = datetime(2026, 11, 20, 22, 36, tzinfo=UTC)
STATED: tuple[records.Snapshot | records.PersonEntry, ...] = (
    chaturbate.BroadcasterStats(
        username="alice",
        show="online",
        last_broadcast="2026-11-20T21:14:05",
        never_broadcast=False,
        minutes_online=0,
        satisfaction=97.5,
    ),
    chaturbate.RoomSnapshot(username="alice", show="private", following=True, private_price=30),
    chaturbate.ProfileSnapshot(
        username="alice", about_me="<p>tea</p>", interested_in=("Women", "Men"), photo_sets=0
    ),
    chaturbate.RoomImage(
        username="alice",
        url="https://thumb.invalid/ri/alice.jpg",
        sha256="ab" * 32,
        size=4711,
        media_type="image/jpeg",
        path="ab/abab.jpg",
        placeholder=False,
    ),
    cbhours.CbhoursLive(username="alice", show="public", viewers=0, rank=8, tags=("tea",)),
    cbhours.CbhoursActivity(username="alice", at=AT, show="public", viewers=0, rank=5720),
    cbhours.CbhoursDay(username="alice", day=date(2026, 11, 20), minutes=84),
    cbhours.CbhoursMonth(username="alice", month=date(2026, 11, 1)),
    stripchat.StripchatSnapshot(
        username="alice",
        show="private",
        status="p2p",
        status_since=AT,
        is_online=True,
        viewers=0,
        languages=("en", "es"),
        goal_spent=0,
    ),
    stripchat.StripchatPayer(username="alice", room="bob", total_tokens=0, last_paid=AT),
    camsoda.CamsodaSnapshot(username="alice", show="offline", followers=0, tags=()),
    camsoda.CamsodaOnlineSnapshot(
        username="alice", viewers=0, sort_value=1.5, private_rating=4.5, is_standby=False
    ),
)


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


def kept(connection: Connection, stated: records.Snapshot | records.PersonEntry) -> list[Any]:
    """Return the rows of a record's table, each as field → plain value."""
    shape = sources.shape(type(stated))
    names = (*shape.keys, *shape.values)
    query = text(f"SELECT {', '.join(names)} FROM {shape.table}")  # noqa: S608 - our own names
    return [
        {name: plain(value, shape.types[name]) for name, value in zip(names, row, strict=True)}
        for row in connection.execute(query)
    ]


def plain(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is datetime:
        return moment.loaded(value)
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    return bool(value) if kind is bool else value


def said(stated: records.Snapshot | records.PersonEntry) -> dict[str, Any]:
    shape = sources.shape(type(stated))
    found = {name: getattr(stated, name) for name in (*shape.keys, *shape.values)}
    return {
        name: sources.as_list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
    }


@pytest.mark.parametrize("stated", STATED, ids=[type(one).__name__ for one in STATED])
def test_what_is_stated_is_stored_once_as_it_was_stated(
    connection: Connection, stated: records.Snapshot | records.PersonEntry
) -> None:
    source = store.source(connection)
    for minute in (0, 1):
        given.said(connection, source, store.START + minute * MINUTE, stated)

    assert kept(connection, stated) == [said(stated)]


def test_a_day_that_was_not_over_is_corrected_when_it_is_read_again(
    connection: Connection,
) -> None:
    source = store.source(connection)
    days = [
        cbhours.CbhoursDay(username="alice", day=date(2026, 11, 20), minutes=minutes)
        for minutes in (21, 84)
    ]
    for minute, day in enumerate(days):
        given.said(connection, source, store.START + minute * MINUTE, day)

    assert kept(connection, days[0]) == [said(days[1])]


def test_each_source_has_its_own_word_on_what_is_known_now(connection: Connection) -> None:
    source = store.source(connection)
    for one in STATED:
        given.said(connection, source, store.START, one)

    columns = ("cbhours_show", "other_show", "other_show_source", "viewers", "viewers_source")
    query = text(f"SELECT {', '.join(columns)} FROM person_states")  # noqa: S608 - our own names
    assert connection.execute(query).one() == ("public", "online", "stats", 0, "cbhours")
