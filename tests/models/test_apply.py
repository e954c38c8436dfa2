from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from models import apply, db, records
from tests.models import given_store as store

NAMES = ["alice", "bob", "carol", "dave"]
ROLES: list[records.Role] = ["model", "viewer", "both", "unknown"]
LATER = store.START + timedelta(hours=1)


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


def member(name: str, role: records.Role = "unknown") -> records.Member:
    return records.Member(username=name, role=role)


def page(position: int, *names: str, part: str = "all") -> list[records.Record]:
    listed = records.ListPage(part=part, position=position, step=1, rows=len(names))
    return [*map(member, names), listed]


def fresh(connection: Connection) -> list[int]:
    query = "SELECT fresh FROM listing_pages ORDER BY part, position"
    return list(connection.execute(text(query)).scalars())


def writes(connection: Connection) -> int:
    """Return how many rows this connection has written so far (SQLite knows)."""
    if connection.dialect.name != "sqlite":
        return 0
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def test_a_member_becomes_a_person_and_an_entry_of_the_page_s_part(connection: Connection) -> None:
    source = store.source(connection, listed=True)

    apply.apply(connection, page(1, "alice", part="online"), source)

    found = store.rows(connection, "persons", "entries")
    assert [row[:3] for row in found["persons"]] == [("chaturbate", "alice", "unknown")]
    assert found["entries"] == [(source.listing_id, "online", "alice")]


def test_a_member_outside_a_listing_is_only_a_person(connection: Connection) -> None:
    apply.apply(connection, page(1, "alice"), store.source(connection))

    found = store.rows(connection, "persons", "entries", "pages")
    assert [len(found[view]) for view in ("persons", "entries", "pages")] == [1, 0, 0]


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["unknown", "viewer"], "viewer"),
        (["viewer", "unknown"], "viewer"),
        (["viewer", "viewer"], "viewer"),
        (["model", "viewer"], "both"),
        (["both", "model"], "both"),
        (["unknown", "both"], "both"),
    ],
)
def test_roles_join(connection: Connection, roles: list[records.Role], role: str) -> None:
    source = store.source(connection)
    for stated in roles:
        apply.apply(connection, [member("alice", stated)], source)
    apply.apply(connection, [member("bob", stated) for stated in roles], source)

    assert {row[2] for row in store.rows(connection, "persons")["persons"]} == {role}


def test_sight_only_widens(connection: Connection) -> None:
    source = store.source(connection, seen_at=LATER)
    earlier = store.another(connection, source, seen_at=store.START)
    for one in (source, earlier, source):
        apply.apply(connection, [member("alice")], one)

    query = text("SELECT last_seen, first_seen FROM persons")
    last, first = connection.execute(query).one()
    assert str(first)[:19] < str(last)[:19]
    assert (str(first)[11:19], str(last)[11:19]) == ("00:00:00", "01:00:00")


def test_a_page_counts_its_fresh_members_once(connection: Connection) -> None:
    first = store.source(connection, listed=True)
    second = store.another(connection, first)
    for source, batch in (
        (first, page(1, "alice", "bob", "bob")),
        (second, page(2, "bob", "carol")),
        (first, page(1, "alice", "bob", "bob")),
        (second, page(2, "bob", "carol")),
    ):
        apply.apply(connection, batch, source)

    assert fresh(connection) == [2, 1]


def test_a_member_of_one_part_is_fresh_in_another(connection: Connection) -> None:
    source = store.source(connection, listed=True)
    apply.apply(connection, page(1, "alice", part="online"), source)
    apply.apply(connection, page(1, "alice", part="offline"), source)

    assert fresh(connection) == [1, 1]


def test_a_check_keeps_its_first_reading(connection: Connection) -> None:
    source = store.source(connection, listed=True)
    for value in ("7", "8"):
        check = records.Check(source="total", moment="first", value=value)
        apply.apply(connection, [check, check], source)

    assert store.rows(connection, "checks")["checks"] == [
        (source.listing_id, "total", "first", "7")
    ]


def test_an_act_is_stored_with_its_person_and_counted_once(connection: Connection) -> None:
    source = store.source(connection)
    tip = store.act("1", kind="tip", username="alice", tokens=25)

    counts = [apply.apply(connection, [tip, store.act("2")], source) for _ in range(2)]

    assert [(count.records, count.new) for count in counts] == [(2, 2), (2, 0)]
    acts = store.rows(connection, "acts")["acts"]
    assert [(row[2], row[5], row[6]) for row in acts] == [("1", "alice", 25), ("2", None, None)]


def test_two_equal_tips_with_their_own_keys_stay_two(connection: Connection) -> None:
    tips = [store.act(key, username="alice", tokens=5) for key in ("a#1", "a#2")]

    assert apply.apply(connection, tips, store.source(connection)).new == 2


def test_the_same_key_in_another_room_or_source_is_another_act(connection: Connection) -> None:
    acts = [store.act("1"), store.act("1", room="bob"), store.act("1", source="feed")]

    assert apply.apply(connection, acts, store.source(connection)).new == 3


def test_what_was_withheld_is_filled_in_and_never_erased(connection: Connection) -> None:
    source = store.source(connection)
    later = store.another(connection, source)
    for one, act in (
        (source, store.act("1", tokens=5)),
        (later, store.act("1", username="alice", text="for you")),
        (later, store.act("1")),
        (later, store.act("1", tokens=99, username="bob")),
    ):
        apply.apply(connection, [act], one)

    [found] = store.rows(connection, "acts")["acts"]
    assert (*found[5:8], found[9]) == ("alice", 5, "for you", source.payload_id)


def test_an_act_stated_twice_by_one_payload_is_one(connection: Connection) -> None:
    acts = [store.act("1", tokens=5), store.act("1", text="hi"), store.act("1", username="alice")]

    assert apply.apply(connection, acts, store.source(connection)).new == 1
    [found] = store.rows(connection, "acts")["acts"]
    assert found[5:8] == ("alice", 5, "hi")


def test_a_cursor_moves_with_newer_runs_only(connection: Connection) -> None:
    older, newer = store.source(connection), store.source(connection)
    for source, value in ((older, "1"), (newer, "2"), (older, "1"), (newer, "3")):
        apply.apply(connection, [records.Cursor(value=value)], source)

    [found] = store.rows(connection, "cursors")["cursors"]
    assert found[2:] == ("", "3", newer.run_id)


def test_text_that_no_database_can_store_is_replaced(connection: Connection) -> None:
    source = store.source(connection, listed=True)
    batch: list[records.Record] = [
        store.act("k\0", username="a\ud800b", text="nul \0 lone \udfff pair \ud83d\ude00"),
        records.Check(source="s", moment="m", value="\udc00"),
        records.Cursor(value="\0"),
        member("\ud800"),
    ]

    apply.apply(connection, batch, source)

    [found] = store.rows(connection, "acts")["acts"]
    assert (found[2], found[5], found[7]) == (
        "k\ufffd",
        "a\ufffdb",
        "nul \ufffd lone \ufffd pair \U0001f600",
    )


def test_hostile_text_is_only_text(connection: Connection) -> None:
    name = "'); DROP TABLE persons; -- ? %s :x \\u0000 \\"
    apply.apply(connection, [store.act(name, username=name, text=name)], store.source(connection))

    [found] = store.rows(connection, "acts")["acts"]
    assert (found[2], found[5], found[7]) == (name, name, name)


def test_amounts_beyond_thirty_two_bits_are_stored(connection: Connection) -> None:
    apply.apply(connection, [store.act("1", tokens=-(2**40))], store.source(connection))

    assert store.rows(connection, "acts")["acts"][0][6] == -(2**40)


def test_a_second_application_writes_no_row(connection: Connection) -> None:
    source = store.source(connection, listed=True)
    batch = [
        *page(1, "alice", "bob"),
        records.Check(source="total", moment="first", value="2"),
        store.act("1", username="alice", text="hi"),
        records.Cursor(value="1"),
    ]
    apply.apply(connection, batch, source)
    before = writes(connection)

    apply.apply(connection, batch, source)

    assert writes(connection) == before


def test_an_act_told_again_by_another_payload_is_only_a_later_sight(connection: Connection) -> None:
    source = store.source(connection)
    later = store.another(connection, source)
    act = store.act("1", username="alice", text="hi")
    apply.apply(connection, [act], source)
    before, told = writes(connection), store.rows(connection, "acts")
    apply.apply(connection, [act], later)
    apply.apply(connection, [act], later)

    assert store.rows(connection, "acts") == told
    [person] = store.rows(connection, "persons")["persons"]
    assert person[3] != person[4]
    assert writes(connection) - before == (1 if connection.dialect.name == "sqlite" else 0)


def test_no_records_are_no_work(connection: Connection) -> None:
    counts = apply.apply(connection, [], store.source(connection))

    assert counts == apply.Counts(records=0, new=0)


@st.composite
def acts(draw: st.DrawFn) -> records.Interaction:
    """An act of a small world in which a key always means the same, told in part or in full."""
    number = draw(st.integers(0, 5))
    whole: dict[str, Any] = {
        "username": NAMES[number % len(NAMES)],
        "tokens": number,
        "text": f"text {number}",
    }
    said = draw(st.sets(st.sampled_from(sorted(whole))))
    room = draw(st.sampled_from(["operator_one", "elsewhere"]))
    at = store.START + timedelta(seconds=number // 2)
    return store.act(str(number), room=room, at=at, **{name: whole[name] for name in said})


MEMBERS = st.builds(records.Member, username=st.sampled_from(NAMES), role=st.sampled_from(ROLES))
BATCHES = st.lists(st.lists(st.one_of(acts(), MEMBERS), max_size=8), min_size=1, max_size=5)


@given(batches=BATCHES, data=st.data())
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_an_archive_applied_three_times_in_any_order_gives_the_same_tables(
    database: db.Database, batches: list[list[records.Record]], data: st.DataObject
) -> None:
    with database.write() as connection, connection.begin_nested() as everything:
        first = store.source(connection, listed=True)
        work: list[tuple[list[records.Record], apply.Source]] = []
        for number, batch in enumerate(batches):
            listed = records.ListPage(part="all", position=number, step=1, rows=len(batch))
            check = records.Check(source="total", moment=str(number), value=str(len(batch)))
            seen_at = store.START + timedelta(days=data.draw(st.integers(0, 9)))
            source = store.another(connection, first, seen_at=seen_at)
            work.append(([*batch, listed, check], source))
        work.append(([records.Cursor(value="end")], first))
        once = _outcome(connection, work)
        thrice = _outcome(connection, data.draw(st.permutations(work * 3)))
        everything.rollback()

    assert once == thrice


def _outcome(
    connection: Connection, work: list[tuple[list[records.Record], apply.Source]]
) -> dict[str, list[tuple[Any, ...]]]:
    with connection.begin_nested() as attempt:
        for batch, source in work:
            apply.apply(connection, batch, source)
        # how many members were fresh depends on which page came first
        found = store.rows(connection, *(view for view in store.VIEWS if view != "fresh"))
        attempt.rollback()
    return found
