from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from sqlalchemy import text

from jobs import service_settings
from jobs.web import clients, doorman, gate, messages, sockets
from models import db, web_tokens
from tests.jobs.web import given_door as given
from tests.models import given_store


@pytest.fixture
def place(new_sqlite: Any, tmp_path: Path) -> Iterator[given.Place]:
    database = db.connect(new_sqlite("migrated"))
    with given.opened(database, tmp_path, 'origins = ["https://overlay.example"]') as opened:
        yield opened
    database.close()


async def refused(place: given.Place, path: str = "/ws/events", **options: Any) -> int:
    """Return the status with which a socket is refused, 0 for one that is not."""
    try:
        async with websockets.connect(f"ws://{place.host}{path}", proxy=None, **options):
            return 0
    except websockets.InvalidStatus as error:
        return error.response.status_code


async def test_nobody_comes_in_without_a_token_or_with_a_wrong_one(place: given.Place) -> None:
    async with place.web(None) as web:
        none = await place.state(web)
        web.headers["Authorization"] = "Bearer wrong"
        wrong = await place.state(web)
        read = await web.get("/api/tracking/telemetry/a/b")

    assert [one.status_code for one in (none, wrong, read)] == [401, 401, 401]
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    assert await refused(place) == 401
    assert await refused(place, additional_headers={"Authorization": "Bearer wrong"}) == 401


async def test_a_token_is_good_for_its_scope_only(place: given.Place) -> None:
    async with place.web("dashboard") as web:
        stated = await place.state(web)
    headers = {"Authorization": f"Bearer {place.tokens['telemetry']}"}

    assert stated.status_code == 403
    assert await refused(place, "/ws/dashboard", additional_headers=headers) == 403


async def test_who_tries_token_after_token_is_told_to_wait_and_a_right_one_still_opens(
    place: given.Place,
) -> None:
    async with place.web() as web:
        for _ in range(doorman.WRONG):
            await web.get("/api/tracking/telemetry/a/b", headers={"Authorization": "Bearer no"})
        more = await web.get("/api/tracking/telemetry/a/b", headers={"Authorization": "Bearer no"})
        right = await place.state(web)

    assert (more.status_code, right.status_code) == (429, 200)
    assert int(more.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 0),
        ("http://{host}", 0),
        ("https://overlay.example", 0),
        ("https://evil.example", 403),
        ("http://127.0.0.1:1", 403),
        ("null", 403),
    ],
)
async def test_a_foreign_page_opens_no_socket(
    place: given.Place, origin: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {place.tokens['all']}"}
    given_origin = None if origin is None else origin.format(host=place.host)
    found = await refused(place, additional_headers=headers, origin=given_origin)

    assert found == status


async def test_a_browser_shows_its_token_as_a_subprotocol_and_none_is_logged(
    place: given.Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "uvicorn")
    token = place.tokens["dashboard"]
    address = f"ws://{place.host}/ws/events"
    offered: Any = ["greenroom", f"bearer.{token}"]
    async with websockets.connect(address, subprotocols=offered, proxy=None) as socket:
        assert socket.subprotocol == "greenroom"
    assert token not in caplog.text


async def test_another_host_name_is_refused(place: given.Place) -> None:
    async with place.web() as web:
        found = {
            host: (await web.get("/healthz", headers={"Host": host})).status_code
            for host in ("localhost", "127.0.0.1:1", "[::1]:8790", "rebound.example", "")
        }

    assert list(found.values()) == [200, 200, 200, 400, 400]


async def test_a_body_without_end_is_refused(place: given.Place) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 50_000

    async with place.web() as web:
        long = await web.post("/api/tracking/telemetry", content=b" " * (gate.BODY_LIMIT + 1))
        headers = {"Content-Type": "application/json"}
        chunks = await web.post("/api/tracking/telemetry", content=endless(), headers=headers)

    assert (long.status_code, chunks.status_code) == (413, 413)


async def test_a_token_that_is_revoked_closes_its_sockets(place: given.Place) -> None:
    async with place.listening("/ws/events", "dashboard") as socket:
        with place.database.write() as connection:
            assert web_tokens.revoke(connection, "dashboard-one")
        async with asyncio.timeout(15):
            await socket.wait_closed()

    assert socket.close_code == sockets.REVOKED


async def test_the_use_of_a_token_is_noted_and_the_token_is_kept_nowhere(
    place: given.Place,
) -> None:
    async with place.web() as web:
        await place.state(web)
        async with asyncio.timeout(10):
            while True:
                with place.database.read() as connection:
                    found = {one.name: one for one in web_tokens.everybody(connection)}
                if found["all-one"].last_used_at:
                    break
                await asyncio.sleep(0.02)

    assert found["all-one"].sha256 == web_tokens.digest(place.tokens["all"])
    with place.database.read() as connection:
        rows = connection.execute(text("SELECT * FROM web_tokens")).all()
    assert place.tokens["all"] not in str(rows)


def test_the_door_is_on_this_machine_unless_it_is_told_otherwise() -> None:
    assert service_settings.Service().is_loopback
    assert not service_settings.Service(host="0.0.0.0").is_loopback  # noqa: S104 - only said


async def test_beyond_this_machine_metrics_want_a_token_too(
    new_sqlite: Any, tmp_path: Path
) -> None:
    database = db.connect(new_sqlite("migrated"))
    with given.opened(database, tmp_path, 'host = "0.0.0.0"') as place:
        async with place.web(None) as nobody, place.web("dashboard") as somebody:
            paths = ("/healthz", "/metrics", "/readyz")
            found = [(await nobody.get(path)).status_code for path in paths]
            metrics = await somebody.get("/metrics")
    database.close()

    assert found == [200, 401, 401]
    assert "greenroom_sockets" in metrics.text


async def test_acts_are_told_as_they_happen_private_ones_to_those_who_may_know(
    place: given.Place,
) -> None:
    async with (
        place.listening("/ws/events", "dashboard") as public,
        place.listening("/ws/events", "all") as private,
    ):
        place.apply(
            given.act("1", username=None, text="hi"),
            given.act("2", private=True),
            given.act("3", username="bob", kind="chat", tokens=None),
        )
        seen = [await given.heard(public) for _ in range(2)]
        everything = [await given.heard(private) for _ in range(3)]

    assert [told["data"]["username"] for told in seen] == [None, "bob"]
    assert [told["data"]["private"] for told in everything] == [False, True, False]
    assert seen[0]["event_type"] == "INTERACTION"
    assert seen[0]["data"]["tokens"] == 33
    assert everything[0] | {"timestamp": 0} == seen[0] | {"timestamp": 0}


async def test_an_act_that_several_sources_state_is_told_to_each_listener_once(
    database: db.Database, tmp_path: Path
) -> None:
    at = given.ago(seconds=1)
    with given.opened(database, tmp_path) as place:
        async with (
            place.listening("/ws/events", "dashboard") as public,
            place.listening("/ws/events", "all") as private,
        ):
            for source, facts in (
                ("chaturbate.token_stats", {"private": True}),
                ("chaturbate.events", {}),
                ("chaturbate.room_history", {}),
            ):
                place.apply(given.act(source, source=source, at=at, **facts))
            place.apply(given.act("last", username="bob", source="chaturbate.events"))
            told = [[await given.heard(socket) for _ in range(2)] for socket in (public, private)]
        async with place.listening("/ws/events?since=0.0", "dashboard") as back:
            told.append([await given.heard(back) for _ in range(2)])

    assert [[one["data"]["source"] for one in heard] for heard in told] == [
        ["chaturbate.events", "chaturbate.events"],
        ["chaturbate.token_stats", "chaturbate.events"],
        ["chaturbate.events", "chaturbate.events"],
    ]
    assert [first["data"]["id"] for first, _ in told] == [1, 1, 1]
    assert [last["data"]["username"] for _, last in told] == ["bob"] * 3


async def test_history_that_is_read_later_is_not_live(place: given.Place) -> None:
    async with place.listening("/ws/events") as socket:
        place.apply(given.act("old", at=given.ago(hours=2)), given.act("new", username="bob"))
        told = await given.heard(socket)

    assert told["data"]["username"] == "bob"


async def test_whoever_comes_back_is_told_what_they_missed_and_then_what_comes(
    place: given.Place,
) -> None:
    async with place.web() as web:
        async with place.listening("/ws/dashboard") as socket:
            await place.state(web, tokens_count=1)
            seq = (await given.heard(socket, "TELEMETRY_UPDATE"))["seq"]
        for tokens in range(2, 700):
            with place.database.write() as connection:
                given_store.rows(connection, "cursors")
                connection.execute(
                    text(
                        "INSERT INTO telemetry (room, platform, tokens, tips, viewers, timestamp,"
                        " source, arrived_at, confirmed_at) VALUES ('r', 'p', :n, 0, 0, 0, 's',"
                        " '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
                    ),
                    {"n": tokens},
                )
        async with place.listening(f"/ws/dashboard?since={seq}") as socket:
            told = [await given.heard(socket, "TELEMETRY_UPDATE") for _ in range(698)]
            await place.state(web, tokens_count=9999)
            last = await given.heard(socket, "TELEMETRY_UPDATE")

    assert [one["data"]["tokens"] for one in told] == list(range(2, 700))
    assert last["data"]["tokens"] == 9999


@pytest.mark.parametrize(("path", "since"), [("dashboard", "99"), ("events", "99.0")])
async def test_whoever_names_a_place_that_is_not_there_is_told_so(
    place: given.Place, path: str, since: str
) -> None:
    async with place.listening(f"/ws/{path}?since={since}") as socket:
        told = await given.heard(socket)

    assert (told["event_type"], told["missed"]) == ("LAGGED", None)
    headers = {"Authorization": f"Bearer {place.tokens['all']}"}
    assert await refused(place, f"/ws/{path}?since=x", additional_headers=headers) == 422


async def test_a_slow_client_is_told_how_much_it_missed_and_goes_on_and_slows_nobody() -> None:
    slow = clients.Client((0,), private=True, seq=lambda marks: marks[0])
    quick = clients.Client((0,), private=True, seq=lambda marks: marks[0])
    heard = []
    for number in range(1, 201):
        message = messages.Message(json.dumps({"seq": number}), (number,))
        clients.offer([slow, quick], [message])
        heard += [json.loads(one.text)["seq"] for one in await quick.following()]

    told = [json.loads(one.text) for one in [*await slow.following(), *await slow.following()]]
    clients.offer([slow], [messages.Message('{"seq": 201}', (201,))])

    assert heard == list(range(1, 201))
    assert [one["seq"] for one in told[:-1]] == list(range(1, clients.BUFFER + 1))
    lagged = told[-1]
    assert (lagged["event_type"], lagged["missed"], lagged["since"]) == (
        "LAGGED",
        72,
        clients.BUFFER,
    )
    assert [one.text for one in await slow.following()] == ['{"seq": 201}']


async def test_a_client_that_knows_later_firings_is_not_told_them_twice_and_misses_none() -> None:
    client = clients.Client((9, 5), private=True, seq=str)
    ahead = [
        messages.Message(f"{acts}.{fired}", (acts, fired))
        for acts, fired in [(8, 3), (9, 3), (10, 3), (10, 4), (10, 5), (10, 6)]
    ]
    clients.offer([client], ahead)
    behind = clients.Client((20, 1), private=True, seq=str)
    clients.offer([behind], [messages.Message("12.1", (12, 1)), messages.Message("12.2", (12, 2))])

    assert [one.text for one in await client.following()] == ["10.3", "10.6"]
    assert client.marks == (10, 6)
    assert [one.text for one in await behind.following()] == ["12.2"]


async def test_what_is_told_beside_the_log_hides_nothing_of_the_log() -> None:
    client = clients.Client((1,), private=True, seq=lambda marks: marks[0])
    clients.offer([client], [messages.Message("beside", (7,), extra=True)])
    clients.offer([client], [messages.Message("2", (2,)), messages.Message("3", (3,))])

    assert [one.text for one in await client.following()] == ["beside", "2", "3"]
    assert client.marks == (3,)


async def test_what_a_slow_socket_missed_is_in_the_table(place: given.Place) -> None:
    room = "r" * 180
    async with place.web() as web:
        async with place.listening("/ws/dashboard", max_queue=1, close_timeout=0.1) as slow:
            slow.transport.pause_reading()
            for begin in range(0, 9000, 450):
                with place.database.write() as connection:
                    connection.execute(
                        text(
                            "INSERT INTO telemetry (room, platform, tokens, tips, viewers,"
                            " timestamp, source, arrived_at, confirmed_at)"
                            " VALUES (:room, :room, :n, 0, 0, 0, 's', '2026-01-01', '2026-01-01')"
                        ),
                        [{"room": room, "n": n} for n in range(begin, begin + 450)],
                    )
                place.door.nudge()
            await place.state(web)  # the last of them is told to whoever is quick
            async with place.listening("/ws/dashboard") as quick:
                await place.state(web, tokens_count=7)
                assert (await given.heard(quick, "TELEMETRY_UPDATE"))["data"]["tokens"] == 7
            slow.transport.resume_reading()
            lagged = await given.heard(slow, "LAGGED")
        async with place.listening(
            f"/ws/dashboard?since={lagged['since']}", close_timeout=0.1
        ) as back:
            first = await given.heard(back, "TELEMETRY_UPDATE")

    assert lagged["missed"] > 0
    assert first["seq"] == lagged["since"] + 1
