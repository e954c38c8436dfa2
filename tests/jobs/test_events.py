"""The feed of events is read without its token being kept, and without a loss or a double."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from models import apply, db, records
from scraper.sites import register
from tests.jobs import given_callers, given_canaries
from tests.models import given_store
from tests.scraper.sites import given_walks

EVENTS = "chaturbate.events"
TOLD = "SELECT count(*) FROM interactions"
FAULTS: dict[str, dict[str, Any]] = {
    "throttle": {},
    "truncate": {"mode": "silent"},
    "rename_classes": {},
    "html_instead": {},
    "reset": {},
    "duplicate": {},
}


def leaks(callers: given_callers.Callers, folder: Path, token: str) -> list[Any]:
    archived = list(given_canaries.bodies(callers.database))
    callers.database.close()
    return given_canaries.leaks([token], [*archived, *given_canaries.places(folder)])


async def test_each_run_goes_on_where_the_last_one_ended(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, keep_sessions=True)
    callers = given_callers.callers(world, new_database, tmp_path)
    first, second = await callers.collect(EVENTS), await callers.collect(EVENTS)
    world.churn([{"do": "say", "who": "bob"}, {"do": "join", "who": "carol"}])
    third = await callers.collect(EVENTS)

    assert [run.status for run in (first, second, third)] == ["ok"] * 3
    assert (first.new > 300, second.new, third.new) == (True, 0, 2)
    assert callers.rows(TOLD) == [(first.new + 2,)]


async def test_the_feed_is_not_asked_at_the_pace_of_the_site(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, feed_page=40, keep_sessions=True)
    callers = given_callers.callers(world, new_database, tmp_path, rate=6)
    began = time.monotonic()
    ended = await callers.collect(EVENTS)

    assert (ended.status, ended.pages > 8) == ("ok", True)
    assert time.monotonic() - began < 10


async def test_the_token_is_kept_nowhere_after_good_runs(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, feed_backlog=50, keep_sessions=True)
    callers = given_callers.callers(world, new_database, tmp_path)
    for kind, details in FAULTS.items():
        world.fault(kind, path="/events/*", times=2, **details)
        await callers.collect(EVENTS)
        world.clear_faults()
    with callers.database.write() as connection:
        connection.exec_driver_sql("UPDATE cursors SET value = '1-1'")
    ended = await callers.collect(EVENTS)

    assert ended.status == "ok"
    assert any(b"nextUrl" in body for _, body in given_canaries.bodies(callers.database))
    assert leaks(callers, tmp_path, client.API_TOKEN) == []


@pytest.mark.parametrize("wrong", [{"token": "canary-wrong-token"}, {"username": "nobody_known"}])
async def test_a_refused_token_is_kept_nowhere(
    world: client.Practice, new_database: db.Database, tmp_path: Path, wrong: dict[str, str]
) -> None:
    world.configure(followed=8, keep_sessions=True, username=wrong.get("username", world.username))
    token = wrong.get("token", client.API_TOKEN)
    environ = given_callers.TOKENS | {"GREENROOM_TOKEN_MAIN__EVENTS": token}
    callers = given_callers.callers(world, new_database, tmp_path, environ=environ)
    ended = [await callers.collect(EVENTS) for _ in range(2)]
    answered = [one["status"] for one in world.requests("/events/*")]

    assert [run.errors[0].code for run in ended] == ["token_refused"] * 2
    assert answered == ([401] if "token" in wrong else [404])
    assert leaks(callers, tmp_path, token) == []


def test_a_replay_of_everything_in_any_order_adds_no_row(
    world: client.Practice, database: db.Database
) -> None:
    world.configure(followed=8, keep_sessions=True)
    batches = given_walks.batches(register.SITES["chaturbate"], "events", world.chaturbate)
    rng = random.Random(3)  # noqa: S311 - no secret

    with database.write() as connection:
        source = given_store.source(connection)
        counts = []
        for _ in range(4):
            new = [
                apply.apply(connection, one, given_store.another(connection, source)).new
                for one in batches
            ]
            counts.append((sum(new), connection.exec_driver_sql(TOLD).scalar_one()))
            rng.shuffle(batches)

    told = sum(isinstance(one, records.Interaction) for batch in batches for one in batch)
    assert counts == [(told, told)] + [(0, told)] * 3
