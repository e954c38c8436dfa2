"""What closing a list does to edges and events, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from models import db, follows, queries, standing
from tests.models import given_lists as given

FIFTY = given.people(50)


def test_the_first_complete_list_is_a_baseline_without_events(database: db.Database) -> None:
    _, outcome = given.closed(database, FIFTY, day=0)

    assert (outcome.state, outcome.new, outcome.lost) == ("complete", 0, 0)
    assert given.members(database) == set(FIFTY)
    assert given.events(database) == []


def test_a_second_list_says_who_is_new_who_is_lost_and_who_returned(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, FIFTY[1:], day=1)
    _, outcome = given.closed(database, [FIFTY[0], *FIFTY[2:], "newcomer"], day=2)

    assert (outcome.new, outcome.lost, outcome.returned) == (2, 1, 1)
    assert given.events(database) == [
        ("unfollow", FIFTY[0]),
        ("follow", "newcomer"),
        ("follow", FIFTY[0]),
        ("unfollow", FIFTY[1]),
    ]


def test_a_list_that_is_not_proved_ends_nobody(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    before = given.follow_tables(database)
    _, outcome = given.closed(database, FIFTY[:20], day=1, reasons=("no_end: all",))

    assert outcome.state == "partial"
    assert given.follow_tables(database) == before


def test_an_older_list_never_overrules_a_newer_one(database: db.Database) -> None:
    given.closed(database, FIFTY, day=5)
    _, outcome = given.closed(database, FIFTY[:-1], day=4)

    assert outcome.state == "partial"
    assert outcome.reasons[0].startswith("out_of_order")


def test_who_is_missing_once_and_seen_at_the_second_look_stays(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    with database.write() as connection:
        run_id, first = given.walked(connection, FIFTY[2:])
        _, second = given.walked(connection, FIFTY[1:], look=2, run_id=run_id)
        outcome = follows.close(
            connection,
            first,
            given.verdict(FIFTY[2:]),
            given.START + timedelta(days=1),
            second=(second, given.verdict(FIFTY[1:])),
        )

    assert outcome.lost == 1
    assert given.members(database) == set(FIFTY[1:])


def test_a_second_look_that_proves_nothing_ends_nobody(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    with database.write() as connection:
        run_id, first = given.walked(connection, FIFTY[2:])
        _, second = given.walked(connection, FIFTY[2:], look=2, run_id=run_id)
        broken = given.verdict(FIFTY[2:], reasons=("stopped: throttled",))
        outcome = follows.close(
            connection,
            first,
            given.verdict(FIFTY[2:]),
            given.START + timedelta(days=1),
            second=(second, broken),
        )

    assert outcome.state == "partial"
    assert outcome.reasons == ("second look: stopped: throttled",)
    assert given.members(database) == set(FIFTY)


def test_a_list_that_would_end_too_many_is_held_and_changes_nothing(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    before = given.follow_tables(database)
    _, outcome = given.closed(database, FIFTY[11:], day=1)

    assert outcome.state == "held"
    assert outcome.reasons == ("mass_change: 11 of 50 would end, 10 may",)
    assert given.follow_tables(database) == before


def test_ten_may_end_at_once(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    _, outcome = given.closed(database, FIFTY[10:], day=1)

    assert (outcome.state, outcome.lost) == ("complete", 10)


def test_five_percent_of_a_long_list_may_end_at_once(database: db.Database) -> None:
    many = given.people(400)
    given.closed(database, many, day=0)
    assert given.closed(database, many[21:], day=1)[1].state == "held"
    assert given.closed(database, many[20:], day=2)[1].lost == 20


def test_an_empty_list_against_known_people_is_held(database: db.Database) -> None:
    given.closed(database, FIFTY[:3], day=0)
    _, outcome = given.closed(database, [], day=1)

    assert outcome.state == "held"
    assert given.members(database) == set(FIFTY[:3])


def test_a_second_list_that_agrees_confirms_a_held_one(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    held_run, _ = given.closed(database, FIFTY[20:], day=1)
    _, outcome = given.closed(database, FIFTY[20:], day=2)

    assert (outcome.state, outcome.lost) == ("complete", 20)
    with database.read() as connection:
        held = standing.of_run(connection, held_run)
    assert held is not None
    assert held.state == "superseded"


def test_a_second_mass_change_of_other_people_is_held_anew(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, FIFTY[20:], day=1)
    _, outcome = given.closed(database, FIFTY[:25], day=2)

    assert outcome.state == "held"
    assert given.members(database) == set(FIFTY)


def test_a_list_that_shows_everybody_again_lets_the_held_one_go(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    held_run, _ = given.closed(database, FIFTY[20:], day=1)
    _, outcome = given.closed(database, FIFTY, day=2)

    assert (outcome.state, outcome.lost) == ("complete", 0)
    with database.write() as connection, pytest.raises(standing.NotPossible, match="superseded"):
        follows.confirm(connection, held_run)


def test_confirming_applies_the_held_list_as_of_its_own_time(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    held_run, _ = given.closed(database, [*FIFTY[20:], "newcomer"], day=1)
    with database.write() as connection:
        outcome = follows.confirm(connection, held_run)

    assert (outcome.new, outcome.lost) == (1, 20)
    assert given.members(database) == {*FIFTY[20:], "newcomer"}


def test_discarding_leaves_everything_as_it_was(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    before = given.follow_tables(database)
    held_run, _ = given.closed(database, FIFTY[20:], day=1)
    with database.write() as connection:
        follows.discard(connection, held_run)

    assert given.follow_tables(database) == before
    with database.write() as connection, pytest.raises(standing.NotPossible, match="discarded"):
        follows.confirm(connection, held_run)


def test_undo_restores_edges_and_events_row_by_row(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, FIFTY[3:], day=1)
    before = given.follow_tables(database)
    run_id, _ = given.closed(database, [*FIFTY[5:], "newcomer", FIFTY[0]], day=2)
    with database.write() as connection:
        outcome = follows.undo(connection, run_id)

    assert (outcome.new, outcome.lost) == (2, 2)
    after = given.follow_tables(database)
    assert sorted(after["follow_edges"]) == sorted(before["follow_edges"])
    assert after["follow_events"] == before["follow_events"]


def test_undo_goes_backwards(database: db.Database) -> None:
    first, _ = given.closed(database, FIFTY, day=0)
    second, _ = given.closed(database, FIFTY[3:], day=1)
    with database.write() as connection:
        with pytest.raises(standing.NotPossible, match=f"run {second} built on run {first}"):
            follows.undo(connection, first)
        follows.undo(connection, second)
        follows.undo(connection, first)

    assert given.members(database) == set()
    assert given.closed(database, FIFTY, day=3)[1].new == 0


def test_a_run_that_changed_nothing_cannot_be_undone(database: db.Database) -> None:
    run_id, _ = given.closed(database, FIFTY, day=0, reasons=("no_end: all",))
    with database.write() as connection, pytest.raises(standing.NotPossible, match="partial"):
        follows.undo(connection, run_id)


def test_people_counted_but_not_shown_make_a_list_partial(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    _, outcome = given.closed(database, FIFTY[1:], day=1, declared=50)

    assert outcome.state == "partial"
    assert outcome.reasons == ("shortfall: 50 declared, 49 seen",)
    assert given.members(database) == set(FIFTY)


def test_the_same_people_withheld_twice_count_as_withheld_and_stay(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, FIFTY[1:], day=1, declared=50)
    _, outcome = given.closed(database, FIFTY[1:], day=2, declared=50)

    assert (outcome.state, outcome.lost) == ("complete", 0)
    assert given.members(database) == set(FIFTY)


def test_losses_are_found_beside_known_withheld_people(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, FIFTY[1:], day=1, declared=50)
    given.closed(database, FIFTY[1:], day=2, declared=50)
    _, outcome = given.closed(database, FIFTY[3:], day=3, declared=48)

    assert (outcome.state, outcome.lost) == ("complete", 2)
    assert given.members(database) == {FIFTY[0], *FIFTY[3:]}


def test_more_missing_than_withheld_waits_for_a_second_opinion_and_stays_uncertain(
    database: db.Database,
) -> None:
    given.closed(database, FIFTY, day=0)
    outcomes = [given.closed(database, FIFTY[3:], day=day, declared=48)[1] for day in (1, 2, 3)]
    with database.read() as connection:
        certain = connection.execute(text("SELECT certain FROM follow_events")).scalars().all()

    assert [outcome.state for outcome in outcomes] == ["partial", "held", "complete"]
    assert outcomes[1].reasons == ("withheld: 3 are missing, 1 of them perhaps only hidden",)
    assert given.members(database) == set(FIFTY[3:])
    assert [bool(one) for one in certain] == [False, False, False]


def test_who_was_never_shown_is_no_newcomer_when_shown(database: db.Database) -> None:
    given.closed(database, FIFTY[1:], day=0, declared=50)
    given.closed(database, FIFTY[1:], day=1, declared=50)
    _, outcome = given.closed(database, FIFTY, day=2)

    assert outcome.state == "complete"
    assert given.members(database) == set(FIFTY)
    assert given.events(database) == []


def test_the_operator_may_accept_a_list_that_withholds_people(database: db.Database) -> None:
    run_id, _ = given.closed(database, FIFTY[1:], day=0, declared=50)
    with database.write() as connection:
        follows.confirm(connection, run_id)

    assert given.members(database) == set(FIFTY[1:])
    assert given.closed(database, FIFTY[2:], day=1, declared=49)[1].lost == 1


def test_entries_of_an_applied_list_are_not_kept(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0, reasons=("no_end: all",))
    given.closed(database, FIFTY, day=1)
    with database.read() as connection:
        kept = connection.execute(text("SELECT count(*) FROM listing_entries")).scalar_one()

    assert kept == 0


def test_membership_as_of_a_date_and_the_difference_of_two(database: db.Database) -> None:
    given.closed(database, FIFTY, day=0)
    given.closed(database, FIFTY[2:], day=1)
    given.closed(database, [*FIFTY[2:], "newcomer"], day=2)
    then, now = given.START + timedelta(days=1), given.START + timedelta(days=2)
    with database.read() as connection:
        account_id = 1
        early = {
            row["username"] for row in queries.members(connection, account_id, "follower", then)
        }
        changed = list(queries.difference(connection, account_id, "follower", given.START, now))
        lost = [row["username"] for row in queries.lost(connection, account_id, "follower")]
        with pytest.raises(queries.Unknown, match="no complete follower list"):
            queries.basis(connection, account_id, "follower", given.START - timedelta(days=1))

    assert early == set(FIFTY[2:])
    assert [(row["change"], row["username"]) for row in changed] == [
        ("gained", "newcomer"),
        ("lost", FIFTY[0]),
        ("lost", FIFTY[1]),
    ]
    assert lost == FIFTY[:2]


def test_since_is_unknown_for_who_was_there_at_the_first_list(database: db.Database) -> None:
    given.closed(database, FIFTY[:1], day=0)
    given.closed(database, [FIFTY[0], "newcomer"], day=1)
    with database.read() as connection:
        since = {
            row["username"]: row["since"] for row in queries.members(connection, 1, "follower")
        }

    assert since == {FIFTY[0]: None, "newcomer": given.START + timedelta(days=1)}
