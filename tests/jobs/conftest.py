"""One practice world, one browser and one prepared house for many tests of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fixtures.practice import client
from scraper.fetch import browser, chromium


@pytest.fixture(scope="session")
def world() -> Iterator[client.Practice]:
    with client.Practice() as started:
        yield started


@pytest.fixture(scope="session")
async def chrome(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[browser.Browser]:
    folder: Path = tmp_path_factory.mktemp("b")
    async with browser.open_browser(chromium.find_chromium(None), tmp_dir=folder) as opened:
        yield opened
