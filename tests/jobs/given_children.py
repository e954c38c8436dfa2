"""A house whose runs work in processes of their own, as the service lets them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
from sqlalchemy import text

from fixtures.practice import client
from jobs import orders, run_logs, settings, supervision
from models import db, moment, run_control, runs, upgrade
from scraper.sites import register
from tests.jobs import given_runs as given

COLLECTOR = "chaturbate.followers"
FOLLOWERS = "/accounts/followers/"
SECOND = "second"
ENVIRON = os.environ | given.PASSWORDS | {"GREENROOM_PASSWORD_SECOND": client.PASSWORD}
SMALL: dict[str, Any] = {"followers": 25, "followers_page": 9, "followed": 4}
POLL = 0.1
TICK = 0.02


class Nursery(msgspec.Struct, frozen=True, kw_only=True):
    """Where children run."""

    chosen: settings.Settings
    database: db.Database
    place: Path

    def place_run(self, account: str = given.ACCOUNT, **columns: Any) -> runs.Run:
        """Ask for a run that the service may start at once."""
        wish = orders.Wish(collector=COLLECTOR, account=account, requested_by="clock")
        with self.database.write() as connection:
            run_id = orders.place(connection, self.chosen, register.SITES, wish)
            runs.amend(connection, run_id, {"not_before": moment.now()} | columns)
        return self.run(run_id)

    def run(self, run_id: int) -> runs.Run:
        with self.database.read() as connection:
            return runs.get(connection, run_id)

    def order(self, run: runs.Run) -> supervision.Child:
        return supervision.Child(
            run=run,
            chosen=self.chosen,
            database=self.database,
            environ=ENVIRON,
        )

    def start(self, run: runs.Run) -> asyncio.Task[supervision.Ended]:
        return asyncio.create_task(supervision.supervise(self.order(run), poll=POLL))

    async def supervise(self, run: runs.Run) -> supervision.Ended:
        return await self.start(run)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        for _ in range(int(30 / TICK)):
            if await asyncio.to_thread(true):
                return
            await asyncio.sleep(TICK)
        raise TimeoutError

    async def working(self, run: runs.Run) -> psutil.Process:
        """Return the process of a run that has read a page and waits for another one."""
        await self.until(lambda: self.run(run.id).pages >= 3)
        mark = f" {run.id} {run.attempt}"
        return next(one for one in psutil.Process().children() if command(one).endswith(mark))

    def processes(self) -> set[psutil.Process]:
        """Return all processes of children: their own, their drivers', their browsers'."""
        ours = {one for one in psutil.Process().children() if "jobs import child" in command(one)}
        below = {under for one in ours for under in one.children(recursive=True)}
        mark = str(self.chosen.storage.directory)
        return alive(
            {*ours, *below, *(one for one in psutil.process_iter() if mark in command(one))}
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def log(self, run: runs.Run) -> str:
        found = run_logs.lines(self.chosen.storage.directory, run.id)
        return "\n".join(run_logs.words(line) for line in found)

    def tell(self, run: runs.Run, stop: run_control.Stop) -> None:
        with self.database.write() as connection:
            run_control.tell(connection, run.id, stop)


@contextlib.contextmanager
def python(script: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a script in another process, killed in the end."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRON | {"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def alive(some: Iterable[psutil.Process]) -> set[psutil.Process]:
    found = set()
    for one in some:
        with contextlib.suppress(psutil.Error):
            if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
                found.add(one)
    return found


def nursery(world: client.Practice, place: Path, **service: Any) -> Nursery:
    """Return a nursery in a folder, with its own database."""
    config = given.config(world)
    config += f'[accounts.{SECOND}]\nsite = "chaturbate"\nusername = "{client.SECOND_USERNAME}"\n'
    config += "[service]\n" + "".join(f"{name} = {value}\n" for name, value in service.items())
    file = place / "greenroom.toml"
    file.write_text(config)
    chosen = settings.read(config, file, given.PASSWORDS)
    database = db.connect(chosen.database.url)
    upgrade.upgrade(database)
    return Nursery(chosen=chosen, database=database, place=place)
