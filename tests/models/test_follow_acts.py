"""What a feed tells of follows enters the same timeline as what lists show."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from models import db, follow_acts, follows, queries, runs
from tests.models import given_feeds as feed
from tests.models import given_lists as given
from tests.models.given_feeds import SOURCE

FIFTY = given.people(50)
SECOND = 1 / 86_400


def test_a_follow_opens_an_edge_at_its_own_second(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5))

    assert "alice" in given.members(database)
    assert ("alice", 0.5, None) in feed.edges(database)
    assert feed.timeline(database) == [("alice", "follow", 0.5, SOURCE, None, None)]


def test_an_unfollow_closes_the_edge_that_a_list_opened(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("unfollow", FIFTY[0], 0.5))

    assert (FIFTY[0], None, 0.5) in feed.edges(database)
    assert feed.timeline(database) == [(FIFTY[0], "unfollow", 0.5, SOURCE, None, None)]


@pytest.mark.parametrize(
    "changes", [{"room": "somebody_else"}, {"username": None}, {"platform": "stripchat"}]
)
def test_what_is_not_about_the_own_room_is_no_follow(
    database: db.Database, changes: dict[str, str | None]
) -> None:
    feed.tell(database, feed.act("follow", "alice", 0.5, **changes))

    assert given.follow_tables(database) == {"follow_edges": [], "follow_events": []}


def test_an_act_that_names_its_person_later_enters_then(database: db.Database) -> None:
    feed.tell(database, feed.act("follow", "alice", 1, username=None))
    feed.tell(database, ("follow", "alice", 1))

    assert feed.edges(database) == [("alice", 1, None)]


def test_the_next_list_confirms_and_the_fact_stands_once(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5))
    _, outcome = given.closed(database, [*FIFTY, "alice"], day=1)

    assert (outcome.new, outcome.lost) == (0, 0)
    assert ("alice", 0.5, None) in feed.edges(database)
    assert feed.timeline(database) == [
        ("alice", "follow", 0.5, SOURCE, None, None),
        ("alice", "follow", 1, "list", 0.5, None),
    ]


def test_the_next_list_ends_whom_it_does_not_show(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5))
    _, outcome = given.closed(database, FIFTY, day=1)

    assert (outcome.new, outcome.lost) == (0, 1)
    assert ("alice", 0.5, 1) in feed.edges(database)
    assert feed.timeline(database)[1:] == [("alice", "unfollow", 1, "list", None, 0.5)]


def test_the_next_list_brings_back_who_the_feed_said_left(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("unfollow", FIFTY[0], 0.5))
    _, outcome = given.closed(database, FIFTY, day=1)

    assert (outcome.new, outcome.returned, outcome.lost) == (1, 1, 0)
    assert {row for row in feed.edges(database) if row[0] == FIFTY[0]} == {
        (FIFTY[0], None, 0.5),
        (FIFTY[0], 1, None),
    }
    assert feed.timeline(database)[1:] == [(FIFTY[0], "follow", 1, "list", None, 0.5)]


def test_an_unfollow_that_the_list_bears_out_is_no_loss_of_the_list(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, *(("unfollow", name, 0.5) for name in FIFTY[:20]))
    _, outcome = given.closed(database, FIFTY[20:], day=1)

    assert (outcome.state, outcome.lost) == ("complete", 0)
    assert given.members(database) == set(FIFTY[20:])
    assert feed.timeline(database)[20] == (FIFTY[0], "unfollow", 1, "list", 0.5, None)


def test_corrections_count_for_the_guard(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, *(("follow", f"new_{number:02}", 0.5) for number in range(11)))
    before = feed.stored(database)
    run_id, outcome = given.closed(database, FIFTY, day=1)

    assert outcome.reasons == ("mass_change: 11 of 61 would end, 10 may",)
    assert feed.stored(database) == before

    with database.write() as connection:
        assert follows.confirm(connection, run_id).lost == 11

    assert given.members(database) == set(FIFTY)


def test_a_second_list_that_agrees_corrects_many(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, *(("follow", f"new_{number:02}", 0.5) for number in range(30)))
    outcomes = [given.closed(database, FIFTY, day=number)[1] for number in (1, 2)]

    assert [(one.state, one.lost) for one in outcomes] == [("held", 30), ("complete", 30)]


def test_a_list_that_proves_nothing_corrects_nothing(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5), ("unfollow", FIFTY[0], 0.6))
    before = feed.stored(database)
    given.closed(database, FIFTY, day=1, reasons=("no_end: all",))

    assert feed.stored(database) == before


@pytest.mark.parametrize("shown", [True, False])
def test_what_happens_while_the_list_is_read_waits_for_the_next(
    database: db.Database, *, shown: bool
) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("unfollow" if shown else "follow", "person_0000", 0.9))
    if not shown:
        feed.tell(database, ("unfollow", "person_0000", 0.5))
    before = feed.edges(database)
    names = FIFTY if shown else FIFTY[1:]
    for number, begins in ((1, 0.8), (2, 1.5)):
        with database.write() as connection:
            run_id, listing_id = given.walked(connection, names)
            feed.begun(connection, run_id, begins)
            follows.close(connection, listing_id, given.verdict(names), feed.day(number))
        if number == 1:
            assert feed.edges(database) == before

    assert ("person_0000" in given.members(database)) == shown
    assert feed.timeline(database)[-1][-1] == 0.9


def test_the_first_list_confirms_and_floods_nothing(database: db.Database) -> None:
    feed.tell(database, ("follow", "alice", -1), ("follow", "bob", -2), ("unfollow", "bob", -1.5))
    _, outcome = given.closed(database, [*FIFTY, "alice"], day=0)

    assert (outcome.new, outcome.lost) == (0, 0)
    assert ("alice", -1, None) in feed.edges(database)
    assert [row[3] for row in feed.timeline(database)] == [SOURCE] * 3
    with database.read() as connection:
        confirmed = connection.execute(
            text("SELECT confirmed_by FROM follow_edges WHERE opened_by_act IS NOT NULL")
        )
        assert sorted(confirmed.scalars(), key=str) == [1, None]


def test_an_old_follow_that_is_read_late_refines_since(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, [*FIFTY, "alice"], day=1)
    feed.tell(database, ("follow", FIFTY[0], -3), ("follow", "alice", 0.25))

    assert {row for row in feed.edges(database) if row[1] is not None} == {
        ("alice", 0.25, None),
        (FIFTY[0], -3, None),
    }
    assert feed.timeline(database)[1:] == [
        ("alice", "follow", 0.25, SOURCE, None, None),
        ("alice", "follow", 1, "list", 0.25, None),
    ]


def test_an_old_follow_that_is_read_late_reopens_nothing(database: db.Database) -> None:
    given.closed(database, [*FIFTY, "alice"], day=0)
    given.closed(database, FIFTY, day=1)
    feed.tell(database, ("follow", "bob", 0.6), ("unfollow", "bob", 0.7))
    feed.tell(database, ("follow", "alice", -0.5), ("follow", "bob", 0.3), ("follow", "carol", 0.4))

    assert given.members(database) == set(FIFTY)
    assert {row for row in feed.edges(database) if row[1] is not None} == {
        ("alice", -0.5, 1),
        ("bob", 0.3, 0.7),
        ("carol", 0.4, 1),
    }


def test_undo_leaves_what_the_feed_told(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5), ("unfollow", FIFTY[0], 0.6))
    before = feed.stored(database)
    run_id, outcome = given.closed(database, FIFTY, day=1)
    with database.write() as connection:
        undone = follows.undo(connection, run_id)

    assert (outcome.new, outcome.lost, undone.new, undone.lost) == (1, 1, 1, 1)
    assert feed.stored(database) == before


def test_undo_after_more_was_told_leaves_that_too(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5))
    run_id, _ = given.closed(database, FIFTY[1:], day=1)
    feed.tell(database, ("follow", "alice", 1.5), ("follow", FIFTY[0], 1.6))
    with database.write() as connection:
        follows.undo(connection, run_id)

    assert given.members(database) == {*FIFTY, "alice"}
    assert ("alice", 0.5, None) in feed.edges(database)


def test_who_may_only_be_hidden_is_ended_without_certainty(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0, declared=51)
    given.closed(database, FIFTY, day=1, declared=51)
    feed.tell(database, ("follow", "alice", 1.5))
    _, outcome = given.closed(database, FIFTY, day=2, declared=51)

    assert (outcome.state, outcome.lost) == ("complete", 1)
    with database.read() as connection:
        certain = connection.execute(text("SELECT certain FROM follow_events ORDER BY at"))
        assert [bool(one) for one in certain.scalars()] == [True, False]


def test_a_hidden_person_whom_the_feed_saw_leave_is_not_brought_back(
    database: db.Database,
) -> None:
    given.closed(database, FIFTY, day=0)
    for number in (1, 2, 3):
        given.closed(database, FIFTY[1:], day=number, declared=50)
    early = feed.tell(database, ("unfollow", FIFTY[0], 1.5))

    assert early == 1
    assert given.members(database) == set(FIFTY[1:])


def test_two_feeds_that_tell_one_act_open_one_edge(database: db.Database) -> None:
    feed.tell(database, ("follow", "alice", 1))
    feed.tell(database, feed.act("follow", "alice", 1 + 5 * SECOND, source="chaturbate.bridge"))

    assert feed.edges(database) == [("alice", 1, None)]
    assert [row[4] for row in feed.timeline(database)] == [None, 1]


@pytest.mark.parametrize("turns", [1, -1])
def test_a_feed_that_is_late_tells_what_another_told_meanwhile_once(
    database: db.Database, turns: int
) -> None:
    did = (("follow", 1.0), ("unfollow", 1 + 3 * SECOND), ("follow", 1 + 6 * SECOND))
    late = 4 * SECOND
    told = [
        [feed.act(what, "alice", at) for what, at in did],
        [feed.act(what, "alice", at + late, source="chaturbate.bridge") for what, at in did],
    ]
    for stated in told[::turns]:
        feed.tell(database, *stated)

    assert feed.edges(database) == [("alice", 1, did[1][1]), ("alice", did[2][1], None)]
    assert sum(row[4] is None for row in feed.timeline(database)) == 3


def test_acts_told_before_they_were_entered_are_adopted(database: db.Database) -> None:
    feed.tell(database, ("follow", "alice", 1), ("unfollow", "alice", 2), ("chat", "alice", 3))
    before = feed.stored(database)
    with database.write() as connection:
        connection.execute(text("DELETE FROM follow_edges"))
        connection.execute(text("DELETE FROM follow_events"))
        adopted = follow_acts.adopt(connection)

    assert adopted == 2
    assert feed.stored(database) == before


def test_membership_at_a_time_between_lists_is_what_the_feed_told(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    feed.tell(database, ("follow", "alice", 0.5), ("unfollow", "alice", 0.75))
    with database.read() as connection:
        found = [
            "alice" in {row["username"] for row in queries.members(connection, 1, "follower", at)}
            for at in map(feed.day, (0.4, 0.5, 0.7, 0.75))
        ]

    assert found == [False, True, True, False]


def test_each_account_has_its_own_followers(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    with database.write() as connection:
        second = runs.account(connection, "second", "chaturbate", "operator_two").id
    own = feed.act("unfollow", FIFTY[0], 0.5, room="operator_two")
    feed.tell(database, own, feed.act("follow", "alice", 0.6, room="operator_two"))
    assert FIFTY[0] in given.members(database)

    feed.tell(database, own, account_id=second)
    feed.tell(database, feed.act("follow", "alice", 0.6, room="operator_two"), account_id=second)
    given.closed(database, FIFTY, day=1)

    with database.read() as connection:
        members = [
            {row["username"] for row in queries.members(connection, account, "follower")}
            for account in (1, second)
        ]
    assert members == [set(FIFTY), {"alice"}]
