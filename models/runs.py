"""Runs as they stand in their table: ask for one, begin, note progress, finish.

Status: `queued`, `running`, then `ok`, `partial`, `held`, `needs_operator`, `failed`,
`cancelled` or `busy`; a `running` row whose process has died is resumed like a cancelled one. The
run of a feed is `listening` for as long as somebody does (`models.feeds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import moment, tables

FINAL = ("ok", "partial", "held", "needs_operator", "failed", "cancelled", "busy")


class Superseded(Exception):
    """Another attempt at the same run has begun; this one must write nothing more."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as runs have used it."""

    id: int
    name: str
    site: str
    username: str
    sign_in_attempted_at: datetime | None
    signed_in_at: datetime | None
    connected_by: str | None
    connected_at: datetime | None
    proved_at: datetime | None
    expires_at: datetime | None
    lost_at: datetime | None
    lifetime: float | None
    waiting_for: str | None
    waiting_since: datetime | None
    waiting_at: str | None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it stands in its table; `leads` is the JSON of the requests still to be made."""

    id: int
    account_id: int
    collector: str
    target: str | None
    options: dict[str, Any]
    requested_by: str
    schedule_id: int | None
    due_at: datetime | None
    not_before: datetime | None
    deadline: float | None
    status: str
    stop: str | None
    attempt: int
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    active_at: datetime | None
    seconds: float
    leads: str | None
    signed_in: bool
    pages: int
    records: int
    new: int
    lost: int
    returned: int
    errors: list[dict[str, Any]]
    artefacts: list[str]
    layout: dict[str, Any]
    version: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: a collector, for an account, by somebody."""

    account_id: int
    collector: str
    requested_by: str
    version: str
    target: str | None = None
    options: dict[str, Any] = {}
    layout: dict[str, Any] = {}
    schedule_id: int | None = None
    due_at: datetime | None = None
    not_before: datetime | None = None
    deadline: float | None = None


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


_RUNS = _table(tables.Run)
_ACCOUNTS = _table(tables.Account)
_CURSORS = _table(tables.Cursor)


def account(connection: Connection, name: str, site: str, username: str) -> Account:
    """Return the account of that name, creating its row at first use.

    Raises ValueError when the name was used for another sign-in before: lists of two people
    must never be mixed.
    """
    found = named(connection, name)
    if found is None:
        values = {"name": name, "site": site, "username": username, "created_at": moment.now()}
        add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        # another process may do the same at this moment
        connection.execute(add(_ACCOUNTS).values(values).on_conflict_do_nothing())
        found = named(connection, name)
    if found is None or (found.site, found.username.lower()) != (site, username.lower()):
        before = f"{found.username} at {found.site}" if found else "nobody"
        raise ValueError(f"account {name} was {before}; give {username} at {site} another name")
    return found


def account_of(connection: Connection, account_id: int) -> Account:
    """Return an account by its id."""
    row = connection.execute(_select_account().where(_ACCOUNTS.c.id == account_id)).mappings().one()
    return Account(**row)


def note_account(connection: Connection, account_id: int, **values: Any) -> None:
    """Set columns of an account: how it is connected, and what it waits for."""
    connection.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id).values(**values))


def create(connection: Connection, order: Order) -> int:
    """Write down a run that is asked for; return its id."""
    values = msgspec.structs.asdict(order) | {
        "status": "queued",
        "requested_at": moment.now(),
        "attempt": 0,
        "seconds": 0.0,
        "signed_in": False,
        "errors": [],
        "artefacts": [],
        **dict.fromkeys(("pages", "records", "new", "lost", "returned"), 0),
    }
    added = connection.execute(insert(_RUNS).values(values).returning(_RUNS.c.id))
    return int(added.scalar_one())


def begin(connection: Connection, run_id: int, expected: int | None = None) -> Run:
    """Start another attempt at a run and return it; earlier attempts can write no more.

    Raises Superseded unless the run waits and stands at the `expected` attempt, if one is given.
    """
    now = moment.now()
    run = get(connection, run_id)
    here = (_RUNS.c.id == run_id) & (_RUNS.c.attempt == run.attempt)
    values = {"status": "running", "attempt": run.attempt + 1, "stop": None, "active_at": now}
    values |= {"started_at": run.started_at or now, "ended_at": None, "errors": []}
    missed = expected is not None and (run.status, run.attempt) != ("queued", expected)
    if missed or not connection.execute(update(_RUNS).where(here).values(values)).rowcount:
        raise Superseded(f"run {run_id} is not for this attempt to begin")
    return get(connection, run_id)


def progress(connection: Connection, run: Run, values: Mapping[str, Any]) -> None:
    """Note progress of this attempt. Raises Superseded when a later attempt has begun."""
    changed = connection.execute(
        update(_RUNS)
        .where(_RUNS.c.id == run.id, _RUNS.c.attempt == run.attempt)
        .values(active_at=moment.now(), **values)
    )
    if not changed.rowcount:
        raise Superseded(f"run {run.id} was taken over by another attempt")


def amend(connection: Connection, run_id: int, values: Mapping[str, Any]) -> None:
    """Change what a run came to, after the operator decided about its list."""
    connection.execute(update(_RUNS).where(_RUNS.c.id == run_id).values(**values))


def add(**counts: int) -> dict[str, Any]:
    """Return values for `progress` that add to the run's counters."""
    return {name: _RUNS.c[name] + count for name, count in counts.items()}


def get(connection: Connection, run_id: int) -> Run:
    """Return a run. Raises LookupError when there is none of that number."""
    row = connection.execute(select(_RUNS).where(_RUNS.c.id == run_id)).mappings().first()
    if row is None:
        raise LookupError(f"there is no run {run_id}")
    return Run(**row)


def newest(connection: Connection, *, limit: int, account_id: int | None = None) -> list[Run]:
    """Return the newest runs, newest first."""
    query = select(_RUNS).order_by(_RUNS.c.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(_RUNS.c.account_id == account_id)
    return [Run(**row) for row in connection.execute(query).mappings()]


def of_status(connection: Connection, account_id: int, status: str) -> list[Run]:
    """Return an account's runs that stand so, oldest first."""
    query = select(_RUNS).where(_RUNS.c.account_id == account_id, _RUNS.c.status == status)
    return [Run(**row) for row in connection.execute(query.order_by(_RUNS.c.id)).mappings()]


def later(connection: Connection, run: Run) -> int | None:
    """Return the id of a later run of the same errand that has set out, if there is one.

    One that found the account busy, or waiting for its operator, has not.
    """
    query = (
        select(_RUNS.c.id)
        .where(
            _RUNS.c.account_id == run.account_id,
            _RUNS.c.collector == run.collector,
            _RUNS.c.id > run.id,
            _RUNS.c.leads.is_not(None),
            _RUNS.c.target.is_not_distinct_from(run.target),
        )
        .limit(1)
    )
    return connection.execute(query).scalar()


def cursor(connection: Connection, run: Run) -> str | None:
    """Return how far the history that the run reads is known, if it is."""
    query = select(_CURSORS.c.value).where(
        _CURSORS.c.account_id == run.account_id,
        _CURSORS.c.collector == run.collector,
        _CURSORS.c.target == (run.target or ""),
    )
    return connection.execute(query).scalar()


def _select_account() -> Any:
    columns = (_ACCOUNTS.c[name] for name in Account.__struct_fields__)
    return select(*columns)


def named(connection: Connection, name: str) -> Account | None:
    """Return the account of that name, if runs have used it."""
    row = connection.execute(_select_account().where(_ACCOUNTS.c.name == name)).mappings().first()
    return Account(**row) if row else None
