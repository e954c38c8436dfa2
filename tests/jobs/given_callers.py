"""A house whose runs call interfaces with tokens: no browser, no process of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from fixtures.practice import client
from jobs import attending, orders, report, run, run_logs, runtime, settings
from models import db, moment, run_control, runs, watching
from scraper.sites import register

ACCOUNTS = {
    "main": "chaturbate",
    "hours": "cbhours",
    "figures": "statbate",
    "strip": "stripchat",
    "soda": "camsoda",
}
TOKENS = {
    "GREENROOM_TOKEN_MAIN__STATS": client.API_TOKEN,
    "GREENROOM_TOKEN_MAIN__CAMPAIGN": client.CAMPAIGN,
    "GREENROOM_TOKEN_MAIN__EVENTS": client.API_TOKEN,
    "GREENROOM_TOKEN_FIGURES__API": client.API_TOKEN,
}
TICK = 0.02
POLL = 0.05


class Callers(msgspec.Struct, frozen=True, kw_only=True):
    """Where interfaces are called."""

    chosen: settings.Settings
    database: db.Database
    environ: Mapping[str, str]

    async def collect(self, collector: str, **options: Any) -> report.Report:
        """Do what a command asks for, to its end."""
        placed = self.place(collector, requested_by="test", **options)
        await run.execute(
            runtime.assemble(self.chosen, self.database, self.environ), placed.id, None
        )
        with self.database.read() as connection:
            return report.of(connection, placed.id)

    def place(self, collector: str, *, requested_by: str = "clock", **columns: Any) -> runs.Run:
        """Ask for a run that the service may start at once."""
        account = next(n for n, site in ACCOUNTS.items() if site == collector.partition(".")[0])
        target = columns.pop("target", None)
        wish = orders.Wish(
            collector=collector, account=account, requested_by=requested_by, target=target
        )
        with self.database.write() as connection:
            run_id = orders.place(connection, self.chosen, register.SITES, wish)
            if requested_by == "clock":
                runs.amend(connection, run_id, {"not_before": moment.now()} | columns)
        return self.run(run_id)

    def run(self, run_id: int) -> runs.Run:
        with self.database.read() as connection:
            return runs.get(connection, run_id)

    def attend(self, placed: runs.Run) -> asyncio.Task[None]:
        """Let a run work in this event loop, as the service does."""
        see = attending.attending(self.chosen, self.database, self.environ, poll=POLL)
        return asyncio.create_task(see(placed))

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        for _ in range(int(20 / TICK)):
            if await asyncio.to_thread(true):
                return
            await asyncio.sleep(TICK)
        raise TimeoutError

    def tell(self, placed: runs.Run, stop: run_control.Stop) -> None:
        with self.database.write() as connection:
            run_control.tell(connection, placed.id, stop)

    def watch(self, usernames: Iterable[str], site: str = "chaturbate") -> None:
        with self.database.write() as connection:
            for username in usernames:
                watching.watch(connection, site, username, "watched")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def log(self, placed: runs.Run) -> str:
        found = run_logs.lines(self.chosen.storage.directory, placed.id)
        return "\n".join(run_logs.words(line) for line in found)


def callers(
    world: client.Practice,
    database: db.Database,
    folder: Path,
    *,
    environ: Mapping[str, str] = TOKENS,
    rate: int = 0,
) -> Callers:
    """Return a house in `folder` with an account at every site that has interfaces."""
    parts = ['[storage]\ndirectory = "data"\n']
    for name, site in ACCOUNTS.items():
        parts.append(
            f'[sites.{site}]\nbase_url = "{getattr(world, site)}"\nrequests_per_minute = {rate}\n'
            "retries = 1\nretry_wait_seconds = 0.01\n"
            f'[accounts.{name}]\nsite = "{site}"\nusername = "{world.username}"\n'
        )
    chosen = settings.read("\n".join(parts), folder / "greenroom.toml", {})
    return Callers(chosen=chosen, database=database, environ=environ)
