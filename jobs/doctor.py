"""Examine everything that a run needs, and say for each thing what to do if it is not right."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jobs import runtime, settings, visit
from models import db, moment, runs, upgrade
from scraper import errors

LEAST_FREE = 1024**3
"""Bytes of free disk below which a long run may not end well."""

STORAGE_REMEDY = "give this user the right to write there, or set [storage] directory to another"

_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing examined: what was found, and the remedy where it is not `ok`."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


async def examine(chosen: settings.Settings) -> AsyncIterator[Finding]:
    """Yield a finding for configuration, disk, database, clock, browser and practice site."""
    for name, check in CHECKS.items():
        try:
            yield await check(name, chosen)
        except errors.GreenroomError as error:
            yield Finding(name=name, ok=False, found=error.message, remedy=error.remedy)
        except OSError as error:
            why = f"{error.filename or name}: {error.strerror or error}"
            yield Finding(name=name, ok=False, found=why, remedy=STORAGE_REMEDY)


async def _config(name: str, chosen: settings.Settings) -> Finding:
    place = str(chosen.file) if chosen.file else "no file, defaults"
    accounts = ", ".join(sorted(chosen.accounts)) or "there is no account"
    return Finding(
        name=name,
        ok=bool(chosen.accounts),
        found=f"{place}; {accounts}",
        remedy="greenroom accounts add NAME --site chaturbate --username YOU",
    )


async def _disk(name: str, chosen: settings.Settings) -> Finding:
    place = chosen.storage.directory
    free = await asyncio.to_thread(_free, place)
    return Finding(
        name=name,
        ok=free >= LEAST_FREE,
        found=f"{free / 1024**3:.1f} GiB free at {place}",
        remedy="free some space, or set [storage] directory to a larger disk",
    )


def _free(place: Path) -> int:
    """Return the free bytes at a folder that can be written to. Raises OSError if it cannot."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=place):
        return shutil.disk_usage(place).free


async def _database(name: str, chosen: settings.Settings) -> Finding:
    with runtime.open_database(chosen) as database:
        findings = await asyncio.to_thread(upgrade.check, database)
        place = database.url.render_as_string(hide_password=True)
    bad = [finding for finding in findings if not finding.ok]
    named = ", ".join(finding.name for finding in bad or findings)
    return Finding(
        name=name,
        ok=not bad,
        found=f"{place}; {'wrong' if bad else 'checked'}: {named}",
        remedy="; ".join(finding.remedy for finding in bad),
    )


async def _clock(name: str, chosen: settings.Settings) -> Finding:
    newest = None
    with suppress(errors.StorageTrouble), runtime.open_database(chosen) as database:
        newest = await asyncio.to_thread(_newest_run, database)
    now = moment.now()
    return Finding(
        name=name,
        ok=now >= max(_EARLIEST, newest or _EARLIEST),
        found=f"{now:%Y-%m-%d %H:%M:%S} UTC",
        remedy="the clock is behind the newest run; set it (NTP), or histories get out of order",
    )


def _newest_run(database: db.Database) -> datetime | None:
    with database.read() as connection:
        newest = runs.newest(connection, limit=1)
    return newest[0].active_at if newest else None


async def _browser(name: str, chosen: settings.Settings) -> Finding:
    place = visit.executable(chosen) or chosen.browser.endpoint
    async with visit.own_browser(chosen) as opened:
        await opened.check()
        return Finding(name=name, ok=True, found=f"Chromium {opened.version}, {place}")


async def _practice(name: str, _chosen: settings.Settings) -> Finding:
    try:
        ready = await asyncio.to_thread(_practice_answers)
    except (ImportError, RuntimeError):
        ready = False
    return Finding(
        name=name,
        ok=ready,
        found="the practice site answers" if ready else "the practice site does not start",
        remedy="reinstall Greenroom; `greenroom demo` needs the practice site",
    )


def _practice_answers() -> bool:
    from fixtures.practice import client  # noqa: PLC0415 - only the demo and this need it

    with client.Practice() as world:
        return bool(world.truth())


CHECKS: Mapping[str, Callable[[str, settings.Settings], Awaitable[Finding]]] = {
    "config": _config,
    "disk": _disk,
    "database": _database,
    "clock": _clock,
    "browser": _browser,
    "practice": _practice,
}
"""Everything that is examined, in order."""
