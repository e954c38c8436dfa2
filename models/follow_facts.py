"""The facts of follows: what acts and lists say of a person, and the rows that come of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

FOLLOW, UNFOLLOW = "follow", "unfollow"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A follow or unfollow that a feed tells: the act, and the event that is kept of it.

    `same_as` is the act of a better source that is the same.
    """

    event_id: int
    act_id: int
    same_as: int | None = None
    key: str
    kind: str
    at: datetime


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """An applied list: who was on it is known for sure unless it withheld people nobody knows."""

    id: int
    begun: datetime
    as_of: datetime
    sure: bool = True


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch on the list by the word of lists alone.

    `told`: its beginning is news; `certain`: its end is.
    """

    since: datetime
    since_known: bool
    opened_by: int
    told: bool
    ended: datetime | None = None
    closed_by: int | None = None
    certain: bool = True


class Edge(msgspec.Struct, kw_only=True):
    """A stretch on the list by the word of all."""

    since: datetime
    since_known: bool = True
    ended: datetime | None = None
    opened_by: int | None = None
    closed_by: int | None = None
    opened_by_act: int | None = None
    closed_by_act: int | None = None
    confirmed_by: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One follow or unfollow, as a list (`listing_id`) or an act (`act_id`) shows it.

    `same_as` is the event of the act that tells the same; `corrects` that of one proved wrong.
    """

    kind: str
    at: datetime
    listing_id: int | None = None
    act_id: int | None = None
    certain: bool = True
    returned: bool = False
    same_as: int | None = None
    corrects: int | None = None
