"""`collect` and `runs`: what they print, how they exit, and what is done with a held list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.practice import client
from jobs.cli import exits
from tests.jobs.cli import conftest, given_home

FOLLOWERS = "/accounts/followers/"
COLLECT = ("collect", "chaturbate.followers", "-a", "main")
AsPublished = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def waiting(
    life: conftest.Life, world: client.Practice, tmp_path_factory: pytest.TempPathFactory
) -> tuple[given_home.Home, set[str]]:
    """Return a home whose run 8 read a list that is held, and who was on it."""
    home = life.home.copy(tmp_path_factory.mktemp("waiting") / "home")
    world.configure(**given_home.SMALL, keep_sessions=True)
    world.churn_random(seed=21, joins=1, leaves=15)
    home.forget_sign_in()
    said = home(*COLLECT)
    assert said.code == exits.PARTIAL
    assert said.lines()[-1] == (
        "  nothing was changed; `greenroom runs show 8` says who is meant, then"
        " `greenroom runs confirm 8` or `greenroom runs discard 8`"
    )
    return home, set(world.truth()["followers"])


@pytest.fixture
def held(waiting: tuple[given_home.Home, set[str]], tmp_path: Any) -> given_home.Home:
    return waiting[0].copy(tmp_path / "held")


def test_a_good_run_says_so_in_one_object_and_nothing_else(
    lived: given_home.Home, as_published: AsPublished
) -> None:
    said = lived(*COLLECT, "--json")

    told = as_published(said.out)
    true = lived.world.truth()["followers_total"]
    assert (said.code, told["status"], told["errors"]) == (exits.OK, "ok", [])
    assert (told["collector"], told["account"]) == ("chaturbate.followers", "main")
    assert told["listing"]["complete"] is True
    assert (told["listing"]["declared"], told["listing"]["seen"]) == (true, true)
    assert as_published(lived("runs", "show", told["run"], "--json").out) == told


@pytest.mark.parametrize(
    ("fault", "status", "codes", "exit_code"),
    [
        ("server_error", "partial", {"server_error"}, exits.PARTIAL),
        ("challenge", "needs_operator", {"challenge"}, exits.NEEDS_OPERATOR),
        ("rename_classes", "failed", {"selector_missing", "format_unknown"}, exits.FAILED),
    ],
)
def test_a_run_that_does_not_end_well_names_code_remedy_and_what_to_do_next(
    lived: given_home.Home,
    as_published: AsPublished,
    fault: str,
    status: str,
    codes: set[str],
    exit_code: int,
) -> None:
    lived.world.fault(fault, path=FOLLOWERS, page=2, times=None)
    said = lived(*COLLECT, "--json")

    told = as_published(said.out)
    assert (said.code, told["status"]) == (exit_code, status)
    [error] = told["errors"]
    code = error["code"]
    assert code in codes
    assert f"{FOLLOWERS}?page=2" in error["url"]
    assert told["listing"]["complete"] is False
    assert told["listing"]["reasons"] == [f"stopped: {code}"]
    shown = lived("runs", "show", told["run"])
    assert shown.code == exits.OK
    assert f"  error[{code}]: " in shown.out
    assert f"go on with `greenroom runs resume {told['run']}`" in shown.out
    assert "shows what the last one says" in shown.out
    assert as_published(lived("runs", "show", told["run"], "--json").out) == told
    lived.world.clear_faults()
    lived.forget_sign_in()
    assert as_published(lived("runs", "resume", told["run"], "--json").out)["status"] == "ok"


def test_a_wrong_password_needs_the_operator(
    home: given_home.Home, as_published: AsPublished
) -> None:
    said = home.child(*COLLECT, "--json", GREENROOM_PASSWORD_MAIN="not-the-password")

    told = as_published(said.out)
    assert (said.code, told["status"]) == (exits.NEEDS_OPERATOR, "needs_operator")
    assert [error["code"] for error in told["errors"]] == ["bad_credentials"]
    assert "not-the-password" not in said.out + said.err


def test_without_a_password_and_a_terminal_nobody_is_asked(home: given_home.Home) -> None:
    said = home.child(*COLLECT, GREENROOM_PASSWORD_MAIN="")

    assert said.code == exits.NEEDS_OPERATOR
    assert "error[no_password]: set GREENROOM_PASSWORD_MAIN" in said.out
    assert "remedy: Signing in needs a password" in said.out


def test_without_a_browser_a_run_fails_and_says_where_none_is(home: given_home.Home) -> None:
    said = home.child(*COLLECT, GREENROOM_BROWSER__EXECUTABLE="/nowhere/chromium")

    assert said.code == exits.FAILED
    assert "error[browser_missing]: browser.executable is /nowhere/chromium" in said.out


def test_plain_lines_tell_how_a_run_goes_where_there_is_no_terminal(lived: given_home.Home) -> None:
    said = lived.child(*COLLECT)

    assert said.code == exits.OK
    assert "\x1b" not in said.out + said.err
    progress = [line for line in said.err.splitlines() if "records" in line]
    assert progress[0].endswith(" info run 8: 1 page, 0 records")
    assert lived("runs", "log", "8").out.count("3 pages, 10 records, all at 1\n") == 1
    assert said.out.startswith("run 8 chaturbate.followers as main: ok, ")


def test_quiet_says_nothing_but_the_outcome(lived: given_home.Home) -> None:
    said = lived("--quiet", *COLLECT)

    assert said.err == ""
    assert said.out.startswith("run 8 ")


def test_a_held_list_says_why_and_whom_it_means(
    held: given_home.Home, waiting: tuple[given_home.Home, set[str]], as_published: AsPublished
) -> None:
    said = held("runs", "show", 8)
    told = as_published(held("runs", "show", 8, "--json").out)

    before, true = held.members("follower"), waiting[1]
    assert told["status"] == "held"
    assert (told["new"], told["lost"], told["listing"]["complete"]) == (0, 0, True)
    reason = f"mass_change: {len(before - true)} of {len(before)} would end, 10 may"
    assert told["listing"]["reasons"] == [reason]
    assert f"  - {reason}" in said.lines()
    changes = [line.strip() for line in said.lines() if line.startswith(("  + ", "  - "))][1:]
    assert sorted(changes) == sorted(
        [f"+ {name}" for name in true - before] + [f"- {name}" for name in before - true]
    )


def test_a_held_list_that_is_confirmed_is_the_truth_and_can_be_taken_back(
    held: given_home.Home, waiting: tuple[given_home.Home, set[str]], as_published: AsPublished
) -> None:
    before = held.members("follower")
    confirmed = held("runs", "confirm", 8)
    after = held.members("follower")
    told = as_published(held("runs", "show", 8, "--json").out)
    undone = held("runs", "undo", 8)

    new, lost = len(after - before), len(before - after)
    assert after == waiting[1]
    assert confirmed == (exits.OK, f"run 8 confirmed: new {new}, lost {lost}\n", "")
    assert (told["status"], told["new"], told["lost"]) == ("ok", new, lost)
    assert undone == (
        exits.OK,
        f"run 8 undone: {new} follows and {lost} unfollows taken back\n",
        "",
    )
    assert held.members("follower") == before


def test_a_held_list_that_is_discarded_changes_nothing(held: given_home.Home) -> None:
    before = held.members("follower")
    said = held("runs", "discard", 8)

    assert said == (exits.OK, "run 8 discarded: nothing was changed\n", "")
    assert held.members("follower") == before
    again = held("runs", "confirm", 8)
    assert again.code == exits.USAGE
    assert again.err.startswith("error[not_possible]: ")


def test_a_second_list_that_agrees_is_believed(
    lived: given_home.Home, as_published: AsPublished
) -> None:
    lived.world.configure(**given_home.SMALL, keep_sessions=True)
    lived.world.churn_random(seed=4, leaves=20)
    first = as_published(lived(*COLLECT, "--json").out)
    unmoved = lived.members("follower")
    second = as_published(lived(*COLLECT, "--json").out)

    assert (first["status"], second["status"]) == ("held", "ok")
    assert len(unmoved) == 39
    assert lived.members("follower") == set(lived.world.truth()["followers"])


def test_a_list_is_undone_newest_first(lived: given_home.Home) -> None:
    said = lived("runs", "undo", 1)

    assert said.code == exits.USAGE
    assert "error[not_possible]" in said.err
    before = lived.members("follower")
    assert lived("runs", "undo", 6).code == exits.OK
    assert len(before ^ lived.members("follower")) == 5
    assert lived("runs", "undo", 1).code == exits.OK
    assert lived.members("follower") == set()


@pytest.mark.parametrize("leaves", [1, 15])
def test_a_dry_run_shows_who_would_come_and_go_and_changes_nothing(
    lived: given_home.Home, leaves: int
) -> None:
    world = lived.world
    world.configure(**given_home.SMALL, keep_sessions=True)
    world.churn_random(seed=leaves, joins=2, leaves=leaves)
    before, tables = lived.members("follower"), lived.tables()
    true = set(world.truth()["followers"])
    said = lived(*COLLECT, "--dry-run")

    many = len(before - true) > 10
    assert said.code == (exits.PARTIAL if many else exits.OK)
    assert said.lines()[0].startswith(
        f"dry run chaturbate.followers as main: {'held' if many else 'ok'}, "
    )
    assert "  dry run: nothing was kept" in said.lines()
    assert "greenroom runs" not in said.out
    shown = said.lines()[said.lines().index("  dry run: nothing was kept") + 1 :]
    assert sorted(shown) == sorted(
        [f"  + {name}" for name in true - before] + [f"  - {name}" for name in before - true]
    )
    assert lived.tables() == tables


def test_a_dry_run_prints_an_object_without_a_number(
    lived: given_home.Home, as_published: AsPublished
) -> None:
    tables = lived.tables()
    told = as_published(
        lived("collect", "chaturbate.chat", "-a", "main", "--dry-run", "--json").out
    )

    assert (told["run"], told["status"]) == (0, "ok")
    assert lived.tables() == tables


def test_a_dry_run_that_fails_offers_nothing_to_resume(lived: given_home.Home) -> None:
    lived.world.fault("challenge", path=FOLLOWERS, times=None)
    said = lived(*COLLECT, "--dry-run")

    assert said.code == exits.NEEDS_OPERATOR
    assert "error[challenge]" in said.out
    assert "resume" not in said.out


def test_runs_are_listed_newest_first(lived: given_home.Home) -> None:
    said = lived("runs", "list")
    told = lived("runs", "list", "--json").json()
    few = lived("runs", "list", "--limit", 2, "--json").json()
    stats = lived("runs", "list", "-a", "stats", "--json").json()

    assert [run["run"] for run in told] == [7, 6, 5, 4, 3, 2, 1]
    assert [line.split(" ", 4)[2:4] for line in said.lines()] == [
        ["run", str(run["run"])] for run in told
    ]
    assert few == told[:2]
    assert [run["collector"] for run in stats] == ["statbate_plus.chat"]


def test_a_list_of_no_runs_says_how_to_begin(home: given_home.Home) -> None:
    assert home("runs", "list").out == "There is no run yet; begin one with `greenroom collect`.\n"
    assert home("runs", "list", "--json").json() == []


@pytest.mark.parametrize("act", ["show", "resume", "confirm", "discard", "undo"])
def test_a_run_that_is_not_there_is_the_users_mistake(lived: given_home.Home, act: str) -> None:
    said = lived("runs", act, 99)

    assert said.code == exits.USAGE
    assert said.err.startswith("error[bad_request]: there is no run 99; see `runs list`\nremedy: ")


@pytest.mark.parametrize(
    ("act", "run", "why"),
    [
        ("resume", 1, "run 1 came to its end: ok"),
        ("confirm", 6, "run 6 has no held list; its list is complete"),
        ("discard", 6, "run 6 has no held list; its list is complete"),
        ("undo", 4, "run 4 has walked no list"),
        ("confirm", 4, "run 4 has walked no list"),
    ],
)
def test_what_cannot_be_done_to_a_run_says_why(
    lived: given_home.Home, act: str, run: int, why: str
) -> None:
    said = lived("runs", act, run)

    assert said.code == exits.USAGE
    assert said.err.startswith(f"error[not_possible]: {why}")


def test_the_past_is_collected_from_where_it_is_known(
    lived: given_home.Home, as_published: AsPublished
) -> None:
    lived.world.configure(**given_home.SMALL, keep_sessions=True)
    lived.world.churn([{"do": "tip", "tokens": 77}])
    collect = ("collect", "chaturbate.tips", "-a", "main", "--json")
    short = as_published(lived(*collect).out)
    whole = as_published(lived(*collect, "--full").out)

    assert (short["new"], whole["new"]) == (1, 0)
    assert short["pages"] < whole["pages"]
    [tokens] = lived.rows("SELECT tokens FROM interactions ORDER BY id DESC LIMIT 1")
    assert tokens == (77,)


def test_history_between_two_dates(lived: given_home.Home, as_published: AsPublished) -> None:
    times = [line["time"] for line in lived.world.truth()["statbate"]]
    day = times[len(times) // 2][:10]
    said = lived(
        *("collect", "statbate_plus.chat", "-a", "stats", "--target", lived.world.username),
        *("--since", day, "--until", f"{day}T23:59:59Z", "--json"),
    )
    told = as_published(said.out)

    assert (said.code, told["status"], told["listing"]) == (exits.OK, "ok", None)
    assert told["records"] == sum(time.startswith(day) for time in times)
