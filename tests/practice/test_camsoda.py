"""The Camsoda practice site answers in the shapes that are known of the real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.practice import camsoda, client, options, people, world

API = "/api/v1"
CURRENT = f"{API}/user/current"
ONLINE = f"{API}/browse/online"


@pytest.fixture
def web(practice: client.Practice) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=practice.camsoda, trust_env=False, timeout=5) as opened:
        yield opened


@pytest.fixture
def own(web: httpx.Client) -> httpx.Client:
    fields = {"username": client.USERNAME, "password": client.PASSWORD}
    assert web.post("/login", data=fields).status_code == 302
    assert web.cookies["camsoda_session"]
    return web


def rooms(**wanted: Any) -> dict[str, people.Room]:
    return world.World(options.Options(**wanted)).rooms


def test_a_room_has_the_documented_fields_and_says_what_is_told(web: httpx.Client) -> None:
    for name, room in rooms().items():
        told = web.get(f"{API}/chat/react/{name}").json()
        assert told.keys() >= {"error", "chat", "mode", "stream", "user", "userBio", "tagListNew"}
        assert told["user"].keys() == {"profilePictureUrl", "offlinePictureUrl", "follower"}
        plain = camsoda.told(room)
        shown = told["mode"] if told["chat"]["status"] == "online" else "offline"
        assert shown == plain["show"]
        assert told["user"]["follower"]["countTotal"] == plain["followers"]
        assert [tag["name"] for tag in told["tagListNew"]] == plain["tags"]
        assert ("token" in told["stream"]) is room.online


def test_nobody_is_told_in_either_of_two_ways(web: httpx.Client) -> None:
    silent = web.get(f"{API}/chat/react/nobody")
    assert silent.json() == {"error": False, "stream": {"message": "No broadcaster found"}}
    gone = web.get(f"{API}/chat/react/nobodys")
    assert (gone.status_code, gone.json()) == (404, {"error": "No username found."})


def test_the_list_of_rooms_online_is_paged_and_every_row_follows_its_template(
    web: httpx.Client, practice: client.Practice
) -> None:
    practice.configure(strangers=200)
    names, flat = set(), 0
    for gender in "fmct":
        number, seen = 1, 0
        while True:
            page = web.get(ONLINE, params={"page": number, "gender": gender}).json()
            assert page.keys() == {"template", "results", "count_total"}
            for row in page["results"]:
                flat += "tpl" not in row
                facts = row
                if "tpl" in row:
                    facts = {page["template"][int(at)]: value for at, value in row["tpl"].items()}
                assert facts["gender"] == gender
                names.add(facts["username"])
            number, seen = number + 1, seen + len(page["results"])
            if not page["results"]:
                break
        assert seen == page["count_total"]
    assert flat
    assert names == {name for name, room in rooms(strangers=200).items() if room.online}


def test_a_guest_has_no_list(web: httpx.Client) -> None:
    told = web.get(CURRENT).json()
    assert told["status"] is False
    assert "following" not in told["user"]


def test_the_operator_has_the_followed_rooms_with_whether_they_are_online(
    own: httpx.Client, practice: client.Practice
) -> None:
    told = own.get(CURRENT).json()
    assert told["status"] is True
    assert told["user"].keys() == {"username", "tokens", "node_token", "following"}
    truth = practice.truth()["followed"]
    online = {row["followname"] for row in told["user"]["following"] if row["online"]}
    assert online == set(truth["online"])
    assert len(told["user"]["following"]) == truth["total"]


def test_the_profile_of_old_answers_nothing(web: httpx.Client) -> None:
    answer = web.get(f"{API}/user/anybody")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("throttle", 429), ("slow_down", 403), ("server_error", 503), ("html_instead", 200)],
)
@pytest.mark.parametrize("path", [CURRENT, ONLINE, f"{API}/chat/react/x"])
def test_faults_work_on_every_route(
    own: httpx.Client, practice: client.Practice, kind: str, status: int, path: str
) -> None:
    practice.fault(kind, path=path, site="camsoda")
    assert own.get(path).status_code == status


def test_a_session_that_ends_silently_is_a_guests(
    own: httpx.Client, practice: client.Practice
) -> None:
    practice.fault("logout_silent", path=CURRENT)
    assert own.get(CURRENT).json()["status"] is False
    assert own.get(CURRENT).json()["status"] is False
