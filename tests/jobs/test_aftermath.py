"""What is written down of an attempt whose process is gone, whatever it had come to."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import msgspec
import pytest

from jobs import aftermath, run, settings, walk
from models import db, moment, run_control, runs
from scraper import errors
from scraper.sites import register

CRASH = errors.GreenroomError("crashed", "the run's process ended: killed by SIGKILL")


def nowhere(*_place: object) -> AbstractAsyncContextManager[walk.Visit]:
    raise AssertionError("nobody visits anything here")


@pytest.fixture
def runtime(database: db.Database) -> run.Runtime:
    chosen = settings.read("", None, {})
    return run.Runtime(
        database=database,
        sites=register.SITES,
        visit=nowhere,
        call=nowhere,
        layout=lambda name: settings.layout(chosen, name),
        patience=lambda _name: walk.Patience(),
    )


@pytest.fixture
def waits(database: db.Database) -> runs.Run:
    """Return a run as it waits for its second attempt."""
    with database.write() as connection:
        account = runs.account(connection, "main", "chaturbate", "operator_one")
        order = runs.Order(
            account_id=account.id,
            collector="chaturbate.followers",
            requested_by="clock",
            version="0",
            not_before=moment.now(),
        )
        number = runs.create(connection, order)
        runs.amend(connection, number, {"attempt": 1, "seconds": 10.0, "leads": "[]"})
        return runs.get(connection, number)


def begun(database: db.Database, waits: runs.Run, **columns: object) -> None:
    """Let the attempt begin, and come so far."""
    with database.write() as connection:
        runs.begin(connection, waits.id, waits.attempt)
        runs.amend(connection, waits.id, columns or {"pages": 3})


def left(waits: runs.Run, **facts: object) -> aftermath.Left:
    plain = aftermath.Left(run=waits, seconds=5.0, interrupted=False, why=None, crash=CRASH)
    return msgspec.structs.replace(plain, **facts)


def stands(database: db.Database, waits: runs.Run) -> runs.Run:
    with database.read() as connection:
        return runs.get(connection, waits.id)


def codes(found: runs.Run) -> list[str]:
    return [error["code"] for error in found.errors]


def test_a_process_that_died_while_it_worked_has_crashed(
    runtime: run.Runtime, waits: runs.Run
) -> None:
    begun(runtime.database, waits)
    noted = aftermath.settle(runtime, left(waits))
    found = stands(runtime.database, waits)

    assert (noted, found.status, codes(found)) == ("failed", "failed", ["crashed"])
    assert found.seconds == pytest.approx(15, abs=1)
    assert found.ended_at is not None


def test_a_process_that_died_before_it_began_has_crashed_and_is_not_started_for_ever(
    runtime: run.Runtime, waits: runs.Run
) -> None:
    aftermath.settle(runtime, left(waits))
    found = stands(runtime.database, waits)

    assert (found.status, found.attempt, codes(found)) == ("failed", 2, ["crashed"])


def test_an_attempt_that_was_stopped_before_it_began_was_none(
    runtime: run.Runtime, waits: runs.Run
) -> None:
    assert aftermath.settle(runtime, left(waits, interrupted=True)) is None
    assert stands(runtime.database, waits) == waits


def test_an_interrupted_attempt_leaves_a_run_that_waits(
    runtime: run.Runtime, waits: runs.Run
) -> None:
    begun(runtime.database, waits)
    aftermath.settle(runtime, left(waits, interrupted=True))
    found = stands(runtime.database, waits)

    assert (found.status, found.attempt, found.ended_at) == ("queued", 2, None)
    assert found.leads == "[]"


@pytest.mark.parametrize(
    ("why", "status", "named"),
    [
        ("cancel", "cancelled", []),
        ("replace", "cancelled", []),
        ("deadline", "failed", ["deadline_passed"]),
        ("memory", "failed", ["memory_exceeded"]),
    ],
)
def test_who_was_told_to_stop_and_had_to_be_killed_ends_as_told(
    runtime: run.Runtime,
    waits: runs.Run,
    why: run_control.Stop,
    status: str,
    named: list[str],
) -> None:
    begun(runtime.database, waits)
    aftermath.settle(runtime, left(waits, why=why))
    found = stands(runtime.database, waits)

    assert (found.status, found.stop, codes(found)) == (status, why, named)


def test_what_the_process_wrote_down_itself_stays(runtime: run.Runtime, waits: runs.Run) -> None:
    begun(runtime.database, waits, status="partial", ended_at=moment.now())
    before = stands(runtime.database, waits)

    assert aftermath.settle(runtime, left(waits)) is None
    assert stands(runtime.database, waits) == before


def test_a_process_that_died_after_its_list_was_closed_has_ended_well(
    runtime: run.Runtime, waits: runs.Run
) -> None:
    begun(runtime.database, waits, status="ok")
    aftermath.settle(runtime, left(waits))
    found = stands(runtime.database, waits)

    assert (found.status, found.errors) == ("ok", [])
    assert found.ended_at is not None


def test_an_attempt_that_another_one_has_followed_writes_nothing(
    runtime: run.Runtime, waits: runs.Run
) -> None:
    begun(runtime.database, waits)
    with runtime.database.write() as connection:
        runs.begin(connection, waits.id)
    before = stands(runtime.database, waits)

    assert aftermath.settle(runtime, left(waits)) is None
    assert stands(runtime.database, waits) == before


@pytest.mark.parametrize(("stop", "status"), [(None, "queued"), ("cancel", "cancelled")])
def test_a_run_that_died_with_its_service_waits_unless_it_was_cancelled(
    runtime: run.Runtime, waits: runs.Run, stop: str | None, status: str
) -> None:
    begun(runtime.database, waits, stop=stop)
    aftermath.abandoned(runtime, stands(runtime.database, waits))

    assert stands(runtime.database, waits).status == status
