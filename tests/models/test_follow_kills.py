"""Whoever is killed while follows are written leaves nothing halfway, and can do it again."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import engine, event

from models import db
from tests import forks
from tests.models import given_feeds as feed
from tests.models import given_lists as given

TEN = given.people(10)
WRITTEN = {"follow_edges", "follow_events", "list_stretches", "listings"}


def tell(database: db.Database) -> None:
    """Have a feed tell of follows."""
    feed.tell(database, ("follow", "alice", 0.5), ("unfollow", TEN[0], 0.6), ("follow", "bob", 0.7))


def close(database: db.Database) -> None:
    """Have a list confirm some of it and correct the rest, and show somebody of its own."""
    given.closed(database, [*TEN[:5], *TEN[6:], "alice", "carol"], day=1)


def killed(url: str, work: Callable[[db.Database], None], write: int) -> None:
    """Work, and be killed right after that many writes of follows."""
    left = itertools.count(write - 1, -1)

    @event.listens_for(engine.Engine, "after_cursor_execute")
    def kill(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not WRITTEN.isdisjoint(statement.split()[1:3]) and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    work(db.connect(url))


def ends(url: str, work: Callable[[db.Database], None], write: int) -> bool:
    """Tell whether the work, in a process of its own, came to its end unkilled."""
    process = forks.FORKS.Process(target=killed, args=(url, work, write))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode == 0


STEP = {"sqlite": 1, "postgresql": 4}
"""Who is killed at every write takes long where each has to connect first."""


def test_a_kill_at_any_write_of_follows_leaves_nothing_halfway(new_url: Callable[[], str]) -> None:
    url, whole = new_url(), db.connect(new_url())
    doomed = db.connect(url)
    for database in (doomed, whole):
        given.closed(database, TEN, day=0)
    for work in (tell, close):
        before, write = feed.stored(doomed), 1
        while not ends(url, work, write):
            assert feed.stored(doomed) == before
            write += STEP[doomed.dialect]
        work(whole)
        assert feed.stored(doomed) == feed.stored(whole)
        assert write > 3
    doomed.close()
    whole.close()
