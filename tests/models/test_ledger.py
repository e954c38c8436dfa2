from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from models import apply, db, ledger, records, runs
from models.records import chaturbate, statbate, stripchat
from tests.models import given_store as store

HOUR = timedelta(hours=1)
ROOM = ("chaturbate", "operator_one")


def tip(source: str, key: str, hours: float, tokens: int, **more: Any) -> records.Interaction:
    at = store.START + hours * HOUR
    facts: dict[str, Any] = {"kind": "tip", "tokens": tokens, "username": "alice"}
    return store.act(f"{source} {key}", source=source, at=at, **facts | more)


def write(database: db.Database, hours: float, *stated: records.Record, site: str = "") -> None:
    with database.write() as connection:
        first = store.source(connection)
        changes = {"seen_at": store.START + hours * HOUR, "site": site or first.site}
        apply.apply(connection, stated, store.another(connection, first, **changes))


def told(database: db.Database, room: tuple[str, str] = ROOM) -> ledger.Ledger:
    with database.read() as connection:
        return ledger.of(connection, room, store.START, store.START + 48 * HOUR)


def test_a_day_lays_what_sources_state_beside_what_is_shown_once(database: db.Database) -> None:
    write(
        database,
        0,
        *(tip("chaturbate.events", str(n), n, 25) for n in range(3)),
        tip("chaturbate.events", "given", 4, -10),
        *(tip("chaturbate.token_stats", str(n), n, 25) for n in range(4)),
        tip("chaturbate.token_stats", "next day", 30, 7),
        tip("statbate.live", "1", 1, 25),
    )

    days = told(database).days

    assert [(day.day, day.tips, day.tokens) for day in days] == [
        (date(2026, 3, 1), 4, 100),
        (date(2026, 3, 2), 1, 7),
    ]
    assert [(one.source, one.tips, one.tokens, one.note is None) for one in days[0].stated] == [
        ("chaturbate.events", 3, 75, False),
        ("chaturbate.token_stats", 4, 100, True),
        ("statbate.live", 1, 25, False),
    ]


def test_what_interfaces_total_stands_beside_with_the_difference(database: db.Database) -> None:
    write(database, 0, tip("chaturbate.events", "1", 1.5, 40))
    for hours, balance, last in ((0.5, 1000, 0), (2, 1040, 40), (2.5, 540, 40), (4, 560, 20)):
        stats = chaturbate.BroadcasterStats(
            username="operator_one", token_balance=balance, tips_last_hour=last
        )
        write(database, hours, stats)
    day = statbate.RoomDay(username="operator_one", day=date(2026, 3, 1), tokens=35)
    write(database, 5, day)

    [found] = told(database).days

    assert {one.name: (one.tokens, one.seen, one.difference) for one in found.totals} == {
        "token_balance": (-440, 40, -480),
        "tips_last_hour": (60, 40, 20),
        "statbate_room_days": (35, 40, -5),
    }
    assert all(one.note for one in found.totals)


def test_a_balance_is_compared_from_its_first_look_of_a_day_to_its_last(
    database: db.Database,
) -> None:
    for hours, balance in ((-2, 100), (0.5, 100), (12, 600), (30, 650), (31, 650), (60, 700)):
        stats = chaturbate.BroadcasterStats(username="operator_one", token_balance=balance)
        write(database, hours, stats)

    days = told(database).days

    assert [(one.day.day, total.tokens) for one in days for total in one.totals] == [
        (1, 500),
        (2, 0),
    ]


def test_what_has_been_paid_of_all_time_stands_apart(database: db.Database) -> None:
    write(
        database,
        0,
        tip("stripchat.transactions", "1", 1, 50, room="Operator_One"),
        stripchat.StripchatPayer(username="bob", room="operator_one", total_tokens=80),
        site="stripchat",
    )

    [total] = told(database, ("stripchat", "operator_one")).totals

    assert (total.name, total.tokens, total.seen, total.difference) == (
        "stripchat_payers",
        80,
        50,
        30,
    )


def test_rooms_of_one_s_own_are_those_of_the_accounts(database: db.Database) -> None:
    write(database, 0, tip("statbate.tips", "1", 1, 50, room="somebody"))
    write(database, 0, tip("chaturbate.events", "1", 1, 50))

    with database.write() as connection:
        assert ledger.own_rooms(connection) == [ROOM]
        runs.account(connection, "figures", "statbate", "Somebody")
        assert ledger.own_rooms(connection) == [ROOM, ("chaturbate", "somebody")]
