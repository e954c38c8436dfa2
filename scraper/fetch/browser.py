"""One Chromium for the whole process: opened once, ended for certain, opened anew when lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright import async_api

from scraper import errors
from scraper.fetch import chromium, processes

if TYPE_CHECKING:
    import psutil

CLOSING = 5.0
"""Seconds that a browser has to close by itself before its processes are killed."""

OPENING = 10.0
"""Seconds that a running browser has to open a context or a page."""

DRIVER = "run-driver"
"""What marks Playwright's driver among our child processes."""

LANGUAGE = "en-US"
"""What the browser asks sites to speak: the language that their texts are read in."""

STARTING = 30.0
"""Seconds that the driver and the browser have to start."""


class Browser:
    """A Chromium and its driver. Use `open_browser`; tabs ask it for their contexts.

    After a loss the next `context` starts it anew: nobody has to notice that it died.
    """

    def __init__(
        self,
        *,
        executable: str,
        headless: bool,
        endpoint: str | None,
        folder: Path,
        sandbox: bool,
    ) -> None:
        self._executable = executable
        self._headless = headless
        self._endpoint = endpoint
        self._folder = folder
        self._sandbox = sandbox
        self.arguments: Sequence[str] = ()
        self._starting = asyncio.Lock()
        self._driver: async_api.Playwright | None = None
        self._chromium: async_api.Browser | None = None
        self._processes: set[psutil.Process] = set()

    @property
    def version(self) -> str:
        """The browser's version, empty when none runs."""
        return self._chromium.version if self._chromium else ""

    async def start(self) -> None:
        """Start the browser unless it runs. Raises BadConfig (`browser_unusable`)."""
        async with self._starting:
            if self._chromium is not None and self._chromium.is_connected():
                return
            await self.kill()
            try:  # a start is never cut off half-way: only what has started can be ended
                await finish(self._launch())
            except Exception as error:  # a driver that dies raises a bare Exception
                await self.kill()
                raise errors.BadConfig(
                    "browser_unusable", f"{self._executable}: {_why(error)}"
                ) from error

    async def context(self, state: dict[str, Any] | None) -> async_api.BrowserContext:
        """Return a new context (cookies, storage) that starts from `state`.

        A browser that is gone without telling (its driver was killed) is replaced.

        Raises TryLater (`browser_lost`), BadConfig (`browser_unusable`).
        """
        for _ in range(2):
            await self.start()
            with contextlib.suppress(async_api.Error, TimeoutError):
                async with asyncio.timeout(OPENING):
                    return await self._opened(state)
            await self.kill()
        raise errors.TryLater("browser_lost")

    async def check(self) -> None:
        """Open an empty page and ask it something.

        Raises BadConfig (`browser_unusable`), TryLater (`browser_lost`).
        """
        try:
            async with asyncio.timeout(STARTING):
                context = await self.context(None)
                page = await context.new_page()
                await page.evaluate("1 + 1")
                await context.close()
        except (async_api.Error, TimeoutError) as error:
            raise errors.BadConfig(
                "browser_unusable", f"{self._executable}: {_why(error)}"
            ) from error

    async def close(self) -> None:
        """Close the browser within `CLOSING` seconds, or kill it. Leaves no process behind."""
        with contextlib.suppress(async_api.Error, TimeoutError):
            async with asyncio.timeout(CLOSING):
                if self._chromium is not None:
                    await self._chromium.close()
        await self.kill()

    async def kill(self) -> None:
        """End the driver and, unless it is somebody else's, the browser, at once."""
        driver, self._driver, self._chromium = self._driver, None, None
        doomed, self._processes = self._processes, set()
        stopped = asyncio.ensure_future(_stop(driver))
        await asyncio.sleep(0)  # let the driver's pipe close first: its end is then no surprise
        await processes.end(doomed, self._folder)
        await stopped

    async def _launch(self) -> None:
        async with asyncio.timeout(STARTING):
            before = processes.children(DRIVER)
            try:
                with _drivers_environment(self._folder):
                    self._driver = await async_api.async_playwright().start()
            finally:
                self._processes = processes.children(DRIVER) - before
            self._chromium = await self._connected(self._driver.chromium)

    async def _opened(self, state: dict[str, Any] | None) -> async_api.BrowserContext:
        restored: Any = state
        if self._chromium is None:
            raise async_api.Error("another tab has just ended the browser")
        return await self._chromium.new_context(
            storage_state=restored,
            locale=LANGUAGE,
            service_workers="block",
            accept_downloads=False,
        )

    async def _connected(self, way: async_api.BrowserType) -> async_api.Browser:
        if self._endpoint:
            return await way.connect_over_cdp(self._endpoint)
        return await way.launch(
            executable_path=self._executable,
            headless=self._headless,
            args=[*chromium.QUIET, *self.arguments],
            env=dict(chromium.environment(self._folder)),
            chromium_sandbox=self._sandbox,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )


@contextlib.asynccontextmanager
async def open_browser(
    executable: str,
    *,
    headless: bool = True,
    endpoint: str | None = None,
    tmp_dir: Path,
    sandbox: bool | None = None,
    arguments: Sequence[str] = (),
) -> AsyncIterator[Browser]:
    """Open the process's browser; on any way out none of its processes or files is left.

    `endpoint`  attach to a running browser (DevTools URL) instead; it is left running
    `tmp_dir`   where profiles stand while the browser runs; leftovers of killed runs are swept
    `sandbox`   Chromium's own sandbox: on, except for root, for whom Chromium has none

    Raises BadConfig (`browser_unusable`).
    """
    with processes.own_folder(tmp_dir) as folder:
        browser = Browser(
            executable=executable,
            headless=headless,
            endpoint=endpoint,
            folder=folder,
            sandbox=chromium.may_sandbox() if sandbox is None else sandbox,
        )
        browser.arguments = arguments  # beside those of `chromium.QUIET`
        try:
            await browser.start()
            yield browser
        finally:
            await finish(browser.close())


async def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run the last steps to their end, even while the task that asks for them is cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    task.exception()  # what the steps met no longer matters: Ctrl-C may have hit the driver, too
    raise cancelled


@contextlib.contextmanager
def _drivers_environment(folder: Path) -> Iterator[None]:
    """Start the driver with its files in `folder` and without our secrets.

    Playwright hands its driver our environment and takes no other; the driver puts the browser's
    profile (cookies in clear) where TMPDIR says.
    """
    before = dict(os.environ)
    ours = {name: text for name, text in before.items() if chromium.is_ours(name)}
    for name in ours:
        del os.environ[name]
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        os.environ.update(ours)
        if "TMPDIR" in before:
            os.environ["TMPDIR"] = before["TMPDIR"]
        else:
            del os.environ["TMPDIR"]


async def _stop(driver: async_api.Playwright | None) -> None:
    if driver is not None:
        with contextlib.suppress(async_api.Error, TimeoutError):
            async with asyncio.timeout(CLOSING):
                await driver.stop()


def _why(error: BaseException) -> str:
    text = str(error)
    if re.search(r"No usable sandbox|sandboxing failed", text):
        return "its sandbox is not available here: allow unprivileged user namespaces"
    lines = text.splitlines() or ["no answer in time"]
    fatal = (line.strip() for line in lines if re.search(r"FATAL|rror while loading", line))
    return f"it does not start: {next(fatal, lines[0])}"
