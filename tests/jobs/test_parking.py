"""A run that needs its operator stops, asks for nothing meanwhile, and goes on where it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import text

from fixtures.practice import client
from jobs import departing, parking
from models import moment, runs
from tests.jobs import given_runs as given
from tests.jobs import given_waiting

FOLLOWERS = given_waiting.FOLLOWERS
COLLECTOR = "chaturbate.followers"
GATES = {
    "challenge": "challenge",
    "age_gate": "age_gate",
    "second_factor": "second_factor",
    "logout_redirect": "no_password",
    "logout_silent": "no_password",
}
"""What the site does, and what an account without a password then waits for."""


@pytest.fixture
async def house(make: given_waiting.Make) -> given_waiting.Waiting:
    """Return a house that is signed in and has no password any more."""
    assert (await make().collect("chaturbate.followed")).status == "ok"
    return make(environ=given_waiting.NO_PASSWORDS)


@pytest.mark.parametrize("fault", GATES)
async def test_a_run_stops_at_once_and_says_where(
    house: given_waiting.Waiting, world: client.Practice, fault: str
) -> None:
    world.fault(fault, path=FOLLOWERS, page=2)
    ended = await house.collect(COLLECTOR)
    stopped = world.requests(FOLLOWERS)[-1]["at"]
    account = house.account()

    assert ended.status == "needs_operator"
    assert [error.code for error in ended.errors] == [GATES[fault]]
    assert account.waiting_for == GATES[fault]
    assert account.waiting_since is not None
    assert 0 <= account.waiting_since.timestamp() - stopped < 5
    if fault != "logout_redirect":
        assert house.asked() == [1, 2]
        assert ended.errors[0].url == account.waiting_at


@pytest.mark.parametrize("fault", ["challenge", "age_gate", "second_factor"])
async def test_the_page_where_it_stopped_is_kept(
    house: given_waiting.Waiting, world: client.Practice, fault: str
) -> None:
    world.fault(fault, path=FOLLOWERS, page=2)
    ended = await house.collect(COLLECTOR)

    assert (house.account().waiting_at or "").endswith("/accounts/followers/?page=2")
    assert ended.errors[0].url == house.account().waiting_at


async def test_nothing_is_asked_while_an_account_waits(
    house: given_waiting.Waiting, make: given_waiting.Make, world: client.Practice
) -> None:
    world.fault("challenge", path=FOLLOWERS, page=2)
    first = await house.collect(COLLECTOR)
    before = len(world.requests())
    again = [await house.collect(COLLECTOR), await house.collect("chaturbate.followed")]
    restarted = make()
    again.append(await restarted.collect(COLLECTOR))

    assert len(world.requests()) == before
    for ended in again:
        assert ended.status == "needs_operator"
        assert [error.code for error in ended.errors] == ["challenge"]
        assert ended.errors[0].url == first.errors[0].url
        assert ended.pages == 0


@pytest.mark.parametrize("fault", ["challenge", "logout_silent"])
async def test_a_waiting_run_goes_on_from_the_same_page_after_a_restart(
    house: given_waiting.Waiting, make: given_waiting.Make, world: client.Practice, fault: str
) -> None:
    world.fault(fault, path=FOLLOWERS, page=2)
    parked = await house.collect(COLLECTOR)
    restarted = make()
    restarted.forget_sign_in()
    ended = await restarted.resume(parked.run)

    assert ended.status == "ok"
    assert house.asked() in ([1, 2, 2, 3], [1, 2, 2, 2, 3])  # a dead session is tried once more
    assert house.members("follower") == set(world.truth()["followers"])
    assert house.account().waiting_for is None
    assert house.account().waiting_since is None
    assert house.account().waiting_at is None


async def test_runs_turned_away_leave_the_waiting_one_its_place(
    house: given_waiting.Waiting, world: client.Practice
) -> None:
    world.fault("challenge", path=FOLLOWERS, page=2)
    parked = await house.collect(COLLECTOR)
    turned_away = [await house.collect(COLLECTOR), await house.collect(COLLECTOR)]
    other = [await house.collect("chaturbate.followed"), await house.collect("chaturbate.followed")]
    account = house.account()
    with house.database.write() as connection:
        waiting = parking.waiting_runs(connection, account.id)
        taken_up = parking.take_up(connection, account.id)

    assert waiting == taken_up == [parked.run, other[0].run]
    with house.database.read() as connection:
        spared = [runs.get(connection, ended.run).status for ended in (*turned_away, other[1])]
    assert spared == ["cancelled"] * 3
    ended = await house.resume(parked.run)
    assert (ended.status, ended.errors) == ("ok", [])


async def test_a_new_run_goes_on_once_the_account_is_ready(
    house: given_waiting.Waiting, world: client.Practice
) -> None:
    world.fault("challenge", path=FOLLOWERS, page=2)
    await house.collect(COLLECTOR)
    account = house.account()
    with house.database.write() as connection:
        parking.ready(connection, account.id)

    assert (await house.collect(COLLECTOR)).status == "ok"


async def test_a_password_that_is_there_by_now_ends_the_wait_for_one(
    house: given_waiting.Waiting, make: given_waiting.Make, world: client.Practice
) -> None:
    world.expire_sessions()
    parked = await house.collect(COLLECTOR)
    refused = await house.collect(COLLECTOR)
    given_one = make()
    given_one.forget_sign_in()

    assert [error.code for error in parked.errors] == ["no_password"]
    assert refused.pages == 0
    assert (await given_one.collect(COLLECTOR)).status == "ok"
    assert given_one.account().waiting_for is None


async def test_an_attempt_that_came_too_soon_is_waited_out_by_nobody(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    await house.collect("chaturbate.followed")
    world.expire_sessions()
    ended = await house.collect(COLLECTOR)
    house.forget_sign_in()

    assert [error.code for error in ended.errors] == ["sign_in_too_soon"]
    assert house.account().waiting_for is None
    assert (await house.collect(COLLECTOR)).status == "ok"


async def test_a_list_that_waited_too_long_starts_over(
    house: given_waiting.Waiting, world: client.Practice
) -> None:
    world.fault("challenge", path=FOLLOWERS, page=2)
    parked = await house.collect(COLLECTOR)
    _age(house, parked.run, departing.RESUMABLE_FOR + timedelta(seconds=1))
    ended = await house.resume(parked.run)

    assert ended.status == "ok"
    assert house.asked() == [1, 2, 1, 2, 3]


async def test_a_refusal_repeated_keeps_the_time_since_when(
    house: given_waiting.Waiting, world: client.Practice
) -> None:
    world.fault("challenge", path=FOLLOWERS, page=2, times=None)
    parked = await house.collect(COLLECTOR)
    since = house.account().waiting_since
    await house.resume(parked.run)

    assert house.account().waiting_since == since


class Place(NamedTuple):
    """A page of a list."""

    collector: str
    direction: str
    path: str
    page: int
    where: dict[str, str | None]


ROOMS = "/api/ts/roomlist/room-list/"
PLACES = [
    *(Place(COLLECTOR, "follower", FOLLOWERS, page, {}) for page in (1, 2, 3)),
    *(
        Place("chaturbate.followed", "following", ROOMS, page, {"offline": offline})
        for page in (0, 1)
        for offline in (None, "true")
    ),
]


@pytest.mark.parametrize("kind", ["logout_redirect", "logout_silent"])
@pytest.mark.parametrize("place", PLACES)
async def test_nothing_after_a_logout_is_applied_and_the_rest_is_as_if_undisturbed(
    make: given_waiting.Make, world: client.Practice, place: Place, kind: str
) -> None:
    direction = place.direction
    house = make()
    assert (await house.collect(place.collector)).status == "ok"
    before = house.members(direction)
    world.churn_random(seed=3, joins=2, leaves=3, follows=2, unfollows=3)
    world.fault(kind, path=place.path, page=place.page, where=place.where)
    locked_out = make(environ=given_waiting.NO_PASSWORDS)
    parked = await locked_out.collect(place.collector)
    after = _truth(world, direction)

    assert [error.code for error in parked.errors] == ["no_password"]
    assert house.members(direction) == before
    assert house.events(direction) == []
    assert _read(house, parked.run) <= after

    house.forget_sign_in()
    assert (await house.resume(parked.run)).status == "ok"
    assert house.members(direction) == after
    lost = {name for kind, name in house.events(direction) if kind == "unfollow"}
    assert lost == before - after


def _truth(world: client.Practice, direction: str) -> set[str]:
    true = world.truth()
    if direction == "follower":
        return set(true["followers"])
    return {*true["followed"]["online"], *true["followed"]["offline"]}


def _read(house: given.House, run_id: int) -> set[str]:
    """Return whom the pages of a run have shown."""
    found = house.rows(
        "SELECT p.username FROM listing_entries m JOIN persons p ON p.id = m.person_id"
        " JOIN listings l ON l.id = m.listing_id WHERE l.run_id = :run",
        run=run_id,
    )
    return {str(name) for (name,) in found}


def _age(house: given.House, run_id: int, by: timedelta) -> None:
    read: datetime = moment.now() - by
    with house.database.write() as connection:
        connection.execute(
            text("UPDATE payloads SET fetched_at = :at WHERE run_id = :run"),
            {"at": read.replace(tzinfo=None), "run": run_id},
        )
