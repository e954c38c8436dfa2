from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pydantic
import pytest

from jobs.rules import definition, matching
from models import happened

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ACT = happened.Act(
    id=1,
    stands_for=1,
    platform="chaturbate",
    source="chaturbate.events",
    room="operator_one",
    key="a",
    kind="tip",
    username="alice",
    tokens=33,
    text="Thank you",
    at=NOW,
    private=False,
    read_at=NOW,
)


def rule(**fields: Any) -> definition.Rule:
    return definition.Rule.model_validate({"event": "e"} | fields)


def takes(fields: dict[str, Any], **changes: Any) -> bool:
    return matching.matches(rule(**fields), msgspec.structs.replace(ACT, **changes), NOW)


@pytest.mark.parametrize(
    ("fields", "changes", "taken"),
    [
        ({}, {}, True),
        ({}, {"kind": "chat"}, False),
        ({"kinds": ["chat", "tip"]}, {"kind": "chat"}, True),
        ({"amount": 33}, {}, True),
        ({"amount": "33"}, {"tokens": 34}, False),
        ({"amount": "33"}, {"tokens": None}, False),
        ({"amount": ["5", "50-98"]}, {"tokens": 98}, True),
        ({"amount": ["5", "50-98"]}, {"tokens": 99}, False),
        ({"amount": ">=200"}, {"tokens": 200}, True),
        ({"amount": "> 200"}, {"tokens": 200}, False),
        ({"amount": "<10"}, {"tokens": 9}, True),
        ({"platforms": ["Chaturbate"]}, {}, True),
        ({"platforms": ["camsoda"]}, {}, False),
        ({"rooms": "Operator_One"}, {}, True),
        ({"rooms": "elsewhere"}, {}, False),
        ({"people": ["ALICE"]}, {}, True),
        ({"people": ["alice"]}, {"username": None}, False),
        ({"not_people": ["alice"]}, {}, False),
        ({"words": ["THANK"]}, {}, True),
        ({"words": ["please"]}, {}, False),
        ({"words": ["please"]}, {"text": None}, False),
        ({"pattern": "^thank [a-z]+$"}, {}, True),
        ({"pattern": "you{3}"}, {}, False),
        ({"pattern": r"[*+?]{2}\?\+"}, {"text": "what+*?+"}, True),
        ({"anonymous": True}, {"username": None}, True),
        ({"anonymous": True}, {}, False),
        ({"anonymous": False}, {"username": None}, False),
        ({}, {"private": True}, False),
        ({"private": True}, {"private": True}, True),
        ({}, {"at": NOW - timedelta(minutes=3)}, False),
        ({"max_age": "5m"}, {"at": NOW - timedelta(minutes=3)}, True),
        ({"enabled": False}, {}, False),
    ],
)
def test_a_rule_takes_what_it_names(
    fields: dict[str, Any], changes: dict[str, Any], taken: bool
) -> None:
    assert takes(fields, **changes) is taken


@pytest.mark.parametrize(
    "fields",
    [
        {"event": None},
        {"kinds": ["tipp"]},
        {"amount": "many"},
        {"amount": "98-50"},
        {"amount": "<0"},
        {"pattern": "(a+)+$"},
        {"pattern": "(a|a)*b+*"},
        {"pattern": r"(.)\1"},
        {"pattern": "(a|aa){50}"},
        {"pattern": "a?a?a?aaa"},
        {"pattern": "["},
        {"webhook": "http://example.com/"},
        {"webhook": "ftp://example.com/"},
        {"people": ["a"], "not_people": ["A"]},
        {"per_minute": 0},
        {"max_age": "soon"},
        {"unknown": 1},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        rule(**fields)


@pytest.mark.parametrize(
    "pattern", ["(a|b|ab)c", "a*a*a*b", "a*a*b", "(a|a)(a|a)(a|a)(a|a)b", ".*x"]
)
def test_no_text_takes_long_to_match(pattern: str) -> None:
    fields = {"pattern": pattern}
    start = time.process_time()
    try:
        takes(fields, text="a" * 100_000)
    except pydantic.ValidationError:
        return  # refused beforehand
    assert time.process_time() - start < 1.0


def test_one_act_from_two_sources_fires_once() -> None:
    again = msgspec.structs.replace(ACT, id=2, source="chaturbate.chat")
    fired = matching.fire({"r": rule()}, [ACT, again], {}, set(), NOW)

    assert [one.interaction_id for one in fired] == [1]
    assert matching.fire({"r": rule()}, [again], {}, {("r", 1)}, NOW) == []


def test_what_is_over_a_limit_is_limited_and_not_lost() -> None:
    acts = [msgspec.structs.replace(ACT, id=n, stands_for=n) for n in range(5)]
    minute = matching.fire({"r": rule(per_minute=2)}, acts, {}, set(), NOW)
    rest = matching.fire({"r": rule(cooldown="10s")}, acts, {}, set(), NOW)
    before = {"r": [NOW - timedelta(seconds=30)]}
    clock_set_back = {"r": [NOW + timedelta(hours=1)]}

    assert [one.state for one in minute] == ["done", "done", "limited", "limited", "limited"]
    assert [one.last_error for one in rest] == [None] + ["cooldown"] * 4
    assert [
        one.state for one in matching.fire({"r": rule(per_minute=1)}, acts[:1], before, set(), NOW)
    ] == ["limited"]
    for fields in ({}, {"per_minute": 1}, {"cooldown": "1h"}):
        [one] = matching.fire({"r": rule(**fields)}, acts[:1], clock_set_back, set(), NOW)
        assert one.state == "done"
