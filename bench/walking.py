"""Walk fifty list pages with a whole run, with Crawlee, and with plain HTTP requests.

What a page costs is (the time of fifty pages - the time of one) / 49, for each of them: so the
start of a browser, the sign-in and what a run does before and after its list count for nobody.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bench import clocks, crawlee_walk, databases, figures, practice_pages
from fixtures.practice import client
from jobs import orders, report, run, runtime, settings, visit
from scraper import payload, site
from scraper.fetch import browser, chromium
from scraper.sites import register
from scraper.sites.chaturbate import endpoints

PAGES = 50
ROUNDS = 2
AIM = 30.0

ENVIRON = {"GREENROOM_PASSWORD_MAIN": client.PASSWORD}
CONFIG = """
[storage]
directory = "data"
[sites.chaturbate]
base_url = "{site}"
requests_per_minute = 0
[accounts.main]
site = "chaturbate"
username = "{username}"
"""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A list whose pages have `rows` names each.

    `world` makes it so many pages long; `ask` is what our run asks for, page by page from 1;
    `address`, `css` and `attribute` lead a browser to the same names.
    """

    what: str
    collector: str
    rows: int
    world: Callable[[int], dict[str, int]]
    ask: Callable[[site.Layout, int], payload.Request]
    address: str
    css: str
    attribute: str


CASES = (
    Case(
        what="followers pages",
        collector="chaturbate.followers",
        rows=25,
        world=lambda pages: {"followers": 25 * pages},
        ask=endpoints.followers,
        address="/accounts/followers/?page={}",
        css="ul.followers li a",
        attribute="href",
    ),
    Case(
        what="followed pages",
        collector="chaturbate.followed",
        rows=90,
        world=lambda pages: {"followed": 90 * pages, "online_percent": 0},
        ask=lambda layout, page: endpoints.room_list(layout, "offline", 90 * (page - 1)),
        address="/followed-cams/offline/?page={}",
        css="#roomlist_root .title a[data-room]",
        attribute="data-room",
    ),
)


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Where our runs take place: a folder, the settings, and a browser that stays open."""

    folder: Path
    chosen: settings.Settings
    opened: browser.Browser

    async def walk(self, case: Case, pages: int) -> float:
        """Run the collector on a new database; return the seconds that the run took."""
        path = self.folder / "walk.db"
        shutil.copyfile(self.folder / "empty.db", path)
        with databases.opened(path) as database:
            wish = orders.Wish(collector=case.collector, account="main", requested_by="bench")
            with database.write() as connection:
                run_id = orders.place(connection, self.chosen, register.SITES, wish)
            ready = self._ready(database)
            start = time.perf_counter()
            await run.execute(ready, run_id)
            seconds = time.perf_counter() - start
            with database.read() as connection:
                ended = report.of(connection, run_id)
        if ended.status != "ok" or ended.listing is None or ended.listing.seen != case.rows * pages:
            raise RuntimeError(f"the run ended as {ended}")
        return seconds

    def _ready(self, database: Any) -> run.Runtime:
        @asynccontextmanager
        async def shared(_settings: settings.Settings) -> AsyncIterator[browser.Browser]:
            yield self.opened

        desk = visit.Desk(
            chosen=self.chosen,
            database=database,
            sites=register.SITES,
            environ=ENVIRON,
            browser=shared,
        )
        assembled = runtime.assemble(self.chosen, database, ENVIRON)
        return msgspec.structs.replace(assembled, visit=visit.entering(desk))


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """The seconds of each walk, of one page and of all."""

    one: list[float] = []
    all: list[float] = []

    def per_page(self) -> float:
        """Return the seconds that one page more takes."""
        return (statistics.median(self.all) - statistics.median(self.one)) / (PAGES - 1)


async def main() -> None:
    """Walk each list in turn with each walker."""
    found: list[figures.Figure] = []
    executable = chromium.find_chromium(None)
    with (
        tempfile.TemporaryDirectory() as name,
        client.Practice() as world,
        practice_pages.signed_in(world) as web,
    ):
        folder = Path(name)
        text = CONFIG.format(site=world.chaturbate, username=world.username)
        chosen = settings.read(text, folder / "greenroom.toml", ENVIRON)
        databases.make(folder / "empty.db", CASES[0].collector)
        async with browser.open_browser(executable, tmp_dir=folder / "tmp") as opened:
            house = House(folder=folder, chosen=chosen, opened=opened)
            for case in CASES:
                found += await _compared(case, house, world, web)
    figures.hand_over(found)


async def _compared(
    case: Case, house: House, world: client.Practice, web: httpx.Client
) -> Iterator[figures.Figure]:
    costs = {name: Costs() for name in ("ours", "httpx", "crawlee")}
    world.configure(keep_sessions=True, **case.world(1))
    await house.walk(case, 1)  # signs in, once and for all
    for _ in range(ROUNDS):
        await _ours(case, house, world, costs["ours"])
        _plain(case, world, web, costs["httpx"])
        await asyncio.to_thread(_crawlee, case, world, web, costs["crawlee"])
        await _ours(case, house, world, costs["ours"])
        _plain(case, world, web, costs["httpx"])
    return _figures(case, {name: walked.per_page() for name, walked in costs.items()})


def _figures(case: Case, per_page: Mapping[str, float]) -> Iterator[figures.Figure]:
    ours, crawlee, plain = (per_page[name] for name in ("ours", "crawlee", "httpx"))
    yield figures.Figure(
        what=f"walk {PAGES} {case.what}, {case.rows} names each: per page",
        ours=clocks.told(ours),
        peer=f"Crawlee {clocks.told(crawlee)}",
        ratio=f"{crawlee / ours:.1f} x faster",
        aim=figures.at_least(crawlee / ours, AIM),
    )
    yield figures.Figure(
        what="  against plain GETs of the same",
        ours=clocks.told(ours),
        peer=f"httpx {clocks.told(plain)}",
        ratio=f"{ours / plain:.2f} x",
    )


async def _ours(case: Case, house: House, world: client.Practice, costs: Costs) -> None:
    for pages, walks in ((1, costs.one), (PAGES, costs.all)):
        world.configure(keep_sessions=True, **case.world(pages))
        walks.append(await house.walk(case, pages))


def _plain(case: Case, world: client.Practice, web: httpx.Client, costs: Costs) -> None:
    """Get what our run asks for, of the list that stands there, and do nothing with it."""
    layout = practice_pages.laid_out(world)
    for pages, walks in ((1, costs.one), (PAGES, costs.all)):
        asked = [case.ask(layout, page + 1) for page in range(pages)]
        start = time.perf_counter()
        for request in asked:
            web.get(request.url, headers=request.headers).raise_for_status()
        walks.append(time.perf_counter() - start)


def _crawlee(case: Case, world: client.Practice, web: httpx.Client, costs: Costs) -> None:
    """Let Crawlee walk the list that stands there."""
    for pages, walks in ((1, costs.one), (PAGES, costs.all)):
        errand = crawlee_walk.Errand(
            urls=[world.chaturbate + case.address.format(page + 1) for page in range(pages)],
            css=case.css,
            attribute=case.attribute,
            cookies=practice_pages.cookies(web),
            executable=chromium.find_chromium(None),
            sandbox=chromium.may_sandbox(),
        )
        command = [sys.executable, "-m", crawlee_walk.__name__]
        asked = msgspec.json.encode(errand)
        told = subprocess.run(command, input=asked, check=True, stdout=subprocess.PIPE).stdout
        walked = msgspec.json.decode(told, type=crawlee_walk.Walked)
        if len(set(walked.names)) != case.rows * pages:
            raise RuntimeError(f"Crawlee found {len(set(walked.names))} names on {pages} pages")
        walks.append(walked.seconds)


if __name__ == "__main__":
    asyncio.run(main())
