"""Exports: every line right against the practice site's truth, and files that can be trusted."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import exits
from models import export
from tests.jobs.cli import conftest, given_home

PEOPLE = [
    *("username", "role", "first_seen", "last_seen", "since", "ended"),
    *("source", "confidence"),
]
ACTS = ["at", "room", "username", "kind", "tokens", "text", "source", "id"]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def changed(life: conftest.Life, do: str) -> set[str]:
    return {change["who"] for change in life.after["changes"] if change["do"] == do}


def followed(true: dict[str, Any]) -> set[str]:
    return {*true["followed"]["online"], *true["followed"]["offline"]}


def read_at(home: given_home.Home, run: int) -> datetime:
    """Return when the list of a run was read."""
    [(text,)] = home.rows("SELECT max(fetched_at) FROM payloads WHERE run_id = :run", run=run)
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("what", ["followers", "following"])
def test_every_line_of_a_list_is_right(
    lived: given_home.Home, life: conftest.Life, what: str, form: str
) -> None:
    said = lived("export", what, "-a", "main", "--format", form, "--output", "-")

    rows = table(said.out) if form == "csv" else lines(said.out)
    true = set(life.after["followers"]) if what == "followers" else followed(life.after)
    new = changed(life, "join" if what == "followers" else "follow")
    assert said.code == exits.OK
    assert [list(row) for row in rows] == [PEOPLE] * len(true)
    assert [row["username"] for row in rows] == sorted(true)
    assert {row["username"] for row in rows if row["since"]} == new
    models = followed(life.before) | followed(life.after)
    assert {row["username"] for row in rows if row["role"] == "model"} == true & models
    assert not any(row["ended"] for row in rows)
    assert all(row["first_seen"] <= row["last_seen"] for row in rows)


def test_the_lost_are_who_left_and_when(lived: given_home.Home, life: conftest.Life) -> None:
    rows = table(lived("export", "lost", "-a", "main", "--output", "-").out)

    assert {row["username"] for row in rows} == changed(life, "leave")
    first, second = read_at(lived, 1), read_at(lived, 6)
    assert all(first < datetime.fromisoformat(row["ended"]) <= second for row in rows)


def test_chat_is_every_line_that_was_said(lived: given_home.Home, life: conftest.Life) -> None:
    rows = lines(lived("export", "chat", "-a", "main", "--format", "jsonl", "--output", "-").out)

    said = [(row["id"], row["username"], row["text"]) for row in rows]
    assert list(rows[0]) == ACTS
    assert said == [(row["tid"], row["username"], row["text"]) for row in life.before["messages"]]
    assert [moment(row["at"]) for row in rows] == [
        moment(row["at"]) for row in life.before["messages"]
    ]
    assert {row["source"] for row in rows} == {"chaturbate.room_history"}


def moment(text: str) -> datetime:
    """Return a time to the millisecond: the site itself writes no finer ones."""
    time = datetime.fromisoformat(text)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def test_chat_of_another_account_is_its_own(lived: given_home.Home, life: conftest.Life) -> None:
    rows = lines(lived("export", "chat", "-a", "stats", "--format", "jsonl", "--output", "-").out)

    said = sorted((row["username"], row["text"]) for row in rows)
    assert said == sorted((row["sender"], row["message"]) for row in life.before["statbate"])


def test_every_tip_is_exported_once(lived: given_home.Home, life: conftest.Life) -> None:
    rows = lines(lived("export", "tips", "-a", "main", "--format", "jsonl", "--output", "-").out)

    said = sorted((int(row["id"]), row["username"], row["tokens"]) for row in rows)
    assert said == [(row["id"], row["username"], row["tokens"]) for row in life.before["tips"]]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_tips_that_only_a_room_has_shown_are_exported_as_not_complete(
    home: given_home.Home,
) -> None:
    home("collect", "chaturbate.chat", "-a", "main")
    said = home("export", "tips", "-a", "main")

    assert "12 rows, not known to be complete" in said.out
    assert manifest(home, "main-tips.csv")["complete"] is False


def manifest(home: given_home.Home, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((home.folder / f"{name}.manifest.json").read_text())
    return told


@pytest.mark.parametrize(
    ("what", "run", "complete"),
    [
        ("followers", 6, True),
        ("following", 7, True),
        ("lost", 6, True),
        ("tips", 4, True),
        ("chat", None, False),
        ("follows", None, False),
    ],
)
def test_a_manifest_says_what_the_file_holds(
    lived: given_home.Home, what: str, run: int | None, complete: bool
) -> None:
    said = lived("export", what, "-a", "main")

    name = f"main-{what}.csv"
    content = (lived.folder / name).read_bytes()
    told = manifest(lived, name)
    rows = table(content.decode())
    assert said.out.startswith(f"{name}: {len(rows)} rows, ")
    assert (told["what"], told["account"], told["file"], told["format"]) == (
        what,
        "main",
        name,
        "csv",
    )
    assert (told["rows"], told["bytes"]) == (len(rows), len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert (told["run"], told["complete"]) == (run, complete)
    assert told["columns"] == list(rows[0])
    if run:
        assert datetime.fromisoformat(told["as_of"]) == read_at(lived, run)


def test_a_list_can_be_had_as_it_was(lived: given_home.Home, life: conftest.Life) -> None:
    between = read_at(lived, 1) + timedelta(milliseconds=1)
    said = lived("export", "followers", "-a", "main", "--as-of", between.isoformat())

    rows = table((lived.folder / "main-followers.csv").read_text())
    assert said.code == exits.OK
    assert {row["username"] for row in rows} == set(life.before["followers"])
    assert not any(row["ended"] for row in rows)
    told = manifest(lived, "main-followers.csv")
    assert (told["run"], told["complete"]) == (1, True)
    assert datetime.fromisoformat(told["as_of"]) == between


def test_times_without_a_zone_are_utc_and_others_are_converted(lived: given_home.Home) -> None:
    between = read_at(lived, 1) + timedelta(milliseconds=1)
    elsewhere = (between + timedelta(hours=9)).replace(tzinfo=None).isoformat() + "+09:00"
    times = (between.replace(tzinfo=None).isoformat(), elsewhere, between.isoformat())

    exported = {
        lived("export", "followers", "-a", "main", "--as-of", time, "--output", "-").out
        for time in times
    }

    assert len(exported) == 1


def test_nobody_was_lost_before_the_second_list(lived: given_home.Home) -> None:
    between = read_at(lived, 1) + timedelta(milliseconds=1)
    said = lived("export", "lost", "-a", "main", "--as-of", between.isoformat(), "--output", "-")

    assert said.lines() == [",".join(PEOPLE)]


@pytest.mark.parametrize("what", ["followers", "following", "lost"])
def test_a_list_that_was_never_read_is_not_exported(home: given_home.Home, what: str) -> None:
    said = home("export", what, "-a", "main")

    assert said.code == exits.USAGE
    assert said.err.startswith("error[no_complete_list]: no complete ")
    assert "remedy: " in said.err
    assert list(home.folder.glob("*.csv*")) == []


def test_a_time_before_the_first_list_is_refused(lived: given_home.Home) -> None:
    said = lived("export", "followers", "-a", "main", "--as-of", "2026-01-01")

    assert said.code == exits.USAGE
    assert "error[no_complete_list]" in said.err
    assert "2026-01-01" in said.err


def test_a_time_that_lies_ahead_is_refused(lived: given_home.Home) -> None:
    said = lived("export", "followers", "-a", "main", "--as-of", "2999-01-01")

    assert said.code == exits.USAGE
    assert "2999-01-01 00:00:00 UTC lies in the future" in said.err


def test_columns_are_those_that_are_asked_for_in_that_order(lived: given_home.Home) -> None:
    said = lived("export", "chat", "-a", "main", "--columns", "text, at", "--output", "-")

    assert said.lines()[0] == "text,at"
    assert list(next(iter(table(said.out)))) == ["text", "at"]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ("at,nick", "no column nick; there are at, room, username"),
        ("", "no column without a name"),
        ("at,at", "a column is named twice"),
    ],
)
def test_columns_that_cannot_be_are_refused(lived: given_home.Home, columns: str, why: str) -> None:
    said = lived("export", "chat", "-a", "main", "--columns", columns)

    assert said.code == exits.USAGE
    assert why in said.err
    assert list(lived.folder.glob("*.csv")) == []


def test_hostile_words_are_inert_in_a_table_and_themselves_in_json(lived: given_home.Home) -> None:
    as_table = table(lived("export", "chat", "-a", "main", "--output", "-").out)
    as_lines = lines(
        lived("export", "chat", "-a", "main", "--format", "jsonl", "--output", "-").out
    )

    cells = [row["text"] for row in as_table]
    assert set(conftest.HOSTILE) <= {row["text"] for row in as_lines}
    assert [cell for cell in cells if re.match(r"\s*[=+\-@\t\r]", cell)] == []
    assert [export.unguarded(cell) for cell in cells] == [row["text"] for row in as_lines]


@pytest.mark.parametrize("place", ["nowhere/followers.csv", ".", "greenroom.toml/x.csv"])
def test_a_place_that_cannot_be_written_to_is_named(lived: given_home.Home, place: str) -> None:
    said = lived("export", "followers", "-a", "main", "--output", place)

    assert said.code == exits.USAGE
    assert said.err.startswith(f"error[bad_request]: {place} cannot be written: ")
    assert "Traceback" not in said.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_standard_output_is_no_fault_of_ours(lived: given_home.Home) -> None:
    with Path("/dev/full").open("w") as full:
        said = given_home.ended(
            lived.spawn("export", "chat", "-a", "main", "--output", "-", stdout=full)
        )

    assert said.code == exits.FAILED
    assert said.err.startswith("error[disk_full]: standard output: the disk is full\nremedy: ")


def test_names_reach_a_console_that_knows_only_ascii(lived: given_home.Home) -> None:
    said = given_home.ended(
        lived.spawn("export", "chat", "-a", "main", "--output", "-", PYTHONIOENCODING="ascii")
    )

    assert said.code == exits.OK
    assert said.err == ""
    assert said.out == lived("export", "chat", "-a", "main", "--output", "-").out.replace(
        "\r\n", "\n"
    )


def test_a_reader_that_leaves_early_is_not_told_of(lived: given_home.Home) -> None:
    process = lived.spawn("export", "chat", "-a", "main", "--output", "-")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(60) == exits.PARTIAL
    assert err == ""
