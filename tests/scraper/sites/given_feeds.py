"""A listener at a practice site: a feed's socket, opened as it is for good, and what it states."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec

from fixtures.practice import client
from models import records
from scraper import errors, payload
from scraper.fetch import http, socket
from scraper.sites import register
from tests.scraper import given_answers

DEADLINE = 10.0


class Listener:
    """Listens over one connection after the other; `stated` and `archived` are of them all."""

    def __init__(self, practice: client.Practice, place: str, name: str) -> None:
        self.where = register.SITES[place]
        self.feed = self.where.feeds[name]
        base_url = getattr(practice, place)
        self.layout = msgspec.structs.replace(self.where.layout, base_url=base_url)
        self.request = self.feed.start(given_answers.errand(target=None), self.layout)
        self.stated: list[records.Record] = []
        self.archived: list[payload.Payload] = []

    @contextlib.asynccontextmanager
    async def listening(self, *, live: bool = True) -> AsyncIterator[socket.Line]:
        """Open a connection, and wait until it is live."""
        assert self.feed.talk is not None
        said = self.feed.talk(self.request, self.layout)
        async with http.open_http(whole=True) as ask, socket.open_socket(said, ask) as line:
            if live:
                assert await line.hears()
            yield line

    async def hear(self, line: socket.Line, done: Callable[[], bool]) -> None:
        """Take what is heard until it is enough; raises what the line raises."""
        async with asyncio.timeout(DEADLINE):
            while not done():
                for answer in await line(self.request):
                    self.take(answer)

    async def hear_out(self, line: socket.Line) -> errors.GreenroomError:
        """Take what is heard until the line is lost; return why."""
        with contextlib.suppress(TimeoutError):
            try:
                await self.hear(line, lambda: False)
            except errors.GreenroomError as error:
                return error
        raise AssertionError("the line was not lost")

    def take(self, answer: payload.Payload) -> None:
        self.archived.append(answer)
        self.where.guard(answer, self.layout)
        self.stated += self.where.parsers[answer.request.kind](answer, self.layout).records

    @staticmethod
    def parse(place: str, answer: payload.Payload) -> payload.Batch:
        where = register.SITES[place]
        return where.parsers[answer.request.kind](answer, where.layout)

    def acts(self) -> list[records.Interaction]:
        """Return the acts as the tables would have them: each key once."""
        found = [one for one in self.stated if isinstance(one, records.Interaction)]
        return list({one.key: one for one in found}.values())


def plain(act: records.Interaction) -> dict[str, object]:
    return {name: getattr(act, name) for name in ("kind", "username", "tokens", "text", "private")}


def acts(batch: payload.Batch) -> list[records.Interaction]:
    return [one for one in batch.records if isinstance(one, records.Interaction)]
