"""An account is connected once a fresh browser has shown its own name, and never otherwise."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright import async_api

from fixtures.practice import client
from jobs import connecting
from models import db, moment, runs
from scraper import errors, imported
from scraper.fetch import browser
from tests.jobs import given_runs as given
from tests.jobs import given_waiting, given_web

SHELL = "/followed-cams/"


@pytest.fixture
def house(
    world: client.Practice,
    chrome: browser.Browser,
    new_sqlite: Callable[[str], str],
    tmp_path: Path,
) -> Iterator[given_waiting.Waiting]:
    world.configure(**given_waiting.SMALL)
    database = db.connect(new_sqlite("migrated"))
    yield given_waiting.house(world, database, tmp_path, chrome)
    world.clear_faults()
    database.close()


@pytest.fixture
async def cookie(house: given_waiting.Waiting) -> dict[str, Any]:
    """Return the cookie of somebody who is signed in elsewhere, as an extension exports it."""
    async with given_web.signed_in(house.world) as web:
        value = web.cookies["sessionid"]
    later = time.time() + 86_400
    return {
        "name": "sessionid",
        "value": value,
        "domain": "127.0.0.1",
        "expirationDate": later,
    }


def stored(house: given_waiting.Waiting) -> bool:
    return house.vault.has(given.ACCOUNT, "session")


async def test_an_exported_session_connects_and_ends_the_wait(
    house: given_waiting.Waiting, cookie: dict[str, Any]
) -> None:
    account = house.account()
    with house.database.write() as connection:
        runs.note_account(connection, account.id, waiting_for="signed_out")

    connected = await connecting.by_import(house.desk, house.account(), json.dumps([cookie]))

    known = house.account()
    assert connected.username == client.USERNAME
    assert stored(house)
    assert (known.connected_by, known.waiting_for) == ("import", None)
    assert known.connected_at
    assert known.proved_at
    assert known.expires_at
    assert abs(known.expires_at.timestamp() - cookie["expirationDate"]) < 2
    assert (await house.collect("chaturbate.followed")).status == "ok"
    assert house.attempts() == ["ok"]  # the one in the other browser


async def test_a_header_connects_without_an_expiry(
    house: given_waiting.Waiting, cookie: dict[str, Any]
) -> None:
    text = f"Cookie: sessionid={cookie['value']}"

    connected = await connecting.by_import(house.desk, house.account(), text)

    assert connected.expires_at is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "csrftoken"}, "no_session_cookie"),
        ({"value": ""}, "no_session_cookie"),
        ({"expirationDate": 1_700_000_000}, "session_expired"),
        ({"domain": "other.example"}, "session_empty"),
    ],
)
async def test_what_cannot_be_a_session_is_refused_before_any_request(
    house: given_waiting.Waiting, cookie: dict[str, Any], changes: dict[str, Any], code: str
) -> None:
    before = len(house.world.requests())

    with pytest.raises(errors.NeedsOperator) as refused:
        await connecting.by_import(house.desk, house.account(), json.dumps([cookie | changes]))

    assert refused.value.code == code
    assert len(house.world.requests()) == before
    assert not stored(house)


@pytest.mark.parametrize("text", ["", "[]", '{"cookies": [], "origins": []}'])
async def test_an_empty_export_is_refused(house: given_waiting.Waiting, text: str) -> None:
    with pytest.raises(errors.NeedsOperator) as refused:
        await connecting.by_import(house.desk, house.account(), text)

    assert refused.value.code == "session_empty"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("challenge", "challenge"),
        ("age_gate", "age_gate"),
        ("logout_redirect", "signed_out"),
        ("logout_silent", "signed_out"),
    ],
)
async def test_a_session_that_a_page_does_not_confirm_is_not_stored(
    house: given_waiting.Waiting, cookie: dict[str, Any], fault: str, code: str
) -> None:
    house.world.fault(fault, path=SHELL, times=None)

    with pytest.raises(errors.GreenroomError) as refused:
        await connecting.by_import(house.desk, house.account(), json.dumps([cookie]))

    assert refused.value.code == code
    assert not stored(house)
    assert house.account().connected_at is None


async def test_somebody_elses_session_is_not_stored(
    house: given_waiting.Waiting, cookie: dict[str, Any]
) -> None:
    other = house.account(given_waiting.SECOND)

    with pytest.raises(errors.NeedsOperator) as refused:
        await connecting.by_import(house.desk, other, json.dumps([cookie]))

    assert refused.value.code == "wrong_user"
    assert not house.vault.has(other.name, "session")


async def test_a_page_that_takes_too_long_proves_nothing(
    house: given_waiting.Waiting, cookie: dict[str, Any]
) -> None:
    state = imported.read(json.dumps([cookie]), house.world.chaturbate).state
    house.world.fault("stall", path=SHELL, times=None)

    with pytest.raises(errors.TryLater) as refused:
        await connecting.prove(house.desk, house.account(), state, seconds=1)

    assert refused.value.code == "timed_out"


async def test_a_password_connects_and_is_proved(house: given_waiting.Waiting) -> None:
    connected = await connecting.by_password(house.desk, house.account())

    assert (connected.by, house.account().connected_by) == ("sign_in", "sign_in")
    assert stored(house)


async def test_both_sites_can_be_connected(house: given_waiting.Waiting) -> None:
    connected = await connecting.by_password(house.desk, house.account(given.STATS))

    assert connected.site == "statbate_plus"
    assert connected.expires_at
    assert connected.expires_at > moment.now()


async def test_a_wrong_password_is_tried_once_and_then_waits(
    house: given_waiting.Waiting,
) -> None:
    desk = msgspec.structs.replace(house.desk, environ={"GREENROOM_PASSWORD_MAIN": "wrong"})

    with pytest.raises(errors.NeedsOperator) as refused:
        await connecting.by_password(desk, house.account())
    with pytest.raises(errors.NeedsOperator) as again:
        await connecting.by_password(desk, house.account())

    assert (refused.value.code, again.value.code) == ("bad_credentials", "sign_in_too_soon")
    assert house.attempts() == ["wrong"]
    assert house.account().waiting_for == "bad_credentials"
    assert not stored(house)
    before = len(house.world.requests())
    assert (await house.collect("chaturbate.followed")).status == "needs_operator"
    assert len(house.world.requests()) == before


@pytest.mark.parametrize(
    ("name", "path"), [(given.ACCOUNT, "/auth/login/"), (given.STATS, "/login")]
)
async def test_a_locked_account_is_told_from_a_wrong_password(
    house: given_waiting.Waiting, name: str, path: str
) -> None:
    house.world.fault("locked", path=path, times=None)

    with pytest.raises(errors.NeedsOperator) as refused:
        await connecting.by_password(house.desk, house.account(name))

    assert refused.value.code == "account_locked"
    assert house.account(name).waiting_for == "account_locked"


async def test_a_session_that_the_site_ends_teaches_how_long_one_lasts(
    house: given_waiting.Waiting,
) -> None:
    await connecting.by_password(house.desk, house.account())
    account = house.account()
    with house.database.write() as connection:
        began = moment.now() - timedelta(days=12)
        early = {"connected_at": began, "sign_in_attempted_at": None}
        runs.note_account(connection, account.id, **early)
    house.world.expire_sessions()

    assert (await house.collect("chaturbate.followed")).status == "ok"

    known = house.account()
    assert known.lifetime == pytest.approx(12 * 86_400, abs=120)
    assert known.lost_at
    assert known.connected_at
    assert known.proved_at
    assert known.lost_at < known.connected_at <= known.proved_at


# by hand: a second client of the DevTools plays the operator

Play = Callable[[async_api.Page], Awaitable[None]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def driver() -> AsyncIterator[async_api.Playwright]:
    async with async_api.async_playwright() as started:
        yield started


async def operated(
    house: given_waiting.Waiting,
    driver: async_api.Playwright,
    port: int,
    play: Play,
    name: str = given.ACCOUNT,
    deadline: float = 60,
) -> connecting.Connected | None:
    """Sign in by hand through the DevTools; return what came of it."""
    open_now = asyncio.Event()
    work = asyncio.create_task(
        connecting.by_window(
            house.desk,
            house.account(name),
            lambda _said: open_now.set(),
            port=port,
            deadline=deadline,
        )
    )
    await asyncio.wait({work, asyncio.create_task(open_now.wait())}, return_when="FIRST_COMPLETED")
    if not work.done():
        other = await driver.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        pages = [page for context in other.contexts for page in context.pages]
        await play(next(page for page in pages if house.world.chaturbate in page.url))
        connected = await work
        await other.close()
        return connected
    return await work


async def fill(page: async_api.Page, password: str = client.PASSWORD) -> None:
    await page.fill("#id_username", client.USERNAME)
    await page.fill("#id_password", password)
    await page.click('form:has(#id_password) [type="submit"]')


async def test_an_operator_signs_in_by_hand_and_greenroom_only_looks(
    house: given_waiting.Waiting, driver: async_api.Playwright, port: int
) -> None:
    connected = await operated(house, driver, port, fill)

    assert connected
    assert (connected.by, connected.username) == ("window", client.USERNAME)
    assert house.account().connected_by == "window"
    assert house.attempts() == ["ok"]
    asked = [one["path"] for one in house.world.requests() if one["path"] == SHELL]
    assert len(asked) == 1  # the proof in the fresh browser


async def test_a_second_factor_is_typed_by_hand(
    house: given_waiting.Waiting, driver: async_api.Playwright, port: int
) -> None:
    house.world.fault("second_factor", path="/auth/login/")

    async def play(page: async_api.Page) -> None:
        await fill(page)
        await page.fill("#id_code", house.world.code())
        await page.click('form:has(#id_code) [type="submit"]')

    connected = await operated(house, driver, port, play)

    assert connected
    assert stored(house)


async def test_signing_in_as_somebody_else_by_hand_stores_nothing(
    house: given_waiting.Waiting, driver: async_api.Playwright, port: int
) -> None:
    with pytest.raises(errors.NeedsOperator) as refused:
        await operated(house, driver, port, fill, name=given_waiting.SECOND)

    assert refused.value.code == "wrong_user"
    assert not house.vault.has(given_waiting.SECOND, "session")


async def test_closing_the_window_gives_up(
    house: given_waiting.Waiting, driver: async_api.Playwright, port: int
) -> None:
    assert await operated(house, driver, port, lambda page: page.close()) is None
    assert not stored(house)


async def test_nobody_signing_in_ends_at_the_deadline(
    house: given_waiting.Waiting, driver: async_api.Playwright, port: int
) -> None:
    async def nothing(_page: async_api.Page) -> None:
        return

    with pytest.raises(errors.NeedsOperator) as refused:
        await operated(house, driver, port, nothing, deadline=2)

    assert refused.value.code == "sign_in_unfinished"


async def test_without_a_screen_both_ways_are_named(house: given_waiting.Waiting) -> None:
    with pytest.raises(errors.BadConfig) as refused:
        await connecting.by_window(house.desk, house.account(), print, deadline=5)

    assert refused.value.code == "no_screen"
    assert "--remote-debugging" in refused.value.message
    assert "import-session" in refused.value.message


async def test_a_port_in_use_is_refused(house: given_waiting.Waiting) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(errors.BadConfig) as refused:
            await connecting.by_window(house.desk, house.account(), print, port=port, deadline=5)

    assert str(port) in refused.value.message
