from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Inspector, insert, inspect, text
from sqlmodel import SQLModel

from models import db, sources, states, tables, upgrade
from tests import databases

KILLED_UPGRADE = """
import os, signal, sys
from sqlalchemy import event, engine
from models import db, upgrade

seen = []

@event.listens_for(engine.Engine, "after_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.lstrip().startswith(("CREATE", "INSERT INTO alembic_version")):
        seen.append(statement)
    if len(seen) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

upgrade.upgrade(db.connect(sys.argv[1]))
"""


@pytest.fixture
def empty(empty_url: str) -> Iterator[db.Database]:
    opened = db.connect(empty_url)
    yield opened
    opened.close()


def names(database: db.Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def index(found: Mapping[str, Any]) -> str:
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return str({**found, "dialect_options": options})


def of_search(found: Mapping[str, Any]) -> bool:
    """Tell what search keeps beside the tables: no model says it, migration 0006 does."""
    return str(found["name"]).startswith("search_")


def reflected(connection: Connection) -> dict[str, Any]:
    inspector: Inspector = inspect(connection)
    return {
        name: {
            "columns": [
                {**column, "type": str(column["type"])} for column in inspector.get_columns(name)
            ],
            "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
            "references": sorted(map(str, inspector.get_foreign_keys(name))),
            "uniques": sorted(map(str, inspector.get_unique_constraints(name))),
            "indexes": sorted(
                index(found) for found in inspector.get_indexes(name) if not of_search(found)
            ),
        }
        for name in SQLModel.metadata.tables
    }


def test_migrations_make_the_tables_of_the_program(database: db.Database) -> None:
    with database.read() as connection:
        opts = {
            "compare_server_default": True,
            "include_name": lambda name, *_: not str(name).startswith("search_"),
        }
        context = MigrationContext.configure(connection, opts=opts)

        assert {*sources.TABLES, str(states.TABLE.__tablename__)} <= {*SQLModel.metadata.tables}
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrated_tables_cannot_be_told_from_created_ones(database: db.Database) -> None:
    with database.alter() as connection:
        migrated = reflected(connection)
        for view in ("v_acts", "v_person_current_state"):
            connection.execute(text(f"DROP VIEW {view}"))
        SQLModel.metadata.drop_all(connection)
        SQLModel.metadata.create_all(connection)

        assert reflected(connection) == migrated


def test_the_entries_of_listings_have_no_second_key(new_sqlite: databases.Make) -> None:
    database = db.connect(new_sqlite("migrated"))
    with database.read() as connection:
        query = "SELECT wr FROM pragma_table_list WHERE name = 'listing_entries'"
        assert connection.execute(text(query)).scalar_one() == 1
    database.close()


def test_upgrading_twice_equals_upgrading_once(empty: db.Database) -> None:
    assert upgrade.upgrade(empty) == upgrade.upgrade(empty) == upgrade.head()


def test_upgrading_at_the_same_time_works(empty_url: str) -> None:
    def work(_: int) -> str:
        database = db.connect(empty_url)
        found = upgrade.upgrade(database)
        database.close()
        return found

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(work, range(3))) == {upgrade.head()}


@pytest.mark.parametrize("statement", [1, 2, 9, 25])
def test_a_killed_upgrade_leaves_no_trace(empty: db.Database, statement: int) -> None:
    url = empty.url.render_as_string(hide_password=False)
    ended = subprocess.run([sys.executable, "-c", KILLED_UPGRADE, url, str(statement)], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert names(empty) == set()
    assert upgrade.upgrade(empty) == upgrade.head()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database: db.Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (upgrade.upgrade, upgrade.require):
        with pytest.raises(db.Unusable) as refusal:
            use(database)
        assert refusal.value.code == "database_newer"
    with database.read() as connection:
        assert upgrade.revision(connection) == "9999"


def test_a_database_without_tables_is_outdated(empty: db.Database) -> None:
    with pytest.raises(db.Unusable) as refusal:
        upgrade.require(empty)

    assert refusal.value.code == "database_outdated"
    assert [finding.remedy for finding in upgrade.check(empty) if not finding.ok] == [
        "greenroom db upgrade"
    ]


def test_a_sound_database_passes_every_check(database: db.Database) -> None:
    upgrade.require(database)

    assert [finding for finding in upgrade.check(database) if not finding.ok] == []


def test_a_damaged_file_fails_its_check(new_sqlite: databases.Make) -> None:
    database = db.connect(new_sqlite("migrated"))
    database.close()
    path = str(database.url.database)
    with open(path, "r+b") as file:  # noqa: PTH123 - damaged in place
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 5)
    damaged = db.connect(f"sqlite:///{path}")

    assert "integrity" in {finding.name for finding in upgrade.check(damaged) if not finding.ok}
    damaged.close()


def test_a_row_that_refers_to_nothing_fails_its_check(new_sqlite: databases.Make) -> None:
    database = db.connect(new_sqlite("migrated"))
    with database.alter() as connection:
        connection.execute(insert(tables.Stream), {"account_id": 404, "source": "s", "room": "r"})

    assert [finding.name for finding in upgrade.check(database) if not finding.ok] == ["references"]
    database.close()


def test_a_database_of_the_first_revision_is_brought_up_with_its_rows(empty: db.Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    with empty.alter() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO persons (site, username, role, first_seen, last_seen) VALUES"
                " ('chaturbate', 'alice', 'model', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            )
        )

    upgrade.upgrade(empty)

    with empty.read() as connection:
        found = connection.execute(text("SELECT username, status FROM v_person_current_state"))
        assert [tuple(row) for row in found] == [("alice", "unknown")]
