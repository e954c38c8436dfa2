"""A breaker for each account: three throttles in a row, and nobody asks the site for a while.

It is shared by every process that uses the account, and closes by itself.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import filelock
import msgspec

from scraper import errors

IN_A_ROW = 3
"""Throttled answers, without a good one between them, that open the breaker."""

REST = 900.0
"""Seconds that it stays open; longer where the site asks for longer."""

LONG = 300.0
"""Seconds: a site that asks for more is left alone by everybody instead of waited for."""

LONGEST = 3600.0
"""Seconds: no site's wish to be left alone is followed longer than that at a time."""


class _State(msgspec.Struct, kw_only=True):
    """Throttles in a row, and until when (epoch seconds) nobody may ask."""

    throttles: int = 0
    until: float = 0.0


def file(directory: Path, account: str) -> Path:
    """Return where the state of an account's breaker stands."""
    return directory / f"{slug(account)}.breaker"


def slug(key: str) -> str:
    """Return a file name for a key, another for each."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", key)
    return plain if plain == key else f"{plain}-{key.encode().hex()[:32]}"


class Breaker:
    """The breaker of one account; its state is a file in `directory`."""

    def __init__(self, directory: Path, account: str) -> None:
        self._path = file(directory, account)
        self._lock = filelock.FileLock(f"{self._path}.lock", timeout=5, mode=0o600)

    def check(self) -> None:
        """Raise TryLater `breaker_open`, with the seconds left, while the breaker is open."""
        left = rests(self._path)
        if left > 0:
            raise errors.TryLater(
                "breaker_open",
                f"the site asked us to slow down; it is left alone for {left:.0f} s more",
                retry_after=left,
            )

    def throttled(self, retry_after: float | None) -> bool:
        """Count a throttled answer; return whether the breaker is open by now.

        The last of a row opens it, and so does a site that asks for long.
        """
        asked = retry_after or 0.0
        with self._lock:
            state = _read(self._path)
            state.throttles += 1
            if state.throttles >= IN_A_ROW:
                state = _State(until=time.time() + min(max(REST, asked), LONGEST))
            elif asked > LONG:
                state.until = time.time() + min(asked, LONGEST)
            self._write(state)
        return state.until > 0

    def answered(self) -> None:
        """End the row: the site has answered."""
        if _read(self._path).throttles:
            with self._lock:
                self._write(_State())

    def _write(self, state: _State) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(state))
        draft.replace(self._path)


def rests(path: Path) -> float:
    """Return for how many seconds more the breaker of that file is open; 0 where it is closed."""
    left = _read(path).until - time.time()
    return left if 0 < left <= LONGEST else 0.0  # else the clock was set back


def _read(path: Path) -> _State:
    """Return the state; a closed one where the file is missing or torn."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_State)
    except (FileNotFoundError, msgspec.DecodeError):
        return _State()
