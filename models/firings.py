"""Firings of rules: placed with the mark that was read up to, in one transaction; told after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from models import bulk, happened, marks, moment

State = Literal["queued", "done", "failed", "limited"]
"""`queued` is to be told · `done` was · `failed` could not be · `limited` is over its limits."""

LONGEST = timedelta(minutes=10)
"""No firing waits longer for another attempt: it waits since before the clock was set back."""

_READER = "rules"
_ADD = bulk.Upsert(
    "rule_firings",
    (
        *("rule", "way", "interaction_id", "event", "state", "attempts", "last_error"),
        *("at", "next_at", "done_at"),
    ),
)
_FIRED = """
    SELECT at, interaction_id FROM rule_firings
    WHERE rule = ? AND at >= ? AND state <> 'limited' ORDER BY at"""
_KNOWN = f"""
    WITH best AS (
        SELECT DISTINCT coalesce(o.same_as, o.id) AS id FROM interactions o WHERE o.id IN ANY ?)
    SELECT f.rule, {happened.STANDS_FOR} FROM (
        SELECT id FROM best UNION ALL
        SELECT o.id FROM best b JOIN interactions o ON o.same_as = b.id) same
    JOIN rule_firings f ON f.interaction_id = same.id JOIN interactions i ON i.id = same.id"""
_NAMES = "id, rule, way, interaction_id, event, state, attempts, last_error, at, next_at, done_at"
_COLUMNS = f"{_NAMES} FROM rule_firings"
_WAITED = "state = 'queued' AND (next_at <= ? OR next_at > ?)"
_DUE = f"""
    SELECT {_NAMES}
    FROM (SELECT *, row_number() OVER (PARTITION BY rule ORDER BY next_at, id) AS place
          FROM rule_firings WHERE {_WAITED}) AS waiting
    WHERE place <= ? ORDER BY next_at, id"""
_ANY = f"SELECT 1 FROM rule_firings WHERE {_WAITED} LIMIT 1"
_TRY = "UPDATE rule_firings SET attempts = attempts + 1 WHERE id IN ANY ?"
_SETTLE = "UPDATE rule_firings SET state = ?, last_error = ?, next_at = ?, done_at = ? WHERE id = ?"
_NEWEST = f"SELECT {_COLUMNS} ORDER BY id DESC LIMIT ?"
_OF_RULE = f"SELECT {_COLUMNS} WHERE rule = ? ORDER BY id DESC LIMIT ?"
_AFTER = f"SELECT {_COLUMNS} WHERE id > ? ORDER BY id LIMIT ?"
_TOP = "SELECT coalesce(max(id), 0) FROM rule_firings"


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that an act matched, and what came of telling it one way."""

    id: int = 0
    rule: str
    way: str
    interaction_id: int
    event: str | None = None
    state: State
    attempts: int = 0
    last_error: str | None = None
    at: datetime
    next_at: datetime
    done_at: datetime | None = None


def mark(connection: Connection) -> int:
    """Return up to which act rules have looked, and let nobody else look meanwhile.

    The first look begins with the newest act. A mark that is ahead of the acts (some were taken
    back) steps back to the newest.
    """
    top = happened.top(connection)
    return min(marks.taken(connection, _READER, top), top)


def place(connection: Connection, fired: Sequence[Firing], upto: int) -> None:
    """Write firings, each rule and way once for an act, and that acts are known up to `upto`."""
    dialect = connection.dialect.name
    rows = {
        (one.rule, one.way, one.interaction_id): (
            *(one.rule, one.way, one.interaction_id, one.event, one.state, one.attempts),
            one.last_error,
            moment.stored(one.at, dialect),
            moment.stored(one.next_at, dialect),
            None if one.done_at is None else moment.stored(one.done_at, dialect),
        )
        for one in reversed(fired)
    }
    _ADD(connection, [rows[key] for key in reversed(rows)])
    marks.move(connection, {_READER: upto})


def fired(connection: Connection, rule: str, since: datetime) -> list[datetime]:
    """Return when a rule fired, once for each act, without what was over its limits."""
    when = moment.stored(since, connection.dialect.name)
    found = bulk.select(connection, _FIRED, rule, when)
    acts = {act: at for at, act in found}
    return sorted(moment.loaded(at) for at in acts.values())


def known(connection: Connection, acts: Sequence[int]) -> set[tuple[str, int]]:
    """Return which rules have dealt with which of these acts already, whoever stated them."""
    return {(rule, act) for rule, act in bulk.select(connection, _KNOWN, list(acts))}


def due(connection: Connection, at: datetime, of_a_rule: int) -> list[Firing]:
    """Return what is to be told at a time, what waited longest first; of a rule only so many."""
    bounds = _bounds(connection, at)
    return [_firing(row) for row in bulk.select(connection, _DUE, *bounds, of_a_rule)]


def attempt(connection: Connection, chosen: Sequence[Firing]) -> list[Firing]:
    """Count an attempt at telling each of these, before it is made; return them so."""
    if chosen:
        bulk.run(connection, _TRY, [one.id for one in chosen])
    return [msgspec.structs.replace(one, attempts=one.attempts + 1) for one in chosen]


def any_due(connection: Connection, at: datetime) -> bool:
    """Tell whether anything is to be told at a time."""
    return bool(bulk.select(connection, _ANY, *_bounds(connection, at)))


def _bounds(connection: Connection, at: datetime) -> list[Any]:
    return [moment.stored(when, connection.dialect.name) for when in (at, at + LONGEST)]


def settle(connection: Connection, told: Sequence[Firing]) -> None:
    """Write down what came of attempts."""
    dialect = connection.dialect.name
    for one in told:
        done = None if one.done_at is None else moment.stored(one.done_at, dialect)
        next_at = moment.stored(one.next_at, dialect)
        bulk.run(connection, _SETTLE, one.state, one.last_error, next_at, done, one.id)


def newest(connection: Connection, rule: str | None, limit: int) -> list[Firing]:
    """Return the newest firings, of one rule or of all, newest first."""
    if rule is None:
        return [_firing(row) for row in bulk.select(connection, _NEWEST, limit)]
    return [_firing(row) for row in bulk.select(connection, _OF_RULE, rule, limit)]


def after(connection: Connection, upto: int, limit: int) -> list[Firing]:
    """Return the firings behind a mark, in order."""
    return [_firing(row) for row in bulk.select(connection, _AFTER, upto, limit)]


def top(connection: Connection) -> int:
    """Return the id of the newest firing, 0 without one."""
    return int(bulk.select(connection, _TOP)[0][0])


def _firing(row: Any) -> Firing:
    number, rule, way, act, event, state, attempts, error, at, next_at, done = row
    return Firing(
        id=number,
        rule=rule,
        way=way,
        interaction_id=act,
        event=event,
        state=state,
        attempts=attempts,
        last_error=error,
        at=moment.loaded(at),
        next_at=moment.loaded(next_at),
        done_at=None if done is None else moment.loaded(done),
    )
