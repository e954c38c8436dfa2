"""Schedules and feeds that make sense for an account nobody has written any for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobs import schedules, sections
from scraper.sites import register

_EVERY = {
    "followed": 30,
    "favorites": 30,
    "followers": 360,
    "chat": 60,
    "tips": 60,
    "transactions": 60,
    "online_rooms": 5,
    "stats": 5,
    "live": 10,
    "status": 60,
    "images": 30,
    "rooms": 360,
    "profiles": 1440,
    "activity": 1440,
}
"""Minutes from one run of a collector to the next."""

_FEEDS = ("chaturbate.events", "stripchat.live_chat", "camsoda.live_tips")
"""What tells of an account's own room as it happens."""

_HOUR = 60
_DAY = 1440
_FIRST = 3
_APART = 7
_NIGHT = 4
"""The hour (UTC) of what is done once a day."""

HasToken = Callable[[str, str], bool]
"""Tells whether an account has a token of that name."""


def proposed(
    accounts: Mapping[str, str], has_token: HasToken = lambda _account, _name: False
) -> dict[str, schedules.Schedule]:
    """Return schedules for each account, spread over the hour. `accounts` is account → site.

    Not for errands whose token is missing: they would only fail.
    """
    found: dict[str, schedules.Schedule] = {}
    for account, place in sorted(accounts.items()):
        for name, collector in register.SITES[place].collectors.items():
            able = all(has_token(account, token) for token in collector.tokens)
            if name in _EVERY and not collector.targeted and able:
                minute = (_FIRST + _APART * len(found)) % _HOUR
                found[f"{account}-{name}"] = schedules.Schedule(
                    collector=f"{place}.{name}",
                    account=account,
                    cron=_cron(_EVERY[name], minute),
                    missed="once" if _EVERY[name] >= _HALF else "skip",
                )
    return found


def feeds(
    accounts: Mapping[str, str], has_token: HasToken = lambda _account, _name: False
) -> dict[str, sections.Feed]:
    """Return feeds for each account whose tokens they need are there. `accounts` is as above."""
    found: dict[str, sections.Feed] = {}
    for account, place in sorted(accounts.items()):
        for name, feed in register.SITES[place].feeds.items():
            able = all(has_token(account, token) for token in feed.tokens)
            if f"{place}.{name}" in _FEEDS and able:
                wanted = sections.Feed(feed=f"{place}.{name}", account=account)
                found[f"{account}-{name.replace('_', '-')}"] = wanted
    return found


_HALF = 30
"""Minutes: what comes round sooner need not be made up for."""


def _cron(minutes: int, minute: int) -> str:
    if minutes < _HOUR:
        listed = sorted((minute + step) % _HOUR for step in range(0, _HOUR, minutes))
        return f"{','.join(map(str, listed))} * * * *"
    if minutes == _DAY:
        return f"{minute} {_NIGHT} * * *"
    hours = minutes // _HOUR
    return f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"
