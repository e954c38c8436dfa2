"""By how much a person's measurements changed: computed from snapshots, never stored.

A number that is missing on either side has no delta, and what is no number never has one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, moment, sources


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """What one source's numbers changed by, from one time to a later one."""

    source: str
    since: datetime
    until: datetime
    changes: Mapping[str, float]


Measured = tuple[datetime, Mapping[str, Any]]
"""A snapshot: when it was first read so, and its values."""


def between(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, float]:
    """Return by how much each number of both changed; 0 for one that did not."""
    return {
        name: later[name] - before
        for name, before in earlier.items()
        if _is_number(before) and _is_number(later.get(name))
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def consecutive(source: str, snapshots: Sequence[Measured]) -> Iterator[Delta]:
    """Yield what changed from each snapshot to the next, oldest first."""
    for (since, earlier), (until, later) in itertools.pairwise(snapshots):
        changes = {name: by for name, by in between(earlier, later).items() if by}
        yield Delta(source=source, since=since, until=until, changes=changes)


def over(source: str, snapshots: Sequence[Measured]) -> Delta | None:
    """Return what changed from the first of these snapshots to the last; None for fewer than two.

    Each number is compared between the first and the last snapshot that has it.
    """
    if len(snapshots) < 2:  # noqa: PLR2004 - a change takes two
        return None
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for _, values in snapshots:
        for name, value in values.items():
            if _is_number(value):
                first.setdefault(name, value)
                last[name] = value
                seen[name] = seen.get(name, 0) + 1
    kept = {name: value for name, value in first.items() if seen[name] > 1}
    since, until = snapshots[0][0], snapshots[-1][0]
    return Delta(source=source, since=since, until=until, changes=between(kept, last))


def snapshots(
    connection: Connection,
    kind: sources.Kind,
    persons: Sequence[int],
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Measured]:
    """Return a person's snapshots of one kind, oldest first; times are inclusive.

    The newest one from before `since` comes first: it is what was known then.
    """
    shape = sources.shape(kind)
    numbers = [name for name in shape.values if shape.types[name] in {int, float}]
    dialect = connection.dialect.name
    where: str = ""
    values: list[Any] = []
    if until is not None:
        where, values = "AND s.at <= ?", [moment.stored(until, dialect)]
    if since is not None:
        at = moment.stored(since, dialect)
        where += f""" AND s.at >= coalesce((
            SELECT max(b.at) FROM {shape.table} b WHERE b.person_id IN ANY ? AND b.at <= ?), ?)"""
        values += [list(persons), at, at]
    query = f"""SELECT s.at{"".join(f", s.{name}" for name in numbers)} FROM {shape.table} s
        WHERE s.person_id IN ANY ? {where} ORDER BY s.at, s.id"""
    found = bulk.select(connection, query, list(persons), *values)
    return [(moment.loaded(at), dict(zip(numbers, row, strict=True))) for at, *row in found]
