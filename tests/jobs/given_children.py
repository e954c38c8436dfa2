"""A house whose runs work in processes of their own, as the service lets them."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil

from fixtures.practice import client
from jobs import aftermath, orders, run_logs, settings, supervision
from models import db, moment, run_control, run_queue, runs, upgrade
from scraper.sites import register
from tests.jobs import given_runs as given

COLLECTOR = "chaturbate.followers"
FOLLOWERS = "/accounts/followers/"
SMALL: dict[str, Any] = {"followers": 25, "followers_page": 9, "followed": 4}
POLL = 0.1


class Nursery(msgspec.Struct, frozen=True, kw_only=True):
    """Where children run."""

    chosen: settings.Settings
    database: db.Database
    place: Path

    def place_run(self, **columns: Any) -> runs.Run:
        """Ask for a run that the service may start at once."""
        wish = orders.Wish(collector=COLLECTOR, account=given.ACCOUNT, requested_by="clock")
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
            environ=os.environ | given.PASSWORDS,
        )

    def start(self, run: runs.Run) -> asyncio.Task[supervision.Ended]:
        return asyncio.create_task(supervision.supervise(self.order(run), poll=POLL))

    async def supervise(self, run: runs.Run) -> supervision.Ended:
        return await self.start(run)

    def processes(self) -> list[psutil.Process]:
        """Return the children at work: whatever our own process started and did not end."""
        return [
            one
            for one in psutil.Process().children()
            if one.status() != psutil.STATUS_ZOMBIE and "jobs" in " ".join(one.cmdline())
        ]


def nursery(world: client.Practice, place: Path, **service: Any) -> Nursery:
    """Return a nursery in a folder, with its own database."""
    text = given.config(world)
    text += "[service]\n" + "".join(f"{name} = {value}\n" for name, value in service.items())
    file = place / "greenroom.toml"
    file.write_text(text)
    chosen = settings.read(text, file, given.PASSWORDS)
    database = db.connect(chosen.database.url)
    upgrade.upgrade(database)
    return Nursery(chosen=chosen, database=database, place=place)
