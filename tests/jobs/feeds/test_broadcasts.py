"""A practice broadcast as its feed, its histories, a third party and totals tell of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from fixtures.practice import client
from models import db, ledger, moment, session_list, session_stats, sessions
from tests.jobs import given_callers, given_runs, given_web
from tests.jobs.feeds import given_feeds
from tests.jobs.feeds.given_feeds import until

SMALL: dict[str, Any] = {"followed": 4, "followers": 8, "messages": 40, "tips": 20}
SMALL |= {"keep_sessions": True}
ROOM = ("chaturbate", "operator_one")
STOPS = "SELECT count(*) FROM interactions WHERE kind = 'broadcast_stop'"
SOURCES = "SELECT kind, sources, count(*) FROM v_acts GROUP BY kind, sources"


class House(msgspec.Struct, frozen=True):
    """One place to listen, to visit and to call in."""

    feeds: given_feeds.House
    visits: given_runs.House

    async def call(self, collector: str) -> None:
        chosen, environ = self.feeds.chosen, self.feeds.environ
        calling = given_callers.Callers(
            chosen=chosen, database=self.feeds.database, environ=environ
        )
        assert (await calling.collect(collector)).status == "ok"

    async def hear(self, world: client.Practice, *, live: int = 0) -> None:
        """Listen to the feed until it has told everything; of `live` happenings as they happen."""
        async with self.feeds.listening():
            await until(lambda: self.feeds.rows(STOPS) == [(1,)])
            if live:
                world.churn([{"after": 0, "do": "start"}])
                world.play(7, live, platforms=["chaturbate"])
                world.churn([{"after": 0, "do": "stop"}])
                await until(lambda: self.feeds.rows(STOPS) == [(2,)])

    def ledger(self) -> ledger.Ledger:
        now = moment.now()
        with self.feeds.database.read() as connection:
            return ledger.of(connection, ROOM, now - timedelta(days=9), now)


@pytest.fixture
def house(
    world: client.Practice, database: db.Database, clients: given_web.Clients, tmp_path: Path
) -> House:
    visits = given_web.house(world, database, tmp_path, clients)
    return House(given_feeds.house(world, database, tmp_path), visits)


async def test_what_four_sources_tell_of_is_stored_with_each_and_shown_once(
    house: House, world: client.Practice
) -> None:
    world.configure(**SMALL, now=time.time() - 3 * 3600)
    await house.hear(world, live=200)
    for collector in ("chaturbate.chat", "chaturbate.tips"):
        assert (await house.visits.collect(collector)).status == "ok"
    assert (await house.visits.collect("statbate_plus.chat", target=ROOM[1])).status == "ok"
    true = world.truth()
    happened = [one for one in true["happened"] if one["kind"] in ("chat", "tip")]
    chats, tips = (sum(one["kind"] == kind for one in happened) for kind in ("chat", "tip"))
    apart = [one for one in happened if one["kind"] == "tip" and one["private"]]
    tips += len(true["tips"])

    feed, room, books = "chaturbate.events", "chaturbate.room_history", "chaturbate.token_stats"
    found = {(kind, sources): count for kind, sources, count in house.feeds.rows(SOURCES)}
    assert {key: count for key, count in found.items() if key[0] in ("chat", "tip")} == {
        ("chat", f"{feed} {room}"): chats,
        ("chat", f"{feed} {room} statbate_plus.chat"): len(true["messages"]),
        ("tip", f"{feed} {books}"): len(apart),
        ("tip", f"{feed} {room} {books}"): tips - len(apart),
    }
    assert house.feeds.rows("SELECT count(*) FROM interactions WHERE kind = 'tip'") == [
        (3 * tips - len(apart),)
    ]
    days = house.ledger().days
    stated: Counter[str] = Counter()
    for day in days:
        stated.update({one.source: one.tokens for one in day.stated})
    whole = paid(happened) + paid(true["tips"])
    assert sum(day.tokens for day in days) == whole
    assert stated == {feed: whole, room: whole - paid(apart), books: whole}


async def test_a_session_counts_what_happened_in_it(house: House, world: client.Practice) -> None:
    world.configure(**SMALL, now=time.time() - 3 * 3600)
    await house.hear(world, live=200)
    true = [one for one in world.truth()["happened"] if not one["private"] or one["tokens"]]
    sessions.catch_up(house.feeds.database, moment.now())
    with house.feeds.database.read() as connection:
        last, *_ = session_list.newest(connection, session_list.Wanted(), 1)
        assert last.ended is not None
        whole = session_stats.totals(connection, ROOM, last.started, last.ended)

    tips = [one for one in true if one["kind"] == "tip"]
    chats = [one["username"] for one in true if one["kind"] == "chat"]
    named = {one["username"] for one in tips if not one["anonymous"]}
    assert (last.started_by, last.ended_by) == ("event chaturbate.events",) * 2
    assert (whole.tips, whole.tokens) == (len(tips), paid(tips))
    assert (whole.tippers, whole.anonymous_tips) == (len(named), sum(t["anonymous"] for t in tips))
    assert (whole.messages, whole.chatters) == (len(chats), len(set(chats)))
    follows = {one["username"] for one in true if one["kind"] == "follow"}
    assert whole.new_followers == len(follows) > 0


async def test_the_ledger_reconciles_with_what_the_interface_totals(
    house: House, world: client.Practice
) -> None:
    world.configure(**SMALL, now=time.time())
    await house.hear(world)
    await house.call("chaturbate.stats")
    whole = hour(house)
    with house.feeds.database.write() as connection:
        connection.execute(
            text("DELETE FROM interactions WHERE kind = 'tip' AND at >= :since"),
            {"since": moment.stored(moment.now() - ledger.HOUR, connection.dialect.name)},
        )
    missing = hour(house)

    assert whole.tokens == whole.seen > 0
    assert whole.difference == 0
    assert (missing.seen, missing.difference) == (0, whole.tokens)


def hour(house: House) -> ledger.Total:
    """Return what was said of the tips of the last hour."""
    (found,) = (
        total
        for day in house.ledger().days
        for total in day.totals
        if total.name == "tips_last_hour"
    )
    return found


def paid(rows: list[Mapping[str, Any]]) -> int:
    return sum(row["tokens"] for row in rows if row.get("kind", "tip") == "tip")
