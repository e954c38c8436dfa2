"""Three throttles in a row open the account's breaker; it closes by itself."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from scraper import breaker, errors, pace
from tests.scraper import given_answers as given


@pytest.fixture
def guard(tmp_path: Path) -> breaker.Breaker:
    return breaker.Breaker(tmp_path, "studio")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return breaker.file(tmp_path, "studio")


def throttle(guard: breaker.Breaker, times: int, retry_after: float | None = None) -> None:
    for _ in range(times):
        guard.throttled(retry_after)


def test_three_throttles_in_a_row_open_it_for_every_process(
    guard: breaker.Breaker, file: Path
) -> None:
    throttle(guard, 3)

    with pytest.raises(errors.TryLater) as caught:
        breaker.Breaker(file.parent, "studio").check()
    assert caught.value.code == "breaker_open"
    assert caught.value.retry_after == pytest.approx(breaker.REST, abs=2)
    assert breaker.rests(file) == pytest.approx(breaker.REST, abs=2)
    breaker.Breaker(file.parent, "another").check()


def test_an_answer_between_them_keeps_it_closed(guard: breaker.Breaker) -> None:
    throttle(guard, 2)
    guard.answered()
    throttle(guard, 2)
    guard.check()


@pytest.mark.parametrize(
    ("times", "asked", "rests"), [(3, 1800, 1800), (3, 5, 900), (1, 1000, 1000)]
)
def test_it_stays_open_as_long_as_the_site_asks(
    guard: breaker.Breaker, file: Path, times: int, asked: float, rests: float
) -> None:
    throttle(guard, times, retry_after=asked)

    assert breaker.rests(file) == pytest.approx(rests, abs=2)


@pytest.mark.parametrize("until", [-1.0, 86_400.0])
def test_it_closes_by_itself_and_when_the_clock_was_set_back(
    guard: breaker.Breaker, file: Path, until: float
) -> None:
    file.write_bytes(msgspec.json.encode({"throttles": 0, "until": time.time() + until}))
    guard.check()


def test_a_torn_file_is_a_closed_breaker(guard: breaker.Breaker, file: Path) -> None:
    file.write_bytes(b'{"until": 9')
    guard.check()


async def test_a_pace_gives_no_turn_while_its_site_is_left_alone(tmp_path: Path) -> None:
    turns = pace.Pace(tmp_path, "studio", 600)
    await turns.turn()
    for status in (200, 429):
        turns.throttled(None)
        turns.throttled(None)
        turns.answered([given.answer(status=status)])
    turns.throttled(None)

    with pytest.raises(errors.TryLater):
        await turns.turn()
