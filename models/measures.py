"""Write snapshots, which are appended where something changed, and entries, one row for each key.

A snapshot that equals the one before only moves that one's `confirmed_at`; one that is applied
again, or read anew by a repaired parser, replaces its own row.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, moment, people, polls, records, sources, states
from models.origin import Source

Stated = records.Snapshot | records.Entry
Named = records.Snapshot | records.PersonEntry


class Statements(msgspec.Struct, frozen=True):
    """What is said to the database about one kind of record."""

    shape: sources.Shape
    write: bulk.Upsert
    latest: str
    confirm: str


@functools.cache
def _statements(kind: sources.Kind) -> Statements:
    made = sources.shape(kind)
    fixed = ", ".join(f"{name} = excluded.{name}" for name in (*made.values, "run_id"))
    if issubclass(kind, records.Snapshot):
        columns = ("person_id", "at", "confirmed_at", "run_id", "payload_id", *made.values)
        conflict = f"""ON CONFLICT (person_id, at) DO UPDATE SET {fixed},
            payload_id = excluded.payload_id"""
    else:
        about = "person_id" if issubclass(kind, records.PersonEntry) else "platform"
        columns = (about, *made.keys, "read_at", "run_id", "payload_id", *made.values)
        key = ", ".join((about, *made.keys))
        conflict = f"""ON CONFLICT ({key}) DO UPDATE SET {fixed},
            payload_id = excluded.payload_id, read_at = excluded.read_at
            WHERE excluded.read_at >= {made.table}.read_at"""
    values = "".join(f", s.{name}" for name in made.values)
    return Statements(
        shape=made,
        write=bulk.Upsert(made.table, columns, conflict),
        latest=f"""
            SELECT p.id, s.id, s.at, s.confirmed_at{values} FROM persons p
            JOIN {made.table} s ON s.id = (
                SELECT t.id FROM {made.table} t WHERE t.person_id = p.id AND t.at <= ?
                ORDER BY t.at DESC LIMIT 1)
            WHERE p.id IN ANY ?""",
        confirm=f"UPDATE {made.table} SET confirmed_at = ? WHERE id IN ANY ? AND confirmed_at < ?",
    )


def write(
    connection: Connection, batch: Mapping[type[records.Record], list[Any]], source: Source
) -> int:
    """Write the snapshots and entries of a payload; return how many snapshots said anything new."""
    stated = [row for kind in batch if issubclass(kind, Stated) for row in batch[kind]]
    new = 0
    for place in sorted({row.platform for row in stated}):
        there = msgspec.structs.replace(source, site=place or source.site)
        new += _write_of(connection, [row for row in stated if row.platform == place], there)
    return new


def _write_of(connection: Connection, stated: Sequence[Stated], source: Source) -> int:
    """Write what is stated of the people of one site."""
    roles: dict[str, str] = {}
    for row in stated:
        if isinstance(row, Named):
            roles[row.username] = people.joined(roles.get(row.username, "unknown"), row.role)
    if source.tracked_only:
        tracked = polls.tracked(connection, source.site, list(roles))
        roles = {name: role for name, role in roles.items() if name in tracked}
    ids = people.seen(connection, source, roles)
    kept = [row for row in stated if not isinstance(row, Named) or row.username in ids]
    new = 0
    for kind, rows in _by_kind(kept):
        if issubclass(kind, records.Snapshot):
            values_of = _values(kind, sources.shape(kind).values, connection.dialect.name)
            held = {ids[row.username]: values_of(row) for row in rows}
            new += _snapshots(connection, kind, held, source)
            states.note(connection, kind, held, source)
        else:
            _entries(connection, kind, rows, ids, source)
    return new


def _by_kind(stated: Sequence[Stated]) -> list[tuple[sources.Kind, list[Any]]]:
    ordered = sorted(stated, key=lambda row: type(row).__name__)
    return [(kind, list(rows)) for kind, rows in groupby(ordered, type)]


def _snapshots(
    connection: Connection,
    kind: sources.Kind,
    rows: Mapping[int, bulk.Row],
    source: Source,
) -> int:
    """Append the snapshots (person → values) that say something new, confirm the others."""
    said = _statements(kind)
    at = moment.stored(source.seen_at, connection.dialect.name)
    found = bulk.select(connection, said.latest, at, list(rows))
    before = {row[0]: row for row in found}
    same, changed = [], []
    for person in sorted(rows):
        values, last = rows[person], before.get(person)
        if last is None or tuple(last[4:]) != values:
            changed.append((person, at, at, source.run_id, source.payload_id, *values))
        elif last[3] < at:
            same.append(last[1])
    said.write(connection, changed)
    if same:
        bulk.run(connection, said.confirm, at, same, at)
    return len(changed)


def _entries(
    connection: Connection,
    kind: sources.Kind,
    stated: Sequence[Any],
    ids: Mapping[str, int],
    source: Source,
) -> None:
    """Write entries, the last of those with one key."""
    said = _statements(kind)
    dialect = connection.dialect.name
    at = moment.stored(source.seen_at, dialect)
    keys_of = _values(kind, said.shape.keys, dialect)
    values_of = _values(kind, said.shape.values, dialect)
    rows = {}
    for row in stated:
        about = ids[row.username] if isinstance(row, records.PersonEntry) else source.site
        key = (about, *keys_of(row))
        rows[key] = (*key, at, source.run_id, source.payload_id, *values_of(row))
    said.write(connection, [rows[key] for key in sorted(rows)])


def _values(
    kind: sources.Kind, names: Sequence[str], dialect: str
) -> Callable[[Stated], tuple[Any, ...]]:
    """Return what takes the values of these fields from a record, as the driver wants them."""
    shape = sources.shape(kind)
    if not names:
        return lambda _row: ()
    taken = attrgetter(*names)
    makers = [
        (place, _MAKERS[shape.types[name]])
        for place, name in enumerate(names)
        if shape.types[name] in _MAKERS
    ]

    def values(row: Stated) -> tuple[Any, ...]:
        found = taken(row) if len(names) > 1 else (taken(row),)
        if not makers:
            return found
        held = list(found)
        for place, make in makers:
            if held[place] is not None:
                held[place] = make(held[place], dialect)
        return tuple(held)

    return values


def _list(value: tuple[str, ...], _dialect: str) -> str:
    return sources.as_list(value)


def _day(value: date, dialect: str) -> date | str:
    return value.isoformat() if dialect == "sqlite" else value


_MAKERS: Mapping[type, Callable[[Any, str], Any]] = {
    datetime: moment.stored,
    date: _day,
    tuple: _list,
}
