"""The Statbate Premium practice site answers as its published field lists say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.practice import client
from tests.practice import given_premium as given

PAGED = ["/api/models", "/api/members", "/api/tags", f"{given.ROOM}/tips", f"{given.WHO}/tips"]
ROUTES = list(given.PUBLISHED)


@pytest.fixture
def reader(practice: client.Practice) -> Iterator[given.Reader]:
    visitor = given.Reader(practice)
    with visitor.web:
        yield visitor


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_answers_exactly_the_published_fields(reader: given.Reader, route: str) -> None:
    answer = reader.get(route)

    assert answer.status_code == 200
    assert given.differences(answer.json(), given.PUBLISHED[route]) == []
    assert answer.headers["x-ratelimit-limit"] == "120"
    assert answer.headers["x-ratelimit-remaining"].isdigit()


def test_the_batch_answers_exactly_the_published_fields(reader: given.Reader) -> None:
    answer = reader.batch({"names": [reader.member, "nobody_here"], "timezone": "UTC"})
    known, unknown = answer.json()["data"]

    assert given.differences(known, given.INFO) == []
    assert unknown == {"name": "nobody_here", "did": None, "error": "Member not found"}
    assert answer.json()["meta"] == {
        "site": "chaturbate",
        "timezone": "UTC",
        "found": 1,
        "requested": 2,
    }


@pytest.mark.parametrize(
    "body", [{}, {"names": []}, {"names": "alice"}, [], {"names": ["a"] * 101}]
)
def test_the_batch_wants_up_to_a_hundred_names(reader: given.Reader, body: Any) -> None:
    answer = reader.batch(body)

    assert (answer.status_code, list(answer.json())) == (422, ["error"])


def test_the_batch_has_no_row_for_a_model(reader: given.Reader) -> None:
    room = reader.practice.truth()["followed"]["online"][0]

    assert reader.batch({"names": [room]}).json()["data"] == []


@pytest.mark.parametrize("route", [*ROUTES, "/api/members/chaturbate/info/batch"])
def test_without_the_token_a_route_says_so(practice: client.Practice, route: str) -> None:
    stranger = given.Reader(practice, token="guess")
    with stranger.web:
        answer = stranger.batch({"names": ["alice"]}) if "batch" in route else stranger.get(route)
        plain = httpx.get(str(answer.url), trust_env=False)

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    assert "batch" in route or plain.headers["location"] == f"{practice.statbate}/login"


@pytest.mark.parametrize("route", [route for route in ROUTES if "{room}" in route])
def test_an_unknown_room_is_told_as_an_error(reader: given.Reader, route: str) -> None:
    reader.room = "no_such_room"
    answer = reader.get(route)

    assert (answer.status_code, answer.json()) == (404, {"error": "Model not found"})


@pytest.mark.parametrize("route", [route for route in ROUTES if "{member}" in route])
def test_an_unknown_member_is_told_as_an_error(reader: given.Reader, route: str) -> None:
    reader.member = "no_such_member"
    answer = reader.get(route)

    assert (answer.status_code, answer.json()) == (404, {"error": "Member not found"})


@pytest.mark.parametrize("route", PAGED)
def test_a_paged_route_walks_through_all_its_rows(reader: given.Reader, route: str) -> None:
    whole = reader.told(route, per_page=200)
    pages = whole["meta"]["pagination"]["total"] // 5 + 1
    parts = [reader.told(route, per_page=5, page=page) for page in range(1, pages + 2)]

    assert [row for part in parts for row in part["data"]] == whole["data"]
    assert {part["meta"]["pagination"]["total"] for part in parts} == {len(whole["data"])}
    assert (
        parts[-1]["meta"]["pagination"] | {"from": None, "to": None}
        == parts[-1]["meta"]["pagination"]
    )


def test_the_chat_of_a_room_counts_its_pages_from_zero_and_tells_no_total(
    reader: given.Reader,
) -> None:
    route = f"{given.ROOM}/chat"
    pages = [reader.told(route, page=page) for page in range(6)]

    assert [len(page["data"]) for page in pages] == [50, 50, 50, 50, 0, 0]
    said = [row for page in pages for row in page["data"]]
    assert said[::-1] == reader.practice.truth()["statbate"]
    assert all("pagination" not in page["meta"] for page in pages)


def test_a_search_goes_on_by_page_or_by_cursor(reader: given.Reader) -> None:
    route, whole = "/api/messages/search", list[dict[str, Any]]()
    told = reader.told(route, room=reader.room, per_page=50)
    while told["meta"]["next_cursor"]:
        whole += told["data"]
        told = reader.told(route, per_page=50, cursor=told["meta"]["next_cursor"])
    whole += told["data"]

    assert [row["message"] for row in whole[::-1]] == [
        row["text"] for row in reader.practice.truth()["messages"]
    ]
    assert reader.told(route, per_page=50, page=2)["data"] == whole[50:100]
    assert (
        reader.told(route, sender=reader.member)["data"]
        == [row for row in whole if row["sender"] == reader.member][:20]
    )


TIMED = [route for route in ROUTES if route.endswith(("/tips", "/chat", "/search?text=e"))]


@pytest.mark.parametrize("route", TIMED)
def test_the_range_bounds_the_rows_in_utc_and_the_zone_shifts_their_clock(
    reader: given.Reader, route: str
) -> None:
    times = [row["time"] for row in reader.told(route, per_page=200)["data"]]
    bounds = {"range[0]": times[3], "range[1]": times[1]}
    path = route.partition("?")[0]
    told = reader.told(path, **bounds, per_page=200)
    inside = [row["time"] for row in told["data"]]

    assert {*times[1:4]} <= {*inside}
    assert all(times[3] <= time <= times[1] for time in inside)
    assert told["meta"]["range"] == list(bounds.values())
    shifted = reader.told(path, **bounds, timezone="Asia/Tokyo", per_page=200)["data"]
    assert shifted[0]["time"] > inside[0]


@pytest.mark.parametrize(
    ("route", "wrong"),
    [
        ("/api/models", {"site": "elsewhere"}),
        ("/api/models", {"per_page": 201}),
        ("/api/models", {"range[0]": "long ago"}),
        ("/api/members/online", {"timezone": "Mars/North"}),
        ("/api/tags/search", {}),
        ("/api/tags/search", {"query": "", "limit": 101}),
        (f"{given.ROOM}/sessions", {"window": 3}),
    ],
)
def test_what_cannot_be_asked_is_refused(
    reader: given.Reader, route: str, wrong: dict[str, Any]
) -> None:
    answer = reader.get(route, **wrong)

    assert (answer.status_code, list(answer.json())) == (422, ["message"])


def test_genders_are_coded_one_way_in_lists_and_another_among_those_online(
    reader: given.Reader,
) -> None:
    lists = {
        code: {
            row["gender"]
            for row in reader.told("/api/models", **{"selectedGenders[]": code})["data"]
        }
        for code in range(4)
    }
    online = [
        {row["name"] for row in reader.told("/api/members/online", **query)["data"]}
        for query in ({}, *({"selectedGenders[]": code} for code in range(4)))
    ]

    assert lists == {code: {code} for code in range(4)}
    assert online[0] == set().union(*online[1:])
    assert sum(map(len, online[1:])) == len(online[0])


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("throttle", 429),
        ("slow_down", 403),
        ("server_error", 503),
        ("html_instead", 200),
        ("challenge", 403),
    ],
)
def test_a_fault_meets_any_route(reader: given.Reader, route: str, fault: str, status: int) -> None:
    path = route.format(room=reader.room, member=reader.member).partition("?")[0]
    reader.practice.fault(fault, path=path, site="statbate")

    assert reader.get(route).status_code == status
    assert reader.get(route).status_code == 200


@pytest.mark.parametrize("route", ROUTES)
def test_an_answer_can_be_cut_off_or_spoilt(reader: given.Reader, route: str) -> None:
    whole = reader.get(route)
    reader.practice.fault("truncate", mode="silent")
    cut = reader.get(route)
    reader.practice.fault("rename_classes", only=["data", "subscription"])
    renamed = reader.get(route)

    assert whole.content.startswith(cut.content)
    assert 0 < len(cut.content) < len(whole.content)
    assert renamed.json().keys() != whole.json().keys()


@pytest.mark.parametrize(("fault", "rows"), [("empty", 0), ("short", 17), ("beyond", 0)])
def test_a_page_can_lack_rows(reader: given.Reader, fault: str, rows: int) -> None:
    reader.practice.fault(fault, path="/api/*/tips", page=2)

    told = [len(reader.told(f"{given.ROOM}/tips", page=page)["data"]) for page in (1, 2, 2)]
    assert told == [20, rows, 20]
