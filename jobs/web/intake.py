"""Takes levels in: those that wait share one transaction, each is answered after its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from jobs import logs
from models import db, moment, telemetry

TOGETHER = 500
"""Levels that are written in one transaction."""

GATHER = 0.01
"""Seconds that a level waits for others, with which it shares a transaction."""

WAITING = 5000
"""Levels that may wait; whoever comes then is told to come again."""


class Full(Exception):
    """Too many wait already."""


class Intake:
    """Writes what rooms stand at. To be used by one event loop.

    `told` is called after each commit with the levels that only confirmed what stood there.
    """

    def __init__(
        self, database: db.Database, told: Callable[[Sequence[telemetry.Row]], None]
    ) -> None:
        self._database = database
        self._told = told
        self._waiting: list[tuple[telemetry.Level, asyncio.Future[None]]] = []
        self._woken = asyncio.Event()

    async def take(self, level: telemetry.Level) -> None:
        """Return when a level is kept. Raises Full, or Unusable where the database fails."""
        if len(self._waiting) >= WAITING:
            raise Full
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((level, kept))
        self._woken.set()
        await kept

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._woken.wait()
            await asyncio.sleep(GATHER)
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            if not self._waiting:
                self._woken.clear()
            await self._keep(batch)

    async def _keep(self, batch: list[tuple[telemetry.Level, asyncio.Future[None]]]) -> None:
        levels = [level for level, kept in batch if not kept.cancelled()]
        try:
            confirmed = await asyncio.to_thread(self._write, levels)
        except db.Unusable as error:
            logs.log.error(f"the database: {error}")
            _settle(batch, error)
            return
        except Exception as error:
            _settle(batch, error)
            raise
        _settle(batch, None)
        self._told(confirmed)

    def _write(self, levels: list[telemetry.Level]) -> list[telemetry.Row]:
        with self._database.write() as connection:
            return telemetry.write(connection, levels, moment.now())


def _settle(
    batch: list[tuple[telemetry.Level, asyncio.Future[None]]], error: Exception | None
) -> None:
    for _, kept in batch:
        if kept.done():
            continue
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)
