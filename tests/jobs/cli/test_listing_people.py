"""`lists`: who is on a list at any date, and the difference between two."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from jobs.cli import exits
from models import queries, timeline
from tests.jobs.cli import conftest, given_home


def between(home: given_home.Home) -> str:
    """Return a time after the first lists and before the second ones."""
    [(text,)] = home.rows("SELECT max(fetched_at) FROM payloads WHERE run_id = 5")
    return (
        datetime.fromisoformat(str(text)).replace(tzinfo=UTC) + timedelta(milliseconds=1)
    ).isoformat()


def names(life: conftest.Life, kind: str) -> tuple[set[str], set[str]]:
    if kind == "followers":
        return set(life.before["followers"]), set(life.after["followers"])
    before, after = life.before["followed"], life.after["followed"]
    return {*before["online"], *before["offline"]}, {*after["online"], *after["offline"]}


@pytest.mark.parametrize("kind", ["followers", "following"])
def test_members_are_who_is_on_the_list(
    lived: given_home.Home, life: conftest.Life, kind: str
) -> None:
    before, after = names(life, kind)
    now = lived("lists", "members", "-a", "main", "--kind", kind)
    then = lived("lists", "members", "-a", "main", "--kind", kind, "--as-of", between(lived))

    assert (now.code, then.code) == (exits.OK, exits.OK)
    assert [line.split()[0] for line in now.lines()] == sorted(after)
    assert {line.split()[0] for line in now.lines() if " since " in line} == after - before
    assert then.lines() == sorted(before)
    run = 6 if kind == "followers" else 7
    assert now.err.startswith(f"{len(after)} {kind}, by the list that run {run} read at ")


def test_members_as_lines_of_json(lived: given_home.Home, life: conftest.Life) -> None:
    said = lived("lists", "members", "-a", "main", "--json")

    rows = [json.loads(line) for line in said.lines()]
    assert [row["username"] for row in rows] == sorted(life.after["followers"])
    assert list(rows[0]) == list(queries.PEOPLE_COLUMNS)
    assert {(row["source"], row["confidence"]) for row in rows} == {("list", "certain")}


@pytest.mark.parametrize("kind", ["followers", "following"])
@pytest.mark.parametrize("by", ["runs", "runs turned round", "dates"])
def test_a_difference_is_who_came_and_who_left(
    lived: given_home.Home, life: conftest.Life, kind: str, by: str
) -> None:
    before, after = names(life, kind)
    first, second = ("1", "6") if kind == "followers" else ("2", "7")
    ends = {
        "runs": ("--run", first, "--run", second),
        "runs turned round": ("--run", second, "--run", first),
        "dates": ("--as-of", between(lived), "--as-of", datetime.now(UTC).isoformat()),
    }[by]
    said = lived("lists", "diff", "-a", "main", "--kind", kind, *ends)
    told = lived("lists", "diff", "-a", "main", "--kind", kind, *ends, "--json")

    gained, lost = after - before, before - after
    assert sorted(said.lines()) == sorted(
        [f"+ {name}" for name in gained] + [f"- {name}" for name in lost]
    )
    assert said.err.startswith(f"{len(gained | lost)} gained or lost between ")
    rows = [json.loads(line) for line in told.lines()]
    assert {(row["source"], row["confidence"]) for row in rows} <= {("list", "certain")}
    assert {(row["username"], row["change"]) for row in rows} == {
        *((name, "gained") for name in gained),
        *((name, "lost") for name in lost),
    }


def test_events_are_who_came_and_left_when(lived: given_home.Home, life: conftest.Life) -> None:
    before, after = names(life, "followers")
    said = lived("lists", "events", "-a", "main", "--since", between(lived))
    told = lived("lists", "events", "-a", "main", "--json")
    none = lived("lists", "events", "-a", "main", "--until", between(lived))

    rows = [json.loads(line) for line in told.lines()]
    assert {(row["username"], row["kind"]) for row in rows} == {
        *((name, "follow") for name in after - before),
        *((name, "unfollow") for name in before - after),
    }
    assert [tuple(row) for row in rows[:1]] == [(*timeline.COLUMNS, "account", "direction")]
    assert sorted(line.split()[3] for line in said.lines()) == sorted(after ^ before)
    assert said.lines()[0].endswith("(list, certain)")
    assert said.err.startswith(f"{len(after ^ before)} follows and unfollows")
    assert none.out == ""


def test_nobody_differs_between_a_list_and_itself(lived: given_home.Home) -> None:
    said = lived("lists", "diff", "-a", "main", "--run", 6, "--run", 6)

    assert (said.code, said.out) == (exits.OK, "")
    assert said.err.startswith("0 gained or lost between ")


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (("--run", "1"), "bad_request"),
        (("--run", "1", "--run", "6", "--run", "6"), "bad_request"),
        (("--run", "4", "--run", "6"), "no_complete_list"),
        (("--run", "2", "--run", "6"), "no_complete_list"),
        (("--run", "1", "--run", "99"), "no_complete_list"),
        (("--as-of", "2026-01-01", "--as-of", "2026-02-01"), "no_complete_list"),
    ],
)
def test_a_difference_that_nobody_can_tell_says_why(
    lived: given_home.Home, ends: tuple[str, ...], code: str
) -> None:
    said = lived("lists", "diff", "-a", "main", *ends)

    assert (said.code, said.out) == (exits.USAGE, "")
    assert said.err.startswith(f"error[{code}]: ")


@pytest.mark.parametrize("words", [(), ("--as-of", "2026-01-01")])
def test_members_of_no_list_are_not_nobody(home: given_home.Home, words: tuple[str, ...]) -> None:
    said = home("lists", "members", "-a", "main", *words)

    assert (said.code, said.out) == (exits.USAGE, "")
    assert said.err.startswith("error[no_complete_list]: no complete follower list is known")
