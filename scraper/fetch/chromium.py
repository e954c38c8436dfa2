"""Find a Chromium on this machine and say how it is started: quiet, sandboxed, on its own."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from scraper import errors

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
"""Commands under which systems install Chromium, best first."""

SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
"""Names of a Chromium that can show no window: the same engine, much lighter."""

_UNWRAPPED = {"/usr/bin/chromium-headless-shell": "/usr/lib/chromium/chromium-headless-shell"}
"""Debian's script for this one stays in between: who ends it would leave the browser running."""

APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)

QUIET = (
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)
"""Arguments that leave the browser nothing to do but what a run asks of it."""

_LONGEST_FOLDER = 56  # the browser's socket (45 more characters) must fit a Unix socket address


def find_chromium(configured: str | None, *, window: bool = False) -> str:
    """Return the path of the Chromium to use: the configured one, Playwright's, the system's.

    Unless a `window` is to be shown, a Chromium without one is preferred. Raises BadConfig
    (`browser_missing`).
    """
    if configured:
        found = shutil.which(Path(configured).expanduser())
        if found is None:
            raise errors.BadConfig(
                "browser_missing", f"browser.executable is {configured}: no program is there"
            )
        return str(found)
    found = next(_installed(window=window), None)
    if found is None:
        raise errors.BadConfig("browser_missing")
    return found


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the browser: ours without Greenroom's own settings and secrets.

    Its temporary files stand in `folder`, unless a socket's address there would be too long.
    """
    inherited = {name: text for name, text in os.environ.items() if not is_ours(name)}
    fits = len(str(folder)) <= _LONGEST_FOLDER
    return inherited | {"TMPDIR": str(folder) if fits else tempfile.gettempdir()}


def is_ours(variable: str) -> bool:
    """Tell whether an environment variable is Greenroom's (and may hold a password)."""
    return variable.upper().startswith("GREENROOM_")


def may_sandbox() -> bool:
    """Tell whether Chromium can be started in its sandbox: it refuses to as root."""
    return not hasattr(os, "geteuid") or os.geteuid() != 0


def _installed(*, window: bool) -> Iterator[str]:
    shells = () if window else SHELLS
    if shells:
        yield from _playwrights_own("chromium_headless_shell", shells)
    own = ("chrome", "chrome.exe", "*.app/Contents/MacOS/*Chrom*")
    yield from _playwrights_own("chromium", own)
    found = filter(None, map(shutil.which, (*shells, *NAMES)))
    yield from (_UNWRAPPED.get(program, program) for program in found)
    yield from filter(os.path.exists, APPLICATIONS)


def _playwrights_own(name: str, programs: Sequence[str]) -> Iterator[str]:
    """Yield what `playwright install chromium` left, of the revision this Playwright expects."""
    folder = _browsers_folder() / f"{name}-{expected_revision()}"
    for program in programs:
        yield from map(str, sorted(folder.glob(f"*/{program}")))


def expected_revision() -> str:
    """Return the revision of the Chromium that the installed Playwright was made for."""
    listed = resources.files("playwright").joinpath("driver", "package", "browsers.json")
    text = listed.read_text("utf-8") if listed.is_file() else ""
    found = re.search(r'"name":\s*"chromium",\s*"revision":\s*"(\d+)"', text)
    return found[1] if found else "*"


def _browsers_folder() -> Path:
    configured = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if configured == "0":
        return Path(str(resources.files("playwright"))) / "driver" / "package" / ".local-browsers"
    if configured:
        return Path(configured)
    return _cache_folder() / "ms-playwright"


def _cache_folder() -> Path:
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
