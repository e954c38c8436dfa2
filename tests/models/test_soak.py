"""SQLite never says "locked": many processes write and read one file for a while.

Six seconds here; `make soak` does the same for three minutes (SOAK_SECONDS).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import db, run_queue, runs, upgrade

SECONDS = float(os.environ.get("SOAK_SECONDS", "6"))
WRITERS = READERS = 8
WORK = """
import sys, time
from models import db, leases, moment, run_queue, runs

url, kind, seconds, name = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
database = db.connect(url)
until, done, slowest = time.monotonic() + seconds, 0, 0.0
while time.monotonic() < until:
    began = time.monotonic()
    if kind == "write":
        with database.write() as connection:
            leases.take(connection, name, name, 10)
            run_id = runs.create(
                connection,
                runs.Order(
                    account_id=1, collector="soak", requested_by=name, version="1",
                    not_before=moment.now(),
                ),
            )
        with database.write() as connection:
            run = runs.get(connection, run_id)
            assert run_queue.put_back(connection, run, moment.now(), errors=[{"code": name}] * 20)
    else:
        with database.read() as connection:
            first = run_queue.waiting(connection)
            runs.newest(connection, limit=50)
            assert run_queue.waiting(connection) == first
    slowest = max(slowest, time.monotonic() - began)
    done += 1
    time.sleep(0.002)
database.close()
print(done, round(slowest, 3))
"""


def started(url: str, kind: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORK, url, kind, str(SECONDS), f"{kind} {number}"]
    house = Path(__file__).parents[2]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=house, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.timeout(SECONDS + 120)
def test_sqlite_is_never_locked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'greenroom.db'}"
    database = db.connect(url)
    upgrade.upgrade(database)
    with database.write() as connection:
        runs.account(connection, "studio", "chaturbate", "alice")
    crowd = [started(url, "write", number) for number in range(WRITERS)]
    crowd += [started(url, "read", number) for number in range(READERS)]
    said = [one.communicate() for one in crowd]
    with database.read() as connection:
        kept = run_queue.waiting(connection)
    database.close()

    assert [err for _, err in said if err] == []
    assert [one.returncode for one in crowd] == [0] * len(crowd)
    written = sum(int(out.split()[0]) for out, _ in said[:WRITERS])
    print(f"{written} writes, {[out.strip() for out, _ in said]}")  # noqa: T201 - what `make soak` is asked for
    assert kept == written > 0
