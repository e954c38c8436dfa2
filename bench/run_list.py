"""List runs out of a hundred thousand: what `runs list` asks of the tables, and what it prints."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import databases, figures
from jobs import report
from models import moment, run_list

RUNS = 100_000
TIMES = 5
ACCOUNTS = 3
COLLECTORS = ("chaturbate.followed", "chaturbate.followers", "chaturbate.chat", "chaturbate.tips")
STATUSES = ("ok", "ok", "ok", "ok", "ok", "partial", "failed", "needs_operator", "held")
START = datetime(2026, 1, 1, tzinfo=UTC)
AIM = 300
EVERY = "all of them"
LISTS = {
    "the newest 20": run_list.Wanted(limit=20),
    "20 of one account": run_list.Wanted(limit=20, account="account 1"),
    "20 of one schedule": run_list.Wanted(limit=20, schedule="every 2"),
    "20 of one collector": run_list.Wanted(limit=20, collector="chaturbate.tips"),
    "20 that failed": run_list.Wanted(limit=20, statuses=("failed",)),
    "20 of a rare collector": run_list.Wanted(limit=20, collector="statbate_plus.chat"),
    "the oldest 20": run_list.Wanted(limit=20, before=21),
    EVERY: run_list.Wanted(limit=RUNS),
}


def main() -> None:
    """Measure each list, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "greenroom.db"
        stage(path)
        figures.hand_over([*measured(path)])


def measured(path: Path) -> Iterator[figures.Figure]:
    """Yield the time that each list takes from the question to the text, the best of a few."""
    with databases.opened(path) as database:
        for name, wanted in LISTS.items():
            took, text = [], ""
            for _ in range(TIMES):
                began = time.perf_counter()
                with database.read() as connection:
                    text = "\n".join(
                        report.brief(line) for line in run_list.listed(connection, wanted)
                    )
                took.append(time.perf_counter() - began)
            count = text.count("\n") + 1 if text else 0
            yield figures.Figure(
                what=f"list {name} of {RUNS:,} runs",
                ours=f"{min(took) * 1000:.0f} ms",
                peer=f"{count:,} lines",
                ratio="",
                aim=figures.at_most(min(took) * 1000, AIM, "ms") if name != EVERY else None,
            )


def stage(path: Path) -> None:
    """Make a database with the runs of months, every other one with a list."""
    databases.make(path, "chaturbate.followers")
    with databases.bare(path) as connection, databases.transaction(connection):
        connection.execute("DELETE FROM runs")
        connection.executemany(_ACCOUNT, ((number,) for number in range(2, ACCOUNTS + 2)))
        connection.executemany(_SCHEDULE, ((number,) for number in range(1, ACCOUNTS + 1)))
        connection.executemany(_RUN, (_run(number) for number in range(1, RUNS + 1)))
        connection.executemany(_LISTING, ((number,) for number in range(1, RUNS + 1, 2)))


def _run(number: int) -> tuple[object, ...]:
    """Return a run as a schedule asks for it every few minutes."""
    status = STATUSES[number % len(STATUSES)]
    failed = [{"code": "page_changed", "message": "a page is in another format", "url": None}]
    errors = failed if status in {"failed", "partial"} else []
    collector = COLLECTORS[number % len(COLLECTORS)] if number != 1 else "statbate_plus.chat"
    asked = moment.stored(START + number * timedelta(minutes=5), "sqlite")
    schedule = number % ACCOUNTS + 1
    return (number, schedule + 1, schedule, collector, status, asked, json.dumps(errors))


_ACCOUNT = """
    INSERT INTO accounts (id, name, site, username, created_at)
    VALUES (?1, 'account ' || (?1 - 1), 'chaturbate', 'operator_' || ?1, '2026-01-01 00:00:00')"""
_SCHEDULE = """
    INSERT INTO schedules (id, name, definition, origin, enabled, changed_at, decided_until)
    VALUES (?1, 'every ' || ?1, '{}', 'file', 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"""
_RUN = """
    INSERT INTO runs (id, account_id, schedule_id, collector, options, requested_by, status,
        requested_at, attempt, seconds, leads, signed_in, pages, records, new, lost, returned,
        errors, artefacts, layout, version)
    VALUES (?, ?, ?, ?, '{}', 'clock', ?,
        ?, 1, 12.5, '[]', 0, 9, 230, 3, 2, 1, ?, '[]', '{}', '0')"""
_LISTING = """
    INSERT INTO listings (run_id, look, account_id, direction, state, baseline, declared, seen,
        withheld, unnamed, end_proof, reasons, new, lost, returned)
    VALUES (?, 1, 2, 'follower', 'complete', 0, 230, 230, 0, 0, 'all: end', '[]', 3, 2, 1)"""


if __name__ == "__main__":
    main()
