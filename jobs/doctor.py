"""Examine everything that a run needs, and say for each thing what to do if it is not right."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from jobs import runtime, settings, visit
from models import db, moment, runs, upgrade
from scraper import errors

LEAST_FREE = 1024**3
"""Bytes of free disk below which a long run may not end well."""

_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing examined: what was found, and the remedy where it is not `ok`."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


async def examine(chosen: settings.Settings) -> AsyncIterator[Finding]:
    """Yield a finding for configuration, disk, database, clock, browser and practice site."""
    checks: tuple[Callable[[settings.Settings], Awaitable[Finding]], ...] = (
        _config,
        _disk,
        _database,
        _clock,
        _browser,
        _practice,
    )
    for check in checks:
        name = check.__name__.strip("_")
        try:
            yield await check(chosen)
        except errors.GreenroomError as error:
            yield Finding(name=name, ok=False, found=error.message, remedy=error.remedy)
        except OSError as error:
            yield Finding(name=name, ok=False, found=str(error), remedy="see the message")


async def _config(chosen: settings.Settings) -> Finding:
    place = str(chosen.file) if chosen.file else "no file, defaults"
    accounts = ", ".join(sorted(chosen.accounts)) or "no account"
    return Finding(
        name="config",
        ok=bool(chosen.accounts),
        found=f"{place}; {accounts}",
        remedy="greenroom accounts add NAME --site chaturbate --username YOU",
    )


async def _disk(chosen: settings.Settings) -> Finding:
    place = chosen.storage.directory
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    return Finding(
        name="disk",
        ok=free >= LEAST_FREE,
        found=f"{free / 1024**3:.1f} GiB free at {place}",
        remedy="free some space, or set [storage] directory to a larger disk",
    )


async def _database(chosen: settings.Settings) -> Finding:
    with runtime.open_database(chosen) as database:
        findings = await asyncio.to_thread(upgrade.check, database)
        bad = [finding for finding in findings if not finding.ok]
        return Finding(
            name="database",
            ok=not bad,
            found=f"{database.dialect}, " + ", ".join(one.name for one in bad or findings),
            remedy="; ".join(finding.remedy for finding in bad),
        )


async def _clock(chosen: settings.Settings) -> Finding:
    with runtime.open_database(chosen) as database:
        newest = await asyncio.to_thread(_newest_run, database)
    now = moment.now()
    return Finding(
        name="clock",
        ok=now >= max(_EARLIEST, newest or _EARLIEST),
        found=f"{now:%Y-%m-%d %H:%M:%S} UTC",
        remedy="the clock is behind the newest run; set it (NTP), or histories get out of order",
    )


def _newest_run(database: db.Database) -> datetime | None:
    with database.read() as connection:
        newest = runs.newest(connection, limit=1)
    return newest[0].active_at if newest else None


async def _browser(chosen: settings.Settings) -> Finding:
    place = visit.executable(chosen) or chosen.browser.endpoint
    async with visit.own_browser(chosen) as opened:
        return Finding(name="browser", ok=True, found=f"Chromium {opened.version}, {place}")


async def _practice(_chosen: settings.Settings) -> Finding:
    ready = await asyncio.to_thread(_practice_answers)
    return Finding(
        name="practice",
        ok=ready,
        found="the practice site answers" if ready else "the practice site does not start",
        remedy="reinstall Greenroom; `greenroom demo` needs the practice site",
    )


def _practice_answers() -> bool:
    from fixtures.practice import client  # noqa: PLC0415 - only the demo and this need it

    with client.Practice() as world:
        return bool(world.truth())
