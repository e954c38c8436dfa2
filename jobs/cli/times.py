"""Times of the command line: UTC unless they name another zone."""

from __future__ import annotations

import datetime as dt


def utc(time: dt.datetime | None) -> dt.datetime | None:
    """Return a time as it is meant: in UTC where it names no zone."""
    if time is None:
        return None
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


def past(time: dt.datetime | None) -> dt.datetime | None:
    """Return a time that something can be known of. Raises BadConfig when it lies ahead."""
    from models import moment
    from scraper import errors

    asked = utc(time)
    if asked is not None and asked > moment.now():
        raise errors.BadConfig("bad_request", f"{asked:%Y-%m-%d %H:%M:%S} UTC lies in the future")
    return asked
