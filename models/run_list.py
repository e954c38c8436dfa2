"""Runs as a list: the newest first, with the names beside their numbers, in one query."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, and_, select

from models import standing, tables

_RUNS: Table = tables.Run.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
_ACCOUNTS: Table = tables.Account.__table__  # type: ignore[attr-defined]  # as above
_SCHEDULES: Table = tables.Schedule.__table__  # type: ignore[attr-defined]  # as above
_LISTINGS: Table = tables.Listing.__table__  # type: ignore[attr-defined]  # as above

_OF_RUN = (
    *("id", "collector", "requested_at", "status", "pages", "records", "new", "lost", "returned"),
    *("seconds", "errors"),
)
_OF_LIST = ("state", "declared", "seen", "end_proof", "reasons")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs are wanted, by the names that people use; `before` is the number to begin below.

    None and the empty tuple mean all.
    """

    limit: int
    account: str | None = None
    schedule: str | None = None
    collector: str | None = None
    statuses: tuple[str, ...] = ()
    before: int | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list; `listing` is what it claims about the list it walked, if it did."""

    id: int
    collector: str
    requested_at: datetime
    status: str
    pages: int
    records: int
    new: int
    lost: int
    returned: int
    seconds: float
    errors: list[dict[str, Any]]
    account: str
    schedule: str | None
    listing: dict[str, Any] | None


def listed(connection: Connection, wanted: Wanted) -> Iterator[Line]:
    """Yield the runs that are wanted, newest first."""
    for row in connection.execute(_query(wanted)):
        *of_run, account, schedule, state, declared, seen, end_proof, reasons = row
        proof = None
        if state is not None:
            proof = {
                "complete": state in standing.PROVED,
                "declared": declared,
                "seen": seen,
                "end_proof": end_proof,
                "reasons": reasons,
            }
        told = dict(zip(_OF_RUN, of_run, strict=True))
        yield Line(**told, account=account, schedule=schedule, listing=proof)


def schedule_name(connection: Connection, schedule_id: int) -> str | None:
    """Return the name of the schedule that asked for a run."""
    query = select(_SCHEDULES.c.name).where(_SCHEDULES.c.id == schedule_id)
    return connection.execute(query).scalar()


def _query(wanted: Wanted) -> Select[Any]:
    first = and_(_LISTINGS.c.run_id == _RUNS.c.id, _LISTINGS.c.look == 1)
    query = (
        select(
            *(_RUNS.c[name] for name in _OF_RUN),
            _ACCOUNTS.c.name,
            _SCHEDULES.c.name,
            *(_LISTINGS.c[name] for name in _OF_LIST),
        )
        .join(_ACCOUNTS, _ACCOUNTS.c.id == _RUNS.c.account_id)
        .outerjoin(_SCHEDULES, _SCHEDULES.c.id == _RUNS.c.schedule_id)
        .outerjoin(_LISTINGS, first)
        .order_by(_RUNS.c.id.desc())
        .limit(wanted.limit)
    )
    if wanted.account is not None:
        query = query.where(_RUNS.c.account_id == _number(_ACCOUNTS, wanted.account))
    if wanted.schedule is not None:
        query = query.where(_RUNS.c.schedule_id == _number(_SCHEDULES, wanted.schedule))
    if wanted.collector is not None:
        query = query.where(_RUNS.c.collector == wanted.collector)
    if wanted.statuses:
        query = query.where(_RUNS.c.status.in_(wanted.statuses))
    if wanted.before is not None:
        query = query.where(_RUNS.c.id < wanted.before)
    return query


def _number(table: Table, name: str) -> Any:
    return select(table.c.id).where(table.c.name == name).scalar_subquery()
