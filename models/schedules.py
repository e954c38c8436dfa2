"""Schedules and their due times as they stand in their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, insert, select, update

from models import runs, tables

_SCHEDULES: Table = tables.Schedule.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
_DUE_TIMES: Table = tables.DueTime.__table__  # type: ignore[attr-defined]  # as above
_RUNS: Table = tables.Run.__table__  # type: ignore[attr-defined]  # as above

_ADDING = 0x67726E72
_ACTIVE = ("queued", "running")


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule; `definition` holds what differs from the defaults, as in greenroom.toml."""

    id: int
    name: str
    definition: dict[str, Any]
    origin: str
    enabled: bool
    paused_at: datetime | None
    removed_at: datetime | None
    changed_at: datetime
    decided_until: datetime


class DueTime(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one due time of a schedule."""

    schedule_id: int
    due_at: datetime
    decided_at: datetime
    outcome: str
    reason: str | None = None
    run_id: int | None = None


def standing(connection: Connection, *, removed: bool = False) -> list[Schedule]:
    """Return all schedules by name, the removed ones too if asked for."""
    query = select(_SCHEDULES).order_by(_SCHEDULES.c.name)
    if not removed:
        query = query.where(_SCHEDULES.c.removed_at.is_(None))
    return [Schedule(**row) for row in connection.execute(query).mappings()]


def named(connection: Connection, name: str) -> Schedule | None:
    """Return the schedule of that name, removed or not; None if there never was one."""
    query = select(_SCHEDULES).where(_SCHEDULES.c.name == name)
    row = connection.execute(query).mappings().first()
    return Schedule(**row) if row else None


def get(connection: Connection, name: str) -> Schedule:
    """Return the schedule of that name. Raises LookupError if there is none, or none any more."""
    found = named(connection, name)
    if found is None or found.removed_at is not None:
        raise LookupError(f"there is no schedule {name}")
    return found


def held(connection: Connection, schedule_id: int) -> Schedule:
    """Return a schedule by its id; nobody else can write it until this transaction ends."""
    query = select(_SCHEDULES).where(_SCHEDULES.c.id == schedule_id).with_for_update()
    return Schedule(**connection.execute(query).mappings().one())


def alone(connection: Connection) -> None:
    """Let nobody else add schedules until this transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(select(func.pg_advisory_xact_lock(_ADDING)))


def save(
    connection: Connection,
    name: str,
    definition: dict[str, Any],
    now: datetime,
    *,
    origin: str,
    enabled: bool = True,
) -> int:
    """Add a schedule, or give one of that name another definition; it is due from `now` on.

    One that was removed comes back; a pause goes on. Returns its id.
    """
    values = {
        "definition": definition,
        "origin": origin,
        "enabled": enabled,
        "removed_at": None,
        "changed_at": now,
        "decided_until": now,
    }
    found = named(connection, name)
    if found is None:
        added = insert(_SCHEDULES).values(name=name, **values).returning(_SCHEDULES.c.id)
        return int(connection.execute(added).scalar_one())
    if found.removed_at is not None:
        values["paused_at"] = None
    _set(connection, found.id, **values)
    return found.id


def pause(connection: Connection, schedule_id: int, now: datetime) -> None:
    """Let a schedule rest from `now` on."""
    _set(connection, schedule_id, paused_at=now)


def resume(connection: Connection, schedule_id: int) -> None:
    """End a pause."""
    _set(connection, schedule_id, paused_at=None)


def remove(connection: Connection, schedule_id: int, now: datetime) -> None:
    """Remove a schedule; its history stays."""
    _set(connection, schedule_id, removed_at=now, paused_at=None)


def decided(connection: Connection, schedule_ids: Collection[int], until: datetime) -> None:
    """Note that every due time of these schedules is decided up to `until`."""
    connection.execute(
        update(_SCHEDULES).where(_SCHEDULES.c.id.in_(schedule_ids)).values(decided_until=until)
    )


def note(connection: Connection, due_times: Iterable[DueTime]) -> None:
    """Write down what became of due times, each once. Raises IntegrityError for a second time."""
    rows = [msgspec.structs.asdict(one) for one in due_times]
    if rows:
        connection.execute(insert(_DUE_TIMES), rows)


def due_times(connection: Connection, schedule_id: int, *, limit: int) -> list[DueTime]:
    """Return what became of a schedule's newest due times, newest first."""
    query = (
        select(_DUE_TIMES)
        .where(_DUE_TIMES.c.schedule_id == schedule_id)
        .order_by(_DUE_TIMES.c.due_at.desc())
        .limit(limit)
    )
    return [DueTime(**row) for row in connection.execute(query).mappings()]


def active(connection: Connection, schedule_id: int, since: datetime) -> list[runs.Run]:
    """Return the runs of a schedule that wait or work, oldest first.

    One that a command runs counts while it has given a sign of life since `since`: if its process
    died, nobody else goes on with it.
    """
    ours = _RUNS.c.not_before.is_not(None) | (_RUNS.c.active_at >= since)
    query = select(_RUNS).where(
        _RUNS.c.schedule_id == schedule_id, _RUNS.c.status.in_(_ACTIVE), ours
    )
    return [runs.Run(**row) for row in connection.execute(query.order_by(_RUNS.c.id)).mappings()]


def ends(
    connection: Connection, leader_id: int, follower_id: int, since: datetime, until: datetime
) -> list[datetime]:
    """Return when runs of one schedule ended `ok` that another has not followed yet.

    Ends in (since, until], in order.
    """
    followed = select(_DUE_TIMES.c.due_at).where(_DUE_TIMES.c.schedule_id == follower_id)
    query = (
        select(_RUNS.c.ended_at)
        .where(
            _RUNS.c.schedule_id == leader_id,
            _RUNS.c.status == "ok",
            _RUNS.c.ended_at > since,
            _RUNS.c.ended_at <= until,
            _RUNS.c.ended_at.not_in(followed),
        )
        .distinct()
        .order_by(_RUNS.c.ended_at)
    )
    return [*connection.execute(query).scalars()]


def last_run(connection: Connection, schedule_id: int) -> runs.Run | None:
    """Return the newest run of a schedule."""
    query = select(_RUNS).where(_RUNS.c.schedule_id == schedule_id).order_by(_RUNS.c.id.desc())
    row = connection.execute(query.limit(1)).mappings().first()
    return runs.Run(**row) if row else None


def _set(connection: Connection, schedule_id: int, **values: Any) -> None:
    connection.execute(update(_SCHEDULES).where(_SCHEDULES.c.id == schedule_id).values(**values))
