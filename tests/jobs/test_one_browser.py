"""One browser per account at a time, whatever ends its holder; many accounts side by side."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from fixtures.practice import client
from jobs import orders, parking, settings
from scraper import alone, errors
from scraper.sites import register
from tests.jobs import given_runs as given
from tests.jobs import given_waiting

COLLECTOR = "chaturbate.followers"
HOLD = """
import pathlib, sys
from scraper import alone
with alone.account_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(lock: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold a lock until its standard input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "main.lock"


def place(house: given.House) -> Path:
    return settings.session_file(house.chosen, given.ACCOUNT).with_suffix(".lock")


def test_a_lock_left_by_a_killed_process_is_cleared(lock: Path) -> None:
    with held(lock) as process:
        process.kill()
        process.wait()
        left = alone.holder_file(lock).read_bytes()

        assert msgspec.json.decode(left)["pid"] == process.pid
        with alone.account_lock(lock):
            assert alone.holder_file(lock).read_bytes() != left
        assert not alone.holder_file(lock).exists()


def test_a_live_lock_is_never_cleared(lock: Path) -> None:
    with held(lock) as process:
        with pytest.raises(errors.Busy) as busy, alone.account_lock(lock):
            raise AssertionError
        assert busy.value.code == "account_busy"
        assert f"process {process.pid} on" in busy.value.message
        assert alone.holder_file(lock).exists()


@pytest.mark.parametrize(
    "written", [msgspec.json.encode(alone.Holder(host="elsewhere", pid=1)), b"", b"what"]
)
def test_a_lock_of_another_machine_is_never_cleared(lock: Path, written: bytes) -> None:
    lock.parent.mkdir()
    alone.holder_file(lock).write_bytes(written)
    with pytest.raises(errors.Busy) as busy, alone.account_lock(lock):
        raise AssertionError

    assert busy.value.code == "account_elsewhere"
    assert str(alone.holder_file(lock)) in busy.value.message
    assert alone.holder_file(lock).read_bytes() == written


async def test_who_waits_gets_its_turn_when_the_holder_ends(lock: Path) -> None:
    with held(lock) as process:
        assert process.stdin is not None
        asyncio.get_running_loop().call_later(0.3, process.stdin.close)
        async with alone.in_turn(lock, 60):
            assert msgspec.json.decode(alone.holder_file(lock).read_bytes())["pid"] != process.pid


async def test_nobody_waits_for_ever(lock: Path) -> None:
    with held(lock), pytest.raises(errors.Busy):
        async with alone.in_turn(lock, 0.2):
            raise AssertionError


async def test_a_second_run_ends_busy_and_asks_for_nothing(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    with held(place(house)):
        ended = await house.collect(COLLECTOR)

    assert ended.status == "busy"
    assert [error.code for error in ended.errors] == ["account_busy"]
    assert world.requests() == []
    assert house.account().waiting_for is None


async def test_a_second_run_waits_if_it_may(make: given_waiting.Make) -> None:
    house = make(patience=120.0)
    both = await asyncio.gather(house.collect(COLLECTOR), house.collect("chaturbate.followed"))

    assert [ended.status for ended in both] == ["ok", "ok"]
    assert house.attempts() == ["ok"]


async def test_a_run_that_waited_asks_for_nothing_if_the_account_must_wait_by_then(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make(patience=120.0)
    await house.collect("chaturbate.followed")
    account, asked = house.account(), len(world.requests())
    with held(place(house)) as process:
        wish = orders.Wish(collector=COLLECTOR, account=given.ACCOUNT, requested_by="test")
        with house.database.write() as connection:
            number = orders.place(connection, house.chosen, register.SITES, wish)
        running = asyncio.ensure_future(house.execute(number))
        await asyncio.sleep(alone.LOOK_EVERY)
        with house.database.write() as connection:
            parking.wait(connection, account.id, errors.NeedsOperator("challenge"))
        assert process.stdin is not None
        process.stdin.close()
        ended = await running

    assert [error.code for error in ended.errors] == ["challenge"]
    assert len(world.requests()) == asked


async def test_accounts_run_side_by_side_and_are_never_mixed_up(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()

    async def run(collector: str, account: str) -> str:
        wish = orders.Wish(
            collector=collector,
            account=account,
            requested_by="test",
            target=client.USERNAME if account == given.STATS else None,
        )
        with house.database.write() as connection:
            number = orders.place(connection, house.chosen, register.SITES, wish)
        return (await house.execute(number)).status

    ended = await asyncio.gather(
        run(COLLECTOR, given.ACCOUNT),
        run(COLLECTOR, given_waiting.SECOND),
        run("statbate_plus.chat", given.STATS),
    )
    visitors = [visited["username"] for visited in world.requests(given_waiting.FOLLOWERS)]
    cookies = [_cookies(house, name) for name in (given.ACCOUNT, given_waiting.SECOND)]

    assert set(ended) == {"ok"}
    assert sorted(visitors) == [client.USERNAME] * 3 + [client.SECOND_USERNAME] * 3
    assert cookies[0].isdisjoint(cookies[1])


async def test_one_account_that_waits_stops_no_other(
    make: given_waiting.Make, world: client.Practice
) -> None:
    house = make()
    world.fault("challenge", path=given_waiting.FOLLOWERS, page=2)
    parked = await house.collect(COLLECTOR)
    served = await house.collect("statbate_plus.chat", target=client.USERNAME)

    assert (parked.status, served.status) == ("needs_operator", "ok")
    assert house.account().waiting_for == "challenge"


def _cookies(house: given_waiting.Waiting, account: str) -> set[str]:
    state = house.vault.get(account, "session") or {}
    return {cookie["value"] for cookie in state["cookies"]}
