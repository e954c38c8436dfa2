"""The service: lead the clock if nobody does, start what is due, until told to stop."""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from jobs import aftermath, broadcasts, deciding, dispatch, due, logs, notify, run, settings, timing
from jobs.feeds import filling, station
from models import db, leases, moment, runs
from scraper import errors

CLOCK = "clock"
"""The lease of the process that decides due times and starts runs."""

LOOK_AGAIN = 10.0
"""Seconds between two looks at the schedules and the queue, where nothing is due in between."""

QUEUE_EVERY = 1.0
"""Seconds between two looks for runs that may start."""

SAID = 20
"""Due times decided at once that are logged one by one; after a long stop there may be many."""

FILE_EVERY = 2.0
"""Seconds between two looks at the settings file."""


class State(msgspec.Struct):
    """How the service is, for whoever asks (health, metrics).

    `beat` is the monotonic time of the event loop's last sign of life; `refused` is why the
    settings on the disk are not in force.
    """

    chosen: settings.Settings
    holder: str
    beat: float
    leading: bool = False
    refused: str | None = None
    held_back: str | None = None
    working: int = 0


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What the service needs from outside.

    `load` reads the settings anew; `supervise` runs a run under the settings in force, and
    `assemble` gives what runs in this process would need.
    """

    database: db.Database
    environ: Mapping[str, str]
    load: Callable[[], settings.Settings]
    supervise: Callable[[settings.Settings], dispatch.Supervise]
    assemble: Callable[[settings.Settings], run.Runtime]
    now: Callable[[], datetime] = moment.now


class Service:
    """One `greenroom serve`: `run` until `stop`; `reload` takes changed settings over.

    `nudges` are called whenever a feed has told something new.
    """

    def __init__(self, outside: Outside, chosen: settings.Settings) -> None:
        self._outside = outside
        self.state = State(chosen=chosen, holder=_name(), beat=time.monotonic())
        self._alarm = timing.Alarm()
        self._stopping = asyncio.Event()
        self._dispatcher = dispatch.Dispatcher(outside.database, self._supervise, self._abandon)
        self.nudges: list[Callable[[], None]] = []
        self._station = station.Station(
            outside.database, outside.environ, self.state.holder, self.nudge
        )
        self._stamp = _stamp(chosen.file)

    async def run(self) -> None:
        """Serve until `stop`; then stop what runs, so that it can be gone on with."""
        seconds = self.state.chosen.service.lease_seconds / 3
        self._alarm.start()
        await self._lead()
        self._alarm.every("lead", seconds, self._lead)
        self._alarm.every("decide", LOOK_AGAIN, self._decide)
        self._alarm.every("start", QUEUE_EVERY, self._start)
        self._alarm.every("file", FILE_EVERY, self._look_at_file)
        self._alarm.every("sessions", broadcasts.EVERY, self._keep_sessions)
        if beat := notify.watchdog_seconds(self._outside.environ):
            self._alarm.every("watchdog", beat, self._watchdog)
        await self._station.adopt(self.state.chosen)
        notify.tell(self._outside.environ, "READY=1")
        try:
            await self._stopping.wait()
        finally:
            await self._end()

    def stop(self) -> None:
        """Stop soon."""
        self._stopping.set()

    async def reload(self) -> None:
        """Take the settings on the disk over; bad ones are refused, and the old ones stay."""
        began = time.monotonic_ns() // 1000
        notify.tell(self._outside.environ, "RELOADING=1", f"MONOTONIC_USEC={began}")
        self._stamp = _stamp(self.state.chosen.file)
        try:
            chosen = await asyncio.to_thread(self._outside.load)
            _require_same_place(self.state.chosen, chosen)
        except errors.BadConfig as error:
            self.state.refused = error.message
            logs.log.error(f"the changed settings are refused, the old ones stay: {error.message}")
        else:
            self.state.chosen, self.state.refused = chosen, None
            logs.log.info("the settings are in force")
            await self._station.adopt(chosen)
            await self._decide(sync=True)
        notify.tell(self._outside.environ, "READY=1")

    def nudge(self) -> None:
        """Tell whoever wants to know at once that a feed has told something."""
        for nudge in self.nudges:
            nudge()

    def _supervise(self, ordered: runs.Run) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._outside.supervise(self.state.chosen)(ordered))

    def _abandon(self, dead: runs.Run) -> None:
        aftermath.abandoned(self._outside.assemble(self.state.chosen), dead)

    async def _lead(self) -> None:
        """Take the lease or renew it; a database that does not answer costs us the lead."""
        self.state.beat = time.monotonic()
        led = self.state.leading
        try:
            held = await asyncio.to_thread(self._take)
        except db.Unusable as error:
            held = False
            logs.log.error(f"the database: {error}")
        self.state.leading = held
        if held != led:
            logs.log.info("leading the clock" if held else "not leading the clock any more")
        if held and not led:
            await self._decide(sync=True)

    async def _decide(self, *, sync: bool = False) -> None:
        """Decide what is due, and wake up when the next schedule is.

        `sync` takes the settings' schedules over; else those in the table are taken as they are.
        """
        if not self.state.leading or self._stopping.is_set():
            return
        now = self._outside.now()
        try:
            decided = await asyncio.to_thread(self._act, now, sync=sync)
            await self._dispatcher.settle(self.state.chosen, now)
            following = await asyncio.to_thread(due.following, self._outside.database, now)
        except db.Unusable as error:
            logs.log.error(f"the database: {error}")
            return
        for one in decided[-SAID:]:
            logs.log.info(one.words())
        if decided[SAID:]:
            logs.log.info(f"{len(decided)} due times in all; `schedule history` has every one")
        if following is not None and following - now < timedelta(seconds=LOOK_AGAIN):
            self._alarm.set("due", following, self._decide)
        await self._start()

    async def _start(self) -> None:
        """Ask for the runs that fill gaps, and start those that wait, if we lead."""
        self.state.beat = time.monotonic()
        if not self.state.leading or self._stopping.is_set():
            return
        try:
            await asyncio.to_thread(filling.act, self._outside.database, self.state.chosen)
            await self._dispatcher.fill(self.state.chosen, self._outside.now())
        except db.Unusable as error:
            logs.log.error(f"the database: {error}")
        if self._dispatcher.held_back != self.state.held_back and self._dispatcher.held_back:
            logs.log.error(f"no run starts: {self._dispatcher.held_back}")
        self.state.held_back = self._dispatcher.held_back
        self.state.working = len(self._dispatcher.working)

    async def _keep_sessions(self) -> None:
        if self.state.leading and not self._stopping.is_set():
            await broadcasts.keep(self._outside.database, self._outside.now())

    async def _look_at_file(self) -> None:
        if _stamp(self.state.chosen.file) != self._stamp:
            await self.reload()

    async def _watchdog(self) -> None:
        notify.tell(self._outside.environ, "WATCHDOG=1")

    async def _end(self) -> None:
        """Stop the timers, then the runs, then give the lead away."""
        notify.tell(self._outside.environ, "STOPPING=1")
        self._alarm.stop()
        await self._station.stop()
        await self._dispatcher.drain(self.state.chosen.service.drain_seconds)
        try:
            await asyncio.to_thread(self._drop)
        except db.Unusable as error:
            logs.log.error(f"the database: {error}")

    def _act(self, now: datetime, *, sync: bool) -> list[deciding.Decision]:
        chosen = self.state.chosen
        password = self._outside.assemble(chosen).password
        return due.act(self._outside.database, chosen, now, password, sync=sync)

    def _take(self) -> bool:
        seconds = self.state.chosen.service.lease_seconds
        with self._outside.database.write() as connection:
            return leases.take(connection, CLOCK, self.state.holder, seconds) is not None

    def _drop(self) -> None:
        with self._outside.database.write() as connection:
            leases.drop(connection, CLOCK, self.state.holder)


def _require_same_place(old: settings.Settings, new: settings.Settings) -> None:
    """Raise BadConfig for changes that a running service cannot follow."""
    places = ("database.url", old.database, new.database), ("storage", old.storage, new.storage)
    names = ("port", "host", "hosts", "origins")
    doors = [(f"service.{n}", getattr(old.service, n), getattr(new.service, n)) for n in names]
    for key, before, after in (*places, *doors):
        if before != after:
            raise errors.BadConfig("bad_config", f"{key} has changed; restart the service")


def _name() -> str:
    """Return a name that no other process has, not even a later one of the same number."""
    return f"{platform.node()}:{os.getpid()}:{secrets.token_hex(3)}"


def _stamp(file: Path | None) -> tuple[int, int] | None:
    """Return what changes with the file; None where there is none."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
