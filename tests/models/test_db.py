from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, exc, text

from models import bulk, db, sqlite
from tests import databases

ADD = text("INSERT INTO streams (account_id, source, room) VALUES (:account, :source, :room)")
COUNT = text("SELECT count(*) FROM streams")

COMMITS = """
import sys
from sqlalchemy import text
from models import db

database = db.connect(sys.argv[1])
number = int(sys.argv[2])
while True:
    with database.write() as connection:
        for half in ("a", "b"):
            connection.execute(
                text("INSERT INTO streams (account_id, source, room) VALUES (1, :half, :room)"),
                {"half": half, "room": str(number)},
            )
    print(number, flush=True)
    number += 1
"""


@pytest.fixture
def stocked(database: db.Database) -> db.Database:
    with database.write() as connection:
        account(connection)
    return database


@pytest.fixture
def file(new_sqlite: databases.Make) -> Path:
    return Path(new_sqlite("migrated").removeprefix("sqlite:///"))


@pytest.fixture
def lite(file: Path) -> Iterator[db.Database]:
    opened = db.connect(f"sqlite:///{file}")
    yield opened
    opened.close()


def account(connection: Connection) -> None:
    row = (1, "main", "site", "me", "2026-03-01 00:00:00.000000")
    bulk.Upsert("accounts", ("id", "name", "site", "username", "created_at"))(connection, [row])


def add(connection: Connection, room: str) -> None:
    connection.execute(ADD, {"account": 1, "source": "s", "room": room})


def count(database: db.Database) -> int:
    with database.read() as connection:
        return int(connection.execute(COUNT).scalar_one())


def code_of(use: Any, *given: Any) -> str:
    with pytest.raises(db.Unusable) as refusal:
        use(*given)
    return refusal.value.code


def test_what_a_block_wrote_stays_and_what_a_failed_one_wrote_does_not(
    stocked: db.Database,
) -> None:
    with stocked.write() as connection:
        add(connection, "kept")
    with pytest.raises(exc.IntegrityError), stocked.write() as connection:
        list(map(add, [connection] * 2, ["dropped"] * 2))

    assert count(stocked) == 1


def test_a_reader_sees_one_moment_and_waits_for_no_writer(stocked: db.Database) -> None:
    with stocked.read() as reader:
        assert reader.execute(COUNT).scalar_one() == 0
        with stocked.write() as writer:
            add(writer, "new")
            assert reader.execute(COUNT).scalar_one() == 0
        assert reader.execute(COUNT).scalar_one() == 0

    assert count(stocked) == 1


def test_a_reader_cannot_write(stocked: db.Database) -> None:
    def write() -> None:
        with stocked.read() as connection:
            add(connection, "x")

    assert code_of(write) == "database_unreachable"


def test_many_threads_write_one_after_another(stocked: db.Database) -> None:
    inside = threading.Semaphore(1)

    def write(number: int) -> None:
        with stocked.write() as connection:
            assert inside.acquire(blocking=False)
            found = connection.execute(COUNT).scalar_one()
            add(connection, str(number))
            assert connection.execute(COUNT).scalar_one() == found + 1
            inside.release()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))

    assert count(stocked) == 80


def test_a_broken_rule_of_the_tables_is_the_statement_s_error(stocked: db.Database) -> None:
    with pytest.raises(exc.IntegrityError), stocked.write() as connection:
        connection.execute(ADD, {"account": 404, "source": "s", "room": "r"})


def test_a_killed_writer_leaves_whole_transactions_and_all_that_it_was_sure_of(
    stocked: db.Database,
) -> None:
    url = stocked.url.render_as_string(hide_password=False)
    sure = 0
    for moment in range(4):
        command = [sys.executable, "-c", COMMITS, url, str(sure + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            sure = int(process.stdout.readline())
            time.sleep(moment * 0.02)
            process.send_signal(signal.SIGKILL)
            sure = max([sure, *(int(line) for line in process.stdout if line.endswith("\n"))])
        with stocked.write() as connection:
            query = (
                "SELECT source, max(CAST(room AS INTEGER)), count(*) FROM streams GROUP BY source"
            )
            first, second = connection.execute(text(query))
            assert first[1:] == second[1:]
            assert first[1] == first[2] >= sure
            sure = first[1]


def test_a_table_can_be_rebuilt_under_its_references(lite: db.Database) -> None:
    with lite.write() as connection:
        account(connection)
        add(connection, "r")
    with lite.alter() as connection:
        connection.exec_driver_sql("CREATE TABLE other AS SELECT * FROM accounts")
        connection.exec_driver_sql("DROP TABLE accounts")
        connection.exec_driver_sql("ALTER TABLE other RENAME TO accounts")
    with lite.write() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1

    assert count(lite) == 1


@pytest.mark.parametrize("mode", ["write", "read"])
def test_every_connection_has_its_pragmas(lite: db.Database, mode: str) -> None:
    with getattr(lite, mode)() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in (
                *("journal_mode", "synchronous", "busy_timeout", "foreign_keys"),
                *("trusted_schema", "query_only", "wal_autocheckpoint"),
            )
        }
    reads = mode == "read"
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 30000,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "query_only": int(reads),
        "wal_autocheckpoint": 0 if reads else 1000,
    }


def test_the_library_is_one_that_cannot_damage_a_shared_database() -> None:
    assert sqlite.driver.sqlite_version_info >= sqlite.SAFE_VERSION


def test_the_library_of_python_serves_where_there_is_no_other(file: Path) -> None:
    script = """
import sys
sys.modules["pysqlite3"] = None
from models import db, sqlite, upgrade
assert sqlite.driver.__name__ == "sqlite3.dbapi2"
database = db.connect(sys.argv[1])
upgrade.require(database)
print([finding.name for finding in upgrade.check(database) if not finding.ok])
"""
    command = [sys.executable, "-c", script, f"sqlite:///{file}"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)

    assert found.stdout.strip() in ("['library']", "[]")


def test_a_new_database_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    database = db.connect(f"sqlite:///{tmp_path}/new/folder/a.db")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
    os.umask(before)

    folder = tmp_path / "new" / "folder"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"a.db", "a.db-wal", "a.db-shm"}
    database.close()
    assert [path.name for path in folder.iterdir()] == ["a.db"]


def test_a_database_that_others_could_read_is_closed_to_them(file: Path) -> None:
    file.chmod(0o644)
    db.connect(f"sqlite:///{file}").close()

    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:"]
)
def test_an_address_that_cannot_be_a_database_is_refused(url: str) -> None:
    assert code_of(db.connect, url) == "database_url"


def test_a_place_that_cannot_hold_a_file_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert code_of(db.connect, f"sqlite:///{tmp_path}/file/a.db") == "database_unreachable"
    assert code_of(db.connect, f"sqlite:///{tmp_path}") == "database_unreachable"


def test_a_network_file_system_is_known_by_its_type() -> None:
    assert sqlite.file_system(Path("/proc/self")) == "proc"
    assert sqlite.file_system(Path("nowhere")) == ""


def test_a_file_that_is_no_database_is_damaged_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database" * 1000)

    assert code_of(db.connect, f"sqlite:///{path}") == "database_damaged"
    assert path.read_bytes() == b"not a database" * 1000


def test_a_writer_of_another_process_is_waited_for(file: Path, lite: db.Database) -> None:
    other = sqlite.driver.connect(str(file), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    started = time.monotonic()
    with lite.write() as connection:
        account(connection)
    release.join()
    other.close()

    assert time.monotonic() - started > 0.2


def test_a_new_file_that_somebody_else_writes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    other = sqlite.driver.connect(str(path), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    db.connect(f"sqlite:///{path}").close()
    release.join()

    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_a_writer_that_never_ends_makes_the_database_busy(file: Path, lite: db.Database) -> None:
    with lite.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite.driver.connect(str(file), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def write() -> None:
        with lite.write() as connection:
            account(connection)

    assert code_of(write) == "database_busy"
    other.close()


def test_a_full_disk_is_told_and_loses_nothing(lite: db.Database) -> None:
    with lite.write() as connection:
        account(connection)
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")

    def fill() -> None:
        with lite.write() as connection:
            for number in range(5000):
                add(connection, f"{number:0100}")

    assert code_of(fill) == "disk_full"
    assert count(lite) == 0
    with lite.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    fill()
    assert count(lite) == 5000


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(db.Unusable) as refusal:
        db.connect(f"postgresql://me:secret-word@127.0.0.1:{port}/none")
    assert refusal.value.code == "database_unreachable"
    assert "secret-word" not in str(refusal.value)


def test_a_database_that_the_server_does_not_have_is_unreachable(postgresql_server: str) -> None:
    url = postgresql_server.replace("/postgres?", "/nowhere?")

    assert code_of(db.connect, url) == "database_unreachable"


def test_a_dropped_connection_is_told_and_made_anew(new_postgresql: databases.Make) -> None:
    url = new_postgresql("migrated")
    database = db.connect(url)

    def write(interrupted: bool) -> None:
        with database.write() as connection:
            account(connection)
            if interrupted:
                pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                with psycopg.connect(url, autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
                add(connection, "lost")

    assert code_of(write, True) == "database_unreachable"  # noqa: FBT003
    write(interrupted=False)
    database.close()
