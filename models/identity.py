"""Who is who: usernames become names of one person on evidence of a stable id, or by hand.

Nothing is rewritten: `persons.same_as` points from a former name to the present one, and follows
from the merges that are not undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from models import bulk, moment, people, records, siblings, states
from models.origin import Source

_PERSON_IDS = bulk.Upsert(
    "person_ids",
    ("site", "kind", "value", "person_id", "first_seen", "last_seen", "payload_id"),
    """ON CONFLICT (site, kind, value, person_id) DO UPDATE SET last_seen = excluded.last_seen
        WHERE excluded.last_seen > person_ids.last_seen""",
)
_HOLDERS = """
    SELECT i.value, i.person_id, i.last_seen, p.same_as FROM person_ids i
    JOIN persons p ON p.id = i.person_id
    WHERE i.site = ? AND i.kind = ? AND i.value IN ANY ?"""
_OTHER_IDS = """
    SELECT person_id FROM person_ids WHERE site = ? AND kind = ? AND person_id IN ANY ?
    GROUP BY person_id HAVING count(*) > 1"""
_MERGES = """
    SELECT person_id, into_id FROM person_merges
    WHERE undone_at IS NULL AND (person_id IN ANY ? OR into_id IN ANY ?)"""
_UNDONE = """
    SELECT 1 FROM person_merges WHERE undone_at IS NOT NULL
      AND (person_id = ? AND into_id = ? OR person_id = ? AND into_id = ?)"""
_GROUP = "SELECT id FROM persons WHERE id IN ANY ? OR same_as IN ANY ?"
_POINT = "UPDATE persons SET same_as = ? WHERE id IN ANY ?"


class NotApart(ValueError):
    """These are no two people that could be merged, or split."""


def note(connection: Connection, stated: Sequence[records.StableId], source: Source) -> int:
    """Write down who was seen with which id; take an id's names for one person."""
    at = moment.stored(source.seen_at, connection.dialect.name)
    places = sorted({(row.platform or source.site, row.kind) for row in stated})
    for site, kind in places:
        values = {
            row.username: row.value
            for row in stated
            if (row.platform or source.site, row.kind) == (site, kind)
        }
        there = msgspec.structs.replace(source, site=site)
        ids = people.seen(connection, there, dict.fromkeys(values, "unknown"))
        rows = [
            (site, kind, values[name], person, at, at, source.payload_id)
            for name, person in sorted(ids.items(), key=lambda known: known[1])
        ]
        _PERSON_IDS(connection, rows)
        _join_names(connection, site, kind, sorted(set(values.values())))
    return 0


def _join_names(connection: Connection, site: str, kind: str, values: Sequence[str]) -> None:
    """Take the usernames that were seen with one id for one person: the last seen is the name.

    Not where one of them was seen with two ids (a name that somebody else took over), and not
    where the operator has split them.
    """
    found = bulk.select(connection, _HOLDERS, site, kind, list(values))
    shared: dict[str, list[tuple[object, int, int]]] = {}
    for value, person, seen, same_as in found:
        shared.setdefault(value, []).append((seen, person, same_as or person))
    shared = {value: held for value, held in shared.items() if len({one[2] for one in held}) > 1}
    everybody = sorted({person for held in shared.values() for _, person, _ in held})
    if not everybody:
        return
    doubtful = {row[0] for row in bulk.select(connection, _OTHER_IDS, site, kind, everybody)}
    for value, held in sorted(shared.items()):
        if doubtful.isdisjoint(person for _, person, _ in held):
            _, _, name = max(held)
            for root in sorted({one[2] for one in held} - {name}):
                if not bulk.select(connection, _UNDONE, root, name, name, root):
                    merge(connection, root, name, f"{kind} {value}")


def merge(connection: Connection, person: int, into: int, evidence: str) -> None:
    """Take a person for another name of somebody else. Raises NotApart."""
    tops = roots(connection, [person, into])
    if tops[person] == tops[into]:
        raise NotApart("these are names of one person already")
    at = moment.stored(moment.now(), connection.dialect.name)
    bulk.run(
        connection,
        "INSERT INTO person_merges (person_id, into_id, evidence, at) VALUES (?, ?, ?, ?)",
        *(tops[person], tops[into], evidence, at),
    )
    _settle(connection, [tops[person], tops[into]])


def split(connection: Connection, person: int) -> None:
    """Take a name for a person of its own again, with the names that it had then.

    Raises NotApart when it is nobody's other name.
    """
    found = bulk.select(
        connection,
        "SELECT id, into_id FROM person_merges WHERE person_id = ? AND undone_at IS NULL",
        person,
    )
    if not found:
        raise NotApart("it is nobody's other name")
    at = moment.stored(moment.now(), connection.dialect.name)
    for row in found:
        bulk.run(connection, "UPDATE person_merges SET undone_at = ? WHERE id = ?", at, row[0])
    _settle(connection, [person, *(row[1] for row in found)])


def roots(connection: Connection, persons: Sequence[int]) -> Mapping[int, int]:
    """Return the person whose name each of these is: themselves, or who they were merged into."""
    into: dict[int, int] = {}
    asked = set(persons)
    while asked:
        rows = bulk.select(connection, _MERGES, sorted(asked), [])
        into.update(tuple(row) for row in rows)
        asked = {row[1] for row in rows} - into.keys()
    found = {}
    for person in persons:
        top = person
        while top in into:
            top = into[top]
        found[person] = top
    return found


def _settle(connection: Connection, persons: Sequence[int]) -> None:
    """Let `same_as` say what the merges say, for everybody around these people."""
    group = {row[0] for row in bulk.select(connection, _GROUP, list(persons), list(persons))}
    tops = roots(connection, sorted(group | set(persons)))
    for top in sorted(set(tops.values())):
        names = [person for person in sorted(tops) if tops[person] == top and person != top]
        bulk.run(connection, _POINT, None, [top])
        if names:
            bulk.run(connection, _POINT, top, names)
    states.rebuild(connection, sorted(tops))
    siblings.renamed(connection, sorted(tops))
