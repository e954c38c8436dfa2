"""No secret is left anywhere: good runs, failing runs, and all that is said and kept of them."""

from __future__ import annotations

import traceback
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from fixtures.practice import client
from jobs import artefacts, exports, golden, logs, raw, report
from models import archive, db, runs, upgrade
from scraper import errors, vault
from scraper.fetch import browser
from tests.jobs import given_canaries as canaries
from tests.jobs import given_command
from tests.jobs import given_runs as given

PASSWORD = 'canary pass/w+rd&"quoted"=%7'
TOTP = "KANARYSECRETKANARYSECRET23456723"
ENVIRON = {
    "GREENROOM_PASSWORD_MAIN": PASSWORD,
    "GREENROOM_PASSWORD_STATS": PASSWORD,
}
SMALL: dict[str, Any] = {
    "followed": 12,
    "followers": 6,
    "messages": 5,
    "tips": 5,
    "password": PASSWORD,
    "totp_secret": TOTP,
}
ROOMS = "/api/ts/roomlist/room-list/"
EVERY = ("chaturbate.followed", "chaturbate.followers", "chaturbate.chat", "chaturbate.tips")
STATS = "statbate_plus.chat"
FAILURES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("chaturbate.followed", "server_error", ROOMS, {}),
    ("chaturbate.followed", "html_instead", ROOMS, {}),
    ("chaturbate.followed", "rename_classes", ROOMS, {}),
    ("chaturbate.followers", "rename_classes", "/accounts/followers/", {}),
    ("chaturbate.followers", "truncate", "/accounts/followers/", {"mode": "content_length"}),
    ("chaturbate.followers", "logout_redirect", "/accounts/followers/", {}),
    ("chaturbate.followers", "second_factor", "/accounts/followers/", {}),
    ("chaturbate.chat", "challenge", "*", {}),
    ("chaturbate.chat", "rename_classes", "*", {}),
    ("chaturbate.tips", "age_gate", "*", {}),
    ("chaturbate.tips", "server_error", "/auth/login/", {}),
    (STATS, "server_error", "*", {}),
    (STATS, "html_instead", "*", {}),
    (STATS, "logout_redirect", "*", {}),
]


@pytest.fixture(scope="module")
async def lived(
    world: client.Practice, chrome: browser.Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[given.House]:
    """Return a house in which every collector has run well and badly, and everything was shown."""
    folder = tmp_path_factory.mktemp("lived")
    world.configure(**SMALL)
    database = db.connect(f"sqlite:///{folder / 'data' / 'greenroom.db'}")
    upgrade.upgrade(database)
    house = given.house(world, database, folder, chrome, environ=ENVIRON)
    house.runtime = msgspec.structs.replace(house.runtime, tell=logs.log.debug)
    factors = {"password": PASSWORD, "totp_secret": TOTP, "answer": True}
    vault.open_vault(folder / "data", ENVIRON).put(given.ACCOUNT, "credentials", factors)
    world.fault("second_factor", path="/auth/login/", site="chaturbate")
    said = folder / "data" / "said"
    said.mkdir()
    for form in ("human", "json"):
        with (said / form).open("w") as stream:
            logs.configure(json=form == "json", stream=stream, level="DEBUG")
            await live(house, FAILURES[form == "json" :: 2], said, well=form == "human")
    show(house, said)
    logs.configure()
    yield house
    world.clear_faults()
    database.close()


async def live(house: given.House, failures: list[Any], said: Path, *, well: bool) -> None:
    """Run every collector well, then fail as told; write down what a user is shown."""
    told = []
    for name in (*EVERY, STATS) if well else ():
        told.append(await collected(house, name))
        assert told[-1].status in {"ok", "held"}, told[-1]
    for name, fault, path, details in failures:
        if path == "/auth/login/":
            house.world.expire_sessions()
        house.world.fault(fault, path=path, times=None, site=name.partition(".")[0], **details)
        told.append(await collected(house, name))
        assert told[-1].errors, (name, fault)
        house.world.clear_faults()
        house.forget_sign_in()
    with (said / "reports").open("a") as out:
        for ended in told:
            out.write("\n".join([report.text(ended), *report.lines(ended), ""]))
            with house.database.read() as connection:
                noted = runs.get(connection, ended.run)
            out.write("\n".join(artefacts.lines(house.chosen.storage.directory, noted)))


async def collected(house: given.House, name: str) -> report.Report:
    with house.database.write() as connection:
        connection.execute(text("UPDATE accounts SET waiting_for = NULL"))
    target = {"target": house.world.username} if name == STATS else {}
    return await house.collect(name, **target)


def show(house: given.House, said: Path) -> None:
    """Export, parse and make cases of everything there is."""
    for what in ("followers", "following", "lost", "chat", "tips"):
        wish = exports.Wish(
            what=what, account=given.ACCOUNT, form="csv", output=str(said / f"{what}.csv")
        )
        exports.to_file(house.chosen, house.database, wish)
    with house.database.read() as connection:
        kinds = connection.execute(text("SELECT max(id) FROM payloads GROUP BY kind, status"))
        numbers = [int(number) for (number,) in kinds]
    with (said / "parsed").open("w") as out:
        for number in numbers:
            golden.write(house.chosen, house.database, number, said / "cases", f"case-{number}")
            try:
                out.write(raw.parsed(house.chosen, house.database, number))
            except errors.GreenroomError:
                out.write(traceback.format_exc())


@pytest.fixture(scope="module")
async def secrets(lived: given.House) -> set[str]:
    """Return every secret there was: of people, of sessions, of rooms."""
    told = {PASSWORD, TOTP, *lived.world.truth()["canaries"], *lived.world.tokens()}
    box = vault.open_vault(lived.chosen.storage.directory, ENVIRON)
    for account in (given.ACCOUNT, given.STATS):
        state = box.get(account, "session") or {}
        told |= {cookie["value"] for cookie in state["cookies"] if len(cookie["value"]) > 8}
    return told


async def test_no_file_holds_a_secret(lived: given.House, secrets: set[str]) -> None:
    storage = lived.chosen.storage.directory

    assert canaries.leaks(secrets, canaries.places(storage)) == []


async def test_no_archived_answer_holds_a_secret(lived: given.House, secrets: set[str]) -> None:
    assert canaries.leaks(secrets, canaries.bodies(lived.database)) == []


async def test_everything_that_was_to_be_searched_is_there(lived: given.House) -> None:
    names = [name for name, _ in canaries.places(lived.chosen.storage.directory)]

    assert [name for name in names if name.endswith("greenroom.db-wal")]
    for ending in ("page.html", "requests.jsonl", "about.json", ".session", "followers.csv"):
        assert [name for name in names if name.endswith(ending)], ending
    for name in ("said/human", "said/json", "said/reports", "said/parsed"):
        assert (lived.chosen.storage.directory / name).stat().st_size


def test_the_search_finds_a_secret_in_any_form_in_any_kind_of_file(tmp_path: Path) -> None:
    ways = ("log", "vault/main.session", "artefacts/run-1-1/page.html", "export.csv", "x.db-wal")
    for number, written in enumerate(sorted(canaries.forms(PASSWORD))):
        for name in ways:
            path = tmp_path / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"before " + written + b" after")
        found = canaries.leaks([PASSWORD], canaries.places(tmp_path / str(number)))

        assert {place for place, _, _ in found} == {*ways}


@pytest.fixture
def tainted(tmp_path: Path) -> Iterator[db.Database]:
    database = db.connect(f"sqlite:///{tmp_path / 'tainted.db'}")
    upgrade.upgrade(database)
    yield database
    database.close()


async def test_the_search_finds_a_secret_in_a_database_and_in_a_packed_answer(
    lived: given.House, tainted: db.Database, tmp_path: Path
) -> None:
    with lived.database.read() as connection:
        site = connection.execute(text("SELECT * FROM accounts LIMIT 1")).mappings().one()
    with tainted.write() as connection:
        account = runs.account(connection, PASSWORD, site["site"], "somebody")
        order = runs.Order(account_id=account.id, collector="x", requested_by="t", version="1")
        run_id = runs.create(connection, order)
        packed = b"x" * 5000 + TOTP.encode() + b"y" * 5000
        put_payload(connection, run_id, packed)

    assert canaries.leaks([PASSWORD], canaries.places(tmp_path))
    assert canaries.leaks([TOTP], canaries.bodies(tainted))


def put_payload(connection: db.Connection, run: int, body: bytes) -> None:
    answer = archive.Answer(
        kind="k",
        url="u",
        status=200,
        headers={},
        request="{}",
        body=body,
        fetched_at=datetime.now(UTC),
    )
    archive.put(connection, run, answer)


def test_a_command_that_fails_with_a_trace_leaves_secrets_in_the_trace_alone(
    world: client.Practice, tmp_path: Path
) -> None:
    world.configure(**SMALL)
    world.fault("server_error", path=ROOMS, times=None)
    (tmp_path / "greenroom.toml").write_text(given.config(world))
    ask = ("--log-json", "--verbose", "collect", "chaturbate.followed", "-a", "main")
    ended = given_command.greenroom(tmp_path, *ask, "--trace", **ENVIRON)
    shown = given_command.greenroom(tmp_path, "runs", "show", "1", **ENVIRON)
    world.clear_faults()
    (tmp_path / "said").write_text(ended.stdout + ended.stderr + shown.stdout + shown.stderr)
    secrets = {PASSWORD, TOTP, *world.tokens()}

    assert canaries.leaks(secrets, canaries.places(tmp_path)) == []
    (trace,) = tmp_path.rglob("trace.zip")
    recorded = zipfile.ZipFile(trace)
    held = [(name, recorded.read(name)) for name in recorded.namelist()]
    assert canaries.leaks(secrets, held)
    assert "trace.zip" in shown.stdout
