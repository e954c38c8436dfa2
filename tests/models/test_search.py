from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from models import apply, db, identity, notes, records, search, search_words, upgrade, watching
from tests.models import given_old
from tests.models import given_store as store

MINUTE = timedelta(minutes=1)
HOSTILE = [
    *("tea AND", "OR tea", "NOT tea", "NEAR(tea talk)", "NEAR(tea talk, 2)", "text:tea", "^tea"),
    *("tea)", "(tea", '"', '"tea', "tea'", "'; DROP TABLE notes --", "tea & !talk", "tea <-> talk"),
    *("tea:*", "tea:A", "tea\\", "{tea}", "-tea", "+tea", "tea\0talk", "%s tea", "? tea", ":tea"),
    *(
        "\ud800tea",
        "☕ tea",
        "tea" * 150,
        "t e a " * 80,
        "été*",
        "२३ 茶*",
        "e\N{COMBINING ACUTE ACCENT}",
    ),
]


@pytest.fixture
def source(database: db.Database) -> apply.Source:
    with database.write() as connection:
        return store.source(connection)


def say(database: db.Database, source: apply.Source, *acts: records.Interaction) -> None:
    with database.write() as connection:
        apply.apply(connection, acts, source)


def texts(database: db.Database, source: apply.Source, *said: str) -> None:
    """Let alice say these, a minute apart."""
    acts = [
        store.act(str(place), at=store.START + place * MINUTE, username="alice", text=words)
        for place, words in enumerate(said)
    ]
    say(database, source, *acts)


def find(database: db.Database, typed: str, **asked: Any) -> list[search.Found]:
    how = {name: asked.pop(name) for name in ("best", "limit") if name in asked}
    search.catch_up(database)
    with database.read() as connection:
        narrow = search.Narrow(**asked)
        return search.find(connection, search_words.parse(typed), narrow, **how)


def said(found: Sequence[search.Found]) -> list[str]:
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tea", ["more TEA, please", "tea and talk"]),
        ("tea talk", ["tea and talk"]),
        ('"and talk"', ["tea and talk"]),
        ('"talk and"', []),
        ("te", []),
        ("te*", ["more TEA, please", "tea and talk"]),
        ('"and ta"*', ["tea and talk"]),
        ("чай", ["чай и музыка"]),
        ("муз*", ["чай и музыка"]),
        ("example", ["write to carol@mail.example"]),
        ("carol mail", ["write to carol@mail.example"]),
        ("caro*", ["write to carol@mail.example"]),
    ],
)
def test_texts_are_found_by_their_words_newest_first(
    database: db.Database, source: apply.Source, typed: str, found: list[str]
) -> None:
    texts(
        database,
        source,
        "tea and talk",
        "more TEA, please",
        "чай и музыка",
        "write to carol@mail.example",
    )

    assert said(find(database, typed)) == found


def test_sqlite_finds_words_without_their_accents(
    database: db.Database, source: apply.Source
) -> None:
    texts(database, source, "à la crème", "a la creme")

    everything = ["a la creme", "à la crème"]
    assert said(find(database, "CREME")) == everything[: 2 if database.dialect == "sqlite" else 1]


@pytest.mark.parametrize("typed", HOSTILE)
def test_nothing_that_is_typed_is_an_error(
    database: db.Database, source: apply.Source, typed: str
) -> None:
    texts(database, source, "tea and talk")
    try:
        assert set(said(find(database, typed))) <= {"tea and talk"}
    except search_words.Unsearchable:
        assert not any(sign.isalnum() for sign in typed)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    typed=st.one_of(
        st.text(max_size=40), st.text(alphabet="ab\"*:()&|!<->\\^'_.,\0\u0301 ", max_size=40)
    )
)
def test_whatever_is_typed_is_never_an_error(database: db.Database, typed: str) -> None:
    try:
        phrases = search_words.parse(typed)
    except search_words.Unsearchable:
        return
    with database.read() as connection:
        for best in (False, True):
            assert search.find(connection, phrases, best=best) == []


def test_the_best_come_first_when_asked_for(database: db.Database, source: apply.Source) -> None:
    texts(database, source, "tea tea tea", "of all that there is only tea in the end", "nothing")

    assert said(find(database, "tea", best=True))[0] == "tea tea tea"
    assert said(find(database, "tea"))[0] != "tea tea tea"


def test_no_more_are_found_than_asked_for(database: db.Database, source: apply.Source) -> None:
    texts(database, source, *(f"tea {number}" for number in range(9)))

    assert said(find(database, "tea", limit=2)) == ["tea 8", "tea 7"]


def test_finds_are_narrowed(database: db.Database, source: apply.Source) -> None:
    later = store.START + MINUTE
    say(
        database,
        source,
        store.act("1", username="alice", text="tea one"),
        store.act("2", username="bob", text="tea two", at=later, room="elsewhere"),
        store.act("3", username="bob", text="tea three", at=later, kind="tip", tokens=25),
        store.act("4", text="tea four", private=True),
    )

    for asked, found in (
        ({"username": "bob"}, {"tea two", "tea three"}),
        ({"username": "bob", "room": "elsewhere"}, {"tea two"}),
        ({"kinds": ("tip",)}, {"tea three"}),
        ({"kinds": ("tip", "note")}, {"tea three"}),
        ({"kinds": ("note",)}, set()),
        ({"since": later}, {"tea two", "tea three"}),
        ({"until": later}, {"tea one", "tea four"}),
        ({"username": "nobody"}, set()),
    ):
        assert set(said(find(database, "tea", **asked))) == found, asked


def test_what_is_private_is_found_and_says_so(database: db.Database, source: apply.Source) -> None:
    say(database, source, store.act("1", text="tea", private=True, tokens=5, kind="tip"))

    (found,) = find(database, "tea")

    assert (found.private, found.username, found.tokens, found.room) == (
        True,
        None,
        5,
        "operator_one",
    )


def test_a_room_is_found_as_its_source_and_as_its_platform_calls_it(
    database: db.Database, source: apply.Source
) -> None:
    there = {"source": "statbate.tips", "room": "stripchat/alice", "platform": "stripchat"}
    say(database, source, store.act("1", text="tea", **there))

    for room, count in (("stripchat/alice", 1), ("alice", 1), ("bob", 0)):
        assert len(find(database, "tea", room=room)) == count


def test_notes_are_found_beside_texts(database: db.Database, source: apply.Source) -> None:
    texts(database, source, "tea")
    with database.write() as connection:
        person = watching.find(connection, "chaturbate", "alice")
        assert person is not None
        notes.add(connection, person, "likes tea\0")

    assert [(one.kind, one.username) for one in find(database, "tea")] == [
        ("note", "alice"),
        ("chat", "alice"),
    ]
    assert said(find(database, "likes", kinds=("note",))) == ["likes tea\N{REPLACEMENT CHARACTER}"]
    assert find(database, "likes", room="operator_one") == []
    with database.write() as connection:
        connection.execute(text("UPDATE notes SET text = 'likes coffee'"))
    assert (find(database, "likes tea"), len(find(database, "coffee"))) == ([], 1)
    with database.write() as connection:
        connection.execute(text("DELETE FROM notes"))
    assert find(database, "coffee") == []


def test_people_are_found_by_any_name_they_had(database: db.Database, source: apply.Source) -> None:
    say(
        database,
        source,
        store.act("1", username="old_name", text="tea one"),
        store.act("2", username="new_name", text="tea two"),
    )
    with database.write() as connection:
        old, new = (
            watching.find(connection, "chaturbate", f"{age}_name") for age in ("old", "new")
        )
        assert old is not None
        assert new is not None
        identity.merge(connection, old, new, "by hand")

    for name in ("old_name", "new_name"):
        assert set(said(find(database, "tea", username=name))) == {"tea one", "tea two"}


@pytest.fixture
def indexed(database: db.Database, source: apply.Source) -> Iterator[apply.Source]:
    """Four acts that the index knows: the second has no text yet."""
    say(
        database,
        source,
        store.act("1", username="alice", text="tea one"),
        store.act("2", username="alice"),
        store.act("3", username="alice", text="tea three"),
        store.act("4", username="alice", text="tea four"),
    )
    assert len(find(database, "tea")) == 3
    yield source
    if database.dialect == "sqlite":
        with database.write() as connection:  # an index that lost its step says so here
            check = "INSERT INTO search_texts (search_texts, rank) VALUES ('integrity-check', 1)"
            connection.exec_driver_sql(check)
    assert [finding for finding in upgrade.check(database) if not finding.ok] == []


def test_a_text_that_comes_later_is_found(database: db.Database, indexed: apply.Source) -> None:
    say(database, indexed, store.act("2", username="alice", text="tea two"))

    assert set(said(find(database, "tea"))) == {"tea one", "tea two", "tea three", "tea four"}
    assert said(find(database, "two")) == ["tea two"]


def test_applying_again_changes_nothing_that_is_found(
    database: db.Database, indexed: apply.Source
) -> None:
    say(database, indexed, store.act("1", username="alice", text="tea one"))

    assert len(find(database, "tea")) == 3


@pytest.mark.usefixtures("indexed")
def test_a_text_that_changes_or_goes_is_not_found_any_more(database: db.Database) -> None:
    for statement in (
        "UPDATE interactions SET text = 'milk one' WHERE key = '1'",
        "UPDATE interactions SET text = NULL WHERE key = '3'",
        "DELETE FROM interactions WHERE key = '4'",
    ):
        with database.write() as connection:
            connection.execute(text(statement))

    assert said(find(database, "tea")) == []
    assert said(find(database, "milk")) == ["milk one"]


def test_a_row_that_takes_the_place_of_a_deleted_one_is_found(
    database: db.Database, indexed: apply.Source
) -> None:
    with database.write() as connection:
        connection.execute(text("DELETE FROM interactions WHERE key = '4'"))
    say(database, indexed, store.act("5", username="alice", text="tea five"))

    assert said(find(database, "five")) == ["tea five"]
    assert find(database, "four") == []


def test_a_database_filled_before_is_searched_after_its_upgrade(empty_url: str) -> None:
    database = db.connect(empty_url)
    with database.alter() as connection:
        given_old.migrate(connection, "0005")
        given_old.say(connection, store.source(connection), "history", "tea and talk", "milk")

    upgrade.upgrade(database)

    with database.read() as connection:
        assert said(search.find(connection, search_words.parse("tea"))) == ["tea and talk"]
    assert search.catch_up(database) == 0
    database.close()


def test_postgresql_searches_by_its_index(database: db.Database, source: apply.Source) -> None:
    if database.dialect == "sqlite":
        return
    texts(database, source, "tea and talk")
    with database.write() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        vector = search._VECTOR  # noqa: SLF001 - the words of the index are the subject
        query = (
            f"EXPLAIN SELECT id FROM interactions i WHERE {vector} @@ to_tsquery('simple', 'tea')"  # noqa: S608
        )
        plan = "\n".join(connection.exec_driver_sql(query).scalars())

    assert "search_texts" in plan


def test_many_texts_are_indexed_in_steps(database: db.Database, source: apply.Source) -> None:
    texts(database, source, *["tea"] * (search.STEP // 4))

    steps = search.catch_up(database)

    assert steps == (1 if database.dialect == "sqlite" else 0)
    assert search.catch_up(database) == 0
