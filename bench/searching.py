"""Search a million messages, beside `LIKE`; and what indexing costs, as we do it and by trigger."""

from __future__ import annotations

import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench import chat_rows, clocks, databases, figures
from models import db, moment, search, search_words

ROWS = 1_000_000
PEOPLE = 5_000
WORDS = 10_000
TURNS = 5
LIMIT = 50.0
"""Milliseconds."""

APPLIED = 100_000
ROUNDS = 3

START = datetime(2020, 1, 1, tzinfo=UTC)
ASKED = {"a rare word": 5_000, "a word in 0.2 % of them": 300, "in 3 %": 20, "in 10 %": 5}
"""How frequent -> place among the words, by frequency (Zipf's law)."""

PERSONS = """
    INSERT INTO persons (id, site, username, role, first_seen, last_seen)
    VALUES (?, 'chaturbate', ?, 'unknown', '2020-01-01', '2020-01-01')"""
INTERACTIONS = """
    INSERT INTO interactions (stream_id, key, at, kind, person_id, text, private, payload_id)
    VALUES (1, ?, ?, 'chat', ?, ?, 0, 1)"""
LIKE = """
    SELECT i.at, p.username, i.text FROM interactions i JOIN persons p ON p.id = i.person_id
    WHERE i.text LIKE ? ORDER BY i.at DESC LIMIT 50"""
TRIGGER = """
    CREATE TRIGGER at_once AFTER INSERT ON interactions
    BEGIN INSERT INTO search_texts (rowid, text) VALUES (new.id, new.text); END"""


def main() -> None:
    """Time the searches, then what indexing adds to a row."""
    with tempfile.TemporaryDirectory() as name:
        figures.hand_over([*_searches(Path(name) / "said.db"), *_indexing(Path(name) / "chat.db")])


def _searches(path: Path) -> Iterator[figures.Figure]:
    databases.make(path, chat_rows.COLLECTOR)
    _populate(path)
    with databases.opened(path) as database:
        search.catch_up(database)
        with database.read() as connection:
            for what, place in ASKED.items():
                yield _searched(connection, what, f"w{place}")


def _searched(connection: db.Connection, what: str, word: str) -> figures.Figure:
    phrases = search_words.parse(word)
    rows = connection.connection.driver_connection
    took, like_took = _milliseconds(
        lambda: search.find(connection, phrases),
        lambda: _fetched(rows, f"% {word} %"),  # every text begins and ends with another word
    )
    return figures.Figure(
        what=f"search {ROWS:,} messages, {what}, newest 50",
        ours=f"{took:.1f} ms",
        peer=f"LIKE {like_took:.0f} ms",
        ratio=f"{like_took / took:.1f} x faster",
        aim=figures.Aim(wanted=f"<= {LIMIT:g} ms", met=took <= LIMIT),
    )


def _fetched(connection: Any, pattern: str) -> list[Any]:
    found: list[Any] = connection.execute(LIKE, (pattern,)).fetchall()
    return found


def _milliseconds(*ways: Callable[[], list[Any]]) -> list[float]:
    """Return the median time of each way, in turn; all must find as much."""
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(TURNS):
        counts = set()
        for way, times in zip(ways, taken, strict=True):
            began = time.perf_counter()
            counts.add(len(way()))
            times.append((time.perf_counter() - began) * 1000)
        if len(counts) != 1 or not all(counts):
            raise RuntimeError(f"they found {counts}")
    return [median(times) for times in taken]


def _populate(path: Path) -> None:
    """Write the messages: words as frequent as in a language, between two that are in all."""
    luck = random.Random(7)
    words = [f"w{place}" for place in range(WORDS)]
    often = list(itertools.accumulate(1 / (place + 1) for place in range(WORDS)))
    chat_rows._prepare(path, 1)  # noqa: SLF001 - one bench beside the other
    with databases.bare(path) as connection, databases.transaction(connection):
        connection.executemany(PERSONS, [(n + 1, f"viewer_{n:05}") for n in range(PEOPLE)])
        connection.executemany(
            INTERACTIONS,
            (
                (
                    str(number),
                    moment.stored(START + timedelta(seconds=20 * number), "sqlite"),
                    1 + luck.randrange(PEOPLE),
                    f"so {' '.join(luck.choices(words, cum_weights=often, k=6))} then",
                )
                for number in range(ROWS)
            ),
        )


def _indexing(path: Path) -> Iterator[figures.Figure]:
    """Yield what indexing adds to applying a row: afterwards in batches, and at once."""
    turns = [(_later(path), _at_once(path)) for _ in range(ROUNDS)]
    applied = median(one[0] for one, _ in turns)
    later = median(one[1] for one, _ in turns)
    at_once = median(two - one[0] for one, two in turns)
    yield figures.Figure(
        what=f"index {APPLIED:,} chat rows: added to each of {applied:.1f} us",
        ours=f"{later:.2f} us",
        peer=f"a trigger {at_once:.2f} us",
        ratio=f"{later / at_once:.2f} x",
    )


def _later(path: Path) -> tuple[float, float]:
    """Return the microseconds a row takes to apply, and to index afterwards."""
    applied = _applied(path, at_once=False)
    watch = clocks.Watch()
    with databases.opened(path) as database, watch.running():
        search.catch_up(database)
    return applied, watch.processor / APPLIED * 1e6


def _at_once(path: Path) -> float:
    """Return the microseconds a row takes to apply where a trigger indexes it."""
    return _applied(path, at_once=True)


def _applied(path: Path, *, at_once: bool) -> float:
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    databases.make(path, chat_rows.COLLECTOR)
    chat_rows._prepare(path, APPLIED // chat_rows.BATCH)  # noqa: SLF001 - as above
    if at_once:
        with databases.bare(path) as connection:
            connection.execute(TRIGGER)
    return chat_rows.ours(path, APPLIED).processor / APPLIED * 1e6


if __name__ == "__main__":
    main()
