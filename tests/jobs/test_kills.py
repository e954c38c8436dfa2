"""Kill -9 at any instant: nothing is lost or doubled, at most one page is fetched again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from fixtures.practice import client
from models import db
from tests.jobs import given_forks, given_web
from tests.jobs import given_runs as given

KILLS = 50
COMMANDS_KILLED = 4
PAGES = 20
ROWS = 25
COMMAND = [sys.executable, "-c", "from jobs.cli.app import main; main()"]
FOLLOWERS = "/accounts/followers/"


@pytest.fixture
def place(world: client.Practice, tmp_path: Path) -> Iterator[Path]:
    """Return a folder whose settings lead to a world with twenty pages of followers."""
    world.configure(followers=PAGES * ROWS, followers_page=ROWS, followed=3)
    (tmp_path / "greenroom.toml").write_text(given.config(world))
    yield tmp_path
    assert leftovers(tmp_path) == []


def leftovers(place: Path) -> list[str]:
    """Return the processes that still use the folder, after a moment to end."""
    found: list[str] = []
    for _ in range(50):
        found = [
            process.name()
            for process in psutil.process_iter(["cmdline"])
            if any(str(place / "data") in part for part in process.info["cmdline"] or ())
        ]
        if not found:
            return []
        time.sleep(0.1)
    return found


def rows(place: Path, sql: str) -> list[tuple[object, ...]]:
    database = db.connect(f"sqlite:///{place / 'data' / 'greenroom.db'}")
    try:
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]
    finally:
        database.close()


def newest(place: Path) -> tuple[object, ...]:
    """Return the number and the status of the newest run."""
    return rows(place, "SELECT id, status FROM runs ORDER BY id DESC LIMIT 1")[0]


async def test_fifty_kills_lose_nothing_double_nothing_and_repeat_at_most_a_page_each(
    world: client.Practice, place: Path
) -> None:
    chance = random.Random(20261121)  # noqa: S311 - instants, not secrets
    async with given_web.signed_in(world) as web:
        cookies = dict(web.cookies)
    finish(place, cookies)
    began = time.monotonic()
    finish(place, cookies)
    length = time.monotonic() - began
    hit = 0
    while hit < KILLS:
        if newest(place)[1] == "ok":
            world.churn_random(seed=chance.randrange(1000), joins=2, leaves=2)
        doomed = given_forks.start(place / "greenroom.toml", cookies)
        doomed.join(chance.uniform(0, length))
        doomed.kill()
        doomed.join()
        hit += doomed.exitcode == -signal.SIGKILL
    finish(place, cookies)
    finish(place, cookies)

    nothing_is_lost_or_doubled(world, place, hit)


def finish(place: Path, cookies: dict[str, str]) -> None:
    """Go on with the newest run, or collect anew, to the end."""
    process = given_forks.start(place / "greenroom.toml", cookies)
    process.join(60)
    assert (process.exitcode, newest(place)[1]) == (0, "ok")


def nothing_is_lost_or_doubled(world: client.Practice, place: Path, kills: int) -> None:
    read = {str(name) for (name,) in rows(place, _MEMBERS)}
    assert read == set(world.truth()["followers"])
    assert rows(place, _DOUBLES) == []
    [(applied,)] = rows(place, "SELECT count(*) FROM listing_pages")
    asked = len([one for one in world.requests(FOLLOWERS) if one["status"] == 200])
    assert asked <= int(str(applied)) + kills


def test_a_command_that_is_killed_leaves_no_browser_and_its_run_goes_on(
    world: client.Practice, place: Path
) -> None:
    chance = random.Random(20261121)  # noqa: S311 - instants, not secrets
    began = time.monotonic()
    assert started(place, "collect", "chaturbate.followers", "-a", given.ACCOUNT).wait(120) == 0
    length = time.monotonic() - began
    hit = 0
    for _ in range(COMMANDS_KILLED):
        child = started(place, *next_command(place))
        try:
            child.wait(chance.uniform(0.1, length))
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            hit += 1
            assert leftovers(place) == []
    assert started(place, *next_command(place)).wait(120) == 0

    assert hit >= COMMANDS_KILLED // 2
    assert newest(place)[1] == "ok"
    nothing_is_lost_or_doubled(world, place, hit)


def started(place: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environ = os.environ | given.PASSWORDS | {"PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=place,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def next_command(place: Path) -> tuple[str, ...]:
    """Return what goes on: resuming the newest run, or collecting again after it has ended."""
    number, status = newest(place)
    if status == "ok":
        return ("collect", "chaturbate.followers", "--account", given.ACCOUNT)
    return ("runs", "resume", str(number))


_MEMBERS = (
    "SELECT p.username FROM follow_edges f JOIN persons p ON p.id = f.person_id"
    " WHERE f.direction = 'follower' AND f.ended IS NULL"
)
_DOUBLES = (
    "SELECT person_id, kind, listing_id, count(*) FROM follow_events"
    " GROUP BY person_id, kind, listing_id HAVING count(*) > 1"
)
