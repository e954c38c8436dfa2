"""Which runs may work side by side: one browser of each account, one call of each errand."""

from __future__ import annotations

import hashlib
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


def lock(
    chosen: settings.Settings, account: str, collector: str, target: str | None = None
) -> Path:
    """Return the file that is locked while a run of this lane works, or one feed of a `target`."""
    beside = settings.session_file(chosen, account)
    if calls(collector):
        errand = collector.partition(".")[2]
        room = "" if target is None else f".{hashlib.sha256(target.encode()).hexdigest()[:16]}"
        return beside.with_name(f"{account}.{errand}{room}.lock")
    return beside.with_suffix(".lock")
