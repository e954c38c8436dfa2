"""A house to run in: settings, database and runtime against a practice world, in one process."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from fixtures.practice import client
from jobs import orders, report, resuming, run, runtime, settings, visit
from models import db
from scraper.fetch import browser
from scraper.sites import register

ACCOUNT = "main"
STATS = "stats"
PASSWORDS = {
    "GREENROOM_PASSWORD_MAIN": client.PASSWORD,
    "GREENROOM_PASSWORD_STATS": client.PASSWORD,
    "GREENROOM_KEY": base64.b64encode(b"a key for tests, 32 bytes long..").decode(),
}


def config(world: client.Practice, timeout: float = 15, **sizes: int) -> str:
    pages = "".join(f"{name} = {size}\n" for name, size in sizes.items())
    return f"""
[storage]
directory = "data"
[sites.chaturbate]
base_url = "{world.chaturbate}"
requests_per_minute = 0
retries = 1
retry_wait_seconds = 0.01
request_timeout_seconds = {timeout}
[sites.chaturbate.sizes]
{pages}
[sites.statbate_plus]
base_url = "{world.statbate_plus}"
requests_per_minute = 0
retries = 1
retry_wait_seconds = 0.01
[accounts.{ACCOUNT}]
site = "chaturbate"
username = "{world.username}"
[accounts.{STATS}]
site = "statbate_plus"
username = "{world.username}"
"""


class House(msgspec.Struct, kw_only=True):
    """One place to run in."""

    chosen: settings.Settings
    database: db.Database
    world: client.Practice
    runtime: run.Runtime
    told: list[str]

    async def collect(self, collector: str, **options: Any) -> report.Report:
        """Ask for a run and wait for its end."""
        account = STATS if collector.startswith("statbate") else ACCOUNT
        wish = orders.Wish(collector=collector, account=account, requested_by="test", **options)
        with self.database.write() as connection:
            run_id = orders.place(connection, self.chosen, register.SITES, wish)
        return await self.execute(run_id)

    async def resume(self, run_id: int) -> report.Report:
        """Go on with a run."""
        with self.database.read() as connection:
            resuming.check(connection, run_id)
        return await self.execute(run_id)

    async def execute(self, run_id: int) -> report.Report:
        adapt = resuming.adapted(self.database, run_id)
        await run.execute(adapt(self.runtime), run_id)
        with self.database.read() as connection:
            return report.of(connection, run_id)

    def rows(self, sql: str, **facts: Any) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql), facts)]

    def members(self, direction: str) -> set[str]:
        return {
            name
            for (name,) in self.rows(
                "SELECT p.username FROM follow_edges f JOIN persons p ON p.id = f.person_id"
                " WHERE f.direction = :direction AND f.ended IS NULL",
                direction=direction,
            )
        }

    def events(self, direction: str) -> list[tuple[str, str]]:
        found = self.rows(
            "SELECT e.kind, p.username FROM follow_events e JOIN persons p ON p.id = e.person_id"
            " WHERE e.direction = :direction ORDER BY e.id",
            direction=direction,
        )
        return [(str(kind), str(name)) for kind, name in found]

    def forget_sign_in(self) -> None:
        """Let the account sign in again at once."""
        with self.database.write() as connection:
            connection.execute(text("UPDATE accounts SET sign_in_attempted_at = NULL"))


def house(
    world: client.Practice,
    database: db.Database,
    folder: Path,
    opened: browser.Browser,
    *,
    environ: Mapping[str, str] = PASSWORDS,
    timeout: float = 15,
    **sizes: int,
) -> House:
    """Return a house in `folder` whose visits share one open browser."""
    chosen = settings.read(config(world, timeout, **sizes), folder / "greenroom.toml", environ)

    @asynccontextmanager
    async def shared(_settings: settings.Settings) -> AsyncIterator[browser.Browser]:
        yield opened

    return furnished(world, database, chosen, environ, shared)


def furnished(
    world: client.Practice,
    database: db.Database,
    chosen: settings.Settings,
    environ: Mapping[str, str],
    way: Any = visit.own_browser,
) -> House:
    """Return a house with these settings, and that way to open a browser."""
    told: list[str] = []
    desk = visit.Desk(
        chosen=chosen,
        database=database,
        sites=register.SITES,
        environ=environ,
        browser=way,
    )
    assembled = runtime.assemble(chosen, database, environ, tell=told.append)
    ready = msgspec.structs.replace(assembled, visit=visit.entering(desk))
    return House(chosen=chosen, database=database, world=world, runtime=ready, told=told)
