"""What the interfaces of Chaturbate itself state of people: affiliates, statistics, rooms, bios."""

from __future__ import annotations

from typing import ClassVar

from models import records


class AffiliateSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A broadcasting room as the affiliates' list shows it (confidence B)."""

    source: ClassVar[str] = "affiliate"
    table: ClassVar[str] = "affiliate_snapshots"
    role: ClassVar[records.Role] = "model"

    display_name: str | None = None
    gender: str | None = None
    age: int | None = None
    birthday: str | None = None
    country: str | None = None
    location: str | None = None
    languages: str | None = None
    show: str | None = None
    subject: str | None = None
    tags: tuple[str, ...] | None = None
    viewers: int | None = None
    followers: int | None = None
    seconds_online: int | None = None
    is_new: bool | None = None
    is_hd: bool | None = None
    image_url: str | None = None


class BroadcasterStats(records.Snapshot, frozen=True, kw_only=True):
    """What the statistics of Chaturbate say of the account's own room (confidence A)."""

    source: ClassVar[str] = "stats"
    table: ClassVar[str] = "broadcaster_stats"
    role: ClassVar[records.Role] = "model"

    show: str | None = None
    last_broadcast: str | None = None
    never_broadcast: bool | None = None
    minutes_online: int | None = None
    viewers: int | None = None
    registered_viewers: int | None = None
    tokened_viewers: int | None = None
    followers: int | None = None
    token_balance: int | None = None
    tips_last_hour: int | None = None
    votes_up: int | None = None
    votes_down: int | None = None
    satisfaction: float | None = None


class RoomSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """A room as its own page knows it, without anything secret (confidence A)."""

    source: ClassVar[str] = "room"
    table: ClassVar[str] = "room_snapshots"
    role: ClassVar[records.Role] = "model"

    gender: str | None = None
    age: int | None = None
    show: str | None = None
    subject: str | None = None
    viewers: int | None = None
    following: bool | None = None
    is_age_verified: bool | None = None
    is_mobile: bool | None = None
    has_fanclub: bool | None = None
    allows_private: bool | None = None
    private_price: int | None = None
    private_minutes: int | None = None
    spy_price: int | None = None
    satisfaction: int | None = None
    votes_up: int | None = None
    votes_down: int | None = None


class ProfileSnapshot(records.Snapshot, frozen=True, kw_only=True):
    """What a model's profile says (confidence B)."""

    source: ClassVar[str] = "profile"
    table: ClassVar[str] = "profile_snapshots"
    role: ClassVar[records.Role] = "model"

    gender: str | None = None
    age: int | None = None
    birthday: str | None = None
    location: str | None = None
    languages: str | None = None
    followers: int | None = None
    last_broadcast: str | None = None
    show: str | None = None
    real_name: str | None = None
    subgender: str | None = None
    body_type: str | None = None
    body_decorations: str | None = None
    smoke_drink: str | None = None
    interested_in: tuple[str, ...] | None = None
    about_me: str | None = None
    wish_list: str | None = None
    has_fanclub: bool | None = None
    fan_club_cost: int | None = None
    photo_sets: int | None = None
    social_medias: tuple[str, ...] | None = None


class RoomImage(records.Snapshot, frozen=True, kw_only=True):
    """The thumbnail of a room, as it was when it was last fetched."""

    source: ClassVar[str] = "image"
    table: ClassVar[str] = "images"
    role: ClassVar[records.Role] = "model"

    url: str
    sha256: str
    size: int
    media_type: str
    path: str | None = None
    placeholder: bool
