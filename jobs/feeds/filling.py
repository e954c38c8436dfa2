"""Fill gaps from history: ask for runs that read the same, and judge what they brought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from jobs import errands, orders, parking, run, settings
from jobs.feeds import judging
from models import db, gaps, moment, runs
from scraper import errors, site
from scraper.sites import register

_SECOND = timedelta(seconds=1)


def act(database: db.Database, chosen: settings.Settings) -> None:
    """Ask for what fills gaps that are open, and settle those whose runs have ended."""
    with database.read() as connection:
        waiting = gaps.of_state(connection, "open", "filling")
    for gap in waiting:
        if gap.state == "open":
            with database.write() as connection:
                _ask(connection, chosen, gap)
            continue
        with database.read() as connection:
            values = _verdict(connection, chosen, gap)
        if values:
            with database.write() as connection:
                gaps.change(connection, gap.id, only_if=gap.state, **values)


def again(connection: db.Connection, gap_id: int) -> bool:
    """Let a gap be filled once more; tell whether there is one of that number."""
    return gaps.change(connection, gap_id, state="open", runs=[], words=None, settled_at=None)


def _ask(connection: db.Connection, chosen: settings.Settings, gap: gaps.Gap) -> None:
    """Place the runs that read the same from history, unless somebody else just has."""
    if not gaps.change(connection, gap.id, only_if="open", state="filling"):
        return
    feed = _feed(gap)
    try:
        placed = _placed(connection, chosen, gap, feed) if feed else []
    except errors.BadConfig as error:
        gaps.change(connection, gap.id, **_ended("unfilled", error.message))
        return
    if placed:
        gaps.change(connection, gap.id, runs=placed, words=None)
    else:
        words = "nothing reads the same from history"
        gaps.change(connection, gap.id, **_ended("unfilled", words))


def _feed(gap: gaps.Gap) -> site.Feed | None:
    """Return the feed that has the gap; None if no site has it any more."""
    place, _, name = gap.feed.partition(".")
    return register.SITES[place].feeds.get(name) if place in register.SITES else None


def _placed(
    connection: db.Connection, chosen: settings.Settings, gap: gaps.Gap, feed: site.Feed
) -> list[int]:
    """Place a run for each collector and room, or join one that waits to do the same."""
    account = runs.account_of(connection, gap.account_id)
    place = gap.feed.partition(".")[0]
    placed = []
    for name in feed.fills:
        collector = f"{place}.{name}"
        span = _span(chosen, collector, gap)
        for target in feed.rooms(gap.target, account.username):
            wish = orders.Wish(
                collector=collector,
                account=account.name,
                requested_by=f"gap {gap.id}",
                target=target,
                not_before=moment.now(),
                since=span and span[0],
                until=span and span[1],
            )
            known = (
                None if span else gaps.run_to_come(connection, gap.account_id, collector, target)
            )
            placed.append(known or orders.place(connection, chosen, register.SITES, wish))
    return placed


def _span(chosen: settings.Settings, collector: str, gap: gaps.Gap) -> tuple[str, str] | None:
    """Return the span to ask for, whole seconds around the gap, where a collector takes one."""
    where, found = run.collector_of(register.SITES, collector)
    takes = errands.takes(found, settings.layout(chosen, where.name))
    if not {"since", "until"} <= takes:
        return None
    return _iso(gap.since), _iso(gap.until + _SECOND)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _verdict(
    connection: db.Connection, chosen: settings.Settings, gap: gaps.Gap
) -> dict[str, Any] | None:
    """Return what is to be noted of a gap whose runs work or have ended; None for nothing."""
    found = [runs.get(connection, run_id) for run_id in gap.runs]
    if any(one.status not in runs.FINAL for one in found):
        return None
    parked = [one for one in found if one.status == parking.WAITING]
    if parked:
        words = "; ".join(
            f"{_named(one)}: run {one.id} waits for you ({_code(one)})" for one in parked
        )
        return None if gap.words == words else {"words": words}
    said = {one.id: judging.fault(connection, chosen, gap, one) for one in found}
    faults = [f"{_named(one)}: {said[one.id]}" for one in found if said[one.id]]
    feed = _feed(gap)
    beside = feed.beside if feed else ""
    if not faults and not beside:
        return _ended("filled", None)
    state = "unfilled" if len(faults) == len(found) else "partly"
    return _ended(state, "; ".join([*faults, *([beside] if beside else [])]))


def _named(one: runs.Run) -> str:
    return f"{one.collector} {one.target}" if one.target else one.collector


def _code(one: runs.Run) -> str:
    return str(one.errors[0]["code"]) if one.errors else one.status


def _ended(state: str, words: str | None) -> dict[str, Any]:
    return {"state": state, "words": words, "settled_at": moment.now()}
