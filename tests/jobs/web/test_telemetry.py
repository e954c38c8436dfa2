from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib import parse

import pytest
from sqlalchemy import text

from models import db
from tests.jobs.web import given_door as given

PATH = "/api/tracking/telemetry"


@pytest.fixture
def place(database: db.Database, tmp_path: Path) -> Iterator[given.Place]:
    with given.opened(database, tmp_path) as opened:
        yield opened


def rows(place: given.Place, sql: str) -> list[tuple[Any, ...]]:
    with place.database.read() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


async def test_what_is_stated_is_answered_by_the_contract_and_read_again(
    place: given.Place,
) -> None:
    async with place.web("telemetry") as web:
        answer = await place.state(web)
        read = await web.get(f"{PATH}/operator_one/chaturbate")

    assert answer.status_code == 200
    told = answer.json()
    assert list(told) == ["status", "message", "processed_at"]
    assert told["status"] == "success"
    assert told["message"] == "Telemetría procesada para room operator_one"
    assert abs(told["processed_at"] - time.time()) < 5
    assert read.json() == given.UPDATE


@pytest.mark.parametrize("room", ["a\0b", "a/b", "100%", "ñ?#"])
async def test_a_room_of_any_name_is_read_again(place: given.Place, room: str) -> None:
    async with place.web() as web:
        await place.state(web, room_id=room)
        read = await web.get(f"{PATH}/{parse.quote(room, safe='')}/chaturbate")

    assert read.json() == given.UPDATE | {"room_id": room.replace("\0", "\ufffd")}


async def test_nobody_knows_a_room_that_was_never_stated(place: given.Place) -> None:
    async with place.web("dashboard") as web:
        read = await web.get(f"{PATH}/nowhere/chaturbate")

    assert (read.status_code, read.text) == (404, "Telemetría no encontrada")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        pytest.param(b'{"more":' + b"[" * 100_000, 400, id="too deep"),
        (b"[]", 422),
        (json.dumps({**given.UPDATE, "tokens_count": 1.5}).encode(), 422),
        (json.dumps({**given.UPDATE, "tokens_count": 1480.0}).encode(), 422),
        (json.dumps({**given.UPDATE, "tokens_count": -1}).encode(), 422),
        (json.dumps({**given.UPDATE, "tokens_count": "1480"}).encode(), 422),
        (json.dumps({**given.UPDATE, "tips_count": 2**32}).encode(), 422),
        (json.dumps({**given.UPDATE, "viewers_count": None}).encode(), 422),
        (json.dumps({**given.UPDATE, "timestamp": 2**63}).encode(), 422),
        (json.dumps({**given.UPDATE, "room_id": 7}).encode(), 422),
        (json.dumps({**given.UPDATE, "room_id": "r" * 300}).encode(), 422),
        *(
            (json.dumps({k: v for k, v in given.UPDATE.items() if k != name}).encode(), 422)
            for name in given.UPDATE
        ),
        (json.dumps({**given.UPDATE, "more": 1}).encode(), 200),
        (json.dumps({**given.UPDATE, "room_id": "a\0b", "timestamp": -(2**63)}).encode(), 200),
    ],
)
async def test_a_body_that_is_none_is_refused_by_its_fault(
    new_sqlite: Any, tmp_path: Path, body: bytes, status: int
) -> None:
    database = db.connect(new_sqlite("migrated"))
    with given.opened(database, tmp_path) as place:
        async with place.web("telemetry") as web:
            answer = await web.post(
                PATH, content=body, headers={"Content-Type": "application/json"}
            )
        assert answer.status_code == status, answer.text
        assert len(rows(place, "SELECT 1 FROM telemetry")) == (status == 200)
    database.close()


async def test_only_json_is_taken(place: given.Place) -> None:
    body = json.dumps(given.UPDATE)
    async with place.web("telemetry") as web:
        sent = {
            kind: (await web.post(PATH, content=body, headers={"Content-Type": kind})).status_code
            for kind in ("application/json; charset=utf-8", "application/x+json", "text/plain", "")
        }

    assert list(sent.values()) == [200, 200, 415, 415]


async def test_a_level_is_current_for_an_hour_and_kept_for_good(place: given.Place) -> None:
    async with place.web() as web:
        await place.state(web)
        with place.database.write() as connection:
            connection.execute(text("UPDATE telemetry SET confirmed_at = '2026-01-01 00:00:00'"))
        read = await web.get(f"{PATH}/operator_one/chaturbate")

    assert read.status_code == 404
    assert rows(place, "SELECT tokens FROM telemetry") == [(1480,)]


async def test_a_level_that_stays_is_one_row_with_the_last_clock_and_is_told_each_time(
    place: given.Place,
) -> None:
    async with place.web() as web, place.listening("/ws/dashboard") as socket:
        for timestamp in (10, 20, 30):
            await place.state(web, timestamp=timestamp)
        told = [await given.heard(socket, "TELEMETRY_UPDATE") for _ in range(3)]
        read = await web.get(f"{PATH}/operator_one/chaturbate")
        await place.state(web, tokens_count=1)
        await place.state(web)

    assert [message["data"]["timestamp"] for message in told] == [10, 20, 30]
    assert len({message["seq"] for message in told}) == 1
    assert read.json()["timestamp"] == 30
    assert rows(place, "SELECT tokens, timestamp FROM telemetry ORDER BY id") == [
        (1480, 30),
        (1, 1_790_000_000),
        (1480, 1_790_000_000),
    ]


async def test_many_at_once_are_each_answered_and_kept(place: given.Place) -> None:
    async with place.web("telemetry") as web:
        answers = await asyncio.gather(
            *(place.state(web, room_id=f"room_{n % 7}", tokens_count=n) for n in range(200))
        )

    assert {answer.status_code for answer in answers} == {200}
    assert rows(place, "SELECT count(*) FROM telemetry") == [(200,)]


async def test_the_dashboard_is_told_in_the_contracts_words(place: given.Place) -> None:
    async with place.web("telemetry") as web, place.listening("/ws/dashboard", "dashboard") as ws:
        await place.state(web)
        told = await given.heard(ws, "TELEMETRY_UPDATE")
        room = await given.heard(ws, "ROOM_UPDATE")

    assert abs(told.pop("timestamp") - time.time()) < 5
    assert told == {
        "event_type": "TELEMETRY_UPDATE",
        "room_id": "operator_one",
        "data": {
            "platform": "chaturbate",
            "tokens": 1480,
            "tips": 0,
            "viewers": 12,
            "timestamp": 1_790_000_000,
        },
        "seq": 1,
    }
    assert room["data"] == {"new_total": 1480.0, "members": []}


async def test_a_room_comes_to_what_its_platforms_hold_and_names_who_acted_lately(
    place: given.Place,
) -> None:
    gift = {"at": given.ago(seconds=9), "tokens": 7}
    place.apply(
        given.act("1"),
        given.act("2", username="bob", private=True),
        given.act("3", source="chaturbate.events", username=None, **gift),
        given.act("4", source="chaturbate.token_stats", username="carol", **gift),
        given.act("5", platform="camsoda", room="camsoda/operator_one", username="dave"),
    )
    async with place.web() as web, place.listening("/ws/dashboard") as socket:
        await place.state(web)
        await place.state(web, platform="stripchat", tokens_count=20)
        room = await given.heard(
            socket, "ROOM_UPDATE", until=lambda told: told["data"]["new_total"] == 1500
        )

    assert room["data"] == {"new_total": 1500.0, "members": ["alice", "dave"]}


async def test_what_another_process_writes_is_told_too(place: given.Place) -> None:
    async with place.listening("/ws/dashboard") as socket:
        with place.database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO telemetry (room, platform, tokens, tips, viewers, timestamp,"
                    " source, arrived_at, confirmed_at) VALUES ('r', 'p', 1, 2, 3, 4, 's',"
                    " '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
                )
            )
        told = await given.heard(socket, "TELEMETRY_UPDATE")

    assert told["room_id"] == "r"


async def test_a_fault_in_the_middle_ends_no_work(place: given.Place) -> None:
    with place.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE telemetry RENAME TO away")
    async with place.web() as web:
        refused = await place.state(web)
    with place.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO telemetry")
    async with place.web() as web:  # after a fault the server closes the connection
        taken = await place.state(web)

    assert refused.status_code >= 500
    assert taken.status_code == 200
