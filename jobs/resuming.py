"""Whether a run can be gone on with, and where its answers come from."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from jobs import raw, run, saved_pages, settings, verdicts
from models import db, runs
from scraper import alone, errors

OVER = ("ok", "held")
"""Statuses of runs that came to their end."""


def check(connection: db.Connection, run_id: int) -> None:
    """Raise BadConfig (`not_possible`) unless the run can be gone on with; LookupError if none."""
    found = runs.get(connection, run_id)
    if found.collector.endswith(f".{raw.FETCH}"):
        raise errors.BadConfig(
            "not_possible", f"run {run_id} asked for a single answer; `greenroom fetch` it again"
        )
    if found.status in OVER:
        raise errors.BadConfig("not_possible", f"run {run_id} came to its end: {found.status}")
    if (later := runs.later(connection, found)) is not None:
        raise errors.BadConfig(
            "not_possible", f"run {later} has taken the place of run {run_id}; collect again"
        )


def busy(connection: db.Connection, chosen: settings.Settings, run_id: int) -> errors.Busy | None:
    """Return why a run that is under way elsewhere must be left alone, None if it is not."""
    found = runs.get(connection, run_id)
    if found.status != "running" or found.requested_by == verdicts.IMPORTED:
        return None
    name = runs.account_of(connection, found.account_id).name
    return alone.taken(settings.session_file(chosen, name).with_suffix(".lock"))


def adapted(database: db.Database, run_id: int) -> Callable[[run.Runtime], run.Runtime]:
    """Return what to change of the runtime for this run: saved pages are read from their files."""
    with database.read() as connection:
        asked_by = runs.get(connection, run_id).requested_by
    if asked_by != verdicts.IMPORTED:
        return lambda assembled: assembled
    return lambda assembled: msgspec.structs.replace(assembled, visit=saved_pages.visit)
