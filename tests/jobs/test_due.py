"""Each due time is decided once, and its row says what happened or why not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from jobs import due
from models import db, runs
from models import schedules as kept
from tests.jobs import given_schedules as given


def reasons(clock: given.Clock, name: str = "lists") -> list[str]:
    return [f"{one.due_at:%H:%M} {one.reason}" for one in clock.due_times(name) if one.reason]


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


def test_of_many_who_decide_at_once_one_decides_each_due_time(database_url: str) -> None:
    database = db.connect(database_url)
    clock = given.Clock(database, given.toml(overlap="replace"), given.toml("tips", every="5m"))
    start = threading.Barrier(4)
    times = [given.NOON + timedelta(minutes=5 * number) for number in range(1, 13)]

    def decide(_number: int) -> list[tuple[str, datetime]]:
        own = db.connect(database_url)
        try:
            start.wait()
            found = [one for now in times for one in due.act(own, clock.chosen, now)]
        finally:
            own.close()
        return [(one.schedule, one.due_at) for one in found]

    with ThreadPoolExecutor(4) as pool:
        decided = [one for found in pool.map(decide, range(4)) for one in found]

    assert len(decided) == len(set(decided)) == 13
    assert len(clock.runs()) == 1
    placed = [run.due_at for run in clock.runs("tips")]
    assert len(placed) == len(set(placed))
    database.close()


def test_a_clock_that_goes_back_decides_nothing_twice(database: db.Database) -> None:
    clock = given.Clock(database, given.toml())
    clock.sleep(minutes=60)
    clock.now -= timedelta(hours=3)

    assert clock.watch(timedelta(minutes=5), hours=3) == []
    assert clock.outcomes() == ["13:00 run"]


def test_reasons_tell_when_nobody_led(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    clock.watch(minutes=20)
    clock.sleep(hours=2)

    assert reasons(clock) == [
        "13:00 nobody led the clock from 2026-11-20 12:20 UTC to 2026-11-20 14:20 UTC",
        "14:00 nobody led the clock from 2026-11-20 12:20 UTC to 2026-11-20 14:20 UTC",
    ]


def test_what_is_made_up_for_names_the_run_that_stands_for_it(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml(missed="once"))
    clock.sleep(hours=3, minutes=30)

    (run,) = clock.runs()
    assert reasons(clock) == [
        f"13:00 run {run.id} stands for it",
        f"14:00 run {run.id} stands for it",
    ]
    assert run.due_at == given.NOON + timedelta(hours=3)


def test_a_very_long_stop_is_told_in_a_thousand_rows_and_one(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml(every="1m"))
    clock.sleep(days=30, seconds=30)

    rows = clock.due_times()
    assert len(rows) == 1001
    assert rows[0].reason is not None
    assert rows[0].due_at == given.NOON + timedelta(minutes=1)
    assert "and 42199 more before 2026-12-19 19:21 UTC" in rows[0].reason
    assert [one.outcome for one in rows[-2:]] == ["missed", "run"]


def test_a_due_time_overlaps_with_a_run_that_it_names(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    clock.watch(hours=1)
    (run,) = clock.runs()
    clock.watch(hours=1)
    clock.note(run.id, status="running")
    clock.watch(hours=1)

    assert reasons(clock) == [
        f"14:00 run {run.id} still waits to start",
        f"15:00 run {run.id} is still running",
    ]


def test_a_run_that_replaces_another_tells_it_to_stop(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml(overlap="replace"))
    clock.watch(hours=2)

    first, second = clock.runs()
    assert (first.status, first.stop) == ("cancelled", None)
    clock.note(second.id, status="running")
    clock.watch(hours=1)

    _, second, third = clock.runs()
    assert (second.status, second.stop) == ("running", "replace")
    assert third.status == "queued"


def test_a_command_that_died_in_the_middle_stands_in_nobodys_way(
    new_database: db.Database,
) -> None:
    clock = given.Clock(new_database, given.toml())
    clock.watch(hours=1)
    (run,) = clock.runs()
    clock.note(run.id, status="running", not_before=None, active_at=clock.now)
    clock.watch(hours=1)

    assert clock.outcomes() == ["13:00 run", "14:00 run"]


def test_a_command_that_works_is_not_disturbed(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    clock.watch(hours=1)
    (run,) = clock.runs()
    almost = given.NOON + timedelta(hours=1, minutes=59)
    clock.note(run.id, status="running", not_before=None, active_at=almost)
    clock.watch(hours=1)

    assert clock.outcomes() == ["13:00 run", "14:00 overlapped"]


def test_an_account_that_waits_is_named_with_what_it_waits_for(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    with new_database.write() as connection:
        account = runs.account(connection, "studio", "chaturbate", "alice")
        runs.note_account(connection, account.id, waiting_for="second_factor")
    clock.watch(hours=1)

    assert reasons(clock) == ["13:00 studio waits for its operator: second_factor"]


def test_an_account_that_has_its_password_by_now_waits_no_longer(
    new_database: db.Database,
) -> None:
    clock = given.Clock(new_database, given.toml())
    with new_database.write() as connection:
        account = runs.account(connection, "studio", "chaturbate", "alice")
        runs.note_account(connection, account.id, waiting_for="no_password")
    clock.now += timedelta(hours=1)

    due.act(new_database, clock.chosen, clock.now, lambda name: name == "studio")

    assert clock.outcomes() == ["13:00 run"]


def test_a_run_that_cannot_be_placed_is_refused_with_the_reason(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml(missed="once"))
    with new_database.write() as connection:
        kept.save(
            connection,
            "tips",
            {"collector": "chaturbate.tips", "account": "gone", "every": 3600.0},
            clock.now,
            origin="cli",
        )
    clock.watch(hours=1)

    assert clock.outcomes("tips") == ["13:00 refused"]
    assert reasons(clock, "tips")[0].startswith("13:00 there is no account gone")
    assert clock.outcomes() == ["13:00 run"]


def test_a_row_that_cannot_be_read_stops_nobody_else(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    with new_database.write() as connection:
        broken = {"collector": "chaturbate.tips", "account": "studio", "at": ["25:00"]}
        kept.save(connection, "broken", broken, clock.now, origin="cli")

    assert len(clock.watch(hours=1)) == 1
    assert due.following(new_database, clock.now) == given.NOON + timedelta(hours=2)


def test_what_follows_a_run_is_due_when_that_ends_ok(database: db.Database) -> None:
    follower = given.toml("tips", collector="chaturbate.tips", after="lists")
    clock = given.Clock(database, given.toml(), follower)
    clock.watch(hours=1)
    clock.watch(minutes=7)
    assert clock.runs("tips") == []

    clock.finish()
    (decided,) = clock.watch(minutes=1)

    (run,) = clock.runs("tips")
    assert decided.run_id == run.id
    assert run.due_at == given.NOON + timedelta(hours=1, minutes=7)
    assert clock.watch(minutes=30) == []


def test_what_follows_a_run_is_not_due_when_that_fails(new_database: db.Database) -> None:
    follower = given.toml("tips", collector="chaturbate.tips", after="lists")
    clock = given.Clock(new_database, given.toml(), follower)
    clock.watch(hours=1)
    clock.finish(status="failed")
    clock.watch(minutes=30)

    assert clock.due_times("tips") == []


def test_what_follows_a_run_is_never_late(new_database: db.Database) -> None:
    follower = given.toml("tips", collector="chaturbate.tips", after="lists")
    clock = given.Clock(new_database, given.toml(), follower)
    clock.watch(hours=1)
    clock.finish()
    clock.sleep(hours=5)

    assert clock.outcomes("tips") == ["13:00 run"]


def test_an_end_that_is_written_down_late_is_followed_all_the_same(
    new_database: db.Database,
) -> None:
    follower = given.toml("tips", collector="chaturbate.tips", after="lists")
    clock = given.Clock(new_database, given.toml(), follower)
    clock.watch(hours=1)
    ended = clock.now
    clock.watch(minutes=2)
    (run,) = clock.runs()
    clock.note(run.id, status="ok", ended_at=ended)
    clock.watch(minutes=2)

    assert clock.outcomes("tips") == ["13:00 run"]


def test_a_run_made_up_for_in_the_quiet_window_waits_for_its_end(
    new_database: db.Database,
) -> None:
    quiet = given.toml(missed="once", quiet="15:10-17:00", at=["13:00"])
    clock = given.Clock(new_database, quiet)
    clock.watch(minutes=10)
    clock.sleep(hours=3, minutes=30)

    (run,) = clock.runs()
    assert run.not_before == given.NOON + timedelta(hours=5)


def test_jitter_never_reaches_into_the_quiet_window(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml(at=["13:00"], quiet="13:01-17:00", jitter="30m"))
    clock.watch(hours=2)

    (run,) = clock.runs()
    assert run.not_before == given.NOON + timedelta(hours=5)


def test_the_next_due_time_is_that_of_the_soonest_schedule_that_rests_not(
    new_database: db.Database,
) -> None:
    clock = given.Clock(
        new_database,
        given.toml(),
        given.toml("sooner", every="10m", enabled=False),
        given.toml("later", at=["12:45"]),
    )

    assert due.following(new_database, clock.now) == given.NOON + timedelta(minutes=45)


def test_nothing_is_next_where_nothing_is_scheduled(new_database: db.Database) -> None:
    assert due.following(new_database, given.NOON) is None


def test_a_table_that_a_command_changed_is_taken_as_it_stands(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    with new_database.write() as connection:
        kept.remove(connection, clock.row().id, clock.now)
    clock.now += timedelta(hours=1)

    assert due.act(new_database, clock.chosen, clock.now, sync=False) == []
    assert clock.row().removed_at is not None
