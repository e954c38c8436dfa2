"""Rules at work: look at what happened, write what it fired, then tell it until it is told.

What an act fires is written in the transaction that moves the mark behind it, so a kill loses and
repeats nothing; telling comes after, at least once. One process does it at a time (lease `rules`).
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import msgspec

from jobs import logs
from jobs.rules import commands, definition, matching, telling, webhooks
from models import db, firings, happened, leases, moment

LEASE = "rules"

LOOK = 0.5
"""Seconds between two looks at the acts, for what other processes write."""

PAGE = 500
"""Acts that are looked at in one transaction."""

AT_ONCE = 16
"""Firings that are told at once."""

TRIES = 8
FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0

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
        self._environ = environ
        self._told = told
        self._lease_seconds = lease_seconds
        self._holder = f"rules:{secrets.token_hex(6)}"
        self._nudged = asyncio.Event()
        self._led_until = -1.0

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
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self._nudged.wait()
                self._nudged.clear()
        finally:
            with suppress(db.Unusable):
                await asyncio.to_thread(self._drop)

    async def _turn(self) -> bool:
        """Look once and tell once; tell whether there may be more to do at once."""
        more, fired = await asyncio.to_thread(self._look)
        if fired:
            self._told()
        return await self._tell() or more

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
        rules, now = self._rules(), moment.now()
        with self._database.write() as connection:
            mark = firings.mark(connection)
            if mark >= top:
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

    async def _tell(self) -> bool:
        """Tell what is due; return whether there may be more."""
        due, acts = await asyncio.to_thread(self._due)
        if not due:
            return False
        rules = self._rules()
        ended = await asyncio.gather(
            *(self._one(rules.get(one.rule), one, acts[one.interaction_id]) for one in due)
        )
        await asyncio.to_thread(self._settle, ended)
        self._told()
        return True

    async def _one(
        self, rule: definition.Rule | None, fired: firings.Firing, act: happened.Act
    ) -> firings.Firing:
        """Tell one firing; return it as it ended."""
        try:
            await self._told_by(rule, fired, act)
        except telling.Never as error:
            return _ended(fired, "failed", str(error))
        except telling.Again as error:
            if fired.attempts >= TRIES:
                return _ended(fired, "failed", str(error))
            return _later(fired, str(error))
        return _ended(fired, "done", None)

    async def _told_by(
        self, rule: definition.Rule | None, fired: firings.Firing, act: happened.Act
    ) -> None:
        if rule is not None and fired.way == "webhook" and rule.webhook:
            await webhooks.send(rule.webhook, fired, act)
        elif rule is not None and fired.way == "command" and rule.command:
            await commands.run(rule.command, self._environ, fired, act)
        else:
            raise telling.Never("the rule does not say how any more")

    def _due(self) -> tuple[list[firings.Firing], dict[int, happened.Act]]:
        with self._database.read() as connection:
            following = firings.following(connection)
        if following is None or following > moment.now():
            return [], {}
        with self._database.write() as connection:
            due = firings.attempt(connection, moment.now(), AT_ONCE)
            return due, happened.by_id(connection, list({one.interaction_id for one in due}))

    def _settle(self, ended: Sequence[firings.Firing]) -> None:
        with self._database.write() as connection:
            firings.settle(connection, ended)

    def _take(self) -> bool:
        with self._database.write() as connection:
            return leases.take(connection, LEASE, self._holder, self._lease_seconds) is not None

    def _drop(self) -> None:
        with self._database.write() as connection:
            leases.drop(connection, LEASE, self._holder)


def _ended(fired: firings.Firing, state: firings.State, error: str | None) -> firings.Firing:
    if error:
        logs.log.warning(f"rule {fired.rule}: {fired.way} {state}: {error}")
    return msgspec.structs.replace(fired, state=state, last_error=error, done_at=moment.now())


def _later(fired: firings.Firing, error: str) -> firings.Firing:
    wait = min(FIRST_WAIT * 2 ** (fired.attempts - 1), LONGEST_WAIT) * random.uniform(0.75, 1.25)  # noqa: S311 - spread, no secret
    at = moment.now() + timedelta(seconds=wait)
    logs.log.info(f"rule {fired.rule}: {fired.way} again in {wait:.0f} s: {error}")
    return msgspec.structs.replace(fired, last_error=error, next_at=at)
