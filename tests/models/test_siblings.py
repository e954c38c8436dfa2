from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, text

from models import (
    acts,
    apply,
    db,
    identity,
    queries,
    records,
    runs,
    search,
    search_words,
    siblings,
    upgrade,
    watching,
)
from tests.models import given_old
from tests.models import given_store as store

SECOND = timedelta(seconds=1)
SOURCES = {
    "chaturbate.events": 0,
    "chaturbate.room_history": 1,
    "chaturbate.token_stats": -20,
    "statbate.tips": 12,
    "statbate.webhook": 300,
}
"""Source -> seconds that it is late."""


def said(source: str, key: str, **changes: Any) -> records.Interaction:
    facts: dict[str, Any] = {"room": "operator_one", "username": "alice", "text": "hello"}
    return store.act(key, source=source, **facts | changes)


def happened(count: int, seed: int = 4) -> list[records.Interaction]:
    """Return what so many tips are in all sources."""
    chance = random.Random(seed)  # noqa: S311 - a seeded example
    told = []
    for number in range(count):
        at = store.START + chance.randrange(count * 20) * SECOND
        tip = {"kind": "tip", "tokens": chance.choice([1, 25]), "text": None, "at": at}
        who = chance.choice(["alice", "bob", None])
        for source, late in SOURCES.items():
            if chance.random() < 0.8:
                held = tip | {"at": at + late * SECOND, "username": who}
                told.append(said(source, f"{source} {number}", **held))
    return told


def write(database: db.Database, *batches: list[records.Interaction]) -> None:
    with database.write() as connection:
        source = store.source(connection)
        for batch in batches:
            apply.apply(connection, batch, store.another(connection, source))


def groups(database: db.Database) -> set[frozenset[str]]:
    """Return which acts, by their keys, are one."""
    query = """SELECT coalesce(i.same_as, i.id), i.key FROM interactions i"""
    found: dict[int, set[str]] = {}
    with database.read() as connection:
        for top, key in connection.execute(text(query)):
            found.setdefault(top, set()).add(key)
    return {frozenset(keys) for keys in found.values()}


def shown(database: db.Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        query = "SELECT key, sources FROM v_acts ORDER BY key"
        return [tuple(row) for row in connection.execute(text(query))]


def test_what_several_sources_state_is_stored_with_each_and_shown_once(
    database: db.Database,
) -> None:
    write(
        database,
        [
            said("chaturbate.room_history", "h1"),
            said("chaturbate.room_history", "h2", at=store.START + 60 * SECOND),
        ],
        [said("chaturbate.events", "e1", at=store.START + SECOND)],
        [said("statbate.chat", "s1", room="chaturbate/Operator_One", platform="chaturbate")],
    )

    assert shown(database) == [
        ("e1", "chaturbate.events chaturbate.room_history statbate.chat"),
        ("h2", "chaturbate.room_history"),
    ]


def test_streams_of_other_rooms_and_sites_are_nobody_s_siblings(database: db.Database) -> None:
    write(
        database,
        [said("chaturbate.events", "e1")],
        [said("chaturbate.room_history", "h1", room="operator_two")],
        [said("relay.camsoda", "r1", kind="tip", tokens=5, platform="camsoda")],
    )

    assert len(shown(database)) == 3


def test_rooms_of_two_accounts_are_one_room(database: db.Database) -> None:
    write(database, [said("chaturbate.room_history", "1")])
    with database.write() as connection:
        other = runs.account(connection, "second", "chaturbate", "operator_two").id
        source = msgspec.structs.replace(store.source(connection), account_id=other)
        acts.write(connection, [said("chaturbate.room_history", "1")], source)

    assert shown(database) == [("1", "chaturbate.room_history")]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_sources_are_written_does_not_matter(new_url: Any, seed: int) -> None:
    told = happened(25)
    found = []
    for turn in range(2):
        chance = random.Random(seed * 10 + turn)  # noqa: S311 - a seeded example
        mixed = list(told)
        chance.shuffle(mixed)
        size = chance.choice([1, 4, 30, 200])
        database = db.connect(new_url())
        write(database, *[mixed[start : start + size] for start in range(0, len(mixed), size)])
        found.append(groups(database))
        write(database, mixed[: len(mixed) // 2], mixed)
        assert groups(database) == found[-1]
        database.close()

    assert found[0] == found[1]
    assert len(found[0]) < len(told) / 2


def test_who_is_named_later_is_compared_anew(database: db.Database) -> None:
    tip = {"kind": "tip", "tokens": 25, "text": None}
    write(
        database,
        [said("chaturbate.events", "e1", **tip, username="bob")],
        [said("chaturbate.room_history", "h1", **tip, username=None)],
    )
    assert len(shown(database)) == 1

    write(database, [said("chaturbate.room_history", "h1", **tip, username="carol")])

    assert len(shown(database)) == 2


def test_whoever_goes_by_another_name_now_has_done_the_same_once(database: db.Database) -> None:
    tip = {"kind": "tip", "tokens": 25, "text": None}
    late = {"at": store.START + 10 * SECOND}
    there = {"room": "chaturbate/operator_one", "platform": "chaturbate"}
    write(
        database,
        [said("chaturbate.events", "e1", **tip), said("chaturbate.events", "e2")],
        [said("statbate.tips", "s1", **tip, **there, **late)],
        [said("chaturbate.token_stats", "t1", **tip, username="alice_now")],
        [said("chaturbate.room_history", "h2", username="somebody")],
    )
    apart = {frozenset({"e1", "s1"}), *map(frozenset, (["t1"], ["e2"], ["h2"]))}
    assert groups(database) == apart

    ids = [records.StableId(username=name, kind="id", value="1") for name in ("alice", "alice_now")]
    for number, one in enumerate(ids):
        with database.write() as connection:
            apply.apply(
                connection, [one], store.source(connection, seen_at=store.START + number * SECOND)
            )

    assert groups(database) == {frozenset({"e1", "s1", "t1"}), frozenset({"e2"}), frozenset({"h2"})}
    write(database, [said("chaturbate.room_history", "h3", username="alice_now")])
    assert frozenset({"e2", "h3"}) in groups(database)
    with database.write() as connection:
        person = watching.find(connection, "chaturbate", "alice")
        assert person is not None
        identity.split(connection, person)
    assert groups(database) == {*apart, frozenset({"h3"})}


def test_what_was_there_before_is_compared_in_steps(database: db.Database) -> None:
    told = happened(25)
    write(database, told)
    wanted = groups(database)
    with database.write() as connection:
        connection.execute(text("UPDATE interactions SET same_as = NULL"))
        connection.execute(text("UPDATE marks SET upto = 999999 WHERE reader = 'sameness'"))

    assert siblings.catch_up(database) == 1
    assert siblings.catch_up(database) == 0
    assert groups(database) == wanted


def test_a_room_with_one_source_costs_one_question_more(database: db.Database) -> None:
    write(database, [said("chaturbate.events", "e0")])
    asked: list[str] = []
    with database.write() as connection:
        source = store.source(connection)

        @event.listens_for(connection, "before_cursor_execute")
        def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        acts.write(connection, [said("chaturbate.events", "e1")], source)

    assert sum("streams o" in one for one in asked) == 1
    assert not any("span" in one for one in asked)


def test_an_account_s_history_shows_each_act_once_whichever_account_knows_it_better(
    database: db.Database,
) -> None:
    write(database, [said("chaturbate.events", "e1")], [said("chaturbate.room_history", "h1")])
    with database.write() as connection:
        other = runs.account(connection, "second", "chaturbate", "operator_two").id
        source = msgspec.structs.replace(store.source(connection), account_id=other)
        for told in ("chaturbate.room_history", "statbate_plus.chat"):
            acts.write(connection, [said(told, f"of {told}")], source)
        account = runs.account(connection, "main", "chaturbate", "operator_one").id

    with database.read() as connection:
        found = [[row["id"] for row in queries.acts(connection, who)] for who in (account, other)]
        ledgers = list(queries.acts(connection, account, sources=("chaturbate.room_history",)))

    assert found == [["e1"], ["of chaturbate.room_history"]]
    assert [row["id"] for row in ledgers] == ["h1"]


def test_a_search_finds_once_what_several_sources_state(database: db.Database) -> None:
    write(database, [said("chaturbate.events", "e1")], [said("chaturbate.room_history", "h1")])
    search.catch_up(database)

    with database.read() as connection:
        words = search_words.parse("hello")
        found = search.find(connection, words)
        in_room = search.find(connection, words, search.Narrow(room="operator_one"))

    assert [one.source for one in found] == ["chaturbate.events"]
    assert found == in_room


def test_an_older_database_is_brought_up_and_its_acts_are_compared(empty_url: str) -> None:
    database = db.connect(empty_url)
    with database.alter() as connection:
        given_old.migrate(connection, "0006")
        source = store.source(connection)
        for name in ("chaturbate.events", "chaturbate.room_history"):
            given_old.say(connection, source, name, "hello", "tea")

    upgrade.upgrade(database)
    siblings.catch_up(database)

    assert shown(database) == [
        (f"chaturbate.events {number}", "chaturbate.events chaturbate.room_history")
        for number in range(2)
    ]
    write(database, [said("chaturbate.room_history", "new", room="operator_one")])
    with database.read() as connection:
        places = connection.execute(text("SELECT DISTINCT site, place FROM streams")).all()
    assert [tuple(row) for row in places] == [("chaturbate", "operator_one")]
    database.close()
