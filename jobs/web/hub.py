"""What many listen to at once: a log of the database, handed on as it grows.

The table is what counts: a channel remembers only how far it has read. Whoever is slow misses
messages in memory, is told which, and finds them in the table.
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from jobs import logs
from jobs.web import messages
from models import db

BUFFER = 128
"""Messages that wait for one client; more are missed, and the client is told."""

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


class Client:
    """Somebody who listens: what waits for them, and what they missed."""

    def __init__(
        self, marks: messages.Marks, *, private: bool, seq: Callable[[messages.Marks], int | str]
    ) -> None:
        self.marks = marks
        self.missed_in_all = 0
        self.private = private
        self._seq = seq
        self._waiting: list[messages.Message] = []
        self._missed = 0
        self._woken = asyncio.Event()

    def offer(self, new: Sequence[messages.Message]) -> None:
        """Take messages for them, but those they have or may not have."""
        room = 0 if self._missed else BUFFER - len(self._waiting)
        marks, offered = self.marks, 0
        for message in new:
            if not message.extra:  # what is extra stands at no place of the log
                if not any(map(operator.gt, message.marks, marks)):
                    continue
                marks = tuple(map(max, marks, message.marks))
            if not self.hears(message):
                continue
            offered += 1
            if offered <= room:
                self._waiting.append(message)
                self.marks = marks
        self._missed += max(offered - room, 0)
        if offered:
            self._woken.set()

    def hears(self, message: messages.Message) -> bool:
        """Tell whether a message is for them."""
        return not (message.known if self.private else message.private)

    @property
    def waits(self) -> bool:
        """Whether something waits for them."""
        return bool(self._waiting)

    async def following(self) -> list[messages.Message]:
        """Return the next messages for them, once there are any."""
        while not self._waiting and not self._missed:
            self._woken.clear()
            await self._woken.wait()
        if self._waiting:
            found, self._waiting = self._waiting, []
            return found
        missed, self._missed = self._missed, 0
        self.missed_in_all += missed
        return [messages.lagged(missed, self._seq(self.marks))]


class Channel:
    """One log and everybody who listens to it. To be used by one event loop, but for `nudge`."""

    def __init__(self, database: db.Database, log: Log) -> None:
        self.log = log
        self.clients: set[Client] = set()
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

    def join(self, client: Client, page: messages.Page) -> bool:
        """Let a client listen from its marks on, if `page`, read behind them, reaches our own."""
        if not self.clients or self._marks is None:
            self._marks = page.marks
        if any(new < old for new, old in zip(page.marks, self._marks, strict=True)):
            return False
        self.clients.add(client)
        return True

    def leave(self, client: Client) -> None:
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
            for client in self.clients:
                client.offer(step)
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
