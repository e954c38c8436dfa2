"""From a feed's event to its committed row: how many a second.

The floor reads the same feed with httpx, decodes it, and gives the same rows to the driver's
`executemany`, an answer a transaction; it archives, checks and compares nothing, and knows no
people.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bench import clocks, figures, listening
from fixtures.practice import client
from models import archive, bulk, db, moment, runs, statements

EVENTS = 10_000
ROUNDS = 2
AIM = 1_000
"""Events a second."""

LATEST = 300.0
_COUNT = "SELECT count(*) FROM interactions"

Place = Callable[[Path], AbstractContextManager[db.Database]]
PLACES: dict[str, Place] = {"SQLite": listening.sqlite, "PostgreSQL": listening.postgresql}


def main() -> None:
    """Let much happen, then read it our way and barely, in turn."""
    found: list[figures.Figure] = []
    with listening.practice() as world:
        world.play(7, EVENTS, platforms=[listening.PLATFORM])
        many = sum(1 for _ in _answers(world, whole=True))
        for name, place in PLACES.items():
            turns = [
                (_turn(place, lambda one: _ours(one, world, many)), _turn(place, _floor(world)))
                for _ in range(ROUNDS)
            ]
            own, floor = (clocks.median(list(watches)) for watches in zip(*turns, strict=True))
            found += _figures(name, many, own, floor)
    figures.hand_over(found)


def _figures(
    name: str, many: int, own: clocks.Watch, floor: clocks.Watch
) -> Iterator[figures.Figure]:
    for what, mine, bare in (
        (f"feed {many:,} events into rows, {name}", own.wall, floor.wall),
        ("the same in processor time", own.processor, floor.processor),
    ):
        yield figures.Figure(
            what=what,
            ours=f"{many / mine:,.0f} events/s",
            peer=f"bare reader {many / bare:,.0f} events/s",
            ratio=f"{bare / mine:.0%}",
            aim=figures.at_least(many / mine, AIM, "/s") if mine is own.wall else None,
        )


def _turn(place: Place, act: Callable[[db.Database], clocks.Watch]) -> clocks.Watch:
    with tempfile.TemporaryDirectory() as name, place(Path(name)) as database:
        return act(database)


def _ours(database: db.Database, world: client.Practice, many: int) -> clocks.Watch:
    """Listen until all is in the table."""
    watch = clocks.Watch()

    async def listen(wanted: Any) -> None:
        until = time.monotonic() + LATEST
        async with listening.listening(database, wanted):
            while await asyncio.to_thread(_count, database) < many:
                if time.monotonic() > until:
                    raise TimeoutError
                await asyncio.sleep(0.02)

    with tempfile.TemporaryDirectory() as name:
        wanted = listening.chosen(world.chaturbate, Path(name))
        with watch.running():
            asyncio.run(listen(wanted))
    return watch


def _count(database: db.Database) -> int:
    with database.read() as connection:
        return int(bulk.select(connection, _COUNT)[0][0])


def _floor(world: client.Practice) -> Callable[[db.Database], clocks.Watch]:
    def read(database: db.Database) -> clocks.Watch:
        stream, payload = _beside(database)
        insert = statements.INTERACTIONS
        watch = clocks.Watch()
        with watch.running():
            for events in _answers(world):
                rows = [_row(one, stream, payload, database.dialect) for one in events]
                with database.write() as connection:
                    driver = connection.connection.cursor()
                    with contextlib.closing(driver):
                        driver.executemany(_sql(insert, database.dialect), rows)
        return watch

    return read


def _sql(insert: bulk.Upsert, dialect: str) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ", ".join([mark] * len(insert.columns))
    return f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) VALUES ({marks})"


def _answers(world: client.Practice, *, whole: bool = False) -> Iterator[Any]:
    """Yield the events of each answer of the feed, or each event of the whole feed."""
    with httpx.Client(trust_env=False, timeout=30) as web:
        url = f"{world.chaturbate}{listening.FEED}?timeout=0"
        while (told := msgspec.json.decode(web.get(url).content))["events"]:
            yield from told["events"] if whole else [told["events"]]
            url = told["nextUrl"]


def _row(event: dict[str, Any], stream: int, payload: int, dialect: str) -> tuple[Any, ...]:
    said = event["object"]
    ms, _, _ = event["id"].partition("-")
    at = moment.stored(datetime.fromtimestamp(int(ms) / 1000, UTC), dialect)
    tip, message = said.get("tip", {}), said.get("message", {})
    private = event["method"] == "privateMessage"
    truth = int(private) if dialect == "sqlite" else private
    text = message.get("message") or tip.get("message")
    facts = (event["method"], None, tip.get("tokens"), text, truth)
    return (stream, event["id"], at, *facts, payload)


def _beside(database: db.Database) -> tuple[int, int]:
    """Make what the rows refer to."""
    with database.write() as connection:
        account = runs.account(connection, "main", listening.PLATFORM, client.USERNAME)
        order = runs.Order(
            account_id=account.id,
            collector="chaturbate.events",
            requested_by="bench",
            version="0",
        )
        run_id = runs.create(connection, order)
        answer = archive.Answer(
            kind="events",
            url="",
            status=200,
            headers={},
            request="{}",
            body=b"",
            fetched_at=moment.now(),
        )
        payload = archive.put(connection, run_id, answer)
        statements.STREAMS(connection, [(account.id, "bare", "", "chaturbate", "")])
        found = bulk.select(connection, statements.STREAM, account.id, "bare", "")
    return int(found[0][0]), payload


if __name__ == "__main__":
    main()
