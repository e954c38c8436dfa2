"""A database that kept acts of feeds before they told of follows is brought up whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from models import db, moment, upgrade
from tests.models import given_feeds as feed
from tests.models import given_lists as given
from tests.models.given_feeds import SOURCE

BEFORE = "0008"
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")
"""Three are on the first list; the second, a day later, misses carol and shows dave."""

ROOMS = ("operator_one", "Operator_One", "somebody_else")
ACTS = (
    ("follow", 1, -1.0, 1),
    ("unfollow", 3, 0.5, 2),
    ("follow", 5, 1.5, 1),
    ("follow", 6, 1.6, 3),
    ("chat", 2, 1.7, 1),
)
"""What a feed told: of whom, on which day, and in which room (people and rooms by number)."""

PLACE = {"account_id": 1, "direction": "follower"}


@pytest.fixture
def old(empty_url: str) -> Iterator[db.Database]:
    opened = db.connect(empty_url)
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    with opened.alter() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        fill(connection)
    yield opened
    opened.close()


def fill(connection: Connection) -> None:
    """Leave two applied lists and what a feed told, as that revision kept them."""
    write = partial(insert, connection)
    write("accounts", name="main", site="chaturbate", username="operator_one", created_at=0.0)
    for name in NAMES:
        write("persons", site="chaturbate", username=name, first_seen=0.0, last_seen=0.0)
    write("payload_bodies", sha256="0", body=b"x")
    for run in (1, 2):
        write("runs", account_id=1, collector="chaturbate.followers", requested_at=0.0)
        write("payloads", run_id=run, kind="followers", sha256="0", fetched_at=run - 1.25)
        write("listings", run_id=run, look=1, **PLACE, state="complete", as_of=run - 1.0)
        write("listing_pages", listing_id=run, part="all", payload_id=run)
    for person, since, known, ended in ((1, 0, 0, 0), (2, 0, 0, 0), (3, 0, 0, 1), (4, 1, 1, 0)):
        stretch = {"since": float(since), "since_known": bool(known), "opened_by": since + 1}
        end = {"ended": 1.0, "closed_by": 2} if ended else {}
        write("follow_edges", **PLACE, person_id=person, **stretch, **end)
    for kind, person in (("unfollow", 3), ("follow", 4)):
        event = {"kind": kind, "at": 1.0, "source": "list", "listing_id": 2, "certain": True}
        write("follow_events", **PLACE, person_id=person, **event)
    for room in ROOMS:
        write("streams", account_id=1, source=SOURCE, room=room)
    for key, (kind, person, day, stream) in enumerate(ACTS):
        act = {"key": str(key), "at": day, "kind": kind, "person_id": person, "payload_id": 1}
        write("interactions", stream_id=stream, **act)


def insert(connection: Connection, table: str, **facts: Any) -> None:
    """Write a row, with nothing in the columns that are left out; a day (float) is a time."""
    columns = [one for one in inspect(connection).get_columns(table) if not one["nullable"]]
    empty = {
        one["name"]: EMPTY.get(one["type"].python_type, b"")
        for one in columns
        if one["name"] != "id"
    }
    dialect = connection.dialect.name
    row = {
        name: moment.stored(feed.day(value), dialect) if isinstance(value, float) else value
        for name, value in (empty | facts).items()
    }
    names, binds = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({binds})"), row)  # noqa: S608


EMPTY = {str: "", int: 0, float: 0, bool: False, object: "[]", datetime: 0.0}


def test_follows_that_a_feed_told_before_enter_the_timeline(old: db.Database) -> None:
    assert upgrade.upgrade(old) == upgrade.head()

    assert feed.edges(old) == [
        ("alice", -1, None),
        ("bob", None, None),
        ("carol", None, 0.5),
        ("dave", 1, None),
        ("erin", 1.5, None),
    ]
    assert feed.timeline(old) == [
        ("alice", "follow", -1, SOURCE, None, None),
        ("carol", "unfollow", 0.5, SOURCE, None, None),
        ("carol", "unfollow", 1, "list", 0.5, None),
        ("dave", "follow", 1, "list", None, None),
        ("erin", "follow", 1.5, SOURCE, None, None),
    ]
    with old.read() as connection:
        begun = connection.execute(text("SELECT begun FROM listings ORDER BY id")).scalars()
        assert [feed.days(moment.loaded(one)) for one in begun] == [-0.25, 0.75]


def test_the_next_list_goes_on_from_an_upgraded_database(old: db.Database) -> None:
    upgrade.upgrade(old)
    _, outcome = given.closed(old, ["alice", "bob", "dave"], day=2)

    assert (outcome.state, outcome.new, outcome.lost) == ("complete", 0, 1)
    assert ("erin", 1.5, 2) in feed.edges(old)
    assert [finding for finding in upgrade.check(old) if not finding.ok] == []
