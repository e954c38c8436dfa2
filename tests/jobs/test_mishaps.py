"""Many runs, most of which crash, hang or are stopped: no process is left, and memory stays flat.

`SOAK_RUNS=200` makes it many; it then takes some minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from fixtures.practice import client
from jobs import supervision
from models import runs
from scraper.fetch import processes
from tests.jobs import given_children
from tests.jobs import given_runs as given

RUNS = int(os.environ.get("SOAK_RUNS", "4"))
WARM = 40
"""Runs after which everything that is loaded once has been loaded."""

GROWTH = 1.1
"""By which factor the memory of the process may grow from then on."""

Ending = asyncio.Task[supervision.Ended]
Mishap = Callable[[given_children.Nursery, runs.Run, Ending], Awaitable[None]]


async def nothing(_nursery: given_children.Nursery, _run: runs.Run, _ending: Ending) -> None:
    return


async def crash(nursery: given_children.Nursery, run: runs.Run, _ending: Ending) -> None:
    (await nursery.working(run)).kill()


async def cancel(nursery: given_children.Nursery, run: runs.Run, _ending: Ending) -> None:
    await nursery.working(run)
    nursery.tell(run, "cancel")


async def interrupt(nursery: given_children.Nursery, run: runs.Run, ending: Ending) -> None:
    await nursery.working(run)
    ending.cancel()


async def lose_the_browser(nursery: given_children.Nursery, run: runs.Run, _end: Ending) -> None:
    processes.kill((await nursery.working(run)).children(recursive=True))
    nursery.tell(run, "cancel")


async def hang(nursery: given_children.Nursery, run: runs.Run, _ending: Ending) -> None:
    child = await nursery.working(run)
    for one in (child, *child.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGSTOP)
    nursery.tell(run, "replace")


PAIRS: tuple[tuple[tuple[Mishap, str], tuple[Mishap, str]], ...] = (
    ((nothing, "ok"), (nothing, "ok")),
    ((crash, "failed"), (cancel, "cancelled")),
    ((interrupt, "queued"), (lose_the_browser, "cancelled")),
    ((hang, "cancelled"), (crash, "failed")),
)
"""What befalls two runs of two accounts at the same time, and how each of them then stands."""


class Toll(msgspec.Struct, frozen=True, kw_only=True):
    """What this process holds."""

    memory: int
    threads: int
    files: int
    tasks: int


def toll() -> Toll:
    gc.collect()
    ours = psutil.Process()
    return Toll(
        memory=ours.memory_info().rss,
        threads=threading.active_count(),
        files=ours.num_fds(),
        tasks=len(asyncio.all_tasks()),
    )


@pytest.fixture
def nursery(world: client.Practice, tmp_path: Path) -> Iterator[given_children.Nursery]:
    world.configure(**given_children.SMALL)
    made = given_children.nursery(world, tmp_path)
    yield made
    world.clear_faults()
    made.database.close()


async def befall(nursery: given_children.Nursery, account: str, mishap: Mishap) -> str:
    """Let a run begin and a mishap befall it; return how the run then stands."""
    run = nursery.place_run(account)
    ending = nursery.start(run)
    await mishap(nursery, run, ending)
    await asyncio.wait({ending})
    return nursery.run(run.id).status


@pytest.mark.timeout(120 + 10 * RUNS)
async def test_whatever_befalls_runs_no_process_is_left_and_memory_stays_flat(
    nursery: given_children.Nursery, world: client.Practice
) -> None:
    warm = toll()
    for number in range(RUNS // 2):
        (first, came_to), (second, other) = PAIRS[number % len(PAIRS)]
        world.clear_faults()
        if first is not nothing:
            world.fault("stall", path=given_children.FOLLOWERS, page=2, times=None)
        stand = await asyncio.gather(
            befall(nursery, given.ACCOUNT, first), befall(nursery, given_children.SECOND, second)
        )
        assert [*stand] == [came_to, other]
        assert nursery.processes() == set()
        if 2 * number < WARM:
            warm = toll()
    ended = toll()
    sys.stdout.write(f"after {WARM} runs {warm}\nafter {RUNS} runs {ended}\n")

    assert [*nursery.chosen.storage.directory.glob("tmp/*")] == []
    assert nursery.rows("SELECT id FROM runs WHERE status = 'running'") == []
    assert ended.memory <= warm.memory * GROWTH
    assert (ended.threads, ended.tasks) <= (warm.threads + 4, warm.tasks)
    assert ended.files <= warm.files + 4
