from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.practice import client
from models import apply, db, moment
from models.records import stripchat
from tests.jobs.cli import given_home
from tests.models import given_sources as given
from tests.models import given_store as store

EVENTS = "chaturbate.events"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def measured(world: client.Practice, tmp_path_factory: pytest.TempPathFactory) -> given_home.Home:
    """Return a home where alice was seen in two broadcasts, the last a minute ago, bob long ago."""
    home = given_home.furnish(tmp_path_factory.mktemp("people"), world)
    assert home("db", "upgrade").code == 0
    now = moment.now()
    with home.connection() as connection:
        source = store.source(connection)
        for ago, viewers in ((300, 40), (290, 50), (280, 60), (11, 10), (1, 25)):
            alice = given.room("alice", viewers=viewers, followers=1000 + viewers, tags=("tea",))
            given.said(connection, source, now - ago * MINUTE, alice)
        told = store.act("1", kind="follow", username="alice", at=now - 20 * MINUTE, source=EVENTS)
        apply.apply(connection, [told], source)
        given.said(connection, source, now - 4000 * MINUTE, given.room("bob", followers=7))
    return home


@pytest.fixture
def home(measured: given_home.Home, tmp_path: Path) -> given_home.Home:
    return measured.copy(tmp_path / "home")


def test_a_person_is_shown_with_the_source_and_age_of_each_fact(home: given_home.Home) -> None:
    told = home("people", "show", "ALICE").lines()

    assert told[0] == "alice at chaturbate: model, live"
    assert "  viewers         25  (affiliate, 1 min ago)" in told
    assert "  tags            tea  (affiliate, 1 min ago)" in told
    assert any("viewers -15, followers -15" in line for line in told)
    assert told[-1].endswith(" followed main (chaturbate.events, likely)")


def test_a_person_nobody_has_heard_of_lately_is_not_said_to_be_live(home: given_home.Home) -> None:
    told = home("people", "show", "bob", "--json").json()

    assert (told["status"], told["facts"]["show"]["value"]) == ("unknown", "public")
    assert told["facts"]["followers"]["age"] >= 4000 * 60


def test_a_persons_follows_are_shown(home: given_home.Home) -> None:
    [told] = home("people", "show", "alice", "--json").json()["follows"]

    assert (told["kind"], told["account"], told["direction"]) == ("follow", "main", "follower")
    assert (told["source"], told["confidence"]) == ("chaturbate.events", "likely")


def test_every_step_can_be_shown(home: given_home.Home) -> None:
    told = home("people", "show", "alice", "--steps", "--json").json()

    assert [step["changes"]["viewers"] for step in told["steps"]] == [10, 10, -50, 15]


def test_people_are_listed_by_a_number(home: given_home.Home) -> None:
    told = home("people", "list", "--sort", "followers").lines()

    assert [line.split()[1] for line in told] == ["alice", "bob"]


def test_somebody_never_seen_is_refused_with_a_remedy(home: given_home.Home) -> None:
    said = home("people", "show", "nobody_at_all")

    assert said.code == 2
    assert "nobody called nobody_at_all was ever seen at chaturbate; check --site" in said.err


def test_somebody_never_seen_can_be_watched(home: given_home.Home) -> None:
    home("people", "watch", "Carol", "--list", "vips", "--note", "plays the cello")

    assert home("people", "show", "carol", "--json").json()["watched"] == ["vips"]
    assert home("people", "unwatch", "carol").out == "Carol: taken off one list.\n".lower()


@pytest.mark.parametrize("name", ["", "a b", "=1+1", "x" * 65])
def test_what_can_be_no_username_is_not_watched(home: given_home.Home, name: str) -> None:
    said = home("people", "watch", name)

    assert (said.code, "is no username" in said.err) == (2, True)


def test_who_is_excluded_is_shown_so_until_included(home: given_home.Home) -> None:
    home("people", "exclude", "bob")
    excluded = home("people", "show", "bob", "--json").json()["excluded"]
    home("people", "include", "bob")

    assert (excluded, home("people", "show", "bob", "--json").json()["excluded"]) == (True, False)


def test_a_former_name_leads_to_the_person_until_it_is_split(home: given_home.Home) -> None:
    home("people", "merge", "bob", "alice")
    merged = home("people", "show", "bob", "--json").json()
    again = home("people", "merge", "bob", "alice")
    home("people", "split", "bob")

    assert (merged["username"], merged["names"]) == ("alice", ["alice", "bob"])
    assert (again.code, "error[not_possible]" in again.err) == (2, True)
    assert home("people", "show", "bob", "--json").json()["username"] == "bob"


def test_a_history_is_plotted_and_told_in_numbers(home: given_home.Home) -> None:
    said = home("stats", "followers", "alice")

    assert said.code == 0
    assert "followers: 1040 to 1025 (-15)" in said.out
    values = [point["value"] for point in home("stats", "followers", "alice", "--json").json()]
    assert values == [1040, 1050, 1060, 1010, 1025]


def test_a_history_that_nobody_told_is_said_to_be_unknown(home: given_home.Home) -> None:
    assert "No source has said anything of the rank of alice" in home("stats", "rank", "alice").out


def test_movers_are_listed_with_their_numbers(home: given_home.Home) -> None:
    told = home("stats", "movers", "--days", "0.1", "--json").json()

    assert [(mover["username"], mover["change"]) for mover in told] == [("alice", -35)]


def test_broadcasts_are_told_apart_and_added_up(home: given_home.Home) -> None:
    told = home("stats", "broadcasts", "alice", "--json").json()

    assert [row["minutes"] for row in told] == [20.0, 10.0]
    assert home("stats", "broadcasts", "alice").lines()[-1] == "2 broadcasts, 0.5 hours in all"


def test_hours_are_counted_by_day(home: given_home.Home) -> None:
    told = home("stats", "hours", "alice", "--json").json()

    assert sum(told.values()) == pytest.approx(0.5, abs=0.02)
    assert home("stats", "hours", "alice", "--timezone", "Mars/Base").code == 2


def test_nothing_is_pruned_that_the_settings_do_not_name(home: given_home.Home) -> None:
    assert "Nothing is to go" in home("db", "prune").out


def test_a_dry_run_of_pruning_says_what_would_go(home: given_home.Home) -> None:
    settings = home.folder / "greenroom.toml"
    rule = "\n[retention.thin.affiliate_snapshots]\nall_days = 1\nhourly_days = 1\n"
    settings.write_text(settings.read_text() + rule)
    with home.connection() as connection:
        source = store.source(connection)
        for ago in (5001, 5002):
            bob = given.room("bob", viewers=ago)
            given.said(connection, source, moment.now() - ago * MINUTE, bob)
        before = counted(connection)

    dry, real = home("db", "prune", "--dry-run"), home("db", "prune")

    with home.connection() as connection:
        gone = before - counted(connection)
    assert gone in {1, 2}
    assert (dry.out, real.out) == (
        f"affiliate_snapshots: {gone} would go\n",
        f"affiliate_snapshots: {gone} gone\n",
    )


def counted(connection: db.Connection) -> int:
    return len(given.rows(connection, "t.id", "affiliate_snapshots"))


def test_pruning_a_table_that_is_none_is_refused(home: given_home.Home) -> None:
    settings = home.folder / "greenroom.toml"
    settings.write_text(settings.read_text() + "\n[retention.thin.persons]\n")

    said = home("db", "prune")

    assert (said.code, "retention.thin.persons: there are affiliate_snapshots" in said.err) == (
        2,
        True,
    )


def test_changes_are_told_of_every_kind_that_a_source_measures(home: given_home.Home) -> None:
    with home.connection() as connection:
        source = store.source(connection, site="stripchat")
        for ago, viewers in ((20, 5), (2, 9)):
            room = stripchat.StripchatSnapshot(username="carol", viewers=viewers, followers=viewers)
            live = stripchat.StripchatLiveSnapshot(username="carol", viewers=viewers)
            given.said(connection, source, moment.now() - ago * MINUTE, room, live)

    told = home("people", "show", "carol", "--site", "stripchat", "--json").json()

    assert [change["changes"] for change in told["changes"]] == [
        {"viewers": 4, "followers": 4},
        {"viewers": 4},
    ]
