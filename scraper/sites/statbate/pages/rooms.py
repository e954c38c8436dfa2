"""What Statbate knows of one room: sums, broadcasts, sessions, who paid, rank (confidence H)."""

from __future__ import annotations

from typing import Any

import msgspec

from models import records
from models.records import statbate, statbate_members
from scraper import payload, site
from scraper.sites.statbate import guard
from scraper.sites.statbate.pages import answers
from scraper.sites.statbate.pages.answers import Real, Whole

SOURCE = "statbate.models"
"""What polls of models are noted under."""

DAY = 86_400


class _Model(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    rid: Whole | None = None
    gender: Whole | None = None


class _Sessions(msgspec.Struct, frozen=True, kw_only=True):
    count: Whole | None = None
    total_duration: Real | None = None
    average_duration: Real | None = None


class _Money(msgspec.Struct, frozen=True, kw_only=True):
    tokens: Whole | None = None
    usd: Real | None = None


class _Tag(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    category: str | None = None


class _Info(_Model, frozen=True, kw_only=True):
    rank: Whole | None = None
    sessions: _Sessions | list[Any] | None = None
    income: _Money | list[Any] | None = None
    tags: list[_Tag] | None = None


def info(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the sums of a model. Of a polled one, also that it was asked about or is not known."""
    if guard.is_about_nobody(answer):
        rest = float(layout.sizes["not_found_rest_days"] * DAY)
        return payload.Batch(records=(_polled(answer.request, "not_found", rest),))
    told = answers.read(answer, answers.Answer[_Info])
    found = _snapshot(answer, told)
    ids = answers.stable_id(found.username, "rid", told.data.rid, found.platform)
    polled = [_polled(answer.request)] if "polled" in answer.request.context else []
    return payload.Batch(records=(found, *ids, *polled))


def _polled(asked: payload.Request, outcome: str = "ok", rest: float = 0.0) -> records.Polled:
    return records.Polled(
        username=payload.context_text(asked, "room"),
        source=SOURCE,
        outcome=outcome,
        rest=rest,
        platform=answers.platform(asked),
    )


def _snapshot(answer: payload.Payload, told: answers.Answer[_Info]) -> statbate.ModelSnapshot:
    row, (since, until) = told.data, answers.window(answer, told)
    sums = row.sessions if isinstance(row.sessions, _Sessions) else _Sessions()
    income = row.income if isinstance(row.income, _Money) else _Money()
    return statbate.ModelSnapshot(
        **_who(answer, row),
        gender=_gender(row.gender),
        rank=row.rank,
        since=since,
        until=until,
        sessions=sums.count,
        minutes=sums.total_duration,
        average_minutes=sums.average_duration,
        tokens=income.tokens,
        usd=income.usd,
        tags=None if row.tags is None else tuple(tag.name for tag in row.tags),
        tag_categories=None if row.tags is None else tuple(tag.category or "" for tag in row.tags),
    )


def _gender(code: int | None) -> str | None:
    return None if code is None else answers.LISTED.get(code)


class _ActivitySums(msgspec.Struct, frozen=True, kw_only=True):
    total_sessions: Whole | None = None
    public_sessions: Whole | None = None
    total_duration: Real | None = None
    average_duration: Real | None = None


class _Broadcast(msgspec.Struct, frozen=True, kw_only=True):
    start_time: str
    end_time: str | None = None
    duration: Real | None = None


class _Activity(_Model, frozen=True, kw_only=True):
    summary: _ActivitySums
    sessions: list[_Broadcast]


def activity(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read a room's broadcasts and their sums; durations are minutes (confidence M)."""
    told = answers.read(answer, answers.Answer[_Activity])
    who = _who(answer, told.data)
    since, until = answers.window(answer, told)
    sums = told.data.summary
    whole = statbate.Activity(
        **who,
        since=since,
        until=until,
        sessions=sums.total_sessions,
        public_sessions=sums.public_sessions,
        minutes=sums.total_duration,
        average_minutes=sums.average_duration,
    )
    broadcasts = [
        statbate.Broadcast(
            **who,
            started=answers.moment(row.start_time, answer.url),
            ended=answers.maybe_moment(row.end_time, answer.url),
            minutes=row.duration,
        )
        for row in told.data.sessions
    ]
    return payload.Batch(records=(whole, *broadcasts))


def _who(answer: payload.Payload, row: _Model) -> dict[str, str]:
    """Return whom an answer about one room is about."""
    asked = payload.context_text(answer.request, "room")
    return {
        "username": answers.name(row.name) or asked,
        "platform": answers.platform(answer.request),
    }


class _AudienceSums(msgspec.Struct, frozen=True, kw_only=True):
    total_members: Whole | None = None
    total_tokens: Whole | None = None
    total_usd: Real | None = None
    average_per_member: Real | None = None
    average_per_member_usd: Real | None = None
    returning_members: Whole | None = None
    new_members: Whole | None = None


class _TopMember(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None = None
    did: Whole | None = None
    tokens: Whole | None = None
    usd: Real | None = None
    tip_count: Whole | None = None
    first_tip: str | None = None
    last_tip: str | None = None


class _Bracket(msgspec.Struct, frozen=True, kw_only=True):
    range: str
    count: Whole | None = None


class _Audience(_Model, frozen=True, kw_only=True):
    summary: _AudienceSums
    top_members: list[_TopMember]
    spending_distribution: list[_Bracket]


def members(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read who paid in a room: in sum, by bracket, and the best of them by name."""
    told = answers.read(answer, answers.Answer[_Audience])
    who, (since, until) = _who(answer, told.data), answers.window(answer, told)
    sums = told.data.summary
    whole = statbate.Audience(
        **who,
        since=since,
        until=until,
        members=sums.total_members,
        new_members=sums.new_members,
        returning_members=sums.returning_members,
        tokens=sums.total_tokens,
        usd=sums.total_usd,
        average_tokens=sums.average_per_member,
        average_usd=sums.average_per_member_usd,
    )
    brackets = [
        statbate.AudienceBracket(
            **who, since=since, until=until, bracket=row.range, members=row.count
        )
        for row in told.data.spending_distribution
    ]
    place = (who["username"], since, until)
    top: list[records.Record] = []
    for row in told.data.top_members:
        username = answers.name(row.name)
        if username and username != layout.selectors["anonymous_text"]:
            top += _top_member(answer, row, username, place)
    return payload.Batch(records=(whole, *brackets, *top))


def _top_member(
    answer: payload.Payload, row: _TopMember, username: str, place: tuple[str, Any, Any]
) -> list[records.Record]:
    platform = answers.platform(answer.request)
    room, since, until = place
    member = statbate_members.RoomMember(
        username=username,
        platform=platform,
        room=room,
        since=since,
        until=until,
        tokens=row.tokens,
        usd=row.usd,
        tips=row.tip_count,
        first_tip_at=answers.maybe_moment(row.first_tip, answer.url),
        last_tip_at=answers.maybe_moment(row.last_tip, answer.url),
    )
    return [member, *answers.stable_id(username, "did", row.did, platform)]
