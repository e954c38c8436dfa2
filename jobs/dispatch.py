"""Start the runs that wait, and see each of them to its end.

A run with a browser gets a process of its own; one that calls interfaces works in the event loop.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from jobs import lanes, logs, settings
from models import db, run_queue, runs
from scraper import alone

SILENCE = timedelta(seconds=30)
"""How long a run that nobody here supervises may give no sign of life before it is looked after."""

CALLS = 16
"""How many runs may call interfaces at the same time."""

Supervise = Callable[[runs.Run], Awaitable[None]]
"""Runs a run to its end, be it in a child process; the run's row says how it ended."""

Abandon = Callable[[runs.Run], None]
"""Writes down the end of an attempt whose process died with its service."""


class Working(msgspec.Struct):
    """A run that this process supervises."""

    run: runs.Run
    task: asyncio.Task[None]


class Dispatcher:
    """The runs at work in this process: at most `service.browsers` with one, one of each lane.

    `fill` starts what may start; `drain` stops everything, leaving runs that can be gone on with.
    """

    def __init__(self, database: db.Database, supervise: Supervise, abandon: Abandon) -> None:
        self._database = database
        self._supervise = supervise
        self._abandon = abandon
        self._working: dict[int, Working] = {}
        self.held_back: str | None = None

    @property
    def working(self) -> list[runs.Run]:
        """Return the runs at work here."""
        return [one.run for one in self._working.values()]

    async def fill(self, chosen: settings.Settings, now: datetime) -> None:
        """Start the runs that may start now. Raises what the database raises."""
        self.held_back = await asyncio.to_thread(room, chosen)
        if self.held_back:
            return
        for run in await asyncio.to_thread(self._ready, now, chosen.service.browsers):
            logs.log.info(f"run {run.id} {run.collector}: starting")
            task = asyncio.create_task(self._work(run), name=f"run {run.id}")
            self._working[run.id] = Working(run, task)

    async def settle(self, chosen: settings.Settings, now: datetime) -> list[int]:
        """Put runs right whose process died with its service; return their ids."""
        return await asyncio.to_thread(self._settle, chosen, now)

    async def drain(self, seconds: float) -> None:
        """Tell every run to stop, and wait until all have: at most `seconds`, then by force."""
        tasks = [one.task for one in self._working.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def _work(self, run: runs.Run) -> None:
        try:
            await self._supervise(run)
        except Exception as error:  # noqa: BLE001 - one run's trouble must not stop the service
            logs.log.opt(exception=error).error(f"run {run.id}: its supervision failed")
        finally:
            del self._working[run.id]

    def _ready(self, now: datetime, browsers: int) -> list[runs.Run]:
        """Return the runs that may start, oldest due first, as many as there is room for."""
        work = [one.run for one in self._working.values()]
        taken = {lanes.lane(run) for run in work}
        room = {True: CALLS, False: browsers}
        for run in work:
            room[lanes.calls(run.collector)] -= 1
        found = []
        with self._database.read() as connection:
            for run in run_queue.ready(connection, now):
                calls = lanes.calls(run.collector)
                if lanes.lane(run) not in taken and room[calls] > 0:
                    taken.add(lanes.lane(run))
                    room[calls] -= 1
                    found.append(run)
        return found

    def _settle(self, chosen: settings.Settings, now: datetime) -> list[int]:
        with self._database.read() as connection:
            standing = [
                (run, runs.account_of(connection, run.account_id).name)
                for run in run_queue.under_way(connection)
                if run.id not in self._working and _is_silent(run, now)
            ]
        dead = [run for run, account in standing if _is_free(chosen, account, run)]
        for run in dead:
            self._abandon(run)
        return [run.id for run in dead]


def room(chosen: settings.Settings) -> str | None:
    """Return why nothing may start: there is too little room on the disk. None if there is."""
    folder = chosen.storage.directory
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free // 1_000_000
    if free >= chosen.service.free_disk_mb:
        return None
    return f"{free} MB are free in {folder}, {chosen.service.free_disk_mb} are wanted"


def _is_silent(run: runs.Run, now: datetime) -> bool:
    return run.active_at is None or now - run.active_at > SILENCE


def _is_free(chosen: settings.Settings, account: str, run: runs.Run) -> bool:
    """Tell whether no process has the run's lane: the run that stands as running has none."""
    return alone.taken(lanes.lock(chosen, account, run.collector)) is None
