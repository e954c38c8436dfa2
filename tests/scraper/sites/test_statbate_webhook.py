"""Statbate's webhooks: both forms, what is sent again, and what is the same tip."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from fixtures.practice import client
from models import records
from scraper import errors, payload
from scraper.sites import register
from tests.practice import given_hooks
from tests.scraper import given_answers

SITE = register.SITES["statbate"]
FEED = SITE.feeds["webhook"]
FLAT: dict[str, Any] = {
    "site": "Chaturbate",
    "room": "operator_one",
    "member": "alice",
    "body": "",
    "amount": 50,
    "is_first_tip": False,
}
WINDOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def read(body: Any, at: datetime = given_answers.AT) -> list[records.Interaction]:
    request = FEED.start(given_answers.errand(), SITE.layout)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = msgspec.structs.replace(given_answers.answer(raw, request), fetched_at=at)
    SITE.guard(answer, SITE.layout)
    batch = SITE.parsers["webhook"](answer, SITE.layout)
    return [one for one in batch.records if isinstance(one, records.Interaction)]


def typed(event: str = "model.tip", at: object = "2026-11-21T07:59:58Z", **data: Any) -> Any:
    facts = {"model": "operator_one", "member": "alice", "amount": 75} | data
    return {"event": event, "timestamp": at, "data": facts}


def key(body: Any, at: datetime = given_answers.AT) -> str:
    return read(body, at)[0].key


# what the practice site posts


@pytest.mark.parametrize("form", ["flat", "typed", "unix"])
def test_every_tip_is_stated_once_however_often_it_is_posted(
    practice: client.Practice, form: str
) -> None:
    with given_hooks.Receiver(refuse=5) as receiver:
        practice.webhooks(receiver.url, form, duplicates=1)
        practice.play(9, 60, platforms=["chaturbate", "camsoda"])
        rows = [one for one in practice.truth()["happened"] if one["kind"] == "tip"]
        named = {(one["platform"], one["username"]) for one in rows if not one["anonymous"]}
        receiver.wait(5 + 2 * (len(rows) + len(named)))
        raw = list(receiver.raw)
    stated = {one.key: one for body in raw for one in read(body, at=WINDOW)}
    tips = [one for one in stated.values() if one.kind == "tip"]
    notices = [one for one in stated.values() if one.kind == "notice"]
    facts = [
        (one["platform"], None if one["anonymous"] else one["username"], one["tokens"], one["text"])
        for one in rows
    ]

    assert Counter(
        (one.platform or "chaturbate", one.username, one.tokens, one.text or "") for one in tips
    ) == Counter({*facts})
    assert {(one.platform or "chaturbate", one.username) for one in notices} == named
    assert all(one.text == "first tip" and one.tokens is None for one in notices)


def test_nothing_is_lost_but_equal_tips_within_a_window(practice: client.Practice) -> None:
    with given_hooks.Receiver() as receiver:
        practice.webhooks(receiver.url)
        practice.play(9, 200, platforms=["chaturbate"])
        rows = [one for one in practice.truth()["happened"] if one["kind"] == "tip"]
        named = {one["username"] for one in rows if not one["anonymous"]}
        bodies = receiver.wait(len(rows) + len(named))
    tips = {one.key for body in bodies for one in read(body, at=WINDOW) if one.kind == "tip"}
    facts = {
        (one["anonymous"] or one["username"], one["tokens"], one["text"] or None) for one in rows
    }

    assert len(tips) == len(facts) <= len(rows)


# which bodies are one tip


def test_the_same_body_within_a_window_is_one_that_was_sent_again() -> None:
    assert key(FLAT, WINDOW) == key(FLAT, WINDOW + timedelta(seconds=599.9))


def test_the_same_body_in_the_next_window_is_another_tip() -> None:
    assert key(FLAT, WINDOW) != key(FLAT, WINDOW + timedelta(seconds=600))


@pytest.mark.parametrize(
    "other",
    [{"amount": 51}, {"member": "bob"}, {"room": "other"}, {"body": "hi"}, {"site": "Stripchat"}],
)
def test_another_body_is_another_tip(other: dict[str, Any]) -> None:
    assert key(FLAT) != key(FLAT | other)


def test_a_flat_first_tip_is_the_same_tip_and_a_notice() -> None:
    tip, notice = read(FLAT | {"is_first_tip": True})

    assert tip.key == key(FLAT)
    assert (notice.kind, notice.username, notice.tokens) == ("notice", "alice", None)


def test_both_events_of_one_tip_are_one_tip() -> None:
    first = typed("member.first_tip", "2026-11-21T07:59:58.700Z")

    assert read(first)[0].key == key(typed())
    assert [one.kind for one in read(first)] == ["tip", "notice"]


def test_a_stated_time_counts_whenever_the_body_comes() -> None:
    later = given_answers.AT + timedelta(days=2)

    assert read(typed()) == read(typed(), at=later)
    assert key(typed()) != key(typed(at="2026-11-21T07:59:59Z"))


def test_it_is_somebodys_first_tip_in_a_room_only_once() -> None:
    later = given_answers.AT + timedelta(days=2)
    first, again = (read(FLAT | {"is_first_tip": True}, at) for at in (given_answers.AT, later))

    assert first[1].key == again[1].key
    assert first[0].key != again[0].key


# the form that has no sample


@pytest.mark.parametrize("name", ["event", "type", "event_type"])
@pytest.mark.parametrize("room", ["model", "room", "model_name"])
@pytest.mark.parametrize("tokens", [75, "75", 75.0], ids=repr)
def test_the_names_it_may_use_are_all_accepted(name: str, room: str, tokens: object) -> None:
    body = {
        name: "model.tip",
        "time": 1795247998,
        "data": {room: "Operator_One", "member": {"name": "Alice"}, "tokens": tokens},
    }
    (tip,) = read(body)

    assert (tip.room, tip.username, tip.tokens) == ("operator_one", "alice", 75)
    assert tip.at == datetime(2026, 11, 21, 7, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    "stamp", ["2026-11-21T07:59:58Z", 1795247998, 1795247998000, "1795247998"], ids=repr
)
def test_times_are_read_as_texts_and_as_numbers(stamp: object) -> None:
    (tip,) = read(typed(at=stamp))

    assert tip.at == datetime(2026, 11, 21, 7, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "platform"),
    [("Chaturbate", ""), ("CamSoda", "camsoda"), ("MyFreeCams", "mfc"), ("BongaCams", "bongacams")],
)
def test_platforms_are_spelt_in_one_way(said: str, platform: str) -> None:
    assert read(FLAT | {"site": said})[0].platform == platform


@pytest.mark.parametrize("member", ["anon_tips", "", None], ids=repr)
def test_whoever_is_anonymous_is_not_named(member: object) -> None:
    (tip,) = read(FLAT | {"member": member, "is_first_tip": True})

    assert tip.username is None


@pytest.mark.parametrize(
    "body",
    [FLAT | {"amount": 0}, FLAT | {"amount": None}, FLAT | {"room": ""}, typed(model=None), {}],
)
def test_a_tip_without_room_or_amount_is_refused(body: Any) -> None:
    with pytest.raises(errors.PageChanged):
        read(body)


def test_an_unknown_event_is_kept_whole() -> None:
    (kept,) = read({"event": "model.online", "data": {"model": "operator_one"}})

    assert (kept.kind, kept.private, kept.room) == ("unknown", True, "operator_one")
    assert "model.online" in (kept.text or "")


def test_the_secret_of_our_path_is_no_part_of_the_request() -> None:
    asked: payload.Request = FEED.start(given_answers.errand(), SITE.layout)

    assert (FEED.way, FEED.tokens, asked.via, asked.secrets) == (
        "pushed",
        ("webhook",),
        "pushed",
        {},
    )
