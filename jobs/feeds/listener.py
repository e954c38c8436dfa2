"""Listen to one feed for as long as the service runs, whatever the other side does."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from jobs import logs
from jobs.feeds import ears, taking
from models import db, feeds, leases, moment, runs
from scraper import errors

FIRST_WAIT = 5.0
LONGEST_WAIT = 60.0
"""Seconds before the first attempt after a trouble, and at most; each wait is twice the last."""

JITTER = 0.2
"""By which share a wait is longer or shorter, so that feeds that fell together rise apart."""

LOOK_EVERY = 1.0
"""Seconds between two looks at what the operator wants of the feed."""

SAY_EVERY = 5.0
"""Seconds after which a feed of which nothing is heard but that it lives is noted to live."""

CUT_OFF = frozenset(
    {"connection_lost", "timed_out", "body_truncated", "body_too_large", "empty_answer"}
)
"""Troubles in which an answer may have been told that did not reach us."""

TOKENS = frozenset({"no_token", "token_refused"})
"""Why a feed stopped that is tried again without being told to: there may be another token."""

TOKENS_EVERY = 30.0

_RANDOM = random.SystemRandom()


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long (seconds) a listener waits for what."""

    first: float = FIRST_WAIT
    longest: float = LONGEST_WAIT
    look: float = LOOK_EVERY
    tokens: float = TOKENS_EVERY


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What a listener needs from outside.

    `begin` opens the feed's row and begins an attempt at its run; `opened` is the way to listen;
    `nudge` is called whenever something new was written; `seconds` is how long its lease holds.
    """

    database: db.Database
    name: str
    holder: str
    begin: Callable[[], taking.Taker]
    opened: ears.Opened
    nudge: Callable[[], None] = lambda: None
    seconds: float = 15.0
    waits: Waits = Waits()


class Listener:
    """One feed; `run` never returns of itself, and raises nothing but cancellation."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._lease = f"feed:{outside.name}"
        self._wait = outside.waits.first
        self._said = 0.0
        self._state: feeds.State | None = None
        self._cut_off = False
        self._unusable = ""

    async def run(self) -> None:
        """Listen whenever the lease is ours; give it back in the end."""
        try:
            while True:
                if await self._quietly(self._holds):
                    self._state = None
                    await self._while_ours()
                await asyncio.sleep(self._outside.waits.look)
        finally:
            await self._quietly(self._give_back)

    async def _while_ours(self) -> None:
        """Listen until somebody else has the lease, or it could twice not be renewed."""
        listening = asyncio.create_task(self._listen(), name=self._lease)
        renewed = asked = time.monotonic()
        third = self._outside.seconds / 3
        try:
            while not listening.done() and asked - renewed <= 2 * third:
                await asyncio.wait({listening}, timeout=self._outside.waits.look)
                if time.monotonic() - asked <= third:
                    continue
                asked = time.monotonic()
                held = await self._quietly(self._holds)
                if held is False:
                    logs.log.warning(f"feed {self._outside.name}: another process has it now")
                    return
                renewed = asked if held else renewed
        finally:
            listening.cancel()
            await asyncio.wait({listening})

    async def _listen(self) -> None:
        """Connect and listen, again and again; wait longer each time that it fails."""
        while True:
            try:
                await self._unless_paused()
                taker = await asyncio.to_thread(self._outside.begin)
                await self._connected(taker)
            except runs.Superseded:
                return
            except (errors.NeedsOperator, errors.SignInAgain, errors.BadConfig) as error:
                await self._stop(error)
            except errors.GreenroomError as error:
                await self._back_off(error.code, error.message, error.retry_after)
            except db.Unusable as error:
                await self._back_off(error.code, str(error), None)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the listening
                logs.log.opt(exception=error).error(f"feed {self._outside.name}: a fault")
                await self._back_off("internal", type(error).__name__, None)

    async def _connected(self, taker: taking.Taker) -> None:
        await self._say("connecting")
        # whoever listened before and did not say goodbye may have been told something
        self._cut_off |= taker.standing.state in {"connecting", "live"}
        async with self._outside.opened(taker) as ear:
            patient = await ear.hears()
            if patient:
                await self._live(ear)
                await asyncio.to_thread(taker.note_silence)
            while True:
                request = await asyncio.to_thread(taker.ask, patient=patient)
                asked, waited = time.monotonic(), patient
                taken = await self._once(ear, taker, request)
                patient, self._wait = True, self._outside.waits.first
                await self._live(ear)
                if taker.tells_once and self._cut_off:
                    await asyncio.to_thread(taker.note_silence, "answer_lost")
                self._cut_off = False
                if taken.new:
                    self._outside.nudge()
                elif waited and not taken.records:
                    await asyncio.sleep(taker.feed.every - (time.monotonic() - asked))
                if await self._is_paused():
                    return  # and come back as after any other silence

    async def _once(self, ear: ears.Ear, taker: taking.Taker, request: Any) -> taking.Taken:
        """Fetch and take; a kill in between asks for the same again."""
        answers = await ear.fetch(request)
        try:
            return await asyncio.to_thread(taker.take, answers)
        except errors.TryLater as error:
            if error.code == "throttled":
                await ear.throttled(error.retry_after)
            raise
        except errors.NeedsOperator as asked:
            await ear.answer(asked)
            raise

    async def _live(self, ear: ears.Ear) -> None:
        if self._state != "live":
            await self._say("live", heard_at=ear.heard_at())
        elif time.monotonic() - self._said > SAY_EVERY:
            self._said = time.monotonic()
            await self._quietly(self._note, heard_at=ear.heard_at())

    async def _back_off(self, code: str, message: str, retry_after: float | None) -> None:
        """Wait: as the site asks, and longer each time."""
        spread = 1 + JITTER * (2 * _RANDOM.random() - 1)
        wait = max(self._wait * spread, retry_after or 0.0)
        self._wait = min(self._wait * 2, self._outside.waits.longest)
        self._cut_off |= code in CUT_OFF
        again = moment.now() + timedelta(seconds=wait)
        await self._say("backing_off", code=code, reason=message, again_at=again)
        await self._asked_within(wait)

    async def _stop(self, error: errors.GreenroomError) -> None:
        """Wait for the operator; of a token there may be another one without a word."""
        await self._say("stopped", code=error.code, reason=error.message)
        await self._asked_within(self._outside.waits.tokens if error.code in TOKENS else None)

    async def _asked_within(self, seconds: float | None) -> None:
        """Return after so many seconds (None: never), or when the operator asks to go on."""
        since, until = moment.now(), None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            left = self._outside.waits.look if until is None else until - time.monotonic()
            await asyncio.sleep(min(max(left, 0.0), self._outside.waits.look))
            row = await self._quietly(self._read)
            if row and (row.paused_at or (row.asked_at and row.asked_at > since)):
                return

    async def _unless_paused(self) -> None:
        """Wait while the operator has the feed paused."""
        while await self._is_paused():
            if self._state != "paused":
                await self._say("paused")
            await asyncio.sleep(self._outside.waits.look)

    async def _is_paused(self) -> bool:
        row = await self._quietly(self._read)
        return row is not None and row.paused_at is not None

    async def _say(self, state: feeds.State, **values: Any) -> None:
        """Show how the feed stands."""
        why = f" ({values['code']}): {values['reason']}" if "code" in values else ""
        if (self._state, why) != (state, ""):
            logs.log.info(f"feed {self._outside.name}: {state.replace('_', ' ')}{why}")
        self._state, self._said = state, time.monotonic()
        await self._quietly(self._note, state=state, **values)

    async def _quietly(self, act: Callable[..., Any], **values: Any) -> Any:
        """Do something with the database; where it cannot be used say so once, and return None."""
        try:
            found = await asyncio.to_thread(act, **values)
        except db.Unusable as error:
            if self._unusable != str(error):
                logs.log.error(f"feed {self._outside.name}: the database: {error}")
            self._unusable = str(error)
            return None
        self._unusable = ""
        return found

    def _holds(self) -> bool:
        with self._outside.database.write() as connection:
            seconds, holder = self._outside.seconds, self._outside.holder
            return leases.take(connection, self._lease, holder, seconds) is not None

    def _give_back(self) -> None:
        with self._outside.database.write() as connection:
            leases.drop(connection, self._lease, self._outside.holder)

    def _read(self) -> feeds.Feed | None:
        with self._outside.database.read() as connection:
            return feeds.get(connection, self._outside.name)

    def _note(self, **values: Any) -> None:
        with self._outside.database.write() as connection:
            feeds.change(connection, self._outside.name, **values)
