from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.dialects import sqlite

from models import bulk, db, moment

ACCOUNTS = bulk.TABLES["accounts"]
SPRING = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    "at", [SPRING, SPRING.replace(microsecond=1), datetime.max.replace(tzinfo=UTC)]
)
def test_a_stored_time_comes_back_as_the_same_instant_in_utc(
    database: db.Database, at: datetime
) -> None:
    with database.write() as connection:
        row = {"name": "main", "site": "s", "username": "u", "created_at": at}
        connection.execute(insert(ACCOUNTS), row)
        found = connection.execute(select(ACCOUNTS.c.created_at)).scalar_one()

    assert (found, found.tzinfo) == (at, UTC)


def test_a_naive_time_is_refused(database: db.Database) -> None:
    naive = SPRING.replace(tzinfo=None)
    for store in (
        lambda: moment.stored(naive, database.dialect),
        lambda: moment.Moment().process_bind_param(naive, sqlite.dialect()),
    ):
        with pytest.raises(ValueError, match="naive"):
            store()


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_text_that_bypasses_the_column_type_is_what_the_type_writes(at: datetime) -> None:
    dialect = sqlite.dialect()
    column = moment.Moment().dialect_impl(dialect)
    write = column.bind_processor(dialect)

    assert write is not None
    assert moment.stored(at, "sqlite") == write(at)


def test_the_present_knows_that_it_is_utc() -> None:
    assert moment.now().tzinfo is UTC
