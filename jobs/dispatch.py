"""Start the runs that wait, each in a process of its own, and see each of them to its end."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from jobs import logs, settings
from models import db, run_queue, runs
from scraper import alone

SILENCE = timedelta(seconds=30)
"""How long a run that nobody here supervises may give no sign of life before it is looked after."""

Supervise = Callable[[runs.Run], Awaitable[None]]
"""Runs a run in a child process to its end; the run's row says how it ended."""

Abandon = Callable[[runs.Run], None]
"""Writes down the end of an attempt whose process died with its service."""


class Working(msgspec.Struct):
    """A run that this process supervises."""

    run: runs.Run
    task: asyncio.Task[None]


class Dispatcher:
    """The runs at work in this process: at most `service.browsers`, one of each account.

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
        free = chosen.service.browsers - len(self._working)
        if self.held_back or free <= 0:
            return
        for run in await asyncio.to_thread(self._ready, now, free):
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

    def _ready(self, now: datetime, limit: int) -> list[runs.Run]:
        busy = {one.run.account_id for one in self._working.values()}
        with self._database.read() as connection:
            return run_queue.ready(connection, now, busy=busy, limit=limit)

    def _settle(self, chosen: settings.Settings, now: datetime) -> list[int]:
        with self._database.read() as connection:
            standing = [
                (run, runs.account_of(connection, run.account_id).name)
                for run in run_queue.under_way(connection)
                if run.id not in self._working and _is_silent(run, now)
            ]
        dead = [run for run, account in standing if _is_free(chosen, account)]
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


def _is_free(chosen: settings.Settings, account: str) -> bool:
    """Tell whether no process has the account: the run that stands as running has none."""
    return alone.taken(settings.session_file(chosen, account).with_suffix(".lock")) is None
