"""The timeline of follows: what feeds told and lists showed, each fact once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models import bulk, moment, queries, records

COLUMNS = ("at", "username", "kind", "source", "confidence", "returned", "correction")


def events(
    connection: Connection,
    account_id: int,
    direction: records.Direction,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Yield follows and unfollows, oldest first: COLUMNS, account, direction; times are inclusive.

    What a feed told and a list showed is one row, at the time that the feed tells; its `source`
    names both. `confidence` is `certain`, `likely` while only a feed has said so or where the
    person may only have been hidden, or `corrected` where the next complete list proved it wrong;
    a `correction` is what corrects.
    """
    where = "e.account_id = :account AND e.direction = :direction"
    facts: dict[str, Any] = {"account": account_id, "direction": direction}
    for name, sign, time in (("since", ">=", since), ("until", "<=", until)):
        if time is not None:
            where += f" AND e.at {sign} :{name}"
            facts[name] = time
    yield from (
        _row(row) for row in queries.rows(connection, f"{_EVENTS} AND {where} {_IN_ORDER}", facts)
    )


def of(
    connection: Connection, persons: Sequence[int], since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Return the follows and unfollows of a person by all names: COLUMNS, account, direction."""
    bounds = (moment.stored(at, connection.dialect.name) for at in (since, until))
    query = f"{_EVENTS} AND e.person_id IN ANY ? AND e.at >= ? AND e.at <= ? {_IN_ORDER}"
    names = (*COLUMNS, "account", "direction")
    found = (
        dict(zip(names, row, strict=True))
        for row in bulk.select(connection, query, list(persons), *bounds)
    )
    return [_row(row | {"at": moment.loaded(row["at"])}) for row in found]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    truths = {name: bool(row[name]) for name in ("returned", "correction")}
    return {**row, **truths}


_SHOWN = """EXISTS (SELECT 1 FROM follow_events s WHERE s.same_as = e.id
        AND s.listing_id IS NOT NULL)
    OR EXISTS (SELECT 1 FROM follow_edges f WHERE f.person_id = e.person_id
        AND f.opened_by_act = e.act_id AND f.confirmed_by IS NOT NULL)"""
_EVENTS = f"""
    SELECT e.at, p.username, e.kind,
        e.source || coalesce((SELECT '+' || min(s.source) FROM follow_events s
            WHERE s.same_as = e.id AND s.act_id IS NOT NULL), '')
            || CASE WHEN {_SHOWN} THEN '+list' ELSE '' END AS source,
        CASE WHEN EXISTS (SELECT 1 FROM follow_events c WHERE c.corrects = e.id) THEN 'corrected'
            WHEN e.certain AND (e.act_id IS NULL OR {_SHOWN}) THEN 'certain'
            ELSE 'likely' END AS confidence,
        e.returned, e.corrects IS NOT NULL AS correction, a.name AS account, e.direction
    FROM follow_events e JOIN persons p ON p.id = e.person_id
    JOIN accounts a ON a.id = e.account_id
    WHERE e.same_as IS NULL"""
_IN_ORDER = "ORDER BY e.at, e.id"
