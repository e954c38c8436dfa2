"""The log of each run: a file of JSON lines in the storage directory, kept for a while."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from models import moment, runs
from scraper import private_file

if TYPE_CHECKING:
    from jobs import walk

FOLDER = Path("logs", "runs")

LONGEST = 4_000_000
"""Bytes after which a run's log begins anew; the former part is kept, an older one is not."""

DAYS = 30
"""Days that logs are kept."""

MOST = 500_000_000
"""Bytes that all logs may take together; beyond that the oldest go."""

_DAY = 86_400.0


def path(storage: Path, run_id: int) -> Path:
    """Return where the log of a run is, once it has one."""
    return storage / FOLDER / f"{run_id}.jsonl"


class Writer:
    """Adds lines to the log of a run, of all its attempts one after the other."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._file = _opened(place)

    def write(self, text: str) -> int:
        """Add text; a log that is full becomes the former part first."""
        if self._file.tell() + len(text) > LONGEST:
            self._file.close()
            self._place.replace(former(self._place))
            self._file = _opened(self._place)
        self._file.write(text.encode())
        return len(text)

    def flush(self) -> None:
        """Let others see what was written."""
        self._file.flush()

    def isatty(self) -> bool:
        """Tell that nobody sits here."""
        return False

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def former(place: Path) -> Path:
    """Return where the former part of a log is, if it was full once."""
    return place.with_suffix(".1.jsonl")


@contextlib.contextmanager
def writing(storage: Path, run_id: int) -> Iterator[Writer]:
    """Give what adds lines to the log of a run. Raises as `private_file.folder`."""
    place = path(storage, run_id)
    private_file.folder(place.parent)
    prune(storage)
    with private_file.told(place):
        writer = Writer(place)
    with contextlib.closing(writer):
        yield writer


def note(storage: Path, run_id: int, level: str, message: str) -> None:
    """Add one line to the log of a run from outside of its process; failing to is no harm."""
    said = {"at": moment.now().isoformat(timespec="milliseconds"), "level": level, "run": run_id}
    with contextlib.suppress(Exception), writing(storage, run_id) as writer:
        writer.write(msgspec.json.encode(said | {"message": message}).decode() + "\n")


def progress(now: walk.Progress) -> str:
    """Return where a run stands, in words."""
    where = f", {now.part} at {now.position}" if now.part else ""
    pages = "1 page" if now.pages == 1 else f"{now.pages} pages"
    return f"{pages}, {now.records} records{where}"


def ending(run: runs.Run) -> str:
    """Return how an attempt at a run ended, in words."""
    told = "; ".join(f"{one['code']}: {one['message']}" for one in run.errors)
    if run.status == "queued":
        again = f"{run.not_before:%Y-%m-%d %H:%M:%S} UTC" if run.not_before else "it is asked for"
        return f"waits until {again} for another attempt{f' ({told})' if told else ''}"
    counts = f"{run.pages} pages, {run.records} records, new {run.new}, lost {run.lost}"
    return f"ended {run.status}: {counts}{f'; {told}' if told else ''}"


def lines(storage: Path, run_id: int) -> Iterator[bytes]:
    """Yield the lines of a run's log, oldest first. Raises LookupError if none is kept."""
    place = path(storage, run_id)
    parts = [part for part in (former(place), place) if part.exists()]
    if not parts:
        raise LookupError(f"no log of run {run_id} is kept")
    for part in parts:
        yield from part.read_bytes().splitlines(keepends=True)


class Follower:
    """Reads what is added to the log of a run, again and again."""

    def __init__(self, storage: Path, run_id: int) -> None:
        self._place = path(storage, run_id)
        self._read: dict[int, int] = {}
        self._rest = b""

    def news(self) -> list[bytes]:
        """Return the whole lines that were added since it was last asked; at first, all."""
        found = self._rest
        for part in (former(self._place), self._place):
            with contextlib.suppress(FileNotFoundError), part.open("rb") as file:
                stat = os.fstat(file.fileno())
                known = self._read.get(stat.st_ino, 0)
                file.seek(known if known <= stat.st_size else 0)
                found += file.read()
                self._read[stat.st_ino] = file.tell()
        *whole, self._rest = found.split(b"\n")
        return [line + b"\n" for line in whole]


def words(line: bytes) -> str:
    """Return a line of a log as people read it: time (UTC), level unless it is info, message."""
    try:
        said = msgspec.json.decode(line, type=dict[str, Any])
        at = datetime.fromisoformat(said["at"]).astimezone(moment.now().tzinfo)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return line.decode(errors="replace").rstrip()
    level = "" if said.get("level") == "info" else f" {said.get('level')}:"
    trace = f"\n{said['exception']}" if "exception" in said else ""
    return f"{at:%Y-%m-%d %H:%M:%S}{level} {said.get('message', '')}{trace}"


def prune(storage: Path, now: float | None = None) -> None:
    """Remove logs that are older than `DAYS`, and the oldest of those that are `MOST` together."""
    now = time.time() if now is None else now
    room = MOST
    for place, stat in sorted(_kept(storage), key=lambda kept: -kept[1].st_mtime):
        room -= stat.st_size
        if room < 0 or now - stat.st_mtime > DAYS * _DAY:
            with contextlib.suppress(OSError):
                place.unlink()


def _kept(storage: Path) -> Iterable[tuple[Path, os.stat_result]]:
    for place in (storage / FOLDER).glob("*.jsonl"):
        with contextlib.suppress(OSError):
            yield place, place.stat()


def _opened(place: Path) -> Any:
    """Open a log to be added to, for its owner's eyes only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    file = os.fdopen(os.open(place, flags, private_file.FILE_MODE), "ab")
    file.seek(0, os.SEEK_END)
    return file
