"""Runs that wait for the service: which may start, and putting one back.

A queued run with `not_before` belongs to the service; one without it is about to be run by the
command that asked for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select, update

from models import runs, tables

_RUNS: Table = tables.Run.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy


def ready(connection: Connection, now: datetime, limit: int = 1000) -> list[runs.Run]:
    """Return runs that may start, oldest due first."""
    waiting = _of_service("queued") & (_RUNS.c.not_before <= now)
    query = select(_RUNS).where(waiting).order_by(_RUNS.c.not_before, _RUNS.c.id).limit(limit)
    return [runs.Run(**row) for row in connection.execute(query).mappings()]


def under_way(connection: Connection) -> list[runs.Run]:
    """Return the service's runs that stand as running, whoever runs them, oldest first."""
    query = select(_RUNS).where(_of_service("running")).order_by(_RUNS.c.id)
    return [runs.Run(**row) for row in connection.execute(query).mappings()]


def waiting(connection: Connection) -> int:
    """Count the runs that wait."""
    query = select(func.count()).select_from(_RUNS).where(_of_service("queued"))
    return int(connection.execute(query).scalar_one())


def put_back(connection: Connection, run: runs.Run, not_before: datetime, **values: Any) -> bool:
    """Let the service start a run again from `not_before`; tell whether it was still this attempt.

    Other columns, such as `errors`, are set as `values` say.
    """
    changed = connection.execute(
        update(_RUNS)
        .where(_RUNS.c.id == run.id, _RUNS.c.attempt == run.attempt)
        .values(status="queued", not_before=not_before, stop=None, **values)
    )
    return bool(changed.rowcount)


def _of_service(status: str) -> ColumnElement[bool]:
    return (_RUNS.c.status == status) & _RUNS.c.not_before.is_not(None)
