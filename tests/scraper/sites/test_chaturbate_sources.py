"""What Chaturbate's own interfaces state, walked through the practice site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from fixtures.practice import affiliates, client, options, world
from models import records
from models.records import chaturbate
from scraper import errors
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.site import SITE
from tests.practice import given_visitor
from tests.scraper import given_answers
from tests.scraper.sites import given_walks as given

KNOWN: dict[str, Any] = {"followed": 40, "strangers": 1300, "seed": 5, "now": given.NOW.timestamp()}
ROOMS = "/api/public/affiliates/onlinerooms/"
SECRETS = tuple(world.CANARIES)


@pytest.fixture(scope="module")
def running() -> Iterator[client.Practice]:
    with client.Practice() as practice:
        yield practice


@pytest.fixture
def practice(running: client.Practice) -> client.Practice:
    running.configure(**KNOWN)
    return running


@pytest.fixture
def here() -> world.World:
    """The same world as the practice site's, to be asked for the truth."""
    return world.World(options.read(dict(KNOWN)))


@pytest.fixture
def visitor(practice: client.Practice) -> Iterator[given_visitor.Visitor]:
    with given_visitor.Visitor(practice) as newcomer:
        yield newcomer.sign_in()


def walked(
    collector: str, web: httpx.Client, practice: client.Practice, *names: str
) -> list[records.Record]:
    return given.walk(SITE, collector, given.errand(*names), practice.chaturbate, web)


def plain(collector: str, practice: client.Practice, *names: str) -> list[records.Record]:
    with httpx.Client(trust_env=False) as web:
        return walked(collector, web, practice, *names)


# affiliates


def test_the_affiliates_list_states_every_room_that_it_shows_as_it_is_told(
    practice: client.Practice, here: world.World
) -> None:
    stated = plain("online_rooms", practice)
    shown = {room.username: room for room in here.site() if affiliates.shown(room)}

    assert {one.username for one in stated} == set(shown)  # type: ignore[attr-defined]
    for one in stated:
        assert isinstance(one, chaturbate.AffiliateSnapshot)
        assert one.image_url == f"{practice.chaturbate}/ri/{one.username}.jpg"
        told = affiliates.told(shown[one.username], given.NOW.timestamp())
        assert given.facts(one, "image_url") == told


def test_pages_advance_by_the_limit_however_few_rows_they_have(practice: client.Practice) -> None:
    practice.fault("short", path=ROOMS, page=0, rows=120)
    stated = plain("online_rooms", practice)

    asked = [one["query"]["offset"] for one in practice.requests(ROOMS)]
    assert asked == ["0", "500", "1000"]
    assert len(stated) == len({one.username for one in stated})  # type: ignore[attr-defined]


def test_rooms_that_change_places_while_they_are_read_do_no_harm(practice: client.Practice) -> None:
    practice.configure(**KNOWN, order="live")
    stated = plain("online_rooms", practice)

    assert len({one.username for one in stated}) < len(stated)  # type: ignore[attr-defined]
    assert len(practice.requests(ROOMS)) == 3


def test_nothing_is_said_of_who_is_missing_from_the_affiliates_list(
    practice: client.Practice,
) -> None:
    stated = plain("online_rooms", practice)

    assert {type(one) for one in stated} == {chaturbate.AffiliateSnapshot}
    assert "offline" not in {one.show for one in stated}  # type: ignore[attr-defined]


def test_a_wrong_campaign_is_no_wrong_password(practice: client.Practice) -> None:
    practice.configure(**KNOWN, campaign="OTHER")

    with pytest.raises(errors.NeedsOperator) as refused:
        plain("online_rooms", practice)

    assert refused.value.code == "token_refused"


# statistics


def test_statistics_are_those_of_the_account(practice: client.Practice, here: world.World) -> None:
    (stated,) = plain("stats", practice)

    assert isinstance(stated, chaturbate.BroadcasterStats)
    assert (stated.username, stated.show, stated.minutes_online) == (
        client.USERNAME,
        "offline",
        None,
    )
    assert stated.followers == len(here.followers)
    assert stated.last_broadcast
    assert stated.viewers == 0


@pytest.mark.parametrize(("token", "status"), [("wrong", 200), ("", 401)])
def test_a_wrong_or_missing_token_is_refused(
    practice: client.Practice, token: str, status: int
) -> None:
    request = endpoints.stats(SITE.layout, client.USERNAME)
    place = request.url.replace(SITE.layout.base_url, practice.chaturbate)
    with httpx.Client(trust_env=False) as web:
        came = web.get(place, params={"username": client.USERNAME, "token": token})
    answer = given_answers.answer(came.content, request, status=came.status_code)

    with pytest.raises(errors.NeedsOperator) as refused:
        SITE.guard(answer, SITE.layout)

    assert (came.status_code, refused.value.code) == (status, "token_refused")


def test_whoever_asks_for_statistics_too_often_waits(practice: client.Practice) -> None:
    for _ in range(affiliates.POLLS):
        plain("stats", practice)

    with pytest.raises(errors.TryLater) as refused:
        plain("stats", practice)

    assert refused.value.code == "throttled"


# rooms and profiles


def test_rooms_are_stated_as_they_are_each_with_its_stable_id(
    visitor: given_visitor.Visitor, here: world.World
) -> None:
    names = [room.username for room in (*here.online()[:5], *here.offline()[:5])]
    stated = walked("rooms", visitor.web, visitor.practice, *names)

    rooms = [one for one in stated if isinstance(one, chaturbate.RoomSnapshot)]
    assert [one.username for one in rooms] == names
    for one in rooms:
        room = here.rooms[one.username]
        assert one.show == (room.show if room.online else "offline")
        assert (one.age, one.following, one.viewers) == (room.age, room.following, None)
    ids = {one.username: one.value for one in stated if isinstance(one, records.StableId)}
    assert ids == {name: here.rooms[name].uid for name in names}
    assert set(given.polled(stated, "room").values()) == {("ok", 0.0)}


def test_a_renamed_room_keeps_its_stable_id(
    visitor: given_visitor.Visitor, here: world.World
) -> None:
    old = here.online()[0]
    change = {"do": "rename", "who": old.username, "to": "another_name", "of": "followed"}
    visitor.practice.churn([change])
    stated = walked("rooms", visitor.web, visitor.practice, old.username, "another_name")

    assert given.polled(stated, "room") == {
        old.username: ("not_found", 86_400.0),
        "another_name": ("ok", 0.0),
    }
    assert [one.value for one in stated if isinstance(one, records.StableId)] == [old.uid]


@pytest.mark.parametrize(("collector", "source"), [("rooms", "room"), ("profiles", "profile")])
def test_who_is_gone_or_wants_a_password_is_noted_and_the_others_are_read(
    visitor: given_visitor.Visitor, here: world.World, collector: str, source: str
) -> None:
    closed, open_room = here.online()[0].username, here.online()[1].username
    visitor.practice.churn([{"do": "lock", "who": closed}])
    stated = walked(collector, visitor.web, visitor.practice, "nobody_here", closed, open_room)

    assert given.polled(stated, source) == {
        "nobody_here": ("not_found", 86_400.0),
        closed: ("password", 0.0),
        open_room: ("ok", 0.0),
    }


def test_profiles_are_stated_as_they_are(visitor: given_visitor.Visitor, here: world.World) -> None:
    names = [room.username for room in (*here.online()[:5], *here.offline()[:5])]
    stated = walked("profiles", visitor.web, visitor.practice, *names)

    bios = [one for one in stated if isinstance(one, chaturbate.ProfileSnapshot)]
    assert [one.username for one in bios] == names
    for one in bios:
        room = here.rooms[one.username]
        assert (one.followers, one.age) == (room.fans, room.age)
        assert one.location == (room.location or None)
        assert one.show == (room.show if room.online else "offline")
        assert one.about_me == "<p>Tea, music &amp; talk.</p>"


@pytest.mark.parametrize("collector", ["rooms", "profiles"])
def test_a_session_that_ends_on_the_way_is_told_from_rooms_that_are_gone(
    visitor: given_visitor.Visitor, here: world.World, collector: str
) -> None:
    visitor.practice.fault("logout_redirect", path="/api/*")

    with pytest.raises(errors.SignInAgain):
        walked(collector, visitor.web, visitor.practice, here.online()[0].username)


def test_a_room_shown_to_nobody_in_particular_is_no_room_of_the_account(
    visitor: given_visitor.Visitor, here: world.World
) -> None:
    visitor.practice.fault("logout_silent", path="/api/chatvideocontext/*")

    with pytest.raises(errors.SignInAgain):
        walked("rooms", visitor.web, visitor.practice, here.online()[0].username)


def test_no_secret_of_a_room_is_kept(visitor: given_visitor.Visitor, here: world.World) -> None:
    name = here.online()[0].username
    layout = msgspec.structs.replace(SITE.layout, base_url=visitor.practice.chaturbate)
    answer = given.fetched(endpoints.room(layout, name, client.USERNAME), visitor.web)

    assert b"broadcaster_uid" in answer.body
    assert [word for word in SECRETS if word.encode() in answer.body] == []
    assert not set(SECRETS) & {*endpoints.ROOM_FIELDS, *endpoints.PROFILE_FIELDS}


def test_names_that_no_address_can_hold_are_not_asked_about() -> None:
    asked = SITE.collectors["rooms"].start(given.errand("Alice", "not a name"), SITE.layout)

    assert [request.kind for request in asked] == ["shell", "room"]
    assert asked[1].url.endswith("/api/chatvideocontext/alice/")


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://thumb.invalid/ri/alice.jpg", "https://thumb.invalid/ri/alice.jpg"),
        ("//thumb.invalid/ri/alice.jpg", "https://thumb.invalid/ri/alice.jpg"),
        ("http://thumb.invalid/ri/alice.jpg", None),
        ("http://127.0.0.1/ri/alice.jpg", None),
        ("file:///etc/passwd", None),
        ("ri/alice.jpg", None),
    ],
)
def test_a_picture_is_asked_for_where_it_is_safe_to_ask(address: str, asked: str | None) -> None:
    request = endpoints.image(SITE.layout, "alice", address)

    assert (request.url if request else None) == asked
