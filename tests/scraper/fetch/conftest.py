"""One site and one browser for all tests of the fetching side."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from scraper.fetch import browser, browser_tab, chromium
from tests.scraper.fetch import given_site


@pytest.fixture(scope="session")
def site() -> Iterator[given_site.Site]:
    with given_site.running() as running:
        yield running


@pytest.fixture(scope="session")
async def shared_browser(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[browser.Browser]:
    folder = tmp_path_factory.mktemp("b")
    async with browser.open_browser(chromium.find_chromium(None), tmp_dir=folder) as opened:
        yield opened


@pytest.fixture
async def tab(
    shared_browser: browser.Browser, site: given_site.Site
) -> AsyncIterator[browser_tab.BrowserTab]:
    async with browser_tab.open_tab(shared_browser, None, site.base, deadline=20) as opened:
        yield opened


@pytest.fixture
async def swept() -> AsyncIterator[None]:
    """Let go of drivers that a test has killed, here and not in the middle of a later test.

    Playwright leaves futures behind whose error nobody asks for; the loop reports them when they
    are collected.
    """
    yield
    loop = asyncio.get_running_loop()
    reports = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, _context: None)
    for _ in range(3):
        gc.collect()
        await asyncio.sleep(0)
    loop.set_exception_handler(reports)
