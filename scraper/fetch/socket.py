"""The home of websockets: one talk over a socket, as a Fetch that gives what was heard since.

A connection is read as fast as its frames are fetched: what waits is bounded, and beyond that the
other side has to wait. What was heard before a connection is lost is given out before the loss is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import websockets
from websockets.asyncio import client

from scraper import errors, payload, redact, talk
from scraper.fetch import answers, routed, socket_trouble

DEADLINE = 30.0
"""Seconds that the opening of one socket may take."""

WAIT = 30
"""Seconds that a Fetch waits for the first frame, unless the request's `wait` says otherwise."""

FRAMES = 500
"""Frames of one payload at most; as many more may wait to be fetched."""

GATHER = 0.02
"""Seconds that a Fetch waits for more frames after the first."""

DOORS = 5
"""Questions that a talk may ask before it names its socket."""

SILENCES = 3
"""Silences of a talk after which its connection counts as lost."""

CLOSE = 1.0
"""Seconds that the other side has to say goodbye."""


class _Connect(client.connect):
    """Goes nowhere else than it was told to: what is said first is a secret."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow no redirect."""
        return exc


class Line:
    """An open connection. Called with a Request it is a Fetch.

    Each call waits for the first frame that is worth keeping and gives one Payload with all that
    came meanwhile, or () for none; () as well at once where the line goes `live`. When the
    connection is lost, calls give what was still heard, then raise why: TryLater
    (`connection_lost`, `timed_out`, `body_too_large`) or what the talk raises. `heard_at` is when
    the last frame came: of a connection that is silent nobody knows whether it still is one.
    """

    def __init__(
        self, said: talk.Talk, connection: client.ClientConnection, opening: talk.Opening
    ) -> None:
        self.live = asyncio.Event()
        self.heard_at = datetime.now(UTC)
        self._admitted = asyncio.Event()
        self._talk = said
        self._connection = connection
        self._url = _public(opening)
        self._frames: list[talk.Frame] = []
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.reading = asyncio.create_task(self._read(opening))
        self.reading.add_done_callback(lambda _: self._news.set())

    async def hears(self) -> bool:
        """Return True once everything that happens is heard, or something was.

        Raises what ended the line before, and TryLater `timed_out` where the site does not let us
        in. Once it has, this waits as long as it takes: a quiet room says nothing at all.
        """
        await self._until(self._admitted, DEADLINE)
        if self._admitted.is_set():
            await self._until(self.live, None)
        if self.live.is_set() or self._frames:
            return True
        if self.reading.done():
            self.reading.result()
        raise errors.TryLater("timed_out", "the site did not confirm the talk", url=self._url)

    async def _until(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait for an event, or until nothing more is read, or so many seconds."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait(
                {waiting, self.reading}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()

    async def __call__(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Return what was heard since the last call."""
        if not self._frames and not self.reading.done():
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(int(request.context.get("wait", WAIT))):
                    await self._news.wait()
        if not self._frames:
            if self.reading.done():
                self.reading.result()
            return ()
        if len(self._frames) < FRAMES and not self.reading.done():
            await asyncio.sleep(GATHER)
        found = self._taken()
        return (
            payload.Payload(
                request=request,
                url=self._url,
                status=200,
                body=talk.body(found),
                fetched_at=found[-1].at,
            ),
        )

    def _taken(self) -> list[talk.Frame]:
        found, self._frames = self._frames[:FRAMES], self._frames[FRAMES:]
        self._size = sum(len(frame.text) for frame in self._frames)
        self._room.set()
        return found

    async def _read(self, opening: talk.Opening) -> None:
        """Hold the talk until the connection is lost, then raise why."""
        async with contextlib.AsyncExitStack() as stack:
            while True:
                opening = await self._dialogue(opening)
                await self._connection.close()
                self._connection = await stack.enter_async_context(_connected(opening))
                self._url = _public(opening)

    async def _dialogue(self, opening: talk.Opening) -> talk.Opening:
        """Talk until the talk moves elsewhere; return where to."""
        with socket_trouble.named(self._url):
            await self._say(opening.say)
            while True:
                await self._room.wait()
                frame = await self._next()
                self.heard_at = datetime.now(UTC)
                heard = self._talk.hear(frame)
                if heard.keep:
                    self._keep(frame if heard.text is None else heard.text)
                await self._say(heard.say)
                if heard.admitted or heard.live:
                    self._admitted.set()
                if heard.live and not self.live.is_set():
                    self.live.set()
                    self._news.set()
                if heard.move is not None:
                    return heard.move

    async def _say(self, texts: tuple[str, ...]) -> None:
        """Say something; where nobody listens any more, what they said before is still read."""
        with contextlib.suppress(websockets.ConnectionClosed):
            for text in texts:
                await self._connection.send(text)

    async def _next(self) -> str:
        """Return the next frame. Says the talk's ping in silence, and ends it after too much."""
        for silences in range(1, SILENCES + 1):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._talk.silence):
                    frame = await self._connection.recv()
                return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            if self._talk.ping is not None and silences < SILENCES:
                await self._say((self._talk.ping,))
        silence = self._talk.silence * SILENCES
        raise errors.TryLater("timed_out", f"nothing was heard for {silence:g} s", url=self._url)

    def _keep(self, text: str) -> None:
        """Keep a frame with when it came; no two came at one time."""
        at = datetime.now(UTC)
        if self._frames and at <= self._frames[-1].at:
            at = self._frames[-1].at + timedelta(microseconds=1)
        self._frames.append(talk.Frame(at=at, text=text))
        self._size += len(text)
        if len(self._frames) >= 2 * FRAMES or self._size >= answers.BODY_LIMIT:
            self._room.clear()
        self._news.set()


@contextlib.asynccontextmanager
async def open_socket(
    said: talk.Talk, ask: routed.Fetch, tokens: Mapping[str, str] | None = None
) -> AsyncIterator[Line]:
    """Open one connection of a talk; gives its Line, which is a Fetch and tells when it is `live`.

    `ask` asks the talk's door (`http.open_http(whole=True)`). Raises what the door and the talk
    raise; where the socket cannot be opened TryLater (`connection_lost`, `timed_out`, `throttled`,
    `server_error`), NeedsOperator (`challenge`, `token_refused`) or Refused (`forbidden`).
    """
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it logs frames, tokens and all
    given = tokens or {}
    opening = await _opening(said, ask, given)
    with socket_trouble.tokens_refused(given):
        connecting = contextlib.AsyncExitStack()
        connection = await connecting.enter_async_context(_connected(opening))
    async with connecting:
        line = Line(said, connection, opening)
        try:
            yield line
        finally:
            line.reading.cancel()
            await asyncio.gather(line.reading, return_exceptions=True)


async def _opening(said: talk.Talk, ask: routed.Fetch, tokens: Mapping[str, str]) -> talk.Opening:
    """Ask the talk's door, and whatever else it wants to ask before."""
    found = said.begin(None, tokens) if said.door is None else said.door
    for _ in range(DOORS):
        if isinstance(found, talk.Opening):
            return found
        answer = (await ask(found))[0]
        found = said.begin(answer, tokens)
    if isinstance(found, talk.Opening):
        return found
    raise errors.PageChanged("page_changed", f"more than {DOORS} doors", url=redact.url(found.url))


@contextlib.asynccontextmanager
async def _connected(opening: talk.Opening) -> AsyncIterator[client.ClientConnection]:
    with socket_trouble.named(_public(opening)):
        connection = await _Connect(
            opening.url,
            open_timeout=DEADLINE,
            close_timeout=CLOSE,
            max_size=answers.BODY_LIMIT,
            ping_interval=None,
        )
    try:
        yield connection
    finally:
        await connection.close()


def _public(opening: talk.Opening) -> str:
    """Return where a socket is, without what may be a ticket."""
    return redact.url(opening.url.partition("?")[0].partition("#")[0])
