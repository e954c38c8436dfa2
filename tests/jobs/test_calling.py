"""Interfaces are called with the account's tokens, within budgets, while it makes sense."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.practice import client
from jobs import settings, tokens
from models import db
from scraper import errors, vault
from tests.jobs import given_callers

STATS = "chaturbate.stats"


@pytest.fixture
def callers(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> Iterator[given_callers.Callers]:
    world.configure(followed=8, strangers=5, keep_sessions=True)
    yield given_callers.callers(world, new_database, tmp_path)
    world.clear_faults()


def asked(world: client.Practice, path: str) -> int:
    return len(world.requests(path))


async def test_without_its_token_nothing_is_asked(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, keep_sessions=True)
    callers = given_callers.callers(world, new_database, tmp_path, environ={})

    ended = await callers.collect(STATS)

    assert (ended.status, ended.errors[0].code) == ("needs_operator", "no_token")
    assert "GREENROOM_TOKEN_MAIN__STATS" in ended.errors[0].message
    assert asked(world, "/statsapi/") == 0


async def test_a_token_may_lie_in_the_vault(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, keep_sessions=True)
    callers = given_callers.callers(world, new_database, tmp_path, environ={})
    box = vault.open_vault(callers.chosen.storage.directory, {})
    tokens.store("main", "stats", client.API_TOKEN, box)

    assert (await callers.collect(STATS)).status == "ok"
    assert tokens.forget("main", "stats", box)
    assert tokens.source("main", "stats", {}, box) == "missing"


async def test_a_refused_token_is_not_sent_again_until_there_is_another(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, keep_sessions=True)
    wrong = given_callers.TOKENS | {"GREENROOM_TOKEN_MAIN__STATS": "canary-wrong-token"}
    callers = given_callers.callers(world, new_database, tmp_path, environ=wrong)

    first, second = await callers.collect(STATS), await callers.collect(STATS)
    sent = asked(world, "/statsapi/")
    right = given_callers.callers(world, new_database, tmp_path)

    assert [run.errors[0].code for run in (first, second)] == ["token_refused"] * 2
    assert (sent, (await right.collect(STATS)).status) == (1, "ok")


async def test_a_refused_token_does_not_keep_the_account_s_browser_from_working(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, keep_sessions=True)
    wrong = given_callers.TOKENS | {"GREENROOM_TOKEN_MAIN__STATS": "canary-wrong-token"}
    callers = given_callers.callers(world, new_database, tmp_path, environ=wrong)

    await callers.collect(STATS)

    assert callers.rows("SELECT waiting_for FROM accounts") == [(None,)]


async def test_no_token_is_stored_anywhere(
    callers: given_callers.Callers, world: client.Practice, tmp_path: Path
) -> None:
    for collector in (STATS, "chaturbate.online_rooms", "statbate.online"):
        assert (await callers.collect(collector)).status == "ok"
    callers.database.close()

    assert world.requests("/statsapi/")
    assert holding(tmp_path, client.API_TOKEN.encode()) == []


def holding(folder: Path, secret: bytes) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if secret in path.read_bytes()]


async def test_calls_keep_the_pace_of_their_budget(
    world: client.Practice, new_database: db.Database, tmp_path: Path
) -> None:
    world.configure(followed=8, cbhours_pace=True, keep_sessions=True)
    callers = given_callers.callers(world, new_database, tmp_path, rate=6000)
    callers.watch(f"room_{number}" for number in range(120))

    began = time.monotonic()
    ended = await callers.collect("cbhours.live")

    assert (ended.status, ended.pages) == ("ok", 3)
    assert time.monotonic() - began >= 2.0


async def test_a_picture_is_kept_once_and_its_place_stands_in_the_table(
    callers: given_callers.Callers, world: client.Practice
) -> None:
    online = world.truth()["followed"]["online"]
    callers.watch(online)
    await callers.collect("chaturbate.online_rooms")

    first = await callers.collect("chaturbate.images")
    again = await callers.collect("chaturbate.images")

    found = callers.rows("SELECT path, url, sha256, size FROM images WHERE path IS NOT NULL")
    folder = callers.chosen.storage.directory / "pictures"
    assert found
    assert all((folder / path).stat().st_size == size for path, _, _, size in found)
    assert len(list(folder.glob("*/*"))) == len({path for path, *_ in found})
    assert (first.status, again.status, again.new) == ("ok", "ok", 0)


def test_a_token_variable_that_nothing_reads_is_named() -> None:
    chosen = settings.read('[accounts.main]\nsite = "chaturbate"\nusername = "alice"\n', None, {})
    environ = given_callers.TOKENS | {"GREENROOM_TOKEN_MAIN__STATTS": "x"}

    assert tokens.unused(chosen, environ) == [
        "GREENROOM_TOKEN_FIGURES__API",
        "GREENROOM_TOKEN_MAIN__STATTS",
    ]


async def test_many_rooms_are_asked_about_at_once_where_their_ids_are_known(
    callers: given_callers.Callers, world: client.Practice
) -> None:
    names = world.truth()["followed"]["online"]
    callers.watch(names, site="stripchat")

    before = await callers.collect("stripchat.live")
    await callers.collect("stripchat.status")
    after = await callers.collect("stripchat.live")

    assert (before.status, before.pages, after.status, after.pages) == ("ok", 0, "ok", 1)
    assert callers.rows("SELECT count(*) FROM stripchat_live_snapshots") == [(len(names),)]


def test_one_refusal_does_not_make_another_forgotten(tmp_path: Path) -> None:
    refusals = tokens.Refusals(tmp_path, "main")
    refusals.note({"stats": "one"})
    refusals.note({"events": "two"})

    for name, token in (("stats", "one"), ("events", "two")):
        with pytest.raises(errors.NeedsOperator, match=name):
            refusals.check({name: token})
    refusals.check({"stats": "another"})
    refusals.forget()
    refusals.check({"stats": "one"})
