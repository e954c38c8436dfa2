"""Where an attempt at a run begins: with the leads that the last one left, or anew."""

from __future__ import annotations

from datetime import timedelta

from jobs import verdicts, walk
from models import db, moment, runs, standing
from scraper import payload, site

RESUMABLE_FOR = timedelta(minutes=30)
"""How long after its last page a half-read list is still one look; later it starts over."""


def leads_left(connection: db.Connection, run: runs.Run) -> list[payload.Request] | None:
    """Return the leads that an earlier attempt left, or None where the run has to start over.

    A list starts over when too much time has passed since its last page to call both halves one
    look, and when it was walked to its end and proved nothing.
    """
    if run.leads is None:
        return None
    listed = standing.of_run(connection, run.id)
    if listed is not None and run.requested_by != verdicts.IMPORTED:
        last = standing.last_read(connection, run.id)
        if listed.state != "open" or (last and moment.now() - last > RESUMABLE_FOR):
            return None
    return walk.decode(run.leads)


def listing(connection: db.Connection, run: runs.Run, collector: site.Collector) -> int | None:
    """Return the look that the leads belong to, opening the first if there is none."""
    if collector.direction is None:
        return None
    for look in (2, 1):
        if found := standing.of_run(connection, run.id, look=look):
            return found.id
    return standing.start(connection, run.id, run.account_id, collector.direction, look=1)
