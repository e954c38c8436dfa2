"""Whether the lists that schedules promise are as new as they should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from jobs import run, schedules, settings, settling, timing
from models import db, standing
from models import schedules as rows
from scraper import errors
from scraper.sites import register

ALLOWANCE = 2
"""Due times that may pass without a list proved complete."""


def stale(connection: db.Connection, chosen: settings.Settings, now: datetime) -> Iterator[str]:
    """Yield a line for each scheduled list whose newest complete one is older than it may be.

    It may be as old as `ALLOWANCE` of its due times and the time that a run may work.
    """
    for row in rows.standing(connection):
        wanted = settling.definition(row)
        direction = _direction(wanted.collector) if wanted else None
        if wanted is None or direction is None or wanted.account not in chosen.accounts:
            continue
        if not row.enabled or row.paused_at is not None or wanted.after is not None:
            continue
        newest = standing.newest_complete(connection, wanted.account, direction)
        since = max(filter(None, (newest, row.changed_at)))
        if since < now and now > _allowed_until(wanted, since):
            last = f"since {newest:%Y-%m-%d %H:%M} UTC" if newest else "yet"
            yield f"schedule {row.name}: no complete {direction} list of {wanted.account} {last}"


def _allowed_until(wanted: schedules.Schedule, since: datetime) -> datetime:
    dues = timing.dues(schedules.times(wanted), since, limit=ALLOWANCE)
    last = dues[-1] if dues else since
    return last + timedelta(seconds=wanted.jitter + (wanted.deadline or schedules.DEADLINE))


def _direction(collector: str) -> str | None:
    try:
        return run.collector_of(register.SITES, collector)[1].direction
    except errors.BadConfig:
        return None
