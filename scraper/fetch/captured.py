"""The XHR answers that a page loads by itself, kept as payloads, none lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Literal

from playwright import async_api

from scraper import errors, payload, redact
from scraper.fetch import answers, navigate

UNASKED = 10.0
"""Seconds that a loaded page has to ask for what is wanted of it."""


_REDIRECT, _ERROR = 300, 400


class Captured:
    """The XHR answers of one page load whose URL holds one of the wanted parts.

    A body is read the moment its answer comes, for a later navigation would drop it. Whatever
    cannot be read is remembered as lost. `wanted` maps a part of a URL to the answer's kind.
    """

    def __init__(self, wanted: Mapping[str, str], context: dict[str, str | int]) -> None:
        self._wanted = wanted
        self._context = context
        self._asked = 0
        self._open: dict[async_api.Request, tuple[int, str]] = {}
        self._answers: dict[int, payload.Payload] = {}
        self._seen: set[str] = set()
        self._lost: list[str] = []
        self._reads: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    @contextlib.contextmanager
    def of(self, page: async_api.Page) -> Iterator[None]:
        """Capture while `page` loads; what is still being read at the end is given up."""
        with (
            navigate.listening(page, "request", self._on_request),
            navigate.listening(page, "response", self._on_response),
            navigate.listening(page, "requestfailed", self._on_failure),
        ):
            try:
                yield
            finally:
                for read in tuple(self._reads):
                    read.cancel()

    async def settled(self, seconds: float) -> tuple[payload.Payload, ...]:
        """Return all answers, once each wanted part has one and none is still being read.

        Waits `seconds` for answers under way, `UNASKED` for those never asked for: these are
        simply not there. An answer that did not come whole raises TryLater (`capture_lost`).
        """
        start = asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            while self._open or self._seen < {*self._wanted}:
                self._news.clear()
                limit = seconds if self._open else min(seconds, UNASKED)
                async with asyncio.timeout_at(start + limit):
                    await self._news.wait()
        lost = [*self._lost, *(request.url for request in self._open)]
        if lost:
            raise errors.TryLater(
                "capture_lost",
                f"{len(lost)} answer(s) that the page loaded did not come whole",
                url=redact.url(lost[0]),
            )
        return tuple(self._answers[index] for index in sorted(self._answers))

    def _on_request(self, request: async_api.Request) -> None:
        part = self._part(request)
        if part is not None and request.method != "OPTIONS":
            self._asked += 1
            self._open[request] = (self._asked, part)
            self._news.set()

    def _on_response(self, response: async_api.Response) -> None:
        if response.request in self._open:
            read = asyncio.ensure_future(self._read(response))
            self._reads.add(read)
            read.add_done_callback(self._reads.discard)

    def _on_failure(self, request: async_api.Request) -> None:
        if self._open.pop(request, None) is not None:
            self._lost.append(request.url)
            self._news.set()

    def _part(self, request: async_api.Request) -> str | None:
        if request.resource_type not in {"xhr", "fetch"}:
            return None
        asked: async_api.Request | None = request
        while asked is not None:
            for part in self._wanted:
                if part in asked.url:
                    return part
            asked = asked.redirected_from
        return None

    async def _read(self, response: async_api.Response) -> None:
        try:
            if not _REDIRECT <= response.status < _ERROR:
                await self._keep(response)
        except async_api.Error:
            self._lost.append(response.url)
        finally:
            self._open.pop(response.request, None)
            self._news.set()

    async def _keep(self, response: async_api.Response) -> None:
        index, part = self._open[response.request]
        body = await response.body()
        if len(body) > answers.BODY_LIMIT:
            self._lost.append(response.url)
            return
        url = redact.url(response.url)
        asked = payload.Request(
            url=url,
            kind=self._wanted[part],
            method=_method(response.request),
            context=self._context,
        )
        self._answers[index] = answers.answer(
            asked, url=url, status=response.status, headers=response.headers, body=body
        )
        self._seen.add(part)


def _method(request: async_api.Request) -> Literal["GET", "POST"]:
    return "POST" if request.method == "POST" else "GET"
