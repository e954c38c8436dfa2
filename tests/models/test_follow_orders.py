"""In whatever order acts and lists are learnt, the tables say what a plain model says."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from models import db, follows, queries
from tests.models import given_feeds as feed
from tests.models import given_lists as given

NAMES = ("alice", "bob", "carol", "dave", "erin")
STAYS = "zoe"
DAYS = 5


class List(msgspec.Struct, frozen=True, kw_only=True):
    """A complete list: when its first page was read, when its last, and whom it shows."""

    begun: float
    as_of: float
    names: frozenset[str]


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What lists and a feed say, be it true or not."""

    lists: list[List]
    acts: list[feed.Told]

    def edges(self, who: str) -> list[tuple[float | None, float | None]]:
        """Return when somebody was on the list: since (None if unknown) and until (None: still)."""
        acts = sorted(act for act in ((at, what) for what, name, at in self.acts if name == who))
        words: list[tuple[float, bool, bool]] = [(at, what == "follow", False) for at, what in acts]
        for read in self.lists:
            during = [what == "follow" for at, what in acts if read.begun <= at <= read.as_of]
            shown = who in read.names
            if not during or during[-1] == shown:
                words.append((read.as_of, shown, True))
        found: list[tuple[float | None, float | None]] = []
        last_act, heard, first = None, False, self.lists[0].as_of if self.lists else 0
        for at, on, listed in sorted(words):
            is_open = bool(found) and found[-1][1] is None
            if on and not is_open:
                corrects = last_act is False and not heard
                found.append((None if listed and at == first and not corrects else at, None))
            if is_open and not on:
                found[-1] = (found[-1][0], at)
            heard = listed
            last_act = last_act if listed else on
        return found

    def on(self, who: str, at: float) -> bool:
        first = self.lists[0].as_of
        return any(
            (first if since is None else since) <= at and (ended is None or at < ended)
            for since, ended in self.edges(who)
        )


def world(rng: random.Random) -> World:
    lists = [
        List(
            begun=day - rng.choice([0, 0.3, 0.6]),
            as_of=day,
            names=frozenset({STAYS, *(name for name in NAMES if rng.random() < 0.5)}),
        )
        for day in range(1, DAYS + 1)
    ]
    times = rng.sample(range(1, 10 * (DAYS + 1)), 14)
    acts = [
        (rng.choice(["follow", "unfollow"]), rng.choice(NAMES), time / 10 + 0.05) for time in times
    ]
    return World(lists=lists, acts=acts)


def closed(database: db.Database, read: List) -> int:
    names = sorted(read.names)
    with database.write() as connection:
        run_id, listing_id = given.walked(connection, names)
        feed.begun(connection, run_id, read.begun)
        outcome = follows.close(connection, listing_id, given.verdict(names), feed.day(read.as_of))
    assert outcome.state == "complete"
    return run_id


def learnt(database: db.Database, told: World, rng: random.Random) -> int:
    """Learn lists in their order and acts in any, some of them twice; return the last run."""
    clear(database)
    acts = rng.sample(told.acts, len(told.acts)) + rng.sample(told.acts, 3)
    run_id = 0
    for read in told.lists:
        for _ in range(rng.randint(0, 3)):
            batch, acts = acts[:2], acts[2:]
            feed.tell(database, *batch)
            once_open(database)
        run_id = closed(database, read)
        once_open(database)
    feed.tell(database, *acts)
    return run_id


def once_open(database: db.Database) -> None:
    with database.read() as connection:
        twice = connection.execute(
            text(
                "SELECT person_id FROM follow_edges WHERE ended IS NULL"
                " GROUP BY person_id HAVING count(*) > 1"
            )
        )
        assert twice.all() == []


def clear(database: db.Database) -> None:
    tables = (
        *("follow_events", "follow_edges", "list_stretches", "listing_hidden", "listing_pages"),
        *("listing_entries", "interactions", "listings"),
    )
    with database.write() as connection:
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - the names above


@pytest.fixture(params=(0, 1, 2, 3, 22))
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)  # noqa: S311 - no secret


def test_any_order_of_learning_gives_what_the_model_says(
    database: db.Database, rng: random.Random
) -> None:
    told = world(rng)
    learnt(database, told, rng)
    first = feed.stored(database)
    learnt(database, told, rng)

    assert feed.stored(database) == first
    model = [(name, *edge) for name in (*NAMES, STAYS) for edge in told.edges(name)]
    assert rounded(feed.edges(database)) == rounded(model)


def test_membership_at_any_time_is_the_models(database: db.Database, rng: random.Random) -> None:
    told = world(rng)
    learnt(database, told, rng)

    for tenth in range(10, 10 * (DAYS + 1), 7):
        at = tenth / 10 + 0.01
        with database.read() as connection:
            found = queries.members(connection, given.account(connection), "follower", feed.day(at))
            names = {row["username"] for row in found}
        assert names == {STAYS} | {name for name in NAMES if told.on(name, at)}


def test_undo_leaves_what_would_stand_without_the_list(
    database: db.Database, rng: random.Random
) -> None:
    told = world(rng)
    run_id = learnt(database, told, rng)
    with database.write() as connection:
        follows.undo(connection, run_id)
    undone = feed.stored(database)
    learnt(database, msgspec.structs.replace(told, lists=told.lists[:-1]), rng)

    assert undone == feed.stored(database)


def rounded(rows: list[Any]) -> list[Any]:
    return sorted((tuple(_round(value) for value in row) for row in rows), key=repr)


def _round(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float | int) else value
