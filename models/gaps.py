"""Gaps: stretches of time that a feed did not tell of, and what became of them.

States: `open`, `filling` (runs read the same from history), then `filled`, `partly` or `unfilled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import moment, records, runs, tables
from models.origin import Source

_GAPS: Table = tables.Gap.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
_ACTS: Table = tables.Interaction.__table__  # type: ignore[attr-defined]  # as above
_STREAMS: Table = tables.Stream.__table__  # type: ignore[attr-defined]  # as above
_RUNS: Table = tables.Run.__table__  # type: ignore[attr-defined]  # as above

LOOKED_BACK = 100
"""How many runs before one are looked at for what they have shown."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A gap as it stands in its table."""

    id: int
    account_id: int
    feed: str
    target: str | None
    since: datetime
    until: datetime
    reason: str
    noted_at: datetime
    state: str
    runs: list[int]
    words: str | None
    settled_at: datetime | None


def missed(connection: Connection, stated: Sequence[records.Missed], source: Source) -> None:
    """Note what a feed says that it does not have, once for each payload that says so."""
    for one in stated:
        since = one.since or last_act(connection, source.account_id, source.collector)
        where = (source.account_id, source.collector, source.target)
        if since is not None:
            span = (since, one.until or source.seen_at)
            note(connection, where, span, one.reason, payload_id=source.payload_id)


def note(
    connection: Connection,
    where: tuple[int, str, str | None],
    span: tuple[datetime, datetime],
    reason: str,
    *,
    payload_id: int | None = None,
) -> None:
    """Note that of `where` (account, feed, target) nothing is known from the span, if it is one."""
    account_id, feed, target = where
    since, until = span
    if since >= until:
        return
    values = {"account_id": account_id, "feed": feed, "target": target, "reason": reason}
    values |= {"since": since, "until": until, "noted_at": moment.now(), "state": "open"}
    values |= {"runs": [], "payload_id": payload_id}
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(add(_GAPS).values(values).on_conflict_do_nothing())


def last_act(connection: Connection, account_id: int, source: str) -> datetime | None:
    """Return when the last act was that a source has told of."""
    query = (
        select(func.max(_ACTS.c.at, type_=_ACTS.c.at.type))
        .select_from(_ACTS.join(_STREAMS, _STREAMS.c.id == _ACTS.c.stream_id))
        .where(_STREAMS.c.account_id == account_id, _STREAMS.c.source == source)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def of_state(connection: Connection, *states: str) -> list[Gap]:
    """Return gaps that stand so (all, where no state is named), oldest first."""
    columns = [_GAPS.c[name] for name in Gap.__struct_fields__]
    query = select(*columns).order_by(_GAPS.c.id)
    if states:
        query = query.where(_GAPS.c.state.in_(states))
    return [Gap(**row) for row in connection.execute(query).mappings()]


def change(
    connection: Connection, gap_id: int, *, only_if: str | None = None, **values: Any
) -> bool:
    """Set columns of a gap; tell whether there is one of that number (that stands `only_if` so)."""
    query = update(_GAPS).where(_GAPS.c.id == gap_id)
    if only_if is not None:
        query = query.where(_GAPS.c.state == only_if)
    return bool(connection.execute(query.values(**values)).rowcount)


def run_to_come(
    connection: Connection, account_id: int, collector: str, target: str | None
) -> int | None:
    """Return the run of another gap that has yet to begin and will read the same."""
    same = (_RUNS.c.account_id == account_id) & (_RUNS.c.collector == collector)
    same &= _RUNS.c.target.is_not_distinct_from(target) & _RUNS.c.requested_by.like("gap %")
    waits = (_RUNS.c.status == "queued") & (_RUNS.c.attempt == 0)
    query = select(_RUNS.c.id).where(same & waits).order_by(_RUNS.c.id).limit(1)
    found: int | None = connection.execute(query).scalar()
    return found


def runs_before(connection: Connection, run: runs.Run) -> list[int]:
    """Return the good runs that read the same history before a run, the newest first."""
    same = (_RUNS.c.account_id == run.account_id) & (_RUNS.c.collector == run.collector)
    same &= _RUNS.c.target.is_not_distinct_from(run.target) & (_RUNS.c.status == "ok")
    query = select(_RUNS.c.id).where(same & (_RUNS.c.id < run.id))
    found = connection.execute(query.order_by(_RUNS.c.id.desc()).limit(LOOKED_BACK))
    return list(found.scalars())
