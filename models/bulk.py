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
    return list(_asked(connection, statement, values))


def insert_select(
    connection: Connection, table: str, columns: tuple[str, ...], statement: str, rows: list[Row]
) -> None:
    """Run an INSERT … SELECT whose `{rows}` stands for `rows`: columns of `table`, by name."""
    if connection.dialect.name == "sqlite":
        chosen = ", ".join(f"? AS {name}" for name in columns)
        connection.exec_driver_sql(statement.replace("{rows}", f"(SELECT {chosen})"), rows)
        return
    types = (TABLES[table].c[name].type.compile(connection.dialect) for name in columns)
    arrays = ", ".join(f"%s::{name}[]" for name in types)
    taken = f"unnest({arrays}) AS v({', '.join(columns)})"
    values = tuple(map(list, zip(*rows, strict=True)))
    connection.exec_driver_sql(statement.replace("{rows} v", taken), values)


def run(connection: Connection, statement: str, *values: Any) -> None:
    """Run a `statement` that gives no rows."""
    _asked(connection, statement, values)


def _asked(connection: Connection, statement: str, values: tuple[Any, ...]) -> Any:
    name = connection.dialect.name
    taken = (list, dict) if name == "sqlite" else dict
    values = tuple(_json(value) if isinstance(value, taken) else value for value in values)
    return connection.exec_driver_sql(_spoken(statement, name), values)


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
