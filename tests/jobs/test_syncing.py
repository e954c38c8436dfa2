"""The table of schedules follows the settings file and leaves the rest alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from jobs import due, proposals, schedules, scheduling, settling, syncing
from models import db
from models import schedules as kept
from tests.jobs import given_schedules as given

ONE = given.ACCOUNTS.partition("[accounts.other]")[0]


def standing(database: db.Database) -> dict[str, kept.Schedule]:
    with database.read() as connection:
        return {row.name: row for row in kept.standing(connection)}


def test_a_definition_comes_back_as_it_was_written(database: db.Database) -> None:
    clock = given.Clock(
        database,
        given.toml(
            at=["9:30", "21:30"],
            timezone="Europe/Berlin",
            jitter="5m",
            missed="once",
            overlap="queue",
            deadline="1h",
            quiet="02:00-03:00",
        ),
    )

    row = clock.row()

    assert settling.definition(row) == clock.chosen.schedule["lists"]
    assert (row.origin, row.enabled, row.decided_until) == ("file", True, given.NOON)


def test_an_unchanged_file_changes_nothing(database: db.Database) -> None:
    clock = given.Clock(database, given.toml(deadline="1h", jitter=90))
    before = clock.row()
    clock.sleep(seconds=10)

    assert clock.row() == before


def test_a_schedule_that_left_the_file_is_due_no_more_and_keeps_its_history(
    database: db.Database,
) -> None:
    clock = given.Clock(database, given.toml())
    clock.watch(hours=1)
    clock.edit()
    clock.watch(timedelta(minutes=5), hours=2)

    assert standing(database) == {}
    assert clock.outcomes() == ["13:00 run"]


def test_a_schedule_that_comes_back_is_due_from_then_on(database: db.Database) -> None:
    clock = given.Clock(database, given.toml())
    clock.edit()
    clock.watch(timedelta(minutes=5), hours=1, minutes=30)
    clock.edit(given.toml())
    clock.watch(timedelta(minutes=5), hours=1)

    assert clock.outcomes() == ["14:00 run"]


def test_a_pause_outlives_a_change_of_the_file(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    with new_database.write() as connection:
        kept.pause(connection, clock.row().id, clock.now)
    clock.edit(given.toml(every="30m"))
    clock.watch(timedelta(minutes=5), hours=1)

    assert clock.outcomes() == ["12:30 paused", "13:00 paused"]


def test_a_schedule_of_the_command_line_is_left_alone(new_database: db.Database) -> None:
    clock = given.Clock(new_database, given.toml())
    by_hand = {"collector": "chaturbate.tips", "account": "studio", "every": 60.0}
    with new_database.write() as connection:
        kept.save(connection, "mine", by_hand, clock.now, origin="cli")
    clock.edit(given.toml("another"))

    assert sorted(standing(new_database)) == ["another", "mine"]


def test_the_file_takes_over_a_schedule_of_the_same_name(new_database: db.Database) -> None:
    clock = given.Clock(new_database)
    by_hand = {"collector": "chaturbate.tips", "account": "studio", "every": 60.0}
    with new_database.write() as connection:
        kept.save(connection, "lists", by_hand, clock.now, origin="cli")
    clock.edit(given.toml())

    assert (clock.row().origin, clock.row().definition["every"]) == ("file", 3600.0)


def test_one_account_without_schedules_gets_sensible_ones(database: db.Database) -> None:
    chosen = given.chosen(accounts=ONE)

    due.act(database, chosen, given.NOON)

    found = standing(database)
    assert {name: row.definition["collector"] for name, row in found.items()} == {
        "studio-chat": "chaturbate.chat",
        "studio-followed": "chaturbate.followed",
        "studio-followers": "chaturbate.followers",
        "studio-tips": "chaturbate.tips",
        "studio-rooms": "chaturbate.rooms",
        "studio-profiles": "chaturbate.profiles",
        "studio-images": "chaturbate.images",
    }
    assert {row.origin for row in found.values()} == {"default"}


def test_two_accounts_without_schedules_get_none(new_database: db.Database) -> None:
    due.act(new_database, given.chosen(), given.NOON)

    assert standing(new_database) == {}


def test_sensible_schedules_do_not_start_at_one_instant() -> None:
    found = proposals.proposed({"studio": "chaturbate", "other": "chaturbate"})

    crons = [wanted.cron for wanted in found.values()]
    assert len(set(crons)) == len(crons) == 14
    assert all(isinstance(wanted, schedules.Schedule) for wanted in found.values())


def test_what_the_operator_removed_does_not_come_back(new_database: db.Database) -> None:
    chosen = given.chosen(accounts=ONE)
    due.act(new_database, chosen, given.NOON)
    with new_database.write() as connection:
        for row in kept.standing(connection):
            kept.remove(connection, row.id, given.NOON)

    due.act(new_database, chosen, given.NOON + timedelta(hours=1))

    assert standing(new_database) == {}


def test_schedules_of_the_file_replace_the_sensible_ones(new_database: db.Database) -> None:
    due.act(new_database, given.chosen(accounts=ONE), given.NOON)

    due.act(new_database, given.chosen(given.toml(), accounts=ONE), given.NOON)

    assert sorted(standing(new_database)) == ["lists"]


def test_many_processes_that_begin_at_once_make_each_schedule_once(database_url: str) -> None:
    chosen = given.chosen(accounts=ONE)

    def begin(_number: int) -> None:
        database = db.connect(database_url)
        try:
            syncing.sync(database, chosen, given.NOON)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(8)))

    database = db.connect(database_url)
    assert len(standing(database)) == len(proposals.proposed({"studio": "chaturbate"}))
    database.close()


def test_a_sensible_schedule_that_is_changed_belongs_to_the_operator(
    new_database: db.Database,
) -> None:
    chosen = given.chosen(accounts=ONE)
    due.act(new_database, chosen, given.NOON)
    desk = scheduling.Desk(chosen=chosen, database=new_database, environ={}, now=given.NOON)

    scheduling.edit(desk, "studio-tips", {"every": "10m"})
    scheduling.remove(desk, "studio-chat")
    due.act(new_database, chosen, given.NOON + timedelta(hours=1))

    found = standing(new_database)
    others = {name for name, row in found.items() if row.origin == "default"}
    assert found["studio-tips"].origin == "cli"
    assert "studio-chat" not in found
    assert {"studio-followed", "studio-followers"} <= others == found.keys() - {"studio-tips"}
    assert found["studio-tips"].definition["every"] == 600
    assert "cron" not in found["studio-tips"].definition


def test_sensible_schedules_go_with_their_account(new_database: db.Database) -> None:
    due.act(new_database, given.chosen(accounts=ONE), given.NOON)

    due.act(new_database, given.chosen(accounts=""), given.NOON)

    assert standing(new_database) == {}


def test_what_needs_a_token_is_proposed_where_there_is_one() -> None:
    held = {("studio", "campaign")}

    found = proposals.proposed({"studio": "chaturbate"}, lambda *token: token in held)

    minutes, *_ = str(found["studio-online_rooms"].cron).split()
    assert len(minutes.split(",")) == 12
    assert "studio-stats" not in found
