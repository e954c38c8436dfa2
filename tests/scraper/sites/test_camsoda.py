"""Camsoda is read to the end of its lists, and what is read is what the practice site holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.practice import camsoda, client, options, world
from models import records
from models.records import camsoda as stated
from scraper import errors, session_cookie, site
from scraper.sites import register
from tests.scraper import given_answers as given
from tests.scraper.sites import given_reader, given_tab
from tests.scraper.sites.given_reader import Reader

SITE = register.SITES["camsoda"]
WORLD: dict[str, Any] = {"now": 1_795_219_200.0, "followed": 60, "strangers": 20}


@pytest.fixture
def reader(practice: client.Practice) -> Iterator[Reader]:
    practice.configure(**WORLD)
    made = Reader(practice, "camsoda")
    made.sign_in()
    yield made
    made.web.close()


def again(practice: client.Practice, **wanted: Any) -> world.World:
    """Give the sites another world, and return the same."""
    practice.configure(**{**WORLD, **wanted}, keep_sessions=True)
    return world.World(options.Options(**{**WORLD, **wanted}))


def test_every_room_is_read_as_the_site_tells_it(reader: Reader, practice: client.Practice) -> None:
    rooms = again(practice).rooms
    reader.walk("status", people=(*rooms, "nobody", "nobodys"))
    found = {one.username: one for one in reader.of(stated.CamsodaSnapshot)}
    assert found.keys() == rooms.keys()
    for name, room in rooms.items():
        told, one = camsoda.told(room), found[name]
        assert (one.show, one.followers, list(one.tags or ())) == (
            told["show"],
            told["followers"],
            told["tags"],
        )
    missing = {one.username for one in reader.of(records.Polled) if one.outcome == "not_found"}
    assert missing == {"nobody", "nobodys"}
    assert all(one.rest > 0 for one in reader.of(records.Polled) if one.username in missing)


def test_what_anybody_sees_is_asked_without_the_session() -> None:
    for name in ("status", "viewers"):
        leads = SITE.collectors[name].start(given.errand(people=("alice",)), SITE.layout)
        assert {lead.via for lead in leads} == {"http"}
    assert SITE.collectors["status"].start(given.errand(people=()), SITE.layout) == ()
    assert SITE.collectors["status"].start(given.errand(people=("../user",)), SITE.layout) == ()


def test_every_room_online_is_found_with_its_viewers_whatever_the_columns_order(
    reader: Reader, practice: client.Practice
) -> None:
    made = again(practice, strangers=260)
    reader.walk("viewers")
    found = {one.username: one for one in reader.of(stated.CamsodaOnlineSnapshot)}
    online = {name: room for name, room in made.rooms.items() if room.online}
    assert found.keys() == online.keys()
    for name, room in online.items():
        told, one = camsoda.told(room), found[name]
        assert one.show == told["online_show"]
        for field in ("display_name", "gender", "viewers", "subject", "is_standby"):
            assert getattr(one, field) == told[field]
    ids = {one.username: one.value for one in reader.of(records.StableId)}
    assert ids == {name: str(camsoda.told(room)["uid"]) for name, room in online.items()}
    assert len(reader.asked) > len("fmtc"), "pages were gone through"


def test_followed_rooms_are_complete_and_named(reader: Reader, practice: client.Practice) -> None:
    again(practice, followed=250)
    truth = practice.truth()["followed"]
    reader.walk("followed")
    assert {one.username for one in reader.of(records.Member)} == {
        *truth["online"],
        *truth["offline"],
    }
    verdict = given_reader.verdict(reader, "followed")
    assert (verdict.complete, verdict.declared) == (True, 250)
    assert [one.declared for one in reader.of(records.ListPage)] == [None]


def test_an_account_that_follows_nobody_has_a_proved_empty_list(
    reader: Reader, practice: client.Practice
) -> None:
    again(practice, followed=0)
    reader.walk("followed")
    assert given_reader.verdict(reader, "followed").complete


@pytest.mark.parametrize("place", [3, 4])
def test_a_list_that_comes_short_once_is_never_complete(
    reader: Reader, practice: client.Practice, place: int
) -> None:
    """Short in its middle, or when it was counted again."""
    again(practice)
    path = "/api/v1/user/current"
    for number in range(1, 6):
        kind = "short" if number == place else "localised"  # the other does nothing here
        practice.fault(kind, path=path, times=1)
    reader.walk("followed")
    verdict = given_reader.verdict(reader, "followed")
    assert not verdict.complete


def test_a_room_followed_meanwhile_does_not_spoil_the_list(
    reader: Reader, practice: client.Practice
) -> None:
    path = "/api/v1/user/current"
    practice.churn([{"after": 3, "path": path, "do": "follow", "who": "brand_new_name"}])
    reader.walk("followed")
    assert given_reader.verdict(reader, "followed").complete


def test_a_guest_reads_nothing(reader: Reader, practice: client.Practice) -> None:
    practice.expire_sessions()
    with pytest.raises(errors.SignInAgain):
        reader.walk("followed")
    assert [one.kind for one in reader.asked] == ["whoami"]


def test_somebody_elses_session_reads_nothing(reader: Reader) -> None:
    reader.sign_in(client.SECOND_USERNAME)
    with pytest.raises(errors.NeedsOperator) as refused:
        reader.walk("followed")
    assert refused.value.code == "wrong_user"


def test_no_token_is_ever_archived(reader: Reader, practice: client.Practice) -> None:
    names = tuple(practice.truth()["followed"]["online"])
    kept = b""
    for collector in SITE.collectors:
        reader.walk(collector, people=names)
        kept += b"".join(reader.archived)
    assert len(practice.tokens()) > len(names)
    assert [one for one in practice.tokens() if one.encode() in kept] == []
    assert b"_token" not in kept


def test_the_sites_own_way_to_slow_us_down_is_heeded(
    reader: Reader, practice: client.Practice
) -> None:
    practice.fault("slow_down", site="camsoda")
    with pytest.raises(errors.TryLater) as refused:
        reader.walk("viewers")
    assert (refused.value.code, refused.value.retry_after) == ("throttled", 10)


async def test_nobody_signs_in_but_the_operator() -> None:
    credentials = site.Credentials(username="a", password="b")
    assert SITE.by_hand
    with pytest.raises(errors.BadConfig):
        await SITE.sign_in(given_tab.Tab(), credentials, SITE.layout)


def test_the_session_is_known_by_its_cookie(reader: Reader) -> None:
    cookies = [{"name": one.name, "value": one.value} for one in reader.web.cookies.jar]
    session_cookie.check({"cookies": cookies}, SITE.layout, given.AT)
