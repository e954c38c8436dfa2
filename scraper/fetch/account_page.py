"""One account's page in the browser: opened when needed, given up when it fails, closed in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

from playwright import async_api

from scraper import errors, redact
from scraper.fetch import artefacts, page_fetch
from scraper.fetch import browser as browsers

_FAILURES = 16

_TROUBLES = {
    "ERR_CONTENT_LENGTH_MISMATCH": "body_truncated",
    "ERR_INCOMPLETE_CHUNKED_ENCODING": "body_truncated",
    "ERR_TIMED_OUT": "timed_out",
    "ERR_CONNECTION_TIMED_OUT": "timed_out",
    "net::": "connection_lost",
    "Execution context was destroyed": "connection_lost",
    "interrupted by another navigation": "connection_lost",
    "Download is starting": "connection_lost",
}
"""Part of the browser's message -> code. Whatever else goes wrong means that the page is lost."""


class AccountPage:
    """A context (cookies, storage) of its own, and one page in it.

    `state`   what a new context starts from: the state last given or read
    `answer`  seconds that a call may take
    `grace`   seconds beyond them after which the browser itself counts as lost

    `asked` are its latest requests; `recording` has contexts record a trace from their beginning.
    A page that failed stands where it stopped until the next call: it can still be looked at.
    """

    def __init__(
        self,
        browser: browsers.Browser,
        state: dict[str, Any] | None,
        *,
        answer: float,
        grace: float,
    ) -> None:
        self.state = state
        self.failures: page_fetch.Failures = asyncio.Queue(_FAILURES)
        self.asked = artefacts.Log()
        self.recording = False
        self._browser = browser
        self._seconds = answer + grace
        self._context: async_api.BrowserContext | None = None
        self._page: async_api.Page | None = None
        self._given_up = False

    @contextlib.asynccontextmanager
    async def working(
        self, url: str | None = None, *, fresh: bool = False
    ) -> AsyncIterator[async_api.Page]:
        """Give the page for one call; end the call in time and name its errors for the remedy.

        A `fresh` page has no requests of an earlier one still under way.

        Raises TryLater (`connection_lost`, `body_truncated`, `timed_out`, `browser_lost`).
        """
        where = redact.url(url) if url else None
        try:
            if fresh or self._given_up:
                await self._leave()
            page = await self._ready()
            async with asyncio.timeout(self._seconds):
                yield page
        except TimeoutError:
            await browsers.finish(self.close())
            message = "the browser does not answer"
            raise errors.TryLater("browser_lost", message, url=where) from None
        except async_api.TimeoutError:
            self._given_up = True
            raise errors.TryLater("timed_out", url=where) from None
        except async_api.Error as error:
            code = next((code for part, code in _TROUBLES.items() if part in str(error)), None)
            self._given_up = True
            if code is None:
                await browsers.finish(self.close())
            message = redact.url(str(error).splitlines()[0])
            raise errors.TryLater(code or "browser_lost", message, url=where) from None

    async def look(self, secrets: Collection[str]) -> artefacts.Sight:
        """Return what the page shows where it stands. Never raises, and opens nothing."""
        return await artefacts.look(
            self._page, self.asked, browser=self._browser.version, secrets=secrets
        )

    async def save_trace(self, path: Path) -> None:
        """Write what was recorded; nothing where no context is open. Raises playwright's Error."""
        if self._context is not None and self.recording:
            await artefacts.save_trace(self._context, str(path))

    async def close(self) -> None:
        """Close page and context. Ends in seconds, even if the browser does not answer."""
        context, self._context, self._page = self._context, None, None
        self._given_up = False
        if context is None:
            return
        try:
            async with asyncio.timeout(browsers.CLOSING):
                await context.close()
        except TimeoutError:
            await self._browser.kill()
        except async_api.Error:
            return

    async def _ready(self) -> async_api.Page:
        if self._context is None:
            self._context = await self._browser.context(self.state)
            self.asked.listen(self._context)
            if self.recording:
                async with asyncio.timeout(browsers.OPENING):
                    await artefacts.record(self._context)
        if self._page is None or self._page.is_closed():
            async with asyncio.timeout(browsers.OPENING):
                self._page = await self._context.new_page()
            self._page.on("requestfailed", self._note_failure)
            self._page.on("popup", _close)
        return self._page

    async def _leave(self) -> None:
        """Give up the page, not the session: a failed navigation goes on failing for a while."""
        page, self._page, self._given_up = self._page, None, False
        if page is not None:
            await _close(page)

    def _note_failure(self, request: async_api.Request) -> None:
        if self.failures.full():
            self.failures.get_nowait()
        self.failures.put_nowait(request)


@contextlib.asynccontextmanager
async def field(selector: str, page: async_api.Page) -> AsyncIterator[None]:
    """Raise PageChanged (`selector_missing`) for a field that is not there or cannot be used."""
    try:
        yield
    except async_api.TimeoutError:
        # a browser that does not answer this either is the trouble itself
        there = await page.query_selector(selector) is not None
        raise errors.PageChanged(
            "selector_missing",
            f"{selector} {'cannot be used' if there else 'is not on the page'}",
            url=redact.url(page.url),
        ) from None


async def _close(page: async_api.Page) -> None:
    with contextlib.suppress(async_api.Error, TimeoutError):
        async with asyncio.timeout(browsers.CLOSING):
            await page.close()
