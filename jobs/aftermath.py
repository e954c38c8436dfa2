"""What becomes of a service's run when an attempt at it has ended: it waits again, or that was it.

Decided in the transaction that notes the end, by whoever notes it: the run's own process, or the
service when that process could not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from jobs import retrying, run
from models import db, moment, run_control, run_queue, runs
from scraper import errors

BUSY_FOR = timedelta(seconds=15)
"""How long a run waits that found its account in use."""

CODES: Mapping[str, str] = {"deadline": "deadline_passed", "memory": "memory_exceeded"}
"""What the service told a run -> the code with which that ends it.

Told `cancel` or `replace`, a run ends cancelled; told nothing, it was only interrupted.
"""


def decide(
    connection: db.Connection, tried: runs.Run, status: str, failure: errors.GreenroomError | None
) -> None:
    """Let a run wait for another attempt: interrupted, its account busy, or a passing trouble.

    What its attempt came to has just been noted.
    """
    stands = runs.get(connection, tried.id)
    code = CODES.get(stands.stop or "")
    if status == "cancelled" and code:
        noted = {"code": code, "message": errors.CODES[code], "url": None}
        runs.progress(connection, tried, {"status": "failed", "errors": [noted]})
    elif stands.stop is None:
        not_before = _again(stands, status, failure)
        if not_before is not None:
            run_queue.put_back(connection, tried, not_before, ended_at=None)


def _again(tried: runs.Run, status: str, failure: errors.GreenroomError | None) -> datetime | None:
    now = moment.now()
    if status == "cancelled":
        return now
    if isinstance(failure, errors.Busy) and failure.code != "account_elsewhere":
        return now + BUSY_FOR
    return retrying.next_attempt(tried, failure, now)


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What a process left behind that was to attempt a run.

    `run` is the run as it waited for it; `seconds` how long it worked. `why` is what it was told,
    `interrupted` that it was stopped for another reason, `crash` what ended it if nothing did.
    """

    run: runs.Run
    seconds: float
    interrupted: bool
    why: run_control.Stop | None
    crash: errors.GreenroomError


def settle(runtime: run.Runtime, left: Left) -> str | None:
    """Write down how an attempt ended whose process is gone; return as what it was noted.

    None where nothing was left to note: the process had noted it, or another attempt has begun.
    """
    stands = _standing(runtime.database, left)
    if stands is None:
        return None
    if left.why is not None:
        with runtime.database.write() as connection:
            run_control.tell(connection, stands.id, left.why)
    began = moment.now() - timedelta(seconds=left.seconds)
    stopped = left.interrupted or left.why or stands.stop
    run.finish(
        msgspec.structs.replace(runtime, afterwards=decide),
        msgspec.structs.replace(stands, active_at=began),
        "cancelled" if stopped else "failed",
        None if stopped else left.crash,
    )
    return "cancelled" if stopped else "failed"


def abandoned(runtime: run.Runtime, stands: runs.Run) -> None:
    """Note the end of an attempt that stands as running although its service died with it.

    The run waits to be gone on with, unless it had been told to stop.
    """
    run.finish(
        msgspec.structs.replace(runtime, afterwards=decide),
        msgspec.structs.replace(stands, active_at=None),
        "cancelled",
        None,
    )


def _standing(database: db.Database, left: Left) -> runs.Run | None:
    """Return the run as the attempt that has ended left it, None if it left nothing to do."""
    with database.write() as connection:
        stands = runs.get(connection, left.run.id)
        if stands.attempt == left.run.attempt and stands.status == "queued":
            return None if left.interrupted else runs.begin(connection, stands.id)
        if stands.attempt != left.run.attempt + 1:
            return None
        if stands.status in runs.FINAL and stands.ended_at is None:
            runs.progress(connection, stands, {"ended_at": moment.now()})
    return stands if stands.status == "running" else None
