"""A ledger of tips: what each source states of a day, shown once, beside what interfaces total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import broadcast_facts, bulk, moment, voices

EXPECTED: Mapping[str, str] = {
    "chaturbate.token_stats": "the account's own books: what others lack was not seen there",
    "chaturbate.events": "what came while nobody listened and the feed had let go is missing",
    "chaturbate.room_history": "the room shows its recent history only",
    "stripchat.transactions": "the account's own books",
    "statbate.live": "tells only of tips of 50 tokens and more",
    "statbate.webhook": "tells only of what it was set up for",
    "statbate.tips": "what Statbate saw in public; what is not there is a gap",
    "token_balance": "a balance is no income: cash-outs lower it, all other sales raise it",
    "tips_last_hour": "of the hours before looks at least an hour apart; no other time",
    "statbate_room_days": "counts tips alone, as Statbate saw them in public",
    "statbate_spending_days": "of those members alone who were asked about",
    "stripchat_payers": "of all time, of everything that was paid for",
}
"""Source or total -> why it may differ."""

_DAY = {
    "sqlite": "substr(i.at, 1, 10)",
    "postgresql": "to_char(i.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}
_STATED = """SELECT {day}, s.source, s.account_id, count(*), sum(i.tokens),
        sum(CASE WHEN i.same_as IS NULL THEN 1 ELSE 0 END),
        sum(CASE WHEN i.same_as IS NULL THEN i.tokens ELSE 0 END)
    FROM interactions i JOIN streams s ON s.id = i.stream_id
    WHERE s.site = ? AND s.place = ? AND i.kind = 'tip' AND i.tokens > 0
      AND i.at >= ? AND i.at < ? GROUP BY 1, 2, 3"""
_BETWEEN = """SELECT coalesce(sum(i.tokens), 0) FROM interactions i
    JOIN streams s ON s.id = i.stream_id
    WHERE s.site = ? AND s.place = ? AND i.kind = 'tip' AND i.tokens > 0 AND i.same_as IS NULL
      AND i.at >= ? AND i.at < ?"""
_LOOKS = """SELECT at, confirmed_at, token_balance, tips_last_hour FROM broadcaster_stats
    WHERE person_id IN ANY ? AND confirmed_at >= ? AND at < ? ORDER BY at"""
_ROOM_DAYS = "SELECT day, tokens FROM statbate_room_days WHERE person_id IN ANY ?"
_SPENDING = """SELECT day, sum(tokens) FROM statbate_spending_days
    WHERE lower(model) = ? GROUP BY day"""
_PAYERS = "SELECT sum(total_tokens) FROM stripchat_payers WHERE lower(room) = ?"

HOUR = timedelta(hours=1)


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What one source states: how many tips, and their tokens."""

    source: str
    tips: int
    tokens: int
    note: str | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """What an interface totals, what was seen of the same time, and by how much it is more."""

    name: str
    tokens: int
    seen: int
    difference: int
    note: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day (UTC) of a room: `tips` and `tokens` are shown once, `stated` is by each source."""

    site: str
    room: str
    day: date
    tips: int
    tokens: int
    stated: list[Stated]
    totals: list[Total]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The days of a room that anything is known of, and totals that are of no day."""

    site: str
    room: str
    days: list[Day]
    totals: list[Total]


def of(
    connection: Connection, room: broadcast_facts.Room, since: datetime, until: datetime
) -> Ledger:
    """Return the ledger of a room's tips over the whole days (UTC) of a window."""
    begin = datetime.combine(since.astimezone(UTC).date(), time(), UTC)
    persons = broadcast_facts.persons(connection, room)
    stated, once = _stated(connection, room, begin, until)
    totals = _totals(connection, room, persons, (begin, until))
    days = []
    for day in sorted({*stated, *totals}):
        tips, tokens = once.get(day, (0, 0))
        beside = [*_beside(totals.get(day, {}), tokens), *_hours(connection, room, persons, day)]
        days.append(
            Day(
                site=room[0],
                room=room[1],
                day=day,
                tips=tips,
                tokens=tokens,
                stated=stated.get(day, []),
                totals=beside,
            )
        )
    return Ledger(site=room[0], room=room[1], days=days, totals=list(_of_all(connection, room)))


def own_rooms(connection: Connection) -> list[broadcast_facts.Room]:
    """Return the operator's own rooms that anybody has stated a tip in."""
    query = """SELECT DISTINCT s.site, s.place, a.site FROM streams s JOIN accounts a
        ON lower(a.username) = s.place"""
    rows = bulk.select(connection, query)
    return sorted({(site, place) for site, place, of in rows if voices.home(of) == site})


def _stated(
    connection: Connection, room: broadcast_facts.Room, since: datetime, until: datetime
) -> tuple[dict[date, list[Stated]], dict[date, tuple[int, int]]]:
    """Return by day what each source states, of which the fullest stream, and shown once."""
    dialect = connection.dialect.name
    query = _STATED.format(day=_DAY[dialect])
    most: dict[tuple[date, str], tuple[int, int]] = {}
    once: dict[date, tuple[int, int]] = {}
    for text, source, _, tips, tokens, shown, worth in bulk.select(
        connection, query, *room, *_texts(connection, since, until)
    ):
        day = date.fromisoformat(text)
        most[day, source] = max(most.get((day, source), (0, 0)), (int(tips), int(tokens)))
        before = once.get(day, (0, 0))
        once[day] = before[0] + int(shown), before[1] + int(worth)
    stated: dict[date, list[Stated]] = {}
    for (day, source), (tips, tokens) in sorted(most.items()):
        note = EXPECTED.get(source) if (tips, tokens) != once[day] else None
        one = Stated(source=source, tips=tips, tokens=tokens, note=note)
        stated.setdefault(day, []).append(one)
    return stated, once


def _totals(
    connection: Connection,
    room: broadcast_facts.Room,
    persons: Sequence[int],
    window: tuple[datetime, datetime],
) -> dict[date, dict[str, int]]:
    """Return what interfaces total, by day."""
    since, until = window
    found: dict[date, dict[str, int]] = {}
    looks = _looks(connection, persons, since, until)
    for day, change in _balances(looks, since, until).items():
        found.setdefault(day, {})["token_balance"] = change
    rows = [("statbate_room_days", row) for row in bulk.select(connection, _ROOM_DAYS, persons)]
    if room[0] == "chaturbate":  # the one platform whose members are asked about
        rows += [
            ("statbate_spending_days", row) for row in bulk.select(connection, _SPENDING, room[1])
        ]
    for name, (held_day, tokens) in rows:
        day = date.fromisoformat(str(held_day))
        if tokens is not None and since.date() <= day <= until.date():
            found.setdefault(day, {})[name] = int(tokens)
    return found


def _looks(
    connection: Connection, persons: Sequence[int], since: datetime, until: datetime
) -> list[tuple[datetime, datetime, int | None, int | None]]:
    rows = bulk.select(connection, _LOOKS, list(persons), *_texts(connection, since, until))
    return [(moment.loaded(row[0]), moment.loaded(row[1]), row[2], row[3]) for row in rows]


def _balances(
    looks: Sequence[tuple[datetime, datetime, int | None, int | None]],
    since: datetime,
    until: datetime,
) -> dict[date, int]:
    """Return by how much the balance changed on each day on which it was read at least twice.

    A look that was confirmed later is two, perhaps of two days.
    """
    read: dict[date, list[int]] = {}
    for at, confirmed, balance, _ in looks:
        for when in sorted({at, confirmed}):
            if balance is not None and since <= when < until:
                read.setdefault(when.date(), []).append(balance)
    return {day: held[-1] - held[0] for day, held in read.items() if len(held) > 1}


def _beside(totals: Mapping[str, int], tokens: int) -> Iterator[Total]:
    for name, said in sorted(totals.items()):
        yield Total(
            name=name, tokens=said, seen=tokens, difference=said - tokens, note=EXPECTED[name]
        )


def _hours(
    connection: Connection, room: broadcast_facts.Room, persons: Sequence[int], day: date
) -> Iterator[Total]:
    """Yield what the tips of the last hour were said to be, beside those seen in the same hours."""
    begin = datetime.combine(day, time(), UTC)
    said = seen = 0
    free: datetime | None = None
    for at, _, _, tips in _looks(connection, persons, begin, begin + timedelta(days=1)):
        if tips is not None and at >= begin and (free is None or at >= free):
            [(worth,)] = bulk.select(
                connection, _BETWEEN, *room, *_texts(connection, at - HOUR, at)
            )
            said, seen, free = said + tips, seen + int(worth), at + HOUR
    if free is not None:
        name = "tips_last_hour"
        yield Total(name=name, tokens=said, seen=seen, difference=said - seen, note=EXPECTED[name])


def _of_all(connection: Connection, room: broadcast_facts.Room) -> Iterator[Total]:
    """Yield totals of all time."""
    if room[0] != "stripchat":
        return
    [(paid,)] = bulk.select(connection, _PAYERS, room[1])
    if paid is not None:
        ever = _texts(connection, datetime(2000, 1, 1, tzinfo=UTC), moment.now())
        [(seen,)] = bulk.select(connection, _BETWEEN, *room, *ever)
        name = "stripchat_payers"
        yield Total(
            name=name,
            tokens=int(paid),
            seen=int(seen),
            difference=int(paid) - int(seen),
            note=EXPECTED[name],
        )


def _texts(connection: Connection, *times: datetime) -> list[Any]:
    return [moment.stored(at, connection.dialect.name) for at in times]
