"""The ways to listen: ask again and again, keep a talk going, or wait to be told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Protocol

from jobs import calling, visit
from jobs.feeds import addresses, taking
from models import moment
from scraper import errors, payload, talk
from scraper.fetch import http, socket

LOOK_EVERY = 1.0
"""Seconds between two looks whether what is pushed still has an address."""


class Ear(Protocol):
    """One connection to a feed."""

    async def hears(self) -> bool:
        """Return True once everything that happens is heard, False where only answers tell."""
        ...

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Return what came: nothing, where nothing happened in time."""
        ...

    def heard_at(self) -> datetime:
        """Return until when nothing has escaped it, once a fetch has come back."""
        ...

    async def throttled(self, retry_after: float | None) -> None:
        """Keep everybody quiet who draws on the same budget."""
        ...

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Remember what was refused, and raise it: only the operator can go on."""
        ...


Opened = Callable[[taking.Taker], AbstractAsyncContextManager[Ear]]


class Asking:
    """A feed that is asked: that it hears is known when it answers."""

    def __init__(self, visit: calling.TokenVisit) -> None:
        self.fetch = visit.fetch
        self.heard_at = moment.now
        self.throttled = visit.held
        self.answer = visit.answer

    async def hears(self) -> bool:
        """Return False: an answer has to come first."""
        return False


class BeingTold:
    """A feed that is pushed to our door: there is nothing to fetch.

    `check` raises while the feed has no address.
    """

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self.heard_at = moment.now

    async def hears(self) -> bool:
        """Return True: the door is open."""
        return True

    async def fetch(self, _request: payload.Request) -> tuple[payload.Payload, ...]:
        """Return nothing after a while: whoever knocks hands over what they bring themselves."""
        await asyncio.sleep(LOOK_EVERY)
        await asyncio.to_thread(self._check)
        return ()

    async def throttled(self, retry_after: float | None) -> None:
        """Do nothing: nobody is asked anything."""

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Raise it."""
        raise asked


class Talking:
    """A talk over a socket."""

    def __init__(self, line: socket.Line) -> None:
        self.fetch = line.__call__
        self.hears = line.hears
        self._line = line

    def heard_at(self) -> datetime:
        """Return when the last frame came."""
        return self._line.heard_at

    async def throttled(self, retry_after: float | None) -> None:
        """Do nothing: who is throttled connects later."""

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Raise it."""
        raise asked


def opening(desk: visit.Desk) -> Opened:
    """Return the ways to listen, by the feed's own."""

    @asynccontextmanager
    async def opened(taker: taking.Taker) -> AsyncIterator[Ear]:
        if taker.feed.way == "pushed":
            name = taker.standing.name
            box = desk.vault

            def check() -> str:
                return addresses.secret(desk.chosen, name, desk.environ, box)

            await asyncio.to_thread(check)
            yield BeingTold(check)
        elif taker.feed.talk is not None:
            request = await asyncio.to_thread(taker.ask, patient=True)
            async with _talked(desk, taker, taker.feed.talk(request, taker.layout)) as line:
                yield Talking(line)
        else:
            call = calling.calling(desk, taker.standing.target)
            async with call(taker.account, taker.feed) as visit:
                yield Asking(visit)

    return opened


@asynccontextmanager
async def _talked(
    desk: visit.Desk, taker: taking.Taker, said: talk.Talk
) -> AsyncIterator[socket.Line]:
    """Open a talk; tokens that its site refuses are not sent again."""
    deadline = desk.chosen.sites[taker.where.name].request_timeout_seconds
    admitted = calling.admitted(desk, taker.account, taker.feed, taker.standing.target)
    async with admitted as (known, refuse):
        try:
            async with (
                http.open_http(deadline, known, whole=True) as ask,
                socket.open_socket(said, ask, known) as line,
            ):
                yield line
        except errors.NeedsOperator as asked:
            if asked.code == "token_refused":
                await asyncio.to_thread(refuse)
            raise
