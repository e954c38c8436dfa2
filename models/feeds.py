"""Feeds as they stand: who listens since when, and why nobody does.

One run belongs to a feed for as long as its definition stays; each listener begins another attempt
at it, after which the one before can write nothing more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from models import moment, runs, tables

State = Literal["waiting", "connecting", "live", "backing_off", "stopped", "paused", "off"]
"""How a feed stands.

`waiting` for the lease · `connecting` · `live` · `backing_off` until `again_at` · `stopped` until
somebody acts · `paused` by its operator · `off`: no service listens, or nobody wants it any more.
"""

LISTENING = "listening"
"""The status of a feed's run."""

_IN_TURN = "SELECT pg_advisory_xact_lock(hashtext('feeds'))"

_FEEDS: Table = tables.Feed.__table__  # type: ignore[attr-defined]  # sqlmodel hides it from mypy
_RUNS: Table = tables.Run.__table__  # type: ignore[attr-defined]  # as above
_ACCOUNTS: Table = tables.Account.__table__  # type: ignore[attr-defined]  # as above


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it stands. `code` and `reason` say why it is not live; `records` what it told.

    `refusals`: how often something was pushed that cannot be read; `refusal` is why, the last time.
    """

    name: str
    account_id: int
    account: str
    feed: str
    target: str | None
    run_id: int
    state: State
    since: datetime
    again_at: datetime | None
    code: str | None
    reason: str | None
    holder: str | None
    heard_at: datetime | None
    told_at: datetime | None
    paused_at: datetime | None
    asked_at: datetime | None
    refusals: int | None
    refused_at: datetime | None
    refusal: str | None
    records: int
    new: int

    @property
    def what(self) -> tuple[int, str, str | None]:
        """As which account what is listened to, and where."""
        return self.account_id, self.feed, self.target


def opened(connection: Connection, name: str, order: runs.Order) -> Feed:
    """Return the feed of that name as `order` defines it, written down if it is new or changed."""
    wanted = (order.account_id, order.collector, order.target)
    if (known := get(connection, name)) is not None and known.what == wanted:
        return known
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_IN_TURN)
        if (known := get(connection, name)) is not None and known.what == wanted:
            return known  # another process was quicker
    run_id = runs.create(connection, order)
    runs.amend(connection, run_id, {"status": LISTENING})
    connection.execute(delete(_FEEDS).where(_FEEDS.c.name == name))
    facts: dict[str, Any] = dict(zip(("account_id", "feed", "target"), wanted, strict=True))
    facts |= {"name": name, "run_id": run_id, "state": "waiting", "since": moment.now()}
    connection.execute(insert(_FEEDS).values(facts))
    found = get(connection, name)
    assert found is not None  # noqa: S101 - it was just written
    return found


def begin(connection: Connection, feed: Feed, holder: str) -> runs.Run:
    """Begin another attempt at the feed's run, for a listener of `holder`."""
    before = runs.get(connection, feed.run_id)
    values = {"status": LISTENING, "attempt": before.attempt + 1, "active_at": moment.now()}
    values |= {"started_at": before.started_at or moment.now(), "ended_at": None}
    runs.amend(connection, feed.run_id, values)
    change(connection, feed.name, holder=holder)
    return runs.get(connection, feed.run_id)


def change(connection: Connection, name: str, **values: Any) -> None:
    """Set columns of a feed; a new `state` is dated."""
    if not values:
        return
    if "state" in values:
        values = {"since": moment.now(), "again_at": None, "code": None, "reason": None} | values
    connection.execute(update(_FEEDS).where(_FEEDS.c.name == name).values(**values))


def refuse(connection: Connection, name: str, why: str) -> None:
    """Count something that was pushed and cannot be read, and say why."""
    count = func.coalesce(_FEEDS.c.refusals, 0) + 1
    change(connection, name, refusals=count, refused_at=moment.now(), refusal=why)


def leave(connection: Connection, holder: str, *, keep: Collection[str] = ()) -> None:
    """Note that `holder` listens to none of its feeds any more, but for those to `keep`."""
    ours = (_FEEDS.c.holder == holder) & _FEEDS.c.name.not_in(list(keep))
    gone = select(_FEEDS.c.run_id).where(ours)
    connection.execute(
        update(_RUNS).where(_RUNS.c.id.in_(gone)).values(status="ok", ended_at=moment.now())
    )
    values = {"state": "off", "since": moment.now(), "holder": None}
    connection.execute(update(_FEEDS).where(ours).values(**values))


def get(connection: Connection, name: str) -> Feed | None:
    """Return a feed, None if nobody ever wanted one of that name."""
    row = connection.execute(_select().where(_FEEDS.c.name == name)).mappings().first()
    return Feed(**row) if row else None


def listed(connection: Connection) -> list[Feed]:
    """Return all feeds by name."""
    found = connection.execute(_select().order_by(_FEEDS.c.name)).mappings()
    return [Feed(**row) for row in found]


def _select() -> Any:
    own = [_FEEDS.c[name] for name in Feed.__struct_fields__ if name in _FEEDS.c]
    named = [_ACCOUNTS.c.name.label("account"), _RUNS.c.records, _RUNS.c.new]
    joined = _FEEDS.join(_ACCOUNTS, _ACCOUNTS.c.id == _FEEDS.c.account_id)
    return select(*own, *named).select_from(joined.join(_RUNS, _RUNS.c.id == _FEEDS.c.run_id))
