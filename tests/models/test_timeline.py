"""The timeline shows each fact once, with what showed it and how sure that is."""

from __future__ import annotations

from typing import Any

from models import db, queries, session_stats, timeline
from tests.models import given_feeds as feed
from tests.models import given_lists as given
from tests.models.given_feeds import SOURCE

ROOM = ("chaturbate", "operator_one")
BOTH = f"{SOURCE}+list"
TEN = given.people(10)


def told(database: db.Database, **bounds: Any) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [
            (row["username"], row["kind"], feed.days(row["at"]), row["source"], row["confidence"])
            for row in timeline.events(connection, 1, "follower", **bounds)
        ]


def test_each_fact_stands_once_with_all_that_showed_it(database: db.Database) -> None:
    feed.tell(database, ("follow", "early", -1))
    given.closed(database, [*TEN, "early"], day=0)
    feed.tell(database, ("follow", "alice", 0.5), ("follow", "bob", 0.6))
    feed.tell(database, ("unfollow", TEN[0], 0.7))
    given.closed(database, [*TEN[1:], "early", "alice", "carol"], day=1)

    assert told(database) == [
        ("early", "follow", -1, BOTH, "certain"),
        ("alice", "follow", 0.5, BOTH, "certain"),
        ("bob", "follow", 0.6, SOURCE, "corrected"),
        (TEN[0], "unfollow", 0.7, BOTH, "certain"),
        ("carol", "follow", 1, "list", "certain"),
        ("bob", "unfollow", 1, "list", "certain"),
    ]
    assert [row[0] for row in told(database, since=feed.day(0.6), until=feed.day(0.7))] == [
        "bob",
        TEN[0],
    ]


def test_a_fact_of_two_feeds_stands_once(database: db.Database) -> None:
    feed.tell(database, ("follow", "alice", 1))
    feed.tell(database, feed.act("follow", "alice", 1.00005, source="chaturbate.bridge"))

    assert told(database) == [("alice", "follow", 1, f"{SOURCE}+chaturbate.bridge", "likely")]


def test_members_and_differences_name_their_source(database: db.Database) -> None:
    given.closed(database, TEN, day=0)
    feed.tell(database, ("follow", "alice", 0.5), ("follow", "bob", 0.6))
    given.closed(database, [*TEN, "alice"], day=1)
    feed.tell(database, ("follow", "carol", 1.5), ("unfollow", TEN[0], 1.6))
    given.closed(database, TEN[1:], day=2, reasons=("no_end: all",))
    with database.read() as connection:
        members, then = (
            {
                row["username"]: (row["source"], row["confidence"])
                for row in queries.members(connection, 1, "follower", at)
                if row["username"] not in TEN[1:]
            }
            for at in (None, feed.day(0.7))
        )
        lost = [tuple(row.values())[-2:] for row in queries.lost(connection, 1, "follower")]
        changed = [
            tuple(row.values())
            for row in queries.difference(connection, 1, "follower", feed.day(0), feed.day(2))
        ]

    assert members == {"alice": (BOTH, "certain"), "carol": (SOURCE, "likely")}
    assert then == {
        "alice": (BOTH, "certain"),
        "bob": (SOURCE, "corrected"),
        TEN[0]: ("list", "certain"),
    }
    assert lost == [(SOURCE, "likely"), ("list", "certain")]
    assert changed == [
        ("alice", "gained", BOTH, "certain"),
        ("carol", "gained", SOURCE, "likely"),
        (TEN[0], "lost", SOURCE, "likely"),
    ]


def test_a_loss_that_a_feed_told_is_sure_once_a_list_misses_them(database: db.Database) -> None:
    given.closed(database, TEN, day=0)
    feed.tell(database, ("unfollow", TEN[0], 0.5), ("unfollow", TEN[1], 0.6))

    def lost(day: float) -> list[tuple[str, str, str]]:
        with database.read() as connection:
            found = queries.lost(connection, 1, "follower", feed.day(day))
            return [(row["username"], row["source"], row["confidence"]) for row in found]

    told = lost(0.7)
    given.closed(database, TEN[1:], day=1)

    assert told == [(TEN[1], SOURCE, "likely"), (TEN[0], SOURCE, "likely")]
    assert lost(0.7) == [(TEN[1], SOURCE, "corrected"), (TEN[0], SOURCE, "certain")]
    assert lost(1) == [(TEN[0], SOURCE, "certain")]


def test_new_followers_count_once_and_not_where_a_list_denies_them(database: db.Database) -> None:
    given.closed(database, TEN, day=0)
    feed.tell(database, ("follow", "alice", 0.5), ("follow", "bob", 0.6))
    given.closed(database, [*TEN, "alice", "carol"], day=1)

    with database.read() as connection:
        found = [
            session_stats.totals(connection, ROOM, feed.day(since), feed.day(until)).new_followers
            for since, until in ((0.1, 0.9), (0.9, 1.1))
        ]
    assert found == [1, 1]
