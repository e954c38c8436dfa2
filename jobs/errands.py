"""What a run asks of its collector: the row's options, and what is known already."""

from __future__ import annotations

from datetime import datetime

from models import db, moment, runs
from scraper import site


def of(connection: db.Connection, run: runs.Run, account: runs.Account) -> site.Errand:
    """Return what the run's collector is to fetch, as of now."""
    options = run.options
    return site.Errand(
        username=account.username,
        target=run.target,
        full=bool(options.get("full")),
        cursor=runs.cursor(connection, run),
        since=_time(options.get("since")),
        until=_time(options.get("until")),
        now=moment.now(),
    )


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
