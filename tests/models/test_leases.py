"""A lease has one holder at a time, on both databases."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from models import db, leases


def take(database: db.Database, holder: str, seconds: float = 30) -> leases.Lease | None:
    with database.write() as connection:
        return leases.take(connection, "clock", holder, seconds)


def test_a_lease_has_one_holder_until_it_ends(database: db.Database) -> None:
    first = take(database, "one", seconds=0.2)

    assert first is not None
    assert take(database, "two") is None
    time.sleep(0.25)
    second = take(database, "two")

    assert second is not None
    assert (first.term, second.term) == (1, 2)
    assert take(database, "one") is None


def test_renewing_keeps_the_term_and_moves_the_end(database: db.Database) -> None:
    first, again = take(database, "one", seconds=5), take(database, "one", seconds=60)

    assert first is not None
    assert again is not None
    assert (again.term, again.taken_at) == (first.term, first.taken_at)
    assert again.expires_at > first.expires_at


def test_a_clock_that_was_set_back_keeps_no_lease_from_others(database: db.Database) -> None:
    take(database, "one", seconds=3600)  # as its end looks to who counts from an hour before

    assert take(database, "two") is not None


def test_a_lease_that_is_given_back_is_free_at_once(database: db.Database) -> None:
    take(database, "one")
    with database.write() as connection:
        leases.drop(connection, "clock", "two")
    assert take(database, "two") is None
    with database.write() as connection:
        leases.drop(connection, "clock", "one")

    assert take(database, "two") is not None


def test_of_many_who_ask_at_once_one_gets_it(database_url: str) -> None:
    start = threading.Barrier(6)

    def ask(number: int) -> bool:
        database = db.connect(database_url)
        try:
            start.wait()
            return take(database, f"process {number}") is not None
        finally:
            database.close()

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(ask, range(6)))

    assert sum(got) == 1
