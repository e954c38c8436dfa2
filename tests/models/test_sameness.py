from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import sameness, voices
from tests.models import given_store as store

SOURCES = {name: number for number, name in enumerate(voices.VOICES, 1)}
SECOND = timedelta(seconds=1)


def act(number: int, source: str = "chaturbate.events", **changes: Any) -> sameness.Act:
    at = store.START + changes.pop("after", 0) * SECOND
    facts: dict[str, Any] = {
        "stream": SOURCES.get(source, 99),
        "account": 1,
        "key": f"{source} {number}",
        "kind": "chat",
        "who": "alice",
        "text": "hello",
    }
    return sameness.Act(id=number, source=source, at=at, **facts | changes)


def tip(number: int, source: str = "chaturbate.events", **changes: Any) -> sameness.Act:
    return act(number, source, **{"kind": "tip", "tokens": 25, "text": None} | changes)


def pairs(*acts: sameness.Act) -> dict[int, int]:
    """Return who stands for whom, of those for whom somebody else stands."""
    found = sameness.shown_once(acts)
    return {one: other for one, other in found.items() if other is not None}


def test_one_message_of_three_sources_is_one_and_the_best_stands_for_all() -> None:
    found = pairs(
        act(1, "statbate.chat", after=4),
        act(2, "chaturbate.room_history"),
        act(3, "chaturbate.events", text=" hello  "),
    )

    assert found == {1: 3, 2: 3}


def test_two_real_repeats_stay_two() -> None:
    feed = [tip(1), tip(2, after=1)]
    history = [tip(3, "chaturbate.room_history"), tip(4, "chaturbate.room_history", after=1)]

    assert pairs(*feed) == {}
    assert pairs(*feed, *history) == {3: 1, 4: 2}


def test_how_a_site_describes_a_sale_and_marks_a_note_is_nobodys_word() -> None:
    room = "chaturbate.room_history"
    sale = act(3, kind="purchase", tokens=60, text="a set")
    notice = act(4, room, kind="purchase", text="alice bought a set")

    assert pairs(tip(1, text="cheers"), tip(2, room, text="| cheers")) == {2: 1}
    assert pairs(tip(1, text="cheers"), tip(2, room, text="| bye")) == {}
    assert pairs(sale, notice) == {4: 3}


def test_what_one_source_has_missed_is_shown_by_the_other() -> None:
    found = pairs(tip(1), tip(2, "chaturbate.room_history"), tip(3, "chaturbate.room_history"))

    assert found == {2: 1}


@pytest.mark.parametrize(
    "other",
    [
        {"who": "bob"},
        {"tokens": 26},
        {"tokens": -25},
        {"text": "other words"},
        {"after": 60},
        {"kind": "purchase"},
        {"kind": "unknown"},
    ],
)
def test_acts_that_contradict_each_other_are_two(other: dict[str, Any]) -> None:
    assert pairs(tip(1, text="words"), tip(2, "chaturbate.room_history", **other)) == {}


@pytest.mark.parametrize(
    ("source", "after", "same"),
    [
        ("chaturbate.token_stats", -50, True),
        ("chaturbate.token_stats", -70, False),
        ("chaturbate.room_history", -5, False),
        ("statbate.live", 25, True),
        ("statbate.live", -25, False),
        ("statbate.webhook", 600, True),
        ("statbate.webhook", 1200, False),
        ("relay.chaturbate", 40, True),
        ("of nobody's", 6, True),
        ("of nobody's", 20, False),
    ],
)
def test_each_source_is_given_the_time_that_its_clock_needs(
    source: str, after: int, *, same: bool
) -> None:
    assert pairs(tip(1), tip(2, source, after=after)) == ({2: 1} if same else {})


def test_an_anonymous_act_goes_to_who_is_left_when_the_named_ones_have_found_theirs() -> None:
    history = "chaturbate.room_history"

    found = pairs(tip(1, who=None), tip(2, after=1), tip(3, history), tip(4, history, who="bob"))

    assert found == {3: 2, 4: 1}


def test_two_who_are_anonymous_are_one_before_anybody_named() -> None:
    history = "chaturbate.room_history"

    found = pairs(tip(1, who="bob"), tip(2, who=None), tip(3, history, who=None))

    assert found == {3: 2}


def test_a_third_source_is_held_against_all_that_is_known() -> None:
    anonymous, named = tip(1, who=None), tip(2, "chaturbate.room_history", who="bob")
    third = tip(3, "statbate.tips", who="carol")

    assert pairs(anonymous, named, third) == {2: 1}


def test_what_a_ledger_calls_a_payment_is_no_message() -> None:
    ledger = tip(2, "chaturbate.token_stats", text="Tip from alice: thanks")

    assert pairs(tip(1, text="for the song"), ledger) == {2: 1}


def test_what_a_history_calls_otherwise_is_the_same_kind() -> None:
    bought = act(1, kind="purchase", text=None)
    sold = act(2, "chaturbate.token_stats", kind="media_sale", tokens=60, text="Photos", after=5)

    assert pairs(bought, sold) == {2: 1}


def test_one_stream_of_each_of_two_accounts_is_paired_by_the_site_s_own_ids() -> None:
    first = [tip(1, key="a"), tip(2, key="b", after=1)]
    second = [tip(3, key="b", after=1, stream=90, account=2)]

    assert pairs(*first, *second) == {3: 2}


def test_late_ones_are_paired_in_order() -> None:
    feed = [tip(number, after=60 * number) for number in range(1, 6)]
    late = [tip(10 + n, "statbate.webhook", after=60 * n + 130) for n in range(1, 6)]

    assert pairs(*feed, *late) == {11: 1, 12: 2, 13: 3, 14: 4, 15: 5}


def test_the_best_source_is_the_first_of_the_table() -> None:
    ranks = [voices.rank(name) for name in voices.VOICES]

    assert ranks == sorted(ranks)
    assert voices.rank("relay.camsoda") == voices.rank("relay")
    assert voices.rank("somebody else's") > max(ranks)


ACTS = st.lists(
    st.builds(
        lambda number, source, after, who, kind, text: act(
            number,
            source,
            after=after,
            who=who,
            kind=kind,
            tokens=25 if kind == "tip" else None,
            text=text,
        ),
        st.integers(1, 10**6),
        st.sampled_from(["chaturbate.events", "chaturbate.room_history", "statbate.tips", "x.y"]),
        st.integers(0, 90),
        st.sampled_from(["alice", "bob", None]),
        st.sampled_from(["tip", "tip", "chat"]),
        st.sampled_from(["hello", "tea", None]),
    ),
    max_size=14,
    unique_by=lambda one: one.id,
)


@settings(max_examples=150, deadline=None)
@given(ACTS, st.randoms(use_true_random=False))
def test_the_order_of_acts_changes_nothing(acts: list[sameness.Act], chance: random.Random) -> None:
    mixed = list(acts)
    chance.shuffle(mixed)

    assert sameness.shown_once(mixed) == sameness.shown_once(acts)


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_no_act_is_one_with_another_of_its_own_stream(acts: list[sameness.Act]) -> None:
    found = sameness.shown_once(acts)
    groups = Counter((found[one.id] or one.id, one.stream) for one in acts)

    assert set(groups.values()) <= {1}
    assert all(found[other] is None for other in found.values() if other is not None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=6),
    st.integers(2, 4),
    st.sampled_from([None, "alice"]),
)
def test_n_equal_acts_in_each_of_m_sources_are_n(
    times: list[int], many: int, who: str | None
) -> None:
    names = ["chaturbate.events", "chaturbate.room_history", "statbate.tips", "statbate.live"][
        :many
    ]
    acts = [
        tip(100 * place + number, name, after=after, who=who)
        for place, name in enumerate(names[:many])
        for number, after in enumerate(sorted(times))
    ]

    assert len(pairs(*acts)) == len(times) * (many - 1)
