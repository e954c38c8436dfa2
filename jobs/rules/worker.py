"""Rules at work: look at what happened, and write what it fired, for the teller to tell.

What an act fires is written in the transaction that moves the mark behind it, so a kill loses and
repeats nothing; telling comes after, at least once. One process does it at a time (lease `rules`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from jobs import logs
from jobs.rules import definition, matching, teller
from models import db, firings, happened, leases, moment

LEASE = "rules"

LOOK = 0.5
"""Seconds between two looks at the acts, for what other processes write."""

PAGE = 500
"""Acts that are looked at in one transaction."""

_MINUTE = 60.0


@asynccontextmanager
async def working(rules: Rules) -> AsyncIterator[None]:
    """Let rules work while the block runs."""
    task = asyncio.create_task(rules.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Rules:
    """The rules of a database at work. To be used by one event loop.

    `rules` gives those in force; `told` is called after acts fired any.
    """

    def __init__(
        self,
        database: db.Database,
        rules: Callable[[], Mapping[str, definition.Rule]],
        environ: Mapping[str, str],
        *,
        told: Callable[[], None] = lambda: None,
        lease_seconds: float = 15.0,
    ) -> None:
        self._database = database
        self._rules = rules
        self._told = told
        self._lease_seconds = lease_seconds
        self._holder = f"rules:{secrets.token_hex(6)}"
        self._nudged = asyncio.Event()
        self._led_until = -1.0
        self._looked = -1
        self._teller = teller.Teller(database, rules, environ, self._nudged.set)

    def nudge(self) -> None:
        """Say that acts were written."""
        self._nudged.set()

    async def run(self) -> None:
        """Work until cancelled; then let somebody else."""
        try:
            while True:
                try:
                    while await self._lead() and await self._turn():
                        pass
                except db.Unusable as error:
                    logs.log.error(f"the database: {error}")
                except Exception as error:  # noqa: BLE001 - a fault of ours must not end the work
                    logs.log.opt(exception=error).error("rules: a fault")
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self._nudged.wait()
                self._nudged.clear()
        finally:
            await self._teller.close()
            with suppress(db.Unusable):
                await asyncio.to_thread(self._drop)

    async def _turn(self) -> bool:
        """Look once and tell what is due; tell whether there may be more acts."""
        more, fired = await asyncio.to_thread(self._look)
        if fired:
            self._told()
        await self._teller.turn()
        return more

    async def _lead(self) -> bool:
        """Tell whether this process is the one, and keep it so."""
        now = asyncio.get_running_loop().time()
        if now < self._led_until - self._lease_seconds * 2 / 3:
            return True
        held = await asyncio.to_thread(self._take)
        self._led_until = now + self._lease_seconds if held else -1.0
        return held

    def _look(self) -> tuple[bool, int]:
        """Write what new acts fire; return whether there may be more acts, and how many fired."""
        with self._database.read() as connection:
            top = happened.top(connection)
        if top == self._looked:
            return False, 0
        rules, now = self._rules(), moment.now()
        with self._database.write() as connection:
            mark = firings.mark(connection)
            if mark >= top:
                self._looked = top
                return False, 0
            acts = happened.after(connection, mark, PAGE)
            fired = self._fired(connection, rules, acts, now)
            firings.place(connection, fired, acts[-1].id if acts else mark)
        return len(acts) == PAGE, len(fired)

    def _fired(
        self,
        connection: db.Connection,
        rules: Mapping[str, definition.Rule],
        acts: Sequence[happened.Act],
        now: datetime,
    ) -> list[firings.Firing]:
        wanted = [act for act in acts if any(matching.matches(r, act, now) for r in rules.values())]
        if not wanted:
            return []
        lately = {
            name: firings.fired(
                connection, name, now - timedelta(seconds=max(rule.cooldown, _MINUTE))
            )
            for name, rule in rules.items()
        }
        known = firings.known(connection, [act.stands_for for act in wanted])
        return matching.fire(rules, wanted, lately, known, now)

    def _take(self) -> bool:
        with self._database.write() as connection:
            return leases.take(connection, LEASE, self._holder, self._lease_seconds) is not None

    def _drop(self) -> None:
        with self._database.write() as connection:
            leases.drop(connection, LEASE, self._holder)
