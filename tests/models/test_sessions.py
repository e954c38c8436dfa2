from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from models import (
    apply,
    broadcasting,
    db,
    moment,
    records,
    runs,
    session_list,
    session_stats,
    sessions,
    telemetry,
)
from models.records import chaturbate
from tests.models import given_store as store

MINUTE = timedelta(minutes=1)
FEED = "chaturbate.events"
HISTORY = "chaturbate.room_history"
ROOM = ("chaturbate", "operator_one")
NOW = store.START + 48 * 60 * MINUTE


def at(minute: float) -> datetime:
    return store.START + minute * MINUTE


def heard(minute: float, kind: str, source: str = FEED, **more: Any) -> records.Interaction:
    facts: dict[str, Any] = {"room": "operator_one", "at": at(minute), "kind": kind}
    key = f"{source} {minute} {kind} {more.get('username')}"
    return store.act(key, source=source, **facts | more)


def shown(viewers: int | None, show: str = "public") -> records.Record:
    return chaturbate.AffiliateSnapshot(username="operator_one", show=show, viewers=viewers)


def write(database: db.Database, stated: Sequence[records.Record], minute: float = 0) -> None:
    with database.write() as connection:
        first = store.source(connection)
        source = store.another(connection, first, seen_at=at(minute))
        apply.apply(connection, stated, source)


def catch_up(database: db.Database, now: datetime = NOW) -> list[tuple[Any, ...]]:
    sessions.catch_up(database, now)
    with database.read() as connection:
        found = session_list.newest(connection, session_list.Wanted(), 100)
    return [
        (
            one.id,
            (one.started - store.START) / MINUTE,
            one.ended and (one.ended - store.START) / MINUTE,
            one.start_certain,
            one.end_certain,
        )
        for one in reversed(found)
    ]


def told(kind: str, *minutes: float, **more: Any) -> list[records.Interaction]:
    return [heard(minute, kind, **more) for minute in minutes]


def test_events_of_the_own_room_make_a_session(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), heard(90, "broadcast_stop")])

    assert catch_up(database) == [(1, 0, 90, True, True)]


def test_other_people_s_rooms_make_none(database: db.Database) -> None:
    write(database, told("chat", *range(0, 60, 5), room="somebody_else", username="bob"))

    assert catch_up(database) == []


def test_states_alone_make_a_session(database: db.Database) -> None:
    for minute, viewers in ((0, 10), (10, 20), (20, 30)):
        write(database, [shown(viewers)], minute)
    write(database, [shown(None, "offline")], 30)

    assert catch_up(database) == [(1, 0, 20, False, False)]
    with database.read() as connection:
        one = session_list.find(connection, 1)
    assert one is not None
    assert one.ended_by == "state affiliate after state affiliate"


def test_ids_and_what_was_said_by_hand_stay_when_more_becomes_known(database: db.Database) -> None:
    write(database, told("chat", *range(600, 660, 5), username="bob"))
    assert catch_up(database) == [(1, 600, 655, False, False)]
    with database.write() as connection:
        by_hand = session_list.start(connection, ROOM, at(1000), "a test")
        session_list.end(connection, by_hand, at(1060))

    write(database, [heard(0, "broadcast_start"), heard(60, "broadcast_stop")])
    write(database, [heard(595, "broadcast_start"), heard(662, "broadcast_stop")])
    write(database, told("chat", *range(990, 1100, 5), username="bob"))

    assert catch_up(database) == [
        (3, 0, 60, True, True),
        (1, 595, 662, True, True),
        (2, 1000, 1060, True, True),
    ]


def test_two_that_turn_out_to_be_one_keep_the_older_number(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), heard(60, "broadcast_stop")])
    write(database, [heard(90, "broadcast_start"), heard(150, "broadcast_stop")])
    assert len(catch_up(database)) == 2

    for minute in range(62, 90, 5):
        write(database, [shown(minute)], minute)

    assert catch_up(database) == [(1, 0, 150, True, True)]
    with database.read() as connection:
        other = session_list.find(connection, 2)
    assert other is not None
    assert other.same_as == 1


def test_a_session_goes_on_until_its_end_is_known(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), *told("chat", 5, 15, username="bob")])
    assert catch_up(database, at(20)) == [(1, 0, None, True, False)]
    assert catch_up(database, at(300)) == [(1, 0, 15, True, False)]

    write(database, [heard(200, "broadcast_stop")])

    assert catch_up(database, at(301)) == [(1, 0, 200, True, True)]


def test_a_session_ended_by_hand_is_over_although_evidence_goes_on(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), *told("chat", *range(5, 200, 5), username="b")])
    catch_up(database, at(200))
    with database.write() as connection:
        session_list.end(connection, 1, at(100), "the rest was a rerun")
    write(database, told("chat", *range(200, 240, 5), username="b"))

    assert catch_up(database, at(240)) == [(1, 0, 100, True, True)]


def test_a_session_begun_by_hand_is_closed_from_evidence(database: db.Database) -> None:
    with database.write() as connection:
        session_list.start(connection, ROOM, at(0))
    assert catch_up(database) == [(1, 0, None, True, False)]

    write(database, told("chat", 10, 20, 30, username="bob"))

    assert catch_up(database) == [(1, 0, 30, True, False)]


def test_what_hands_cannot_say_is_refused(database: db.Database) -> None:
    with database.write() as connection:
        key = session_list.start(connection, ROOM, at(10))
        for attempt in (
            lambda: session_list.start(connection, ROOM, at(20)),
            lambda: session_list.end(connection, key, at(5)),
            lambda: session_list.end(connection, 99, at(50)),
        ):
            with pytest.raises(session_list.NotPossible):
                attempt()


def test_two_rooms_have_sessions_of_their_own(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), heard(60, "broadcast_stop")])
    with database.write() as connection:
        second = runs.account(connection, "second", "chaturbate", "Operator_Two").id
        source = msgspec.structs.replace(store.source(connection), account_id=second)
        acts = [
            heard(30, "broadcast_start", room="operator_two"),
            heard(65, "broadcast_stop", room="operator_two"),
        ]
        apply.apply(connection, acts, source)

    assert sorted(row[1:3] for row in catch_up(database)) == [(0, 60), (30, 65)]


@pytest.mark.parametrize("seed", range(2))
def test_facts_in_any_order_and_in_any_batches_come_to_the_same(new_url: Any, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seeded example
    kinds = ["broadcast_start", "broadcast_stop", "chat", "chat", "chat", "tip"]
    facts = [
        heard(minute, chance.choice(kinds), username="bob", tokens=5)
        for minute in sorted(chance.sample(range(3000), 60))
    ]
    found = []
    for turn in range(2):
        mixed = list(facts)
        chance.shuffle(mixed)
        size = (60, 20)[turn]
        rows: list[tuple[Any, ...]] = []
        database = db.connect(new_url())
        for start in range(0, len(mixed), size):
            write(database, mixed[start : start + size])
            rows = catch_up(database, at(5000))
        found.append([row[1:] for row in rows])
        before = rows
        sessions.catch_up(database, at(5000), anew=True)
        assert catch_up(database, at(5000)) == before
        database.close()

    assert found[0] == found[1]


def test_statistics_count_what_two_sources_state_once(database: db.Database) -> None:
    tips = [
        heard(5, "tip", username="alice", tokens=25),
        heard(6, "tip", tokens=100),
        heard(65, "tip", username="bob", tokens=10),
        heard(66, "purchase", username="bob", tokens=40),
    ]
    said = told("chat", 7, 8, username="carol") + told("chat", 9, username="operator_one")
    again = [
        heard(
            (act.at - store.START) / MINUTE,
            act.kind,
            HISTORY,
            username=act.username,
            tokens=act.tokens,
        )
        for act in tips
    ]
    write(database, [heard(0, "broadcast_start"), *tips, *said, heard(90, "broadcast_stop")])
    write(database, again)
    for minute, viewers in ((0, 10), (30, 40), (60, 10)):
        write(database, [shown(viewers)], minute)
    catch_up(database)

    with database.read() as connection:
        whole = session_stats.totals(connection, ROOM, at(0), at(90))
        hours = session_stats.by_hour(connection, ROOM, at(0), at(90))

    assert (whole.tokens, whole.tips, whole.anonymous_tips, whole.tippers) == (135, 3, 1, 2)
    assert (whole.other_tokens, whole.messages, whole.chatters) == (40, 2, 1)
    assert (whole.peak_viewers, whole.mean_viewers, whole.viewers_by) == (40, 20, "affiliate")
    assert [hour.tokens for hour in hours] == [125, 10]
    assert sum(hour.seconds for hour in hours) == whole.seconds == 5400


STRIP = "stripchat.live_chat"


def shows(minute: float, kind: str, word: str) -> records.Interaction:
    return heard(minute, kind, STRIP, text=word)


def test_a_show_that_is_not_public_is_part_of_the_session_and_what_follows_is_no_new_one(
    database: db.Database,
) -> None:
    write(
        database,
        [
            shows(0, "broadcast_start", "public"),
            shows(5, "status", "p2p"),
            shows(65, "status", "private"),
            shows(180, "broadcast_start", "public"),
            shows(200, "broadcast_stop", "off"),
            shows(240, "status", "groupShow"),
            shows(300, "broadcast_start", "public"),
            shows(301, "status", "idle"),
            shows(380, "broadcast_start", "public"),
            shows(390, "broadcast_stop", "off"),
            shows(1000, "status", "private"),  # that it ended nobody heard
            shows(1130, "broadcast_start", "public"),
            shows(1160, "broadcast_stop", "off"),
        ],
    )

    assert catch_up(database) == [
        (1, 0, 200, True, True),
        (2, 240, 300, False, False),
        (3, 380, 390, True, True),
        (4, 1000, 1000, False, False),
        (5, 1130, 1160, True, True),
    ]


def test_a_bridge_that_says_again_that_a_room_is_public_tells_of_one_broadcast(
    database: db.Database,
) -> None:
    bridge = "stripchat.bridge"
    said = [heard(minute, "broadcast_start", bridge, text="public") for minute in (0, 25, 70)]
    write(database, [*said, heard(80, "broadcast_stop", bridge, text="off")])

    assert catch_up(database) == [(1, 0, 80, True, True)]


def level(minute: float, viewers: int, source: str = "post:overlay") -> telemetry.Level:
    return telemetry.Level(
        room="Operator_One",
        platform="chaturbate",
        tokens=int(minute),
        tips=0,
        viewers=viewers,
        timestamp=0,
        source=source,
    )


def test_levels_that_overlays_send_are_a_sign_of_being_on_and_measure_viewers(
    database: db.Database,
) -> None:
    write(database, [heard(-600, "broadcast_stop", room="Operator_One")])
    for minute, viewers in ((0, 10), (10, 30), (20, 20), (40, 0)):
        with database.write() as connection:
            telemetry.write(connection, [level(minute, viewers)], at(minute))

    assert catch_up(database, at(20)) == [(1, 0, None, False, False)]
    assert catch_up(database, at(100)) == [(1, 0, 20, False, False)]
    with database.read() as connection:
        whole = session_stats.totals(connection, ROOM, at(0), at(20))
        one = session_list.find(connection, 1)
    assert (whole.peak_viewers, whole.mean_viewers, whole.viewers_by) == (30, 20, "telemetry")
    assert one is not None
    assert (one.started_by, one.ended_by) == ("telemetry", "silence after telemetry")


def test_a_sender_that_never_says_anybody_watches_does_not_measure_viewers(
    database: db.Database,
) -> None:
    write(database, [heard(0, "broadcast_start", room="Operator_One")])
    with database.write() as connection:
        for minute in range(30):
            told = [level(minute, 0, "post:extension")]
            told += [level(minute + 0.5, minute)] if minute in (10, 20) else []
            for one in told:
                telemetry.write(connection, [one], at(minute))
    with database.read() as connection:
        whole = session_stats.totals(connection, ROOM, at(0), at(30))
        [hour] = session_stats.by_hour(connection, ROOM, at(0), at(30))
        silent = session_stats.totals(connection, ROOM, at(0), at(5))

    assert (whole.peak_viewers, whole.mean_viewers, whole.viewers_by) == (20, 15.0, "telemetry")
    assert hour == whole
    assert silent.viewers_by is None


def test_viewers_that_nobody_measured_are_none(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), heard(90, "broadcast_stop")])

    with database.read() as connection:
        whole = session_stats.totals(connection, ROOM, at(0), at(90))

    assert (whole.peak_viewers, whole.mean_viewers, whole.viewers_by) == (None, None, None)


def test_new_followers_of_the_span_are_counted(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start", username="bob")])
    with database.write() as connection:
        source = store.source(connection, listed=True)
        when = moment.stored(at(30), connection.dialect.name)
        connection.execute(
            text(
                "INSERT INTO follow_events (account_id, direction, person_id, kind, at, source,"
                " listing_id, certain, returned) SELECT :account, 'follower', min(id), 'follow',"
                " :at, 'list', :listing, true, false FROM persons"
            ),
            {"account": source.account_id, "at": when, "listing": source.listing_id},
        )

    with database.read() as connection:
        followers = [
            session_stats.totals(connection, ROOM, at(0), at(end)).new_followers for end in (20, 40)
        ]

    assert followers == [0, 1]


def test_a_reading_holds_for_a_quarter_of_an_hour_at_most() -> None:
    reading = session_stats.Reading(at=at(0), until=at(0), viewers=30)
    later = session_stats.Reading(at=at(60), until=at(60), viewers=90)

    assert session_stats.watched([reading, later], at(0), at(65)) == (90, 45.0)
    assert session_stats.watched([reading], at(20), at(65)) == (None, None)


def test_catching_up_without_news_changes_nothing(database: db.Database) -> None:
    write(database, [heard(0, "broadcast_start"), heard(90, "broadcast_stop")])
    before = catch_up(database)
    with database.read() as connection:
        rows = connection.execute(text("SELECT * FROM broadcast_sessions")).all()

    assert sessions.catch_up(database, NOW + broadcasting.QUIET) == 0
    assert catch_up(database) == before
    with database.read() as connection:
        assert connection.execute(text("SELECT * FROM broadcast_sessions")).all() == rows
