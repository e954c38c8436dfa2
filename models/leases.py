"""Leases: what only one process may do at a time, kept by whoever renews it in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Table, bindparam, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import moment, tables

_LEASES: Table = tables.Lease.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy


LONGEST = timedelta(minutes=10)
"""No lease is nearly as long: one that ends later was taken before the clock was set back."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as it stands in its table; `term` grows whenever it changes hands."""

    name: str
    holder: str
    term: int
    taken_at: datetime
    expires_at: datetime


def now(connection: Connection) -> datetime:
    """Return the time by the clock that all processes of this database share."""
    if connection.dialect.name == "postgresql":
        shared: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return shared
    return moment.now()


def take(connection: Connection, name: str, holder: str, seconds: float) -> Lease | None:
    """Take or renew a lease for `seconds`; return it, or None while somebody else has it."""
    at = now(connection)
    until = at + timedelta(seconds=seconds)
    ours = _LEASES.c.holder == bindparam("me")
    over = (_LEASES.c.expires_at <= at) | (_LEASES.c.expires_at > at + LONGEST)
    taken = connection.execute(
        update(_LEASES)
        .where(_LEASES.c.name == name, ours | over)
        .values(
            holder=holder,
            term=_LEASES.c.term + case((ours, 0), else_=1),
            taken_at=case((ours, _LEASES.c.taken_at), else_=at),
            expires_at=until,
        ),
        {"me": holder},
    )
    if not taken.rowcount:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        row = {"name": name, "holder": holder, "term": 1, "taken_at": at, "expires_at": until}
        connection.execute(insert(_LEASES).values(row).on_conflict_do_nothing())
    found = standing(connection, name)
    return found if found and found.holder == holder else None


def drop(connection: Connection, name: str, holder: str) -> None:
    """Give a lease back, so that nobody has to wait for its end."""
    connection.execute(
        update(_LEASES)
        .where(_LEASES.c.name == name, _LEASES.c.holder == holder)
        .values(expires_at=now(connection))
    )


def standing(connection: Connection, name: str) -> Lease | None:
    """Return a lease as it stands, expired or not; None if nobody ever took it."""
    row = connection.execute(select(_LEASES).where(_LEASES.c.name == name)).mappings().first()
    return Lease(**row) if row else None
