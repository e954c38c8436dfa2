"""Runs sign in rarely, say plainly why they could not, and keep the session to themselves."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from models import db
from scraper.fetch import browser
from tests.jobs import given_runs as given
from tests.jobs import given_truth as truth

SMALL: dict[str, Any] = {"followed": 8, "followers": 5}
WRONG = given.PASSWORDS | dict.fromkeys(
    ("GREENROOM_PASSWORD_MAIN", "GREENROOM_PASSWORD_STATS"), "not the password"
)
ERRANDS = [("chaturbate.followers", {}), ("statbate_plus.chat", {"target": client.USERNAME})]


@pytest.fixture(scope="module")
def world() -> Iterator[client.Practice]:
    """Return a world of our own: sessions end here, and other tests rely on theirs."""
    with client.Practice() as started:
        yield started


@pytest.fixture
def furnish(
    world: client.Practice, chrome: browser.Browser, tmp_path: Path
) -> Callable[..., given.House]:
    """Return the way to make a house that nobody has signed in from."""

    def make(database: db.Database, **changes: Any) -> given.House:
        world.configure(**SMALL)
        return given.house(world, database, tmp_path, chrome, **changes)

    return make


async def collect(house: given.House, errand: tuple[str, dict[str, Any]]) -> tuple[str, list[str]]:
    """Collect; return the status and the codes of what went wrong."""
    ended = await house.collect(errand[0], **errand[1])
    return ended.status, [error.code for error in ended.errors]


def outcomes(world: client.Practice) -> list[str]:
    return [attempt["outcome"] for attempt in world.sign_in_attempts()]


@pytest.mark.parametrize("errand", ERRANDS, ids=lambda errand: errand[0])
async def test_a_second_run_does_not_sign_in_again(
    house: given.House, world: client.Practice, errand: tuple[str, dict[str, Any]]
) -> None:
    first, second = await collect(house, errand), await collect(house, errand)

    assert first == second == ("ok", [])
    assert outcomes(world) == ["ok"]
    assert house.rows("SELECT signed_in FROM runs ORDER BY id") == [(1,), (0,)]


@pytest.mark.parametrize("errand", ERRANDS, ids=lambda errand: errand[0])
async def test_a_run_after_the_session_has_ended_signs_in_once(
    house: given.House, world: client.Practice, errand: tuple[str, dict[str, Any]]
) -> None:
    await collect(house, errand)
    world.expire_sessions()
    house.forget_sign_in()

    assert await collect(house, errand) == ("ok", [])
    assert outcomes(world) == ["ok", "ok"]


@pytest.mark.parametrize("place", ["login", "home", "home_next"])
async def test_a_session_that_ended_is_noticed_wherever_the_site_sends_its_visitors(
    house: given.House, world: client.Practice, place: str
) -> None:
    world.configure(**SMALL, logged_out=place, keep_sessions=True)
    await house.collect("chaturbate.followed")
    world.expire_sessions()
    house.forget_sign_in()
    ended = await house.collect("chaturbate.followed")

    assert ended.status == "ok"
    assert outcomes(world) == ["ok", "ok"]
    assert house.members("following") == truth.listed(world, "following")


@pytest.mark.parametrize("errand", ERRANDS, ids=lambda errand: errand[0])
async def test_a_wrong_password_is_tried_once_and_then_waits_for_the_operator(
    furnish: Callable[..., given.House],
    new_database: db.Database,
    world: client.Practice,
    errand: tuple[str, dict[str, Any]],
) -> None:
    house = furnish(new_database, environ=WRONG)

    assert await collect(house, errand) == ("needs_operator", ["bad_credentials"])
    asked = len(world.requests())
    assert await collect(house, errand) == ("needs_operator", ["bad_credentials"])
    assert (outcomes(world), len(world.requests())) == (["wrong"], asked)


async def test_no_password_is_said_before_anything_is_asked_of_the_site(
    furnish: Callable[..., given.House], new_database: db.Database, world: client.Practice
) -> None:
    house = furnish(new_database, environ={})
    ended = await house.collect("chaturbate.followers")

    assert [(error.code, "GREENROOM_PASSWORD_MAIN" in error.message) for error in ended.errors] == [
        ("no_password", True)
    ]
    assert (ended.status, world.requests()) == ("needs_operator", [])


@pytest.mark.parametrize(
    ("errand", "path"),
    [(ERRANDS[0], "/auth/login/"), (ERRANDS[1], "/login")],
    ids=["chaturbate", "statbate_plus"],
)
async def test_a_second_factor_after_the_password_waits_for_the_operator(
    house: given.House, world: client.Practice, errand: tuple[str, dict[str, Any]], path: str
) -> None:
    world.fault("second_factor", path=path, times=None)

    assert await collect(house, errand) == ("needs_operator", ["second_factor"])
    assert outcomes(world) == ["second_factor"]


@pytest.mark.parametrize("errand", ERRANDS, ids=lambda errand: errand[0])
async def test_somebody_elses_session_is_not_read_from(
    house: given.House, errand: tuple[str, dict[str, Any]]
) -> None:
    await collect(house, errand)
    with house.database.write() as connection:
        connection.exec_driver_sql("UPDATE accounts SET username = 'somebody_else'")
    house.chosen = renamed(house)
    payloads = house.rows("SELECT count(*) FROM payloads")

    assert await collect(house, errand) == ("needs_operator", ["wrong_user"])
    assert house.rows("SELECT count(*) FROM payloads") == [(payloads[0][0] + 1,)]
    assert house.rows("SELECT count(*) FROM follow_events") == [(0,)]


def renamed(house: given.House) -> Any:
    """Return the settings with accounts of another username."""
    accounts = {
        name: account.model_copy(update={"username": "somebody_else"})
        for name, account in house.chosen.accounts.items()
    }
    return house.chosen.model_copy(update={"accounts": accounts})


async def test_a_session_is_kept_for_its_owners_eyes_only(
    house: given.House, tmp_path: Path
) -> None:
    await house.collect("chaturbate.followers")
    folder = tmp_path / "data" / "sessions"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == {0o600}


async def test_the_password_stands_in_no_table_and_no_file(
    house: given.House, tmp_path: Path
) -> None:
    for errand, options in ERRANDS:
        await house.collect(errand, **options)
    house.database.close()

    assert holding(tmp_path, client.PASSWORD) == []


def holding(folder: Path, secret: str) -> list[str]:
    """Return the names of the files in which a text stands."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if secret.encode() in path.read_bytes()]
