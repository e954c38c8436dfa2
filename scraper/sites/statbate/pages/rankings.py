"""Whom and what Statbate ranks over a window: models, members, tags (confidence H).

The lists show everybody, so nobody's id is noted from them: that would make everybody known.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from models import records
from models.records import statbate, statbate_members
from scraper import payload, site
from scraper.sites.statbate.pages import answers, following
from scraper.sites.statbate.pages.answers import Real, Whole

_AT_MOST = msgspec.Meta(max_length=10_000)


class _Model(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None
    position: Whole | None = None
    online: bool | None = None
    gender: Whole | None = None
    rid: Whole | None = None
    total_tokens: Whole | None = None
    total: Real | None = None
    hourly_tokens: Whole | None = None
    hourly: Real | None = None
    hours: Real | None = None
    dons: Whole | None = None
    daily_tokens: Whole | None = None
    daily: Real | None = None


def models(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of the ranking of models."""
    told = answers.read(answer, answers.Answer[Annotated[list[_Model], _AT_MOST]])
    since, until = answers.window(answer, told)
    found = [
        statbate.ModelRanking(
            username=username,
            platform=answers.platform(answer.request),
            since=since,
            until=until,
            position=row.position,
            rid=row.rid,
            gender=None if row.gender is None else answers.LISTED.get(row.gender),
            online=row.online,
            total_tokens=row.total_tokens,
            total_usd=row.total,
            hourly_tokens=row.hourly_tokens,
            hourly_usd=row.hourly,
            daily_tokens=row.daily_tokens,
            daily_usd=row.daily,
            hours=row.hours,
            tippers=row.dons,
        )
        for row in told.data
        if (username := answers.name(row.name))
    ]
    return _page(answer, layout, told, found, len(told.data))


class _Member(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None
    position: Whole | None = None
    did: Whole | None = None
    total_tokens: Whole | None = None
    total: Real | None = None
    tips: Whole | None = None
    avg_tokens: Real | None = None
    avg: Real | None = None
    models: Whole | None = None
    daily: Real | None = None
    daily_tokens: Whole | None = None


def members(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of the ranking of members; those who tip unnamed have no place of their own."""
    told = answers.read(answer, answers.Answer[Annotated[list[_Member], _AT_MOST]])
    since, until = answers.window(answer, told)
    found = [
        statbate_members.MemberRanking(
            username=username,
            platform=answers.platform(answer.request),
            since=since,
            until=until,
            position=row.position,
            did=row.did,
            total_tokens=row.total_tokens,
            total_usd=row.total,
            tips=row.tips,
            avg_tokens=row.avg_tokens,
            avg_usd=row.avg,
            models=row.models,
            daily_tokens=row.daily_tokens,
            daily_usd=row.daily,
        )
        for row in told.data
        if (username := answers.name(row.name)) and username != layout.selectors["anonymous_text"]
    ]
    return _page(answer, layout, told, found, len(told.data))


class _Tag(msgspec.Struct, frozen=True, kw_only=True):
    tag: str
    models: Whole | None = None
    tokens: Whole | None = None
    usd: Real | None = None


def tags(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a page of the ranking of tags."""
    told = answers.read(answer, answers.Answer[Annotated[list[_Tag], _AT_MOST]])
    since, until = answers.window(answer, told)
    found = [
        statbate.Tag(
            platform=answers.platform(answer.request),
            tag=row.tag,
            since=since,
            until=until,
            models=row.models,
            tokens=row.tokens,
            usd=row.usd,
        )
        for row in told.data
    ]
    return _page(answer, layout, told, found, len(told.data))


def _page(
    answer: payload.Payload,
    layout: site.Layout,
    told: answers.Answer[list[_Model]] | answers.Answer[list[_Member]] | answers.Answer[list[_Tag]],
    found: list[statbate.ModelRanking] | list[statbate_members.MemberRanking] | list[statbate.Tag],
    rows: int,
) -> payload.Batch:
    known, most = answers.pagination(told), layout.sizes["ranking_pages"]
    stated: tuple[records.Record, ...] = tuple(found)
    return payload.Batch(
        records=stated, leads=following.page(answer, layout, known, rows, at_most=most)
    )


class _TagName(msgspec.Struct, frozen=True, kw_only=True):
    tag: str
    value: str | None = None
    models_count: Whole | None = None


def tag_names(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read the tags that a search finds; its `name` says the same as `tag`."""
    told = answers.read(answer, answers.Answer[list[_TagName]])
    found = [
        statbate.TagName(
            platform=answers.platform(answer.request),
            tag=row.tag,
            value=row.value or None,
            models=row.models_count,
        )
        for row in told.data
    ]
    return payload.Batch(records=tuple(found))
