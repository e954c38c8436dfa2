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
