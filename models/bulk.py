"""Whole sets of rows in one statement, on SQLite and PostgreSQL alike, at the driver's speed.

Statements are written once: `?` is a value, `IN ANY ?` a list of values, and `json_each(?)` the
keys and values of a dict of texts.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect

from models import tables

TABLES = tables.Account.metadata.tables
Row = tuple[Any, ...]


class Upsert(msgspec.Struct, frozen=True):
    """An INSERT of many rows into `columns` of `table`, and what a conflict means."""

    table: str
    columns: tuple[str, ...]
    conflict: str = "ON CONFLICT DO NOTHING"

    def __call__(self, connection: Connection, rows: list[Row]) -> None:
        """Write `rows`, whose times went through `moment.stored`; no two may share a key."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self._values(), rows)
        else:
            columns = tuple(map(list, zip(*rows, strict=True)))
            connection.exec_driver_sql(self._unnest(connection.dialect), columns)

    def _values(self) -> str:
        return f"{self._into()} VALUES ({', '.join('?' * len(self.columns))}) {self.conflict}"

    def _unnest(self, dialect: Dialect) -> str:
        columns = TABLES[self.table].c
        types = (columns[name].type.compile(dialect) for name in self.columns)
        arrays = ", ".join(f"%s::{name}[]" for name in types)
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - types of our own columns
        return f"{self._into()} {rows} {self.conflict}"

    def _into(self) -> str:
        return f"INSERT INTO {self.table} ({', '.join(self.columns)})"


def select(connection: Connection, statement: str, *values: Any) -> list[Any]:
    """Return the rows that `statement` selects or returns."""
    name = connection.dialect.name
    taken = (list, dict) if name == "sqlite" else dict
    values = tuple(_json(value) if isinstance(value, taken) else value for value in values)
    return list(connection.exec_driver_sql(_spoken(statement, name), values))


def storable(text: str) -> str:
    """Replace what a database cannot keep in text: NUL and lone surrogates."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


@cache
def _spoken(statement: str, dialect_name: str) -> str:
    if dialect_name == "sqlite":
        return statement.replace("IN ANY ?", "IN (SELECT value FROM json_each(?))")
    for ours, theirs in (
        ("IN ANY ?", "= ANY(%s)"),
        ("json_each(?)", "json_each_text(%s::json)"),
        ("?", "%s"),
    ):
        statement = statement.replace(ours, theirs)
    return statement


def _json(values: Collection[Any]) -> str:
    return msgspec.json.encode(values).decode()
