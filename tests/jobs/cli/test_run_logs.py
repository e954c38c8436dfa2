"""`runs log` and `runs cancel`: of runs at work, of runs that wait, of runs whose process died."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.cli import exits
from tests.jobs.cli import conftest, given_home

FOLLOWERS = "/accounts/followers/"
COLLECT = ("collect", "chaturbate.followers", "-a", "main")


@pytest.fixture
def hung(life: conftest.Life, tmp_path: Path) -> Iterator[given_home.Home]:
    """Return a home whose next list never comes to its end."""
    home = life.home.copy(tmp_path / "home")
    home.forget_sign_in()
    home.world.fault("stall", path=FOLLOWERS, page=2, times=None)
    yield home
    home.world.clear_faults()
    assert home.empties()


def reads(home: given_home.Home, run: int) -> bool:
    return home.rows("SELECT 1 FROM runs WHERE id = :run AND pages >= 2", run=run) != []


def test_a_command_logs_what_it_does_and_the_log_is_read_in_words(lived: given_home.Home) -> None:
    lived(*COLLECT)
    said = lived("runs", "log", 8)
    told = [json.loads(line) for line in lived("runs", "log", 8, "--json").lines()]
    followed = lived("runs", "log", 8, "--follow")

    assert said.code == exits.OK
    assert "records, all at 1" in said.out
    assert [line.split(" ", 2)[2] for line in said.lines()][-1].startswith("debug: ended ")
    assert {line["run"] for line in told} == {8}
    assert followed.out == said.out


def test_a_run_without_a_log_says_so(lived: given_home.Home) -> None:
    (lived.folder / "data" / "logs" / "runs" / "1.jsonl").unlink()
    said = lived("runs", "log", 1)

    assert said.code == exits.USAGE
    assert "error[not_possible]: no log of run 1 is kept" in said.err


def test_a_dry_run_leaves_no_log(lived: given_home.Home) -> None:
    before = sorted((lived.folder / "data" / "logs" / "runs").iterdir())
    lived("collect", "chaturbate.chat", "-a", "main", "--dry-run")

    assert sorted((lived.folder / "data" / "logs" / "runs").iterdir()) == before


def test_a_command_at_work_is_followed_and_cancelled_from_another_one(
    hung: given_home.Home,
) -> None:
    working = hung.start(*COLLECT)
    assert given_home.eventually(lambda: reads(hung, 8), 60)
    following = hung.start("runs", "log", 8, "--follow")
    cancelled = hung("runs", "cancel", 8)
    said, followed = given_home.ended(working), given_home.ended(following)

    assert (cancelled.code, cancelled.out) == (exits.OK, "run 8 cancelled\n")
    assert said.code == exits.CANCELLED
    assert "go on with `greenroom runs resume 8`" in said.out
    assert followed.code == exits.OK
    assert "records, all at 1" in followed.out
    assert "ended cancelled" in followed.lines()[-1]


def test_a_run_that_waits_is_called_off(lived: given_home.Home) -> None:
    lived.change("UPDATE runs SET status = 'queued', ended_at = NULL WHERE id = 7")
    said = lived("runs", "cancel", 7)
    again = lived("runs", "cancel", 7)

    assert (said.code, said.out) == (exits.OK, "run 7 cancelled\n")
    assert again.code == exits.USAGE
    assert "error[not_possible]: run 7 has ended: cancelled" in again.err


def test_a_run_is_shown_with_who_asked_for_it_and_when_it_worked(lived: given_home.Home) -> None:
    said = lived("runs", "show", 7).out

    assert "  asked for by cli, 20" in said
    assert "  attempt 1, version " in said


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("--status", "well"), "no run is well; statuses are queued, running, "),
        (("--schedule", "nightly"), "there is no schedule nightly"),
        (("--account", "nobody"), "there is no account nobody"),
    ],
)
def test_a_list_by_a_name_that_nothing_has_is_the_users_mistake(
    lived: given_home.Home, asked: tuple[str, str], why: str
) -> None:
    said = lived("runs", "list", *asked)

    assert said.code == exits.USAGE
    assert f"error[bad_request]: {why}" in said.err


def test_a_list_of_some_runs_holds_no_others(lived: given_home.Home) -> None:
    lived.change("UPDATE runs SET status = 'failed' WHERE id IN (2, 6)")
    failed = lived("runs", "list", "--status", "failed", "--json").json()
    chats = lived("runs", "list", "--collector", "chaturbate.chat", "--before", 7, "--json").json()
    none = lived("runs", "list", "--status", "held")

    assert [run["run"] for run in failed] == [6, 2]
    assert [run["run"] for run in chats] == [3]
    assert none.out == "There is no such run.\n"
