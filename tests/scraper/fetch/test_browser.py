from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from scraper import errors, payload
from scraper.fetch import browser, browser_tab, chromium, processes
from tests.scraper.fetch import given_site

CHROMIUM = chromium.find_chromium(None)
MARK = "--remote-debugging-pipe"


def descendants() -> set[psutil.Process]:
    return {p for p in psutil.Process().children(recursive=True) if alive(p)}


def alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def gone(doomed: set[psutil.Process], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(map(alive, doomed)):
            return True
        time.sleep(0.05)
    return False


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def until_lost(tab: browser_tab.BrowserTab, site: given_site.Site) -> None:
    while True:
        await tab.fetch(page(site))


def named(found: set[psutil.Process], mark: str) -> psutil.Process:
    """Return the first process with `mark` among its arguments: the browser, not its helpers."""
    return min((p for p in found if alive(p) and mark in p.cmdline()), key=lambda p: p.pid)


@pytest.fixture
def before() -> Iterator[set[psutil.Process]]:
    """What ran before; whatever a test starts must be gone after it."""
    earlier = descendants()
    yield earlier
    assert gone(descendants() - earlier)


@contextlib.asynccontextmanager
async def opened(
    folder: Path, site: given_site.Site, *, deadline: float = 10, grace: float = 5
) -> AsyncIterator[browser_tab.BrowserTab]:
    async with (
        browser.open_browser(CHROMIUM, tmp_dir=folder) as one,
        browser_tab.open_tab(one, None, site.base, deadline=deadline, grace=grace) as tab,
    ):
        yield tab


def page(site: given_site.Site, path: str = "/page") -> payload.Request:
    return payload.Request(url=site.url(path), kind="k")


async def test_a_closed_browser_leaves_no_process_and_no_file(
    tmp_path: Path, site: given_site.Site, before: set[psutil.Process]
) -> None:
    async with opened(tmp_path, site) as tab:
        await tab.fetch(page(site))
        started = descendants() - before
        assert len(started) > 2
        assert files(tmp_path)
    assert not any(map(alive, started))
    assert files(tmp_path) == []


async def test_the_profile_is_for_our_eyes_only(tmp_path: Path) -> None:
    async with browser.open_browser(CHROMIUM, tmp_dir=tmp_path):
        (folder,) = files(tmp_path)
        assert folder.stat().st_mode & 0o077 == 0
        assert any(entry.name.startswith("playwright_chromium") for entry in files(folder))


async def test_no_password_of_ours_reaches_browser_or_driver(
    tmp_path: Path, before: set[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENROOM_PASSWORD_ALICE", "canary")
    monkeypatch.setenv("TMPDIR", "/as-before")
    async with browser.open_browser(CHROMIUM, tmp_dir=tmp_path):
        started = descendants() - before
        assert not any("canary" in p.environ().values() for p in started)
        assert os.environ["GREENROOM_PASSWORD_ALICE"] == "canary"
        assert os.environ["TMPDIR"] == "/as-before"


async def test_a_folder_with_a_long_name_is_no_trouble(
    tmp_path: Path, site: given_site.Site
) -> None:
    async with opened(tmp_path / ("long" * 40), site) as tab:
        await tab.fetch(page(site))


async def test_an_error_inside_leaves_no_process(
    tmp_path: Path, site: given_site.Site, before: set[psutil.Process]
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with opened(tmp_path, site):
            raise ZeroDivisionError
    assert descendants() <= before


@pytest.mark.usefixtures("swept")
@pytest.mark.parametrize("path", ["/page", "/stall"])
@pytest.mark.parametrize("cancels", [1, 3])
async def test_a_cancelled_run_leaves_no_process(
    tmp_path: Path,
    site: given_site.Site,
    before: set[psutil.Process],
    path: str,
    cancels: int,
) -> None:
    async def run() -> None:
        async with opened(tmp_path, site) as tab:
            while True:
                await tab.fetch(page(site, path))

    task = asyncio.ensure_future(run())
    await asyncio.sleep(1.5)
    for _ in range(cancels):
        task.cancel()
        await asyncio.sleep(0.01)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert descendants() <= before
    assert files(tmp_path) == []


@pytest.mark.usefixtures("swept")
@pytest.mark.parametrize("moment", [0.0, 0.1, 0.2, 0.3, 0.5, 0.8])
async def test_a_browser_cancelled_while_it_starts_leaves_no_process(
    tmp_path: Path, site: given_site.Site, before: set[psutil.Process], moment: float
) -> None:
    async def run() -> None:
        async with opened(tmp_path, site) as tab:
            await tab.fetch(page(site, "/stall"))

    task = asyncio.ensure_future(run())
    await asyncio.sleep(moment)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(descendants() - before, 2)


@pytest.mark.usefixtures("swept")
@pytest.mark.parametrize("mark", [MARK, browser.DRIVER])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_browser_that_dies_or_freezes_is_ended_and_the_next_call_has_a_new_one(
    tmp_path: Path,
    site: given_site.Site,
    before: set[psutil.Process],
    mark: str,
    blow: signal.Signals,
) -> None:
    async with opened(tmp_path, site, deadline=1, grace=1) as tab:
        await tab.fetch(page(site))
        first = descendants() - before
        named(first, mark).send_signal(blow)
        start = time.monotonic()
        with pytest.raises(errors.TryLater) as caught:
            await until_lost(tab, site)
        assert caught.value.code == "browser_lost"
        assert time.monotonic() - start < 20
        (answer,) = await tab.fetch(page(site))
        assert answer.status == 200
        assert not any(map(alive, first))


@pytest.mark.usefixtures("swept")
async def test_a_frozen_browser_is_not_taken_for_a_missing_field(
    tmp_path: Path, site: given_site.Site, before: set[psutil.Process]
) -> None:
    async with opened(tmp_path, site, deadline=1, grace=1) as tab:
        await tab.open(site.url("/sign-in"))
        named(descendants() - before, MARK).suspend()
        with pytest.raises(errors.TryLater) as caught:
            await tab.fill("input[name=username]", "alice")
        assert caught.value.code == "browser_lost"


@pytest.mark.usefixtures("swept")
async def test_a_browser_that_dies_at_work_is_noticed_at_once(
    tmp_path: Path, site: given_site.Site, before: set[psutil.Process]
) -> None:
    async with opened(tmp_path, site, deadline=20) as tab:
        await tab.fetch(page(site))
        fetching = asyncio.ensure_future(tab.fetch(page(site, "/stall")))
        await asyncio.sleep(0.3)
        named(descendants() - before, MARK).kill()
        start = time.monotonic()
        with pytest.raises(errors.TryLater) as caught:
            await fetching
        assert caught.value.code == "browser_lost"
        assert time.monotonic() - start < 5


@pytest.mark.usefixtures("swept")
async def test_the_session_is_taken_along_into_the_new_browser(
    tmp_path: Path, site: given_site.Site, before: set[psutil.Process]
) -> None:
    async with opened(tmp_path, site) as tab:
        await tab.open(site.url("/sign-in"))
        await tab.fill("input[name=password]", "right")
        await tab.submit("button")
        await tab.state()
        named(descendants() - before, MARK).kill()
        with pytest.raises(errors.TryLater):
            await tab.open(site.url("/member"))
        assert (await tab.open(site.url("/member"))).url == site.url("/member")


OWNER = """
import asyncio, pathlib, sys
from scraper import payload
from scraper.fetch import browser, browser_tab

async def main(folder, executable, base):
    async with browser.open_browser(executable, tmp_dir=pathlib.Path(folder)) as one:
        async with browser_tab.open_tab(one, None, base) as tab:
            await tab.fetch(payload.Request(url=base + "/page", kind="k"))
            print("ready", flush=True)
            await tab.fetch(payload.Request(url=base + "/stall", kind="k"))

asyncio.run(main(*sys.argv[1:]))
"""


@contextlib.contextmanager
def owner(folder: Path, site: given_site.Site) -> Iterator[psutil.Popen]:
    """A process of its own that has a browser open and waits for an answer."""
    process = psutil.Popen(
        [sys.executable, "-c", OWNER, str(folder), CHROMIUM, site.base],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process.stdout:
        assert process.stdout.readline() == b"ready\n"
        yield process


def test_a_killed_owner_leaves_no_process_and_its_files_are_swept(
    tmp_path: Path, site: given_site.Site
) -> None:
    with owner(tmp_path, site) as process:
        started = set(process.children(recursive=True))
        process.kill()
        process.wait()
    assert gone(started)
    processes.sweep(tmp_path)
    assert files(tmp_path) == []


def test_an_interrupted_owner_leaves_no_process_and_no_file(
    tmp_path: Path, site: given_site.Site
) -> None:
    with owner(tmp_path, site) as process:
        started = set(process.children(recursive=True))
        os.killpg(process.pid, signal.SIGINT)
        process.wait(10)
    assert not any(map(alive, started))
    assert files(tmp_path) == []


def test_a_browser_whose_owner_and_driver_were_killed_is_swept(
    tmp_path: Path, site: given_site.Site
) -> None:
    with owner(tmp_path, site) as process:
        started = set(process.children(recursive=True))
        named(started, MARK).suspend()
        process.kill()
        process.wait()
        named(started, browser.DRIVER).kill()
    processes.sweep(tmp_path)
    assert gone(started)
    assert files(tmp_path) == []


async def test_the_folder_of_a_living_browser_is_not_swept(tmp_path: Path) -> None:
    async with browser.open_browser(CHROMIUM, tmp_dir=tmp_path):
        processes.sweep(tmp_path)
        assert files(tmp_path)


@pytest.mark.usefixtures("swept")
async def test_a_browser_of_somebody_else_is_used_and_left_running(
    tmp_path: Path, site: given_site.Site
) -> None:
    async with running_chromium(tmp_path / "theirs") as (theirs, endpoint):
        async with (
            browser.open_browser("", endpoint=endpoint, tmp_dir=tmp_path / "ours") as one,
            browser_tab.open_tab(one, None, site.base) as tab,
        ):
            (answer,) = await tab.fetch(page(site))
            assert answer.status == 200
        assert theirs.returncode is None


@contextlib.asynccontextmanager
async def running_chromium(
    profile: Path,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    sandbox = [] if chromium.may_sandbox() else ["--no-sandbox"]
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        "--headless",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        *sandbox,
        stderr=asyncio.subprocess.DEVNULL,
        env=chromium.environment(profile),
    )
    try:
        yield process, f"http://127.0.0.1:{await asyncio.to_thread(debugging_port, profile)}"
    finally:
        process.kill()
        await process.wait()


def debugging_port(profile: Path) -> str:
    port = profile / "DevToolsActivePort"
    while not port.exists() or not port.read_text():
        time.sleep(0.05)
    return port.read_text().split()[0]


async def test_a_program_that_is_no_browser_is_told_as_unusable(
    tmp_path: Path, before: set[psutil.Process]
) -> None:
    with pytest.raises(errors.BadConfig) as caught:
        async with browser.open_browser("/bin/true", tmp_dir=tmp_path):
            raise AssertionError
    assert caught.value.code == "browser_unusable"
    assert "/bin/true" in caught.value.message
    assert descendants() <= before


async def test_a_usable_browser_passes_its_check(shared_browser: browser.Browser) -> None:
    await shared_browser.check()
    assert shared_browser.version
