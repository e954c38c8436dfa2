"""Find texts and notes by their words, in any history of any account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, db, moment, records, search_words

STEP = 20_000
"""Texts that are indexed in one transaction: others get their turn in between."""

NOTE = "note"
"""The kind of what the operator wrote down."""

_BEHIND = """SELECT max(id) FROM (SELECT id FROM interactions
    WHERE id > (SELECT indexed FROM search_progress) ORDER BY id LIMIT ?) next_ones"""
_INDEX = """INSERT INTO search_texts (rowid, text) SELECT id, text FROM interactions
    WHERE id > (SELECT indexed FROM search_progress) AND id <= ?"""
_INDEXED = "UPDATE search_progress SET indexed = ?"

# The sorting carries numbers only; the rows are looked up for those that are shown.
_TEXTS = """
    SELECT i.kind, i.at, s.source, s.room, p.username, i.tokens, i.text, i.private, i.id, f.score
    FROM (SELECT i.id, {score} AS score FROM {matches} WHERE {where}
        ORDER BY {order} LIMIT ?) f
    JOIN interactions i ON i.id = f.id JOIN streams s ON s.id = i.stream_id
    LEFT JOIN persons p ON p.id = i.person_id"""
_NOTES = """
    SELECT 'note', i.at, NULL, NULL, p.username, NULL, i.text, true, i.id, f.score
    FROM (SELECT i.id, {score} AS score FROM {matches} WHERE {where}
        ORDER BY {order} LIMIT ?) f
    JOIN notes i ON i.id = f.id JOIN persons p ON p.id = i.person_id"""
# What another source states in the same words, in a room that is searched, is found there.
_ONCE = """NOT EXISTS (SELECT 1 FROM interactions o JOIN streams t ON t.id = o.stream_id
    WHERE o.id = i.same_as AND o.text = i.text AND ? IN ('', t.room, t.place))"""
_ROOM = "SELECT {} FROM streams WHERE ? IN (room, place)"
_PEOPLE = """SELECT id FROM persons WHERE coalesce(same_as, id) IN
    (SELECT coalesce(same_as, id) FROM persons WHERE username = ?)"""

# As the index of the migration has it, word for word: else it would not be used.
_VECTOR = (
    "to_tsvector('simple'::regconfig,"
    " regexp_replace(left(i.text, 100000), '[!-/:-@[-`{-~]+', ' ', 'g'))"
)


class Narrow(msgspec.Struct, frozen=True, kw_only=True):
    """What else is asked of a find; None and () ask nothing. `username` is any name they had."""

    username: str | None = None
    room: str | None = None
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A text or a note that has the words.

    `marks` are the words in it, each from and to which character; `score` is better when greater,
    and 0 where the newest come first. A note is of the person that it is about.
    """

    kind: str
    at: datetime
    source: str | None
    room: str | None
    username: str | None
    tokens: int | None
    text: str
    private: bool
    id: int
    score: float
    marks: list[tuple[int, int]]


def catch_up(database: db.Database) -> int:
    """Index the texts that came since the last search, in steps; return how many steps it took.

    PostgreSQL keeps its index itself.
    """
    steps = 0
    while database.dialect == "sqlite" and _is_behind(database):
        with database.write() as connection:
            last = bulk.select(connection, _BEHIND, STEP)[0][0]
            if last is not None:
                bulk.run(connection, _INDEX, last)
                bulk.run(connection, _INDEXED, last)
        steps += 1
    return steps


def _is_behind(database: db.Database) -> bool:
    with database.read() as connection:
        return bulk.select(connection, _BEHIND, 1)[0][0] is not None


def find(
    connection: Connection,
    phrases: Sequence[search_words.Phrase],
    narrow: Narrow = Narrow(),  # noqa: B008 - it is frozen
    *,
    best: bool = False,
    limit: int = 50,
) -> list[Found]:
    """Return texts and notes that have all the phrases, the newest first, or the best.

    Finds what `catch_up` has indexed.
    """
    found = []
    if set(narrow.kinds) != {NOTE}:
        found += _ask(connection, ("interactions", _TEXTS), phrases, narrow, (best, limit))
    if narrow.room is None and (not narrow.kinds or NOTE in narrow.kinds):
        found += _ask(connection, ("notes", _NOTES), phrases, narrow, (best, limit))
    found.sort(key=lambda one: (one.score, one.at, one.id), reverse=True)
    return found[:limit]


def is_room(connection: Connection, room: str) -> bool:
    """Tell whether anything was ever told of a room, as its source or its platform calls it."""
    return bool(bulk.select(connection, f"{_ROOM.format(1)} LIMIT 1", room))


def is_kind(connection: Connection, kind: str) -> bool:
    """Tell whether there can be anything of a kind."""
    if kind == NOTE or kind in records.KINDS:
        return True
    return bool(bulk.select(connection, "SELECT 1 FROM interactions WHERE kind = ? LIMIT 1", kind))


def _ask(
    connection: Connection,
    what: tuple[str, str],
    phrases: Sequence[search_words.Phrase],
    narrow: Narrow,
    wanted: tuple[bool, int],
) -> list[Found]:
    table, statement = what
    best, limit = wanted
    dialect = connection.dialect.name
    bounds, values = _bounds(table, narrow, dialect)
    matches, score, matched, words = _SPOKEN[dialect](table, phrases)
    if not best:
        score = "0"
    asked = statement.format(
        matches=matches,
        score=score,
        where=" AND ".join([matched, *bounds]),
        order="score DESC, i.at DESC, i.id DESC" if best else "i.at DESC, i.id DESC",
    )
    scored = [words] * asked.partition(" AS score")[0].count("?")
    rows = bulk.select(connection, asked, *scored, words, *values, limit)
    return [_found(row, phrases) for row in rows]


def _sqlite(table: str, phrases: Sequence[search_words.Phrase]) -> tuple[str, str, str, str]:
    """Return what to select from, the score, the condition, and what its `?` is."""
    index = "search_notes" if table == "notes" else "search_texts"
    matches = f"{index} m CROSS JOIN {table} i"
    return matches, "-m.rank", f"{index} MATCH ? AND i.id = m.rowid", search_words.sqlite(phrases)


def _postgresql(table: str, phrases: Sequence[search_words.Phrase]) -> tuple[str, str, str, str]:
    query = "to_tsquery('simple', ?)"
    words = search_words.postgresql(phrases)
    return f"{table} i", f"ts_rank({_VECTOR}, {query})", f"{_VECTOR} @@ {query}", words


_SPOKEN = {"sqlite": _sqlite, "postgresql": _postgresql}


def _bounds(table: str, narrow: Narrow, dialect: str) -> tuple[list[str], list[Any]]:
    """Return the conditions beside the words, and their values."""
    since, until = (
        None if at is None else moment.stored(at, dialect) for at in (narrow.since, narrow.until)
    )
    asked: list[tuple[str, Any]] = [
        (f"i.person_id IN ({_PEOPLE})", narrow.username),
        ("i.at >= ?", since),
        ("i.at < ?", until),
    ]
    if table == "interactions":
        asked += [
            (_ONCE, narrow.room or ""),
            ("i.kind IN ANY ?", list(narrow.kinds) or None),
            (f"i.stream_id IN ({_ROOM.format('id')})", narrow.room),
        ]
    held = [(condition, value) for condition, value in asked if value is not None]
    return [condition for condition, _ in held], [value for _, value in held]


def _found(row: Sequence[Any], phrases: Sequence[search_words.Phrase]) -> Found:
    kind, at, source, room, username, tokens, text, private, key, score = row
    return Found(
        kind=kind,
        at=moment.loaded(at),
        source=source,
        room=room,
        username=username,
        tokens=tokens,
        text=text,
        private=bool(private),
        id=key,
        score=float(score),
        marks=search_words.marks(text, phrases),
    )
