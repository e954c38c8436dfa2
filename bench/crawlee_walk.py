"""Walk list pages with Crawlee's PlaywrightCrawler, in a process of its own.

Reads an `Errand` from standard input, prints a `Walked`. Crawlee is given the easiest terms that
its documentation offers: one browser for all pages, every URL known from the start, no
fingerprints to invent, queue and dataset in memory.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import msgspec
from crawlee import ConcurrencySettings
from crawlee.crawlers import (
    PlaywrightCrawler,
    PlaywrightCrawlingContext,
    PlaywrightPreNavCrawlingContext,
)
from crawlee.storage_clients import MemoryStorageClient

TAKE = "(nodes, attribute) => nodes.map(node => node.getAttribute(attribute))"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Which pages to walk, as whom, and where names stand: in `attribute` of what `css` selects."""

    urls: list[str]
    css: str
    attribute: str
    cookies: list[dict[str, Any]]
    executable: str
    sandbox: bool


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """Wall-clock seconds from the crawler's start to its end, and the names it stored."""

    seconds: float
    names: list[str]


async def walk(errand: Errand) -> Walked:
    """Walk the pages one at a time; store the names of each in the crawler's dataset."""
    crawler = PlaywrightCrawler(
        browser_type="chromium",
        headless=True,
        browser_launch_options={
            "executable_path": errand.executable,
            "chromium_sandbox": errand.sandbox,
        },
        fingerprint_generator=None,
        concurrency_settings=ConcurrencySettings(
            min_concurrency=1, max_concurrency=1, desired_concurrency=1
        ),
        storage_client=MemoryStorageClient(),
        configure_logging=False,
    )

    async def sign_in(context: PlaywrightPreNavCrawlingContext) -> None:
        if not await context.page.context.cookies():
            await context.page.context.add_cookies(errand.cookies)

    async def read(context: PlaywrightCrawlingContext) -> None:
        await context.page.wait_for_selector(errand.css, state="attached")
        names = await context.page.eval_on_selector_all(errand.css, TAKE, errand.attribute)
        await context.push_data([{"username": name} for name in names])

    crawler.pre_navigation_hook(sign_in)
    crawler.router.default_handler(read)
    start = time.perf_counter()
    await crawler.run(errand.urls)
    seconds = time.perf_counter() - start
    data = await crawler.get_data()
    return Walked(seconds=seconds, names=[row["username"] for row in data.items])


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    sys.stdout.write(msgspec.json.encode(asyncio.run(walk(asked))).decode())
