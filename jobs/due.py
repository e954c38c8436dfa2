"""Decide what is due, from the table: each due time once, whoever decides it.

A due time and the run that comes of it are written in one transaction that holds the schedule's
row, so that two processes that decide at once, or one that dies meanwhile, do no harm.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs import deciding, schedules, settings, settling, syncing, timing
from models import db
from models import schedules as kept

_NOTED_EVERY = timedelta(seconds=20)
"""How far behind the table may be in saying that somebody watches a schedule."""


def act(
    database: db.Database,
    chosen: settings.Settings,
    now: datetime,
    password: settling.Password = settling.nobody,
    *,
    sync: bool = True,
) -> list[deciding.Decision]:
    """Decide every due time up to `now` of every schedule, after what the settings changed.

    Raises what the database raises; what is decided by then stays decided. To be called whenever
    something is due (`following`), and at least once a minute, so that the table shows when
    nobody did. Without `sync` the table is taken as it stands: a command may have changed it
    together with a settings file that the caller has not read again yet.
    """
    decided = syncing.sync(database, chosen, now) if sync else []
    with database.read() as connection:
        rows = [row for row in kept.standing(connection) if row.enabled]
        at_hand = {row.id: _is_at_hand(connection, row, now) for row in rows}
    for row in rows:
        if at_hand[row.id]:
            with database.write() as connection:
                held = kept.held(connection, row.id)
                decided += settling.settle(connection, chosen, held, now, password)
    return decided


def following(database: db.Database, now: datetime) -> datetime | None:
    """Return when the next due time of any schedule is, as far as a clock decides."""
    with database.read() as connection:
        rows = [row for row in kept.standing(connection) if row.enabled and row.paused_at is None]
    found = [
        timing.next_due(schedules.times(schedule), max(now, row.decided_until))
        for row in rows
        if (schedule := settling.definition(row)) is not None
    ]
    return min((due for due in found if due is not None), default=None)


def _is_at_hand(connection: db.Connection, row: kept.Schedule, now: datetime) -> bool:
    """Tell whether there is anything to be written down of a schedule."""
    if now - row.decided_until >= _NOTED_EVERY:
        return True
    schedule = settling.definition(row)
    return schedule is not None and bool(settling.coming(connection, row, schedule, now).dues)
