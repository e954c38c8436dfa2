"""A gap is filled only where runs have read all of it from history, and says why it is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from jobs import orders, run, runtime, settings
from jobs.feeds import filling
from models import db, gaps, moment
from tests.jobs import given_callers, given_web
from tests.jobs import given_runs as given

CHAT, TIPS = "chaturbate.chat", "chaturbate.tips"
HISTORY, TOKENS = "/push_service/room_history/", "/api/ts/tipping/token-stats/"
SMALL: dict[str, Any] = {"followed": 4, "messages": 20, "tips": 10, "purchases": 0}


@pytest.fixture
def house(
    world: client.Practice, clients: given_web.Clients, database: db.Database, tmp_path: Path
) -> given.House:
    """Return a house at a small world, whose visits need no browser."""
    world.clear_faults()
    world.configure(**SMALL, keep_sessions=True)
    return given_web.house(world, database, tmp_path, clients)


def times(world: client.Practice) -> list[datetime]:
    """Return when something was said or tipped, oldest first."""
    truth = world.truth()
    return sorted(datetime.fromisoformat(one["at"]) for one in truth["messages"] + truth["tips"])


def note(
    database: db.Database,
    chosen: settings.Settings,
    span: tuple[datetime, datetime],
    feed: str = "chaturbate.events",
    where: tuple[str, str | None] = (given.ACCOUNT, None),
) -> None:
    """Note that a feed of `where` (account, target) has not told of a span."""
    account, target = where
    with database.write() as connection:
        account_id = orders.account(connection, chosen, account).id
        gaps.note(connection, (account_id, feed, target), span, "not_heard")


def gap(database: db.Database) -> gaps.Gap:
    with database.read() as connection:
        return gaps.of_state(connection)[-1]


async def filled(house: given.House) -> gaps.Gap:
    """Let the runs be asked for, work, and be judged."""
    filling.act(house.database, house.chosen)
    for run_id in gap(house.database).runs:
        await house.execute(run_id)
    filling.act(house.database, house.chosen)
    return gap(house.database)


async def test_a_gap_is_filled_where_histories_reach_back_before_it(
    house: given.House, world: client.Practice
) -> None:
    said = times(world)
    note(house.database, house.chosen, (said[5], said[-5]))
    told = await filled(house)

    assert (told.state, told.words, len(told.runs)) == ("filled", None, 2)
    collected = "SELECT collector, requested_by, status FROM runs ORDER BY id"
    assert house.rows(collected) == [(CHAT, "gap 1", "ok"), (TIPS, "gap 1", "ok")]
    first = "SELECT count(*) FROM interactions WHERE at >= :since AND at <= :until"
    kept = house.rows(
        first,
        since=moment.stored(said[5], house.database.dialect),
        until=moment.stored(said[-5], house.database.dialect),
    )
    assert kept[0][0] >= len(said[5:-4])


async def test_what_history_does_not_show_any_more_stays_a_gap_that_says_so(
    house: given.House, world: client.Practice
) -> None:
    world.configure(**SMALL, history_items=8, keep_sessions=True)
    said = times(world)
    note(house.database, house.chosen, (said[5], said[-1]))
    told = await filled(house)

    assert told.state == "partly"
    assert told.words is not None
    assert told.words.startswith(f"{CHAT}: run {told.runs[0]} has read it from ")
    assert told.words.endswith("on; nothing older is shown any more")


async def test_a_run_before_that_joins_without_a_break_counts_too(
    house: given.House, world: client.Practice
) -> None:
    world.configure(**SMALL, history_items=12, keep_sessions=True)
    said = times(world)
    await house.collect("chaturbate.chat")
    world.churn([{"do": "say", "text": str(number)} for number in range(5)])
    note(house.database, house.chosen, (said[-10], moment.now()))

    assert (await filled(house)).state == "filled"


async def test_a_run_before_that_does_not_join_proves_nothing(
    house: given.House, world: client.Practice
) -> None:
    world.configure(**SMALL, history_items=12, keep_sessions=True)
    said = times(world)
    await house.collect("chaturbate.chat")
    world.play(1, 60, platforms=["chaturbate"])
    note(house.database, house.chosen, (said[-10], moment.now()))
    told = await filled(house)

    assert told.state == "partly"
    assert "nothing older is shown any more" in str(told.words)


async def test_a_history_that_begins_behind_the_gap_fills_nothing_of_it(
    house: given.House, world: client.Practice
) -> None:
    world.configure(**SMALL, history_items=3, keep_sessions=True)
    said = times(world)
    note(house.database, house.chosen, (said[2], said[5]))

    assert "which is behind the gap" in str((await filled(house)).words)


async def test_a_run_that_fails_leaves_a_gap_that_can_be_filled_again(
    house: given.House, world: client.Practice
) -> None:
    said = times(world)
    note(house.database, house.chosen, (said[5], said[-5]))
    for path in (HISTORY, TOKENS):
        world.fault("server_error", path=path, times=None)
    failed = await filled(house)
    world.clear_faults()
    with house.database.write() as connection:
        assert filling.again(connection, failed.id)
    mended = await filled(house)

    chat, tips = failed.runs
    assert failed.state == "unfilled"
    assert failed.words == (
        f"{CHAT}: run {chat} ended partial (server_error);"
        f" {TIPS}: run {tips} ended partial (server_error)"
    )
    assert (mended.state, mended.words) == ("filled", None)


async def test_a_gap_waits_with_its_run_for_the_operator(
    house: given.House, world: client.Practice
) -> None:
    said = times(world)
    note(house.database, house.chosen, (said[5], said[-5]))
    world.fault("challenge", path=HISTORY, times=1)
    waits = await filled(house)
    house.forget_sign_in()
    for run_id in waits.runs:
        if house.rows("SELECT status FROM runs WHERE id = :id", id=run_id) != [("ok",)]:
            await house.resume(run_id)
    filling.act(house.database, house.chosen)

    assert waits.state == "filling"
    assert f"{CHAT}: run {waits.runs[0]} waits for you (challenge)" in str(waits.words)
    assert (gap(house.database).state, gap(house.database).words) == ("filled", None)


async def test_gaps_that_wait_for_one_history_share_its_run(
    house: given.House, world: client.Practice
) -> None:
    said = times(world)
    for first in (3, 8, 12):
        note(house.database, house.chosen, (said[first], said[first + 2]))
    told = await filled(house)
    with house.database.read() as connection:
        found = gaps.of_state(connection)

    assert [one.state for one in found] == ["filled"] * 3
    assert {tuple(one.runs) for one in found} == {tuple(told.runs)}
    assert house.rows("SELECT count(*) FROM runs") == [(2,)]


def test_a_gap_that_two_services_see_is_asked_for_once(house: given.House) -> None:
    note(house.database, house.chosen, (moment.now() - timedelta(hours=1), moment.now()))
    seen = gap(house.database)
    filling.act(house.database, house.chosen)
    with house.database.write() as connection:
        filling._ask(connection, house.chosen, seen)  # noqa: SLF001 - as the other one would

    assert house.rows("SELECT count(*) FROM runs") == [(2,)]


def test_a_gap_that_nothing_can_read_says_so(house: given.House) -> None:
    span = (moment.now() - timedelta(hours=1), moment.now())
    note(house.database, house.chosen, span, "camsoda.live_tips")
    filling.act(house.database, house.chosen)

    told = gap(house.database)
    assert (told.state, told.words) == ("unfilled", "nothing reads the same from history")


def test_a_gap_of_an_account_that_is_gone_says_so(house: given.House) -> None:
    span = (moment.now() - timedelta(hours=1), moment.now())
    note(house.database, house.chosen, span)
    text = '[storage]\ndirectory = "data"\n'
    bare = settings.read(text, house.chosen.storage.directory.parent / "greenroom.toml", {})
    filling.act(house.database, bare)

    told = gap(house.database)
    assert told.state == "unfilled"
    assert "there is no account main" in str(told.words)


ROOMS: dict[str, tuple[str, str | None, list[str], str]] = {
    "its own": ("statbate.live", None, ["chaturbate/OWN"], "filled"),
    "one": ("statbate.live", "ROOM", ["chaturbate/ROOM"], "filled"),
    "two": ("statbate.live", "ROOM, OTHER", ["chaturbate/ROOM", "chaturbate/OTHER"], "filled"),
    "elsewhere": ("statbate.live", "mfc/ROOM,OTHER", ["mfc/ROOM", "mfc/OTHER"], "filled"),
    "unknown": ("statbate.webhook", None, ["chaturbate/OWN"], "partly"),
}


@pytest.mark.parametrize("rooms", ROOMS)
async def test_each_room_of_a_feed_is_read_for_just_the_span_of_the_gap(
    world: client.Practice, database: db.Database, tmp_path: Path, rooms: str
) -> None:
    world.configure(**SMALL, keep_sessions=True)
    feed, target, wanted, state = ROOMS[rooms]
    names = {"OWN": world.username}
    names |= dict(zip(("ROOM", "OTHER"), world.truth()["followed"]["online"], strict=False))

    def named(text: str) -> str:
        for word, name in names.items():
            text = text.replace(word, name)
        return text

    ready = given_callers.callers(world, database, tmp_path)
    since, until = moment.now() - timedelta(hours=30), moment.now() - timedelta(hours=20)
    where = ("figures", named(target) if target else None)
    note(database, ready.chosen, (since, until), feed, where)
    filling.act(database, ready.chosen)
    made = runtime.assemble(ready.chosen, database, ready.environ)
    for run_id in gap(database).runs:
        await run.execute(made, run_id)
    filling.act(database, ready.chosen)
    told = gap(database)

    assert (told.state, told.words is None) == (state, state == "filled"), told.words
    assert [ready.run(one).target for one in told.runs] == [named(room) for room in wanted]
    asked = [one["query"] for one in world.requests("*/tips")]
    assert {one["range[0]"] for one in asked} == {f"{since:%Y-%m-%d %H:%M:%S}"}
