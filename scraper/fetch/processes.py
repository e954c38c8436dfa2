"""End a browser with all its processes, and sweep up after browsers whose owner was killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import filelock
import psutil

_LOCK = "owner.lock"


def children(mark: str) -> set[psutil.Process]:
    """Return the processes that this one started with `mark` among their arguments."""
    return {child for child in psutil.Process().children() if mark in _arguments(child)}


async def end(roots: set[psutil.Process], folder: Path, seconds: float = 5.0) -> None:
    """Kill `roots`, all they started and all that works in `folder`; wait until they are gone."""
    deadline = asyncio.get_running_loop().time() + seconds
    while doomed := alive(roots, str(folder)):
        kill(doomed)
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.02)


@contextlib.contextmanager
def own_folder(parent: Path) -> Iterator[Path]:
    """Give this process a private folder below `parent` for as long as it lives.

    Folders of processes that were killed are removed on the way in: what a browser leaves behind
    can hold cookies. The operating system drops the lock that tells the living from the dead.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(parent)
    folder, lock = _own(parent)
    try:
        with lock:
            yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _own(parent: Path) -> tuple[Path, filelock.BaseFileLock]:
    """Make a folder and lock it; one that somebody swept between the two is made anew."""
    while True:
        folder = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        lock = filelock.FileLock(folder / _LOCK)
        lock.acquire()
        if (folder / _LOCK).exists():
            return folder, lock
        lock.release()


def sweep(parent: Path) -> None:
    """Remove the folders below `parent` whose owners are gone."""
    for folder in parent.iterdir():
        if not (folder / _LOCK).exists():
            continue
        lock = filelock.FileLock(folder / _LOCK, timeout=0)
        with contextlib.suppress(filelock.Timeout), lock:
            kill(_working_in(str(folder)))
            shutil.rmtree(folder, ignore_errors=True)


def alive(roots: Iterable[psutil.Process], mark: str) -> set[psutil.Process]:
    """Return the `roots` that run, all they started, and all whose command lines name `mark`."""
    found: set[psutil.Process] = set()
    for root in roots:
        with contextlib.suppress(psutil.Error):
            found |= {root, *root.children(recursive=True)}
    found |= _working_in(mark)
    return {process for process in found if _runs(process)}


def kill(doomed: Iterable[psutil.Process]) -> None:
    """Kill processes; those that are gone or not ours are left out."""
    for process in doomed:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _working_in(mark: str) -> set[psutil.Process]:
    """Return the processes whose command line names a folder: orphans keep that mark."""
    return {
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and any(mark in part for part in _arguments(process))
    }


def _arguments(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
