"""What happened in a session: tokens, people, viewers, followers, in all and by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import broadcast_facts, bulk, insights, moment, sources, states

VIEWERS: tuple[tuple[str, str], ...] = (
    *(
        (kind.source, kind.table)
        for kind in sorted(
            (one for one in sources.SNAPSHOTS if "viewers" in sources.shape(one).values),
            key=lambda one: (
                states.ORDER["viewers"].index(one.source)
                if one.source in states.ORDER["viewers"]
                else len(states.ORDER["viewers"])
            ),
        )
    ),
    ("telemetry", "telemetry"),
)
"""Source and table of all who measure viewers, the best first."""

_ACTS = """SELECT
    coalesce(sum(CASE WHEN a.kind = 'tip' AND a.tokens > 0 THEN a.tokens END), 0),
    count(CASE WHEN a.kind = 'tip' AND a.tokens > 0 THEN 1 END),
    count(CASE WHEN a.kind = 'tip' AND a.tokens > 0 AND a.person_id IS NULL THEN 1 END),
    count(DISTINCT CASE WHEN a.kind = 'tip' AND a.tokens > 0
        THEN coalesce(p.same_as, p.id) END),
    coalesce(sum(CASE WHEN a.kind <> 'tip' AND a.tokens > 0
        AND a.kind NOT IN ('payout', 'token_purchase') THEN a.tokens END), 0),
    count(CASE WHEN a.kind = 'chat' AND coalesce(lower(p.username), '') <> ? THEN 1 END),
    count(DISTINCT CASE WHEN a.kind = 'chat' AND lower(p.username) <> ?
        THEN coalesce(p.same_as, p.id) END)
    FROM interactions a LEFT JOIN persons p ON p.id = a.person_id
    WHERE a.stream_id IN (SELECT id FROM streams WHERE site = ? AND place = ?)
      AND a.at >= ? AND a.at < ? AND a.same_as IS NULL"""
_MEASURED = """SELECT at, confirmed_at, viewers FROM {table} WHERE person_id IN ANY ?
    AND viewers IS NOT NULL AND confirmed_at >= ? AND at < ? ORDER BY at"""
_LEVELS = f"""SELECT arrived_at, confirmed_at, viewers {broadcast_facts.TELEMETRY}
    AND arrived_at < ? AND source IN (
        SELECT source FROM telemetry WHERE room IN ANY ? AND platform IN ANY ? AND viewers > 0)
    ORDER BY id"""
"""Without those who send a balance only: of viewers they always say 0."""

_FOLLOWERS = """SELECT count(DISTINCT f.person_id) FROM follow_events f
    JOIN accounts a ON a.id = f.account_id
    WHERE a.site = ? AND lower(a.username) = ? AND f.direction = 'follower' AND f.kind = 'follow'
      AND f.at >= ? AND f.at < ? AND f.same_as IS NULL AND f.corrects IS NULL
      AND NOT EXISTS (SELECT 1 FROM follow_events c WHERE c.corrects = f.id)"""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from `since` to `until`, what several sources state counted once.

    `tokens` are those of tips; `other_tokens` were paid for anything else. `anonymous_tips` are
    among the `tips`, whoever gave them is not among the `tippers`. `messages` and `chatters` are
    without the room's own. Viewers are None where nobody measured them: `peak_viewers`, and their
    mean by time, of the source `viewers_by`.
    """

    since: datetime
    until: datetime
    seconds: float
    tokens: int
    tips: int
    anonymous_tips: int
    tippers: int
    other_tokens: int
    messages: int
    chatters: int
    new_followers: int
    peak_viewers: int | None
    mean_viewers: float | None
    viewers_by: str | None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How many watched from one look to the last that saw as many."""

    at: datetime
    until: datetime
    viewers: int


def totals(
    connection: Connection, room: broadcast_facts.Room, since: datetime, until: datetime
) -> Totals:
    """Return what happened in a room in a stretch of time."""
    bounds = [moment.stored(at, connection.dialect.name) for at in (since, until)]
    name = room[1]
    [row] = bulk.select(connection, _ACTS, name, name, *room, *bounds)
    tokens, tips, anonymous, tippers, other, messages, chatters = map(int, row)
    [(followers,)] = bulk.select(connection, _FOLLOWERS, *room, *bounds)
    by, readings = _best(connection, room, since, until)
    peak, mean = watched(readings, since, until)
    return Totals(
        since=since,
        until=until,
        seconds=(until - since).total_seconds(),
        tokens=tokens,
        tips=tips,
        anonymous_tips=anonymous,
        tippers=tippers,
        other_tokens=other,
        messages=messages,
        chatters=chatters,
        new_followers=int(followers),
        peak_viewers=peak,
        mean_viewers=mean,
        viewers_by=by if peak is not None else None,
    )


def by_hour(
    connection: Connection, room: broadcast_facts.Room, since: datetime, until: datetime
) -> list[Totals]:
    """Return what happened in each hour (UTC) of a stretch of time."""
    found, at = [], since
    while at < until:
        full = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        found.append(totals(connection, room, at, min(full, until)))
        at = full
    return found


def watched(
    readings: Sequence[Reading], since: datetime, until: datetime
) -> tuple[int | None, float | None]:
    """Return the most viewers, and their mean by time, None where nobody measured.

    A reading holds until the next one, for 15 minutes at most.
    """
    peak, seconds, weighed = None, 0.0, 0.0
    for place, reading in enumerate(readings):
        holds = reading.until + insights.APART
        if place + 1 < len(readings):
            holds = min(holds, readings[place + 1].at)
        length = (min(holds, until) - max(reading.at, since)).total_seconds()
        if length > 0:
            peak = max(reading.viewers, peak or 0)
            seconds += length
            weighed += length * reading.viewers
    return peak, round(weighed / seconds, 1) if seconds else None


def _best(
    connection: Connection, room: broadcast_facts.Room, since: datetime, until: datetime
) -> tuple[str | None, list[Reading]]:
    """Return who measured most often, and what; the better source of two that did equally."""
    persons = [row[0] for row in bulk.select(connection, broadcast_facts.PERSONS, *room)]
    spelled = broadcast_facts.spelled(connection, room)
    dialect = connection.dialect.name
    bounds = [moment.stored(at, dialect) for at in (since - insights.APART, until)]
    best: tuple[str | None, list[Reading]] = None, []
    for source, table in VIEWERS:
        if table == "telemetry":
            rows: list[Any] = bulk.select(connection, _LEVELS, *spelled, *bounds, *spelled)
        else:
            rows = bulk.select(connection, _MEASURED.format(table=table), persons, *bounds)
        if len(rows) > len(best[1]):
            best = source, [_reading(row) for row in rows]
    return best


def _reading(row: Any) -> Reading:
    at, until, viewers = row
    return Reading(at=moment.loaded(at), until=moment.loaded(until), viewers=viewers)
