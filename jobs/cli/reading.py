"""Read the log of a run: what is kept of it, or that and what is added until the run has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobs import run_logs
from models import run_control, runs
from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.cli import running

LOOK_EVERY = 0.25
"""Seconds between two looks at a log that is followed."""


def kept(session: running.Session, run_id: int) -> Iterator[bytes]:
    """Yield the lines that are kept. Raises LookupError for no run, BadConfig for no log."""
    _state(session, run_id)
    try:
        yield from run_logs.lines(session.chosen.storage.directory, run_id)
    except LookupError as none:
        raise errors.BadConfig("not_possible", str(none)) from None


def followed(session: running.Session, run_id: int) -> Iterator[bytes]:
    """Yield the lines that are there and those that come, until the run has ended.

    Raises LookupError when there is no such run.
    """
    follower = run_logs.Follower(session.chosen.storage.directory, run_id)
    while True:
        over = _state(session, run_id).status in runs.FINAL  # looked at before the log
        yield from follower.news()
        if over:
            return
        time.sleep(LOOK_EVERY)


def _state(session: running.Session, run_id: int) -> run_control.State:
    with session.database.read() as connection:
        return run_control.state(connection, run_id)
