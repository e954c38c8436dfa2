"""Change schedules while anything may run: checked first, and what was due before is decided."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from jobs import (
    config_file,
    orders,
    references,
    schedules,
    settings,
    settling,
    spans,
    syncing,
)
from models import db
from models import schedules as kept
from scraper import errors

_NAME = re.compile(r"[a-z0-9_-]{1,64}")

_TIMES = ("cron", "every", "at", "after")
_SPANS = {"every", "jitter", "deadline"}


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What changing schedules takes: the settings, the database, and the present."""

    chosen: settings.Settings
    database: db.Database
    environ: Mapping[str, str]
    now: datetime


def check(desk: Desk, name: str, fields: Mapping[str, Any]) -> schedules.Schedule:
    """Check a definition against the settings and the other schedules. Raises BadConfig."""
    if not _NAME.fullmatch(name):
        fault = f"{name!r} may hold lower-case letters, digits, - and _ only, at most 64"
        raise errors.BadConfig("bad_request", fault)
    wanted = schedules.read(fields)
    with desk.database.read() as connection:
        others = {
            row.name: found
            for row in kept.standing(connection)
            if row.name != name and (found := settling.definition(row)) is not None
        }
    problems = references.problems({name: wanted}, settings.sites(desk.chosen), others)
    faults = [(key[2:], fault) for key, fault in problems]
    if faults:
        raise schedules.refused(faults)
    return wanted


def standing(desk: Desk, name: str) -> kept.Schedule:
    """Return the schedule of that name, as the settings file has it now. Raises BadConfig."""
    with desk.database.read() as connection:
        try:
            return kept.get(connection, name)
        except LookupError as error:
            known = ", ".join(row.name for row in kept.standing(connection)) or "none yet"
            raise errors.BadConfig("bad_request", f"{error} (known: {known})") from None


def add(desk: Desk, name: str, fields: Mapping[str, Any]) -> schedules.Schedule:
    """Add a schedule to the table. Raises BadConfig, also if there is one of that name."""
    wanted = check(desk, name, fields)
    with desk.database.write() as connection:
        kept.alone(connection)
        row = kept.named(connection, name)
        if row is not None and row.removed_at is None:
            raise errors.BadConfig("bad_request", f"there is a schedule {name} already")
        _save(connection, desk, name, wanted)
    return wanted


def edited(row: kept.Schedule, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition with changes: None leaves a key, "" takes it out.

    A new way of being due takes the place of the old one.
    """
    given = {key: value for key, value in changes.items() if value is not None}
    fields = row.definition | ({} if row.enabled else {"enabled": False})
    if any(given.get(name) for name in _TIMES):
        fields = {key: value for key, value in fields.items() if key not in _TIMES}
    return {key: value for key, value in (fields | given).items() if value not in ("", (), [])}


def edit(desk: Desk, name: str, changes: Mapping[str, Any]) -> schedules.Schedule:
    """Change a schedule, in the settings file if it stands there. Raises BadConfig."""
    row = standing(desk, name)
    wanted = check(desk, name, edited(row, changes))
    if row.origin == syncing.FILE:
        rewrite(desk, lambda text: config_file.with_schedule(text, name, as_toml(wanted)))
    else:
        with desk.database.write() as connection:
            settling.close(connection, desk.chosen, kept.held(connection, row.id), desk.now)
            _save(connection, desk, name, wanted)
    return wanted


def remove(desk: Desk, name: str) -> None:
    """Remove a schedule, from the settings file if it stands there; its history stays.

    Raises BadConfig, also while another schedule follows it.
    """
    row = standing(desk, name)
    with desk.database.read() as connection:
        rows = kept.standing(connection)
    followers = [one.name for one in rows if one.definition.get("after") == name]
    if followers:
        after = ", ".join(followers)
        raise errors.BadConfig("bad_request", f"{after} is due after {name}; change that first")
    if row.origin == syncing.FILE:
        rewrite(desk, lambda text: config_file.without_schedule(text, name))
    else:
        with desk.database.write() as connection:
            settling.close(connection, desk.chosen, kept.held(connection, row.id), desk.now)
            kept.remove(connection, row.id, desk.now)


def pause(desk: Desk, name: str) -> bool:
    """Let a schedule rest; return whether it did not already. Raises BadConfig."""
    row = standing(desk, name)
    if row.paused_at is not None:
        return False
    with desk.database.write() as connection:
        settling.settle(connection, desk.chosen, kept.held(connection, row.id), desk.now)
        kept.pause(connection, row.id, desk.now)
    return True


def resume(desk: Desk, name: str) -> bool:
    """End a pause; return whether there was one. What was due meanwhile is not made up for."""
    row = standing(desk, name)
    if row.paused_at is None:
        return False
    with desk.database.write() as connection:
        settling.settle(connection, desk.chosen, kept.held(connection, row.id), desk.now)
        kept.resume(connection, row.id)
    return True


def wish(row: kept.Schedule) -> orders.Wish:
    """Return what a run of a schedule that is asked for by hand is to do. Raises BadConfig."""
    wanted = schedules.read(row.definition)
    return orders.Wish(
        collector=wanted.collector,
        account=wanted.account,
        target=wanted.target,
        requested_by=syncing.CLI,
        schedule_id=row.id,
    )


def as_toml(wanted: schedules.Schedule) -> dict[str, Any]:
    """Return a definition as greenroom.toml writes it."""
    found = wanted.model_dump(mode="json", exclude_defaults=True)
    for key in _SPANS & found.keys():
        found[key] = spans.words(found[key])
    if len(found.get("at", ())) == 1:
        found["at"] = found["at"][0]
    return found


def _save(connection: db.Connection, desk: Desk, name: str, wanted: schedules.Schedule) -> None:
    kept.save(
        connection,
        name,
        syncing.written(wanted),
        desk.now,
        origin=syncing.CLI,
        enabled=wanted.enabled,
    )


def rewrite(desk: Desk, change: Callable[[str], str]) -> None:
    """Change the settings file, and the table with it."""
    file: Path | None = desk.chosen.file
    if file is None:
        raise errors.BadConfig("bad_request", "there is no settings file to change")
    text = change(config_file.read(file))
    chosen = settings.read(text, file, desk.environ)
    config_file.write(file, text)
    syncing.sync(desk.database, chosen, desk.now)
