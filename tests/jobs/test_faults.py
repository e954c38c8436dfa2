"""Every fault of the practice site at every page of a small list: nobody is wrongly lost or found.

Each case starts from a complete list, lets the world move on, walks into the fault, and heals: at
one page of each list in the browser, where the fault is one of the way there, else without one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fixtures.practice import client
from jobs import report
from models import db, upgrade
from scraper import breaker
from scraper.fetch import browser
from tests.jobs import given_runs as given
from tests.jobs import given_web

SMALL: dict[str, Any] = {
    "followed": 32,
    "online_percent": 50,
    "followers": 25,
    "followers_page": 9,
    "rooms_page": 9,
}
ROOMS = "/api/ts/roomlist/room-list/"


class Place(NamedTuple):
    """A page of a list that a fault strikes."""

    name: str
    collector: str
    direction: str
    path: str
    page: int
    where: dict[str, str] | None = None

    @property
    def in_browser(self) -> bool:
        return self.name in {"followers-2", "online-0", "offline-0"}


PLACES = [
    *(
        Place(f"followers-{page}", "chaturbate.followers", "follower", "/accounts/followers/", page)
        for page in (1, 2, 3)
    ),
    *(Place(f"online-{page}", "chaturbate.followed", "following", ROOMS, page) for page in (0, 1)),
    *(
        Place(
            f"offline-{page}", "chaturbate.followed", "following", ROOMS, page, {"offline": "true"}
        )
        for page in (0, 1)
    ),
]

PASSING = {"throttled", "server_error", "body_truncated", "connection_lost", "timed_out"}
OUTCOMES: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "throttle": ({}, {"partial"}, {"throttled"}),
    "slow_down": ({}, {"partial"}, {"throttled"}),
    "server_error": ({"status": 502}, {"partial"}, {"server_error"}),
    "reset": ({}, {"partial"}, {"body_truncated", "connection_lost"}),
    "stall": ({}, {"partial"}, {"timed_out"}),
    "slow_drip": ({"bytes": 1, "seconds": 0.2}, {"partial"}, {"timed_out"}),
    "truncate": ({"mode": "content_length"}, {"partial"}, {"body_truncated"}),
    "truncate silently": ({"mode": "silent"}, {"partial"}, {"body_truncated"}),
    "huge": ({"megabytes": 9}, {"partial"}, {"body_too_large"}),
    "html_instead": ({}, {"failed", "needs_operator"}, {"not_json", "sign_in_unclear"}),
    "empty": ({}, {"partial", "failed"}, {"list_empty_but_declared"}),
    "short": ({}, {"partial"}, set()),
    "repeat": ({}, {"partial"}, {"wrong_page"}),
    "beyond": ({}, {"partial"}, set()),
    "duplicate": ({}, {"partial"}, set()),
    "logout_redirect": ({}, {"needs_operator"}, {"signed_out"}),
    "logout_silent": ({}, {"needs_operator"}, {"signed_out", "follow_filter_ignored"}),
    "challenge": ({}, {"needs_operator"}, {"challenge"}),
    "age_gate": ({}, {"needs_operator"}, {"age_gate"}),
    "second_factor": ({}, {"needs_operator"}, {"second_factor"}),
    "rename_classes": ({}, {"failed"}, {"selector_missing", "page_changed", "format_unknown"}),
}
"""Fault -> its details, the statuses a run may end with, and the codes it may name."""

OF_CONTENT = {"empty", "short", "repeat", "beyond", "duplicate", "slow_down", "server_error"}
"""Faults of what a whole answer says: they are the same however it came."""


@pytest.fixture(scope="session")
async def prepared(
    world: client.Practice, chrome: browser.Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with a signed-in account and a complete baseline of both lists."""
    folder = tmp_path_factory.mktemp("prepared")
    world.configure(**SMALL)
    database = db.connect(f"sqlite:///{folder / 'greenroom.db'}")
    upgrade.upgrade(database)
    house = given.house(world, database, folder, chrome, room_list=9)
    for collector in ("chaturbate.followed", "chaturbate.followers"):
        ended = await house.collect(collector)
        assert ended.status == "ok"
    database.close()
    return folder


@pytest.fixture
def database(prepared: Path, world: client.Practice, tmp_path: Path) -> Iterator[db.Database]:
    """Return the prepared tables; the world has moved on since."""
    world.configure(**SMALL, keep_sessions=True)
    world.churn_random(seed=5, joins=1, leaves=2, follows=1, unfollows=2)
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    opened = db.connect(f"sqlite:///{tmp_path / 'greenroom.db'}")
    yield opened
    world.clear_faults()
    opened.close()


@pytest.fixture
def house(
    world: client.Practice,
    chrome: browser.Browser,
    clients: given_web.Clients,
    database: db.Database,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> given.House:
    """Return the prepared house; soon out of patience."""
    case = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    timeout = 0.8 if case.get("fault") in {"stall", "slow_drip"} else 15
    plain = "fault" in case and (not case["place"].in_browser or case["fault"] in OF_CONTENT)
    if plain:
        return given_web.house(world, database, tmp_path, clients, timeout=timeout / 2, room_list=9)
    ready = given.house(world, database, tmp_path, chrome, timeout=timeout, room_list=9)
    ready.forget_sign_in()
    return ready


def truth(world: client.Practice, direction: str) -> set[str]:
    true = world.truth()
    if direction == "follower":
        return set(true["followers"])
    return {*true["followed"]["online"], *true["followed"]["offline"]}


async def heal(house: given.House, ended: report.Report, collector: str) -> report.Report:
    """Clear the faults and go on with the run, or collect again where it came to its end."""
    house.world.clear_faults()
    house.forget_sign_in()
    if ended.status in {"ok", "held"}:
        return await house.collect(collector)
    return await house.resume(ended.run)


@pytest.mark.parametrize("fault", OUTCOMES)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_a_fault_changes_nobody_and_heals(
    house: given.House, world: client.Practice, place: Place, fault: str
) -> None:
    details, statuses, codes = OUTCOMES[fault]
    if fault == "repeat" and place.page == min(
        one.page for one in PLACES if one.path == place.path
    ):
        pytest.skip("the first page has no page before it to repeat")
    before = house.members(place.direction)
    scope = {"where": place.where} if place.where else {}
    world.fault(
        fault.partition(" ")[0], path=place.path, page=place.page, times=None, **scope, **details
    )
    ended = await house.collect(place.collector)

    assert ended.status in statuses
    assert {error.code for error in ended.errors} <= codes
    assert house.events(place.direction) == []
    assert house.members(place.direction) == before
    assert ended.listing is not None
    assert not ended.listing.complete
    assert ended.listing.reasons

    healed = await heal(house, ended, place.collector)

    assert healed.status == "ok"
    assert house.members(place.direction) == truth(world, place.direction)
    gained = {name for kind, name in house.events(place.direction) if kind == "follow"}
    lost = {name for kind, name in house.events(place.direction) if kind == "unfollow"}
    assert gained == truth(world, place.direction) - before
    assert lost == before - truth(world, place.direction)


@pytest.mark.parametrize("fault", ["throttle", "server_error", "reset", "truncate"])
@pytest.mark.parametrize("place", PLACES[1:6:4], ids=lambda place: place.name)
async def test_a_passing_trouble_is_waited_out(
    house: given.House, world: client.Practice, place: Place, fault: str
) -> None:
    world.fault(fault, path=place.path, page=place.page, times=1)
    ended = await house.collect(place.collector)

    assert ended.status == "ok"
    assert house.members(place.direction) == truth(world, place.direction)


async def test_retry_after_is_honoured(house: given.House, world: client.Practice) -> None:
    path = "/accounts/followers/"
    world.fault("throttle", path=path, page=2, times=1, retry_after=1)
    await house.collect("chaturbate.followers")
    asked = [one["at"] for one in world.requests(path) if one["page"] == 2]

    assert 1.0 <= asked[1] - asked[0] <= 2.0


async def test_a_site_that_asks_for_too_long_a_wait_ends_the_run_resumable(
    house: given.House, world: client.Practice
) -> None:
    world.fault("throttle", path="/accounts/followers/", page=2, times=1, retry_after=3000)
    ended = await house.collect("chaturbate.followers")

    assert ended.status == "partial"
    resumed = await house.resume(ended.run)
    assert [error.code for error in resumed.errors] == ["breaker_open"]

    breaker.file(house.chosen.storage.directory / "pace", "main").unlink()
    assert (await house.resume(ended.run)).status == "ok"


@pytest.mark.parametrize(("part", "page"), [(None, 0), (None, 1), ({"offline": "true"}, 1)])
async def test_a_total_that_drifts_while_it_is_read_proves_nothing(
    house: given.House, world: client.Practice, part: dict[str, str] | None, page: int
) -> None:
    scope = {"where": part} if part else {}
    world.fault("drift", path=ROOMS, page=page, times=None, by=4, **scope)
    ended = await house.collect("chaturbate.followed")

    assert ended.status == "partial"
    assert house.events("following") == []


@pytest.mark.parametrize("source", ["/follow/api/online_followed_rooms/", "/api/biocontext/*"])
async def test_a_whole_lists_total_that_drifts_proves_nothing(
    house: given.House, world: client.Practice, source: str
) -> None:
    walk = "followed" if "rooms" in source else "followers"
    world.fault("drift", path=source, times=1, by=3)
    ended = await house.collect(f"chaturbate.{walk}")

    assert ended.status == "partial"
    assert house.events("following") == house.events("follower") == []


async def test_a_localised_page_is_read_like_any_other(
    house: given.House, world: client.Practice
) -> None:
    world.fault("localised", path="/accounts/followers/", times=None)
    ended = await house.collect("chaturbate.followers")

    assert ended.status == "ok"
    assert house.members("follower") == truth(world, "follower")


async def test_a_session_that_dies_is_signed_in_once_more_and_the_walk_goes_on(
    house: given.House, world: client.Practice
) -> None:
    await house.collect("chaturbate.followers")
    house.forget_sign_in()
    signed_in = world.sign_ins()
    world.fault("logout_redirect", path="/accounts/followers/", page=2, times=1)
    ended = await house.collect("chaturbate.followers")

    assert ended.status == "ok"
    assert world.sign_ins() == signed_in + 1
    assert house.members("follower") == truth(world, "follower")
