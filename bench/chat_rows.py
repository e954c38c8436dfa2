"""Apply chat rows to the tables, beside the same rows through the driver's bare `executemany`."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench import clocks, databases, figures
from models import apply, moment, records

ROWS = 200_000
BATCH = 500
CHATTERS = 5_000
ROUNDS = 3
GROWTH = {10_000: 5, 100_000: 2, 1_000_000: 1}
"""Rows -> rounds."""

COLLECTOR = "statbate_plus.chat"
ROOM = "operator_one"
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = ("hello", "there", "lovely", "evening", "everyone", "music", "thanks", "song", "night")

PERSONS = """
    INSERT INTO persons (id, site, username, role, first_seen, last_seen)
    VALUES (?, 'statbate_plus', ?, 'unknown', ?, ?)
    ON CONFLICT (site, username) DO UPDATE SET last_seen = excluded.last_seen"""
INTERACTIONS = """
    INSERT INTO interactions
        (stream_id, key, at, kind, person_id, tokens, text, private, payload_id)
    VALUES (1, ?, ?, 'chat', ?, NULL, ?, 0, ?) ON CONFLICT DO NOTHING"""
BODY = "INSERT INTO payload_bodies (sha256, size, body) VALUES ('', 0, '')"
PAYLOAD = """
    INSERT INTO payloads (id, run_id, kind, url, status, headers, request, sha256, fetched_at)
    VALUES (?, 1, 'chat', '', 200, '{}', '{}', '', '2026-01-01 00:00:00.000000')"""
STREAM = "INSERT INTO streams (id, account_id, source, room) VALUES (1, 1, ?, ?)"
CONTENT = """
    SELECT count(*), count(DISTINCT person_id), sum(length(text)), sum(i.payload_id), max(at),
        sum(length(username) * i.id), min(last_seen), max(last_seen)
    FROM interactions i JOIN persons p ON p.id = i.person_id"""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What applying all batches cost: the first time, and when nothing was new."""

    first: clocks.Watch
    again: clocks.Watch


Pass = Callable[[Path, int], clocks.Watch]
"""Writes that many rows in batches, each in a transaction of its own."""


def main() -> None:
    """Compare ours with the bare rows, then show how both grow."""
    with tempfile.TemporaryDirectory() as name:
        figures.hand_over([*_rates(Path(name)), *_growth(Path(name))])


def _rates(folder: Path) -> Iterator[figures.Figure]:
    turns = [(_costs(folder, ours, ROWS), _costs(folder, bare, ROWS)) for _ in range(ROUNDS)]
    for what, name, aim in (
        ("apply", "first", 60),
        ("apply once more, nothing new,", "again", 70),
    ):
        pairs = [(getattr(our, name), getattr(their, name)) for our, their in turns]
        own, theirs = (clocks.median(watches) for watches in zip(*pairs, strict=True))
        share = theirs.processor / own.processor
        yield figures.Figure(
            what=f"{what} {ROWS:,} chat rows",
            ours=f"{ROWS / own.processor:,.0f} rows/s",
            peer=f"executemany {ROWS / theirs.processor:,.0f} rows/s",
            ratio=f"{share:.0%}",
            aim=figures.at_least(100 * share, aim, "%"),
        )
        yield figures.Figure(
            what="  the same by the wall clock",
            ours=f"{ROWS / own.wall:,.0f} rows/s",
            peer=f"executemany {ROWS / theirs.wall:,.0f} rows/s",
            ratio=f"{theirs.wall / own.wall:.0%}",
        )


def _growth(folder: Path) -> Iterator[figures.Figure]:
    """Yield how the time per row grows from the fewest rows to the most, ours and bare."""
    per_row: dict[str, dict[int, float]] = {"ours": {}, "bare": {}}
    for rows, rounds in GROWTH.items():
        ways = [partial(_per_row, folder, write, rows) for write in (ours, bare)]
        per_row["ours"][rows], per_row["bare"][rows] = clocks.in_turn(rounds, *ways)
    yield from figures.growth("apply chat rows", per_row)


def _per_row(folder: Path, write: Pass, rows: int) -> float:
    return _costs(folder, write, rows, twice=False).first.processor / rows


def _costs(folder: Path, write: Pass, rows: int, *, twice: bool = True) -> Costs:
    """Write rows into a new database, twice if wanted, and refuse to go on if some are missing."""
    path = folder / "chat.db"
    databases.make(path, COLLECTOR)
    _prepare(path, -(-rows // BATCH))
    costs = Costs(first=write(path, rows), again=write(path, rows) if twice else clocks.Watch())
    with databases.bare(path) as connection:
        found = connection.execute(CONTENT).fetchone()
    if found != EXPECTED.setdefault(rows, found) or found[0] != rows:
        raise RuntimeError(f"{rows} rows became {found}, expected {EXPECTED[rows]}")
    for left in folder.glob("chat.db*"):
        left.unlink()
    return costs


EXPECTED: dict[int, Any] = {}
"""What a database of so many rows holds, as whoever wrote it first left it."""


def _prepare(path: Path, payloads: int) -> None:
    """Write what the rows refer to: a payload for each batch, and the stream."""
    with databases.bare(path) as connection, databases.transaction(connection):
        connection.execute(BODY)
        connection.executemany(PAYLOAD, [(number + 1,) for number in range(payloads)])
        connection.execute(STREAM, (COLLECTOR, ROOM))


def ours(path: Path, rows: int) -> clocks.Watch:
    """Apply the rows as records."""
    watch = clocks.Watch()
    with databases.opened(path) as database:
        for number, batch in enumerate(_batches(rows)):
            source = _source(number)
            with watch.running(), database.write() as connection:
                apply.apply(connection, batch, source)
    return watch


def bare(path: Path, rows: int) -> clocks.Watch:
    """Insert the same rows as tuples that stand ready, ids of people and all."""
    watch = clocks.Watch()
    ids: dict[str, int] = {}
    with databases.bare(path) as connection:
        for number, batch in enumerate(_batches(rows)):
            people, acts = _tuples(batch, _source(number), ids)
            with watch.running(), databases.transaction(connection):
                connection.executemany(PERSONS, people)
                connection.executemany(INTERACTIONS, acts)
    return watch


def _source(number: int) -> apply.Source:
    return apply.Source(
        account_id=1,
        site="statbate_plus",
        run_id=1,
        payload_id=number + 1,
        collector=COLLECTOR,
        seen_at=START + timedelta(days=365, seconds=number),
    )


def _batches(rows: int) -> Iterator[list[records.Interaction]]:
    """Make the rows, the same at every call, keyed as the history of a room is."""
    luck = random.Random(7)
    at = START
    for first in range(0, rows, BATCH):
        batch = []
        for _ in range(min(BATCH, rows - first)):
            at += timedelta(seconds=luck.randrange(1, 30))
            batch.append(
                records.Interaction(
                    source=COLLECTOR,
                    room=ROOM,
                    key=f"{at:%Y%m%dT%H%M%S}-{luck.getrandbits(64):016x}-0",
                    at=at,
                    kind="chat",
                    username=f"viewer_{int(luck.random() ** 3 * CHATTERS):05}",
                    text=" ".join(luck.choices(WORDS, k=6)),
                )
            )
        yield batch


def _tuples(
    batch: Sequence[records.Interaction], source: apply.Source, ids: dict[str, int]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return the rows of people and of acts; `ids` learns who is new."""
    seen = moment.stored(source.seen_at, "sqlite")
    names = sorted({act.username for act in batch if act.username})
    for name in names:
        ids.setdefault(name, len(ids) + 1)
    people = [(ids[name], name, seen, seen) for name in names]
    acts = [
        (
            act.key,
            moment.stored(act.at, "sqlite"),
            ids[act.username or ""],
            act.text,
            source.payload_id,
        )
        for act in batch
    ]
    return people, acts


if __name__ == "__main__":
    main()
