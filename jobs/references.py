"""Schedules and feeds against the settings: they name accounts, collectors and feeds rightly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobs import errands, schedules, sections
from scraper import site
from scraper.sites import register

Problem = tuple[tuple[str, ...], str]
"""A key, from the section down, and what is wrong with it."""


def problems(
    wanted: Mapping[str, schedules.Schedule],
    accounts: Mapping[str, str],
    others: Mapping[str, schedules.Schedule] | None = None,
) -> Iterator[Problem]:
    """Find schedules that name what is not there. `accounts` is account → site.

    `others` are schedules that stand elsewhere and may be named by `after`.
    """
    everybody = {**(others or {}), **wanted}
    for name, schedule in wanted.items():
        above = ("schedule", name)
        yield from ((above + key, fault) for key, fault in _unknown(schedule, accounts))
        if schedule.after is not None and schedule.after not in everybody:
            yield (*above, "after"), f"there is no schedule {schedule.after}"
        elif circle := _circle(name, everybody):
            yield (*above, "after"), f"goes round in a circle: {' after '.join(circle)}"


def _unknown(schedule: schedules.Schedule, accounts: Mapping[str, str]) -> Iterator[Problem]:
    place, _, errand = schedule.collector.partition(".")
    known = sorted(
        f"{one.name}.{name}" for one in register.SITES.values() for name in one.collectors
    )
    if schedule.collector not in known:
        yield (
            ("collector",),
            f"there is no collector {schedule.collector}; there are {', '.join(known)}",
        )
        return
    collector = register.SITES[place].collectors[errand]
    if schedule.account not in accounts:
        there = ", ".join(sorted(accounts)) or "none yet"
        yield ("account",), f"there is no account {schedule.account} (known: {there})"
    elif accounts[schedule.account] != place:
        at = accounts[schedule.account]
        yield (
            ("account",),
            f"{schedule.account} is at {at}; {schedule.collector} needs one at {place}",
        )
    if collector.targeted and not schedule.target:
        yield ("target",), f"is missing; {schedule.collector} needs a room"
    if schedule.target and "target" not in errands.takes(collector, register.SITES[place].layout):
        yield ("target",), f"{schedule.collector} takes no target"


def _circle(name: str, there: Mapping[str, schedules.Schedule]) -> list[str] | None:
    """Return the names that lead from a schedule back to itself by `after`, if they do."""
    path = [name]
    while (following := there[path[-1]].after if path[-1] in there else None) is not None:
        path.append(following)
        if following == name:
            return path
        if path.count(following) > 1:
            return None  # somebody else's circle
    return None


def feeds() -> dict[str, site.Feed]:
    """Return every feed of every site, by `site.feed`."""
    return {
        f"{one.name}.{name}": feed
        for one in register.SITES.values()
        for name, feed in one.feeds.items()
    }


def feed_problems(
    wanted: Mapping[str, sections.Feed], accounts: Mapping[str, sections.Account]
) -> Iterator[Problem]:
    """Find feeds that name what is not there, and two that would listen to the same."""
    known = feeds()
    listens: dict[tuple[str, ...], str] = {}
    for name, feed in wanted.items():
        above = ("feeds", name)
        faults = [*_wrong(feed, known, accounts)]
        yield from ((above + key, fault) for key, fault in faults)
        if faults:
            continue
        heard, same = _heard(feed, known[feed.feed], accounts[feed.account].username)
        others = {listens.setdefault(one, name) for one in heard} - {name}
        yield from ((above, f"{same} {other}; remove one") for other in sorted(others))


def _wrong(
    feed: sections.Feed, known: Mapping[str, site.Feed], accounts: Mapping[str, sections.Account]
) -> Iterator[Problem]:
    place = feed.feed.partition(".")[0]
    if feed.feed not in known:
        there = ", ".join(sorted(known))
        yield ("feed",), f"there is no feed {feed.feed}; there are {there}"
    elif known[feed.feed].targeted and feed.target is None:
        yield ("target",), f"{feed.feed} needs to be told which room"
    elif feed.target and not errands.takes_target(known[feed.feed], register.SITES[place].layout):
        yield ("target",), f"{feed.feed} takes no target"
    if feed.account not in accounts:
        there = ", ".join(sorted(accounts)) or "none yet"
        yield ("account",), f"there is no account {feed.account} (known: {there})"
    elif feed.feed in known and accounts[feed.account].site != place:
        at = accounts[feed.account].site
        yield ("account",), f"{feed.account} is at {at}, not at {place}"


def _heard(
    feed: sections.Feed, known: site.Feed, username: str
) -> tuple[list[tuple[str, ...]], str]:
    """Return all that a feed listens to, and how to say that another one does, too."""
    if known.way == "pushed":
        return [(feed.feed, feed.account)], "has the same address as"
    if known.way == "asked" and not known.keeps:
        return [(feed.feed,)], "takes away what is told to"
    rooms = (room or username for room in known.rooms(feed.target, username))
    return [(feed.feed, feed.account, room.lower()) for room in rooms], "listens to the same as"
