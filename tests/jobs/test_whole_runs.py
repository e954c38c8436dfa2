"""Whole runs against every make of the practice site: the tables equal the truth.

In a real browser where it matters how the site is asked; else without one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.practice import client
from models import db
from tests.jobs import given_runs as given
from tests.jobs import given_truth as truth

SMALL = {"followed": 26, "online_percent": 50, "followers": 25, "followers_page": 9}
ROOMS = "/api/ts/roomlist/room-list/"
ONLINE = "/followed-cams/online/"

MAKES: list[dict[str, Any]] = [
    {},
    {"language": "de"},
    {"lag": 3},
    {"logged_out": "home"},
    {"order": "live", "followed": 12},
    {"variant": "cards", "rooms_page": 9},
    {"variant": "cards", "rooms_page": 9, "beyond": "clamp"},
    {"variant": "cards", "rooms_page": 9, "language": "de", "strangers": 0},
    {"variant": "cards", "lag": 3},
    {"variant": "list", "rooms_page": 9},
    {"variant": "list", "rooms_page": 9, "beyond": "clamp"},
    {"variant": "list", "rooms_page": 9, "language": "de"},
    {"variant": "list", "online_percent": 100},
    {"variant": "cards", "online_percent": 0},
    {"followed": 0},
    {"variant": "cards", "followed": 0},
    {"variant": "list", "followed": 0},
]
FOLLOWERS_MAKES: list[dict[str, Any]] = [
    {"followers_variant": variant} | make
    for variant in ("p1", "p2")
    for make in (
        {},
        {"beyond": "clamp"},
        {"language": "de"},
        {"followers": 27},
        {"followers": 4},
        {"followers": 0, "models_among_followers": 0},
    )
]


def make(world: client.Practice, options: dict[str, Any]) -> None:
    world.configure(keep_sessions=True, **(SMALL | options))


def edges(house: given.House, direction: str) -> list[tuple[Any, ...]]:
    """Return every row of a list as it stands in the tables."""
    return house.rows(
        "SELECT p.username, p.role, f.since_known, f.ended"
        " FROM follow_edges f JOIN persons p ON p.id = f.person_id"
        " WHERE f.direction = :direction ORDER BY p.username",
        direction=direction,
    )


def baseline(world: client.Practice, direction: str, role: str) -> list[tuple[Any, ...]]:
    """Return the rows of a first list of everybody who is on it."""
    return [(name, role, False, None) for name in sorted(truth.listed(world, direction))]


@pytest.mark.parametrize("options", MAKES, ids=str)
async def test_followed_rooms_are_the_truth_in_every_make_of_the_page(
    plain_house: given.House, world: client.Practice, options: dict[str, Any]
) -> None:
    make(world, options)
    ended = await plain_house.collect("chaturbate.followed")

    assert (ended.status, ended.errors) == ("ok", [])
    assert ended.listing is not None
    total = world.truth()["followed"]["total"]
    assert (ended.listing.complete, ended.listing.declared, ended.listing.seen) == (
        True,
        total,
        total,
    )
    assert edges(plain_house, "following") == baseline(world, "following", "model")
    assert plain_house.events("following") == []


@pytest.mark.parametrize("options", FOLLOWERS_MAKES, ids=str)
async def test_followers_are_the_truth_in_every_make_of_the_page(
    plain_house: given.House, world: client.Practice, options: dict[str, Any]
) -> None:
    make(world, options)
    ended = await plain_house.collect("chaturbate.followers")

    assert (ended.status, ended.errors) == ("ok", [])
    assert edges(plain_house, "follower") == baseline(world, "follower", "unknown")
    assert plain_house.events("follower") == []


async def test_rooms_are_read_from_the_page_where_the_room_list_is_not_there(
    plain_house: given.House, world: client.Practice
) -> None:
    make(world, {"variant": "cards", "rooms_page": 9})
    await plain_house.collect("chaturbate.followed")
    read = [kind for (kind,) in plain_house.rows("SELECT kind FROM payloads ORDER BY id")]

    assert read.count("room_list") == 3
    assert read.count("followed_html") == len(world.requests("/followed-cams/o*"))
    assert "room_list is not there (not_found); reading followed_html" in plain_house.told


@pytest.mark.parametrize("fault", ["html_instead", "rename_classes"])
async def test_a_page_that_is_a_shell_is_loaded_with_its_scripts(
    house: given.House, world: client.Practice, fault: str
) -> None:
    """Our own request for the room list fails; what the page's script asks for is captured."""
    make(world, {"rooms_page": 8})
    world.fault(fault, path=ROOMS, times=None, where={"limit": "9"})
    ended = await house.collect("chaturbate.followed")

    assert (ended.status, ended.errors) == ("ok", [])
    assert edges(house, "following") == baseline(world, "following", "model")
    asked = [one["query"]["limit"] for one in world.requests(ROOMS)]
    assert set(asked) == {"8", "9"}


async def test_a_shell_whose_scripts_show_nobody_new_proves_nothing(
    house: given.House, world: client.Practice
) -> None:
    make(world, {"rooms_page": 8})
    world.fault("html_instead", path=ROOMS, times=None)
    ended = await house.collect("chaturbate.followed")

    assert ended.status in {"partial", "failed"}
    assert house.members("following") == set()


async def test_the_headers_dropdown_recommendations_and_promoted_rooms_are_nobodys_rooms(
    plain_house: given.House, world: client.Practice
) -> None:
    make(world, {"variant": "list", "strangers": 30})
    await plain_house.collect("chaturbate.followed")
    known = {name for (name,) in plain_house.rows("SELECT username FROM persons")}

    assert known == truth.listed(world, "following")


async def test_a_promoted_room_in_another_language_is_refused_rather_than_taken_in(
    plain_house: given.House, world: client.Practice
) -> None:
    """Cards mark a promoted room by a word alone, which is known in one language."""
    make(world, {"variant": "cards", "language": "de"})
    ended = await plain_house.collect("chaturbate.followed")

    assert ended.status == "failed"
    assert [error.code for error in ended.errors] == ["unexpected_language"]
    assert plain_house.members("following") == set()


@pytest.mark.parametrize("variant", ["json", "cards"])
async def test_rooms_that_the_site_counts_and_never_lists_end_nobody(
    plain_house: given.House, world: client.Practice, variant: str
) -> None:
    make(world, {"variant": variant})
    await plain_house.collect("chaturbate.followed")
    before = truth.listed(world, "following")
    make(world, {"variant": variant, "followed": 24, "withheld": 2})
    first = await plain_house.collect("chaturbate.followed")
    second = await plain_house.collect("chaturbate.followed")

    assert (first.status, second.status) == ("partial", "ok")
    assert first.listing is not None
    assert first.listing.reasons == ["shortfall: 26 declared, 24 seen"]
    assert plain_house.members("following") == before
    assert plain_house.events("following") == []


@pytest.mark.parametrize("variant", ["p1", "p2"])
async def test_followers_without_a_name_end_nobody(
    plain_house: given.House, world: client.Practice, variant: str
) -> None:
    make(world, {"followers_variant": variant, "vanished": 3})
    first = await plain_house.collect("chaturbate.followers")
    second = await plain_house.collect("chaturbate.followers")

    assert (first.status, second.status) == ("partial", "ok")
    assert edges(plain_house, "follower") == baseline(world, "follower", "unknown")
    assert plain_house.events("follower") == []


@pytest.mark.parametrize("variant", ["json", "cards", "list"])
async def test_a_second_run_writes_exactly_what_changed(
    house: given.House, world: client.Practice, variant: str
) -> None:
    make(world, {"variant": variant, "rooms_page": 9})
    await house.collect("chaturbate.followed")
    before = truth.listed(world, "following")
    world.churn_random(seed=2, follows=2, unfollows=3, flips=4)
    ended = await house.collect("chaturbate.followed")
    after = truth.listed(world, "following")

    assert (ended.status, ended.new, ended.lost, ended.returned) == ("ok", 2, 3, 0)
    assert sorted(house.events("following")) == [
        *(("follow", name) for name in sorted(after - before)),
        *(("unfollow", name) for name in sorted(before - after)),
    ]
    assert house.members("following") == after


async def test_who_comes_back_is_counted_as_returned(
    plain_house: given.House, world: client.Practice
) -> None:
    make(world, {})
    await plain_house.collect("chaturbate.followers")
    who = world.truth()["followers"][3]
    world.churn([{"after": 0, "do": "leave", "who": who}])
    await plain_house.collect("chaturbate.followers")
    world.churn([{"after": 0, "do": "join", "who": who}])
    ended = await plain_house.collect("chaturbate.followers")

    assert (ended.new, ended.lost, ended.returned) == (1, 0, 1)
    assert plain_house.events("follower") == [("unfollow", who), ("follow", who)]


async def test_a_whole_run_of_everything_is_the_same_on_both_databases(
    furnish: Callable[..., given.House], database: db.Database, world: client.Practice
) -> None:
    lately = float(int(time.time()) - 20)
    make(world, {"messages": 60, "tips": 40, "chat_page": 25, "tokens_page": 25, "now": lately})
    house = furnish(database, room_list=9)
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("chaturbate.followed", {}),
        ("chaturbate.followers", {}),
        ("chaturbate.chat", {}),
        ("chaturbate.tips", {}),
        ("statbate_plus.chat", {"target": world.username}),
    ]
    for collector, options in wishes:
        assert (await house.collect(collector, **options)).status == "ok"
    world.churn_random(seed=4, joins=1, leaves=2, follows=1, unfollows=2, says=2, tips=1)
    for collector, options in wishes:
        assert (await house.collect(collector, **options)).status == "ok"
    true = world.truth()

    for direction in ("following", "follower"):
        assert house.members(direction) == truth.listed(world, direction)
        assert len(house.events(direction)) == 3
    assert spoken(house, "statbate_plus.chat") == [
        (row["sender"], row["message"]) for row in true["statbate"]
    ]
    assert paid(house) == [(str(row["id"]), row["tokens"]) for row in true["transactions"]]
    assert house.rows("SELECT count(*) FROM cursors") == [(2,)]


def spoken(house: given.House, source: str) -> list[tuple[Any, ...]]:
    return house.rows(
        "SELECT p.username, i.text FROM interactions i JOIN streams s ON s.id = i.stream_id"
        " JOIN persons p ON p.id = i.person_id WHERE s.source = :source ORDER BY i.at, i.key",
        source=source,
    )


def paid(house: given.House) -> list[tuple[Any, ...]]:
    return house.rows(
        "SELECT i.key, i.tokens FROM interactions i JOIN streams s ON s.id = i.stream_id"
        " WHERE s.source = 'chaturbate.token_stats' ORDER BY i.key"
    )
