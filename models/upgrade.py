"""Bring a database to this program's tables, and say what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from models import db, follow_acts, sqlite

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x6772656E  # one number for everybody who upgrades the same PostgreSQL database


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was checked; `remedy` says what to do where it is not `ok`."""

    name: str
    ok: bool
    remedy: str = ""


def head() -> str:
    """Return the revision of this program's tables."""
    return str(_scripts().get_current_head())


def revision(connection: Connection) -> str | None:
    """Return the revision of the database's tables, None for a database without any."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: db.Database) -> str:
    """Bring the tables to this program's revision, in one transaction; return the revision.

    Follows that feeds told before there was a place for them enter the timeline then. Changes
    nothing and waits for nobody when the tables are current. Raises `Unusable`
    (`database_newer`).
    """
    with database.read() as connection:
        if revision(connection) == head():
            return head()
    with database.alter() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if _known(revision(connection)) != head():
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            follow_acts.adopt(connection)
            _refuse_broken_references(connection)
    return head()


def require(database: db.Database) -> None:
    """Raise `Unusable` unless the tables are this program's."""
    with database.read() as connection:
        found = _known(revision(connection))
    if found != head():
        raise db.Unusable("database_outdated", f"the database is at revision {found}, not {head()}")


def check(database: db.Database) -> list[Finding]:
    """Examine the library, the tables and the stored data. Reads all of a SQLite file."""
    return list(_findings(database))


def _findings(database: db.Database) -> Iterator[Finding]:
    try:
        require(database)
    except db.Unusable as error:
        remedy = "greenroom db upgrade" if error.code == "database_outdated" else str(error)
        yield Finding(name="tables", ok=False, remedy=remedy)
    else:
        yield Finding(name="tables", ok=True)
    if database.dialect != "sqlite":
        return
    version = ".".join(map(str, sqlite.SAFE_VERSION))
    yield Finding(
        name="library",
        ok=sqlite.driver.sqlite_version_info >= sqlite.SAFE_VERSION,
        remedy=f"install pysqlite3 with SQLite {version} or newer; let one process write till then",
    )
    restore = "stop every run, keep the file, restore a backup and replay its archive"
    for name, pragma in (("integrity", "quick_check"), ("references", "foreign_key_check")):
        yield Finding(name=name, ok=_sound(database, pragma), remedy=restore)


def _sound(database: db.Database, pragma: str) -> bool:
    try:
        with database.read() as connection:
            rows = connection.exec_driver_sql(f"PRAGMA {pragma}").fetchmany(1)
    except db.Unusable as error:
        if error.code != "database_damaged":
            raise
        return False
    return [tuple(row) for row in rows] in ([], [("ok",)])


def _known(found: str | None) -> str | None:
    if found is None or found in {script.revision for script in _scripts().walk_revisions()}:
        return found
    raise db.Unusable(
        "database_newer", f"the database (revision {found}) was made by a newer program"
    )


def _refuse_broken_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise db.Unusable("database_damaged", f"a row of {broken[0]} refers to a missing row")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
