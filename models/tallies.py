"""Counts over runs, due times, accounts and lists: what a monitoring system asks for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, text

from models import moment, run_queue, session_list
from models.moment import Moment

Tally = Mapping[tuple[str, ...], float]
"""The values of the labels -> the number."""


class Tallies(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers as they stand now; ages are in seconds."""

    waiting: int
    runs: Tally
    due_times: Tally
    parked: Tally
    list_ages: Tally
    gaps: Tally
    firings: Tally
    sessions: Tally


def read(connection: Connection) -> Tallies:
    """Return all tallies."""
    parked = text("SELECT name, waiting_for FROM accounts WHERE waiting_for IS NOT NULL")
    newest = text(
        "SELECT a.name, l.direction, max(l.as_of) AS at FROM listings l"
        " JOIN accounts a ON a.id = l.account_id WHERE l.state = 'complete'"
        " GROUP BY a.name, l.direction"
    ).columns(at=Moment)
    fired = text("SELECT rule, state, count(*) FROM rule_firings GROUP BY rule, state")
    now = moment.now()
    return Tallies(
        waiting=run_queue.waiting(connection),
        runs=_counts(connection, "SELECT status, count(*) FROM runs GROUP BY status"),
        due_times=_counts(connection, "SELECT outcome, count(*) FROM due_times GROUP BY outcome"),
        gaps=_counts(connection, "SELECT state, count(*) FROM gaps GROUP BY state"),
        parked=dict.fromkeys(connection.execute(parked), 1),
        list_ages={
            (name, direction): max(0.0, (now - at).total_seconds())
            for name, direction, at in connection.execute(newest)
        },
        sessions={
            (one.site, one.room): max(0.0, (now - one.started).total_seconds())
            for one in session_list.going_on(connection)
        },
        firings={(rule, state): count for rule, state, count in connection.execute(fired)},
    )


def _counts(connection: Connection, sql: str) -> Tally:
    return {(key,): count for key, count in connection.execute(text(sql))}
