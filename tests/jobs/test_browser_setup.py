from __future__ import annotations

import os
import subprocess
import sys


def setup(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jobs.browser_setup"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_machine_with_a_browser_needs_nothing_and_says_so_in_a_line() -> None:
    done = setup()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("browser: Chromium ")
    assert done.stdout.count("\n") == 1


def test_a_configured_browser_that_does_not_work_is_told_with_what_to_do() -> None:
    done = setup(GREENROOM_BROWSER__EXECUTABLE=sys.executable)
    assert done.returncode == 1
    assert sys.executable in done.stderr
    assert "Do one of these" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_configured_browser_that_is_not_there_is_told_with_what_to_do() -> None:
    done = setup(GREENROOM_BROWSER__EXECUTABLE="/nowhere/chromium")
    assert done.returncode == 1
    assert "/nowhere/chromium: no program is there" in done.stderr
