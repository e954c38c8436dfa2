"""What Chaturbate's practice site tells affiliates and broadcasters, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.practice import affiliates, client, pictures
from tests.practice import given_visitor

ROOMS = "/api/public/affiliates/onlinerooms/"
PUBLISHED = {
    "username",
    "display_name",
    "gender",
    "location",
    "country",
    "spoken_languages",
    "birthday",
    "age",
    "current_show",
    "room_subject",
    "tags",
    "is_new",
    "is_hd",
    "num_users",
    "num_followers",
    "seconds_online",
    "image_url",
    "image_url_360x270",
    "chat_room_url",
    "chat_room_url_revshare",
    "iframe_embed",
    "iframe_embed_revshare",
    "slug",
}
STATISTICS = {
    "username",
    "token_balance",
    "tips_in_last_hour",
    "votes_up",
    "votes_down",
    "satisfaction_score",
    "last_broadcast",
    "time_online",
    "num_followers",
    "num_viewers",
    "num_registered_viewers",
    "num_tokened_viewers",
}
QUERY = {"wm": client.CAMPAIGN, "client_ip": "request_ip"}


@pytest.fixture
def web(practice: client.Practice) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=practice.chaturbate, trust_env=False, timeout=5) as opened:
        yield opened


def rooms(web: httpx.Client, **more: str | int) -> dict[str, Any]:
    answer: dict[str, Any] = web.get(ROOMS, params={**QUERY, **more}).json()
    return answer


def stats(web: httpx.Client, **query: str) -> httpx.Response:
    asked = {"username": client.USERNAME, "token": client.API_TOKEN, **query}
    return web.get(affiliates.STATS, params=asked)


def test_rows_have_the_published_fields(web: httpx.Client) -> None:
    answer = rooms(web)

    assert set(answer) == {"results", "count"}
    assert {frozenset(row) for row in answer["results"]} == {frozenset(PUBLISHED)}
    assert {row["gender"] for row in answer["results"]} <= {"f", "m", "t", "s", "c"}


def test_pages_are_cut_by_offset_and_limit_and_end_empty(web: httpx.Client) -> None:
    everybody = rooms(web, limit=500)
    pages = [rooms(web, limit=30, offset=offset) for offset in range(0, 180, 30)]

    assert [row for page in pages for row in page["results"]] == everybody["results"]
    assert {page["count"] for page in pages} == {len(everybody["results"])}
    assert pages[-1]["results"] == []


def test_only_rooms_that_broadcast_are_listed_and_some_of_these_are_not(
    practice: client.Practice, web: httpx.Client
) -> None:
    listed = {row["username"] for row in rooms(web, limit=500)["results"]}
    followed = practice.truth()["followed"]

    assert not listed & set(followed["offline"])
    assert set(followed["online"]) - listed


def test_rooms_are_chosen_by_gender_and_tag(web: httpx.Client) -> None:
    trans = rooms(web, gender="t", limit=500)["results"]
    tea = rooms(web, tag="tea", limit=500)["results"]

    assert {row["gender"] for row in trans} == {"s", "t"}
    assert tea
    assert all("tea" in row["tags"] for row in tea)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"wm": ""}, 400),
        ({"client_ip": ""}, 400),
        ({"limit": 501}, 400),
        ({"limit": 0}, 400),
        ({"format": "xml"}, 400),
        ({"wm": "OTHER"}, 401),
    ],
)
def test_wrong_parameters_are_refused(
    web: httpx.Client, query: dict[str, str | int], status: int
) -> None:
    assert web.get(ROOMS, params={**QUERY, **query}).status_code == status


def test_live_order_shows_rooms_twice(practice: client.Practice, web: httpx.Client) -> None:
    practice.configure(strangers=400, order="live")
    names = [
        row["username"]
        for offset in range(0, 500, 50)
        for row in rooms(web, limit=50, offset=offset)["results"]
    ]

    assert len(set(names)) < len(names)


def test_statistics_have_the_published_fields_and_say_minus_one_for_offline(
    practice: client.Practice, web: httpx.Client
) -> None:
    own = stats(web).json()
    live = stats(web, username=practice.truth()["followed"]["online"][0]).json()

    assert set(own) == set(live) == STATISTICS
    assert own["time_online"] == -1
    assert live["time_online"] >= 0


def test_somebody_never_broadcast(practice: client.Practice, web: httpx.Client) -> None:
    practice.configure(followed=120, online_percent=0)
    offline = practice.truth()["followed"]["offline"]
    said = [stats(web, username=name).json()["last_broadcast"] for name in offline[:17]]

    assert {type(one) for one in said} <= {int, str}
    assert all(one == -1 or "T" in one for one in said)


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"token": ""}, 401, "Unauthorized"),
        ({"token": "wrong"}, 200, "Unauthorized"),
        ({"username": "nobody_here"}, 404, "Not Found"),
    ],
)
def test_statistics_refuse_in_plain_text(
    web: httpx.Client, query: dict[str, str], status: int, text: str
) -> None:
    answer = stats(web, **query)

    assert (answer.status_code, answer.text) == (status, text)


def test_the_nineteenth_poll_of_a_minute_is_told_to_slow_down(web: httpx.Client) -> None:
    statuses = [stats(web).status_code for _ in range(19)]

    assert statuses == [200] * 18 + [403]


def test_a_room_has_a_picture_while_it_broadcasts_and_else_a_placeholder(
    practice: client.Practice, web: httpx.Client
) -> None:
    followed = practice.truth()["followed"]
    live = web.get(f"/ri/{followed['online'][0]}.jpg")
    another = web.get(f"/ri/{followed['online'][1]}.jpg")
    offline = web.get(f"/ri/{followed['offline'][0]}.jpg")

    assert live.headers["content-type"] == "image/jpeg"
    assert live.content.startswith(b"\xff\xd8\xff")
    assert live.content != another.content
    assert offline.content == pictures.PLACEHOLDER
    assert web.get("/ri/nobody_here.jpg").status_code == 404


def test_pictures_on_pages_are_still_nothing_and_no_visit(
    practice: client.Practice, web: httpx.Client
) -> None:
    assert web.get("/riw/alice.jpg").status_code == 204
    assert practice.requests("/riw/*") == []


@pytest.mark.parametrize("path", [ROOMS, affiliates.STATS, "/ri/alice.jpg"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [("throttle", 429), ("server_error", 503), ("html_instead", 200), ("challenge", 403)],
)
def test_these_routes_suffer_faults_as_all_do(
    practice: client.Practice, web: httpx.Client, path: str, kind: str, status: int
) -> None:
    practice.fault(kind, path=path)

    assert web.get(path).status_code == status
    assert practice.clear_faults()[0]["hits"] == 1


def test_their_json_is_cut_and_renamed_by_faults(
    practice: client.Practice, web: httpx.Client
) -> None:
    practice.fault("truncate", path=ROOMS, mode="silent")
    cut = web.get(ROOMS, params=QUERY).text
    practice.fault("rename_classes", path=ROOMS, only=["count"])

    assert not cut.endswith("}")
    assert "xtnuoc" in rooms(web)


def test_a_locked_room_asks_for_a_password(
    practice: client.Practice, visitor: given_visitor.Visitor
) -> None:
    name = practice.truth()["followed"]["online"][0]
    practice.churn([{"do": "lock", "who": name}])
    answer = visitor.xhr(f"/api/chatvideocontext/{name}/")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
