"""What is kept of where a run stopped: enough to see why, nothing secret, not for long."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.practice import client
from jobs import artefacts, report
from models import runs
from tests.jobs import given_runs as given

ROOMS = "/api/ts/roomlist/room-list/"
SMALL: dict[str, Any] = {"followed": 12, "followers": 6, "messages": 3, "tips": 3}
ALL = {"screenshot.png", "page.html", "requests.jsonl", "about.json"}


@pytest.fixture
def here(house: given.House, world: client.Practice) -> given.House:
    world.configure(**SMALL, keep_sessions=True)
    return house


def kept(house: given.House, ended: report.Report) -> dict[str, Path]:
    with house.database.read() as connection:
        paths = runs.get(connection, ended.run).artefacts
    return {Path(path).name: house.chosen.storage.directory / path for path in paths}


def keeping(house: given.House, what: artefacts.Keeps) -> given.House:
    watch = artefacts.witness(house.chosen, house.database, what)
    house.runtime = msgspec.structs.replace(house.runtime, witness=watch)
    return house


async def test_a_failed_run_keeps_a_picture_its_page_its_requests_and_what_they_are_about(
    here: given.House, world: client.Practice
) -> None:
    world.fault("server_error", path=ROOMS, times=None)
    ended = await here.collect("chaturbate.followed")
    files = kept(here, ended)

    assert ended.status == "partial"
    assert {*files} == ALL
    assert files["screenshot.png"].read_bytes().startswith(b"\x89PNG")
    assert b"<html" in files["page.html"].read_bytes()
    asked = [json.loads(line) for line in files["requests.jsonl"].read_text().splitlines()]
    assert {one["status"] for one in asked if ROOMS in one["url"]} == {503}
    assert {*asked[0]} == {"time", "method", "url", "status", "kind", "ms", "bytes", "failed"}
    about = json.loads(files["about.json"].read_text())
    assert (about["run"], about["code"]) == (ended.run, "server_error")
    assert about["browser"]
    (last,) = here.rows("SELECT max(id) FROM payloads WHERE run_id = :run", run=ended.run)
    assert (about["payload"],) == last


async def test_artefacts_are_for_their_owner_only(
    here: given.House, world: client.Practice
) -> None:
    world.fault("challenge", path=ROOMS, times=None)
    ended = await here.collect("chaturbate.followed")
    files = kept(here, ended)

    assert ended.status == "needs_operator"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    folder = files["page.html"].parent
    assert folder.name == f"run-{ended.run}-1"
    assert (
        stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    )
    assert {path.name for path in folder.iterdir()} == ALL


async def test_every_attempt_keeps_its_own(here: given.House, world: client.Practice) -> None:
    world.fault("server_error", path=ROOMS, times=None)
    ended = await here.collect("chaturbate.followed")
    await here.resume(ended.run)
    storage = here.chosen.storage.directory
    with here.database.read() as connection:
        run = runs.get(connection, ended.run)

    assert {Path(path).parent.name for path in run.artefacts} == {
        f"run-{run.id}-1",
        f"run-{run.id}-2",
    }
    assert len(artefacts.lines(storage, run)) == len(run.artefacts)


async def test_a_page_that_never_loaded_leaves_its_requests(
    here: given.House, world: client.Practice
) -> None:
    world.fault("reset", path="/followed-cams/", times=None, keep=0)
    world.fault("reset", path="/", times=None, keep=0)
    ended = await here.collect("chaturbate.followed")
    asked = kept(here, ended)["requests.jsonl"].read_text().splitlines()

    assert ended.status == "partial"
    assert any(json.loads(line)["failed"] for line in asked)


@pytest.mark.parametrize("what", ["good", "nothing"])
async def test_nothing_is_kept_of_a_good_run_nor_of_a_rehearsal(
    here: given.House, world: client.Practice, what: str
) -> None:
    if what == "nothing":
        keeping(here, "nothing")
        world.fault("server_error", path=ROOMS, times=None)
    ended = await here.collect("chaturbate.followed")

    assert kept(here, ended) == {}
    assert not (here.chosen.storage.directory / "artefacts").exists()


async def test_a_place_that_cannot_be_written_does_not_hide_the_error(
    here: given.House, world: client.Practice
) -> None:
    (here.chosen.storage.directory / "artefacts").write_text("in the way")
    world.fault("challenge", path=ROOMS, times=None)
    ended = await here.collect("chaturbate.followed")

    assert [error.code for error in ended.errors] == ["challenge"]
    assert kept(here, ended) == {}


async def test_a_trace_is_kept_when_asked_for_of_good_runs_too(here: given.House) -> None:
    ended = await keeping(here, "traces").collect("chaturbate.followed")
    files = kept(here, ended)

    assert ended.status == "ok"
    assert {*files} == {"trace.zip"}
    assert stat.S_IMODE(files["trace.zip"].stat().st_mode) == 0o600
    assert "trace.trace" in zipfile.ZipFile(files["trace.zip"]).namelist()


def test_old_artefacts_and_day_old_traces_go_and_nothing_else(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    ages = {"run-1-1/page.html": 31, "run-2-1/page.html": 2, "run-2-1/trace.zip": 1.5}
    ages |= {"run-3-1/trace.zip": 0.5, "run-4-1/trace.zip": 2, "mine/page.html": 99}
    for name, days in ages.items():
        path = tmp_path / "artefacts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (now - days * 86_400,) * 2)
    artefacts.prune(tmp_path, 30, now)
    left = {str(path.relative_to(tmp_path / "artefacts")) for path in tmp_path.rglob("*.*")}

    assert left == {"run-2-1/page.html", "run-3-1/trace.zip", "mine/page.html"}
    artefacts.prune(tmp_path, 0, now)
    assert [path.name for path in (tmp_path / "artefacts").iterdir()] == ["mine"]


def test_pruning_where_nothing_was_ever_kept_is_nothing_to_do(tmp_path: Path) -> None:
    artefacts.prune(tmp_path, 30)

    assert list(tmp_path.iterdir()) == []
