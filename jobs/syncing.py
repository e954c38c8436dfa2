"""Bring the table of schedules in line with the settings file.

What the file says is done; what was made at the command line is left alone. With one account and
no schedule anywhere, sensible ones are made, and kept until the file has some of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobs import deciding, proposals, schedules, settings, settling
from models import db
from models import schedules as kept

FILE = "file"
CLI = "cli"
DEFAULT = "default"


def sync(
    database: db.Database, chosen: settings.Settings, now: datetime, *, begin: bool = True
) -> list[deciding.Decision]:
    """Add, change and remove schedules as the settings say, once what was due is decided.

    `begin` tells whether to make sensible ones where there are none.
    """
    with database.read() as connection:
        if not _differences(kept.standing(connection, removed=True), chosen, begin=begin):
            return []
    decided = []
    with database.write() as connection:
        kept.alone(connection)
        rows = kept.standing(connection, removed=True)
        there = {row.name: row for row in rows}
        for name, wanted in _differences(rows, chosen, begin=begin).items():
            row = there.get(name)
            if row is not None and row.removed_at is None:
                decided += settling.close(connection, chosen, kept.held(connection, row.id), now)
            if wanted is not None:
                origin = FILE if chosen.schedule else DEFAULT
                enabled = wanted.enabled
                kept.save(connection, name, written(wanted), now, origin=origin, enabled=enabled)
            elif row is not None:
                kept.remove(connection, row.id, now)
    return decided


def written(schedule: schedules.Schedule) -> dict[str, Any]:
    """Return what the table keeps of a definition: what differs from the defaults."""
    return schedule.model_dump(mode="json", exclude_defaults=True, exclude={"enabled"})


def _differences(
    rows: list[kept.Schedule], chosen: settings.Settings, *, begin: bool
) -> dict[str, schedules.Schedule | None]:
    """Return the schedules to be written, and those to be removed as None."""
    there = {row.name: row for row in rows}
    wanted = chosen.schedule or (_defaults(rows, chosen) if begin else {})
    found: dict[str, schedules.Schedule | None] = {
        name: schedule for name, schedule in wanted.items() if _differs(there.get(name), schedule)
    }
    for name, row in there.items():
        if row.removed_at is None and name not in wanted and _is_over(row, chosen):
            found[name] = None
    return found


def _differs(row: kept.Schedule | None, schedule: schedules.Schedule) -> bool:
    if row is None or row.removed_at is not None or row.origin != FILE:
        return True
    return (row.definition, row.enabled) != (written(schedule), schedule.enabled)


def _is_over(row: kept.Schedule, chosen: settings.Settings) -> bool:
    """Tell whether a schedule that nobody asks for any more goes."""
    if row.origin == DEFAULT:
        return bool(chosen.schedule) or row.definition.get("account") not in chosen.accounts
    return row.origin == FILE


def _defaults(
    rows: list[kept.Schedule], chosen: settings.Settings
) -> Mapping[str, schedules.Schedule]:
    """Return the schedules to begin with, unless there are some or the operator removed them."""
    if len(chosen.accounts) != 1 or any(row.removed_at is None for row in rows):
        return {}
    found = proposals.proposed(settings.sites(chosen))
    return {} if {row.name for row in rows} & found.keys() else found
