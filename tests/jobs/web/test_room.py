"""What the own room's page says, read in a real browser, is a level that listeners are told."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from fixtures.practice import client
from models import apply, db, moment, records, telemetry
from tests.jobs import given_runs as given
from tests.jobs.cli import given_home
from tests.jobs.web import given_door
from tests.models import given_store

ROOM = "chaturbate.room"
CONTEXT = "/api/chatvideocontext/*"
HISTORY = "/push_service/room_history/"
SMALL: dict[str, Any] = {"followed": 4, "messages": 20, "tips": 10, "keep_sessions": True}


@pytest.fixture
def studio(
    world: client.Practice, furnish: Callable[..., given.House], new_database: db.Database
) -> given.House:
    """Return a house at a small world."""
    world.clear_faults()
    world.configure(**SMALL)
    return furnish(new_database)


def levels(house: given.House) -> list[tuple[Any, ...]]:
    return house.rows("SELECT tokens, tips, viewers FROM telemetry ORDER BY id")


def stands(world: client.Practice) -> tuple[int, int, int]:
    """Return what the room really stands at."""
    told = world.truth()["own_room"]
    return told["tokens"], told["tips"], told["viewers"]


async def test_each_run_reads_what_the_room_stands_at_while_a_broadcast_goes_on(
    world: client.Practice, furnish: Callable[..., given.House], database: db.Database
) -> None:
    world.configure(**SMALL)
    house, truth = furnish(database), []
    for seed in (1, 2, 3):
        world.play(seed, 40, platforms=["chaturbate"])
        truth.append(stands(world))
        report = await house.collect(ROOM)
        assert (report.status, report.records) == ("ok", 1)

    assert levels(house) == truth
    assert len({tokens for tokens, _, _ in truth}) == 3
    assert house.rows("SELECT DISTINCT room, platform, source FROM telemetry") == [
        (client.USERNAME, "chaturbate", ROOM)
    ]


async def test_a_balance_that_rises_is_no_tip(studio: given.House, world: client.Practice) -> None:
    for seed in (1, 2):
        world.play(seed, 40, platforms=["chaturbate"])
        await studio.collect(ROOM)

    assert levels(studio)[0][0] < levels(studio)[1][0]
    assert studio.rows("SELECT count(*) FROM interactions") == [(0,)]


async def test_a_room_that_is_offline_has_neither_viewers_nor_tips(
    studio: given.House, world: client.Practice
) -> None:
    world.play(1, 40, platforms=["chaturbate"])
    world.churn([{"do": "stop"}])
    report = await studio.collect(ROOM)

    assert report.status == "ok"
    assert levels(studio) == [(stands(world)[0], 0, 0)]
    assert world.requests(HISTORY) == []


async def test_a_level_that_stands_is_confirmed_and_not_repeated(studio: given.House) -> None:
    await studio.collect(ROOM)
    again = await studio.collect(ROOM)

    assert (again.records, again.new) == (1, 0)
    assert studio.rows("SELECT count(*) FROM telemetry WHERE confirmed_at > arrived_at") == [(1,)]


async def test_a_session_that_ended_is_made_anew(
    studio: given.House, world: client.Practice
) -> None:
    await studio.collect(ROOM)
    world.expire_sessions()
    studio.forget_sign_in()
    world.play(1, 10, platforms=["chaturbate"])

    assert (await studio.collect(ROOM)).status == "ok"
    assert levels(studio)[-1] == stands(world)


FAULTS = {
    "a challenge": ("challenge", CONTEXT, "needs_operator", "challenge"),
    "a challenge before the tips": ("challenge", HISTORY, "needs_operator", "challenge"),
    "a page that is cut": ("truncate", CONTEXT, "partial", "body_truncated"),
    "an error of the server": ("server_error", HISTORY, "partial", "server_error"),
    "another layout": ("rename_classes", CONTEXT, "failed", "page_changed"),
    "another layout of tips": ("rename_classes", HISTORY, "failed", "page_changed"),
    "a page for people": ("html_instead", CONTEXT, "failed", "not_json"),
    "another room": ("other_room", CONTEXT, "failed", "page_changed"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_not_the_own_page_is_no_level(
    studio: given.House, world: client.Practice, fault: str
) -> None:
    kind, path, status, code = FAULTS[fault]
    world.configure(**SMALL, own_show="public")
    details: dict[str, Any] = {"mode": "content_length"} if kind == "truncate" else {}
    world.fault(kind, path=path, times=None, **details)
    report = await studio.collect(ROOM)
    world.clear_faults()

    assert (report.status, report.errors[0].code) == (status, code)
    assert levels(studio) == []


def test_an_answer_that_is_read_again_later_is_not_what_the_room_stands_at_now(
    database: db.Database,
) -> None:
    def state(tokens: int, minutes: int) -> int:
        level = records.Level(room="alice", tokens=tokens, tips=0, viewers=0)
        at = moment.now() - timedelta(minutes=minutes)
        with database.write() as connection:
            source = given_store.source(connection, seen_at=at)
            return apply.apply(connection, [level], source).new

    assert [state(100, 3), state(250, 2), state(100, 3)] == [1, 1, 0]
    with database.read() as connection:
        stands = telemetry.current(connection, "alice", "chaturbate", moment.now())
    assert stands is not None
    assert stands.tokens == 250


SERVICE = """
[service]
port = {port}
lease_seconds = 1
[schedule.room]
collector = "chaturbate.room"
account = "main"
every = "1s"
"""


async def test_a_scheduled_run_is_seen_at_the_door_and_on_the_dashboard(
    world: client.Practice, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    world.play(1, 40, platforms=["chaturbate"])
    port = given_door.free_port()
    home = given_home.furnish(tmp_path / "home", world)
    file = home.folder / "greenroom.toml"
    file.write_text(file.read_text() + SERVICE.format(port=port))
    token = home("web", "token", "create", "overlay", "--scope", "dashboard").out.strip()
    door, bearer = f"127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}
    process = await asyncio.to_thread(home.start, "serve")
    try:
        async with asyncio.timeout(120), listening(door, bearer) as socket:
            told = json.loads(await socket.recv())
            while told["event_type"] != "TELEMETRY_UPDATE":
                told = json.loads(await socket.recv())
            path = f"http://{door}/api/tracking/telemetry/{client.USERNAME}/chaturbate"
            async with httpx.AsyncClient(headers=bearer, trust_env=False) as web:
                shown = (await web.get(path)).json()
        assert await asyncio.to_thread(has_run, home)
    finally:
        process.send_signal(signal.SIGTERM)
        said = await asyncio.to_thread(given_home.ended, process, 60)

    tokens, tips, viewers = stands(world)
    assert said.code == 0, said.err
    assert (told["room_id"], told["data"]["platform"]) == (client.USERNAME, "chaturbate")
    assert [told["data"][name] for name in ("tokens", "tips", "viewers")] == [tokens, tips, viewers]
    assert (shown["tokens_count"], shown["tips_count"]) == (tokens, tips)
    assert shown["viewers_count"] == viewers
    assert home.empties()


def has_run(home: given_home.Home) -> bool:
    """Wait until the first run has ended well; tell whether it has."""
    first = "SELECT status FROM runs WHERE id = 1"
    return given_home.eventually(lambda: home.rows(first) == [("ok",)])


@asynccontextmanager
async def listening(door: str, headers: dict[str, str]) -> AsyncIterator[ClientConnection]:
    """Listen to the dashboard as soon as somebody opens."""
    address = f"ws://{door}/ws/dashboard?since=0"
    socket = None
    while socket is None:
        try:
            socket = await websockets.connect(address, additional_headers=headers, proxy=None)
        except OSError:
            await asyncio.sleep(0.05)
    async with socket:
        yield socket
