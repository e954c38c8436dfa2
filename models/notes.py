"""What the operator writes down about people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from models import bulk, moment

_ADD = "INSERT INTO notes (person_id, at, text) VALUES (?, ?, ?)"
_OF = "SELECT at, text FROM notes WHERE person_id IN ANY ? ORDER BY at, id"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What was written down about a person, and when."""

    at: datetime
    text: str


def add(connection: Connection, person_id: int, text: str) -> None:
    """Write a note about a person."""
    at = moment.stored(moment.now(), connection.dialect.name)
    bulk.run(connection, _ADD, person_id, at, bulk.storable(text))


def of(connection: Connection, persons: Sequence[int]) -> list[Note]:
    """Return the notes about a person, by all the ids of their names, the oldest first."""
    found = bulk.select(connection, _OF, list(persons))
    return [Note(at=moment.loaded(at), text=text) for at, text in found]
