"""Whatever befalls one feed, it says so, comes back, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import prometheus_client
import pytest

from fixtures.practice import client
from jobs import metrics, service
from models import db, feeds
from tests.jobs.feeds import given_broadcast, given_feeds

FEEDS: dict[str, dict[str, Any]] = {
    "chaturbate_events": {"path": "/events/*", "site": "chaturbate"},
    "relay_chaturbate": {"path": "/events/*", "site": "relay"},
    "stripchat_live_chat": {"path": "/connection/websocket"},
    "camsoda_live_tips": {"path": "/node/*"},
    "statbate_live_chaturbate": {"path": "/ws/"},
}
"""A feed of each kind -> where its answers come from."""

TALKED = ("stripchat_live_chat", "camsoda_live_tips", "statbate_live_chaturbate")

Fault = tuple[str, dict[str, Any], str]

SHUT: list[Fault] = [
    ("server_error", {"status": 500}, "server_error"),
    ("throttle", {"retry_after": 2, "times": 1}, "throttled"),
]
"""What comes instead of an answer or of a socket -> how the feed calls it."""

WRONG: list[Fault] = [
    ("html_instead", {}, "not_json"),
    ("reset", {"keep": 0.5}, "body_truncated"),
]

TROUBLES = [
    *((name, SHUT[0]) for name in FEEDS),
    *((name, SHUT[1]) for name in ("relay_chaturbate", "stripchat_live_chat")),
    *(("relay_chaturbate", fault) for fault in WRONG),
]
LOSSES = [(name, kind) for name in TALKED for kind in ("hang_up", "torn")]


async def until(true: Callable[[], object]) -> None:
    """Wait until something is true, on a busy machine, too: all feeds have work at once."""
    await given_feeds.until(true, 60)


def settled(house: given_feeds.House) -> bool:
    return all(house.state(name) == "live" for name in house.chosen.feeds)


@pytest.fixture
def house(world: client.Practice, new_database: db.Database, tmp_path: Path) -> given_feeds.House:
    world.configure(followed=4, messages=0, tips=0, purchases=0, keep_sessions=True)
    more, tokens = given_broadcast.listened(world), given_broadcast.TOKENS
    found = given_feeds.house(world, new_database, tmp_path, more=more, environ=tokens)
    wanted = {name: found.chosen.feeds[name] for name in FEEDS}
    return given_feeds.House(
        chosen=found.chosen.model_copy(update={"feeds": wanted}),
        database=new_database,
        environ=tokens,
        folder=tmp_path,
    )


def named(one: object) -> str:
    return one if isinstance(one, str) else str(one[0]) if isinstance(one, tuple) else ""


@pytest.mark.parametrize(("name", "fault"), TROUBLES, ids=named)
async def test_a_feed_in_trouble_says_so_and_comes_back_while_the_others_go_on(
    house: given_feeds.House, world: client.Practice, name: str, fault: Fault
) -> None:
    kind, details, code = fault
    world.fault(kind, **({"times": None} | FEEDS[name] | details))
    async with house.listening():
        others = [one for one in FEEDS if one != name]
        await until(lambda: all(house.state(one) == "live" for one in others))
        shown = await in_trouble(house, name)
        await until(lambda: f'feed="{name}",state="backing_off"}} 1.0' in measured(house))
        world.play(4, 400)
        await until(lambda: all(house.feed(one).told_at for one in others))
        world.clear_faults()
        await until(lambda: settled(house))
        world.play(5, 400)
        await until(lambda: house.feed(name).told_at)

    assert shown.code in (code, "breaker_open")
    assert shown.again_at is not None


@pytest.mark.parametrize(("name", "kind"), LOSSES, ids=named)
async def test_a_talk_that_breaks_off_is_begun_again_and_what_was_not_heard_is_a_gap(
    house: given_feeds.House, world: client.Practice, name: str, kind: str
) -> None:
    path = FEEDS[name]["path"]
    number = world.fault(kind, path=path, times=1, frames=0)
    async with house.listening():
        await until(lambda: settled(house))
        opened = len(world.requests(path))
        world.play(4, 400)
        await until(lambda: len(world.requests(path)) > opened and house.count("gaps"))
        await until(lambda: settled(house))
        before = house.feed(name).records
        world.play(5, 400)
        await until(lambda: house.feed(name).records > before)
        assert all(house.feed(one).told_at for one in FEEDS)

    assert hits(world, number) == 1
    gap = "SELECT DISTINCT feed, reason FROM gaps"
    assert (house.chosen.feeds[name].feed, "not_heard") in house.rows(gap)


async def test_what_nobody_understands_is_kept_and_the_rest_is_read(
    house: given_feeds.House, world: client.Practice
) -> None:
    for name in TALKED:
        world.fault("rubbish", path=FEEDS[name]["path"], times=1, frames=7)
    async with house.listening():
        await until(lambda: settled(house))
        world.play(4, 400)
        tips = [one for one in given_broadcast.happened(world) if one.kind == "tip"]
        sums = "SELECT s.source, sum(i.tokens) FROM interactions i JOIN streams s ON"
        sums += " s.id = i.stream_id WHERE i.kind = 'tip' GROUP BY s.source"
        wanted = {
            "stripchat.live_chat": sum(o.tokens or 0 for o in tips if o.platform == "stripchat"),
            "camsoda.live_tips": sum(o.tokens or 0 for o in tips if o.platform == "camsoda"),
        }
        await until(lambda: wanted.items() <= dict(house.rows(sums)).items())
        unknown = "SELECT count(*), min(CAST(private AS INTEGER)) FROM interactions WHERE"
        await until(lambda: house.rows(f"{unknown} kind = 'unknown'")[0][0] >= 3)

    assert house.rows(f"{unknown} kind = 'unknown'")[0][1] == 1


async def in_trouble(house: given_feeds.House, name: str) -> feeds.Feed:
    """Return how a feed stands while it backs off."""
    found = []

    def backs_off() -> bool:
        found.append(house.feed(name))
        return found[-1].state == "backing_off"

    await until(backs_off)
    return found[-1]


def hits(world: client.Practice, number: int) -> int:
    return sum(one["hits"] for one in world.status()["faults"] if one["number"] == number)


def measured(house: given_feeds.House) -> str:
    state = service.State(chosen=house.chosen, holder="here", beat=time.monotonic())
    return prometheus_client.generate_latest(metrics.registry(house.database, state)).decode()
