"""Runs in processes that are there at once, to be killed: forked where all is imported already.

They visit over plain HTTP, with the cookies of whoever starts them.
"""

from __future__ import annotations

import asyncio
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import text

from jobs import orders, resuming, run, runtime, settings
from models import db
from scraper.sites import register
from tests import forks
from tests.jobs import given_runs as given
from tests.jobs import given_web

_NEWEST = "SELECT id, status FROM runs ORDER BY id DESC LIMIT 1"
_SITE = "chaturbate"


def start(file: Path, cookies: dict[str, str]) -> ForkServerProcess:
    """Start a process that goes on with the newest run that the settings in `file` lead to.

    Where that came to its end, or there is none, it collects the followers.
    """
    process = forks.FORKS.Process(target=_work, args=(file, cookies))
    process.start()
    return process


def _work(file: Path, cookies: dict[str, str]) -> None:
    chosen = settings.load(file, given.PASSWORDS)
    with runtime.open_database(chosen) as database:
        asyncio.run(_execute(chosen, database, cookies))


async def _execute(
    chosen: settings.Settings, database: db.Database, cookies: dict[str, str]
) -> None:
    address = chosen.sites[_SITE].base_url or ""
    async with httpx.AsyncClient(base_url=address, trust_env=False, cookies=cookies) as web:
        assembled = runtime.assemble(chosen, database, given.PASSWORDS)
        visit = given_web.visiting({_SITE: web})
        await run.execute(msgspec.structs.replace(assembled, visit=visit), _next(chosen, database))


def _next(chosen: settings.Settings, database: db.Database) -> int:
    with database.write() as connection:
        newest = connection.execute(text(_NEWEST)).one_or_none()
        if newest is not None and newest.status != "ok":
            resuming.check(connection, newest.id)
            return int(newest.id)
        wish = orders.Wish(collector=f"{_SITE}.followers", account=given.ACCOUNT, requested_by="")
        return orders.place(connection, chosen, register.SITES, wish)
