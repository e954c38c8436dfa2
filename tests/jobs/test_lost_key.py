"""A lost key costs a sign-in and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.practice import client
from jobs import connecting
from models import db
from scraper.fetch import browser
from tests.jobs import given_runs as given
from tests.jobs import given_waiting
from tests.scraper import given_vault

ERRAND = "chaturbate.followers"


@pytest.mark.parametrize(
    ("key", "code"), [("", "vault_key_missing"), (given_vault.key("B"), "vault_key_wrong")]
)
async def test_a_lost_key_stops_runs_before_they_ask_and_signing_in_again_heals_it(
    world: client.Practice,
    chrome: browser.Browser,
    new_sqlite: Callable[[str], str],
    tmp_path: Path,
    *,
    key: str,
    code: str,
) -> None:
    world.configure(**given_waiting.SMALL)
    database = db.connect(new_sqlite("migrated"))
    first = given_waiting.house(world, database, tmp_path, chrome)
    assert (await first.collect(ERRAND)).status == "ok"
    asked, people = len(world.requests()), first.members("follower")
    first.forget_sign_in()

    environ = given_waiting.PASSWORDS | {"GREENROOM_KEY": key}
    house = given_waiting.house(world, database, tmp_path, chrome, environ=environ)
    parked = await house.collect(ERRAND)

    assert (parked.status, [one.code for one in parked.errors]) == ("needs_operator", [code])
    assert len(world.requests()) == asked
    assert house.members("follower") == people

    await connecting.by_password(house.desk, house.account())

    assert (await house.resume(parked.run)).status == "ok"
    assert (await house.collect(ERRAND)).status == "ok"
    assert house.members("follower") == people
    assert house.attempts() == ["ok", "ok"]
    aside = tmp_path / "data" / "vault" / f"{given.ACCOUNT}.session.unreadable"
    assert aside.exists()
    database.close()
