"""Ctrl-C, SIGTERM and SIGKILL in the middle of a walk; two commands at once on one account."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from jobs.cli import exits
from tests.jobs.cli import conftest, given_home

FOLLOWERS = "/accounts/followers/"
COLLECT = ("collect", "chaturbate.followers", "-a", "main")


@pytest.fixture(scope="module")
def moved_on(
    life: conftest.Life, world: client.Practice, tmp_path_factory: pytest.TempPathFactory
) -> given_home.Home:
    """Return a home whose world has changed since, and where nothing will disturb the next run."""
    home = life.home.copy(tmp_path_factory.mktemp("moved") / "home")
    world.configure(**given_home.SMALL, keep_sessions=True)
    world.churn_random(seed=9, joins=1, leaves=2)
    home.forget_sign_in()
    home.child("collect", "chaturbate.chat", "-a", "main")  # signed in, should that be needed
    home.forget_sign_in()
    return home


@pytest.fixture(scope="module")
def undisturbed(
    moved_on: given_home.Home, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Return what the tables hold after a run that nobody disturbed."""
    home = moved_on.copy(tmp_path_factory.mktemp("calm") / "home")
    assert home(*COLLECT).code == exits.OK
    return facts(home)


@pytest.fixture
def disturbed(moved_on: given_home.Home, tmp_path: Path) -> Iterator[given_home.Home]:
    home = moved_on.copy(tmp_path / "home")
    yield home
    home.world.clear_faults()
    assert home.empties()


def facts(home: given_home.Home) -> dict[str, Any]:
    """Return all that a run states of lists, without the numbers and times of its own."""
    return {
        "people": home.rows("SELECT username, role FROM persons ORDER BY username"),
        "edges": home.rows(
            "SELECT p.username, f.direction, f.since_known, f.ended IS NULL FROM follow_edges f"
            " JOIN persons p ON p.id = f.person_id ORDER BY 1, 2, 3, 4"
        ),
        "events": home.rows(
            "SELECT p.username, e.direction, e.kind FROM follow_events e"
            " JOIN persons p ON p.id = e.person_id ORDER BY 1, 2, 3"
        ),
        "listings": home.rows(
            "SELECT direction, state, declared, seen, new, lost, returned, end_proof, reasons"
            " FROM listings WHERE look = 1 ORDER BY id"
        ),
        "acts": home.rows("SELECT count(*) FROM interactions"),
    }


def caught(
    home: given_home.Home, *arguments: object, fault: str = "stall", **details: Any
) -> given_home.Started:
    """Return a command that waits in the middle of its walk: for an answer, if not told else."""
    home.world.fault(fault, path=FOLLOWERS, page=3, times=1, **details)
    process = home.start(*(arguments or COLLECT))
    assert given_home.eventually(lambda: asked(home) or process.poll() is not None, 60)
    assert process.poll() is None
    assert home.processes()
    return process


def asked(home: given_home.Home) -> bool:
    faults = home.world.status()["faults"]
    return bool(faults and faults[-1]["hits"])


def newest(home: given_home.Home) -> dict[str, Any]:
    told: dict[str, Any] = home("runs", "list", "--limit", 1, "--json").json()[0]
    return told


def to_the_group(process: given_home.Started) -> None:
    os.killpg(process.pid, signal.SIGINT)


def three_times(process: given_home.Started) -> None:
    for wait in (0.0, 0.05, 0.2):
        time.sleep(wait)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)


def terminated(process: given_home.Started) -> None:
    process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("stop", [to_the_group, three_times, terminated])
def test_a_run_that_is_told_to_stop_is_cancelled_and_can_be_gone_on_with(
    disturbed: given_home.Home,
    undisturbed: dict[str, Any],
    stop: Callable[[given_home.Started], None],
) -> None:
    process = caught(disturbed)
    stop(process)
    said = given_home.ended(process)

    assert said.code == exits.CANCELLED
    assert "Traceback" not in said.err
    assert disturbed.empties()
    run = newest(disturbed)
    assert (run["status"], run["listing"]["reasons"]) == ("cancelled", ["stopped: cancelled"])
    assert f"go on with `greenroom runs resume {run['run']}`" in said.out
    resumed = disturbed("runs", "resume", run["run"])
    assert resumed.code == exits.OK
    assert facts(disturbed) == undisturbed


def test_a_run_that_is_killed_leaves_no_browser_and_can_be_gone_on_with(
    disturbed: given_home.Home, undisturbed: dict[str, Any]
) -> None:
    process = caught(disturbed)
    process.kill()
    given_home.ended(process)

    assert disturbed.empties()
    run = newest(disturbed)
    assert run["status"] == "running"
    assert disturbed("runs", "resume", run["run"]).code == exits.OK
    assert facts(disturbed) == undisturbed


def test_a_cancelled_run_prints_one_object(
    disturbed: given_home.Home, as_published: Callable[[str], dict[str, Any]]
) -> None:
    process = caught(disturbed, *COLLECT, "--json")
    to_the_group(process)
    said = given_home.ended(process)

    assert said.code == exits.CANCELLED
    assert as_published(said.out)["status"] == "cancelled"


def test_a_run_is_cancelled_before_its_first_page_is_asked_for(
    disturbed: given_home.Home, undisturbed: dict[str, Any]
) -> None:
    known = newest(disturbed)["run"]
    process = disturbed.start(*COLLECT)
    assert given_home.eventually(lambda: newest(disturbed)["run"] > known)
    to_the_group(process)
    said = given_home.ended(process)
    run = newest(disturbed)

    assert (said.code, run["status"], run["pages"]) == (exits.CANCELLED, "cancelled", 0)
    assert disturbed("runs", "resume", run["run"]).code == exits.OK
    assert facts(disturbed) == undisturbed


def test_a_second_command_on_the_account_is_busy_and_leaves_the_first_alone(
    disturbed: given_home.Home,
    undisturbed: dict[str, Any],
    as_published: Callable[[str], dict[str, Any]],
) -> None:
    first = caught(disturbed, fault="throttle", retry_after=12)
    run = newest(disturbed)
    second = disturbed(*COLLECT, "--json")
    resumed = disturbed("runs", "resume", run["run"], "--json")
    removed = disturbed("accounts", "remove", "main")
    said = given_home.ended(first)

    told = as_published(second.out)
    assert (second.code, told["status"]) == (exits.BUSY, "busy")
    assert [error["code"] for error in told["errors"]] == ["account_busy"]
    told = as_published(resumed.out)
    assert (resumed.code, told["status"], told["run"]) == (exits.BUSY, "busy", run["run"])
    assert removed.code == exits.BUSY
    assert "error[account_busy]" in removed.err
    assert said.code == exits.OK
    assert newest(disturbed)["status"] == "busy"
    assert facts(disturbed)["edges"] == undisturbed["edges"]


def test_a_run_is_cancelled_while_it_signs_in(home: given_home.Home) -> None:
    """The last one here: its world starts anew."""
    home.world.fault("stall", path="/auth/login/", times=1)
    process = home.start(*COLLECT)
    assert given_home.eventually(lambda: asked(home), 60)
    to_the_group(process)
    said = given_home.ended(process)

    assert said.code == exits.CANCELLED
    assert newest(home)["status"] == "cancelled"
    home.forget_sign_in()
    assert home("runs", "resume", 1).code == exits.OK
