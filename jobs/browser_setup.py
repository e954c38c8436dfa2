"""Make sure that a usable Chromium is on this machine: find one, install one, or say how."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scraper import errors
from scraper.fetch import browser, chromium

EXECUTABLE = "GREENROOM_BROWSER__EXECUTABLE"
"""The environment variable that names the browser, as the settings read it."""

INSTALLING = 600.0
"""Seconds that an installation may take."""

ADVICE = """No usable Chromium, and none could be installed here: {why}
Do one of these, then run `make setup` again:
  - install Chromium or Google Chrome as your system installs programs
    (Debian, Ubuntu: apt-get install chromium; Fedora: dnf install chromium;
    macOS: brew install --cask chromium)
  - with a network: {python} -m playwright install --with-deps chromium
  - set {variable} to the path of a Chromium you have"""


def main() -> int:
    """Print one line on the browser that runs will use; return 0 if there is one, else 1."""
    why = "no installer is available"
    for step in (None, *_installers()):
        if step is not None:
            print(f"browser: running {' '.join(step)}", flush=True)  # noqa: T201 - our answer
            if not _succeeds(step):
                continue
        try:
            print(f"browser: {usable()}")  # noqa: T201 - the command's answer
        except errors.GreenroomError as error:
            why = error.message
            if os.environ.get(EXECUTABLE):
                break
        else:
            return 0
    advice = ADVICE.format(why=why, python=sys.executable, variable=EXECUTABLE)
    print(advice, file=sys.stderr)  # noqa: T201 - the command's answer
    return 1


def usable() -> str:
    """Return version and path of the browser, after it has really opened a page.

    Raises BadConfig (`browser_missing`, `browser_unusable`), TryLater (`browser_lost`).
    """
    executable = chromium.find_chromium(os.environ.get(EXECUTABLE))
    return f"Chromium {asyncio.run(_opened(executable))} at {executable}"


async def _opened(executable: str) -> str:
    with tempfile.TemporaryDirectory(prefix="greenroom-") as folder:
        async with browser.open_browser(executable, tmp_dir=Path(folder)) as opened:
            await opened.check()
            return opened.version


def _installers() -> list[Sequence[str]]:
    """Return the commands that may install a Chromium here, the likeliest first."""
    root = chromium.may_sandbox() is False
    apt = shutil.which("apt-get") is not None
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    systems = [
        (root, ("apt-get", "install", "--yes", "-qq", "chromium", "chromium-headless-shell")),
        (root, ("apt-get", "install", "--yes", "-qq", "chromium")),
        (root, ("dnf", "install", "--assumeyes", "--quiet", "chromium", "chromium-headless")),
        (root, ("dnf", "install", "--assumeyes", "--quiet", "chromium")),
        (True, ("brew", "install", "--quiet", "--cask", "chromium")),
    ]
    return [
        [*playwright, "--with-deps"] if root and apt else playwright,
        *(install for permitted, install in systems if permitted and shutil.which(install[0])),
    ]


def _succeeds(command: Sequence[str]) -> bool:
    """Run an installer to its end, its talk kept back; tell whether it says that it worked."""
    patience = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "5000"}
    try:
        done = subprocess.run(  # noqa: S603 - the fixed commands of `_installers`
            command,
            env={**os.environ, **patience, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INSTALLING,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
