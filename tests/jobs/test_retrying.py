"""What is tried again by itself, when, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from jobs import aftermath, retrying
from models import db, moment, run_control, run_queue, runs
from scraper import errors

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSING = errors.TryLater("server_error")


@pytest.fixture
def run(database: db.Database) -> runs.Run:
    """Return a run of the service that works at its first attempt."""
    with database.write() as connection:
        account = runs.account(connection, "main", "chaturbate", "operator_one")
        order = runs.Order(
            account_id=account.id,
            collector="chaturbate.followers",
            requested_by="clock",
            version="0",
            not_before=moment.now(),
        )
        return runs.begin(connection, runs.create(connection, order), 0)


def decided(
    database: db.Database, run: runs.Run, status: str, failure: errors.GreenroomError | None
) -> runs.Run:
    """Return the run after its attempt has ended so, and that was decided about."""
    with database.write() as connection:
        ended = {"status": status, "ended_at": moment.now()}
        if failure:
            ended["errors"] = [{"code": failure.code, "message": failure.message, "url": None}]
        runs.progress(connection, run, ended)
        aftermath.decide(connection, run, status, failure)
        return runs.get(connection, run.id)


def tell(database: db.Database, run: runs.Run, stop: run_control.Stop) -> None:
    with database.write() as connection:
        run_control.tell(connection, run.id, stop)


def waits(run: runs.Run, failure: errors.GreenroomError, attempt: int) -> timedelta | None:
    tried = msgspec.structs.replace(run, attempt=attempt)
    again = retrying.next_attempt(tried, failure, NOW)
    return again - NOW if again else None


def test_waits_double_with_a_spread_and_end_after_three_attempts(run: runs.Run) -> None:
    first, second, third = (waits(run, PASSING, attempt) for attempt in (1, 2, 3))

    assert first is not None
    assert second is not None
    assert timedelta(seconds=60) <= first <= timedelta(seconds=75)
    assert timedelta(seconds=120) <= second <= timedelta(seconds=150)
    assert third is None


def test_a_wait_is_never_shorter_than_the_site_asks_for(run: runs.Run) -> None:
    throttled = errors.TryLater("throttled", retry_after=900)

    assert waits(run, throttled, 1) == timedelta(seconds=900)


def test_runs_do_not_come_back_together(run: runs.Run) -> None:
    others = [msgspec.structs.replace(run, id=number) for number in range(20)]

    assert len({waits(other, PASSING, 1) for other in others}) == 20


@pytest.mark.parametrize(
    "failure",
    [
        errors.SignInAgain("signed_out"),
        errors.NeedsOperator("bad_credentials"),
        errors.PageChanged("page_changed"),
        errors.Refused("not_found"),
        errors.StorageTrouble("disk_full"),
        errors.BadConfig("bad_config"),
        errors.GreenroomError("crashed"),
    ],
    ids=lambda failure: failure.code,
)
def test_nothing_but_a_passing_trouble_is_tried_again(
    run: runs.Run, failure: errors.GreenroomError
) -> None:
    assert waits(run, failure, 1) is None


def test_a_run_whose_deadline_has_passed_is_not_tried_again(run: runs.Run) -> None:
    spent = msgspec.structs.replace(run, deadline=60.0, seconds=61.0)

    assert waits(spent, PASSING, 1) is None


def test_a_run_that_is_tried_again_waits_in_the_same_row_and_says_why(
    database: db.Database, run: runs.Run
) -> None:
    again = decided(database, run, "partial", PASSING)

    assert (again.status, again.attempt, again.ended_at) == ("queued", 1, None)
    assert [error["code"] for error in again.errors] == ["server_error"]
    with database.read() as connection:
        assert run_queue.ready(connection, moment.now()) == []
        later = moment.now() + timedelta(minutes=2)
        assert run_queue.ready(connection, later) == [again]


def test_an_interrupted_run_may_go_on_at_once(database: db.Database, run: runs.Run) -> None:
    again = decided(database, run, "cancelled", None)

    assert again.status == "queued"
    with database.read() as connection:
        assert run_queue.ready(connection, moment.now()) == [again]


def test_a_run_that_found_its_account_in_use_waits_a_little(
    database: db.Database, run: runs.Run
) -> None:
    again = decided(database, run, "busy", errors.Busy("account_busy"))
    elsewhere = decided(database, run, "busy", errors.Busy("account_elsewhere"))

    assert again.status == "queued"
    assert elsewhere.status == "busy"


@pytest.mark.parametrize("stop", ["cancel", "replace"])
def test_a_run_that_was_told_to_stop_is_cancelled_and_never_comes_back(
    database: db.Database, run: runs.Run, stop: run_control.Stop
) -> None:
    tell(database, run, stop)

    assert decided(database, run, "cancelled", None).status == "cancelled"
    assert decided(database, run, "partial", PASSING).status == "partial"


@pytest.mark.parametrize(
    ("stop", "code"), [("deadline", "deadline_passed"), ("memory", "memory_exceeded")]
)
def test_a_run_that_went_beyond_its_bounds_has_failed(
    database: db.Database, run: runs.Run, stop: run_control.Stop, code: str
) -> None:
    tell(database, run, stop)
    ended = decided(database, run, "cancelled", None)

    assert ended.status == "failed"
    assert [error["code"] for error in ended.errors] == [code]


def test_the_first_word_to_stop_counts(database: db.Database, run: runs.Run) -> None:
    tell(database, run, "cancel")
    tell(database, run, "deadline")

    with database.read() as connection:
        assert run_control.state(connection, run.id).stop == "cancel"


def test_a_run_is_begun_once_from_where_it_stands(database: db.Database, run: runs.Run) -> None:
    again = decided(database, run, "cancelled", None)
    with database.write() as connection:
        with pytest.raises(runs.Superseded):
            runs.begin(connection, run.id, 0)
        assert runs.begin(connection, run.id, again.attempt).attempt == 2
        with pytest.raises(runs.Superseded):
            runs.begin(connection, run.id, again.attempt)


def test_a_run_that_was_called_off_is_never_begun(database: db.Database, run: runs.Run) -> None:
    again = decided(database, run, "cancelled", None)
    with database.write() as connection:
        assert run_control.call_off(connection, run.id)
        assert not run_control.call_off(connection, run.id)
        with pytest.raises(runs.Superseded):
            runs.begin(connection, run.id, again.attempt)


def test_a_new_attempt_has_not_been_told_anything(database: db.Database, run: runs.Run) -> None:
    tell(database, run, "cancel")
    decided(database, run, "cancelled", None)
    with database.write() as connection:
        assert runs.begin(connection, run.id).stop is None
