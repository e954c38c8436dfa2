"""Cancel a run, whoever works on it: it is told in its row, and looks there every second."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

from jobs import resuming, run, runtime, settings
from models import db, run_control, runs
from scraper import errors

WAIT = 15.0
"""Seconds that a run may take to stop: a page that hangs is given up, its browser ended."""

LOOK_EVERY = 0.2
"""Seconds between two looks at whether it has."""

HEED_EVERY = 1.0
"""Seconds between two looks of a run at what it was told."""

DONE = "cancelled"
TOLD = "was told to stop and still works; `runs show` says when it has ended"


def cancel(
    chosen: settings.Settings, database: db.Database, environ: Mapping[str, str], run_id: int
) -> str:
    """End a run before its time; return `DONE`, or `TOLD` if it takes longer than `WAIT`.

    One that nobody works on any more, its process having died, is put right. Raises LookupError
    when there is no such run and BadConfig (`not_possible`) when it has ended already.
    """
    with database.write() as connection:
        before = runs.get(connection, run_id)
        if before.status in runs.FINAL:
            raise errors.BadConfig("not_possible", f"run {run_id} has ended: {before.status}")
        if run_control.call_off(connection, run_id):
            return DONE
        run_control.tell(connection, run_id, "cancel")
    if _ended(database, run_id):
        return DONE
    with database.read() as connection:
        if resuming.busy(connection, chosen, run_id) is not None:
            return TOLD
        left = msgspec.structs.replace(runs.get(connection, run_id), active_at=None)
    run.finish(runtime.assemble(chosen, database, environ), left, "cancelled", None)
    return DONE


def _ended(database: db.Database, run_id: int) -> bool:
    """Wait until a run works no more; tell whether that came to pass."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        with database.read() as connection:
            if run_control.state(connection, run_id).status != "running":
                return True
        time.sleep(LOOK_EVERY)
    return False


@contextlib.asynccontextmanager
async def heeding(
    database: db.Database, run_id: int, stop: Callable[[], object]
) -> AsyncIterator[None]:
    """Call `stop` once when the run is told to stop by its row."""
    looking = asyncio.create_task(_heed(database, run_id, stop))
    try:
        yield
    finally:
        looking.cancel()


async def _heed(database: db.Database, run_id: int, stop: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(HEED_EVERY)
        if await asyncio.to_thread(_is_told, database, run_id):
            stop()
            return


def _is_told(database: db.Database, run_id: int) -> bool:
    with contextlib.suppress(db.Unusable, LookupError), database.read() as connection:
        state = run_control.state(connection, run_id)
        return state.status == "running" and state.stop is not None
    return False
