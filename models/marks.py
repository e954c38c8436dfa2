"""How far somebody who reads a table as a log has come."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from models import bulk

_ONE = "SELECT upto FROM marks WHERE reader = ?"
_FAMILY = "SELECT reader, upto FROM marks WHERE substr(reader, 1, ?) = ?"
_BEGIN = bulk.Upsert("marks", ("reader", "upto"))
_SET = bulk.Upsert(
    "marks", ("reader", "upto"), "ON CONFLICT (reader) DO UPDATE SET upto = excluded.upto"
)


def of(connection: Connection, reader: str) -> int | None:
    """Return how far a reader has come, None for one that has not begun."""
    found = bulk.select(connection, _ONE, reader)
    return int(found[0][0]) if found else None


def taken(connection: Connection, reader: str, first: int) -> int:
    """Return how far a reader has come, `first` for one that begins; nobody else reads meanwhile.

    It is the reader's alone until this transaction ends.
    """
    _BEGIN(connection, [(reader, first)])
    lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    [(found,)] = bulk.select(connection, _ONE + lock, reader)
    return int(found)


def family(connection: Connection, begins: str) -> dict[str, int]:
    """Return how far all readers have come whose names begin so."""
    rows = bulk.select(connection, _FAMILY, len(begins), begins)
    return {reader: int(upto) for reader, upto in rows}


def move(connection: Connection, upto: Mapping[str, int]) -> None:
    """Write down how far readers have come now."""
    _SET(connection, sorted(upto.items()))
