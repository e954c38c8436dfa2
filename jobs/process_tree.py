"""The processes of a run: its own, all that it started, and its browser wherever that has gone.

Walking them takes milliseconds to tens of them: do it in a thread.
"""

from __future__ import annotations

import contextlib
import os

import psutil

from scraper.fetch import processes


class Tree:
    """The process `pid`, which leads a session of its own, and all that belongs to it.

    `mark` stands in the command lines of its browser's processes: they are found by it even after
    the processes between are gone. Whoever was seen once is remembered.
    """

    def __init__(self, pid: int, mark: str) -> None:
        self._pid = pid
        self._mark = mark
        self._seen: set[psutil.Process] = set()
        with contextlib.suppress(psutil.Error):
            self._seen.add(psutil.Process(pid))

    def memory(self, limit: int) -> int:
        """Return the bytes that the processes use together; over `limit` it is counted exactly.

        Memory that processes share counts once for each of them in the quick count, and in parts
        in the exact one.
        """
        self._look()
        quick = sum(_resident(one) for one in self._seen)
        return quick if quick <= limit else sum(_own_share(one) for one in self._seen)

    def kill(self) -> bool:
        """Kill all that is left of the processes; tell whether there was any."""
        left = processes.alive(self._seen | _in_session(self._pid), self._mark)
        processes.kill(left)
        return bool(left)

    def _look(self) -> None:
        """Remember who is there now, forget who is gone."""
        here = {one for one in self._seen if one.is_running()}
        with contextlib.suppress(psutil.Error):
            here |= {*psutil.Process(self._pid).children(recursive=True)}
        self._seen = here


def _in_session(leader: int) -> set[psutil.Process]:
    """Return the processes of a session, where there are sessions: also those left by parents."""
    if not hasattr(os, "getsid"):
        return set()
    return {one for one in psutil.process_iter() if _session(one.pid) == leader}


def _session(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return None


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _own_share(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        told = process.memory_full_info()
        return int(getattr(told, "pss", 0) or told.uss)
    return _resident(process)
