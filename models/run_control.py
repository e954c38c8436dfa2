"""Tell a run to stop, and look at what it was told, in few words: both are asked often."""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import Connection, Table, select, update

from models import moment, tables

Stop = Literal["cancel", "replace", "deadline", "memory"]
"""What a run is told: by its operator, by its schedule, or by what supervises it."""

_RUNS: Table = tables.Run.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands, and what it was told."""

    status: str
    attempt: int
    stop: Stop | None


def state(connection: Connection, run_id: int) -> State:
    """Return where a run stands. Raises LookupError when there is none of that number."""
    query = select(_RUNS.c.status, _RUNS.c.attempt, _RUNS.c.stop).where(_RUNS.c.id == run_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise LookupError(f"there is no run {run_id}")
    return msgspec.convert(dict(row), State)


def tell(connection: Connection, run_id: int, stop: Stop) -> bool:
    """Tell a run that works to stop, unless it was told already; tell whether it works."""
    works = (_RUNS.c.id == run_id) & (_RUNS.c.status == "running")
    connection.execute(update(_RUNS).where(works, _RUNS.c.stop.is_(None)).values(stop=stop))
    return state(connection, run_id).status == "running"


def call_off(connection: Connection, run_id: int) -> bool:
    """End a run that has not begun, as cancelled; tell whether it had not."""
    waits = (_RUNS.c.id == run_id) & (_RUNS.c.status == "queued")
    values = {"status": "cancelled", "ended_at": moment.now()}
    return bool(connection.execute(update(_RUNS).where(waits).values(values)).rowcount)
