"""What is pushed to us is kept before it is acknowledged, and kept once."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.practice import client, extension
from jobs import evidence, logs, settings
from jobs.feeds import addresses, station
from jobs.web import pushed
from models import db, feeds, moment
from scraper import errors
from tests.jobs.feeds import given_broadcast, given_feeds
from tests.jobs.web import given_door
from tests.jobs.web import given_pushed as given


@pytest.fixture
def place(world: client.Practice, database: db.Database, tmp_path: Path) -> Iterator[given.Place]:
    world.configure(followed=4, messages=0, tips=0, purchases=0, keep_sessions=True)
    with given.opened(world, database, tmp_path) as opened:
        yield opened


@pytest.fixture
def quick(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> Iterator[given.Place]:
    with given.opened(world, new_database, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("form", ["flat", "typed", "unix"])
async def test_each_tip_that_is_posted_is_in_the_table_once(
    world: client.Practice, place: given.Place, form: str
) -> None:
    world.webhooks(place.address(), form, duplicates=1)
    world.play(7, 40, platforms=["chaturbate"])
    told = [one for one in world.truth()["happened"] if one["kind"] == "tip"]
    firsts = {one["username"] for one in told if not one["anonymous"]}
    await given.until_posted(world, 2 * (len(told) + len(firsts)))

    known = {
        (
            None if one["anonymous"] else one["username"],
            one["tokens"],
            one["text"] or None,
            "" if form == "flat" else one["at"][:19],
        )
        for one in told
    }
    assert sorted(place.tips(), key=repr) == sorted((row[:3] for row in known), key=repr)
    assert {one["status"] for one in world.posts()} == {200}
    notices = place.house.rows("SELECT count(*) FROM interactions WHERE kind = 'notice'")
    assert notices == [(len(firsts),)]
    assert place.house.feed(given.HOOK).refusals is None


async def test_tips_in_rooms_of_one_name_are_tips_at_their_own_platforms(
    world: client.Practice, place: given.Place
) -> None:
    world.webhooks(place.address(), "typed")
    world.play(7, 60)
    told = [one for one in world.truth()["happened"] if one["kind"] == "tip"]
    firsts = {(one["platform"], one["username"]) for one in told if not one["anonymous"]}
    await given.until_posted(world, len(told) + len(firsts))

    wanted = Counter((one["platform"], client.USERNAME) for one in told)
    found = place.house.rows(
        "SELECT s.site, s.place, count(*) FROM streams s JOIN interactions i ON i.stream_id = s.id"
        " WHERE i.kind = 'tip' GROUP BY s.site, s.place"
    )
    assert {(site, room): count for site, room, count in found} == wanted
    assert len(wanted) == 3


async def test_the_bridge_tells_several_events_and_names_nobody_who_is_anonymous(
    place: given.Place,
) -> None:
    events = [given.spent(1), given.spent(2, isAnonymous=True), given.spent(3, type="private")]
    answers = [await place.post({"events": events}, given.BRIDGE) for _ in range(2)]
    alone = await place.post(given.spent(4), given.BRIDGE)

    assert [one.json() for one in (*answers, alone)] == [
        {"records": 3, "new": 3},
        {"records": 3, "new": 0},
        {"records": 1, "new": 1},
    ]
    assert [row[0] for row in place.tips()] == ["alice", None, "alice", "alice"]


async def test_a_broadcast_that_an_extension_tells_of_is_in_the_table_as_it_happened(
    world: client.Practice, quick: given.Place
) -> None:
    world.configure(followed=4, messages=0, tips=0, purchases=0, keep_sessions=True)
    world.webhooks(quick.address(given.BRIDGE), "extension", duplicates=1)
    world.play(9, 400, platforms=["stripchat"])
    happened = given_broadcast.happened(world)
    wanted = [tuple(fact.values()) for one in happened for fact in extension.told(one)]
    await given.until_posted(world, 2 * len([*extension.posts(happened, world.username)]))

    found = quick.house.rows(
        "SELECT i.kind, p.username, i.tokens, i.text, i.private FROM interactions i"
        " LEFT JOIN persons p ON p.id = i.person_id"
    )
    assert Counter(found) == Counter(wanted)
    assert len({kind for kind, *_ in found}) == 7
    watched = quick.house.rows("SELECT max(viewers) FROM stripchat_live_snapshots")
    assert watched == [(max(filter(None, map(extension.viewers, happened))),)]
    assert {one["status"] for one in world.posts()} == {200}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_answer"),
        (b"rubbish", "not_json"),
        (b'{"room": "operator_one", "mem', "body_truncated"),
        (b"[]", "page_changed"),
        (b'{"amount": 1}', "page_changed"),
        (b"[" * 100_000, "page_changed"),
    ],
    ids=["empty", "rubbish", "truncated", "list", "no room", "deep"],
)
async def test_what_cannot_be_read_is_archived_and_counted_and_not_asked_for_again(
    quick: given.Place, body: bytes, code: str
) -> None:
    answers = [await quick.post(body) for _ in range(2)]
    after = await quick.post(given.tip())

    assert [one.status_code for one in (*answers, after)] == [202, 202, 200]
    feed = quick.house.feed(given.HOOK)
    assert (feed.refusals, str(feed.refusal).partition(":")[0]) == (2, code)
    assert quick.house.count("payloads") == 3
    assert len(quick.tips()) == 1


HOSTILE = [
    json.dumps(given.tip(amount=10**30)).encode(),
    json.dumps(given.tip("a\0b", body="\0")).encode(),
    json.dumps(given.tip("x" * 5000, body="\ud800 é")).encode(),
    json.dumps(given.tip(timestamp=10**18, site={"a": 1}, room=["b"])).encode(),
    json.dumps(given.tip(timestamp="0000-00-00T99:99:99Z")).encode(),
    json.dumps({"event": "model.other", "data": {"text": "\ud800\0"}}).encode(),
    b"\xff\xfe{}\x00",
]


async def test_no_value_in_a_body_is_a_fault_of_ours(place: given.Place) -> None:
    found = [(await place.post(body)).status_code for body in HOSTILE]

    assert set(found) <= {200, 202}


async def test_a_body_that_is_too_large_is_refused_and_counted(quick: given.Place) -> None:
    large = await quick.post(b" " * (pushed.LIMIT + 1))
    feed = quick.house.feed(given.HOOK)

    assert large.status_code == 413
    assert (feed.refusals, str(feed.refusal).partition(":")[0]) == (1, "body_too_large")
    assert quick.house.count("payloads") == 0


async def test_a_body_that_is_cut_off_is_nothing(quick: given.Place) -> None:
    path = addresses.PATH + quick.secret()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n"
    with socket.create_connection(("127.0.0.1", quick.port)) as line:
        line.sendall(head.encode() + json.dumps(given.tip()).encode())
    after = await quick.post(given.tip())

    assert after.json() == {"records": 1, "new": 1}
    assert quick.house.count("payloads") == 1


async def test_a_wrong_secret_is_answered_as_a_path_that_is_not_there(quick: given.Place) -> None:
    right = quick.address()
    root = right.rpartition(addresses.PATH)[0]
    wrong = [right[:-1], right + "x", f"{root}/in/", f"{root}/in/a/b", f"{root}/nowhere"]
    found = [
        await quick.ask(how, url, b"{}") for url in wrong for how in ("POST", "GET", "OPTIONS")
    ]
    known = await quick.ask("GET", right)

    assert {(one.status_code, one.text) for one in found} == {(404, "Not Found")}
    assert (known.status_code, known.headers["Allow"]) == (405, "POST")
    assert quick.house.count("payloads") == 0


async def test_the_secret_is_in_no_log_no_table_and_no_archive(
    quick: given.Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, "uvicorn")
    logs.configure(level="DEBUG")
    secret = quick.secret()
    async with quick.house.listening():
        await given_feeds.until(lambda: quick.house.state(given.HOOK) == "live")
        for body in (
            given.tip(body=f"see /in/{secret}"),
            secret.encode(),
            given.tip(body=1, amount=-1),
        ):
            await quick.post(body)
        await quick.ask("POST", quick.address()[:-1], b"{}")
    logs.configure()

    with quick.house.database.read() as connection:
        bodies = [evidence.get(connection, number).answer.body for number in (1, 2, 3)]
    assert (b"see /in/***" in bodies[0], bodies[1]) == (True, b"***")
    said = caplog.text + "".join(capfd.readouterr())
    assert "hook: live" in said
    assert secret[:-1] not in said
    files = [file for file in quick.house.folder.rglob("*") if file.is_file()]
    assert [file for file in files if secret.encode() in file.read_bytes()] == []


async def test_a_replaced_secret_is_void_within_a_second_or_so(quick: given.Place) -> None:
    old = quick.address()
    before = await quick.ask("POST", old, json.dumps(given.tip()).encode())
    new = quick.address(new=True)
    async with asyncio.timeout(10):
        while (await quick.ask("POST", new, b"{}")).status_code == 404:  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.05)
    void = await quick.ask("POST", old, b"{}")

    assert old != new
    assert (before.status_code, void.status_code) == (200, 404)


async def test_what_comes_while_the_feed_is_paused_is_to_be_sent_again(quick: given.Place) -> None:
    await quick.post(given.tip())
    with quick.house.database.write() as connection:
        feeds.change(connection, given.HOOK, paused_at=moment.now())
    paused = await quick.post(given.tip("bob"))
    with quick.house.database.write() as connection:
        feeds.change(connection, given.HOOK, paused_at=None)
    again = await quick.post(given.tip("bob"))

    assert (paused.status_code, again.status_code) == (503, 200)
    assert int(paused.headers["Retry-After"]) > 0
    assert [row[0] for row in quick.tips()] == ["alice", "bob"]


async def test_nothing_is_acknowledged_that_could_not_be_written(place: given.Place) -> None:
    for before, after in (("interactions", "away"), ("away", "interactions")):
        with place.house.database.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
        answer = await place.post(given.tip())
        assert answer.status_code == (200 if after == "interactions" else 500)

    assert len(place.tips()) == place.house.count("payloads") == 1


async def test_whoever_sends_too_much_is_told_to_wait(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    with given.opened(world, new_database, tmp_path, per_minute=3) as quick:
        quick.address(given.BRIDGE)
        found = [await quick.post(given.tip(amount=n)) for n in range(1, 6)]
        other = await quick.post(given.spent(1), given.BRIDGE)

    assert [one.status_code for one in (*found, other)] == [200, 200, 200, 429, 429, 200]
    assert 0 < int(found[-1].headers["Retry-After"]) <= 60


async def test_many_at_once_are_each_written_once_whoever_takes_them(
    world: client.Practice, place: given.Place, tmp_path: Path
) -> None:
    address = place.address(given.BRIDGE)
    with given.opened(world, place.house.database, tmp_path) as other:
        both = [address, address.replace(f":{place.port}/", f":{other.port}/")]
        async with place.house.listening():
            posts = [
                place.ask("POST", url, json.dumps(given.spent(number)).encode())
                for number in range(30)
                for url in both
            ]
            found = await asyncio.gather(*posts)

    assert {one.status_code for one in found} == {200}
    assert sum(one.json()["new"] for one in found) == len(place.tips()) == 30


async def test_a_host_that_is_not_ours_is_told_what_to_set(quick: given.Place) -> None:
    answer = await quick.post(given.tip(), headers={"Host": "public.example"})

    assert answer.status_code == 400
    assert "service.hosts" in answer.text


async def test_the_listener_says_how_the_door_stands(quick: given.Place) -> None:
    house = quick.house
    async with house.listening():
        await given_feeds.until(lambda: house.state(given.HOOK) == "stopped")
        feed = house.feed(given.HOOK)
        assert (feed.code, "greenroom feeds address hook" in str(feed.reason)) == ("no_token", True)
        quick.address()
        await given_feeds.until(lambda: house.state(given.HOOK) == "live")
        await quick.post(given.tip())
        with house.database.write() as connection:
            feeds.change(connection, given.HOOK, paused_at=moment.now())
        await given_feeds.until(lambda: house.state(given.HOOK) == "paused")

    assert house.feed(given.HOOK).told_at is not None
    assert house.state(given.HOOK) == "off"


async def test_a_silence_is_a_gap_where_nobody_sends_again(quick: given.Place) -> None:
    house = quick.house
    names = (given.HOOK, given.BRIDGE)
    for name in names:
        quick.address(name)
    async with house.listening():
        await given_feeds.until(lambda: all(house.state(name) == "live" for name in names))
        before = given_door.ago(hours=1)
        with house.database.write() as connection:
            for name in names:
                feeds.change(connection, name, heard_at=before)
    await quick.post(given.spent(1), given.BRIDGE)  # taken, though nobody listens: a gap it stays
    async with house.listening():
        await given_feeds.until(lambda: all(house.state(name) == "live" for name in names))
        await given_feeds.until(lambda: house.count("gaps") == 1)

    assert house.rows("SELECT feed, reason FROM gaps") == [("stripchat.bridge", "not_heard")]


def test_two_feeds_with_one_address_are_refused(world: client.Practice, tmp_path: Path) -> None:
    more = given.FEEDS + (
        '[feeds.other]\nfeed = "stripchat.bridge"\naccount = "strip"\ntarget = "room_two"\n'
    )
    with pytest.raises(errors.BadConfig, match="same address as bridge"):
        given_feeds.house(world, None, tmp_path, more=more)  # type: ignore[arg-type]  # unread


@pytest.mark.parametrize("secret", ["short", "a/path/that/is/long/enough", "white space, and long"])
async def test_a_token_that_is_no_secret_opens_nothing(quick: given.Place, secret: str) -> None:
    environ = {"GREENROOM_TOKEN_FIGURES__WEBHOOK": secret}
    known = addresses.Addresses(lambda: quick.house.chosen, environ)

    assert await known.whose(secret) is None


def test_without_a_port_there_is_no_door(quick: given.Place) -> None:
    at = quick.house.chosen.service.model_copy(update={"port": 0})
    chosen: settings.Settings = quick.house.chosen.model_copy(update={"service": at})

    with pytest.raises(errors.BadConfig, match="no door"):
        station.begin(quick.house.database, chosen, given.HOOK, "test")
