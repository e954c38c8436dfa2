"""What CBHours states of the models in its trophy database: how they stand, when they were on."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from models import records


class CbhoursLive(records.Snapshot, frozen=True, kw_only=True):
    """How a model of CBHours stands right now (confidence A)."""

    source: ClassVar[str] = "cbhours"
    table: ClassVar[str] = "cbhours_live_stats"
    role: ClassVar[records.Role] = "model"

    show: str | None = None
    gender: str | None = None
    subject: str | None = None
    tags: tuple[str, ...] | None = None
    viewers: int | None = None
    followers: int | None = None
    rank: int | None = None
    gender_rank: int | None = None
    is_new: bool | None = None


class CbhoursActivity(records.PersonEntry, frozen=True, kw_only=True):
    """Three minutes of a broadcast as CBHours saw them (confidence A)."""

    table: ClassVar[str] = "cbhours_activity"
    keys: ClassVar[tuple[str, ...]] = ("at",)
    role: ClassVar[records.Role] = "model"

    at: datetime
    show: str | None = None
    gender: str | None = None
    viewers: int | None = None
    followers: int | None = None
    rank: int | None = None
    gender_rank: int | None = None


class CbhoursDay(records.PersonEntry, frozen=True, kw_only=True):
    """How long a model broadcast on a day (UTC), as CBHours adds it up (confidence A)."""

    table: ClassVar[str] = "cbhours_days"
    keys: ClassVar[tuple[str, ...]] = ("day",)
    role: ClassVar[records.Role] = "model"

    day: date
    minutes: int


class CbhoursMonth(records.PersonEntry, frozen=True, kw_only=True):
    """A month of which CBHours knows something of a model (confidence A)."""

    table: ClassVar[str] = "cbhours_months"
    keys: ClassVar[tuple[str, ...]] = ("month",)
    role: ClassVar[records.Role] = "model"

    month: date
