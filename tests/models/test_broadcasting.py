from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import broadcasting, evidence
from tests.models import given_store as store

MINUTE = timedelta(minutes=1)
LONG_AFTER = 60 * 48


def fact(minute: float, what: evidence.What, by: str = "", **more: Any) -> evidence.Fact:
    return evidence.Fact(at=at(minute), what=what, by=by or what, **more)


def at(minute: float) -> datetime:
    return store.START + minute * MINUTE


def talk(since: int, until: int, step: int = 5) -> list[evidence.Fact]:
    return [fact(minute, "act") for minute in range(since, until + 1, step)]


def seen(facts: list[evidence.Fact], now: float = LONG_AFTER) -> list[tuple[Any, ...]]:
    """Return (from, to, start certain, end certain) in minutes."""
    return [
        (
            (span.started - store.START) / MINUTE,
            span.ended and (span.ended - store.START) / MINUTE,
            span.start_certain,
            span.end_certain,
        )
        for span in broadcasting.sessions(facts, at(now))
    ]


def online(*minutes: float) -> list[evidence.Fact]:
    return [fact(minute, "online", "state affiliate") for minute in minutes]


START, STOP = fact(0, "start"), fact(120, "stop")


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([START, STOP], [(0, 120, True, True)]),
        ([START, *talk(5, 110), STOP], [(0, 120, True, True)]),
        ([START, *talk(5, 110)], [(0, 110, True, False)]),
        ([*talk(3, 118), STOP], [(3, 120, False, True)]),
        ([STOP], []),
        (talk(3, 118), [(3, 118, False, False)]),
        (talk(3, 8), []),
        (online(0, 10, 20, 30), [(0, 30, False, False)]),
        ([*online(0, 10, 20), fact(30, "offline")], [(0, 20, False, False)]),
        ([*online(0, 10, 20), *online(90, 100)], [(0, 20, False, False), (90, 100, False, False)]),
        ([START, STOP, fact(125, "start"), fact(200, "stop")], [(0, 200, True, True)]),
        (
            [START, STOP, fact(131, "start"), fact(200, "stop")],
            [(0, 120, True, True), (131, 200, True, True)],
        ),
        (
            [START, *talk(5, 60), fact(300, "start"), fact(400, "stop")],
            [(0, 60, True, False), (300, 400, True, True)],
        ),
        ([START, fact(60 * 20, "stop")], [(0, 0, True, False)]),
        ([START, *talk(5, 115), STOP, *talk(121, 180)], [(0, 120, True, True)]),
        ([*talk(-15, -1), START, STOP], [(0, 120, True, True)]),
        ([START, STOP, *online(122)], [(0, 120, True, True)]),
        ([START, fact(2, "offline"), *talk(5, 115), STOP], [(0, 120, True, True)]),
        ([*online(0, 10, 110), fact(5, "start"), STOP], [(5, 120, True, True)]),
        ([START, *talk(5, 115), fact(117, "offline"), STOP], [(0, 120, True, True)]),
        (
            [fact(0, "start", "a"), fact(1, "start", "b"), STOP, fact(121, "stop", "b")],
            [(0, 120, True, True)],
        ),
    ],
)
def test_facts_become_sessions(facts: list[evidence.Fact], wanted: list[Any]) -> None:
    assert seen(facts) == wanted


@pytest.mark.parametrize(("now", "ended"), [(100, None), (170, None), (231, 110)])
def test_a_session_goes_on_until_there_was_silence_for_too_long(
    now: int, ended: int | None
) -> None:
    assert seen([START, *talk(5, 110)], now) == [(0, ended, True, False)]


def test_it_is_said_by_what_a_session_was_closed() -> None:
    (span,) = broadcasting.sessions([START, *talk(5, 60)], at(LONG_AFTER))

    assert (span.started_by, span.ended_by) == ("start", "silence after act")


def by_hand(since: int, until: int | None = None) -> list[evidence.Fact]:
    ends = None if until is None else at(until)
    begun = fact(since, "hand_start", "hand", row=7, until=ends)
    return [begun] if until is None else [begun, fact(until, "hand_end", "hand", row=7)]


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (by_hand(0), [(0, None, True, False)]),
        ([*by_hand(0), *talk(5, 60)], [(0, 60, True, False)]),
        ([*by_hand(0), *talk(5, 60), fact(90, "stop")], [(0, 90, True, True)]),
        ([START, *by_hand(30, 60), *talk(5, 110), STOP], [(30, 60, True, True)]),
        ([*by_hand(0, 60), fact(30, "stop"), fact(40, "offline")], [(0, 60, True, True)]),
        (
            [*by_hand(0, 60), *talk(5, 200), fact(130, "start"), fact(190, "stop")],
            [(0, 60, True, True), (130, 190, True, True)],
        ),
        (
            [START, STOP, *by_hand(300, 400)],
            [(0, 120, True, True), (300, 400, True, True)],
        ),
    ],
)
def test_what_is_said_by_hand_wins(facts: list[evidence.Fact], wanted: list[Any]) -> None:
    assert seen(facts) == wanted


FACTS = st.lists(
    st.builds(
        fact,
        st.integers(0, 900),
        st.sampled_from(["start", "stop", "online", "offline", "act", "act"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(FACTS, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_came_changes_nothing(
    facts: list[evidence.Fact], chance: random.Random
) -> None:
    mixed = list(facts)
    chance.shuffle(mixed)

    assert seen(mixed) == seen(facts)


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_sessions_follow_each_other_with_a_gap_that_is_one(facts: list[evidence.Fact]) -> None:
    found = broadcasting.sessions(facts, at(LONG_AFTER))

    assert all(span.ended is not None and span.started <= span.ended for span in found)
    for one, other in itertools.pairwise(found):
        assert one.ended is not None
        assert one.ended <= other.started
