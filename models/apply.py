"""Write what payloads state into the tables; applying a payload twice equals applying it once.

What a payload states may be applied in any order: times of sight widen, roles join, and what a
record does not say is filled in by one that does. Of two payloads that state the same act, the
first in the archive is its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, moment, records, statements

Batch = dict[type[records.Record], list[Any]]
"""The records of one payload by their type."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where records come from. `listing_id` is None outside the walk of a list."""

    account_id: int
    site: str
    run_id: int
    payload_id: int
    collector: str
    seen_at: datetime
    listing_id: int | None = None
    target: str | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many records were applied, and how many acts among them were `new`."""

    records: int
    new: int


def apply(connection: Connection, stated: Sequence[records.Record], source: Source) -> Counts:
    """Apply the records of one payload, all of each type at once."""
    batch: Batch = {}
    for record in _storable(stated):
        batch.setdefault(type(record), []).append(record)
    new = sum(write(connection, batch, source) for kind, write in _WRITERS.items() if kind in batch)
    return Counts(records=len(stated), new=new)


def _storable(stated: Sequence[records.Record]) -> Sequence[records.Record]:
    """Replace what no database can store in text: NUL and lone surrogates."""
    try:
        whole = msgspec.json.encode(stated)
        # to look for one byte first is a hundred times faster
        if b"\\" not in whole or rb"\u0000" not in whole:
            return stated
    except UnicodeEncodeError:
        pass
    return [_cleaned(record) for record in stated]


def _cleaned(record: records.Record) -> records.Record:
    facts = msgspec.structs.asdict(record).items()
    texts = {name: bulk.storable(value) for name, value in facts if isinstance(value, str)}
    return msgspec.structs.replace(record, **texts)


def _pages(connection: Connection, batch: Batch, source: Source) -> int:
    """Write the evidence of pages, before their members become entries of the listing."""
    names = list({member.username for member in batch.get(records.Member, ())})
    rows = []
    for page in batch[records.ListPage] if source.listing_id is not None else ():
        facts = (source.site, names, source.listing_id, page.part)
        [(entered,)] = bulk.select(connection, statements.ENTERED, *facts)
        place = (source.listing_id, page.part, page.position, source.payload_id)
        fresh = len(names) - entered
        rows.append((*place, page.step, page.rows, fresh, page.declared, page.end))
    statements.LISTING_PAGES(connection, rows)
    return 0


def _members(connection: Connection, batch: Batch, source: Source) -> int:
    roles: dict[str, str] = {}
    for member in batch[records.Member]:
        roles[member.username] = _joined(roles.get(member.username, "unknown"), member.role)
    ids = _people(connection, source, roles)
    if source.listing_id is not None:
        part = next((page.part for page in batch.get(records.ListPage, ())), "")
        rows = [(source.listing_id, person, part) for person in sorted(ids.values())]
        statements.LISTING_ENTRIES(connection, rows)
    return 0


def _people(connection: Connection, source: Source, roles: Mapping[str, str]) -> dict[str, int]:
    """Write that these people were seen, where that says anything new; return the id of each."""
    if not roles:
        return {}
    seen = moment.stored(source.seen_at, connection.dialect.name)
    ordered = dict(sorted(roles.items()))  # two writers who lock in one order cannot deadlock
    facts = (source.site, seen, seen, ordered)
    ids: dict[str, int] = dict(map(tuple, bulk.select(connection, statements.SEEN_PERSONS, *facts)))
    known = [name for name in roles if name not in ids]
    if known:
        ids |= map(tuple, bulk.select(connection, statements.PERSONS, source.site, known))
    return ids


def _joined(known: str, stated: str) -> str:
    """Return the role of somebody known as one thing and stated to be another."""
    if stated in ("unknown", known):
        return known
    return stated if known == "unknown" else "both"


def _checks(connection: Connection, batch: Batch, source: Source) -> int:
    if source.listing_id is not None:
        first = {(check.source, check.moment): check for check in reversed(batch[records.Check])}
        rows = [(source.listing_id, c.source, c.moment, c.value) for c in first.values()]
        statements.LISTING_CHECKS(connection, rows)
    return 0


def _interactions(connection: Connection, batch: Batch, source: Source) -> int:
    streams: dict[tuple[str, str], list[records.Interaction]] = {}
    for place, run in groupby(batch[records.Interaction], attrgetter("source", "room")):
        streams.setdefault(place, []).extend(run)
    return sum(
        _acts(connection, source, _stream(connection, (source.account_id, *place)), _distinct(run))
        for place, run in streams.items()
    )


def _stream(connection: Connection, key: tuple[int, str, str]) -> int:
    """Return the id of the stream, which is made if it is not there."""
    found = bulk.select(connection, statements.STREAM, *key)
    if not found:
        statements.STREAMS(connection, [key])
        found = bulk.select(connection, statements.STREAM, *key)
    return int(found[0][0])


def _acts(
    connection: Connection,
    source: Source,
    stream: int,
    acts: Mapping[str, records.Interaction],
) -> int:
    """Write the acts that are not there or that say more; return how many were not there."""
    found = bulk.select(connection, statements.KNOWN_INTERACTIONS, stream, list(acts))
    known = {row[0]: row for row in found}
    new, fuller = [], []
    seen: dict[str | None, str] = {}
    for key, act in acts.items():
        before = known.get(key)
        if before is None:
            new.append(act)
        elif _says_more(act, source.payload_id, before):
            fuller.append(act)
        elif before[1] == source.payload_id:
            continue  # this payload has stated it before, and was counted as a sight then
        seen[act.username] = "unknown"
    people = _people(connection, source, {name: seen[name] for name in seen if name is not None})
    origin = (connection.dialect.name, stream, source.payload_id)
    statements.INTERACTIONS(connection, _rows(new, people, origin))
    statements.FULLER_INTERACTIONS(connection, _rows(fuller, people, origin))
    return len(new)


def _rows(
    acts: Sequence[records.Interaction], people: Mapping[str, int], origin: tuple[str, int, int]
) -> list[bulk.Row]:
    dialect, stream, payload = origin
    truth = int if dialect == "sqlite" else bool  # its driver is slow to take a bool
    rows = []
    for act in acts:
        at, private = moment.stored(act.at, dialect), truth(act.private)
        who = None if act.username is None else people[act.username]
        rows.append((stream, act.key, at, act.kind, who, act.tokens, act.text, private, payload))
    return rows


def _says_more(act: records.Interaction, payload: int, known: Sequence[Any]) -> bool:
    _, source, nobody, no_tokens, no_text = known
    return (
        payload < source
        or (nobody and act.username is not None)
        or (no_tokens and act.tokens is not None)
        or (no_text and act.text is not None)
    )


def _distinct(acts: Sequence[records.Interaction]) -> dict[str, records.Interaction]:
    """Return the acts by key; what the first of several leaves out, a later one fills in."""
    distinct = {act.key: act for act in acts}
    if len(distinct) < len(acts):
        for act in reversed(acts):
            later = distinct[act.key]
            distinct[act.key] = msgspec.structs.replace(
                act,
                username=later.username if act.username is None else act.username,
                tokens=later.tokens if act.tokens is None else act.tokens,
                text=later.text if act.text is None else act.text,
            )
    return distinct


def _cursors(connection: Connection, batch: Batch, source: Source) -> int:
    value = batch[records.Cursor][-1].value
    key = (source.account_id, source.collector, source.target or "")
    statements.CURSORS(connection, [(*key, value, source.run_id)])
    return 0


_WRITERS: dict[type[records.Record], Callable[[Connection, Batch, Source], int]] = {
    records.ListPage: _pages,
    records.Member: _members,
    records.Check: _checks,
    records.Interaction: _interactions,
    records.Cursor: _cursors,
}
"""In this order: a page counts its members that are fresh before they are entries."""
