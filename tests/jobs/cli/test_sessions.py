from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fixtures.practice import client
from models import apply, moment, records
from tests.jobs.cli import given_home
from tests.models import given_store as store

MINUTE = timedelta(minutes=1)


def act(
    room: str, minute: int, kind: str, source: str = "chaturbate.events", **more: Any
) -> records.Interaction:
    facts = {"room": room, "at": store.START + minute * MINUTE, "kind": kind, "source": source}
    return store.act(f"{source} {minute}", **facts | more)


@pytest.fixture(scope="module")
def lived(world: client.Practice, tmp_path_factory: pytest.TempPathFactory) -> given_home.Home:
    """Return a home whose account was on for an hour and a half, as two sources tell."""
    home = given_home.furnish(tmp_path_factory.mktemp("sessions"), world)
    assert home("db", "upgrade").code == 0
    room = world.username
    with home.connection() as connection:
        source = store.source(connection)
        told = [
            act(room, 0, "broadcast_start"),
            act(room, 20, "tip", username="alice", tokens=25),
            act(room, 20, "tip", "chaturbate.room_history", username="alice", tokens=25),
            act(room, 70, "tip", tokens=100),
            act(room, 71, "chat", username="bob", text="hello"),
            act(room, 90, "broadcast_stop"),
        ]
        apply.apply(connection, told, source)
        account = "UPDATE accounts SET username = :name"
        connection.execute(text(account), {"name": room})
    return home


@pytest.fixture
def home(lived: given_home.Home, tmp_path: Path) -> given_home.Home:
    return lived.copy(tmp_path / "home")


def test_sessions_are_listed_the_newest_first(home: given_home.Home) -> None:
    begun = home("sessions", "start", "-a", "main", "--at", "2026-03-02 10:00", "--note", "a test")
    assert begun.out == "session 2 started at 2026-03-02 10:00:00 UTC\n"
    assert home("sessions", "end", "-a", "main", "--at", "2026-03-02 11:00").code == 0

    lines = home("sessions", "list", "-a", "main").lines()

    room = f"chaturbate/{home.world.username}"
    assert lines == [
        f"    2  {room}   2026-03-02 10:00 to  2026-03-02 11:00  1:00 h  a test",
        f"    1  {room}   2026-03-01 00:00 to  2026-03-01 01:30  1:30 h",
    ]


def test_a_session_is_shown_with_what_happened_by_the_hour(home: given_home.Home) -> None:
    home("sessions", "list")

    told = home("sessions", "show", 1, "--json").json()
    said = home("sessions", "show", 1).out

    assert told["session"]["started_by"] == "event chaturbate.events"
    assert [hour["tokens"] for hour in told["hours"]] == [25, 100]
    assert (told["totals"]["tokens"], told["totals"]["tips"]) == (125, 2)
    assert (told["totals"]["tippers"], told["totals"]["anonymous_tips"]) == (1, 1)
    assert told["totals"]["peak_viewers"] is None
    assert "ended by event chaturbate.events" in said
    assert "in all" in said


def test_sessions_of_another_time_or_room_are_not_listed(home: given_home.Home) -> None:
    assert home("sessions", "list", "--since", "2026-03-02", "--json").json() == []
    assert home("sessions", "list", "--room", "nobody").err == "no session is known\n"
    assert len(home("sessions", "list", "--until", "2026-03-02", "--json").json()) == 1
    assert len(home("sessions", "list", "--site", "chaturbate", "--json").json()) == 1
    assert home("sessions", "list", "--site", "stripchat", "--json").json() == []


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("show", 99), 2, "bad_request"),
        (("start",), 2, "bad_request"),
        (("list", "--site", "camsofa"), 2, "bad_request"),
        (("start", "-a", "main", "--room", "another"), 2, "bad_request"),
        (("end", "-a", "main"), 2, "not_possible"),
        (("end", 1), 2, "not_possible"),
        (("end", 99), 2, "not_possible"),
        (("end", 1, "--at", "2026-02-01"), 2, "not_possible"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    home: given_home.Home, words: tuple[Any, ...], code: int, error: str
) -> None:
    said = home("sessions", *words)

    assert said.code == code
    assert said.err.startswith(f"error[{error}]")


def test_a_session_that_goes_on_becomes_one_s_own_with_its_start(home: given_home.Home) -> None:
    with home.connection() as connection:
        begun = moment.now() - timedelta(minutes=30)
        goes_on = store.act("now", room=home.world.username, kind="broadcast_start", at=begun)
        apply.apply(connection, [goes_on], store.source(connection))

    said = home("sessions", "start", "-a", "main", "--note", "mine").out
    (shown,) = home("sessions", "list", "--since", f"{begun:%Y-%m-%d}", "--json").json()

    assert said == f"session 2 started at {begun:%Y-%m-%d %H:%M:%S} UTC\n"
    assert (shown["by_hand"], shown["note"], shown["ended"]) == (True, "mine", None)
    assert home("sessions", "start", "-a", "main").err.startswith("error[not_possible]")
    assert home("sessions", "end", "-a", "main").code == 0


def test_the_ledger_of_tips_says_what_each_source_states(home: given_home.Home) -> None:
    lines = home("stats", "tips-ledger", "-a", "main", "--days", 3000).lines()
    (told,) = home("stats", "tips-ledger", "--days", 3000, "--json").json()

    assert lines[0] == f"2026-03-01  chaturbate/{home.world.username}: 125 tokens in 2 tips"
    assert lines[1].split() == ["chaturbate.events", "125", "in", "2", "tips"]
    assert lines[2].startswith("    chaturbate.room_history        25 in 1 tips  (")
    assert told["days"][0]["stated"][1]["tokens"] == 25


def test_a_time_without_tips_has_an_empty_ledger(home: given_home.Home) -> None:
    said = home("stats", "tips-ledger", "--room", "nobody")

    assert said.out == "No tip is known in that time.\n"
