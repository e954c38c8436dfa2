"""The practice site of CBHours answers as its published interface says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.practice import broadcasts, cbhours, client, options, people, world

NOW = 1_795_219_200.0  # 2026-11-21, midnight in UTC
KNOWN: dict[str, Any] = {"now": NOW, "seed": 4}
API = "/api.php"
SEGMENT = {"timestamp", "type", "rank", "followers", "viewers", "gender", "grank"}


@pytest.fixture
def web(practice: client.Practice) -> Iterator[httpx.Client]:
    practice.configure(**KNOWN)
    with httpx.Client(base_url=practice.cbhours, trust_env=False, timeout=5) as opened:
        yield opened


@pytest.fixture
def models() -> list[people.Room]:
    here = world.World(options.read(dict(KNOWN)))
    return [room for room in here.rooms.values() if broadcasts.has_trophy(room)]


def ask(web: httpx.Client, action: str, **query: str | int) -> Any:
    answer = web.get(API, params={"action": action, "domain": "cbhours", **query})
    assert answer.status_code == 200
    return answer.json()


def activity(web: httpx.Client, name: str, first: str, last: str, **more: str | int) -> Any:
    asked = {"tzo": 0, "include_details": "true", **more}
    return ask(web, "get_activity", username=name, start_date=first, end_date=last, **asked)


def code(answer: Any) -> str:
    assert answer["status"] == "error"
    found = re.match(r"Error Code:(\d+) ", answer["message"])
    assert found
    return found[1]


def test_live_answers_have_the_published_fields(
    web: httpx.Client, models: list[people.Room]
) -> None:
    asked = [room.username for room in models[:49]]
    answer = ask(web, "get_live", usernames=",".join([*asked, "nobody_here"]))

    assert answer["server_status"] == "up"
    assert set(answer["data"]) == set(asked)
    online = {
        "room_status",
        "gender",
        "rank",
        "grank",
        "viewers",
        "followers",
        "current_show",
        "room_subject",
        "tags",
        "is_new",
    }
    assert {frozenset(row) for row in answer["data"].values()} == {
        frozenset(online),
        frozenset({"room_status"}),
    }
    assert {row["room_status"] for row in answer["data"].values()} == {"Online", "Offline"}


def test_who_has_no_trophy_is_absent_and_alone_an_error(web: httpx.Client) -> None:
    assert code(ask(web, "get_live", usernames="nobody_here")) == "300"
    assert ask(web, "get_live", usernames="nobody_here,nor_here")["data"] == []
    assert code(ask(web, "get_months", username="nobody_here")) == "300"
    assert code(activity(web, "nobody_here", "2026-11-01", "2026-11-02")) == "300"


def test_fifty_names_are_taken_and_no_more(web: httpx.Client) -> None:
    names = [f"nobody_{number}" for number in range(51)]

    assert ask(web, "get_live", usernames=",".join(names[:50]))["server_status"] == "up"
    assert code(ask(web, "get_live", usernames=",".join(names))) == "201"


def test_activity_has_the_published_fields_and_writes_numbers_as_texts(
    web: httpx.Client, models: list[people.Room]
) -> None:
    answer = activity(web, models[0].username, "2026-11-01", "2026-11-20")

    assert set(answer) == {
        "response_time",
        "status",
        "model",
        "serverStatus",
        "serverMessage",
        "activity",
        "total_time",
        "details",
    }
    assert answer["status"] is True
    segments = [one for day in answer["details"].values() for one in day]
    assert {frozenset(one) for one in segments} == {frozenset(SEGMENT)}
    assert {type(value) for one in segments for value in one.values()} == {str}
    assert all(re.fullmatch(r"[\d-]{10}T\d\d:\d\d", one["timestamp"]) for one in segments)
    assert {one["type"] for one in segments} <= {"_public", "_private", "_ticket", "_group"}


def test_days_add_up_to_their_segments(web: httpx.Client, models: list[people.Room]) -> None:
    answer = activity(web, models[0].username, "2026-11-01", "2026-11-20")

    for day, text in answer["activity"].items():
        minutes = 3 * len(answer["details"][day])
        hours = f"{minutes // 60:02} Hours {minutes % 60:02} Minutes"
        assert re.fullmatch(rf"{day} \w{{3}} - {hours}", text)
    total = answer["total_time"]
    seen = sum(len(day) for day in answer["details"].values())
    assert total["hours"] * 60 + total["minutes"] == 3 * seen


def test_days_without_a_broadcast_are_not_there_and_no_days_are_a_list(
    web: httpx.Client, models: list[people.Room]
) -> None:
    answer = activity(web, models[0].username, "2020-01-01", "2020-01-31")

    assert (answer["activity"], answer["details"]) == ([], [])


def test_details_come_only_if_they_are_asked_for(
    web: httpx.Client, models: list[people.Room]
) -> None:
    answer = activity(web, models[0].username, "2026-11-01", "2026-11-20", include_details="false")

    assert "details" not in answer


def test_times_are_shifted_by_minutes_east_of_greenwich(
    web: httpx.Client, models: list[people.Room]
) -> None:
    name = models[0].username

    def times(zone: int) -> list[str]:
        answer = activity(web, name, "2026-11-01", "2026-11-20", tzo=zone)
        return [one["timestamp"] for day in answer["details"].values() for one in day]

    utc, new_york = times(0), times(-300)
    assert utc != new_york
    assert all(f"{one[:10]}" in {*(f"2026-11-{day:02}" for day in range(1, 21))} for one in utc)


@pytest.mark.parametrize(
    ("first", "last", "number"),
    [
        ("2026-09-01", "2026-10-30", None),
        ("2026-09-01", "2026-10-31", "203"),
        ("2026-09-02", "2026-09-01", "203"),
        ("yesterday", "2026-09-01", "202"),
    ],
)
def test_sixty_days_are_taken_and_no_more(
    web: httpx.Client, models: list[people.Room], first: str, last: str, number: str | None
) -> None:
    answer = activity(web, models[0].username, first, last)

    assert answer["status"] is True if number is None else code(answer) == number


def test_months_are_a_bare_list_newest_first(web: httpx.Client, models: list[people.Room]) -> None:
    found = ask(web, "get_months", username=models[0].username)

    assert found == broadcasts.months(models[0], NOW)
    assert found == sorted(found, reverse=True)


def test_an_unknown_action_is_refused(web: httpx.Client) -> None:
    assert code(ask(web, "get_nothing")) == "100"


def test_it_contradicts_the_other_sites_on_purpose(models: list[people.Room]) -> None:
    room = next(one for one in models if one.online and one.viewers > 20)
    told = cbhours.told(room)

    assert told["followers"] != room.fans
    assert told["viewers"] != room.viewers


def test_whoever_asks_twice_within_a_second_is_blocked(
    practice: client.Practice, web: httpx.Client
) -> None:
    practice.configure(**KNOWN, cbhours_pace=True)
    asked = [web.get(API, params={"action": "get_live", "usernames": "a,b"}) for _ in range(2)]

    assert [answer.status_code for answer in asked] == [200, 429]
    assert "temporary block" in asked[1].text


@pytest.mark.parametrize(
    ("kind", "status"),
    [("throttle", 429), ("server_error", 503), ("html_instead", 200), ("challenge", 403)],
)
def test_it_suffers_faults_as_all_sites_do(
    practice: client.Practice, web: httpx.Client, kind: str, status: int
) -> None:
    practice.fault(kind, path=API, site="cbhours")

    assert web.get(API).status_code == status
    assert practice.clear_faults()[0]["hits"] == 1


def test_its_json_is_cut_by_faults(practice: client.Practice, web: httpx.Client) -> None:
    practice.fault("truncate", path=API, mode="silent")

    assert not web.get(API, params={"action": "get_live", "usernames": "a,b"}).text.endswith("}")
