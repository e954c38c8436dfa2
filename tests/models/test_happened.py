"""What several sources state is one act to whoever reads acts as a log."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from models import apply, db, firings, happened, moment
from tests.models import given_store as store

FEED, ROOM, BOOKS = "chaturbate.events", "chaturbate.room_history", "chaturbate.token_stats"


def tip(source: str, second: float = 0, **more: Any) -> Any:
    facts: dict[str, Any] = {"kind": "tip", "tokens": 33, "username": "alice"}
    at = store.START + timedelta(seconds=second)
    return store.act(f"{source} {second}", source=source, at=at, **facts | more)


def state(database: db.Database, *acts: Any) -> list[happened.Act]:
    """Write acts one after the other; return all as a reader sees them then."""
    for act in acts:
        with database.write() as connection:
            apply.apply(connection, [act], store.source(connection))
    with database.read() as connection:
        return happened.after(connection, 0, 100)


@pytest.mark.parametrize("order", list(itertools.permutations((FEED, ROOM, BOOKS))))
def test_the_first_source_that_told_of_an_act_stands_for_it(
    database: db.Database, order: tuple[str, ...]
) -> None:
    found = state(database, *(tip(source, private=source == BOOKS) for source in order))

    assert [act.stands_for for act in found] == [1, 1, 1]
    assert [act.source for act in found if act.comes_out] == [
        next(source for source in order if source != BOOKS)
    ]


def test_two_real_repeats_stay_two(database: db.Database) -> None:
    found = state(database, tip(FEED), tip(FEED, 1), tip(ROOM, 1), tip(ROOM, 0))

    assert [act.stands_for for act in found] == [1, 2, 2, 1]
    assert [act.id for act in found if act.comes_out] == [1, 2]


def test_who_tips_anonymously_to_one_source_is_nobody_to_all(database: db.Database) -> None:
    told = tip(BOOKS, username="carol", text="a tip from Carol", private=True)
    named = tip(ROOM, 600, text="thank you")
    found = state(database, told, tip(FEED, username=None), named)

    assert [(act.username, act.text) for act in found] == [
        (None, None),
        (None, None),
        ("alice", "thank you"),
    ]


def test_the_platform_and_room_of_an_anonymous_tip_are_those_it_was_given_in(
    database: db.Database,
) -> None:
    (act,) = state(database, tip("relay", room="Operator_One", platform="camsoda", username=None))

    assert (act.platform, act.room) == ("camsoda", "operator_one")


def test_what_fired_is_known_whichever_source_tells_of_it_again(database: db.Database) -> None:
    first, second = state(database, tip(ROOM), tip(FEED, 600))
    done = firings.Firing(
        rule="", way="event", interaction_id=0, state="done", at=first.at, next_at=first.at
    )
    fired = [
        msgspec.structs.replace(done, rule=rule, interaction_id=act.id)
        for rule, act in (("a", first), ("b", second))
    ]
    with database.write() as connection:
        firings.mark(connection)
        firings.place(connection, fired, second.id)

    acts = state(database, tip(FEED), tip(BOOKS, 0), tip(BOOKS, 600), tip(BOOKS, 6000))

    with database.read() as connection:
        found = {act.id: firings.known(connection, [act.stands_for]) for act in acts}
    assert found == {
        1: {("a", 1)},
        2: {("b", 2)},
        3: {("a", 1)},
        4: {("a", 1)},
        5: {("b", 2)},
        6: set(),
    }


def test_what_waits_is_due_at_its_time_and_where_the_clock_was_set_back(
    database: db.Database,
) -> None:
    (act,) = state(database, tip(FEED))
    waits = [timedelta(minutes=minutes) for minutes in (-1, 5, 60)]
    queued = firings.Firing(
        rule="", way="webhook", interaction_id=act.id, state="queued", at=act.at, next_at=act.at
    )
    with database.write() as connection:
        firings.mark(connection)
        assert not firings.any_due(connection, act.at)
        fired = [
            msgspec.structs.replace(queued, rule=str(wait), next_at=act.at + wait) for wait in waits
        ]
        firings.place(connection, fired, act.id)

        assert firings.any_due(connection, act.at)
        due = firings.due(connection, act.at, 9)
    assert [one.rule for one in due] == [str(waits[0]), str(waits[2])]


def test_a_long_log_is_read_by_its_indexes(database: db.Database) -> None:
    with database.write() as connection:
        source = store.source(connection)
        for name in (FEED, ROOM):
            acts = [tip(name, number) for number in range(3000)]
            apply.apply(connection, acts, source)
        if database.dialect == "postgresql":
            connection.exec_driver_sql("ANALYZE interactions")

    began = moment.now()
    with database.read() as connection:
        found = happened.after(connection, 3000, 3000)
        known = firings.known(connection, [act.stands_for for act in found])

    assert [act.stands_for for act in found] == list(range(1, 3001))
    assert known == set()
    assert moment.now() - began < timedelta(seconds=3)
