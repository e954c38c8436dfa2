from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from models import db, feeds, runs


def order(account_id: int) -> runs.Order:
    return runs.Order(
        account_id=account_id,
        collector="statbate.webhook",
        target=None,
        requested_by="feed",
        layout={},
        version="1",
    )


@pytest.mark.parametrize("what", ["account", "feed"])
def test_two_processes_that_write_the_same_row_at_once_share_it(
    database_url: str, what: str
) -> None:
    first, second = db.connect(database_url), db.connect(database_url)
    written, begun = Event(), Event()

    def write(connection: db.Connection) -> tuple[int, int]:
        account = runs.account(connection, "figures", "statbate", "operator_one").id
        if what == "account":
            return account, 0
        return account, feeds.opened(connection, "hook", order(account)).run_id

    def early() -> tuple[int, int]:
        with first.write() as connection:
            found = write(connection)
            written.set()
            begun.wait(10)
        return found

    def late() -> tuple[int, int]:
        written.wait(10)
        begun.set()
        with second.write() as connection:
            return write(connection)

    if what == "feed":  # the account is known; the feed is not
        with first.write() as connection:
            runs.account(connection, "figures", "statbate", "operator_one")
    with ThreadPoolExecutor(2) as pool:
        found = [one.result(30) for one in (pool.submit(early), pool.submit(late))]
    for database in (first, second):
        database.close()

    assert found[0] == found[1]
