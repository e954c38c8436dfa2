"""All feeds that the settings want, each listened to on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from jobs import logs, orders, run, sections, settings, visit
from jobs.feeds import ears, listener, taking
from models import db, feeds, leases, runs
from scraper import errors
from scraper.sites import register

ASKED_BY = "feed"
"""Who asks for the runs of feeds."""


class Station:
    """The listeners of one service: `adopt` settings, then `stop`."""

    def __init__(
        self,
        database: db.Database,
        environ: Mapping[str, str],
        holder: str,
        nudge: Callable[[], None] = lambda: None,
        waits: listener.Waits = listener.Waits(),  # noqa: B008 - it is frozen
    ) -> None:
        self._database = database
        self._environ = environ
        self._holder = holder
        self._nudge = nudge
        self._waits = waits
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._wanted: dict[str, tuple[sections.Feed, sections.Account, sections.Site]] = {}

    async def adopt(self, chosen: settings.Settings) -> None:
        """Listen to what the settings want, and to nothing else; what has not changed goes on."""
        wanted = {name: _facts(chosen, one) for name, one in chosen.feeds.items() if one.enabled}
        changed = [name for name, facts in self._wanted.items() if wanted.get(name) != facts]
        await self._end(changed)
        for name in wanted.keys() - self._listening.keys():
            outside = self._outside(name, chosen)
            task = asyncio.create_task(listener.Listener(outside).run(), name=f"feed {name}")
            self._listening[name] = task
        self._wanted = wanted

    async def stop(self) -> None:
        """Listen to nothing any more."""
        await self._end(list(self._listening))

    async def _end(self, names: list[str]) -> None:
        ending = [self._listening.pop(name) for name in names if name in self._listening]
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending)
            try:
                await asyncio.to_thread(self._leave)
            except db.Unusable as error:
                logs.log.error(f"the database: {error}")

    def _leave(self) -> None:
        with self._database.write() as connection:
            feeds.leave(connection, self._holder, keep=list(self._listening))

    def _outside(self, name: str, chosen: settings.Settings) -> listener.Outside:
        desk = visit.Desk(
            chosen=chosen,
            database=self._database,
            sites=register.SITES,
            environ=self._environ,
        )
        return listener.Outside(
            database=self._database,
            name=name,
            holder=self._holder,
            begin=lambda: begin(self._database, chosen, name, self._holder),
            opened=ears.opening(desk),
            nudge=self._nudge,
            seconds=chosen.service.lease_seconds,
            waits=self._waits,
        )


def begin(database: db.Database, chosen: settings.Settings, name: str, holder: str) -> taking.Taker:
    """Begin an attempt at a feed's run. Raises BadConfig."""
    with database.write() as connection:
        standing, account = _opened(connection, chosen, name)
        begun = feeds.begin(connection, standing, holder)
    return _taker(database, chosen, standing, account, begun)


def beside(database: db.Database, chosen: settings.Settings, name: str) -> taking.Taker:
    """Return where something goes that is told beside the listener: in its attempt, as it stands.

    Raises BadConfig.
    """
    with database.write() as connection:
        standing, account = _opened(connection, chosen, name)
        run_now = runs.get(connection, standing.run_id)
    return _taker(database, chosen, standing, account, run_now)


def _opened(
    connection: db.Connection, chosen: settings.Settings, name: str
) -> tuple[feeds.Feed, runs.Account]:
    wanted = chosen.feeds[name]
    place = wanted.feed.partition(".")[0]
    if not chosen.sites[place].enabled:
        raise errors.BadConfig(
            "bad_request", f"{place} is switched off: sites.{place}.enabled is false"
        )
    pushed = register.SITES[place].feeds[wanted.feed.partition(".")[2]].way == "pushed"
    if pushed and not chosen.service.port:
        raise errors.BadConfig("bad_request", f"{name} has no door: service.port is 0")
    account = orders.account(connection, chosen, wanted.account)
    order = runs.Order(
        account_id=account.id,
        collector=wanted.feed,
        target=wanted.target,
        requested_by=ASKED_BY,
        layout=settings.overrides(chosen, place),
        version=run.version(),
    )
    return feeds.opened(connection, name, order), account


def _taker(
    database: db.Database,
    chosen: settings.Settings,
    standing: feeds.Feed,
    account: runs.Account,
    run_now: runs.Run,
) -> taking.Taker:
    place, _, feed_name = standing.feed.partition(".")
    return taking.Taker(
        database=database,
        chosen=chosen,
        where=register.SITES[place],
        feed=register.SITES[place].feeds[feed_name],
        standing=standing,
        account=account,
        run=run_now,
    )


def listed(connection: db.Connection) -> list[feeds.Feed]:
    """Return the feeds as they stand; one whose service died without a word is off."""
    now = leases.now(connection)
    return [_standing(connection, feed, now) for feed in feeds.listed(connection)]


def _standing(connection: db.Connection, feed: feeds.Feed, now: datetime) -> feeds.Feed:
    lease = leases.standing(connection, f"feed:{feed.name}")
    if feed.state == "off" or (lease is not None and lease.expires_at > now):
        return feed
    since = max(feed.since, feed.heard_at or feed.since)
    return msgspec.structs.replace(feed, state="off", since=since, again_at=None)


def _facts(
    chosen: settings.Settings, wanted: sections.Feed
) -> tuple[sections.Feed, sections.Account, sections.Site]:
    place = wanted.feed.partition(".")[0]
    return wanted, chosen.accounts[wanted.account], chosen.sites[place]
