"""A run in a process of its own ends in time, whatever hangs, and leaves no process and no half."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from fixtures.practice import client
from jobs import settings, supervision
from models import moment
from tests.jobs import given_children
from tests.jobs import given_runs as given

IN_TIME = 10.0
PARENT = """
import asyncio, pathlib, sys
from jobs import settings, supervision
from models import db, runs
import os

async def main():
    file = pathlib.Path(sys.argv[1])
    chosen = settings.load(file, os.environ)
    database = db.connect(chosen.database.url)
    with database.read() as connection:
        run = runs.get(connection, int(sys.argv[2]))
    await supervision.supervising(chosen, database, os.environ)(run)

asyncio.run(main())
"""
HOLD = """
import pathlib, sys
from scraper import alone
with alone.account_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

Make = Callable[..., given_children.Nursery]


@pytest.fixture
def make(world: client.Practice, tmp_path: Path) -> Iterator[Make]:
    """Return the way to make a nursery; in the end none of its processes is left."""
    world.configure(**given_children.SMALL)
    made: list[given_children.Nursery] = []

    def nursery(**service: Any) -> given_children.Nursery:
        made.append(given_children.nursery(world, tmp_path, **service))
        return made[0]

    yield nursery
    world.clear_faults()
    for one in made:
        one.database.close()
        assert one.processes() == set()
        assert [*one.chosen.storage.directory.glob("tmp/*")] == []


@pytest.fixture
def nursery(make: Make) -> given_children.Nursery:
    return make()


def hang(world: client.Practice) -> None:
    """Let the second page of the list never come to its end."""
    world.fault("stall", path=given_children.FOLLOWERS, page=2, times=None)


def nothing_is_half_applied(nursery: given_children.Nursery) -> bool:
    return nursery.rows("SELECT * FROM follow_edges") == []


async def test_a_run_in_a_process_of_its_own_ends_as_any_other_and_holds_nobody_up(
    nursery: given_children.Nursery,
) -> None:
    slowest = 0.0
    ending = nursery.start(nursery.place_run())
    while not ending.done():
        asked = time.monotonic()
        await asyncio.sleep(0)
        slowest = max(slowest, time.monotonic() - asked)
        await asyncio.sleep(given_children.TICK)
    ended = await ending

    assert (ended.status, ended.code) == ("ok", None)
    assert len(nursery.rows("SELECT * FROM follow_edges")) == 25
    assert "ended ok: 7 pages, 25 records" in nursery.log(nursery.run(ended.run_id))
    assert slowest < 0.5


async def test_who_is_told_to_stop_is_gone_in_time_though_its_page_hangs(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    hang(world)
    run = nursery.place_run()
    ending = nursery.start(run)
    await nursery.working(run)
    told = time.monotonic()
    nursery.tell(run, "cancel")
    ended = await ending

    assert time.monotonic() - told < IN_TIME
    assert (ended.status, ended.code) == ("cancelled", None)
    assert nursery.run(run.id).leads
    assert nothing_is_half_applied(nursery)


async def test_a_deadline_ends_a_run_whose_page_hangs_and_the_record_says_so(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    hang(world)
    ended = await nursery.supervise(nursery.place_run(deadline=3.0))

    assert (ended.status, ended.code) == ("failed", "deadline_passed")
    assert ended.seconds < 3.0 + IN_TIME
    assert nothing_is_half_applied(nursery)


async def test_a_process_that_answers_nothing_is_ended_by_force(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    hang(world)
    run = nursery.place_run()
    ending = nursery.start(run)
    hung = await nursery.working(run)
    for one in nursery.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGSTOP)
    told = time.monotonic()
    nursery.tell(run, "cancel")
    ended = await ending

    assert time.monotonic() - told < IN_TIME
    assert ended.status == "cancelled"
    assert not hung.is_running()
    assert nothing_is_half_applied(nursery)


async def test_a_page_whose_script_never_ends_cannot_keep_a_run_from_being_cancelled(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    world.fault("endless", path="/", times=None)
    run = nursery.place_run()
    ending = nursery.start(run)
    await nursery.until(lambda: world.status()["faults"][0]["hits"])
    told = time.monotonic()
    nursery.tell(run, "cancel")
    ended = await ending

    assert time.monotonic() - told < IN_TIME
    assert ended.status == "cancelled"
    assert nursery.processes() == set()
    assert nothing_is_half_applied(nursery)


async def test_a_process_that_is_killed_has_crashed_and_its_run_can_be_gone_on_with(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    hang(world)
    run = nursery.place_run()
    ending = nursery.start(run)
    (await nursery.working(run)).send_signal(signal.SIGKILL)
    ended = await ending
    stands = nursery.run(run.id)

    assert (ended.status, ended.code) == ("failed", "crashed")
    assert "killed by SIGKILL" in stands.errors[0]["message"]
    assert "crashed: the run's process ended: killed by SIGKILL" in nursery.log(run)
    assert stands.leads
    assert stands.seconds > 0
    assert nothing_is_half_applied(nursery)


async def test_a_process_that_cannot_even_begin_has_crashed_with_its_last_words(
    nursery: given_children.Nursery,
) -> None:
    order = nursery.order(nursery.place_run())
    broken = msgspec.structs.replace(order, environ={"PYTHONHOME": "/nowhere"})
    ended = await supervision.supervise(broken)
    stands = nursery.run(ended.run_id)

    assert (ended.status, ended.code, stands.attempt) == ("failed", "crashed", 1)
    assert "exit code 1; its last words: " in stands.errors[0]["message"]


async def test_a_run_that_needs_too_much_memory_is_ended(make: Make) -> None:
    nursery = make(memory_mb=200)
    ended = await nursery.supervise(nursery.place_run())

    assert (ended.status, ended.code) == ("failed", "memory_exceeded")
    assert ended.memory > 200_000_000
    assert nothing_is_half_applied(nursery)


async def test_an_interrupted_run_waits_and_goes_on_from_the_page_where_it_stopped(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    hang(world)
    run = nursery.place_run()
    ending = nursery.start(run)
    await nursery.working(run)
    told = time.monotonic()
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    stands, took = nursery.run(run.id), time.monotonic() - told
    world.clear_faults()
    ended = await nursery.supervise(stands)

    assert took < IN_TIME
    assert (stands.status, stands.stop, stands.ended_at) == ("queued", None, None)
    assert ended.status == "ok"
    assert nursery.run(run.id).attempt == 2
    pages = [one["page"] for one in world.requests(given_children.FOLLOWERS)]
    assert pages == [1, 2, 2, 3]


async def test_a_run_whose_service_dies_stops_by_itself_and_waits(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    hang(world)
    run = nursery.place_run()
    with given_children.python(PARENT, str(nursery.chosen.file), str(run.id)) as parent:
        await nursery.until(lambda: nursery.run(run.id).pages >= 2)
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        await nursery.until(lambda: not given_children.alive({child}))

    assert nursery.run(run.id).status == "queued"
    assert nursery.processes() == set()


async def test_of_two_that_start_the_same_run_one_does_it(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    run = nursery.place_run()
    ended = await asyncio.gather(nursery.supervise(run), nursery.supervise(run))
    stands = nursery.run(run.id)

    assert [one.run_id for one in ended] == [run.id] * 2
    assert (stands.status, stands.attempt) == ("ok", 1)
    assert [one["page"] for one in world.requests(given_children.FOLLOWERS)] == [1, 2, 3]


async def test_a_passing_trouble_is_tried_again_later_by_itself(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    world.fault("server_error", path=given_children.FOLLOWERS, page=2, times=None)
    ended = await nursery.supervise(nursery.place_run())
    stands = nursery.run(ended.run_id)

    assert (ended.status, ended.code) == ("queued", "server_error")
    assert stands.not_before is not None
    wait = stands.not_before - moment.now()
    assert timedelta(seconds=30) < wait < timedelta(seconds=80)
    assert "waits until" in nursery.log(stands)


async def test_a_run_whose_account_is_in_use_is_put_off_and_spends_no_attempt(
    nursery: given_children.Nursery,
) -> None:
    lock = settings.session_file(nursery.chosen, given.ACCOUNT).with_suffix(".lock")
    with given_children.python(HOLD, str(lock)) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        ended = await nursery.supervise(nursery.place_run())
    stands = nursery.run(ended.run_id)

    assert (stands.status, stands.attempt) == ("queued", 0)
    assert [error["code"] for error in stands.errors] == ["account_busy"]
    assert stands.not_before is not None
    assert stands.not_before > moment.now()
