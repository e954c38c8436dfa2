from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scraper import errors, pace

TAKER = """
import asyncio, pathlib, sys, time
from scraper import pace

async def main(folder, rate, turns):
    account = pace.Pace(pathlib.Path(folder), "alice", int(rate))
    for _ in range(int(turns)):
        await account.turn()
        print(time.time(), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def timed(account: pace.Pace, turns: int) -> float:
    start = time.monotonic()
    for _ in range(turns):
        await account.turn()
    return time.monotonic() - start


async def test_the_first_turn_is_free_and_the_next_ones_are_evenly_spaced(tmp_path: Path) -> None:
    account = pace.Pace(tmp_path, "alice", 600)
    assert await timed(account, 1) < 0.05
    assert 0.45 < await timed(account, 5) < 0.9


async def test_turns_not_taken_are_not_saved_up(tmp_path: Path) -> None:
    account = pace.Pace(tmp_path, "alice", 600)
    await account.turn()
    await asyncio.sleep(0.5)
    assert await timed(account, 3) > 0.19


def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKER, str(tmp_path), "600", "12"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(float(line) for run in runs for line in run.communicate()[0].splitlines())
    assert len(times) == 24
    late = 0.3  # a busy machine writes times down later than they were
    assert all(at - times[0] > 0.1 * turn - late for turn, at in enumerate(times))


async def test_accounts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    for key in ("alice", "bob", "al ice", "al-ice"):
        assert await timed(pace.Pace(tmp_path, key, 1), 1) < 0.1


async def test_a_hold_holds_every_process_of_the_account(tmp_path: Path) -> None:
    pace.Pace(tmp_path, "alice", 0).hold(0.4)
    assert 0.3 < await timed(pace.Pace(tmp_path, "alice", 0), 1) < 0.8


async def test_a_shorter_hold_does_not_end_a_longer_one(tmp_path: Path) -> None:
    account = pace.Pace(tmp_path, "alice", 0)
    account.hold(0.4)
    account.hold(0.0)
    assert await timed(account, 1) > 0.3


async def test_a_wait_can_be_cancelled_at_once(tmp_path: Path) -> None:
    account = pace.Pace(tmp_path, "alice", 1)
    account.hold(999_999)
    waiting = asyncio.ensure_future(account.turn())
    await asyncio.sleep(0.05)
    waiting.cancel()
    start = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert time.monotonic() - start < 0.1


@pytest.mark.parametrize("content", ["", "torn", "9" * 30, "-1"])
async def test_a_state_that_cannot_be_is_forgotten(tmp_path: Path, content: str) -> None:
    account = pace.Pace(tmp_path, "alice", 30)
    state_file(tmp_path).write_text(content)
    assert await timed(account, 1) < 0.1


def state_file(folder: Path) -> Path:
    return folder / "alice.pace"


async def test_unpaced_turns_cost_next_to_nothing(tmp_path: Path) -> None:
    assert await timed(pace.Pace(tmp_path, "alice", 0), 100) < 10


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost/", "http://[::1]:5/x", "http://127.9.9.9"]
)
def test_a_site_on_this_machine_may_go_unpaced(url: str) -> None:
    assert pace.checked_rate(0, url) == 0


@pytest.mark.parametrize(
    ("rate", "url"),
    [
        (0, "https://example.test"),
        (0, "https://localhost.example.test"),
        (0, "https://10.0.0.1"),
        (0, ""),
        (-1, "http://127.0.0.1"),
    ],
)
def test_no_other_site_may(rate: int, url: str) -> None:
    with pytest.raises(errors.BadConfig):
        pace.checked_rate(rate, url)


def test_any_pace_may_be_asked_for() -> None:
    assert pace.checked_rate(30, "https://example.test") == 30
