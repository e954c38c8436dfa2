"""Runs that call interfaces work in the service's own event loop, and end as all others do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from fixtures.practice import client
from jobs import dispatch
from models import db, moment, runs
from tests.jobs import given_callers

STATS = "chaturbate.stats"
ROOMS = "chaturbate.online_rooms"


@pytest.fixture
def callers(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> Iterator[given_callers.Callers]:
    world.configure(followed=20, strangers=5, keep_sessions=True)
    yield given_callers.callers(world, new_database, tmp_path)
    world.clear_faults()


@pytest.fixture
def hanging(world: client.Practice, callers: given_callers.Callers) -> given_callers.Callers:
    """Return a house whose world takes long over the affiliates' list."""
    world.fault("stall", path="/api/public/affiliates/*", times=None)
    return callers


async def test_a_run_works_in_the_event_loop_and_leaves_its_record_and_its_log(
    callers: given_callers.Callers,
) -> None:
    before = psutil.Process().children(recursive=True)
    placed = callers.place(STATS)

    await callers.attend(placed)

    ended = callers.run(placed.id)
    assert (ended.status, ended.pages, ended.attempt) == ("ok", 1, 1)
    assert f" {STATS}: ended ok: 1 pages" in callers.log(placed)
    assert f"run {placed.id}" not in callers.log(placed)  # it is that run's, or has it before it
    assert psutil.Process().children(recursive=True) == before


async def test_many_work_side_by_side_and_each_log_has_its_own_run_only(
    callers: given_callers.Callers,
) -> None:
    placed = [callers.place(name) for name in (STATS, ROOMS, "camsoda.viewers")]

    await asyncio.gather(*map(callers.attend, placed))

    assert [callers.run(one.id).status for one in placed] == ["ok", "ok", "ok"]
    for one in placed:
        assert callers.log(one).count("attempt 1 in the service") == 1


async def test_a_run_that_is_told_to_stop_ends_cancelled(hanging: given_callers.Callers) -> None:
    placed = hanging.place(ROOMS)
    working = hanging.attend(placed)
    await hanging.until(lambda: hanging.run(placed.id).status == "running")

    hanging.tell(placed, "cancel")
    await asyncio.wait_for(working, 10)

    assert hanging.run(placed.id).status == "cancelled"


async def test_a_run_that_passes_its_deadline_fails_and_says_so(
    hanging: given_callers.Callers,
) -> None:
    placed = hanging.place(ROOMS, deadline=0.3)

    await asyncio.wait_for(hanging.attend(placed), 10)

    ended = hanging.run(placed.id)
    assert (ended.status, ended.errors[0]["code"]) == ("failed", "deadline_passed")


async def test_a_run_that_is_interrupted_waits_to_be_gone_on_with(
    hanging: given_callers.Callers,
) -> None:
    placed = hanging.place(ROOMS)
    working = hanging.attend(placed)
    await hanging.until(lambda: hanging.run(placed.id).status == "running")

    working.cancel()
    await asyncio.wait({working}, timeout=10)

    again = hanging.run(placed.id)
    assert (again.status, again.attempt) == ("queued", 1)
    assert again.not_before is not None


async def test_a_passing_trouble_is_tried_again_later(
    world: client.Practice, callers: given_callers.Callers
) -> None:
    world.fault("server_error", path="/statsapi/", times=None)
    placed = callers.place(STATS)

    await callers.attend(placed)

    again = callers.run(placed.id)
    assert (again.status, again.errors[0]["code"]) == ("queued", "server_error")
    assert again.not_before is not None
    assert again.not_before > moment.now()


async def test_runs_of_one_account_call_side_by_side_but_those_of_one_errand_do_not(
    callers: given_callers.Callers,
) -> None:
    stats, rooms, more = (callers.place(name) for name in (STATS, ROOMS, ROOMS))
    started: list[int] = []
    held = asyncio.Event()

    async def supervise(placed: runs.Run) -> None:
        started.append(placed.id)
        await held.wait()

    dispatcher = dispatch.Dispatcher(callers.database, supervise, lambda _run: None)
    await dispatcher.fill(callers.chosen, moment.now() + timedelta(seconds=1))
    await asyncio.sleep(0)

    assert sorted(started) == [stats.id, rooms.id]
    assert more.id not in started
    held.set()
    await dispatcher.drain(5)


async def test_calls_do_not_take_the_place_of_browsers(callers: given_callers.Callers) -> None:
    for name in (STATS, ROOMS, "cbhours.live", "camsoda.viewers", "statbate.members"):
        callers.place(name)
    browser = callers.place("chaturbate.followers")
    started: list[int] = []

    async def supervise(placed: runs.Run) -> None:
        started.append(placed.id)

    dispatcher = dispatch.Dispatcher(callers.database, supervise, lambda _run: None)
    await dispatcher.fill(callers.chosen, moment.now() + timedelta(seconds=1))
    await asyncio.sleep(0)

    assert browser.id in started
    assert len(started) == 6
