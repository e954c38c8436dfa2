"""One site and one browser for all tests of the fetching side."""

from __future__ import annotations

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
