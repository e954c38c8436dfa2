"""The practice relay: the mock server of the multi-platform listener, route by route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.practice import client, happenings, relay_forms

PLATFORMS = happenings.PLATFORMS


@pytest.fixture
def web(practice: client.Practice) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=practice.relay, trust_env=False, timeout=10) as opened:
        yield opened


def told(web: httpx.Client, platform: str) -> list[dict[str, Any]]:
    answer: dict[str, Any] = web.get(f"/events/{platform}").json()
    assert answer["next_url"] == f"{web.base_url}/events/{platform}".replace("//events", "/events")
    found: list[dict[str, Any]] = answer["events"]
    return found


def test_the_front_page_says_what_can_be_asked(web: httpx.Client) -> None:
    page = web.get("/")

    assert page.headers["content-type"].startswith("text/html")
    assert all(f"/events/{platform}" in page.text for platform in PLATFORMS)


@pytest.mark.parametrize(
    ("platform", "entry"),
    [
        ("chaturbate", {"method": "tip", "object": {"amount": 33, "user": {"username": "u"}}}),
        ("stripchat", {"type": "tip", "data": {"tokens": 33, "from": {"username": "u"}}}),
        ("camsoda", {"event_type": "tip", "tip_amount": 33, "tipper": {"name": "u"}}),
    ],
)
def test_a_tip_is_triggered_told_once_and_forgotten(
    web: httpx.Client, platform: str, entry: dict[str, Any]
) -> None:
    said = web.get(f"/trigger/{platform}/33/u")

    assert (said.status_code, said.text) == (
        200,
        f"\u2705 {platform.capitalize()} tip: 33 tokens from u!",
    )
    assert told(web, platform) == [entry]
    assert told(web, platform) == []


def test_each_platform_has_a_queue_of_its_own(web: httpx.Client) -> None:
    for number, platform in enumerate(PLATFORMS, 1):
        web.get(f"/trigger/{platform}/{number}/alice")

    assert [len(told(web, platform)) for platform in PLATFORMS] == [1, 1, 1]


def test_what_is_triggered_has_happened_and_is_told_by_the_platform_itself(
    practice: client.Practice, web: httpx.Client
) -> None:
    web.get("/trigger/chaturbate/77/alice")
    feed = f"{practice.chaturbate}/events/{client.USERNAME}/{client.API_TOKEN}/?timeout=0"
    (last,) = practice.truth()["happened"]
    told = httpx.get(feed, trust_env=False).json()
    events = told["events"]
    while told["events"]:
        told = httpx.get(told["nextUrl"], trust_env=False).json()
        events += told["events"]
    event = events[-1]

    assert (last["platform"], last["kind"], last["username"]) == ("chaturbate", "tip", "alice")
    assert (event["method"], event["object"]["tip"]["tokens"]) == ("tip", 77)


def test_a_scripted_broadcast_is_told_by_the_relay_too(
    practice: client.Practice, web: httpx.Client
) -> None:
    practice.play(5, 200)
    tips = [one for one in practice.truth()["happened"] if one["kind"] == "tip"]

    assert len(tips) > 10
    for platform in PLATFORMS:
        assert len(told(web, platform)) == sum(one["platform"] == platform for one in tips)


@pytest.mark.parametrize(
    "path", ["/events/nowhere", "/trigger/nowhere/1/u", "/trigger/camsoda/x/u"]
)
def test_what_is_not_there_is_not_found(web: httpx.Client, path: str) -> None:
    assert web.get(path).status_code == 404


def test_every_form_is_an_option_and_writes_every_platform(practice: client.Practice) -> None:
    for form in relay_forms.CHATURBATE:
        practice.configure(relay_form=form)
    assert {form for forms in relay_forms.FORMS.values() for form in forms} == {
        *relay_forms.CHATURBATE
    }
    with pytest.raises(ValueError, match="relay_form"):
        practice.configure(relay_form="verse")


@pytest.mark.parametrize(
    ("kind", "details", "status"),
    [
        ("throttle", {"retry_after": 3}, 429),
        ("server_error", {"status": 502}, 502),
        ("html_instead", {}, 200),
        ("challenge", {}, 403),
    ],
)
def test_trouble_is_answered_instead_and_forgets_nothing(
    practice: client.Practice, web: httpx.Client, kind: str, details: dict[str, Any], status: int
) -> None:
    web.get("/trigger/camsoda/5/alice")
    practice.fault(kind, path="/events/*", site="relay", **details)

    assert web.get("/events/camsoda").status_code == status
    assert len(told(web, "camsoda")) == 1


def test_what_breaks_on_the_wire_is_lost_as_the_queue_is_cleared(
    practice: client.Practice, web: httpx.Client
) -> None:
    web.get("/trigger/camsoda/5/alice")
    practice.fault("truncate", path="/events/*", site="relay")
    with pytest.raises(httpx.RemoteProtocolError):
        web.get("/events/camsoda")

    assert told(web, "camsoda") == []
