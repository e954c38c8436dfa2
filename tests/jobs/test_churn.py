"""The world moves while it is read: no event is ever written that was not true.

Runs read the practice site over plain HTTP here, to afford many worlds.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from fixtures.practice import client
from tests.jobs import given_runs as given
from tests.jobs import given_truth as truth

SMALL = {"followed": 24, "online_percent": 50, "followers": 25, "followers_page": 9}
FOLLOWERS = "/accounts/followers/"
BIO = "/api/biocontext/*"
ROOMS = "/api/ts/roomlist/room-list/"
DEEDS = {
    "follower": ("join", "join", "leave", "leave", "rename"),
    "following": ("follow", "unfollow", "online", "offline", "shuffle", "rename"),
}
WORLDS = [
    *((seed, "follower", {}) for seed in range(10)),
    *((seed, "follower", {"followers_variant": "p2", "vanished": 2}) for seed in range(15, 18)),
    *((seed, "follower", {"beyond": "clamp"}) for seed in range(20, 23)),
    *((seed, "following", {}) for seed in range(10)),
    *((seed, "following", {"drift": 1, "lag": 1}) for seed in range(15, 18)),
    *((seed, "following", {"withheld": 2}) for seed in range(18, 20)),
    *((seed, "following", {"variant": "cards"}) for seed in range(21, 23)),
    *((seed, "following", {"variant": "list", "beyond": "clamp"}) for seed in range(23, 25)),
]


@pytest.fixture
def house(plain_house: given.House) -> given.House:
    return plain_house


def script(rng: random.Random, direction: str) -> list[dict[str, Any]]:
    """Return a few changes that happen while a list is read."""
    steps = []
    for _ in range(rng.randint(0, 6)):
        step: dict[str, Any] = {"after": rng.randint(1, 24), "do": rng.choice(DEEDS[direction])}
        if step["do"] == "rename" and direction == "following":
            step["of"] = "followed"
        if step["do"] == "leave":
            step["who"] = rng.choice([None, rng.randint(0, 8)])
        steps.append(step)
    return steps


async def settled(house: given.House, collector: str) -> None:
    """Collect until nothing is left to happen, and in peace until a list is applied."""
    while house.world.status()["steps"]:
        await house.collect(collector)
    ended = [(await house.collect(collector)).status for _ in range(4)]
    assert ended[-1] == "ok"


@pytest.mark.parametrize(("seed", "direction", "options"), WORLDS)
async def test_no_event_is_written_that_was_not_true_while_the_list_was_read(
    house: given.House, world: client.Practice, seed: int, direction: str, options: dict[str, Any]
) -> None:
    world.configure(keep_sessions=True, seed=seed, **(SMALL | options))
    rng = random.Random(seed)  # noqa: S311 - a seeded world, not a secret
    past = truth.Past(world, direction)
    collector = truth.ERRANDS[direction]
    told = 0
    for _ in range(3):
        since = past.now()
        world.churn(script(rng, direction))
        ended = await house.collect(collector)
        until = past.now()
        events = house.events(direction)

        assert ended.status in {"ok", "held", "partial"}
        assert truth.wrong(events[told:], past, since, until) == []
        if ended.status == "ok":
            assert house.members(direction) <= past.ever_on(since, until)
        told = len(events)
    await settled(house, collector)

    assert house.members(direction) == truth.listed(world, direction)


async def test_somebody_who_slips_between_two_pages_twice_is_not_ended(
    house: given.House, world: client.Practice
) -> None:
    """In both looks somebody joins before the first page and somebody on it leaves after it."""
    world.configure(keep_sessions=True, **SMALL)
    await house.collect("chaturbate.followers")
    slips = world.truth()["followers"][8]
    world.churn(
        [
            {"after": 1, "path": BIO, "do": "join"},
            {"after": 1, "path": FOLLOWERS, "page": 1, "do": "leave", "who": 3},
            {"after": 3, "path": BIO, "do": "join"},
            {"after": 2, "path": FOLLOWERS, "page": 1, "do": "leave", "who": 3},
        ]
    )
    ended = await house.collect("chaturbate.followers")

    assert ended.status == "partial"
    assert ended.listing is not None
    assert ended.listing.reasons == ["second look: 1 people of the first are gone"]
    assert slips in house.members("follower")
    assert house.events("follower") == []

    await house.collect("chaturbate.followers")

    assert house.members("follower") == truth.listed(world, "follower")


async def test_somebody_who_slips_once_is_found_by_the_second_look(
    house: given.House, world: client.Practice
) -> None:
    world.configure(keep_sessions=True, **SMALL)
    await house.collect("chaturbate.followers")
    world.churn_random(seed=1, leaves=1)
    world.churn(
        [
            {"after": 1, "path": BIO, "do": "join"},
            {"after": 1, "path": FOLLOWERS, "page": 1, "do": "leave", "who": 3},
        ]
    )
    before = house.members("follower")
    await house.collect("chaturbate.followers")
    await house.collect("chaturbate.followers")

    true = truth.listed(world, "follower")
    assert house.members("follower") == true
    assert {name for kind, name in house.events("follower") if kind == "unfollow"} == before - true


async def test_rooms_that_change_places_at_every_request_end_nobody(
    house: given.House, world: client.Practice
) -> None:
    world.configure(keep_sessions=True, **SMALL)
    await house.collect("chaturbate.followed")
    world.configure(keep_sessions=True, **SMALL, order="live")
    past = truth.Past(world, "following")
    for turn in range(6):
        world.churn_random(seed=turn, follows=1, unfollows=1, flips=2)
        await house.collect("chaturbate.followed")

    assert truth.wrong(house.events("following"), past, 0, past.now()) == []


async def test_a_room_that_goes_online_between_the_halves_is_in_the_list(
    house: given.House, world: client.Practice
) -> None:
    world.configure(keep_sessions=True, **SMALL)
    offline = world.truth()["followed"]["offline"]
    last_online = (len(world.truth()["followed"]["online"]) - 1) // 9
    step = {"after": 1, "path": ROOMS, "page": last_online, "do": "online"}
    world.churn([step | {"who": name} for name in offline[:2]])
    ended = await house.collect("chaturbate.followed")

    assert ended.status == "ok"
    assert house.members("following") == truth.listed(world, "following")


async def test_who_joins_while_the_list_is_read_is_no_loss_and_comes_with_the_next(
    house: given.House, world: client.Practice
) -> None:
    world.configure(keep_sessions=True, **SMALL)
    await house.collect("chaturbate.followers")
    world.churn([{"after": 1, "path": FOLLOWERS, "page": 2, "do": "join"}])
    during = await house.collect("chaturbate.followers")
    after = await house.collect("chaturbate.followers")

    assert (during.status, during.new, after.status, after.new) == ("ok", 0, "ok", 1)
    assert house.members("follower") == truth.listed(world, "follower")


async def test_a_renamed_follower_is_one_who_left_and_one_who_came(
    house: given.House, world: client.Practice
) -> None:
    world.configure(keep_sessions=True, **SMALL)
    await house.collect("chaturbate.followers")
    (renamed,) = world.churn_random(seed=3, renames=1)
    await house.collect("chaturbate.followers")

    assert sorted(house.events("follower")) == [
        ("follow", renamed["to"]),
        ("unfollow", renamed["who"]),
    ]
