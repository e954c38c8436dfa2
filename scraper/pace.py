"""A polite pace: one even budget of requests per account, shared by every process that uses it."""

from __future__ import annotations

import asyncio
import http
import ipaddress
import time
from collections.abc import Iterable
from pathlib import Path
from urllib import parse

import filelock
import pyrate_limiter

from scraper import breaker, errors, payload

DEFAULT = 30
"""Requests a minute, unless the settings say otherwise."""

LONGEST_HOLD = breaker.LONGEST
"""Seconds: no site's wish to be left alone is followed longer than that at a time."""

_MINUTE = 60_000
_UNPACED = 60_000_000  # a minute: one turn a microsecond
_RETRY = 0.01  # seconds until the state is asked for again while another process has it


class Pace:
    """Turns for one account: evenly spaced, `requests_per_minute` in all its processes together.

    The state is a file named for `key` in `directory`: the microsecond at which the next turn is
    free. At 0 requests a minute turns are free, but a hold still holds.
    """

    def __init__(self, directory: Path, key: str, requests_per_minute: int) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / f"{breaker.slug(key)}.pace"
        self._lock = filelock.FileLock(self._path.with_suffix(".lock"), timeout=0, mode=0o600)
        self._rates = [pyrate_limiter.Rate(requests_per_minute or _UNPACED, _MINUTE, burst=1)]
        self._algorithm = pyrate_limiter.GCRA()
        self._breaker = breaker.Breaker(directory, key)

    async def turn(self) -> None:
        """Wait until the account may ask its site again. Can be cancelled at any time.

        Raises TryLater `breaker_open` while its site is left alone.
        """
        while True:
            self._breaker.check()
            wait = self._asked()
            if wait == 0:
                return
            await asyncio.sleep(wait)

    def throttled(self, retry_after: float | None) -> None:
        """Keep all processes of the account quiet: as long as the site asks, and longer if often.

        Raises Busy as `hold` does.
        """
        if not self._breaker.throttled(retry_after):
            self.hold(retry_after or 0.0)

    def answered(self, answers: Iterable[payload.Payload]) -> None:
        """Note that the site has answered, if these are answers and not refusals."""
        if all(answer.status < http.HTTPStatus.BAD_REQUEST for answer in answers):
            self._breaker.answered()

    def hold(self, seconds: float) -> None:
        """Give no turn to any process of the account for `seconds` (at most `LONGEST_HOLD`).

        Raises Busy (`account_busy`) if another process sits on the state for seconds.
        """
        until = _now() + int(min(max(seconds, 0), LONGEST_HOLD) * 1000)
        try:
            with self._lock.acquire(timeout=5):
                self._write(max(self._stored(), until * 1000))
        except filelock.Timeout:
            raise errors.Busy("account_busy") from None

    def _asked(self) -> float:
        """Take the turn if it is free, in one step for all processes; else return the wait."""
        try:
            with self._lock:
                state, decision = self._algorithm.step(self._rates, (self._stored(),), _now(), 1)
                if decision.allowed:
                    self._write(int(state[0]))
        except filelock.Timeout:
            return _RETRY
        return (decision.retry_after_ms or 0) / 1000

    def _stored(self) -> int:
        """Return when the next turn is free; 0 when the file is missing, torn or absurd."""
        try:
            stored = int(self._path.read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return 0
        latest = (_now() + int(LONGEST_HOLD * 1000) + _MINUTE) * 1000
        return stored if stored <= latest else 0  # the clock was set back

    def _write(self, microseconds: int) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_text(str(microseconds), "ascii")
        draft.replace(self._path)


def checked_rate(requests_per_minute: int, base_url: str) -> int:
    """Return the rate if it may be used on that site.

    Raises BadConfig (`bad_config`): only a site on this machine may be read without a pace.
    """
    if requests_per_minute < 0:
        raise errors.BadConfig("bad_config", "requests_per_minute cannot be negative")
    if requests_per_minute == 0 and not on_this_machine(base_url):
        raise errors.BadConfig(
            "bad_config",
            f"requests_per_minute = 0 is for sites on this machine only, not {base_url}",
            url=base_url,
        )
    return requests_per_minute


def on_this_machine(url: str) -> bool:
    """Whether the URL's host is this machine."""
    host = parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _now() -> int:
    return time.time_ns() // 1_000_000
