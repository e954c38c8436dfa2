"""Schedules that make sense for an account nobody has written any for."""

from __future__ import annotations

from collections.abc import Mapping

from jobs import schedules
from scraper.sites import register

_EVERY = {"followed": 30, "followers": 360, "chat": 60, "tips": 60}
"""Minutes from one run of a collector to the next."""

_HOUR = 60
_FIRST = 3
_APART = 7


def proposed(accounts: Mapping[str, str]) -> dict[str, schedules.Schedule]:
    """Return schedules for each account, spread over the hour. `accounts` is account → site."""
    found: dict[str, schedules.Schedule] = {}
    for account, place in sorted(accounts.items()):
        for name, collector in register.SITES[place].collectors.items():
            if name in _EVERY and not collector.targeted:
                minute = (_FIRST + _APART * len(found)) % _HOUR
                found[f"{account}-{name}"] = schedules.Schedule(
                    collector=f"{place}.{name}",
                    account=account,
                    cron=_cron(_EVERY[name], minute),
                    missed="once",
                )
    return found


def _cron(minutes: int, minute: int) -> str:
    if minutes < _HOUR:
        listed = sorted((minute + step) % _HOUR for step in range(0, _HOUR, minutes))
        return f"{','.join(map(str, listed))} * * * *"
    hours = minutes // _HOUR
    return f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"
