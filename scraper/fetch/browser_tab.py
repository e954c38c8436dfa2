"""A tab of the browser: one account's context and page, every call ended by its own deadline."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any

from playwright import async_api

from scraper import errors, payload, redact
from scraper.fetch import account_page, artefacts, captured, navigate, page_fetch
from scraper.fetch import browser as browsers

DEADLINE = 30.0
"""Seconds that one answer may take."""

FIELD = 5.0
"""Seconds that a form field or button may take to be there."""

GRACE = 5.0
"""Seconds beyond a call's deadline after which the browser itself counts as lost."""


class BrowserTab:
    """One account's page. Keeps the contract of `scraper.fetch.tab.Tab`.

    When the browser is lost, the call under way raises TryLater (`browser_lost`) and the next
    one begins in a new browser, with the cookies and storage last given or read.
    """

    def __init__(
        self, page: account_page.AccountPage, base_url: str, *, anchor: str, deadline: float
    ) -> None:
        self._page = page
        self._origin = page_fetch.origin(base_url)
        self._anchor = base_url.rstrip("/") + anchor
        self._deadline = deadline
        self._field_milliseconds = min(FIELD, deadline) * 1000
        self._ways = {"page_fetch": self._page_fetch, "navigate": self._navigate}

    async def open(self, url: str) -> payload.Payload:
        """Navigate to `url`; return the document as it stands after DOMContentLoaded.

        Raises TryLater (`connection_lost`, `timed_out`, `body_truncated`, `body_too_large`,
        `browser_lost`).
        """
        request = payload.Request(url=redact.url(url), kind="document", via="navigate")
        async with self._page.working(url) as page:
            return await navigate.load(page, request, lambda: self._goto(page, url))

    async def fill(self, selector: str, text: str) -> None:
        """Type `text` into the field that `selector` names.

        Raises PageChanged (`selector_missing`), TryLater (`browser_lost`).
        """
        async with self._page.working() as page, account_page.field(selector, page):
            await page.fill(selector, text, timeout=self._field_milliseconds)

    async def submit(self, selector: str) -> payload.Payload:
        """Press `selector`, wait for the page that follows, and return its document.

        Raises PageChanged (`selector_missing`), TryLater (`timed_out` when no page follows, and
        as `open`).
        """
        async with self._page.working() as page:
            request = payload.Request(url=redact.url(page.url), kind="document", via="navigate")

            async def press() -> None:
                milliseconds = self._deadline * 1000
                async with page.expect_navigation(
                    wait_until="domcontentloaded", timeout=milliseconds
                ):
                    async with account_page.field(selector, page):
                        await page.click(selector, trial=True, timeout=self._field_milliseconds)
                    # a click also waits for the navigation that it begins
                    await page.click(selector, timeout=milliseconds)

            return await navigate.load(page, request, press)

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Answer a request in this tab: the answer first, then any captured XHR answers.

        Raises TryLater (as `open`, and `capture_lost`), SignInAgain (`signed_out`), BadConfig
        (`bad_request`: another host, or a way that a tab has not).
        """
        way = self._ways.get(request.via)
        if way is None:
            raise errors.BadConfig("bad_request", f"a tab cannot fetch by {request.via!r}")
        return await way(request)

    async def state(self) -> dict[str, Any]:
        """Return cookies, local storage and IndexedDB: what a later tab needs to be signed in."""
        async with self._page.working() as page:
            read: Mapping[str, Any] = await page.context.storage_state(indexed_db=True)
        self._page.state = dict(read)
        return self._page.state

    def record(self) -> None:
        """Record a trace of all that the tab does, if told before its first call."""
        self._page.recording = True

    async def save_trace(self, path: Path) -> None:
        """Write what was recorded to `path`: session cookies in clear."""
        await self._page.save_trace(path)

    async def look(self, secrets: Collection[str]) -> artefacts.Sight:
        """Return what the tab shows where it stands, without secrets. Never raises."""
        return await self._page.look(secrets)

    async def _page_fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        if page_fetch.origin(request.url) != self._origin:
            raise errors.BadConfig(
                "bad_request",
                f"a page of {self._origin} cannot fetch from another host",
                url=redact.url(request.url),
            )
        async with self._page.working(request.url) as page:
            if page_fetch.origin(page.url) != self._origin:
                elsewhere = await self._anchored(page, request)
                if elsewhere is not None:
                    return (elsewhere,)
            return (
                await page_fetch.page_fetch(
                    page, request, seconds=self._deadline, failures=self._page.failures
                ),
            )

    async def _anchored(
        self, page: async_api.Page, request: payload.Request
    ) -> payload.Payload | None:
        """Bring the page to its site; return what is shown if the site sends us elsewhere."""
        shown = await navigate.load(page, request, lambda: self._goto(page, self._anchor))
        return None if page_fetch.origin(page.url) == self._origin else shown

    async def _navigate(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        wanted = captured.Captured(request.capture, request.context)
        clock = asyncio.get_running_loop().time
        async with self._page.working(request.url, fresh=bool(request.capture)) as page:
            start = clock()
            if not request.capture:
                return (await navigate.load(page, request, lambda: self._goto(page, request.url)),)
            with wanted.of(page):
                document = await navigate.load(page, request, lambda: self._goto(page, request.url))
                rest = max(self._deadline - (clock() - start), 0.1)
                return (document, *await wanted.settled(rest))

    async def _goto(self, page: async_api.Page, url: str) -> None:
        await page.goto(url, wait_until="domcontentloaded", timeout=self._deadline * 1000)


@contextlib.asynccontextmanager
async def open_tab(
    browser: browsers.Browser,
    state: dict[str, Any] | None,
    base_url: str,
    *,
    anchor: str = "/",
    deadline: float = DEADLINE,
    grace: float = GRACE,
) -> AsyncIterator[BrowserTab]:
    """Open one account's tab, signed in as `state` (of `BrowserTab.state`) says.

    `anchor`    path of a light page of the site: where in-page fetches are made from
    `deadline`  seconds that one answer may take
    `grace`     seconds beyond it after which the browser itself counts as lost
    """
    page = account_page.AccountPage(browser, state, answer=deadline, grace=grace)
    try:
        yield BrowserTab(page, base_url, anchor=anchor, deadline=deadline)
    finally:
        await browsers.finish(page.close())
