"""The relay of tips: every form that it may write, read through the practice relay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from fixtures.practice import client, happenings, options, relay_forms
from models import records
from scraper import errors, payload, site
from scraper.fetch import answers
from scraper.sites import register
from tests.scraper import given_answers
from tests.scraper.sites import given_walks as given

SITE = register.SITES["relay"]
FORMS = options.CHOICES["relay_form"]
PLATFORMS = happenings.PLATFORMS

Facts = tuple[str | None, int | None, str | None]


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as opened:
        yield opened


def layout(practice: client.Practice) -> site.Layout:
    return msgspec.structs.replace(SITE.layout, base_url=practice.relay)


def asked(
    practice: client.Practice, platform: str, web: httpx.Client, **errand: object
) -> payload.Payload:
    start = SITE.feeds[platform].start
    return given.fetched(start(given.errand(**errand), layout(practice)), web)


def acts(answer: payload.Payload) -> list[records.Interaction]:
    SITE.guard(answer, SITE.layout)
    stated = SITE.parsers[answer.request.kind](answer, SITE.layout)
    assert stated.leads == ()
    return [one for one in stated.records if isinstance(one, records.Interaction)]


def read(
    platform: str, *entries: Any, at: datetime = given_answers.AT, **more: Any
) -> list[records.Interaction]:
    body = json.dumps({"events": entries} | more)
    request = SITE.feeds[platform].start(given.errand(), SITE.layout)
    answer = given_answers.answer(body, request)
    return acts(msgspec.structs.replace(answer, fetched_at=at))


def known(practice: client.Practice, platform: str, form: str) -> Counter[Facts]:
    """Return what a perfect reader knows of the tips that happened."""
    rows = [one for one in practice.truth()["happened"] if one["kind"] == "tip"]
    tips = [
        happenings.Happening(**row | {"at": datetime.fromisoformat(row["at"]).timestamp()})
        for row in rows
        if row["platform"] == platform
    ]
    return Counter(relay_forms.told(one, form) for one in tips)


def facts(stated: list[records.Interaction]) -> Counter[Facts]:
    return Counter((one.username, one.tokens, one.text) for one in stated)


# what was triggered is what is stated


@pytest.mark.parametrize("form", FORMS)
def test_exactly_the_tips_that_were_triggered_are_stated_in_every_form(
    practice: client.Practice, web: httpx.Client, form: str
) -> None:
    practice.configure(relay_form=form)
    gifts = [(33, "alice"), (33, "alice"), (99, "Bob"), (200, "carol"), (1, "Anonymous")]
    for platform in PLATFORMS:
        for amount, user in gifts:
            web.get(f"{practice.relay}/trigger/{platform}/{amount}/{user}")
    for platform in PLATFORMS:
        stated = acts(asked(practice, platform, web))

        assert facts(stated) == known(practice, platform, form)
        assert sum(one.tokens or 0 for one in stated) == 33 + 33 + 99 + 200 + 1
        assert {(one.kind, one.platform, one.source, one.room) for one in stated} == {
            ("tip", platform, f"relay.{platform}", client.USERNAME)
        }
        assert len({one.key for one in stated}) == len(gifts)


@pytest.mark.parametrize("form", FORMS)
def test_a_scripted_broadcast_is_stated_tip_by_tip_over_many_answers(
    practice: client.Practice, web: httpx.Client, form: str
) -> None:
    practice.configure(relay_form=form)
    stated: dict[str, list[records.Interaction]] = {platform: [] for platform in PLATFORMS}
    for seed in range(4):
        practice.play(seed, 120)
        for platform in PLATFORMS:
            stated[platform] += acts(asked(practice, platform, web))
    for platform, found in stated.items():
        assert facts(found) == known(practice, platform, form)
        assert len({one.key for one in found}) == len(found) > 10


def test_nobody_who_is_anonymous_is_named_or_archived(
    practice: client.Practice, web: httpx.Client
) -> None:
    for form in ("later", "api"):
        practice.configure(relay_form=form)
        practice.play(3, 300, platforms=["chaturbate"])
        came = asked(practice, "chaturbate", web)
        entries = json.loads(came.body)["events"]
        secret = [one for one in practice.truth()["happened"] if one["anonymous"]]
        tips = [entry.get("tip") or entry["object"]["tip"] for entry in entries]
        users = [entry.get("user") or entry.get("object", {}).get("user") for entry in entries]

        assert sum(tip["isAnon"] for tip in tips) == len(secret) > 0
        assert [bool(user) for user in users] == [not tip["isAnon"] for tip in tips]
        assert sum(one.username is None for one in acts(came)) == len(secret)


def test_a_relay_that_has_nothing_states_nothing(
    practice: client.Practice, web: httpx.Client
) -> None:
    assert [acts(asked(practice, platform, web)) for platform in PLATFORMS] == [[], [], []]


def test_a_tip_of_nothing_is_kept_and_is_no_tip(
    practice: client.Practice, web: httpx.Client
) -> None:
    web.get(f"{practice.relay}/trigger/camsoda/0/alice")
    (kept,) = acts(asked(practice, "camsoda", web))

    assert (kept.kind, kept.tokens, kept.private) == ("unknown", None, True)
    assert '"tip_amount":0' in (kept.text or "")


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("throttle", errors.TryLater, "throttled"),
        ("server_error", errors.TryLater, "server_error"),
        ("challenge", errors.NeedsOperator, "challenge"),
        ("html_instead", errors.PageChanged, "not_json"),
        ("age_gate", errors.PageChanged, "not_json"),
        ("rename_classes", errors.PageChanged, "page_changed"),
    ],
)
def test_trouble_is_named_for_its_remedy(
    practice: client.Practice,
    web: httpx.Client,
    kind: str,
    error: type[errors.GreenroomError],
    code: str,
) -> None:
    practice.fault(kind, path="/events/*", site="relay")
    with pytest.raises(error) as refused:
        acts(asked(practice, "camsoda", web))

    assert refused.value.code == code


# keys


def tip(amount: int = 33) -> dict[str, Any]:
    return {"method": "tip", "object": {"amount": amount, "user": {"username": "alice"}}}


def test_equal_tips_in_one_answer_stay_as_many_as_they_are() -> None:
    keys = [one.key for one in read("chaturbate", tip(), tip(5), tip())]

    assert len(set(keys)) == 3


def test_an_answer_that_is_read_again_states_the_same_acts() -> None:
    assert read("chaturbate", tip(), tip()) == read("chaturbate", tip(), tip())


def test_equal_answers_of_two_questions_are_two_tips() -> None:
    later = given_answers.AT + timedelta(microseconds=1)
    one, other = read("chaturbate", tip()), read("chaturbate", tip(), at=later)

    assert one[0].key != other[0].key


def test_an_event_with_an_id_is_one_event_however_often_it_is_told() -> None:
    event = tip() | {"id": "1795248000123-1"}
    later = given_answers.AT + timedelta(seconds=9)
    (one,), (other,) = read("chaturbate", event), read("chaturbate", event, at=later)

    assert (one.key, one.at) == (other.key, other.at)
    assert one.at == datetime(2026, 11, 21, 8, 0, 0, 123000, UTC)


# where is asked


@pytest.mark.parametrize("name", ["next_url", "nextUrl"])
def test_where_an_answer_says_to_go_on_is_never_followed(name: str) -> None:
    elsewhere: dict[str, Any] = {name: "https://elsewhere.invalid/"}
    assert len(read("chaturbate", tip(), **elsewhere)) == 1


def test_it_is_the_own_address_that_is_asked_each_second_without_a_token() -> None:
    for platform, feed in SITE.feeds.items():
        request = feed.start(given.errand(target="My_Room"), SITE.layout)

        assert request.url == f"http://127.0.0.1:5000/events/{platform}"
        assert (request.context["room"], request.secrets) == ("my_room", {})
        assert (feed.every, feed.keeps, feed.tokens) == (1.0, False, ())
    assert SITE.requests_per_minute >= 60 * len(SITE.feeds)


def test_a_message_that_quotes_a_bot_check_stops_no_feed() -> None:
    said = tip() | {"object": tip()["object"] | {"message": "<title>Just a moment...</title>"}}

    assert len(read("chaturbate", said)) == 1


def test_whoever_tips_anonymously_is_not_archived_where_the_shape_says_so() -> None:
    request = SITE.feeds["chaturbate"].start(given.errand(), SITE.layout)
    bare = {"tip": {"tokens": 5, "isAnon": True}, "user": {"username": "hidden"}}
    nested = {"method": "tip", "object": bare}
    body = answers.veiled(json.dumps({"events": [bare, nested, tip()]}).encode(), request.veil)

    assert b"hidden" not in body
    assert b"alice" in body


def test_whoever_is_marked_as_anonymous_beside_a_plain_amount_is_not_named() -> None:
    for marked in ({"isAnon": True}, {"isAnonymous": True}):
        inside = {"method": "tip", "object": tip()["object"] | marked}
        assert [one.username for one in read("chaturbate", inside, tip() | marked)] == [None, None]


def test_an_answer_without_a_body_is_a_relay_that_has_nothing() -> None:
    request = SITE.feeds["camsoda"].start(given.errand(), SITE.layout)

    assert acts(given_answers.answer("", request, status=204)) == []
