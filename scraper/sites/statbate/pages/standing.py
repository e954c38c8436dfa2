"""How a model's rank moved, and the stretches in which tips came (confidence H; sessions M)."""

from __future__ import annotations

import msgspec

from models.records import statbate
from scraper import payload, site
from scraper.sites.statbate.pages import answers, following
from scraper.sites.statbate.pages.answers import Real, Whole


class _Sums(msgspec.Struct, frozen=True, kw_only=True):
    first_rank: Whole | None = None
    last_rank: Whole | None = None
    best_rank: Whole | None = None
    worst_rank: Whole | None = None
    rank_change: Whole | None = None
    rank_change_percent: Real | None = None
    trend: str | None = None
    total_tokens: Whole | None = None
    total_usd: Real | None = None


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    date: str
    rank: Whole | None = None
    tokens: Whole | None = None


class _Rank(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    summary: _Sums
    ranks: list[_Day]


def rank(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read a model's rank on each day of the window, and how it moved."""
    told = answers.read(answer, answers.Answer[_Rank])
    sums, (since, until) = told.data.summary, answers.window(answer, told)
    asked = payload.context_text(answer.request, "room")
    username = answers.name(told.data.name) or asked
    platform = answers.platform(answer.request)
    whole = statbate.Standing(
        username=username,
        platform=platform,
        since=since,
        until=until,
        first_rank=sums.first_rank,
        last_rank=sums.last_rank,
        best_rank=sums.best_rank,
        worst_rank=sums.worst_rank,
        rank_change=sums.rank_change,
        rank_change_percent=sums.rank_change_percent,
        trend=sums.trend or None,
        tokens=sums.total_tokens,
        usd=sums.total_usd,
    )
    days = [
        statbate.RoomDay(
            username=username,
            platform=platform,
            day=answers.day(row.date, answer.url),
            rank=row.rank,
            tokens=row.tokens,
        )
        for row in told.data.ranks
    ]
    return payload.Batch(records=(whole, *days))


class _Session(msgspec.Struct, frozen=True, kw_only=True):
    start_time: str
    end_time: str | None = None
    duration_hours: Real | None = None
    tips: Whole | None = None
    dons: Whole | None = None
    usd_per_hour: Real | None = None
    total_usd: Real | None = None


def sessions(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the stretches of tips in a room, as its one known client does."""
    told = answers.read(answer, answers.Answer[list[_Session]])
    asked = payload.context_text(answer.request, "room")
    found = [
        statbate.Session(
            username=asked,
            platform=answers.platform(answer.request),
            started=answers.moment(row.start_time, answer.url),
            gap_hours=layout.sizes["session_gap_hours"],
            ended=answers.maybe_moment(row.end_time, answer.url),
            hours=row.duration_hours,
            tips=row.tips,
            tippers=row.dons,
            usd_per_hour=row.usd_per_hour,
            usd=row.total_usd,
        )
        for row in told.data
    ]
    known = answers.pagination(told)
    return payload.Batch(
        records=tuple(found), leads=following.page(answer, layout, known, len(found))
    )
