"""One broadcast on all platforms at once, heard by every feed: an act is one row and stays one."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

from fixtures.practice import client, happenings
from jobs import evidence
from jobs.feeds import station, taking
from models import archive, db
from scraper import payload
from tests.jobs.feeds import given_broadcast, given_feeds

HAPPENINGS = 10_000
TOGETHER = 40
"""Answers that are taken in one transaction, where all are taken once more."""

ROWS = """
    SELECT s.source, i.kind, p.username, i.tokens, i.text, i.private FROM interactions i
    JOIN streams s ON s.id = i.stream_id LEFT JOIN persons p ON p.id = i.person_id"""


async def test_ten_thousand_mixed_events_are_as_many_rows_and_once_more_shuffled_add_none(
    world: client.Practice, database: db.Database, tmp_path: Path
) -> None:
    world.configure(
        followed=4,
        messages=0,
        tips=0,
        purchases=0,
        feed_backlog=2 * HAPPENINGS,
        relay_form=given_broadcast.FORM,
        keep_sessions=True,
    )
    more, tokens = given_broadcast.listened(world), given_broadcast.TOKENS
    house = given_feeds.house(world, database, tmp_path, more=more, environ=tokens)
    async with house.listening():
        names = list(house.chosen.feeds)
        await given_feeds.until(lambda: all(house.state(name) == "live" for name in names))
        world.play(6, HAPPENINGS)
        all_of_it = given_broadcast.happened(world)
        wanted = truth(world, all_of_it)
        asked = {source for source in wanted if source in given_broadcast.LISTENED}
        many = sum(wanted[source].total() for source in asked)
        await given_feeds.until(lambda: house.count() >= many, 60)
    house = given_feeds.House(
        chosen=given_broadcast.also_pushed(house.chosen),
        database=database,
        environ=tokens,
        folder=tmp_path,
    )
    await asyncio.to_thread(push, house, all_of_it, world.username)

    rows = told(house)
    assert rows == wanted
    assert sum(one.total() for one in rows.values()) == house.count() > HAPPENINGS
    assert house.count("gaps") == 0
    assert await asyncio.to_thread(once_more, house, random.Random(8)) == 0  # noqa: S311 - no secret
    assert told(house) == wanted


def truth(
    world: client.Practice, all_of_it: list[happenings.Happening]
) -> dict[str, Counter[given_broadcast.Fact]]:
    sources, room = given_broadcast.SOURCES, world.username
    return {source: given_broadcast.truth(source, all_of_it, room) for source in sources}


def told(house: given_feeds.House) -> dict[str, Counter[given_broadcast.Fact]]:
    found: dict[str, Counter[given_broadcast.Fact]] = {}
    for source, kind, who, tokens, text, private in house.rows(ROWS):
        found.setdefault(source, Counter())[(kind, who, tokens, text, bool(private))] += 1
    return found


def taker(house: given_feeds.House, name: str) -> taking.Taker:
    return station.begin(house.database, house.chosen, name, "here")


def push(house: given_feeds.House, all_of_it: list[happenings.Happening], room: str) -> None:
    """Hand in what is pushed to us."""
    for name in given_broadcast.PUSHED:
        to = taker(house, name)
        bodies = given_broadcast.bodies(name, all_of_it, room)
        take(to, given_broadcast.answers(to, bodies))


def once_more(house: given_feeds.House, rng: random.Random) -> int:
    """Hand in every answer once more, in any order; return how many acts were new."""
    told_of: dict[tuple[str, str | None], list[payload.Payload]] = {}
    with house.database.read() as connection:
        for payload_id in archive.find(connection):
            kept = evidence.get(connection, payload_id)
            told_of.setdefault((kept.run.collector, kept.run.target), []).append(kept.answer)
    new = 0
    names = list(house.chosen.feeds)
    assert len(told_of) == len(names)
    for name in rng.sample(names, len(names)):
        wanted = house.chosen.feeds[name]
        answers = told_of[wanted.feed, wanted.target]
        new += take(taker(house, name), rng.sample(answers, len(answers)))
    return new


def take(to: taking.Taker, answers: list[payload.Payload]) -> int:
    begins = range(0, len(answers), TOGETHER)
    return sum(to.take(answers[begin : begin + TOGETHER]).new for begin in begins)
