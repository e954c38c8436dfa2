"""What Statbate Premium states of members, who tip and chat (OpenAPI 1.0.0, confidence H).

Only what was said and tipped in public rooms is counted; what is not there is a gap, not a zero.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from models import records


class _Seen(records.Snapshot, frozen=True, kw_only=True):
    """A measurement of a member."""

    source: ClassVar[str] = "statbate"
    role: ClassVar[records.Role] = "viewer"


class _OfMember(records.PersonEntry, frozen=True, kw_only=True):
    """A row about a member."""

    role: ClassVar[records.Role] = "viewer"


class MemberSnapshot(_Seen, frozen=True, kw_only=True):
    """A member as Statbate sums them up (confidence H)."""

    table: ClassVar[str] = "statbate_members"

    first_message_at: datetime | None = None
    first_tip_at: datetime | None = None
    last_tip_at: datetime | None = None
    last_tip_tokens: int | None = None
    all_time_tokens: int | None = None
    models_messaged: int | None = None
    models_messaged_names: tuple[str, ...] | None = None
    models_tipped: int | None = None
    models_tipped_names: tuple[str, ...] | None = None


class OnlineSnapshot(_Seen, frozen=True, kw_only=True):
    """A member who is online, and what they spend (confidence H)."""

    table: ClassVar[str] = "statbate_online"

    did: int | None = None
    gender: str | None = None
    online: bool | None = None
    position: int | None = None
    total_tokens: int | None = None
    total_usd: float | None = None
    tips: int | None = None
    avg_tokens: float | None = None
    avg_usd: float | None = None
    models: int | None = None
    daily_tokens: int | None = None
    daily_usd: float | None = None
    hour_tokens: int | None = None
    hour_usd: float | None = None
    day_tokens: int | None = None
    day_usd: float | None = None
    week_tokens: int | None = None
    week_usd: float | None = None
    is_favorite: bool | None = None


class PresenceSnapshot(_Seen, frozen=True, kw_only=True):
    """A user seen in a room (no field list is published: a construction)."""

    table: ClassVar[str] = "statbate_presences"

    room: str


class MemberDay(_OfMember, frozen=True, kw_only=True):
    """What a member tipped on a day (confidence H)."""

    table: ClassVar[str] = "statbate_member_days"
    keys: ClassVar[tuple[str, ...]] = ("day",)

    day: date
    tokens: int | None = None


class MemberRanking(_OfMember, frozen=True, kw_only=True):
    """A place in Statbate's ranking of members over a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_member_ranking"
    keys: ClassVar[tuple[str, ...]] = ("since", "until")

    since: datetime
    until: datetime
    position: int | None = None
    did: int | None = None
    total_tokens: int | None = None
    total_usd: float | None = None
    tips: int | None = None
    avg_tokens: float | None = None
    avg_usd: float | None = None
    models: int | None = None
    daily_tokens: int | None = None
    daily_usd: float | None = None


class Spending(_OfMember, frozen=True, kw_only=True):
    """What a member spent on a model in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_spending"
    keys: ClassVar[tuple[str, ...]] = ("model", "since", "until")

    model: str
    since: datetime
    until: datetime
    tokens: int | None = None
    usd: float | None = None
    tips: int | None = None


class SpendingDay(_OfMember, frozen=True, kw_only=True):
    """What a member spent on a model on a day (confidence H)."""

    table: ClassVar[str] = "statbate_spending_days"
    keys: ClassVar[tuple[str, ...]] = ("model", "day")

    model: str
    day: date
    tokens: int | None = None
    usd: float | None = None
    tips: int | None = None


class TopModel(_OfMember, frozen=True, kw_only=True):
    """A place among the models on whom a member spent most in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_top_models"
    keys: ClassVar[tuple[str, ...]] = ("model", "since", "until")

    model: str
    since: datetime
    until: datetime
    position: int | None = None
    gender: str | None = None
    tokens: int | None = None
    usd: float | None = None
    days: int | None = None
    daily_tokens: int | None = None
    daily_usd: float | None = None


class MemberTag(_OfMember, frozen=True, kw_only=True):
    """What a member spent on models with a tag in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_member_tags"
    keys: ClassVar[tuple[str, ...]] = ("tag", "since", "until")

    tag: str
    since: datetime
    until: datetime
    position: int | None = None
    models: int | None = None
    tokens: int | None = None
    usd: float | None = None


class MemberTime(_OfMember, frozen=True, kw_only=True):
    """What a member tipped at an hour of the day, or on a day of the week (confidence H)."""

    table: ClassVar[str] = "statbate_member_times"
    keys: ClassVar[tuple[str, ...]] = ("since", "until", "unit", "slot")

    since: datetime
    until: datetime
    unit: str
    slot: int
    tips: int | None = None
    tokens: int | None = None
    usd: float | None = None


class RoomMember(_OfMember, frozen=True, kw_only=True):
    """A member among those who spent most in a room in a window of time (confidence H)."""

    table: ClassVar[str] = "statbate_room_members"
    keys: ClassVar[tuple[str, ...]] = ("room", "since", "until")

    room: str
    since: datetime
    until: datetime
    tokens: int | None = None
    usd: float | None = None
    tips: int | None = None
    first_tip_at: datetime | None = None
    last_tip_at: datetime | None = None
