"""When a run is tried again by itself: after passing troubles, a few times, ever more patiently."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from models import runs
from scraper import errors

ATTEMPTS = 3
"""How often a run is started before a passing trouble is its end."""

FIRST = timedelta(minutes=1)
"""How long the second attempt waits; each further one waits twice as long."""

LONGEST = timedelta(minutes=30)
"""How long an attempt waits at most, unless the site itself asks for more."""

SPREAD = 0.25
"""By which share a wait may be longer, so that accounts do not come back together."""


def next_attempt(
    run: runs.Run, failure: errors.GreenroomError | None, now: datetime
) -> datetime | None:
    """Return when a run whose attempt has failed is to be tried again, None if it is not.

    Only TryLater is tried again: signing in again and again locks accounts, and whatever else
    stops a run stays as it is until somebody acts. The wait is never shorter than what the site
    asked for.
    """
    if not isinstance(failure, errors.TryLater) or run.attempt >= ATTEMPTS:
        return None
    if run.deadline is not None and run.seconds >= run.deadline:
        return None
    wait: timedelta = min(FIRST * 2 ** max(run.attempt - 1, 0), LONGEST) * (
        1 + SPREAD * _chance(run)
    )
    return now + max(wait, timedelta(seconds=failure.retry_after or 0))


def _chance(run: runs.Run) -> float:
    """Return a number from 0 to 1 that no two attempts share, the same whenever it is asked."""
    return zlib.crc32(f"{run.id}/{run.attempt}".encode()) / 0xFFFFFFFF
