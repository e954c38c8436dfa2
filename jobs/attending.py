"""See a run that needs no browser to its end, in this process's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping

import msgspec

from jobs import aftermath, logs, run, run_logs, runtime, settings
from models import db, run_control, runs

POLL = 1.0
"""Seconds between two looks at what a run was told."""


def attending(
    chosen: settings.Settings,
    database: db.Database,
    environ: Mapping[str, str],
    *,
    poll: float = POLL,
) -> Callable[[runs.Run], Coroutine[None, None, None]]:
    """Return the way to run what calls interfaces, with a log of its own for each run."""

    async def see_to_its_end(waits: runs.Run) -> None:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(run_logs.writing(chosen.storage.directory, waits.id))
            stack.enter_context(logs.bound(waits.id))
            stack.enter_context(logs.copied(file, run=waits.id))
            logs.log.debug(f"attempt {waits.attempt + 1} in the service")
            assembled = msgspec.structs.replace(
                runtime.assemble(chosen, database, environ, tell=logs.log.debug),
                show=lambda now: logs.log.debug(run_logs.progress(now)),
                afterwards=aftermath.decide,
            )
            await _until_told(assembled, waits, poll)
            with database.read() as connection:
                said = run_logs.ending(runs.get(connection, waits.id))
            logs.log.info(f"{waits.collector}: {said}")

    return see_to_its_end


async def _until_told(assembled: run.Runtime, waits: runs.Run, poll: float) -> None:
    """Execute a run until its end, its deadline, or until it is told to stop.

    Cancelled, it interrupts the run, which then waits to be gone on with, and passes that on.
    """
    working = asyncio.create_task(run.execute(assembled, waits.id, waits.attempt))
    until = None if waits.deadline is None else time.monotonic() + waits.deadline - waits.seconds
    try:
        while not working.done():
            await asyncio.wait({working}, timeout=poll)
            if not working.done() and await asyncio.to_thread(_told, assembled, waits, until):
                working.cancel()
                await asyncio.wait({working})
    finally:
        working.cancel()
        await asyncio.wait({working})
    if not working.cancelled() and (fault := working.exception()) is not None:
        logs.log.opt(exception=fault).error("a fault in Greenroom itself ended the run")


def _told(assembled: run.Runtime, waits: runs.Run, until: float | None) -> bool:
    """Tell whether the run has to stop now; a deadline that has passed is written down."""
    with assembled.database.read() as connection:
        stop = run_control.state(connection, waits.id).stop
    if stop is None and until is not None and time.monotonic() >= until:
        with assembled.database.write() as connection:
            run_control.tell(connection, waits.id, "deadline")
        return True
    return stop is not None
