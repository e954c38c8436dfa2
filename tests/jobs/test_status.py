"""The status of an account says until when it is likely to last, and what waits for whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from jobs import account_status, orders, settings
from models import db, moment, runs
from scraper import errors, vault
from tests.jobs import given_runs as given
from tests.jobs import given_web
from tests.jobs.given_command import greenroom

CONFIG = """
[storage]
directory = "data"
[accounts.alice]
site = "chaturbate"
username = "alice_s"
[accounts.bob]
site = "statbate_plus"
username = "bob@example.org"
"""
DAY = timedelta(days=1)


class Books:
    """The accounts of a settings file, their rows and their vault."""

    def __init__(self, folder: Path, database: db.Database) -> None:
        self.chosen = settings.read(CONFIG, folder / "greenroom.toml", {})
        self.database = database

    def note(self, name: str = "alice", **columns: Any) -> int:
        vault.open_vault(self.chosen.storage.directory, {}).put(name, "session", {"cookies": []})
        with self.database.write() as connection:
            account = orders.account(connection, self.chosen, name)
            runs.note_account(connection, account.id, **{"site": account.site, **columns})
        return account.id

    def status(self, name: str | None = None) -> list[account_status.Status]:
        with self.database.read() as connection:
            return list(account_status.of(connection, self.chosen, {}, name))


@pytest.fixture
def books(tmp_path: Path, new_sqlite: Callable[[str], str]) -> Iterator[Books]:
    database = db.connect(new_sqlite("migrated"))
    yield Books(tmp_path, database)
    database.close()


def test_an_account_that_was_never_used_is_not_connected(books: Books) -> None:
    assert [(one.account, one.connected, one.waiting) for one in books.status()] == [
        ("alice", False, None),
        ("bob", False, None),
    ]


@pytest.mark.parametrize(
    ("cookie", "lifetime", "likely"),
    [(14, None, 14), (14, 10, 10), (7, 10, 7), (None, 10, 10), (None, None, None)],
)
def test_the_sooner_of_cookie_and_past_lifetime_is_likely(
    books: Books, cookie: int | None, lifetime: int | None, likely: int | None
) -> None:
    began = moment.now()
    books.note(
        connected_by="import",
        connected_at=began,
        proved_at=began,
        expires_at=None if cookie is None else began + cookie * DAY,
        lifetime=None if lifetime is None else lifetime * DAY.total_seconds(),
    )

    (one,) = books.status("alice")

    assert one.connected
    assert one.likely_until == (None if likely is None else began + likely * DAY)


def test_a_session_that_the_site_ended_is_not_connected_until_it_is_proved_again(
    books: Books,
) -> None:
    now = moment.now()
    books.note(connected_at=now - DAY, proved_at=now - DAY, lost_at=now, expires_at=now + DAY)
    before = books.status("alice")[0]
    books.note(proved_at=now + timedelta(seconds=1))

    assert (before.connected, before.likely_until) == (False, None)
    assert books.status("alice")[0].connected


def test_what_waits_is_named_with_the_run_that_waits(books: Books) -> None:
    since = moment.now() - DAY
    account = books.note(
        waiting_for="second_factor", waiting_since=since, waiting_at="https://chaturbate.com/x/"
    )
    order = runs.Order(
        account_id=account, collector="chaturbate.followers", requested_by="cli", version="1"
    )
    with books.database.write() as connection:
        run_id = runs.create(connection, order)
        runs.amend(connection, run_id, {"status": "needs_operator", "leads": "[]"})

    (one,) = books.status("alice")

    assert one.waiting == account_status.Waiting(
        code="second_factor", since=since, url="https://chaturbate.com/x/", runs=[run_id]
    )
    told = "\n".join(account_status.lines(one))
    assert errors.CODES["second_factor"] in told
    assert f"run {run_id} waits" in told


def test_an_unknown_account_is_refused(books: Books) -> None:
    with pytest.raises(errors.BadConfig):
        books.status("carol")


def test_the_command_prints_one_object_for_each_account(tmp_path: Path) -> None:
    (tmp_path / "greenroom.toml").write_text(CONFIG)

    said = greenroom(tmp_path, "accounts", "status", "--json")

    rows = [json.loads(line) for line in said.stdout.splitlines()]
    assert said.returncode == 0, said.stderr
    assert [row["account"] for row in rows] == ["alice", "bob"]
    assert list(rows[0]) == list(account_status.Status.__struct_fields__)
    assert "not connected" in greenroom(tmp_path, "accounts", "status", "bob").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "ended"),
    [
        (("sign-in", "alice"), "no_screen", 2),
        (("import-session", "alice", "absent.txt"), "bad_request", 2),
        (("import-session", "alice", "greenroom.toml"), "session_unreadable", 2),
        (("import-session", "alice", "empty.txt"), "session_empty", 3),
        (("sign-in", "alice", "--headless", "--remote-debugging", "9222"), "bad_request", 2),
    ],
)
def test_the_commands_say_what_is_wrong(
    tmp_path: Path, arguments: tuple[str, ...], code: str, ended: int
) -> None:
    (tmp_path / "greenroom.toml").write_text(CONFIG)
    (tmp_path / "empty.txt").write_text("[]")

    said = greenroom(tmp_path, "accounts", *arguments)

    assert (said.returncode, f"error[{code}]" in said.stderr) == (ended, True), said.stderr


async def test_an_import_goes_on_with_the_run_that_waited(
    world: client.Practice, tmp_path: Path
) -> None:
    world.configure(followed=3)
    (tmp_path / "greenroom.toml").write_text(given.config(world))
    told = greenroom(tmp_path, "collect", "chaturbate.followed", "--account", given.ACCOUNT)
    async with given_web.signed_in(world) as web:
        (tmp_path / "header.txt").write_text(f"Cookie: sessionid={web.cookies['sessionid']}")

    said = greenroom(tmp_path, "accounts", "import-session", given.ACCOUNT, "header.txt")

    assert (told.returncode, said.returncode) == (3, 0), said.stderr
    assert f"{given.ACCOUNT}: connected as {client.USERNAME}" in said.stdout
    assert "run 1 chaturbate.followed as main: ok" in said.stdout
    assert world.sign_in_attempts()[-1]["outcome"] == "ok"
    assert len(world.sign_in_attempts()) == 1
