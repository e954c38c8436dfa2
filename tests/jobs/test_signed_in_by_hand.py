"""Stripchat and Camsoda: the operator signs in, Greenroom goes on with that session."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright import async_api

from fixtures.practice import client
from jobs import connecting, orders, report, settings, visit
from models import db, runs
from scraper import errors
from scraper.fetch import browser
from scraper.sites import register
from tests.jobs import given_canaries as canaries
from tests.jobs import given_runs as given

COOKIES = {"stripchat": "stripchat_com_sessionId", "camsoda": "camsoda_session"}


def config(world: client.Practice) -> str:
    return "".join(
        f"""
[sites.{site}]
base_url = "{getattr(world, site)}"
requests_per_minute = 0
retries = 1
retry_wait_seconds = 0.01
[accounts.{site}]
site = "{site}"
username = "{world.username}"
"""
        for site in COOKIES
    )


class Hand(msgspec.Struct, kw_only=True):
    """A house whose sessions come from the operator's hand."""

    house: given.House
    desk: visit.Desk

    def account(self, site: str) -> runs.Account:
        with self.desk.database.write() as connection:
            return runs.account(connection, site, site, client.USERNAME)

    async def connect(self, site: str) -> connecting.Connected:
        """Import the session of somebody who has signed in elsewhere."""
        fields = {"username": client.USERNAME, "password": client.PASSWORD}
        address = getattr(self.house.world, site)
        async with httpx.AsyncClient(base_url=address, trust_env=False) as web:
            await web.post("/login", data=fields)
            header = f"Cookie: {COOKIES[site]}={web.cookies[COOKIES[site]]}"
        return await connecting.by_import(self.desk, self.account(site), header)

    async def collect(self, collector: str) -> report.Report:
        account = collector.partition(".")[0]
        wish = orders.Wish(collector=collector, account=account, requested_by="test")
        with self.house.database.write() as connection:
            run_id = orders.place(connection, self.desk.chosen, register.SITES, wish)
        return await self.house.execute(run_id)


@pytest.fixture
def hand(
    world: client.Practice, chrome: browser.Browser, new_database: db.Database, tmp_path: Path
) -> Iterator[Hand]:
    world.configure(followed=130, tips=120)
    (tmp_path / "data").mkdir()
    text = f'[storage]\ndirectory = "data"\n{config(world)}'
    environ = {"GREENROOM_KEY": given.PASSWORDS["GREENROOM_KEY"]}
    chosen = settings.read(text, tmp_path / "greenroom.toml", environ)

    @asynccontextmanager
    async def shared(_settings: settings.Settings) -> AsyncIterator[browser.Browser]:
        yield chrome

    house = given.furnished(world, new_database, chosen, environ, shared)
    desk = visit.Desk(
        chosen=chosen,
        database=new_database,
        sites=register.SITES,
        environ=environ,
        browser=shared,
    )
    yield Hand(house=house, desk=desk)
    world.clear_faults()


@pytest.mark.parametrize("site", COOKIES)
async def test_an_exported_session_connects(hand: Hand, site: str) -> None:
    connected = await hand.connect(site)

    assert (connected.site, connected.username) == (site, client.USERNAME)


@pytest.mark.parametrize(
    ("collector", "site"), [("stripchat.favorites", "stripchat"), ("camsoda.followed", "camsoda")]
)
async def test_followed_rooms_are_proved_complete_in_a_real_browser(
    hand: Hand, collector: str, site: str
) -> None:
    await hand.connect(site)

    done = await hand.collect(collector)

    truth = hand.house.world.truth()["followed"]
    assert done.status == "ok"
    assert hand.house.members("following") == {*truth["online"], *truth["offline"]}


async def test_earnings_are_booked_as_the_site_has_them_and_once(hand: Hand) -> None:
    await hand.connect("stripchat")

    first = await hand.collect("stripchat.transactions")
    second = await hand.collect("stripchat.transactions")
    payers = await hand.collect("stripchat.payers")

    booked = hand.house.world.truth()["transactions"]
    keys = [key for (key,) in hand.house.rows("SELECT key FROM interactions")]
    assert [one.status for one in (first, second, payers)] == ["ok", "ok", "ok"]
    assert sorted(keys) == sorted(str(row["id"]) for row in booked)
    kinds = {kind for (kind,) in hand.house.rows("SELECT kind FROM interactions")}
    assert {"tip", "payout"} <= kinds
    named = {row["username"] for row in booked if row["username"] and not row["anonymous"]}
    paid = hand.house.rows(
        "SELECT p.username, s.room FROM stripchat_payers s JOIN persons p ON p.id = s.person_id"
    )
    assert {name for name, _ in paid} <= named
    assert {room for _, room in paid} == {client.USERNAME}


FAILURES = [
    ("stripchat.favorites", "rename_classes", "/api/front/v3/*"),
    ("stripchat.favorites", "truncate", "/api/front/models/favorites"),
    ("stripchat.transactions", "html_instead", "/api/front/users/*"),
    ("camsoda.followed", "rename_classes", "/api/v1/*"),
    ("camsoda.followed", "challenge", "/api/v1/*"),
]


async def test_no_token_is_stored_whether_runs_go_well_or_badly(hand: Hand) -> None:
    world = hand.house.world
    for site in COOKIES:
        await hand.connect(site)
    for collector in ("stripchat.favorites", "stripchat.transactions", "camsoda.followed"):
        assert (await hand.collect(collector)).status == "ok"
    for collector, kind, path in FAILURES:
        site = collector.partition(".")[0]
        world.fault(kind, path=path, site=site, times=None)
        assert (await hand.collect(collector)).status != "ok"
        world.clear_faults()
        await hand.connect(site)

    shown = [*canaries.places(hand.desk.storage), *canaries.bodies(hand.house.database)]
    assert [place for place, _ in shown if place.endswith("page.html")]
    assert canaries.leaks(world.tokens(), shown) == []


@pytest.mark.parametrize("collector", ["stripchat.favorites", "camsoda.followed"])
async def test_a_session_that_is_over_waits_for_the_operator(hand: Hand, collector: str) -> None:
    await hand.connect(collector.partition(".")[0])
    hand.house.world.expire_sessions()

    done = await hand.collect(collector)

    assert done.status == "needs_operator"
    assert hand.house.world.sign_in_attempts()[-1]["outcome"] == "ok", "nobody tried again"


@pytest.mark.parametrize("site", COOKIES)
async def test_a_password_does_not_make_greenroom_sign_in(hand: Hand, site: str) -> None:
    environ = {**hand.desk.environ, f"GREENROOM_PASSWORD_{site.upper()}": client.PASSWORD}
    desk = msgspec.structs.replace(hand.desk, environ=environ)

    with pytest.raises(errors.NeedsOperator) as refused:
        await connecting.by_password(desk, hand.account(site))

    assert refused.value.code == "window_needed"
    assert hand.house.world.sign_in_attempts() == []


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("site", COOKIES)
async def test_signing_in_by_hand_in_a_window_connects(hand: Hand, port: int, site: str) -> None:
    ready = asyncio.Event()
    work = asyncio.create_task(
        connecting.by_window(
            hand.desk, hand.account(site), lambda _said: ready.set(), port=port, deadline=60
        )
    )
    await ready.wait()
    async with async_api.async_playwright() as driver:
        other = await driver.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        page = other.contexts[0].pages[0]
        await page.fill("input[name=username]", client.USERNAME)
        await page.fill("input[name=password]", client.PASSWORD)
        await page.click("button")
        connected = await work

    assert connected
    assert (connected.by, connected.username) == ("window", client.USERNAME)
