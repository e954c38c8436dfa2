"""One browser per account at a time: a lock between processes, and who holds it between machines.

The lock is the operating system's: it goes with the process that holds it, however that ends. On a
disk that machines share it may not reach the others, so the holder's machine stands beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import filelock
import msgspec

from scraper import errors

LOOK_EVERY = 0.5
"""Seconds between two looks at a lock that somebody holds."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that has an account."""

    host: str
    pid: int


def here() -> Holder:
    """Return this process."""
    return Holder(host=platform.node(), pid=os.getpid())


@contextlib.contextmanager
def account_lock(path: Path) -> Iterator[None]:
    """Hold the account for this run; the operating system lets go of it should we die.

    Raises Busy at once: `account_busy` if another run holds it, `account_elsewhere` if a machine
    of another name does, or did when it died: nobody here can tell, so nobody here clears it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = filelock.FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise _busy(path) from None
    try:
        beside = holder_file(path)
        _sign(beside)
        try:
            yield
        finally:
            beside.unlink(missing_ok=True)
    finally:
        lock.release()


@contextlib.asynccontextmanager
async def in_turn(path: Path, patience: float) -> AsyncIterator[None]:
    """Hold the account as `account_lock` does, waiting up to `patience` seconds for other runs."""
    until = time.monotonic() + patience
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(account_lock(path))
            except errors.Busy as error:
                if error.code != "account_busy" or time.monotonic() >= until:
                    raise
            else:
                yield
                return
        await asyncio.sleep(LOOK_EVERY)


def taken(path: Path) -> errors.Busy | None:
    """Return why the account cannot be had just now, None if it could."""
    try:
        with account_lock(path):
            return None
    except errors.Busy as busy:
        return busy


def holder_file(path: Path) -> Path:
    """Return where the holder of a lock is written."""
    return path.with_name(f"{path.name}.holder")


def _sign(beside: Path) -> None:
    """Write down that we hold the lock. Raises Busy `account_elsewhere` for a foreign holder."""
    if beside.exists():
        before = _holder(beside)
        if before is None or before.host != here().host:
            who = f"{before.host} (process {before.pid})" if before else "somebody"
            raise errors.Busy(
                "account_elsewhere",
                f"{who} holds the account; if nothing runs there any more, delete {beside}",
            )
        beside.unlink(missing_ok=True)  # of a process of this machine that died: we have its lock
    try:
        with beside.open("xb") as file:
            file.write(msgspec.json.encode(here()))
    except FileExistsError:
        raise errors.Busy(
            "account_elsewhere", f"another machine has just written {beside}"
        ) from None


def _holder(beside: Path) -> Holder | None:
    """Return who is written there, None if it cannot be read."""
    try:
        return msgspec.json.decode(beside.read_bytes(), type=Holder)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _busy(path: Path) -> errors.Busy:
    holder = _holder(holder_file(path))
    if holder is None:
        return errors.Busy("account_busy")
    return errors.Busy(
        "account_busy", f"process {holder.pid} on {holder.host} uses this account right now"
    )
