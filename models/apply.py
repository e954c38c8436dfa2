"""Write what payloads state into the tables; applying a payload twice equals applying it once.

What a payload states may be applied in any order: times of sight widen, roles join, and what a
record does not say is filled in by one that does. Of two payloads that state the same act, the
first in the archive is its source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import (
    acts,
    bulk,
    gaps,
    identity,
    measures,
    people,
    polls,
    records,
    statements,
    telemetry,
)
from models.origin import Source

__all__ = ["Counts", "Source", "apply"]

Batch = dict[type[records.Record], list[Any]]
"""The records of one payload by their type."""


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
    new += measures.write(connection, batch, source)
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
        roles[member.username] = people.joined(roles.get(member.username, "unknown"), member.role)
    ids = people.seen(connection, source, roles)
    if source.listing_id is not None:
        part = next((page.part for page in batch.get(records.ListPage, ())), "")
        rows = [(source.listing_id, person, part) for person in sorted(ids.values())]
        statements.LISTING_ENTRIES(connection, rows)
    return 0


def _checks(connection: Connection, batch: Batch, source: Source) -> int:
    if source.listing_id is not None:
        first = {(check.source, check.moment): check for check in reversed(batch[records.Check])}
        rows = [(source.listing_id, c.source, c.moment, c.value) for c in first.values()]
        statements.LISTING_CHECKS(connection, rows)
    return 0


def _interactions(connection: Connection, batch: Batch, source: Source) -> int:
    return acts.write(connection, batch[records.Interaction], source)


def _stable_ids(connection: Connection, batch: Batch, source: Source) -> int:
    return identity.note(connection, batch[records.StableId], source)


def _polled(connection: Connection, batch: Batch, source: Source) -> int:
    return polls.note(connection, batch[records.Polled], source)


def _levels(connection: Connection, batch: Batch, source: Source) -> int:
    levels = [
        telemetry.Level(
            room=level.room,
            platform=level.platform or source.site,
            tokens=level.tokens,
            tips=level.tips,
            viewers=level.viewers,
            timestamp=int(source.seen_at.timestamp()),
            source=source.collector,
            payload_id=source.payload_id,
        )
        for level in batch[records.Level]
    ]
    return telemetry.read(connection, levels, source.seen_at)


def _missed(connection: Connection, batch: Batch, source: Source) -> int:
    gaps.missed(connection, batch[records.Missed], source)
    return 0


def _cursors(connection: Connection, batch: Batch, source: Source) -> int:
    value = batch[records.Cursor][-1].value
    key = (source.account_id, source.collector, source.target or "")
    statements.CURSORS(connection, [(*key, value, source.run_id)])
    return 0


_WRITERS: dict[type[records.Record], Callable[[Connection, Batch, Source], int]] = {
    records.Missed: _missed,
    records.ListPage: _pages,
    records.Member: _members,
    records.Check: _checks,
    records.Interaction: _interactions,
    records.StableId: _stable_ids,
    records.Polled: _polled,
    records.Level: _levels,
    records.Cursor: _cursors,
}
"""In this order: what was missed begins after the acts that are known, and a page counts
its members that are fresh before they are entries.
"""
