"""A house with schedules and a clock that only tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from jobs import deciding, due, settings
from models import db, runs
from models import schedules as kept

ACCOUNTS = """
[accounts.studio]
site = "chaturbate"
username = "alice"

[accounts.other]
site = "chaturbate"
username = "bob"
"""

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def toml(name: str = "lists", **keys: Any) -> str:
    """Return one schedule as TOML: hourly, unless it is due otherwise."""
    given = {"collector": "chaturbate.followers", "account": "studio", **keys}
    if not given.keys() & {"cron", "every", "at", "after"}:
        given["every"] = "1h"
    lines = [f"{key} = {_value(value)}" for key, value in given.items()]
    return "\n".join([f"[schedule.{name}]", *lines, ""])


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else msgspec.json.encode(value).decode()


def chosen(*schedules: str, accounts: str = ACCOUNTS) -> settings.Settings:
    """Return settings with these schedules."""
    return settings.read("\n".join([accounts, *schedules]), Path("/nowhere/greenroom.toml"), {})


class Clock:
    """A service's clock, as far as it decides: it moves when told to."""

    def __init__(self, database: db.Database, *schedules: str, at: datetime = NOON) -> None:
        self.database = database
        self.now = at
        self.chosen = chosen(*schedules)
        self.act()

    def act(self) -> list[deciding.Decision]:
        """Decide what is due now."""
        return due.act(self.database, self.chosen, self.now)

    def sleep(self, **span: float) -> list[deciding.Decision]:
        """Let nobody lead for a while; then decide."""
        self.now += timedelta(**span)
        return self.act()

    def watch(
        self, step: timedelta = timedelta(seconds=10), **span: float
    ) -> list[deciding.Decision]:
        """Lead for a while, deciding again and again."""
        until, found = self.now + timedelta(**span), []
        while self.now < until:
            self.now = min(self.now + step, until)
            found += self.act()
        return found

    def edit(self, *schedules: str) -> list[deciding.Decision]:
        """Change the settings file, and take it over."""
        self.chosen = chosen(*schedules)
        return self.act()

    def row(self, name: str = "lists") -> kept.Schedule:
        """Return a schedule as it stands."""
        with self.database.read() as connection:
            found = kept.named(connection, name)
        assert found is not None
        return found

    def due_times(self, name: str = "lists") -> list[kept.DueTime]:
        """Return what became of a schedule's due times, oldest first."""
        with self.database.read() as connection:
            return kept.due_times(connection, self.row(name).id, limit=5000)[::-1]

    def outcomes(self, name: str = "lists") -> list[str]:
        """Return the same as `HH:MM outcome`."""
        return [f"{one.due_at:%H:%M} {one.outcome}" for one in self.due_times(name)]

    def runs(self, name: str = "lists") -> list[runs.Run]:
        """Return a schedule's runs, oldest first."""
        with self.database.read() as connection:
            found = runs.newest(connection, limit=5000)
        return [run for run in found[::-1] if run.schedule_id == self.row(name).id]

    def note(self, run_id: int, **values: Any) -> None:
        """Let a run come to something."""
        with self.database.write() as connection:
            runs.amend(connection, run_id, values)

    def finish(self, name: str = "lists", status: str = "ok") -> None:
        """Let every run of a schedule that waits or works end now."""
        for run in self.runs(name):
            if run.status in {"queued", "running"}:
                self.note(run.id, status=status, ended_at=self.now)
