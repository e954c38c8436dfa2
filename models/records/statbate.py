"""What Statbate Premium states of models, rooms and tags (OpenAPI 1.0.0, confidence H).

Windows are `since` to `until`, aware UTC, as the answer names them. Where Statbate has nothing it
may have seen nothing: rows that are not there are gaps, not zeros. USD are its own reckoning.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from models import records


class ModelSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A model as Statbate sums it up over a window of time (confidence H)."""

    source: ClassVar[str] = "statbate"
    table: ClassVar[str] = "statbate_models"
    role: ClassVar[records.Role] = "model"

    gender: str | None = None
    rank: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    sessions: int | None = None
    minutes: float | None = None
    average_minutes: float | None = None
    tokens: int | None = None
    usd: float | None = None
    tags: tuple[str, ...] | None = None
    tag_categories: tuple[str, ...] | None = None


class _OfModel(records.PersonEntry, frozen=True, kw_only=True):
    """A row about a model."""

    role: ClassVar[records.Role] = "model"


class ModelRanking(_OfModel, frozen=True, kw_only=True):
    """A place in Statbate's ranking of models over a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_model_ranking"
    keys: ClassVar[tuple[str, ...]] = ("since", "until")

    since: datetime
    until: datetime
    position: int | None = None
    rid: int | None = None
    gender: str | None = None
    online: bool | None = None
    total_tokens: int | None = None
    total_usd: float | None = None
    hourly_tokens: int | None = None
    hourly_usd: float | None = None
    daily_tokens: int | None = None
    daily_usd: float | None = None
    hours: float | None = None
    tippers: int | None = None


class Broadcast(_OfModel, frozen=True, kw_only=True):
    """A broadcast in Statbate's record of a room (confidence H)."""

    table: ClassVar[str] = "statbate_broadcasts"
    keys: ClassVar[tuple[str, ...]] = ("started",)

    started: datetime
    ended: datetime | None = None
    minutes: float | None = None


class Session(_OfModel, frozen=True, kw_only=True):
    """A stretch of tips in a room, split where nobody tipped for so many hours (confidence M)."""

    table: ClassVar[str] = "statbate_sessions"
    keys: ClassVar[tuple[str, ...]] = ("started", "gap_hours")

    started: datetime
    gap_hours: int
    ended: datetime | None = None
    hours: float | None = None
    tips: int | None = None
    tippers: int | None = None
    usd_per_hour: float | None = None
    usd: float | None = None


class Activity(_OfModel, frozen=True, kw_only=True):
    """How often and how long a model broadcast in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_activity"
    keys: ClassVar[tuple[str, ...]] = ("since", "until")

    since: datetime
    until: datetime
    sessions: int | None = None
    public_sessions: int | None = None
    minutes: float | None = None
    average_minutes: float | None = None


class Audience(_OfModel, frozen=True, kw_only=True):
    """Who paid in a room in a window of time, in sum (confidence H)."""

    table: ClassVar[str] = "statbate_audience"
    keys: ClassVar[tuple[str, ...]] = ("since", "until")

    since: datetime
    until: datetime
    members: int | None = None
    new_members: int | None = None
    returning_members: int | None = None
    tokens: int | None = None
    usd: float | None = None
    average_tokens: float | None = None
    average_usd: float | None = None


class AudienceBracket(_OfModel, frozen=True, kw_only=True):
    """How many members spent within a bracket in a room in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_audience_brackets"
    keys: ClassVar[tuple[str, ...]] = ("since", "until", "bracket")

    since: datetime
    until: datetime
    bracket: str
    members: int | None = None


class Standing(_OfModel, frozen=True, kw_only=True):
    """How a model's rank moved in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_standing"
    keys: ClassVar[tuple[str, ...]] = ("since", "until")

    since: datetime
    until: datetime
    first_rank: int | None = None
    last_rank: int | None = None
    best_rank: int | None = None
    worst_rank: int | None = None
    rank_change: int | None = None
    rank_change_percent: float | None = None
    trend: str | None = None
    tokens: int | None = None
    usd: float | None = None


class RoomDay(_OfModel, frozen=True, kw_only=True):
    """A model's rank and tokens on a day (confidence H)."""

    table: ClassVar[str] = "statbate_room_days"
    keys: ClassVar[tuple[str, ...]] = ("day",)

    day: date
    rank: int | None = None
    tokens: int | None = None


class Tag(records.Entry, frozen=True, kw_only=True):
    """A tag and what its models earned in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_tags"
    keys: ClassVar[tuple[str, ...]] = ("tag", "since", "until")

    tag: str
    since: datetime
    until: datetime
    models: int | None = None
    tokens: int | None = None
    usd: float | None = None


class TagName(records.Entry, frozen=True, kw_only=True):
    """A tag that models can be searched by (confidence H)."""

    table: ClassVar[str] = "statbate_tag_names"
    keys: ClassVar[tuple[str, ...]] = ("tag",)

    tag: str
    value: str | None = None
    models: int | None = None
