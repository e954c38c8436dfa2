"""Numbers and times as Stripchat writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from scraper import errors

Id = int | str
"""An id: a whole number, at times in quotes."""

Number = int | float | str
"""A count or price, at times in quotes."""


def number(value: Number | None, url: str = "") -> int:
    """Return a whole number; raise PageChanged if it is none, or larger than any could be."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", str(value)):
        raise errors.PageChanged("page_changed", f"{str(value)[:40]!r} is no number", url=url)
    return int(str(value))


def is_id(value: Id | None) -> bool:
    """Whether this is somebody's id: guests and nobody have none above 0."""
    return bool(re.fullmatch(r"[0-9]{1,18}", str(value))) and int(str(value)) > 0


def count(value: Number | None, url: str) -> int | None:
    """Return a whole number, or None where the site said nothing."""
    return None if value is None or value == "" else number(value, url)


def moment(text: str | None, url: str) -> datetime | None:
    """Return an instant in UTC, or None where the site said nothing; all its times are in UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise errors.PageChanged("page_changed", f"{text[:60]!r} is no time", url=url) from error
