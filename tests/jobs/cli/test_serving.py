"""`greenroom serve` as a process: led by one, stopped, killed, told to read its settings again."""

from __future__ import annotations

import json
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from fixtures.practice import client
from jobs.cli import exits
from models import db, moment
from tests.jobs.cli import given_home

FOLLOWERS = """
[schedule.followers]
collector = "chaturbate.followers"
account = "main"
every = "{every}"
"""
NO_BROWSER = '\n[browser]\nexecutable = "/nowhere/chromium"\n'


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def home(world: client.Practice, tmp_path: Path, port: int) -> Iterator[given_home.Home]:
    """Return a home at a small world; its service listens on `port`, its leases are short."""
    world.configure(**given_home.SMALL, keep_sessions=True)
    made = given_home.furnish(tmp_path / "home", world)
    add(made, f"\n[service]\nport = {port}\nlease_seconds = 1\n")
    yield made
    world.clear_faults()
    assert made.empties()


def add(home: given_home.Home, more: str) -> None:
    file = home.folder / "greenroom.toml"
    file.write_text(file.read_text() + more)


def stop(process: given_home.Started) -> given_home.Said:
    process.send_signal(signal.SIGTERM)
    return given_home.ended(process, 20)


def asked(port: int, path: str) -> tuple[int, str]:
    """Return status and body of an answer; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def rows(home: given_home.Home, sql: str) -> list[tuple[Any, ...]]:
    """Return what the tables hold, nothing while they are being made."""
    made = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
    there = (home.folder / "data" / "greenroom.db").exists() and home.rows(made) == [(1,)]
    return home.rows(sql) if there else []


def test_a_service_that_is_stopped_leaves_a_run_that_goes_on(
    home: given_home.Home, world: client.Practice, port: int
) -> None:
    add(home, FOLLOWERS.format(every="4s"))
    world.fault("stall", path="/accounts/followers/", page=3, times=None)
    first = home.start("serve")
    assert given_home.eventually(
        lambda: any(one["hits"] for one in world.status()["faults"]), 40
    ), given_home.ended(first)
    assert asked(port, "/healthz")[0] == 200
    said = stop(first)

    assert said.code == exits.OK, said.err
    assert home.empties()
    assert rows(home, "SELECT id, status, attempt FROM runs ORDER BY id LIMIT 1") == [
        (1, "queued", 1)
    ]
    world.clear_faults()
    second = home.start("serve")
    ended = "SELECT status, attempt, requested_by FROM runs WHERE id = 1 AND status <> 'queued'"
    assert given_home.eventually(lambda: rows(home, f"{ended} AND ended_at IS NOT NULL"), 40)
    stop(second)

    assert rows(home, ended) == [("ok", 2, "clock")]
    assert home.members("follower") == set(world.truth()["followers"])


def test_each_due_time_runs_at_most_once_however_often_its_leader_is_killed(
    home: given_home.Home, database_url: str
) -> None:
    add(home, FOLLOWERS.format(every="1s") + NO_BROWSER)
    database = db.connect(database_url)
    variables = {"GREENROOM_DATABASE__URL": database_url, "GREENROOM_SERVICE__PORT": "0"}
    serving = [home.start("serve", **variables) for _ in range(2)]
    try:
        terms = [led(database)]
        for _ in range(10 if database.dialect == "sqlite" else 5):
            holder, _ = terms[-1]
            killed = next(one for one in serving if f":{one.pid}:" in holder)
            killed.kill()
            killed.communicate()
            serving = [*(one for one in serving if one is not killed)]
            serving.append(home.start("serve", **variables))
            assert given_home.eventually(lambda: led(database)[1] > terms[-1][1], 30)
            terms.append(led(database))
        assert given_home.eventually(lambda: failed(database), 90)
    finally:
        for one in serving:
            stop(one)
    with database.read() as connection:
        due = connection.execute(text("SELECT due_at, outcome, run_id FROM due_times")).all()
        made = connection.execute(text("SELECT due_at, attempt, status FROM runs")).all()
    database.close()

    assert [term for _, term in terms] == sorted({term for _, term in terms})
    assert len({at for at, *_ in due}) == len(due)
    assert len({at for at, *_ in made}) == len(made) == sum(run is not None for *_, run in due)
    assert {status for *_, status in made} <= {"failed", "queued"}


def failed(database: db.Database) -> bool:
    """Tell whether a run has come to its end."""
    with database.read() as connection:
        sql = "SELECT count(*) FROM runs WHERE status = 'failed'"
        return bool(connection.execute(text(sql)).scalar())


def led(database: db.Database) -> tuple[str, int]:
    """Return who leads the clock, once somebody does, and for the how many-th time it changed."""
    found: list[Any] = []

    def look() -> bool:
        with database.read() as connection:
            clock = "SELECT holder, term FROM leases WHERE name = 'clock'"
            found[:] = connection.execute(text(clock)).all()
        return bool(found)

    assert given_home.eventually(look)
    return found[0][0], found[0][1]


def test_bad_settings_are_refused_and_the_old_ones_stay(home: given_home.Home, port: int) -> None:
    add(home, NO_BROWSER)
    process = home.start("serve")
    file = home.folder / "greenroom.toml"
    good = file.read_text()
    assert given_home.eventually(lambda: asked(port, "/readyz")[0] == 200)

    file.write_text(good + FOLLOWERS.format(every="soon"))
    process.send_signal(signal.SIGHUP)
    assert given_home.eventually(lambda: asked(port, "/readyz")[0] == 503)
    assert "schedule.followers.every" in json.loads(asked(port, "/readyz")[1])["reasons"][0]

    file.write_text(good.replace('"data"', '"elsewhere"'))
    process.send_signal(signal.SIGHUP)
    assert given_home.eventually(
        lambda: "restart the service" in json.loads(asked(port, "/readyz")[1])["reasons"][0]
    )

    file.write_text(good + FOLLOWERS.format(every="1s"))  # seen without a signal, too
    assert given_home.eventually(lambda: rows(home, "SELECT 1 FROM due_times"))
    assert asked(port, "/readyz")[0] == 200
    metrics = asked(port, "/metrics")[1]
    said = stop(process)

    assert said.code == exits.OK
    assert "are refused, the old ones stay" in said.err
    assert "greenroom_leading 1.0" in metrics
    assert 'greenroom_due_times_total{outcome="run"}' in metrics


EVENTS = """
[feeds.room]
feed = "chaturbate.events"
account = "main"
"""


def test_sessions_begin_and_end_while_nobody_asks(
    home: given_home.Home, world: client.Practice, database_url: str, port: int
) -> None:
    add(home, EVENTS + NO_BROWSER)
    database = db.connect(database_url)
    token = {"GREENROOM_TOKEN_MAIN__EVENTS": client.API_TOKEN}
    process = home.start("serve", GREENROOM_DATABASE__URL=database_url, **token)
    try:
        assert given_home.eventually(lambda: last_end(database) == "event chaturbate.events", 40)
        world.churn([{"after": 0, "do": "start"}])
        world.play(7, 60, platforms=["chaturbate"])
        assert given_home.eventually(lambda: last_end(database) is None, 30)
        metrics = asked(port, "/metrics")[1]
        world.churn([{"after": 0, "do": "stop"}])
        assert given_home.eventually(lambda: last_end(database) is not None, 30)
        ended = last_end(database)
    finally:
        said = stop(process)
        database.close()

    assert 'greenroom_session_seconds{room="operator_one",site="chaturbate"}' in metrics
    assert ended == "event chaturbate.events"
    assert "of chaturbate/operator_one does not go on any more" in said.err


def last_end(database: db.Database) -> str | None:
    """Return by what the last session ended, None for one that goes on, "" without one."""
    with database.read() as connection:
        sql = "SELECT ended_by FROM broadcast_sessions ORDER BY started DESC LIMIT 1"
        return next((row[0] for row in connection.execute(text(sql))), "")


def test_no_run_starts_where_the_disk_is_nearly_full(home: given_home.Home, port: int) -> None:
    add(home, FOLLOWERS.format(every="1s"))
    process = home.start("serve", GREENROOM_SERVICE__FREE_DISK_MB=str(10**12))
    assert given_home.eventually(lambda: rows(home, "SELECT 1 FROM runs"))
    assert given_home.eventually(lambda: asked(port, "/readyz")[0] == 503)
    reasons = json.loads(asked(port, "/readyz")[1])["reasons"]
    stop(process)

    assert len(reasons) == 1
    assert "MB are free" in reasons[0]
    assert rows(home, "SELECT DISTINCT status, attempt FROM runs") == [("queued", 0)]


def test_a_service_manager_is_told_how_it_goes(home: given_home.Home, tmp_path: Path) -> None:
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        listening = threading.Thread(target=lambda: listen(manager, heard))
        listening.start()
        process = home.start(
            "serve", NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="1000000"
        )
        assert given_home.eventually(lambda: b"WATCHDOG=1" in heard)
        stop(process)
        listening.join(20)

    assert heard[0] == b"READY=1"
    assert heard[-1] == b"STOPPING=1"


def listen(manager: socket.socket, heard: list[bytes]) -> None:
    while not heard or heard[-1] != b"STOPPING=1":
        heard.append(manager.recv(4096))


def test_a_port_that_is_taken_is_named(home: given_home.Home, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        said = home.child("serve")

    assert said.code == exits.USAGE
    assert f"service.port: {port} cannot be used" in said.err


def test_nobody_is_ready_where_nobody_leads_or_a_list_is_old(
    home: given_home.Home, port: int
) -> None:
    add(home, FOLLOWERS.format(every="1h") + NO_BROWSER)
    process = home.start("serve")
    assert given_home.eventually(lambda: asked(port, "/readyz")[0] == 200)
    home.change("UPDATE schedules SET changed_at = '2026-01-01 00:00:00'")
    status, body = asked(port, "/readyz")
    later = moment.stored(moment.now() + timedelta(minutes=5), "sqlite")
    home.change(f"UPDATE leases SET holder = 'another:1:1', expires_at = '{later}'")  # noqa: S608 - a time of ours
    taken = given_home.eventually(lambda: "greenroom_leading 0.0" in asked(port, "/metrics")[1])
    home.change("UPDATE leases SET expires_at = '2026-01-01 00:00:00', holder = 'dead:1:1'")
    back = given_home.eventually(lambda: "greenroom_leading 1.0" in asked(port, "/metrics")[1])
    stop(process)

    assert status == 503
    assert json.loads(body)["reasons"] == [
        "schedule followers: no complete follower list of main yet"
    ]
    assert taken
    assert back


ROOMS = """
[schedule.rooms]
collector = "chaturbate.online_rooms"
account = "main"
every = "2s"
"""
CAMPAIGN = {"GREENROOM_TOKEN_MAIN__CAMPAIGN": client.CAMPAIGN}


def test_a_call_works_in_the_service_and_is_gone_on_with_by_the_next_if_it_is_killed(
    home: given_home.Home, world: client.Practice
) -> None:
    add(home, ROOMS)
    world.fault("stall", path="/api/public/affiliates/*", times=None)
    first = home.start("serve", **CAMPAIGN)
    working = "SELECT id FROM runs WHERE status = 'running'"
    assert given_home.eventually(lambda: rows(home, working), 40), given_home.ended(first)
    children = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    first.communicate()
    world.clear_faults()
    home.change("UPDATE runs SET active_at = '2026-01-01 00:00:00.000000'")

    second = home.start("serve", **CAMPAIGN)
    ended = "SELECT status, attempt FROM runs WHERE id = 1 AND ended_at IS NOT NULL"
    assert given_home.eventually(lambda: rows(home, ended) == [("ok", 2)], 40)
    said = stop(second)

    assert (children, said.code) == ([], exits.OK)
    assert " chaturbate.online_rooms: ended ok" in home("runs", "log", 1).out


def test_a_site_that_is_switched_off_is_not_asked_and_every_due_time_says_so(
    home: given_home.Home, world: client.Practice
) -> None:
    add(home, ROOMS)
    file = home.folder / "greenroom.toml"
    site = "[sites.chaturbate]\n"
    file.write_text(file.read_text().replace(site, f"{site}enabled = false\n"))
    process = home.start("serve", **CAMPAIGN)
    refused = "SELECT reason FROM due_times WHERE outcome = 'refused'"

    assert given_home.eventually(lambda: rows(home, refused), 40)
    stop(process)

    assert "chaturbate is switched off" in rows(home, refused)[0][0]
    assert home("collect", "chaturbate.online_rooms", "-a", "main").code == exits.USAGE
    assert world.requests("/api/public/affiliates/*") == []
