"""Each due time is decided once, and its row says what happened or why not."""

from __future__ import annotations

from datetime import timedelta

from models import db
from tests.jobs import given_schedules as given


def test_a_due_time_that_is_seen_in_time_becomes_a_run_of_the_clock(database: db.Database) -> None:
    clock = given.Clock(database, given.toml(deadline="20m"))

    decided = clock.watch(minutes=60)

    (run,) = clock.runs()
    assert [one.words() for one in decided] == [f"lists, due 2026-11-20 13:00 UTC: run {run.id}"]
    assert (run.requested_by, run.status, run.collector) == (
        "clock",
        "queued",
        "chaturbate.followers",
    )
    assert run.due_at == run.not_before == given.NOON + timedelta(hours=1)
    assert run.deadline == 1200


def test_deciding_again_decides_nothing(database: db.Database) -> None:
    clock = given.Clock(database, given.toml())
    clock.sleep(minutes=60)

    assert clock.act() == []
    assert len(clock.runs()) == 1
