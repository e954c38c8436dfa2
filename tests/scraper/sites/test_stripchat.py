"""Stripchat is read to the end of its lists, and what is read is what the practice site holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from fixtures.practice import client, options, past, people, stripchat, stripchat_money, world
from models import records
from models.records import stripchat as stated
from scraper import errors, session_cookie, site
from scraper.sites import register
from scraper.sites.stripchat import endpoints
from tests.scraper import given_answers as given
from tests.scraper.sites import given_reader, given_tab
from tests.scraper.sites.given_reader import Reader

SITE = register.SITES["stripchat"]
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
WORLD: dict[str, Any] = {"now": MIDNIGHT.timestamp(), "followed": 60, "strangers": 20}


@pytest.fixture
def reader(practice: client.Practice) -> Iterator[Reader]:
    practice.configure(**WORLD)
    made = Reader(practice, "stripchat")
    made.sign_in()
    yield made
    made.web.close()


def again(practice: client.Practice, **wanted: Any) -> world.World:
    """Give the sites another world, and return the same."""
    practice.configure(**{**WORLD, **wanted}, keep_sessions=True)
    return world.World(options.Options(**{**WORLD, **wanted}))


def said_of(snapshot: stated.StripchatSnapshot, room: people.Room) -> dict[str, Any]:
    told = stripchat.told(room)
    return {
        name: list(value) if isinstance(value := getattr(snapshot, name), tuple) else value
        for name in told
        if name != "uid"
    }


# status


def test_every_room_is_read_as_the_site_tells_it(reader: Reader, practice: client.Practice) -> None:
    rooms = again(practice).rooms
    reader.walk("status", people=tuple(rooms))
    found = {one.username: one for one in reader.of(stated.StripchatSnapshot)}
    assert found.keys() == rooms.keys()
    for name, room in rooms.items():
        told = stripchat.told(room)
        del told["uid"]
        assert said_of(found[name], room) == told
    assert {one.username: one.value for one in reader.of(records.StableId)} == {
        name: str(stripchat.told(room)["uid"]) for name, room in rooms.items()
    }
    assert {one.outcome for one in reader.of(records.Polled)} == {"ok"}


def test_rooms_whose_ids_are_known_are_read_a_hundred_at_a_time(
    reader: Reader, practice: client.Practice
) -> None:
    rooms = again(practice, followed=230).rooms
    ids = {name: str(stripchat.told(room)["uid"]) for name, room in rooms.items()}
    reader.walk("live", people=(*rooms, "nobody_at_all"), ids=ids | {"gone": "1"})
    assert len(practice.requests("/api/front/models/list")) == 3
    found = {one.username: one for one in reader.of(stated.StripchatLiveSnapshot)}
    assert found.keys() == rooms.keys()
    for name, room in rooms.items():
        told = stripchat.told(room)
        same = ("show", "status", "viewers")
        assert {one: getattr(found[name], one) for one in same} == {one: told[one] for one in same}
    assert {one.username: one.value for one in reader.of(records.StableId)} == ids


def test_a_room_that_took_another_name_is_known_by_its_id(
    reader: Reader, practice: client.Practice
) -> None:
    old, other = practice.truth()["followed"]["online"][:2]
    rooms = again(practice).rooms
    ids = {name: str(stripchat.told(rooms[name])["uid"]) for name in (old, other)}
    practice.churn([{"do": "rename", "of": "followed", "who": old, "to": "brand_new_name"}])
    reader.walk("live", people=(old, other), ids=ids)
    assert {one.username for one in reader.of(stated.StripchatLiveSnapshot)} == {
        "brand_new_name",
        other,
    }
    known = {one.username: one.value for one in reader.of(records.StableId)}
    assert known == {"brand_new_name": ids[old], other: ids[other]}


def test_a_status_is_asked_without_the_session() -> None:
    leads = SITE.collectors["status"].start(given.errand(people=("alice", "Bob_77")), SITE.layout)
    assert [lead.via for lead in leads] == ["http", "http"]
    assert not any(lead.csrf or lead.secrets for lead in leads)
    assert SITE.collectors["status"].start(given.errand(people=()), SITE.layout) == ()


def test_what_is_no_name_is_not_asked_about() -> None:
    errand = given.errand(people=("../users", "alice"))
    assert len(SITE.collectors["status"].start(errand, SITE.layout)) == 1


def test_a_stranger_and_a_former_name_are_left_alone_and_the_new_name_proves_itself_by_its_id(
    reader: Reader, practice: client.Practice
) -> None:
    old, other = practice.truth()["followed"]["online"][:2]
    reader.walk("status", people=(old,))
    (before,) = reader.of(records.StableId)
    practice.churn([{"do": "rename", "of": "followed", "who": old, "to": "brand_new_name"}])
    reader.walk("status", people=(old, "nobody_at_all", other))
    outcomes = {one.username: (one.outcome, one.rest) for one in reader.of(records.Polled)}
    week = float(SITE.layout.sizes["not_found_rest_seconds"])
    assert outcomes == {
        old: ("not_found", week),
        "brand_new_name": ("ok", 0.0),
        "nobody_at_all": ("not_found", week),
        other: ("ok", 0.0),
    }
    ids = {one.username: one.value for one in reader.of(records.StableId)}
    assert ids["brand_new_name"] == before.value
    assert old not in ids


# favourites


@pytest.mark.parametrize("form", ["online", "all"])
def test_favourites_are_complete_whatever_the_main_list_holds(
    reader: Reader, practice: client.Practice, form: str
) -> None:
    again(practice, followed=260, favorites=form)
    truth = practice.truth()["followed"]
    reader.walk("favorites")
    members = {one.username for one in reader.of(records.Member)}
    assert members == {*truth["online"], *truth["offline"]}
    assert {one.role for one in reader.of(records.Member)} == {"model"}
    assert len({one.value for one in reader.of(records.StableId)}) == 260
    verdict = given_reader.verdict(reader, "favorites")
    assert (verdict.complete, verdict.declared, verdict.reasons) == (True, 260, ())


def test_a_room_that_goes_online_while_favourites_are_read_is_not_missed(
    reader: Reader, practice: client.Practice
) -> None:
    moved = practice.truth()["followed"]["offline"][0]
    path = "/api/front/models/favorites"
    # the total is asked for first, then the online part
    practice.churn([{"after": 2, "path": path, "do": "online", "who": moved}])
    reader.walk("favorites")
    assert moved in {one.username for one in reader.of(records.Member)}
    assert given_reader.verdict(reader, "favorites").complete


def test_favourites_that_the_site_does_not_show_are_counted_as_withheld(
    reader: Reader, practice: client.Practice
) -> None:
    again(practice, withheld=3)
    reader.walk("favorites")
    verdict = given_reader.verdict(reader, "favorites")
    assert (verdict.only_withheld, verdict.withheld, verdict.declared) == (True, 3, 63)


def test_favourites_without_their_token_are_never_taken_for_an_empty_list(reader: Reader) -> None:
    reader.adds_tokens = False
    reader.walk("favorites")
    verdict = given_reader.verdict(reader, "favorites")
    assert reader.of(records.Member) == []
    assert (verdict.complete, verdict.declared, verdict.seen) == (False, 60, 0)


def test_an_account_without_favourites_has_a_proved_empty_list(
    reader: Reader, practice: client.Practice
) -> None:
    again(practice, followed=0)
    reader.walk("favorites")
    assert given_reader.verdict(reader, "favorites").complete


def test_favourites_are_asked_with_a_token_that_no_request_holds(reader: Reader) -> None:
    reader.walk("favorites")
    asked = [one for one in reader.asked if one.kind.startswith("favorite")]
    place = "json:/api/front/v3/config/initial-dynamic?requestType=initial#initialDynamic.jwtToken"
    assert {tuple(one.csrf.items()) for one in asked} == {(("header:Authorization", place),)}


def test_a_session_that_ends_silently_is_found_out(
    reader: Reader, practice: client.Practice
) -> None:
    practice.fault("logout_silent", path="/api/front/models/favorites/offline")
    with pytest.raises(errors.SignInAgain):
        reader.walk("favorites")


# earnings


def acts(rows: list[past.Transaction]) -> dict[str, dict[str, Any]]:
    told = [stripchat_money.told(row) for row in rows]
    return {one["key"]: one for one in told}


def read(reader: Reader) -> dict[str, dict[str, Any]]:
    names = ("key", "at", "kind", "tokens", "username", "private")
    return {
        one.key: {name: getattr(one, name) for name in names}
        for one in reader.of(records.Interaction)
    }


def test_every_transaction_is_read_once_with_what_it_was(
    reader: Reader, practice: client.Practice
) -> None:
    made = again(practice, tips=260, purchases=40)
    reader.walk("transactions", now=given.AT)
    assert len(reader.of(records.Interaction)) == 300
    assert read(reader) == acts(made.transactions)
    assert {one.room for one in reader.of(records.Interaction)} == {client.USERNAME}
    assert [one.value for one in reader.of(records.Cursor)] == [given.AT.isoformat()]
    assert {"tip", "payout"} <= {one["kind"] for one in read(reader).values()}
    assert all(one["username"] is None for one in read(reader).values() if one["kind"] == "payout")


def test_a_later_walk_goes_back_to_the_cursor_and_an_hour_before(
    reader: Reader, practice: client.Practice
) -> None:
    made = again(practice)
    cursor = MIDNIGHT - timedelta(hours=20)
    reader.walk("transactions", now=given.AT, cursor=cursor.isoformat())
    since = (cursor - timedelta(hours=1)).timestamp()
    wanted = [row for row in made.transactions if int(row.at) >= since]
    assert 0 < len(wanted) < len(made.transactions)
    assert read(reader) == acts(wanted)
    assert [one.value for one in reader.of(records.Cursor)] == [given.AT.isoformat()]


def test_a_walk_of_the_past_closes_no_window_that_has_a_hole_after_it(
    reader: Reader, practice: client.Practice
) -> None:
    made = again(practice)
    since, until = MIDNIGHT - timedelta(hours=40), MIDNIGHT - timedelta(hours=30)
    reader.walk("transactions", now=given.AT, since=since, until=until, cursor=since.isoformat())
    wanted = [row for row in made.transactions if since.timestamp() <= int(row.at)]
    assert read(reader) == acts([row for row in wanted if int(row.at) <= until.timestamp()])
    assert [one.value for one in reader.of(records.Cursor)] == [until.isoformat()]
    later = since + timedelta(hours=1)
    asked = given.errand(now=given.AT, since=later, until=until, cursor=since.isoformat())
    assert "closes" not in endpoints.window(SITE.layout, asked)


def test_a_full_walk_begins_with_the_site() -> None:
    asked = given.errand(now=given.AT, cursor=MIDNIGHT.isoformat(), full=True)
    assert endpoints.window(SITE.layout, asked)["since"] == "2016-01-01T00:00:00Z"
    first = endpoints.window(SITE.layout, given.errand(now=given.AT))
    assert first["since"] == "2026-10-22T08:00:00Z"


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(errors.BadConfig):
        endpoints.window(SITE.layout, given.errand(since=given.AT, until=given.AT))


def test_a_list_that_grows_is_read_from_its_start_again_and_given_up_in_the_end(
    reader: Reader, practice: client.Practice
) -> None:
    made = again(practice, tips=220, purchases=0)
    path = "/api/front/users/*/transactions"
    practice.fault("drift", path=path, page=2, times=1)
    reader.walk("transactions", now=given.AT)
    assert read(reader) == acts(made.transactions)
    practice.fault("drift", path=path, times=None)
    with pytest.raises(errors.TryLater) as refused:
        reader.walk("transactions", now=given.AT)
    assert refused.value.code == "list_shifted"


def test_a_short_page_leaves_no_hole(reader: Reader, practice: client.Practice) -> None:
    made = again(practice, tips=220, purchases=0)
    practice.fault("short", path="/api/front/users/*/transactions", page=1, rows=7)
    reader.walk("transactions", now=given.AT)
    assert read(reader) == acts(made.transactions)


def test_an_empty_page_before_the_end_is_asked_again(
    reader: Reader, practice: client.Practice
) -> None:
    again(practice, tips=220)
    practice.fault("empty", path="/api/front/users/*/transactions", page=2)
    with pytest.raises(errors.TryLater) as refused:
        reader.walk("transactions", now=given.AT)
    assert refused.value.code == "empty_answer"


@pytest.mark.parametrize("collector", ["transactions", "payers"])
def test_a_page_that_came_before_is_asked_again(
    reader: Reader, practice: client.Practice, collector: str
) -> None:
    again(practice, tips=300)
    sizes = {**reader.layout.sizes, "payers": 5}
    reader.layout = msgspec.structs.replace(reader.layout, sizes=sizes)
    practice.fault("repeat", path="/api/front/users/*/transactions*", page=2)
    with pytest.raises(errors.TryLater) as refused:
        reader.walk(collector, now=given.AT)
    assert refused.value.code == "wrong_page"
    batch = reader.take(reader.asked[-1])
    assert batch.records


def test_payers_have_paid_what_the_books_say(reader: Reader, practice: client.Practice) -> None:
    made = again(practice, tips=400)
    page = msgspec.structs.replace(reader.layout, sizes={**reader.layout.sizes, "payers": 5})
    reader.layout = page
    reader.walk("payers")
    owed = stripchat_money.owed(made.transactions)
    found = {one.username: one for one in reader.of(stated.StripchatPayer)}
    assert {name: one.total_tokens for name, one in found.items()} == {
        name: sums["total"] for name, sums in owed.items()
    }
    assert {name: one.private_tip for name, one in found.items()} == {
        name: sums["privateTip"] for name, sums in owed.items()
    }
    assert {one.room for one in found.values()} == {client.USERNAME}


# the session


@pytest.mark.parametrize("collector", ["transactions", "payers", "favorites"])
def test_a_guest_reads_nothing(reader: Reader, practice: client.Practice, collector: str) -> None:
    practice.expire_sessions()
    with pytest.raises(errors.SignInAgain):
        reader.walk(collector, now=given.AT)
    assert [one.kind for one in reader.asked] == ["whoami"]


def test_somebody_elses_session_reads_nothing(reader: Reader) -> None:
    reader.sign_in(client.SECOND_USERNAME)
    with pytest.raises(errors.NeedsOperator) as refused:
        reader.walk("favorites")
    assert refused.value.code == "wrong_user"


def test_no_token_is_ever_archived(reader: Reader, practice: client.Practice) -> None:
    names = tuple(practice.truth()["followed"]["online"])
    kept = b""
    for collector in SITE.collectors:
        reader.walk(collector, now=given.AT, people=names, target=None)
        kept += b"".join(reader.archived)
    assert [one for one in practice.tokens() if one.encode() in kept] == []
    assert b"streamName" not in kept


async def test_nobody_signs_in_but_the_operator() -> None:
    credentials = site.Credentials(username="a", password="b")
    assert SITE.by_hand
    with pytest.raises(errors.BadConfig):
        await SITE.sign_in(given_tab.Tab(), credentials, SITE.layout)


def test_the_session_is_known_by_its_cookie(reader: Reader) -> None:
    cookies = [{"name": one.name, "value": one.value} for one in reader.web.cookies.jar]
    session_cookie.check({"cookies": cookies}, SITE.layout, given.AT)
