"""What Camsoda states of people: a room asked about, and the rooms that are online."""

from __future__ import annotations

from typing import ClassVar

from models import records


class CamsodaSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A room of Camsoda as it was asked about by name (confidence M)."""

    source: ClassVar[str] = "camsoda"
    table: ClassVar[str] = "camsoda_snapshots"
    role: ClassVar[records.Role] = "model"

    show: str | None = None
    stream_status: int | None = None
    followers: int | None = None
    tags: tuple[str, ...] | None = None
    about_me: str | None = None
    wish_list: str | None = None
    picture_url: str | None = None
    offline_picture_url: str | None = None


class CamsodaOnlineSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A room of Camsoda as the list of rooms online shows it (confidence M)."""

    source: ClassVar[str] = "camsoda"
    table: ClassVar[str] = "camsoda_online_snapshots"
    role: ClassVar[records.Role] = "model"

    display_name: str | None = None
    gender: str | None = None
    show: str | None = None
    subject: str | None = None
    viewers: int | None = None
    image_url: str | None = None
    sort_value: float | None = None
    private_rating: float | None = None
    bitrate: int | None = None
    is_standby: bool | None = None
    has_control: bool | None = None
