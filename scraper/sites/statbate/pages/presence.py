"""Who is online: all members of a platform, or who is in one room."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records import statbate_members
from scraper import payload, site
from scraper.sites.statbate.pages import answers
from scraper.sites.statbate.pages.answers import Real, Whole


class _Member(msgspec.Struct, frozen=True, kw_only=True, rename={"is_favorite": "isFavorite"}):
    name: str | None
    position: Whole | None = None
    online: bool | None = None
    gender: Whole | None = None
    did: Whole | None = None
    total_tokens: Whole | None = None
    total: Real | None = None
    tips: Whole | None = None
    avg_tokens: Real | None = None
    avg: Real | None = None
    models: Whole | None = None
    daily_tokens: Whole | None = None
    daily: Real | None = None
    hour_tokens: Whole | None = None
    hour: Real | None = None
    day_tokens: Whole | None = None
    day: Real | None = None
    week_tokens: Whole | None = None
    week: Real | None = None
    is_favorite: bool | None = None


_Members = Annotated[list[_Member], msgspec.Meta(max_length=100_000)]


def members_online(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read which members are online; truths are 0 or 1, genders coded as nowhere else (H)."""
    told = answers.read(answer, answers.Answer[_Members])
    found = [
        statbate_members.OnlineSnapshot(
            username=username,
            platform=answers.platform(answer.request),
            did=row.did,
            gender=None if row.gender is None else answers.ONLINE.get(row.gender),
            online=row.online,
            position=row.position,
            total_tokens=row.total_tokens,
            total_usd=row.total,
            tips=row.tips,
            avg_tokens=row.avg_tokens,
            avg_usd=row.avg,
            models=row.models,
            daily_tokens=row.daily_tokens,
            daily_usd=row.daily,
            hour_tokens=row.hour_tokens,
            hour_usd=row.hour,
            day_tokens=row.day_tokens,
            day_usd=row.day,
            week_tokens=row.week_tokens,
            week_usd=row.week,
            is_favorite=row.is_favorite,
        )
        for row in told.data
        if (username := answers.name(row.name)) and username != layout.selectors["anonymous_text"]
    ]
    return payload.Batch(records=tuple(found))


class _User(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None = None
    username: str | None = None


def room_users(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read who is in a room: names, or objects with one (only the route is known: L)."""
    told = answers.read(answer, answers.Answer[list[str | _User]])
    room = payload.context_text(answer.request, "room")
    said = [row if isinstance(row, str) else row.name or row.username for row in told.data]
    found = [
        statbate_members.PresenceSnapshot(
            username=username, platform=answers.platform(answer.request), room=room
        )
        for username in dict.fromkeys(map(answers.name, said))
        if username
    ]
    return payload.Batch(records=tuple(found))
