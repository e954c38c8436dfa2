"""A listener killed at any instant under load loses nothing and doubles nothing."""

from __future__ import annotations

import asyncio
import random
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from models import db
from tests import forks
from tests.jobs.feeds import given_feeds

KILLS = {"sqlite": 50, "postgresql": 10}
RATE = 200
PER_KILL = 60
"""Happenings a second, and for each kill: there is load whenever one falls."""


def listen(facts: dict[str, str], url: str, folder: Path, wrote: Event) -> None:
    """Listen as the service does until killed; `wrote` is set by the first new row."""

    async def forever() -> None:
        database = db.connect(url)
        house = given_feeds.house(given_feeds.Places(**facts), database, folder)
        async with house.listening(nudge=wrote.set):
            await asyncio.Event().wait()

    asyncio.run(forever())


def killed(world: client.Practice, url: str, folder: Path, rng: random.Random) -> bool:
    """Start a listener and kill it: one in five while it starts, the others while they write."""
    world.play(rng.randrange(10**6), PER_KILL, per_second=RATE, platforms=["chaturbate"])
    wrote = forks.FORKS.Event()
    process = forks.FORKS.Process(
        target=listen, args=(given_feeds.places(world), url, folder, wrote)
    )
    process.start()
    if rng.random() > 0.2:
        wrote.wait(10)
    process.join(rng.uniform(0, 0.2))
    process.kill()
    process.join()
    return wrote.is_set()


async def test_a_listener_killed_at_many_instants_loses_nothing_and_doubles_nothing(
    world: client.Practice, database: db.Database, database_url: str, tmp_path: Path
) -> None:
    world.configure(followed=4, messages=0, tips=0, purchases=0, keep_sessions=True)
    house = given_feeds.house(world, database, tmp_path)
    kills, rng = KILLS[database.dialect], random.Random(5)  # noqa: S311 - no secret
    async with house.listening():
        await given_feeds.until(lambda: house.state() == "live")
    before = house.count()

    wrote = [killed(world, database_url, tmp_path, rng) for _ in range(kills)]
    async with house.listening():
        await given_feeds.until(lambda: len(happened(world)) == kills * PER_KILL)
        await given_feeds.until(lambda: house.count() - before >= kills * PER_KILL)

    truth = sorted((one["kind"], one["at"]) for one in happened(world))
    told = house.rows(
        "SELECT i.kind, p.username, i.tokens, i.key FROM interactions i"
        " LEFT JOIN persons p ON p.id = i.person_id ORDER BY i.at, i.id"
    )[before:]
    assert len(told) == len(truth) == len({row[3] for row in told})
    assert sorted(row[0] for row in told) == [kind for kind, _ in truth]
    assert sum(wrote) > kills / 2


def happened(world: client.Practice) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.truth()["happened"]
    return found


@pytest.mark.parametrize("seed", [4])
async def test_ten_thousand_events_are_ten_thousand_rows(
    world: client.Practice, database: db.Database, tmp_path: Path, seed: int
) -> None:
    world.configure(
        followed=4, messages=0, tips=0, purchases=0, feed_backlog=20_000, keep_sessions=True
    )
    house = given_feeds.house(world, database, tmp_path)
    async with house.listening():
        await given_feeds.until(lambda: house.state() == "live")
        before = house.count()
        world.play(seed, 10_000, platforms=["chaturbate"])
        await given_feeds.until(lambda: house.count() >= before + 10_000, 60)
        with database.write() as connection:
            connection.exec_driver_sql("DELETE FROM cursors")
    async with house.listening():  # the whole backlog once more
        await given_feeds.until(lambda: house.feed().records >= 2 * (before + 10_000), 60)

    truth = happened(world)
    tips = [one for one in truth if one["kind"] == "tip"]
    assert house.count() == before + 10_000
    assert house.rows("SELECT count(*), sum(tokens) FROM interactions WHERE kind = 'tip'") == [
        (len(tips), sum(one["tokens"] for one in tips))
    ]
    assert house.rows(
        "SELECT count(*) FROM interactions WHERE kind = 'tip' AND person_id IS NULL"
    ) == [(sum(one["anonymous"] for one in tips),)]
