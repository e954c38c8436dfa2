"""Who is believed: every rule of the current state, as a table of cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from models import current_state, db, identity, moment, records, sources, states
from models.records import cbhours, chaturbate
from tests.models import given_sources as given
from tests.models import given_store as store

Told = tuple[str, float, dict[str, Any]]
"""A source, how many minutes ago it was asked, and what it said."""

KINDS: dict[str, Any] = {
    "affiliate": chaturbate.AffiliateSnapshot,
    "cbhours": cbhours.CbhoursLive,
    "stats": chaturbate.BroadcasterStats,
    "room": chaturbate.RoomSnapshot,
    "profile": chaturbate.ProfileSnapshot,
}
HOUR, DAY = 60.0, 1440.0


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


def known(connection: Connection, told: Sequence[Told]) -> current_state.State:
    """Let sources say these things about alice, in this order; return what is known of her."""
    source, now = store.source(connection), moment.now()
    for name, ago, facts in told:
        stated = KINDS[name](username="alice", **facts)
        given.said(connection, source, now - timedelta(minutes=ago), stated)
    found = current_state.person(connection, "chaturbate", "alice")
    assert found is not None
    return found


FACTS: list[tuple[str, list[Told], str, Any]] = [
    # the better source is believed while no worse one is fresher by its head start
    ("followers", [("cbhours", 5, {"followers": 10}), ("affiliate", 1, {"followers": 20})],
     "cbhours", 10),
    ("followers", [("cbhours", DAY - 5, {"followers": 10}), ("affiliate", 1, {"followers": 20})],
     "cbhours", 10),
    ("followers", [("cbhours", DAY + 5, {"followers": 10}), ("affiliate", 1, {"followers": 20})],
     "affiliate", 20),
    ("followers", [("affiliate", 99 * DAY, {"followers": 20})], "affiliate", 20),
    ("followers", [("profile", 1, {"followers": 30}), ("affiliate", HOUR, {"followers": 20})],
     "affiliate", 20),
    ("followers", [("profile", 1, {"followers": 30}), ("affiliate", 9 * DAY, {"followers": 20})],
     "profile", 30),
    # what a source does not say falls to the next one, and never erases what is known
    ("followers", [("cbhours", 1, {"rank": 3}), ("affiliate", HOUR, {"followers": 20})],
     "affiliate", 20),
    ("followers", [("cbhours", HOUR, {"followers": 10}), ("cbhours", 1, {"rank": 3})],
     "cbhours", 10),
    ("followers", [("cbhours", 1, {"followers": 0}), ("affiliate", 1, {"followers": 20})],
     "cbhours", 0),
    # a newer word of the same source
    ("followers", [("cbhours", HOUR, {"followers": 10}), ("cbhours", 1, {"followers": 11})],
     "cbhours", 11),
    # tags: the affiliates' list, then CBHours
    ("tags", [("affiliate", HOUR, {"tags": ("tea",)}), ("cbhours", 1, {"tags": ("art",)})],
     "affiliate", ["tea"]),
    ("tags", [("affiliate", 2 * DAY, {"tags": ("tea",)}), ("cbhours", 1, {"tags": ("art",)})],
     "cbhours", ["art"]),
    # profile fields: the affiliates' list, then CBHours, then the profile
    ("gender", [("affiliate", HOUR, {"gender": "female"}), ("cbhours", 1, {"gender": "male"})],
     "affiliate", "female"),
    ("gender", [("profile", 1, {"gender": "male"}), ("cbhours", HOUR, {"gender": "female"})],
     "cbhours", "female"),
    ("age", [("affiliate", 1, {"age": None}), ("profile", 5 * DAY, {"age": 25})], "profile", 25),
    ("country", [("affiliate", 99 * DAY, {"country": "PT"})], "affiliate", "PT"),
    # rank: CBHours only
    ("rank", [("cbhours", 30 * DAY, {"rank": 77})], "cbhours", 77),
    # viewers change by the minute: a head start of minutes
    ("viewers", [("affiliate", 4, {"viewers": 5}), ("cbhours", 1, {"viewers": 9})],
     "affiliate", 5),
    ("viewers", [("affiliate", 11, {"viewers": 5}), ("cbhours", 1, {"viewers": 9})],
     "cbhours", 9),
]  # fmt: skip


@pytest.mark.parametrize(("field", "told", "source", "value"), FACTS)
def test_a_fact_is_the_word_of_the_source_to_be_believed(
    connection: Connection, field: str, told: list[Told], source: str, value: Any
) -> None:
    fact = known(connection, told).facts[field]

    assert (fact.source, fact.value) == (source, value)


@pytest.mark.parametrize(("field", "told", "source", "value"), FACTS)
def test_the_order_in_which_words_come_does_not_matter(
    new_sqlite: Any, field: str, told: list[Told], source: str, value: Any
) -> None:
    for order in itertools.permutations(told):
        database = db.connect(new_sqlite("migrated"))
        with database.write() as connection:
            fact = known(connection, order).facts[field]
        database.close()

        assert (fact.source, fact.value) == (source, value)


STATUSES: list[tuple[list[Told], str, str | None]] = [
    ([], "unknown", None),
    # the affiliates' list, if fresher than 10 minutes
    ([("affiliate", 1, {"show": "public"})], "live", "affiliate"),
    ([("affiliate", 9, {"show": "private"}), ("cbhours", 1, {"show": "offline"})],
     "live", "affiliate"),
    # else CBHours
    ([("affiliate", 11, {"show": "public"}), ("cbhours", 1, {"show": "offline"})],
     "offline", "cbhours"),
    ([("affiliate", 11, {"show": "public"}), ("cbhours", 20, {"show": "offline"})],
     "offline", "cbhours"),
    ([("cbhours", 5, {"show": "public"})], "live", "cbhours"),
    # else the newest word of any source
    ([("affiliate", 11, {"show": "public"}), ("cbhours", 31, {"show": "offline"})],
     "live", "affiliate"),
    ([("affiliate", 25, {"show": "public"}), ("room", 2, {"show": "offline"})],
     "offline", "room"),
    ([("affiliate", 25, {"show": "public"}), ("profile", 40, {"show": "offline"})],
     "live", "affiliate"),
    ([("stats", 2, {"show": "online"})], "live", "stats"),
    # nothing older than 30 minutes is shown as live, nor as offline
    ([("affiliate", 31, {"show": "public"})], "unknown", "affiliate"),
    ([("affiliate", 31, {"show": "public"}), ("cbhours", 45, {"show": "offline"})],
     "unknown", "affiliate"),
    ([("cbhours", 3 * DAY, {"show": "offline"})], "unknown", "cbhours"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "status", "source"), STATUSES)
def test_somebody_is_live_only_on_a_fresh_word(
    connection: Connection, told: list[Told], status: str, source: str | None
) -> None:
    state = known(connection, [("profile", 9 * DAY, {"age": 25}), *told])

    show = state.facts.get("show")
    assert (state.status, show and show.source) == (status, source)


def test_every_fact_comes_with_its_age(connection: Connection) -> None:
    state = known(connection, [("cbhours", 90, {"followers": 10, "show": "offline"})])

    ages = {name: round(fact.age / 60) for name, fact in state.facts.items()}
    assert ages == {"followers": 90, "show": 90}


def test_a_word_that_is_said_again_is_as_young_as_the_last_time(connection: Connection) -> None:
    same: list[Told] = [("cbhours", ago, {"followers": 10}) for ago in (90, 50, 7)]

    assert round(known(connection, same).facts["followers"].age / 60) == 7


@pytest.mark.parametrize("field", states.ORDER)
def test_every_source_of_a_field_does_say_something_of_it(field: str) -> None:
    own = "show" if field.endswith("_show") else field
    stating = {kind.source for kind in sources.SNAPSHOTS if own in sources.shape(kind).values}

    assert [source for source in states.ORDER[field] if source not in stating] == []


def test_a_state_that_is_made_anew_is_the_same(connection: Connection) -> None:
    told = [word for _, words, _, _ in FACTS[:1] + FACTS[10:14] for word in words]
    before = known(connection, told)

    states.rebuild(connection, [before.person_id])

    after = current_state.person(connection, "chaturbate", "alice")
    assert after is not None
    assert {name: (fact.value, fact.source, fact.at) for name, fact in after.facts.items()} == {
        name: (fact.value, fact.source, fact.at) for name, fact in before.facts.items()
    }


def test_a_page_has_the_people_with_most_of_a_number_and_goes_on_after_the_last(
    connection: Connection,
) -> None:
    source, now = store.source(connection), moment.now()
    rooms = [given.room(f"room_{n}", followers=100 - n // 2, viewers=n) for n in range(9)]
    given.said(connection, source, now, *rooms, given.room("nobody_knows"))

    pages: list[list[current_state.State]] = []
    after = None
    while True:
        page = current_state.page(connection, "chaturbate", "followers", limit=4, after=after)
        if not page:
            break
        pages.append(page)
        last = page[-1]
        after = current_state.After(value=last.facts["followers"].value, person_id=last.person_id)

    found = [state.username for page in pages for state in page]
    assert (found, [len(page) for page in pages]) == ([f"room_{n}" for n in range(9)], [4, 4, 1])


def test_the_best_rank_is_the_least(connection: Connection) -> None:
    source, now = store.source(connection), moment.now()
    stated: list[records.Record] = [
        cbhours.CbhoursLive(username=name, rank=rank)
        for name, rank in (("alice", 9), ("bob", 2), ("carol", 700))
    ]
    given.said(connection, source, now, *stated)

    page = current_state.page(connection, "chaturbate", "rank")

    assert [state.username for state in page] == ["bob", "alice", "carol"]


def test_a_former_name_leads_to_the_state_of_the_person(connection: Connection) -> None:
    source, now = store.source(connection), moment.now()
    given.said(connection, source, now, given.room("old", country="PT"), given.room("new"))
    ids = [given.person(connection, name) for name in ("old", "new")]
    identity.merge(connection, ids[0], ids[1], "by hand")

    found = current_state.person(connection, "chaturbate", "old")

    assert found is not None
    assert (found.username, found.facts["country"].value) == ("new", "PT")
