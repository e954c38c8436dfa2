"""A second factor is answered by the operator, by a command or from a secret: once, and proved."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.practice import client
from jobs import codes
from models import db
from scraper import errors
from scraper.fetch import browser
from tests.jobs import given_command, given_waiting
from tests.jobs import given_runs as given

FOLLOWERS = given_waiting.FOLLOWERS
COLLECTOR = "chaturbate.followers"
SECRET = {"totp_secret": client.TOTP_SECRET}


@pytest.fixture
def make(
    world: client.Practice,
    chrome: browser.Browser,
    new_sqlite: Callable[[str], str],
    tmp_path: Path,
) -> Iterator[given_waiting.Make]:
    world.configure(**given_waiting.SMALL, second_factor=True)
    database = db.connect(new_sqlite("migrated"))

    def furnish(**wanted: object) -> given_waiting.Waiting:
        return given_waiting.house(world, database, tmp_path, chrome, **wanted)

    yield furnish
    world.clear_faults()
    database.close()


def printing(code: str) -> list[str]:
    return [sys.executable, "-c", f"print({code!r})"]


async def test_a_code_completes_the_sign_in_and_the_run_goes_on(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    parked = await house.collect(COLLECTOR)
    waiting = house.account()
    await make().answer(world.code())
    ended = await house.resume(parked.run)

    assert [error.code for error in parked.errors] == ["second_factor"]
    assert waiting.waiting_for == "second_factor"
    assert house.account().waiting_for is None
    assert house.vault.get(given.ACCOUNT, "pending") is None
    assert ended.status == "ok"
    assert house.attempts() == ["second_factor", "code"]


async def test_the_other_site_takes_a_code_too(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    parked = await house.collect("statbate_plus.chat", target=client.USERNAME)
    await house.answer(world.code("statbate_plus"), given.STATS)

    assert [error.code for error in parked.errors] == ["second_factor"]
    assert (await house.resume(parked.run)).status == "ok"


async def test_a_wrong_code_is_sent_once_and_the_sign_in_still_waits(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    await house.collect(COLLECTOR)
    with pytest.raises(errors.NeedsOperator) as refused:
        await house.answer("000000")

    assert refused.value.code == house.account().waiting_for == "second_factor_wrong"
    assert house.attempts() == ["second_factor", "wrong_code"]
    await house.answer(world.code())
    assert house.account().waiting_for is None


async def test_a_code_asked_for_in_mid_list_goes_on_from_the_same_page(
    make: given_waiting.Make, world: client.Practice
) -> None:
    world.configure(**given_waiting.SMALL)
    world.fault("second_factor", path=FOLLOWERS, page=2, until_answered=True)
    house = make()
    parked = await house.collect(COLLECTOR)
    await house.answer(world.code())
    ended = await make(environ=given_waiting.NO_PASSWORDS).resume(parked.run)

    assert [error.code for error in parked.errors] == ["second_factor"]
    assert ended.status == "ok"
    assert house.asked() == [1, 2, 2, 3]
    assert house.members("follower") == set(world.truth()["followers"])


async def test_a_sign_in_that_is_over_takes_no_code(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    await house.collect(COLLECTOR)
    world.expire_sessions()
    with pytest.raises(errors.NeedsOperator) as over:
        await house.answer(world.code())

    assert over.value.code == house.account().waiting_for == "second_factor_expired"
    with pytest.raises(errors.BadConfig) as nothing:
        await house.answer(world.code())
    assert nothing.value.code == "not_possible"


async def test_a_stored_secret_answers_by_itself_if_that_was_chosen(
    make: given_waiting.Make,
) -> None:
    house = make()
    house.vault.put(given.ACCOUNT, "credentials", SECRET | {"answer": True})
    ended = await house.collect(COLLECTOR)

    assert ended.status == "ok"
    assert house.attempts() == ["second_factor", "code"]


async def test_a_stored_secret_waits_to_be_asked_for_otherwise(make: given_waiting.Make) -> None:
    house = make()
    house.vault.put(given.ACCOUNT, "credentials", SECRET | {"answer": False})
    parked = await house.collect(COLLECTOR)
    await house.answer(None)

    assert parked.status == "needs_operator"
    assert (await house.resume(parked.run)).status == "ok"


async def test_a_command_answers_by_itself(
    make: given_waiting.Make, world: client.Practice
) -> None:
    ended = await make(command=printing(world.code())).collect(COLLECTOR)

    assert ended.status == "ok"


async def test_a_command_answers_in_mid_list_and_the_run_does_not_stop(
    make: given_waiting.Make, world: client.Practice
) -> None:
    world.configure(**given_waiting.SMALL)
    world.fault("second_factor", path=FOLLOWERS, page=2, until_answered=True)
    house = make(command=printing(world.code()))
    ended = await house.collect(COLLECTOR)

    assert ended.status == "ok"
    assert house.asked() == [1, 2, 2, 3]


async def test_a_run_answers_once_by_itself(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make(command=printing("000000"))
    parked = await house.collect(COLLECTOR)

    assert [error.code for error in parked.errors] == ["second_factor_wrong"]
    assert house.attempts() == ["second_factor", "wrong_code"]
    await house.answer(world.code())


async def test_a_command_that_fails_leaves_the_sign_in_waiting(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make(command=["false"])
    parked = await house.collect(COLLECTOR)

    assert [error.code for error in parked.errors] == ["answer_command_failed"]
    await house.answer(world.code())
    assert (await house.resume(parked.run)).status == "ok"


SCRIPTS = {
    "import sys; print('canary-out', file=sys.stderr); sys.exit(3)": "ended with status 3",
    "print('not a code at all')": "printed no code",
    "print('canary-out' * 1000)": "more than a code",
    "import time; time.sleep(60)": "within 0.7 s",
}


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_command_without_a_code_says_why_and_keeps_its_words(script: str) -> None:
    with pytest.raises(errors.NeedsOperator) as failed:
        await codes.from_command([sys.executable, "-c", script], {}, 0.7)

    assert failed.value.code == "answer_command_failed"
    assert SCRIPTS[script] in failed.value.message
    assert "canary" not in failed.value.message


async def test_a_command_that_is_not_there_says_so() -> None:
    with pytest.raises(errors.NeedsOperator, match="cannot be started"):
        await codes.from_command(["no-such-password-manager"], {})


async def test_a_command_knows_none_of_our_secrets() -> None:
    script = "import os; print(1234 + sum(name.startswith('GREENROOM') for name in os.environ))"
    environ = {"GREENROOM_PASSWORD_MAIN": "canary", "GREENROOM_KEY": "canary"}

    assert await codes.from_command([sys.executable, "-c", script], environ) == "1234"


async def test_what_a_command_started_ends_with_it(tmp_path: Path) -> None:
    left = tmp_path / "left"
    child = f"import time, pathlib; time.sleep(2); pathlib.Path({str(left)!r}).touch()"
    script = (
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]);"
        " time.sleep(60)"
    )
    with pytest.raises(errors.NeedsOperator):
        await codes.from_command([sys.executable, "-c", script], {}, 1.0)
    with pytest.raises(errors.NeedsOperator):
        await codes.from_command([sys.executable, "-c", "import time; time.sleep(60)"], {}, 2.5)

    assert not left.exists()


@pytest.mark.parametrize(
    "text",
    [
        "gezd gnbv gy3t qojq\n",
        "GEZDGNBVGY3TQOJQ",
        "otpauth://totp/Site:operator_one?secret=GEZDGNBVGY3TQOJQ&issuer=Site",
    ],
)
def test_a_secret_is_taken_as_sites_write_it(text: str) -> None:
    assert codes.from_secret(codes.secret(text)) == codes.from_secret("GEZDGNBVGY3TQOJQAAAAAAAA")


@pytest.mark.parametrize(
    "text", ["", "canary!", "otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQ&counter=1", "otpauth://x"]
)
def test_what_is_no_secret_is_refused_unrepeated(text: str) -> None:
    with pytest.raises(errors.BadConfig) as refused:
        codes.secret(text)

    assert refused.value.code == "bad_request"
    assert "canary" not in refused.value.message


def test_the_command_line_answers_and_goes_on(tmp_path: Path, world: client.Practice) -> None:
    world.configure(**given_waiting.SMALL, second_factor=True)
    (tmp_path / "greenroom.toml").write_text(given.config(world))
    parked = given_command.greenroom(
        tmp_path, "collect", COLLECTOR, "-a", given.ACCOUNT, **given.PASSWORDS
    )
    answered = given_command.greenroom(
        tmp_path, "accounts", "answer", given.ACCOUNT, world.code(), **given.PASSWORDS
    )

    assert parked.returncode == 3
    assert "accounts answer" in parked.stdout
    assert (answered.returncode, answered.stderr.count("error")) == (0, 0)
    assert "signed in as operator_one" in answered.stdout
    assert "chaturbate.followers as main: ok" in answered.stdout


def test_a_secret_is_stored_from_standard_input(tmp_path: Path, world: client.Practice) -> None:
    world.configure(**given_waiting.SMALL, second_factor=True)
    (tmp_path / "greenroom.toml").write_text(given.config(world))
    stored = given_command.greenroom(
        tmp_path, "accounts", "store-totp", given.ACCOUNT, "--answer", typed=client.TOTP_SECRET
    )
    ended = given_command.greenroom(
        tmp_path, "collect", COLLECTOR, "-a", given.ACCOUNT, **given.PASSWORDS
    )

    assert stored.returncode == 0, stored.stderr
    assert client.TOTP_SECRET not in stored.stdout + stored.stderr + ended.stdout + ended.stderr
    assert ended.returncode == 0
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if client.TOTP_SECRET.encode() in file.read_bytes()] == []
