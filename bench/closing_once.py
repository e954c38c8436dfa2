"""Close one listing in a process of its own, by our code or in bare SQL, and print what it cost.

`python -m bench.closing_once stage PATH PEOPLE` makes the database: an applied list of PEOPLE, and
a walked one in which one in a hundred is gone and as many have come, half of them not for the
first time. `ours PATH PEOPLE` and `bare PATH PEOPLE` close it.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench import clocks, databases
from models import closing, follows, listing, moment, standing

COLLECTOR = "chaturbate.followers"
CHURN = 100
"""One in how many leaves, and comes."""

DAYS = tuple(datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3))
FORMER, BEFORE, NOW = (moment.stored(day, "sqlite") for day in DAYS)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What closing cost: time, peak memory (bytes), and what the tables then held."""

    watch: clocks.Watch
    memory: int
    content: list[Any]


def main() -> None:
    """Do what the command line says."""
    what, path, people = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if what == "stage":
        stage(path, people)
        return
    watch = {"ours": ours, "bare": bare}[what](path, people)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = peak if sys.platform == "darwin" else peak * 1024
    cost = Cost(watch=watch, memory=memory, content=content(path))
    sys.stdout.write(msgspec.json.encode(cost).decode())


def ours(path: Path, people: int) -> clocks.Watch:
    """Close it as a run does that has found its walk proved."""
    watch = clocks.Watch()
    verdict = listing.Verdict(reasons=(), declared=people, seen=people, end_proof="all: end")
    with databases.opened(path) as database, watch.running(), database.write() as connection:
        outcome = follows.close(connection, 2, verdict, DAYS[2])
    churn = people // CHURN
    expected = closing.Outcome(state="complete", new=churn, lost=churn, returned=churn // 2)
    if outcome != expected:
        raise RuntimeError(f"closing came to {outcome}")
    return watch


def bare(path: Path, people: int) -> clocks.Watch:
    """Write by hand what the same closing comes to."""
    watch = clocks.Watch()
    with databases.bare(path) as connection, watch.running(), databases.transaction(connection):
        for statement in (_LOST, _NEW):
            connection.execute(statement)
        counts = [connection.execute(statement).fetchone()[0] for statement in _COUNTS]
        edges, lost, new, returned = counts
        if lost > closing.HOLD_SHARE * edges:
            raise RuntimeError(f"{lost} of {edges} would end")
        for statement in _WRITES:
            connection.execute(statement, (NOW,))
        connection.execute(_NOTE, (NOW, people, people, new, lost, returned))
        connection.execute(_FORGET)
    return watch


_OPEN = "e.account_id = 1 AND e.direction = 'follower' AND e.ended IS NULL"
_EVENT = """INSERT INTO follow_events
    (account_id, direction, person_id, kind, at, source, listing_id, certain, returned)"""
_LOST = f"""
    CREATE TEMPORARY TABLE lost AS
    SELECT e.id, e.person_id FROM follow_edges e WHERE {_OPEN} AND NOT EXISTS (
        SELECT 1 FROM listing_entries x WHERE x.listing_id = 2 AND x.person_id = e.person_id)"""
_NEW = f"""
    CREATE TEMPORARY TABLE new AS
    SELECT DISTINCT x.person_id, EXISTS (
        SELECT 1 FROM follow_edges f WHERE f.account_id = 1 AND f.direction = 'follower'
        AND f.person_id = x.person_id) AS returned
    FROM listing_entries x WHERE x.listing_id = 2 AND NOT EXISTS (
        SELECT 1 FROM follow_edges e WHERE {_OPEN} AND e.person_id = x.person_id)"""
_COUNTS = (
    f"SELECT count(*) FROM follow_edges e WHERE {_OPEN}",
    "SELECT count(*) FROM lost",
    "SELECT count(*) FROM new",
    "SELECT count(*) FROM new WHERE returned",
)
_WRITES = (
    """INSERT INTO follow_edges (account_id, direction, person_id, since, since_known, opened_by)
        SELECT 1, 'follower', person_id, ?, 1, 2 FROM new ORDER BY person_id""",
    "UPDATE follow_edges SET ended = ?, closed_by = 2 WHERE id IN (SELECT id FROM lost)",
    f"""{_EVENT} SELECT 1, 'follower', person_id, 'unfollow', ?, 'list', 2, 1, 0
        FROM lost ORDER BY person_id""",
    f"""{_EVENT} SELECT 1, 'follower', person_id, 'follow', ?, 'list', 2, 1, returned
        FROM new ORDER BY person_id""",
)
_NOTE = """
    UPDATE listings SET state = 'complete', as_of = ?, declared = ?, seen = ?,
        end_proof = 'all: end', new = ?, lost = ?, returned = ? WHERE id = 2"""
_FORGET = "DELETE FROM listing_entries WHERE listing_id = 2"


def content(path: Path) -> list[Any]:
    """Return what tells two databases apart after closing."""
    with databases.bare(path) as connection:
        return [tuple(row) for sql in _CONTENT for row in connection.execute(sql)]


_CONTENT = (
    """SELECT ended, closed_by, since, opened_by, since_known, count(*), sum(person_id)
        FROM follow_edges GROUP BY ended, closed_by, since, opened_by, since_known ORDER BY 1, 4""",
    """SELECT kind, at, source, listing_id, certain, returned, count(*), sum(person_id)
        FROM follow_events GROUP BY kind, returned ORDER BY kind, returned""",
    "SELECT state, as_of, declared, seen, end_proof, withheld, new, lost, returned FROM listings",
    "SELECT count(*) FROM listing_entries",
)


def stage(path: Path, people: int) -> None:
    """Make the database as the walk of the second list leaves it."""
    runs = [databases.make(path, COLLECTOR), databases.add_run(path, COLLECTOR)]
    with databases.opened(path) as database, database.write() as connection:
        for run_id in runs:
            standing.start(connection, run_id, 1, "follower", 1)
    churn = people // CHURN
    with databases.bare(path) as connection, databases.transaction(connection):
        connection.execute(_APPLIED, (BEFORE,))
        connection.executemany(_PERSON, ((number,) for number in range(1, people + churn + 1)))
        connection.executemany(_EDGE, ((number,) for number in range(1, people + 1)))
        former = range(people + 1, people + churn + 1, 2)
        connection.executemany(_FORMER, ((number,) for number in former))
        connection.executemany(_ENTRY, ((number,) for number in _present(people, churn)))
    with databases.bare(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _present(people: int, churn: int) -> Iterator[int]:
    """Return who stands on the second list: not every hundredth, but those who have come."""
    yield from (number for number in range(1, people + 1) if number % CHURN)
    yield from range(people + 1, people + churn + 1)


_APPLIED = "UPDATE listings SET state = 'complete', as_of = ? WHERE id = 1"
_PERSON = f"""
    INSERT INTO persons (id, site, username, role, first_seen, last_seen)
    VALUES (?1, 'chaturbate', printf('viewer_%07d', (?1 * 7919) % 10000019), 'unknown',
        '{BEFORE}', '{NOW}')"""
_EDGE = f"""
    INSERT INTO follow_edges (account_id, direction, person_id, since, since_known, opened_by)
    VALUES (1, 'follower', ?, '{BEFORE}', 0, 1)"""
_FORMER = f"""
    INSERT INTO follow_edges
        (account_id, direction, person_id, since, since_known, ended, opened_by, closed_by)
    VALUES (1, 'follower', ?, '{FORMER}', 0, '{BEFORE}', 1, 1)"""
_ENTRY = "INSERT INTO listing_entries (listing_id, person_id, part) VALUES (2, ?, 'all')"


if __name__ == "__main__":
    main()
