"""Examine everything that a run needs, and say for each thing what to do if it is not right."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from jobs import runtime, settings, visit
from models import db, moment, runs, upgrade
from scraper import errors, keys, private_file, vault

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


class Place(NamedTuple):
    """What is examined: the settings, and the environment they were read with."""

    chosen: settings.Settings
    environ: Mapping[str, str]


async def examine(chosen: settings.Settings, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Yield a finding for each of `CHECKS`."""
    for name, check in CHECKS.items():
        try:
            yield await check(name, Place(chosen, environ))
        except errors.GreenroomError as error:
            yield Finding(name=name, ok=False, found=error.message, remedy=error.remedy)
        except OSError as error:
            why = f"{error.filename or name}: {error.strerror or error}"
            yield Finding(name=name, ok=False, found=why, remedy=STORAGE_REMEDY)


async def _config(name: str, place: Place) -> Finding:
    file = str(place.chosen.file) if place.chosen.file else "no file, defaults"
    accounts = ", ".join(sorted(place.chosen.accounts)) or "there is no account"
    return Finding(
        name=name,
        ok=bool(place.chosen.accounts),
        found=f"{file}; {accounts}",
        remedy="greenroom accounts add NAME --site chaturbate --username YOU",
    )


async def _disk(name: str, place: Place) -> Finding:
    folder = place.chosen.storage.directory
    free = await asyncio.to_thread(_free, folder)
    return Finding(
        name=name,
        ok=free >= LEAST_FREE,
        found=f"{free / 1024**3:.1f} GiB free at {folder}",
        remedy="free some space, or set [storage] directory to a larger disk",
    )


def _free(place: Path) -> int:
    """Return the free bytes at a folder that can be written to. Raises OSError if it cannot."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=place):
        return shutil.disk_usage(place).free


async def _vault(name: str, place: Place) -> Finding:
    """Open everything that is sealed."""
    folder = place.chosen.storage.directory
    box = vault.open_vault(folder, place.environ)
    entries = await asyncio.to_thread(box.entries)
    faults = [entry.fault for entry in entries if entry.fault]
    said = [fault.message for fault in faults] or [f"{len(entries)} sealed, all open"]
    remedies = list(dict.fromkeys(fault.remedy for fault in faults))
    if private_file.exposed(folder / keys.FILE):
        said.append("others may read the key")
        remedies.append(f"chmod 600 {folder / keys.FILE}, then `greenroom vault rotate`")
    return Finding(
        name=name,
        ok=not remedies,
        found="; ".join((f"key {box.key_id or 'none'}, {box.home}", *said)),
        remedy=" ".join(remedies),
    )


async def _database(name: str, place: Place) -> Finding:
    with runtime.open_database(place.chosen) as database:
        findings = await asyncio.to_thread(upgrade.check, database)
        url = database.url.render_as_string(hide_password=True)
    bad = [finding for finding in findings if not finding.ok]
    named = ", ".join(finding.name for finding in bad or findings)
    return Finding(
        name=name,
        ok=not bad,
        found=f"{url}; {'wrong' if bad else 'checked'}: {named}",
        remedy="; ".join(finding.remedy for finding in bad),
    )


async def _clock(name: str, place: Place) -> Finding:
    newest = None
    with suppress(errors.StorageTrouble), runtime.open_database(place.chosen) as database:
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


async def _browser(name: str, place: Place) -> Finding:
    program = visit.executable(place.chosen, window=False) or place.chosen.browser.endpoint
    async with visit.own_browser(place.chosen) as opened:
        await opened.check()
        return Finding(name=name, ok=True, found=f"Chromium {opened.version}, {program}")


async def _practice(name: str, _place: Place) -> Finding:
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


CHECKS: Mapping[str, Callable[[str, Place], Awaitable[Finding]]] = {
    "config": _config,
    "disk": _disk,
    "vault": _vault,
    "database": _database,
    "clock": _clock,
    "browser": _browser,
    "practice": _practice,
}
"""Everything that is examined, in order."""
