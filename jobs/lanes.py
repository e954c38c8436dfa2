"""Which runs may work side by side: one browser of each account, one call of each errand."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from jobs import run, settings
from models import runs
from scraper import errors
from scraper.sites import register


def calls(collector: str) -> bool:
    """Tell whether a collector, or a feed, calls an interface, without a browser."""
    place, _, name = collector.partition(".")
    if place in register.SITES and name in register.SITES[place].feeds:
        return True
    try:
        return run.collector_of(register.SITES, collector)[1].way == "http"
    except errors.BadConfig:  # another version knew it; its run will say so
        return False


def lane(waits: runs.Run) -> Hashable:
    """Return what no two runs may share that work at the same time."""
    return (waits.account_id, waits.collector) if calls(waits.collector) else (waits.account_id,)


def lock(chosen: settings.Settings, account: str, collector: str) -> Path:
    """Return the file that is locked while a run of this lane works."""
    beside = settings.session_file(chosen, account)
    if calls(collector):
        return beside.with_name(f"{account}.{collector.partition('.')[2]}.lock")
    return beside.with_suffix(".lock")
