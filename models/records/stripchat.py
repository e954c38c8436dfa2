"""What Stripchat states of people: rooms, and who has paid in the account's own."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from models import records


class StripchatSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A room as Stripchat shows it to anybody (confidence M)."""

    source: ClassVar[str] = "stripchat"
    table: ClassVar[str] = "stripchat_snapshots"
    role: ClassVar[records.Role] = "model"

    gender: str | None = None
    country: str | None = None
    languages: tuple[str, ...] | None = None
    show: str | None = None
    status: str | None = None
    status_since: datetime | None = None
    is_online: bool | None = None
    is_live: bool | None = None
    subject: str | None = None
    viewers: int | None = None
    followers: int | None = None
    position: int | None = None
    image_url: str | None = None
    private_price: int | None = None
    exclusive_price: int | None = None
    spy_price: int | None = None
    group_price: int | None = None
    ticket_price: int | None = None
    goal: str | None = None
    goal_tokens: int | None = None
    goal_spent: int | None = None


class StripchatLiveSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A room in Stripchat's answer about many rooms at once (confidence M)."""

    source: ClassVar[str] = "stripchat"
    table: ClassVar[str] = "stripchat_live_snapshots"
    role: ClassVar[records.Role] = "model"

    show: str | None = None
    status: str | None = None
    is_online: bool | None = None
    is_live: bool | None = None
    viewers: int | None = None
    image_url: str | None = None


class StripchatPayer(records.PersonEntry, frozen=True, kw_only=True):
    """What somebody has paid in all to a Stripchat account, by what for (confidence M)."""

    table: ClassVar[str] = "stripchat_payers"
    keys: ClassVar[tuple[str, ...]] = ("room",)
    role: ClassVar[records.Role] = "viewer"

    room: str
    total_tokens: int | None = None
    last_paid: datetime | None = None
    public_tip: int | None = None
    private_tip: int | None = None
    ticket_show: int | None = None
    group_show: int | None = None
    content: int | None = None
    cam2cam: int | None = None
    fan_club: int | None = None
    spy: int | None = None
    private: int | None = None
