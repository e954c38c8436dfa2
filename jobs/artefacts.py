"""Keep what the browser showed when a run stopped: where, for how long, noted in the run's row.

Screenshots may show chat: they stay on this disk, for its owner, for `storage.artefact_days`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import msgspec

from jobs import logs
from models import archive, db, runs
from scraper import errors, private_file, redact

if TYPE_CHECKING:
    from jobs import settings, walk
    from scraper.fetch import artefacts

FOLDER = "artefacts"
TRACE = "trace.zip"

AT_MOST = 5.0
"""Seconds by which keeping an artefact may delay the end of a run."""

TRACING = 30.0
"""Seconds that writing a trace may take: it was asked for."""

DAY = 86_400.0

SHOWN = (
    errors.TryLater,
    errors.SignInAgain,
    errors.NeedsOperator,
    errors.PageChanged,
    errors.Refused,
)
"""Errors that are met in the browser. Defects of ours in reading a page are looked at, too."""

_NAME = re.compile(r"run-\d+-\d+")

Keeps = Literal["nothing", "failures", "traces"]
"""What is kept: nothing of a rehearsal, else failures, and traces of all visits when asked for."""

Witness = Callable[[runs.Run, "walk.Visit"], AbstractAsyncContextManager[None]]


@runtime_checkable
class Seen(Protocol):
    """A visit that can be looked at."""

    async def look(self) -> artefacts.Sight:
        """Return what the tab shows, without secrets."""
        ...

    def record(self) -> None:
        """Record a trace from the first request on."""
        ...

    async def save_trace(self, path: Path) -> None:
        """Write what was recorded."""
        ...


def witness(chosen: settings.Settings, database: db.Database, keeps: Keeps = "failures") -> Witness:
    """Return what watches a run's visit: it keeps an artefact should the visit end in an error.

    What keeps `traces` keeps a Playwright trace of every visit, too: session cookies in clear.
    What is too old goes when a visit begins.
    """

    @asynccontextmanager
    async def watch(run: runs.Run, visit: walk.Visit) -> AsyncIterator[None]:
        days = chosen.storage.artefact_days
        await asyncio.to_thread(prune, chosen.storage.directory, days)
        if not days or keeps == "nothing" or not isinstance(visit, Seen):
            yield
            return
        keeper = Keeper(chosen.storage.directory, database, run)
        if keeps == "traces":
            visit.record()
        try:
            yield
        except Exception as error:
            if _met_in_the_browser(error):
                await keeper.keep(visit, error)
            raise
        finally:
            if keeps == "traces":
                await keeper.keep_trace(visit)

    return watch


def prune(storage: Path, days: int, now: float | None = None) -> None:
    """Remove artefacts older than `days`, and traces after a day; 0 days removes all.

    What cannot be removed stays for the next time.
    """
    now = time.time() if now is None else now
    for folder in _kept(storage):
        with contextlib.suppress(OSError):
            trace = folder / TRACE
            if trace.exists() and now - trace.stat().st_mtime >= DAY * min(days, 1):
                trace.unlink()
            times = [entry.stat().st_mtime for entry in folder.iterdir()]
            if not times or now - max(times) >= DAY * days:
                shutil.rmtree(folder)


def lines(storage: Path, run: runs.Run) -> list[str]:
    """Return a few lines for a human: what is kept of where the run stopped."""
    there = [path for path in run.artefacts if (storage / path).is_file()]
    gone = len(run.artefacts) - len(there)
    told = [f"  artefact: {storage / path}" for path in there]
    return [*told, f"  {gone} artefact(s) of it were deleted by age"] if gone else told


class Keeper:
    """Keeps artefacts of one attempt at a run. Failing to is logged, and nothing more."""

    def __init__(self, storage: Path, database: db.Database, run: runs.Run) -> None:
        self._storage = storage
        self._database = database
        self._run = run
        self._folder = storage / FOLDER / f"run-{run.id}-{run.attempt}"

    async def keep(self, visit: Seen, error: Exception) -> None:
        """Keep what the tab shows: picture, page, requests, and what they are about."""
        with self._logged("no artefact was kept"):
            async with asyncio.timeout(AT_MOST):
                sight = await visit.look()
                if sight.page is not None or sight.requests:
                    await asyncio.to_thread(self._write, sight, error)

    async def keep_trace(self, visit: Seen) -> None:
        """Keep what was recorded, for its owner's eyes only."""
        with self._logged("no trace was kept"):
            await asyncio.to_thread(self._prepare)
            async with asyncio.timeout(TRACING):
                await visit.save_trace(self._folder / TRACE)
            await asyncio.to_thread(self._note, [TRACE])

    def _write(self, sight: artefacts.Sight, error: Exception) -> None:
        self._prepare()
        contents = {
            "screenshot.png": sight.picture,
            "page.html": sight.page,
            "requests.jsonl": msgspec.json.Encoder().encode_lines(sight.requests),
            "about.json": msgspec.json.format(msgspec.json.encode(self._about(sight, error))),
        }
        kept = {name: content for name, content in contents.items() if content is not None}
        for name, content in kept.items():
            private_file.write(self._folder / name, content)
        self._note([*kept])

    def _prepare(self) -> None:
        private_file.folder(self._folder.parent)
        private_file.folder(self._folder)

    def _about(self, sight: artefacts.Sight, error: Exception) -> dict[str, Any]:
        """Return what the artefact is about; `payload` is the last answer in the archive."""
        known = error if isinstance(error, errors.GreenroomError) else None
        with self._database.read() as connection:
            payloads = [*archive.find(connection, run_id=self._run.id)]
        message = known.message if known else type(error).__name__
        return {
            "run": self._run.id,
            "attempt": self._run.attempt,
            "collector": self._run.collector,
            "code": known.code if known else "internal",
            "message": redact.text(message),
            "url": known.url if known else None,
            "page": sight.url,
            "payload": payloads[-1] if payloads else None,
            "version": self._run.version,
            "browser": sight.browser,
        }

    def _note(self, names: list[str]) -> None:
        """Note in the run's row what is there, for its owner only."""
        for name in names:
            if not (self._folder / name).exists():
                return
            (self._folder / name).chmod(private_file.FILE_MODE)
        with self._database.write() as connection:
            before = runs.get(connection, self._run.id).artefacts
            paths = [f"{FOLDER}/{self._folder.name}/{name}" for name in names]
            values = {"artefacts": [*dict.fromkeys([*before, *paths])]}
            runs.progress(connection, self._run, values)

    @contextlib.contextmanager
    def _logged(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the error that ended the run is what counts
            logs.log.warning(f"{what}: {type(error).__name__}: {error}")


def _met_in_the_browser(error: Exception) -> bool:
    if isinstance(error, errors.GreenroomError):
        return isinstance(error, SHOWN)
    return not isinstance(error, db.Unusable | runs.Superseded)


def _kept(storage: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return [
            path
            for path in (storage / FOLDER).iterdir()
            if _NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        ]
    return []
