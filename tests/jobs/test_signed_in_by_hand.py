"""Stripchat and Camsoda: the operator signs in, Greenroom goes on with that session."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright import async_api

from fixtures.practice import camsoda, client, options, stripchat
from fixtures.practice import world as world_of
from jobs import connecting, orders, report, settings, visit
from models import db, runs
from scraper import errors
from scraper.fetch import browser
from scraper.sites import register
from tests.jobs import given_canaries as canaries
from tests.jobs import given_runs as given

WORLD: dict[str, Any] = {"followed": 130, "strangers": 30, "tips": 120}
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
    world.configure(**WORLD)
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


async def test_who_is_signed_in_is_read_at_the_older_address_where_the_newer_is_gone(
    hand: Hand,
) -> None:
    await hand.connect("stripchat")
    hand.house.world.fault("html_instead", path="/api/front/v3/*", times=None)

    assert (await hand.collect("stripchat.payers")).status == "ok"


def known(hand: Hand, site: str, *fields: str) -> dict[str, tuple[object, ...]]:
    """Return what is known now of everybody at a site."""
    found = hand.house.rows(
        f"SELECT username, {', '.join(fields)} FROM v_person_current_state"  # noqa: S608 - ours
        " WHERE site = :site AND show IS NOT NULL",
        site=site,
    )
    return {str(name): tuple(values) for name, *values in found}


async def test_what_is_known_of_followed_rooms_is_what_each_site_says(hand: Hand) -> None:
    for site, followed in (("stripchat", "favorites"), ("camsoda", "followed")):
        await hand.connect(site)
        for collector in (followed, "status"):
            assert (await hand.collect(f"{site}.{collector}")).status == "ok"
    assert (await hand.collect("camsoda.viewers")).status == "ok"

    rooms = world_of.World(options.Options(**WORLD)).rooms
    followed_rooms = {name: room for name, room in rooms.items() if room.following}
    told = {name: stripchat.told(room) for name, room in followed_rooms.items()}
    fields = ("show", "viewers", "followers", "gender")
    assert known(hand, "stripchat", *fields) == {
        name: tuple(one[field] for field in fields) for name, one in told.items()
    }
    soda = {name: camsoda.told(room) for name, room in followed_rooms.items()}
    online = {name for name, room in followed_rooms.items() if room.online}
    assert known(hand, "camsoda", "show", "followers", "viewers") == {
        name: (
            one["online_show"] if name in online else "offline",
            one["followers"],
            one["viewers"] if name in online else None,
        )
        for name, one in soda.items()
    }


async def test_a_renamed_room_is_one_person_on_the_evidence_of_its_id(hand: Hand) -> None:
    await hand.connect("stripchat")
    assert (await hand.collect("stripchat.favorites")).status == "ok"
    world = hand.house.world
    old = world.truth()["followed"]["online"][0]
    world.churn([{"do": "rename", "of": "followed", "who": old, "to": "brand_new_name"}])

    assert (await hand.collect("stripchat.status")).status == "ok"

    aliases = hand.house.rows(
        "SELECT p.username, q.username FROM persons p JOIN persons q ON q.id = p.same_as"
    )
    assert aliases == [(old, "brand_new_name")]
    polled = hand.house.rows(
        "SELECT l.outcome FROM polls l JOIN persons p ON p.id = l.person_id"
        " WHERE p.username IN (:old, 'brand_new_name') ORDER BY p.username",
        old=old,
    )
    assert sorted(outcome for (outcome,) in polled) == ["not_found", "ok"]


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
