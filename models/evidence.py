"""What is stated of when a room was on, and what that comes to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

What = Literal["hand_end", "offline", "stop", "hand_start", "start", "online", "act"]
_ORDER = {
    "hand_end": 0,
    "offline": 1,
    "stop": 2,
    "hand_start": 3,
    "start": 4,
    "online": 5,
    "act": 6,
}


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody stated of a room at a time.

    `since`: the same was so all the time since then. `row` and `until` are those of a session that
    was made or changed by hand, `certain` whether its start is.
    """

    at: datetime
    what: What
    by: str
    since: datetime | None = None
    row: int | None = None
    until: datetime | None = None
    certain: bool = True


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A session as facts have it. `ended` of None: it goes on. `row`: it was made by hand."""

    started: datetime
    started_by: str
    start_certain: bool
    ended: datetime | None = None
    ended_by: str | None = None
    end_certain: bool = False
    row: int | None = None


def in_order(fact: Fact) -> tuple[datetime, int, str]:
    """Return what facts are sorted by: their time; of one time, ends come before starts."""
    return fact.at, _ORDER[fact.what], fact.by
