"""Read what is stored of people of whom a feed tells, and write what their stories come to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, follow_facts, follow_story, moment

Place = tuple[int, str]
"""An account and a direction."""


class Stored(msgspec.Struct, kw_only=True):
    """What stands in the tables of one person: evidence, and rows by their ids."""

    acts: list[follow_facts.Act] = []
    stretches: list[follow_facts.Stretch] = []
    hidden: set[int] = set()
    edges: dict[int, follow_facts.Edge] = {}
    events: dict[int, follow_facts.Event] = {}


def in_turn(connection: Connection) -> None:
    """Wait until nobody else changes edges; a transaction has its turn to its end."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('follow_edges'))")


def looks(connection: Connection, place: Place) -> list[follow_facts.Look]:
    """Return the applied lists, in the order of their time."""
    query = """SELECT id, begun, as_of, unnamed FROM listings WHERE account_id = ?
        AND direction = ? AND state = 'complete' AND look = 1 ORDER BY as_of, id"""
    return [
        look(listing_id, begun, moment.loaded(as_of), unnamed)
        for listing_id, begun, as_of, unnamed in bulk.select(connection, query, *place)
    ]


def look(listing_id: int, begun: Any, as_of: datetime, unnamed: int) -> follow_facts.Look:
    """Return a list as a story takes it."""
    first = as_of if begun is None else min(moment.loaded(begun), as_of)
    return follow_facts.Look(id=listing_id, begun=first, as_of=as_of, sure=unnamed == 0)


def load(connection: Connection, place: Place, persons: Collection[int]) -> dict[int, Stored]:
    """Return what is stored of these people."""
    found = {person: Stored() for person in persons}
    _load_events(connection, place, found)
    query = """SELECT person_id, id, since, since_known, ended, opened_by, closed_by,
        opened_by_act, closed_by_act, confirmed_by FROM follow_edges
        WHERE account_id = ? AND direction = ? AND person_id IN ANY ?"""
    for person, row_id, since, known, ended, *by in bulk.select(
        connection, query, *place, list(persons)
    ):
        found[person].edges[row_id] = follow_facts.Edge(
            since=moment.loaded(since),
            since_known=bool(known),
            ended=_loaded(ended),
            **dict(zip(_BY, by, strict=True)),
        )
    _load_stretches(connection, place, found)
    query = """SELECT h.person_id, h.listing_id FROM listing_hidden h
        JOIN listings l ON l.id = h.listing_id
        WHERE l.account_id = ? AND l.direction = ? AND h.person_id IN ANY ?"""
    for person, listing_id in bulk.select(connection, query, *place, list(persons)):
        found[person].hidden.add(listing_id)
    return found


_BY = ("opened_by", "closed_by", "opened_by_act", "closed_by_act", "confirmed_by")


def _load_stretches(connection: Connection, place: Place, found: Mapping[int, Stored]) -> None:
    query = """SELECT person_id, since, since_known, ended, opened_by, closed_by, told, certain
        FROM list_stretches WHERE account_id = ? AND direction = ? AND person_id IN ANY ?
        ORDER BY since"""
    for person, since, known, ended, opened, closed, told, certain in bulk.select(
        connection, query, *place, list(found)
    ):
        found[person].stretches.append(
            follow_facts.Stretch(
                since=moment.loaded(since),
                since_known=bool(known),
                ended=_loaded(ended),
                opened_by=opened,
                closed_by=closed,
                told=bool(told),
                certain=bool(certain),
            )
        )


def _load_events(connection: Connection, place: Place, found: Mapping[int, Stored]) -> None:
    query = """SELECT e.person_id, e.id, e.kind, e.at, i.key, i.same_as, e.listing_id,
            e.act_id, e.certain, e.returned, e.same_as, e.corrects
        FROM follow_events e LEFT JOIN interactions i ON i.id = e.act_id
        WHERE e.account_id = ? AND e.direction = ? AND e.person_id IN ANY ?"""
    rows = bulk.select(connection, query, *place, list(found))
    for person, row_id, kind, stored, key, same_act, listing, act, *rest in rows:
        certain, returned, same_as, corrects = rest
        at = moment.loaded(stored)
        found[person].events[row_id] = follow_facts.Event(
            kind=kind,
            at=at,
            listing_id=listing,
            act_id=act,
            certain=bool(certain),
            returned=bool(returned),
            same_as=same_as,
            corrects=corrects,
        )
        if act is not None:
            found[person].acts.append(
                follow_facts.Act(
                    event_id=row_id, act_id=act, same_as=same_act, key=key, kind=kind, at=at
                )
            )


def _loaded(value: Any) -> datetime | None:
    return None if value is None else moment.loaded(value)


def write(
    connection: Connection,
    place: Place,
    stored: Mapping[int, Stored],
    stories: Mapping[int, follow_story.Story],
) -> None:
    """Bring edges and events to what the stories come to; rows that are right are left alone."""
    edges = {person: (stored[person].edges, story.edges) for person, story in stories.items()}
    events = {person: (stored[person].events, story.events) for person, story in stories.items()}
    _write_edges(connection, place, edges)
    _write_events(connection, place, events)


def _write_edges(
    connection: Connection,
    place: Place,
    people: Mapping[int, tuple[dict[int, follow_facts.Edge], list[follow_facts.Edge]]],
) -> None:
    wrong = [
        row_id for old, new in people.values() for row_id, edge in old.items() if edge not in new
    ]
    _delete(connection, "follow_edges", wrong)
    _EDGES(
        connection,
        [
            (*place, person, *_edge(edge, connection.dialect.name))
            for person, (old, new) in people.items()
            for edge in new
            if edge not in old.values()
        ],
    )


_EDGES = bulk.Upsert(
    "follow_edges",
    ("account_id", "direction", "person_id", "since", "since_known", "ended", *_BY),
    conflict="",
)


def _edge(edge: follow_facts.Edge, dialect: str) -> bulk.Row:
    ended = None if edge.ended is None else moment.stored(edge.ended, dialect)
    since = moment.stored(edge.since, dialect)
    return (since, edge.since_known, ended, *(getattr(edge, name) for name in _BY))


def _write_events(
    connection: Connection,
    place: Place,
    people: Mapping[int, tuple[dict[int, follow_facts.Event], list[follow_facts.Event]]],
) -> None:
    wrong: list[int] = []
    rows: list[bulk.Row] = []
    changed: list[tuple[Any, ...]] = []
    dialect = connection.dialect.name
    for person, (old, new) in people.items():
        by_act = {event.act_id: row_id for row_id, event in old.items() if event.act_id}
        wrong += _gone(old, new)
        for event in new:
            facts = (event.certain, event.returned, event.same_as, event.corrects)
            if event in old.values():
                continue
            if event.act_id is not None:
                changed.append((*facts, by_act[event.act_id]))
            else:
                at = moment.stored(event.at, dialect)
                rows.append((*place, person, event.kind, at, "list", event.listing_id, *facts))
    _delete(connection, "follow_events", wrong)
    _EVENTS(connection, rows)
    _amend(connection, changed)


def _gone(
    old: Mapping[int, follow_facts.Event], new: Collection[follow_facts.Event]
) -> Iterable[int]:
    """Return the events of lists that are no longer true; those of acts stay whatever comes."""
    return [row for row, event in old.items() if event.act_id is None and event not in new]


_EVENTS = bulk.Upsert(
    "follow_events",
    (
        *("account_id", "direction", "person_id", "kind", "at", "source", "listing_id"),
        *("certain", "returned", "same_as", "corrects"),
    ),
    conflict="",
)


def _amend(connection: Connection, changed: Sequence[tuple[Any, ...]]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ("certain", "returned", "same_as", "corrects")
    sets = ", ".join(f"{name} = {mark}" for name in names)
    if changed:
        connection.exec_driver_sql(
            f"UPDATE follow_events SET {sets} WHERE id = {mark}",
            list(changed),
        )


def _delete(connection: Connection, table: str, ids: Sequence[int]) -> None:
    if ids:
        query = f"DELETE FROM {table} WHERE id IN ANY ?"
        bulk.run(connection, query, list(ids))
