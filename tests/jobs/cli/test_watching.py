"""What is seen of a run while it goes: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess

from jobs.cli import exits
from tests.jobs.cli import given_home

COLLECT = ("collect", "chaturbate.followers", "-a", "main")


def on_a_terminal(home: given_home.Home, *arguments: str) -> tuple[int, str]:
    """Run a command whose standard error is a terminal; return its exit code and what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*given_home.COMMAND, *arguments],
        cwd=home.folder,
        env=home.environ(TERM="xterm", COLUMNS="120"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    process.communicate()
    return process.returncode, shown.decode()


def test_a_terminal_shows_a_bar_with_rate_and_remaining_time(home: given_home.Home) -> None:
    code, shown = on_a_terminal(home, *COLLECT)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)

    assert code == exits.OK
    assert "chaturbate.followers" in plain
    assert re.search(r"\d+ records, \d+ pages/min 0:00:\d\d [-:0-9]+ left", plain)
    assert not re.search(r"info run 1: \d+ page", plain)


def test_what_is_no_terminal_gets_a_line_for_each_page(home: given_home.Home) -> None:
    said = home.child(*COLLECT)

    assert re.search(r"info run 1: 1 page, \d+ records\n", said.err)
    assert "\x1b" not in said.err
