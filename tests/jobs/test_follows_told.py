"""What the feed tells of followers and what the list shows become one timeline."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from models import db, timeline
from tests.jobs import given_callers
from tests.jobs import given_runs as given
from tests.jobs import given_truth as truth

EVENTS, FOLLOWERS = "chaturbate.events", "chaturbate.followers"
BACKLOG = 6
STEP = 1.25
"""Seconds of the site's time from one thing that happens to the next."""


@pytest.fixture
def feed(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> given_callers.Callers:
    return given_callers.callers(world, new_database, tmp_path)


def pass_by(then: float) -> None:
    """Wait until the site's own time of what happened last has passed."""
    while time.time() <= then:
        time.sleep(0.02)


def facts(database: db.Database, *names: str) -> list[tuple[Any, ...]]:
    columns = ("username", "kind", "source", "confidence", "correction")
    with database.read() as connection:
        found = timeline.events(connection, 1, "follower")
        return [tuple(row[name] for name in columns) for row in found if row["username"] in names]


async def test_the_feed_tells_the_list_confirms_and_the_next_list_corrects(
    plain_house: given.House, feed: given_callers.Callers, world: client.Practice
) -> None:
    now = time.time()
    world.configure(followed=8, followers=12, feed_backlog=BACKLOG, now=now, keep_sessions=True)
    await plain_house.collect(FOLLOWERS)
    world.churn([{"do": "join", "who": "carol"}, {"do": "join", "who": "dave"}])
    pass_by(now + 2 * STEP)
    await feed.collect(EVENTS)

    assert {"carol", "dave"} <= plain_house.members("follower")
    assert facts(feed.database, "carol") == [("carol", "follow", EVENTS, "likely", False)]

    world.churn([{"do": "leave", "who": "dave"}, *({"do": "say", "who": "erin"},) * BACKLOG])
    await feed.collect(EVENTS)
    confirms = await plain_house.collect(FOLLOWERS)

    assert (confirms.status, confirms.new, confirms.lost) == ("ok", 0, 1)
    assert facts(feed.database, "carol") == [
        ("carol", "follow", f"{EVENTS}+list", "certain", False)
    ]
    assert facts(feed.database, "dave") == [
        ("dave", "follow", EVENTS, "corrected", False),
        ("dave", "unfollow", "list", "certain", True),
    ]

    world.churn([{"do": "leave", "who": "carol"}, *({"do": "say", "who": "erin"},) * BACKLOG])
    await feed.collect(EVENTS)
    misses = await plain_house.collect(FOLLOWERS)

    assert (misses.status, misses.lost) == ("ok", 1)
    assert facts(feed.database, "carol")[1:] == [("carol", "unfollow", "list", "certain", False)]
    assert plain_house.members("follower") == truth.listed(world, "follower")
