"""Questions asked of the tables: members, the lost, differences, histories. All reads stream."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from models import bulk, records
from models.moment import Moment

_MOMENTS = ("first_seen", "last_seen", "since", "ended", "at", "as_of")

PEOPLE_COLUMNS = (
    *("username", "role", "first_seen", "last_seen", "since", "ended"),
    *("source", "confidence"),
)
ACT_COLUMNS = ("at", "room", "username", "kind", "tokens", "text", "source", "id")


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """The applied list that a question about members rests on."""

    run_id: int
    as_of: datetime
    declared: int | None
    seen: int


class Unknown(Exception):
    """The tables cannot answer: no complete list covers the asked time; the message says so."""


def basis(
    connection: Connection,
    account_id: int,
    direction: records.Direction,
    as_of: datetime | None = None,
) -> Applied:
    """Return the newest applied list at `as_of` (now if None). Raises Unknown if there is none."""
    where = "account_id = :account AND direction = :direction AND state = 'complete'"
    if as_of is not None:
        where += " AND as_of <= :until"
    found = rows(
        connection,
        f"SELECT run_id, as_of, declared, seen FROM listings WHERE {where}"
        " ORDER BY as_of DESC LIMIT 1",
        {"account": account_id, "direction": direction, "until": as_of},
    )
    for row in found:
        return Applied(**row)
    when = f" at or before {as_of.isoformat()}" if as_of else ""
    raise Unknown(f"no complete {direction} list is known{when}; collect one first")


def at_run(
    connection: Connection, account_id: int, direction: records.Direction, run_id: int
) -> datetime:
    """Return the time of the list that a run applied. Raises Unknown if it applied none."""
    found = rows(
        connection,
        "SELECT as_of FROM listings WHERE run_id = :run AND account_id = :account"
        " AND direction = :direction AND state = 'complete' AND look = 1",
        {"run": run_id, "account": account_id, "direction": direction},
    )
    for row in found:
        read: datetime = row["as_of"]
        return read
    raise Unknown(f"run {run_id} has applied no {direction} list of this account")


def members(
    connection: Connection,
    account_id: int,
    direction: records.Direction,
    as_of: datetime | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Yield who is on the list at `as_of` (now if None), by name: PEOPLE_COLUMNS.

    `since` is None for people who were there at the first list: nobody knows since when.
    `source` is what showed that they came: `list`, a feed, or both (`chaturbate.events+list`).
    `confidence` is `likely` while only a feed has said so, `corrected` where a list then denied it.
    """
    people = _PEOPLE.format(source=_OPENED, confidence=_SURE)
    yield from rows(
        connection,
        f"{people} AND {_ON_LIST} ORDER BY p.username",
        {"account": account_id, "direction": direction, "until": as_of or _FAR},
    )


def lost(
    connection: Connection,
    account_id: int,
    direction: records.Direction,
    as_of: datetime | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Yield who was on the list and is no longer at `as_of`, last lost first: PEOPLE_COLUMNS.

    `source` is what showed that they left. `confidence` is `likely` while only a feed has said so
    or if they may only be hidden, `corrected` where a list then showed them.
    """
    people = _PEOPLE.format(source=_CLOSED, confidence=_LEFT)
    yield from rows(
        connection,
        f"{people} AND f.ended <= :until AND NOT EXISTS ("
        " SELECT 1 FROM follow_edges later WHERE later.account_id = f.account_id"
        " AND later.direction = f.direction AND later.person_id = f.person_id"
        " AND later.since >= f.ended AND later.since <= :until) ORDER BY f.ended DESC, p.username",
        {"account": account_id, "direction": direction, "until": as_of or _FAR},
    )


def difference(
    connection: Connection,
    account_id: int,
    direction: records.Direction,
    before: datetime,
    after: datetime,
) -> Iterator[Mapping[str, Any]]:
    """Yield what changed between two instants.

    Rows have `username`, `change` (`gained` or `lost`), and its `source` and `confidence`, as in
    `members` and `lost`.
    """
    then, now = _ON_LIST.replace(":until", ":before"), _ON_LIST.replace(":until", ":after")
    yield from rows(
        connection,
        f"""SELECT username, change,
            CASE change WHEN 'gained' THEN came ELSE went END AS source,
            CASE change WHEN 'gained' THEN sure ELSE gone END AS confidence
        FROM (SELECT p.username,
            CASE WHEN max(CASE WHEN {now} THEN 1 ELSE 0 END) = 1 THEN 'gained' ELSE 'lost' END
                AS change,
            max(CASE WHEN {then} THEN 1 ELSE 0 END) AS was,
            max(CASE WHEN {now} THEN 1 ELSE 0 END) AS is_now,
            max(CASE WHEN {now} AND NOT {then} THEN {_OPENED} END) AS came,
            max(CASE WHEN {now} AND NOT {then} THEN {_SURE} END) AS sure,
            max(CASE WHEN {then} AND NOT {now} THEN {_CLOSED} END) AS went,
            max(CASE WHEN {then} AND NOT {now} THEN {_LEFT} END) AS gone
            FROM follow_edges f JOIN persons p ON p.id = f.person_id
            WHERE f.account_id = :account AND f.direction = :direction GROUP BY p.username
        ) both_times WHERE was <> is_now ORDER BY change, username""",
        {"account": account_id, "direction": direction, "before": before, "after": after},
    )


def acts(
    connection: Connection,
    account_id: int,
    kinds: tuple[str, ...] = (),
    *,
    not_kinds: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
    until: datetime | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Yield interactions, oldest first: ACT_COLUMNS. `id` is the site's own or our fingerprint.

    What several of the account's sources state is there once, unless `sources` are named.
    """
    where = "s.account_id = :account AND i.at <= :until"
    if not sources:
        where += f" AND {_ONCE}"
    facts: dict[str, Any] = {"account": account_id, "until": until or _FAR}
    for column, names, negated in (
        ("i.kind", kinds, ""),
        ("i.kind", not_kinds, "NOT "),
        ("s.source", sources, ""),
    ):
        if names:
            binds = {f"n{len(facts)}_{place}": name for place, name in enumerate(names)}
            where += f" AND {column} {negated}IN ({', '.join(':' + bind for bind in binds)})"
            facts |= binds
    yield from rows(
        connection,
        "SELECT i.at, s.room, p.username, i.kind, i.tokens, i.text, s.source, i.key AS id"
        " FROM interactions i JOIN streams s ON s.id = i.stream_id"
        f" LEFT JOIN persons p ON p.id = i.person_id WHERE {where} ORDER BY i.at, i.id",
        facts,
    )


def known_names(connection: Connection, site: str, names: Collection[str]) -> list[str]:
    """Return those of the names that are people known at a site, in order."""
    sql = "SELECT username FROM persons WHERE site = ? AND username IN ANY ? ORDER BY username"
    return [name for (name,) in bulk.select(connection, sql, site, list(names))]


def history_run(connection: Connection, account_id: int, errand: str) -> int | None:
    """Return the run up to which the account's history of that errand is known without a hole."""
    found: int | None = connection.execute(
        text(
            "SELECT max(run_id) FROM cursors"
            " WHERE account_id = :account AND collector LIKE :errand AND target = ''"
        ),
        {"account": account_id, "errand": f"%.{errand}"},
    ).scalar()
    return found


_FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
_TELLER = "(SELECT e.source FROM follow_events e WHERE e.act_id = f.{})"
_OPENED = f"""coalesce({_TELLER.format("opened_by_act")}
    || CASE WHEN f.confirmed_by IS NULL THEN '' ELSE '+list' END, 'list')"""
_CLOSED = f"coalesce({_TELLER.format('closed_by_act')}, 'list')"
_SURE = (
    "CASE WHEN f.opened_by IS NOT NULL OR f.confirmed_by IS NOT NULL THEN 'certain'"
    " WHEN f.closed_by IS NOT NULL THEN 'corrected' ELSE 'likely' END"
)
_LEFT = """coalesce(
    (SELECT CASE WHEN EXISTS (SELECT 1 FROM follow_events c WHERE c.corrects = e.id)
            THEN 'corrected'
        WHEN EXISTS (SELECT 1 FROM follow_events s WHERE s.same_as = e.id
            AND s.listing_id IS NOT NULL) THEN 'certain'
        ELSE 'likely' END
    FROM follow_events e WHERE e.act_id = f.closed_by_act),
    CASE WHEN EXISTS (SELECT 1 FROM follow_events e WHERE e.person_id = f.person_id
        AND e.listing_id = f.closed_by AND NOT e.certain) THEN 'likely' ELSE 'certain' END)"""
_PEOPLE = (
    "SELECT p.username, p.role, p.first_seen, p.last_seen,"
    " CASE WHEN f.since_known THEN f.since END AS since,"
    " CASE WHEN f.ended <= :until THEN f.ended END AS ended,"
    " {source} AS source, {confidence} AS confidence"
    " FROM follow_edges f JOIN persons p ON p.id = f.person_id"
    " WHERE f.account_id = :account AND f.direction = :direction"
)
_ONCE = (
    "(i.same_as IS NULL OR NOT EXISTS (SELECT 1 FROM interactions o"
    " JOIN streams t ON t.id = o.stream_id WHERE t.account_id = :account"
    " AND (o.id = i.same_as OR o.same_as = i.same_as AND o.id < i.id)))"
)
_ON_LIST = "(f.since <= :until AND (f.ended IS NULL OR f.ended > :until))"


def rows(connection: Connection, sql: str, facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Run a statement whose time columns are Moments, and yield its rows as they come."""
    statement = text(sql)
    times = {name: value for name, value in facts.items() if isinstance(value, datetime)}
    statement = statement.bindparams(*(bindparam(name, type_=Moment) for name in times))
    shown = {name: Moment for name in _MOMENTS if name in sql}
    found = connection.execution_options(yield_per=1000).execute(
        statement.columns(**shown),
        {name: value for name, value in facts.items() if value is not None},
    )
    for row in found.mappings():
        yield dict(row)
