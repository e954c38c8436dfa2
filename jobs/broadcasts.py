"""Broadcast sessions as commands ask for them and show them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from jobs import logs, orders, settings, settings_check
from models import broadcast_facts, db, moment, session_list, session_stats, sessions, voices
from scraper import errors
from scraper.sites import register

EVERY = 3.0
"""Seconds between two looks of the service at what has become known of sessions."""


HOME = "chaturbate"
"""The site of a room that is named without one."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A session with what happened in it, in all and by the hour."""

    session: session_list.Session
    totals: session_stats.Totals
    hours: tuple[session_stats.Totals, ...]


def room(
    chosen: settings.Settings, account: str | None, site: str | None, name: str | None
) -> broadcast_facts.Room | None:
    """Return the room that is meant: an account's own, or one by its name. Raises BadConfig."""
    if site is not None and site not in register.SITES:
        hint = settings_check.nearest(site, register.SITES)
        raise errors.BadConfig("bad_request", f"there is no site {site}{hint}")
    if account is None:
        return (site or HOME, name.lower()) if name else None
    known = orders.known(chosen, account)
    if name is not None and name.lower() != known.username.lower():
        raise errors.BadConfig(
            "bad_request", f"the room of account {account} is {known.username}; name one of the two"
        )
    return site or voices.home(known.site), known.username.lower()


def newest(
    database: db.Database, wanted: session_list.Wanted, limit: int, now: datetime
) -> list[session_list.Session]:
    """Return sessions as of now, the newest first."""
    sessions.catch_up(database, now)
    with database.read() as connection:
        return session_list.newest(connection, wanted, limit)


def show(database: db.Database, key: int, now: datetime) -> Told:
    """Return a session and what happened in it. Raises BadConfig for one that is not there."""
    sessions.catch_up(database, now)
    with database.read() as connection:
        found = session_list.find(connection, key)
        if found is None:
            raise errors.BadConfig("bad_request", f"there is no session {key}")
        place, until = (found.site, found.room), found.ended or max(now, found.started)
        return Told(
            session=found,
            totals=session_stats.totals(connection, place, found.started, until),
            hours=tuple(session_stats.by_hour(connection, place, found.started, until)),
        )


async def keep(database: db.Database, now: datetime) -> None:
    """Bring the sessions up to date, and log which have begun and ended."""
    try:
        before, after = await asyncio.to_thread(_kept, database, now)
    except db.Unusable as error:
        logs.log.error(f"the database: {error}")
        return
    for one in after.values():
        if one.id not in before:
            logs.log.info(f"session {one.id} of {one.site}/{one.room} goes on: {one.started_by}")
    for one in before.values():
        if one.id not in after:
            logs.log.info(f"session {one.id} of {one.site}/{one.room} does not go on any more")


Open = dict[int, session_list.Session]


def _kept(database: db.Database, now: datetime) -> tuple[Open, Open]:
    """Return the sessions that went on before, and those that do after catching up."""
    found = []
    for catch_up in (False, True):
        if catch_up:
            sessions.catch_up(database, now)
        with database.read() as connection:
            found.append({one.id: one for one in session_list.going_on(connection)})
    return found[0], found[1]


def start(
    database: db.Database, place: broadcast_facts.Room, at: datetime | None, note: str | None
) -> session_list.Session:
    """Write down that a session started; return it. Raises BadConfig.

    Without a time it starts now, or has started when evidence says so.
    """
    sessions.catch_up(database, moment.now())
    with _possible(), database.write() as connection:
        going_on = session_list.open_in(connection, place)
        begun = at or (going_on[0].started if going_on else moment.now())
        return _said(connection, session_list.start(connection, place, begun, note))


def end(
    database: db.Database,
    which: int | broadcast_facts.Room,
    at: datetime | None,
    note: str | None,
) -> session_list.Session:
    """Write down that a session ended, or that of a room that goes on; return it.

    Without a time one that goes on ends now. Raises BadConfig.
    """
    sessions.catch_up(database, moment.now())
    with _possible(), database.write() as connection:
        if not isinstance(which, int):
            going_on = session_list.open_in(connection, which)
            if not going_on:
                raise session_list.NotPossible(f"no session of {which[1]} goes on; name one")
            which = going_on[0].id
        known = session_list.find(connection, which)
        if known and known.ended and at is None:
            over = f"session {which} ended at {known.ended:%Y-%m-%d %H:%M:%S} UTC"
            raise session_list.NotPossible(f"{over}; --at TIME says otherwise")
        session_list.end(connection, which, at or moment.now(), note)
        return _said(connection, which)


def _said(connection: db.Connection, key: int) -> session_list.Session:
    found = session_list.find(connection, key)
    assert found is not None  # noqa: S101 - it was just written
    return found


@contextmanager
def _possible() -> Iterator[None]:
    try:
        yield
    except session_list.NotPossible as error:
        raise errors.BadConfig("not_possible", str(error)) from error


def line(one: session_list.Session, now: datetime) -> str:
    """Say a session in one line."""
    ended = f"{one.ended:%Y-%m-%d %H:%M}" if one.ended else "goes on         "
    length = (one.ended or now) - one.started
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    marks = "" if one.start_certain else "~"
    ends = "" if one.end_certain or one.ended is None else "~"
    return (
        f"{one.id:>5}  {one.site}/{one.room}  {marks:1}{one.started:%Y-%m-%d %H:%M} to "
        f"{ends:1}{ended}  {hours}:{minutes:02} h  {one.note or ''}"
    ).rstrip()


def lines(told: Told, now: datetime) -> Iterator[str]:
    """Say a session and what happened in it: a line each."""
    one = told.session
    yield line(one, now)
    yield f"  started by {one.started_by}{'' if one.start_certain else ' (not certain)'}"
    if one.ended is not None:
        yield f"  ended by {one.ended_by}{'' if one.end_certain else ' (not certain)'}"
    if one.same_as is not None:
        yield f"  it turned out to be a part of session {one.same_as}"
    yield (
        "  hour (UTC)         tokens  tips  tippers  anonymous  chatters  messages"
        "  new followers  viewers: peak   mean"
    )
    for hour in told.hours:
        yield _row(f"{hour.since:%Y-%m-%d %H:%M}", hour)
    yield _row("in all", told.totals)
    if told.totals.other_tokens:
        yield f"  beside tips, {told.totals.other_tokens} tokens were paid for something else"
    if told.totals.viewers_by:
        yield f"  viewers as {told.totals.viewers_by} measured them"


def _row(name: str, found: session_stats.Totals) -> str:
    peak = "-" if found.peak_viewers is None else str(found.peak_viewers)
    mean = "-" if found.mean_viewers is None else f"{found.mean_viewers:.1f}"
    return (
        f"  {name:<16} {found.tokens:>8} {found.tips:>5} {found.tippers:>8}"
        f" {found.anonymous_tips:>10} {found.chatters:>9} {found.messages:>9}"
        f" {found.new_followers:>14} {peak:>14} {mean:>6}"
    )
