"""Tell what rules fired, each firing on its own: one that takes long keeps nobody waiting."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import msgspec

from jobs import logs
from jobs.rules import commands, definition, telling, webhooks
from models import db, firings, happened, moment

AT_ONCE = 16
"""Firings that are told at once."""

OF_A_RULE = 4
"""Those of one rule among them, so that a receiver that hangs leaves room for others."""

TRIES = 8
FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0


class Teller:
    """Tells what is queued. To be used by one event loop.

    `rules` gives those in force; `ready` is called when there is room for more.
    """

    def __init__(
        self,
        database: db.Database,
        rules: Callable[[], Mapping[str, definition.Rule]],
        environ: Mapping[str, str],
        ready: Callable[[], None],
    ) -> None:
        self._database = database
        self._rules = rules
        self._environ = environ
        self._ready = ready
        self._telling: dict[asyncio.Task[firings.Firing], firings.Firing] = {}
        self._ended: list[firings.Firing] = []

    async def turn(self) -> None:
        """Write what came of what was told, and begin to tell what is due and has room."""
        ended = list(self._ended)
        busy = {one.id: one.rule for one in self._telling.values()}
        due, acts = await asyncio.to_thread(self._exchange, ended, busy)
        del self._ended[: len(ended)]
        rules = self._rules()
        for one in due:
            told = self._tell(rules.get(one.rule), one, acts[one.interaction_id])
            task = asyncio.create_task(told, name=f"rule {one.rule}")
            self._telling[task] = one
            task.add_done_callback(self._told)

    async def close(self) -> None:
        """Stop telling; what was not told to its end is told again another time."""
        tasks = list(self._telling)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(db.Unusable):
            await asyncio.to_thread(self._settle, self._ended)

    def _told(self, task: asyncio.Task[firings.Firing]) -> None:
        del self._telling[task]
        if not task.cancelled():
            self._ended.append(task.result())
        self._ready()

    async def _tell(
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
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the telling
            logs.log.opt(exception=error).error(f"rule {fired.rule}: a fault")
            return _ended(fired, "failed", type(error).__name__)
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

    def _exchange(
        self, ended: Sequence[firings.Firing], busy: Mapping[int, str]
    ) -> tuple[list[firings.Firing], dict[int, happened.Act]]:
        """Write what has ended; return what to tell now, its attempts counted, with the acts."""
        if not ended:
            with self._database.read() as connection:
                if not firings.any_due(connection, moment.now()):
                    return [], {}
        with self._database.write() as connection:
            firings.settle(connection, ended)
            chosen = _chosen(firings.due(connection, moment.now(), 2 * OF_A_RULE), busy)
            begun = firings.attempt(connection, chosen)
            return begun, happened.by_id(connection, list({one.interaction_id for one in begun}))

    def _settle(self, ended: Sequence[firings.Firing]) -> None:
        with self._database.write() as connection:
            firings.settle(connection, ended)


def _chosen(due: Sequence[firings.Firing], busy: Mapping[int, str]) -> list[firings.Firing]:
    """Return what there is room for beside what is being told (rules by number), oldest first."""
    of_rule = Counter(busy.values())
    chosen: list[firings.Firing] = []
    for one in due:
        room = len(busy) + len(chosen) < AT_ONCE and of_rule[one.rule] < OF_A_RULE
        if room and one.id not in busy:
            of_rule[one.rule] += 1
            chosen.append(one)
    return chosen


def _ended(fired: firings.Firing, state: firings.State, error: str | None) -> firings.Firing:
    if error:
        logs.log.warning(f"rule {fired.rule}: {fired.way} {state}: {error}")
    return msgspec.structs.replace(fired, state=state, last_error=error, done_at=moment.now())


def _later(fired: firings.Firing, error: str) -> firings.Firing:
    wait = min(FIRST_WAIT * 2 ** (fired.attempts - 1), LONGEST_WAIT) * random.uniform(0.75, 1.25)  # noqa: S311 - spread, no secret
    at = moment.now() + timedelta(seconds=wait)
    logs.log.info(f"rule {fired.rule}: {fired.way} again in {wait:.0f} s: {error}")
    return msgspec.structs.replace(fired, last_error=error, next_at=at)
