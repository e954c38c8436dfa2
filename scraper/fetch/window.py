"""A browser in which somebody signs in by hand. We look at what it shows, and touch nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright import async_api

from scraper import errors, payload
from scraper.fetch import browser as browsers
from scraper.fetch import navigate, page_fetch

ANSWER = 15.0
"""Seconds that a page of the window may take to answer."""


class Window:
    """The pages that somebody has open, as far as they are the site's."""

    def __init__(self, context: async_api.BrowserContext, base_url: str) -> None:
        self._context = context
        self._origin = page_fetch.origin(base_url)

    @property
    def closed(self) -> bool:
        """Whether nobody can sign in any more: the window is closed, or the browser gone."""
        browser = self._context.browser
        return not self._context.pages or (browser is not None and not browser.is_connected())

    async def look(self, request: payload.Request) -> payload.Payload | None:
        """Return what the newest page of the site shows, as an answer to `request`, unasked."""
        page = self._newest()
        with contextlib.suppress(async_api.Error, TimeoutError, errors.TryLater):
            async with asyncio.timeout(ANSWER):
                if page is not None:
                    return await navigate.Documents(page).read(request)
        return None

    async def ask(self, request: payload.Request) -> payload.Payload | None:
        """Let the newest page of the site fetch the answer to `request` without moving on."""
        page = self._newest()
        with contextlib.suppress(async_api.Error, TimeoutError, errors.TryLater):
            async with asyncio.timeout(ANSWER):
                if page is not None:
                    failures: page_fetch.Failures = asyncio.Queue()
                    return await page_fetch.page_fetch(
                        page, request, seconds=ANSWER, failures=failures
                    )
        return None

    async def state(self) -> dict[str, Any]:
        """Return cookies, local storage and IndexedDB. Raises TryLater `browser_lost`."""
        try:
            async with asyncio.timeout(ANSWER):
                return dict(await self._context.storage_state(indexed_db=True))
        except (async_api.Error, TimeoutError) as error:
            raise errors.TryLater("browser_lost", "the window does not answer") from error

    def _newest(self) -> async_api.Page | None:
        pages = [one for one in self._context.pages if page_fetch.origin(one.url) == self._origin]
        return pages[-1] if pages else None


@contextlib.asynccontextmanager
async def open_window(
    executable: str,
    url: str,
    *,
    endpoint: str | None = None,
    port: int | None = None,
    tmp_dir: Path,
) -> AsyncIterator[Window]:
    """Open `url` where a human can work with it: in a window, or by the DevTools on `port`.

    The DevTools listen on 127.0.0.1 only; the browser then needs no screen. Raises BadConfig
    (`browser_unusable`), TryLater (`browser_lost`, `connection_lost`).
    """
    debugging = (f"--remote-debugging-port={port}", "--remote-debugging-address=127.0.0.1")
    async with browsers.open_browser(
        executable,
        headless=port is not None,
        endpoint=endpoint,
        tmp_dir=tmp_dir,
        arguments=debugging if port is not None else (),
    ) as opened:
        context = await opened.context(None)
        try:
            page = await context.new_page()
            await page.goto(url, wait_until="domcontentloaded")
        except async_api.Error as error:
            message = f"the sign-in page does not open: {str(error).splitlines()[0]}"
            raise errors.TryLater("connection_lost", message, url=url) from error
        yield Window(context, url)
