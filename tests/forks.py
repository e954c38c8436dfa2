"""Processes that are there at once: forked from one that has imported already what they need.

There is one such server for all tests of a process, whatever their context: whoever names last what
it is to import beforehand names it for everybody. So it is named here and nowhere else.
"""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.jobs.given_ready",
        "tests.jobs.given_forks",
        "tests.jobs.cli.given_service",
        "tests.jobs.feeds.given_feeds",
        "tests.models.given_feeds",
        "tests.models.given_lists",
    ]
)
