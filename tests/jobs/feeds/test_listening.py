"""A feed is listened to for as long as the service runs, whatever the other side does."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from fixtures.practice import client
from jobs import logs, tokens
from jobs.feeds import ears, listener, station, taking
from models import db, feeds, gaps, moment
from scraper import errors, payload, vault
from tests.jobs import given_callers
from tests.jobs.feeds import given_broadcast, given_feeds
from tests.jobs.feeds.given_feeds import until

FEED = "/events/*"
CHATURBATE = ["chaturbate"]
SMALL: dict[str, Any] = {"followed": 4, "messages": 20, "tips": 10, "keep_sessions": True}


@pytest.fixture
def house(world: client.Practice, new_database: db.Database, tmp_path: Path) -> given_feeds.House:
    world.configure(**SMALL)
    return given_feeds.house(world, new_database, tmp_path)


async def test_what_happens_is_in_the_table_while_it_happens(
    house: given_feeds.House, world: client.Practice
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
        before = house.count()
        world.play(1, 300, platforms=CHATURBATE)
        await until(lambda: house.count() == before + 300)
        told = house.feed()

        assert (told.state, told.records, told.new) == ("live", before + 300, before + 300)
    assert house.state() == "off"


async def test_the_next_service_goes_on_where_the_last_one_stopped(
    house: given_feeds.House, world: client.Practice
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
    before, asked = house.count(), len(world.requests(FEED))
    world.play(1, 50, platforms=CHATURBATE)
    async with house.listening():
        await until(lambda: house.count() == before + 50)

    assert "i" in world.requests(FEED)[asked]["query"]
    assert house.count("gaps") == 0


@pytest.mark.parametrize(
    ("kind", "details", "code"),
    [
        ("server_error", {"status": 521}, "server_error"),
        ("server_error", {"status": 500}, "server_error"),
        ("throttle", {"retry_after": 0}, "throttled"),
        ("reset", {}, "body_truncated"),
        ("truncate", {"mode": "silent"}, "empty_answer"),
        ("html_instead", {}, "not_json"),
        ("rename_classes", {}, "page_changed"),
    ],
)
async def test_a_passing_trouble_is_waited_out_and_shown(
    house: given_feeds.House,
    world: client.Practice,
    kind: str,
    details: dict[str, Any],
    code: str,
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
        before = house.count()
        number = world.fault(kind, path=FEED, times=None, **details)
        world.play(1, 10, platforms=CHATURBATE)
        await until(lambda: house.state() == "backing_off")
        shown = house.feed()
        await until(lambda: hits(world, number) >= 4)
        world.clear_faults()
        await until(lambda: house.count() == before + 10)

    assert shown.code == code
    assert shown.again_at is not None


def hits(world: client.Practice, number: int) -> int:
    return sum(one["hits"] for one in world.status()["faults"] if one["number"] == number)


async def test_each_wait_is_twice_as_long_as_the_one_before_up_to_the_longest(
    house: given_feeds.House, world: client.Practice
) -> None:
    world.fault("server_error", path=FEED, times=7)
    async with house.listening():
        await until(lambda: house.state() == "live")
    times = [one["at"] for one in world.requests(FEED)][:8]
    waits = [later - sooner for sooner, later in itertools.pairwise(times)]

    for wait, wanted in zip(waits, (0.05, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4), strict=True):
        assert wanted * 0.8 <= wait <= wanted * 1.2 + 2


async def test_a_site_that_says_how_long_to_wait_is_left_alone_so_long(
    house: given_feeds.House, world: client.Practice
) -> None:
    world.fault("throttle", path=FEED, times=1, retry_after=2)
    async with house.listening():
        await until(lambda: house.state() == "live")
    first, second = (one["at"] for one in world.requests(FEED)[:2])

    assert second - first >= 2


async def test_a_refused_token_stops_the_feed_until_there_is_another(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    house = given_feeds.house(world, new_database, tmp_path, environ={})
    box = vault.open_vault(house.chosen.storage.directory, {})
    tokens.store("main", "events", "canary-wrong-token", box)
    async with house.listening():
        await until(lambda: house.state() == "stopped")
        stopped = house.feed()
        began = time.monotonic()
        await until(lambda: time.monotonic() > began + 0.5)
        sent = len(world.requests(FEED))
        tokens.store("main", "events", client.API_TOKEN, box)
        await until(lambda: house.state() == "live")

    assert (stopped.code, sent) == ("token_refused", 1)


async def test_a_challenge_stops_the_feed_until_its_operator_says_go(
    house: given_feeds.House, world: client.Practice
) -> None:
    world.fault("challenge", path=FEED, times=1)
    async with house.listening():
        await until(lambda: house.state() == "stopped")
        began = time.monotonic()
        await until(lambda: time.monotonic() > began + 0.4)
        sent = len(world.requests(FEED))
        with house.database.write() as connection:
            feeds.change(connection, "room", asked_at=moment.now())
        await until(lambda: house.state() == "live")

    assert sent == 1


async def test_a_paused_feed_is_asked_nothing(
    house: given_feeds.House, world: client.Practice
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
        first = house.count()
        with house.database.write() as connection:
            feeds.change(connection, "room", paused_at=moment.now())
        world.play(1, 5, platforms=CHATURBATE)  # heard now if it is being asked, else later
        await until(lambda: house.state() == "paused")
        before, asked = house.count(), len(world.requests(FEED))
        world.play(2, 5, platforms=CHATURBATE)
        began = time.monotonic()
        await until(lambda: time.monotonic() > began + 0.3)
        assert (house.count(), len(world.requests(FEED))) == (before, asked)
        with house.database.write() as connection:
            feeds.change(connection, "room", paused_at=None)
        await until(lambda: house.count() == first + 10)


async def test_only_one_of_several_services_listens_and_another_takes_over(
    world: client.Practice, database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    houses = [
        given_feeds.house(world, database, tmp_path / name, lease=1) for name in ("one", "two")
    ]
    async with houses[0].listening("one"):
        await until(lambda: houses[0].state() == "live")
        async with houses[1].listening("two"):
            before = houses[0].count()
            world.play(1, 50, platforms=CHATURBATE)
            await until(lambda: houses[0].count() == before + 50)
            assert houses[0].feed().holder == "one"
            waiting = [one["query"].get("timeout") for one in world.requests(FEED)]
    async with houses[1].listening("two"):
        world.play(2, 50, platforms=CHATURBATE)
        await until(lambda: houses[1].count() == before + 100)
        assert houses[1].feed().holder == "two"

    assert waiting.count("0") == 1


async def test_one_feed_that_is_down_does_not_disturb_another(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    second = f'[accounts.second]\nsite = "chaturbate"\nusername = "{client.SECOND_USERNAME}"\n'
    listens = "".join(
        f'[feeds.{name}]\nfeed = "chaturbate.events"\naccount = "{account}"\n'
        for name, account in (("room", "main"), ("other", "second"))
    )
    environ = given_callers.TOKENS | {"GREENROOM_TOKEN_SECOND__EVENTS": client.API_TOKEN}
    house = given_feeds.house(world, new_database, tmp_path, more=second + listens, environ=environ)
    world.fault("server_error", path=f"/events/{client.SECOND_USERNAME}/*", times=None)
    async with house.listening():
        await until(lambda: house.state("other") == "backing_off")
        await until(lambda: house.state() == "live")
        before = house.count()
        world.play(1, 50, platforms=CHATURBATE)
        await until(lambda: house.count() == before + 50)

        assert house.state("other") in {"backing_off", "connecting"}
        world.clear_faults()
        await until(lambda: house.count() == 2 * (before + 50))


async def test_a_lost_place_is_a_gap_from_there_to_where_the_feed_goes_on(
    world: client.Practice, database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL, feed_backlog=40)
    house = given_feeds.house(world, database, tmp_path)
    async with house.listening():
        await until(lambda: house.state() == "live")
    last = max(row[0] for row in house.rows("SELECT value FROM cursors"))
    world.play(1, 100, platforms=CHATURBATE)
    async with house.listening():
        await until(lambda: house.state() == "live" and house.count("gaps") == 1)
        await until(lambda: house.feed().new >= 40)
    with house.database.read() as connection:
        (gap,) = gaps.of_state(connection)

    assert (gap.feed, gap.reason, gap.state) == ("chaturbate.events", "cursor_lost", "open")
    assert gap.since.timestamp() == pytest.approx(int(last.partition("-")[0]) / 1000)
    assert gap.since < gap.until <= moment.now()


async def test_a_cursor_that_is_gone_leaves_a_gap_where_the_backlog_does_not_reach(
    world: client.Practice, database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL, feed_backlog=40)
    house = given_feeds.house(world, database, tmp_path)
    async with house.listening():
        await until(lambda: house.state() == "live")
    with house.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM cursors")
    async with house.listening():
        await until(lambda: house.state() == "live")
    assert house.count("gaps") == 0
    with house.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM cursors")
    world.play(1, 100, platforms=CHATURBATE)
    async with house.listening():
        await until(lambda: house.count("gaps") == 1)


async def test_a_place_that_is_gone_is_a_gap_and_the_feed_goes_on_from_its_backlog(
    house: given_feeds.House, world: client.Practice
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
    before = house.count()
    world.fault("server_error", path=FEED, status=410)
    world.play(1, 30, platforms=CHATURBATE)
    async with house.listening():
        await until(lambda: house.count() == before + 30)
        shown = house.feed()

    with house.database.read() as connection:
        (gap,) = gaps.of_state(connection)
    assert (gap.reason, shown.state, shown.code) == ("cursor_lost", "live", None)


async def test_a_feed_that_does_not_wait_for_news_is_not_asked_without_a_pause(
    house: given_feeds.House, world: client.Practice
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
    world.fault("empty", path=FEED, times=None)
    async with house.listening():
        asked = len(world.requests(FEED))
        await until(lambda: len(world.requests(FEED)) >= asked + 3)
        times = [one["at"] for one in world.requests(FEED)[asked:]]
        world.clear_faults()

    assert times[2] - times[1] > 0.9


RELAY = """
[sites.relay]
base_url = "{0.relay}"
requests_per_minute = 0
[accounts.relay]
site = "relay"
username = "{0.username}"
[feeds.relay]
feed = "relay.camsoda"
account = "relay"
"""


async def test_an_answer_of_a_relay_that_is_lost_on_its_way_is_a_gap(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    house = given_feeds.house(world, new_database, tmp_path, more=RELAY.format(world))
    async with house.listening():
        await until(lambda: house.state("relay") == "live")
    async with house.listening():  # what happens between two listeners waits in the relay
        await until(lambda: house.state("relay") == "live")
        assert house.count("gaps") == 0
        world.fault("server_error", path=FEED, site="relay")
        await until(lambda: house.state("relay") == "backing_off")
        await until(lambda: house.state("relay") == "live")
        assert house.count("gaps") == 0
        world.fault("reset", path=FEED, site="relay")
        await until(lambda: house.count("gaps"))
    with house.database.write() as connection:
        feeds.change(connection, "relay", state="live")  # as of one that was killed
    async with house.listening():
        await until(lambda: house.count("gaps") == 2)

    assert set(house.rows("SELECT feed, reason FROM gaps")) == {("relay.camsoda", "answer_lost")}


async def test_an_answer_that_tells_nothing_is_not_kept(house: given_feeds.House) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
        payloads = house.count("payloads")
    for _ in range(3):
        async with house.listening():
            await until(lambda: house.state() == "live")

    assert house.count("payloads") == payloads


async def test_a_cursor_that_is_gone_leaves_a_gap_where_nothing_was_kept(
    house: given_feeds.House,
) -> None:
    async with house.listening():
        await until(lambda: house.state() == "live")
    with house.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM cursors")
    taker = station.begin(house.database, house.chosen, "room", "here")
    goes_on = f"{taker.ask(patient=False).url.partition('?')[0]}?i=1-0"
    nothing = given_broadcast.answers(taker, [{"events": [], "nextUrl": goes_on}])
    taker.take(nothing)

    with house.database.read() as connection:
        (gap,) = gaps.of_state(connection)
    assert (gap.reason, gap.until) == ("cursor_lost", nothing[0].fetched_at)


class Shaky(db.Database):
    """A database that cannot be written to while it is `down`."""

    def __init__(self, inner: db.Database) -> None:
        self._inner, self.url, self.dialect = inner, inner.url, inner.dialect
        self.down = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        if self.down:
            raise db.Unusable("database_busy", "somebody writes for too long")
        with self._inner.write() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._inner.read() as connection:
            yield connection


async def test_a_feed_that_is_let_go_of_says_whether_somebody_else_has_it(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    shaky = Shaky(new_database)
    house = given_feeds.house(world, shaky, tmp_path, lease=1)
    log = io.StringIO()
    with logs.copied(log):
        async with house.listening():
            await until(lambda: house.state() == "live")
            shaky.down = True
            await until(lambda: house.state() == "off")  # as nobody can renew the lease
            assert (
                log.getvalue().count("feed room: the database: somebody writes for too long") == 1
            )
            assert "another process" not in log.getvalue()
            with new_database.write() as connection:
                feeds.change(connection, "room", heard_at=(heard := moment.now()))
            assert house.feed().since == heard

            shaky.down = False
            await until(lambda: house.state() == "live")
            with new_database.write() as connection:
                connection.exec_driver_sql("UPDATE leases SET holder = 'another'")
            await until(lambda: "another process has it now" in log.getvalue())


class Silent:
    """A connection that has said nothing since a time."""

    def __init__(self, since: datetime) -> None:
        self.heard_at = lambda: since

    async def hears(self) -> bool:
        return True

    async def fetch(self, _request: payload.Request) -> tuple[payload.Payload, ...]:
        await asyncio.sleep(given_feeds.TICK)
        return ()

    async def throttled(self, retry_after: float | None) -> None:
        raise AssertionError(retry_after)

    async def answer(self, asked: errors.NeedsOperator) -> None:
        raise asked


async def test_a_connection_that_is_silent_was_heard_until_it_last_said_anything(
    house: given_feeds.House,
) -> None:
    since = moment.now() - timedelta(seconds=40)

    @asynccontextmanager
    async def opened(_taker: taking.Taker) -> AsyncIterator[ears.Ear]:
        yield Silent(since)

    outside = listener.Outside(
        database=house.database,
        name="room",
        holder="here",
        begin=lambda: station.begin(house.database, house.chosen, "room", "here"),
        opened=opened,
        waits=given_feeds.WAITS,
    )
    task = asyncio.create_task(listener.Listener(outside).run())
    await until(lambda: house.state() == "live")
    task.cancel()
    await asyncio.wait({task})

    assert house.feed().heard_at == since
