"""What many listen to at once: a log of the database, handed on as it grows.

The table is what counts: a channel remembers only how far it has read. Whoever is slow misses
messages in memory, is told which, and finds them in the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from jobs import logs
from jobs.web import clients, messages
from models import db

PAGE = 500
"""Rows that are read at once."""

REPLAY = 10_000
"""Rows that are replayed to a client that comes back; of older ones it is told."""

LOOK = 0.5
"""Seconds between two looks at the table, for what other processes write."""

APART = 0.04
"""Seconds between two looks at most often: what comes fast goes out together."""

_STEP = 64
"""Messages that are handed on at once before those who send them have their turn."""

_TURNS = 8

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Log(Protocol):
    """A log of the database, as messages."""

    def top(self, connection: db.Connection) -> messages.Marks:
        """Return the marks of its end."""
        ...

    def behind(self, connection: db.Connection, marks: messages.Marks, limit: int) -> messages.Page:
        """Return what stands behind marks."""
        ...

    def seq(self, marks: messages.Marks) -> int | str:
        """Return how marks are written in a message."""
        ...

    def read_seq(self, text: str) -> messages.Marks:
        """Return the marks that a client names. Raises ValueError."""
        ...

    def extras(
        self, connection: db.Connection, page: Sequence[messages.Message]
    ) -> list[messages.Message]:
        """Return what else is to be told to those who listen, after what was new."""
        ...


class Channel:
    """One log and everybody who listens to it. To be used by one event loop, but for `nudge`."""

    def __init__(self, database: db.Database, log: Log) -> None:
        self.log = log
        self.clients: set[clients.Client] = set()
        self.missed = 0
        self._database = database
        self._marks: messages.Marks | None = None
        self._extras: list[messages.Message] = []
        self._nudged = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Hand on what the log gains, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._nudged.wait()
            self._nudged.clear()
            try:
                await self._look()
            except db.Unusable as error:
                logs.log.error(f"the database: {error}")
            await asyncio.sleep(APART)

    def nudge(self) -> None:
        """Say that the log has gained something; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._nudged.set)

    def tell(self, extras: Sequence[messages.Message]) -> None:
        """Hand on what no table gains, after what one has gained before."""
        self._extras += extras
        self._nudged.set()

    def join(self, client: clients.Client, page: messages.Page) -> bool:
        """Let a client listen from its marks on, if `page`, read behind them, reaches our own."""
        if not self.clients or self._marks is None:
            self._marks = page.marks
        if any(new < old for new, old in zip(page.marks, self._marks, strict=True)):
            return False
        self.clients.add(client)
        return True

    def leave(self, client: clients.Client) -> None:
        """Let a client go."""
        self.clients.discard(client)
        self.missed += client.missed_in_all

    async def end(self) -> messages.Marks:
        """Return the marks of the log's end."""
        return await asyncio.to_thread(self._read, self.log.top)

    async def behind(self, marks: messages.Marks) -> messages.Page:
        """Return a page of what stands behind marks."""
        return await asyncio.to_thread(self._read, self.log.behind, marks, PAGE)

    async def _look(self) -> None:
        if not self.clients or self._marks is None:
            self._extras.clear()
            self._marks = None
            return
        full = True
        while full and self._marks is not None:
            told, self._extras = self._extras, []
            page, more = await asyncio.to_thread(self._read, self._new, self._marks)
            await self._publish(page.messages)
            self._marks, full = page.marks, page.full
            await self._publish([*told, *more])

    async def _publish(self, new: Sequence[messages.Message]) -> None:
        """Hand messages on, no faster than those who are not slow can send them."""
        for begin in range(0, len(new), _STEP):
            step = new[begin : begin + _STEP]
            clients.offer(self.clients, step)
            self._marks = next((one.marks for one in reversed(step) if not one.extra), self._marks)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
                if not any(client.waits for client in self.clients):
                    break

    def _new(
        self, connection: db.Connection, marks: messages.Marks
    ) -> tuple[messages.Page, list[messages.Message]]:
        page = self.log.behind(connection, marks, PAGE)
        return page, self.log.extras(connection, page.messages)

    def _read(
        self,
        ask: Callable[Concatenate[db.Connection, Asked], Answer],
        *asked: Asked.args,
        **more: Asked.kwargs,
    ) -> Answer:
        with self._database.read() as connection:
            return ask(connection, *asked, **more)
