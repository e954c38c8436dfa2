"""On whom, on what and when one member spends tokens in a window of time (confidence H)."""

from __future__ import annotations

import msgspec

from models.records import statbate_members
from scraper import payload, site
from scraper.sites.statbate import endpoints
from scraper.sites.statbate.pages import answers, following
from scraper.sites.statbate.pages.answers import Real, Whole


class _TopModel(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None
    position: Whole | None = None
    gender: Whole | None = None
    total_tokens: Whole | None = None
    total_usd: Real | None = None
    days: Whole | None = None
    daily_tokens: Whole | None = None
    daily_usd: Real | None = None


def top_models(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read on whom a member spends most; the first few are asked about day by day."""
    told = answers.read(answer, answers.Answer[list[_TopModel]])
    since, until = answers.window(answer, told)
    found = [
        statbate_members.TopModel(
            username=payload.context_text(answer.request, "member"),
            platform=answers.platform(answer.request),
            model=model,
            since=since,
            until=until,
            position=row.position,
            gender=None if row.gender is None else answers.LISTED.get(row.gender),
            tokens=row.total_tokens,
            usd=row.total_usd,
            days=row.days,
            daily_tokens=row.daily_tokens,
            daily_usd=row.daily_usd,
        )
        for row in told.data
        if (model := answers.name(row.name))
    ]
    closer = [row.model for row in found if endpoints.is_name(row.model)]
    leads = [
        endpoints.ask(layout, "member_model", answer.request.context | {"model": model})
        for model in closer[: layout.sizes["models_in_depth"]]
    ]
    return payload.Batch(records=tuple(found), leads=tuple(leads))


class _Sums(msgspec.Struct, frozen=True, kw_only=True):
    tokens: Whole | None = None
    usd: Real | None = None
    tips: Whole | None = None


class _Day(_Sums, frozen=True, kw_only=True):
    date: str


class _OnModel(msgspec.Struct, frozen=True, kw_only=True):
    total: _Sums
    daily_spending: list[_Day]


def on_model(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read what a member spent on one model, in sum and by day."""
    told = answers.read(answer, answers.Answer[_OnModel])
    since, until = answers.window(answer, told)
    username = payload.context_text(answer.request, "member")
    platform, model = (
        answers.platform(answer.request),
        payload.context_text(answer.request, "model"),
    )
    whole = statbate_members.Spending(
        username=username,
        platform=platform,
        model=model,
        since=since,
        until=until,
        tokens=told.data.total.tokens,
        usd=told.data.total.usd,
        tips=told.data.total.tips,
    )
    days = [
        statbate_members.SpendingDay(
            username=username,
            platform=platform,
            model=model,
            day=answers.day(row.date, answer.url),
            tokens=row.tokens,
            usd=row.usd,
            tips=row.tips,
        )
        for row in told.data.daily_spending
    ]
    return payload.Batch(records=(whole, *days))


class _Tag(msgspec.Struct, frozen=True, kw_only=True):
    tag: str
    position: Whole | None = None
    models_count: Whole | None = None
    total_tokens: Whole | None = None
    total_usd: Real | None = None


def tags(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read what a member spent on models with each tag; the pages say nothing of themselves."""
    told = answers.read(answer, answers.Answer[list[_Tag]])
    since, until = answers.window(answer, told)
    found = [
        statbate_members.MemberTag(
            username=payload.context_text(answer.request, "member"),
            platform=answers.platform(answer.request),
            tag=row.tag,
            since=since,
            until=until,
            position=row.position,
            models=row.models_count,
            tokens=row.total_tokens,
            usd=row.total_usd,
        )
        for row in told.data
    ]
    leads = following.page(answer, layout, answers.pagination(told), len(found))
    return payload.Batch(records=tuple(found), leads=leads)


class _Slot(msgspec.Struct, frozen=True, kw_only=True):
    tip_count: Whole | None = None
    token_sum: Whole | None = None
    usd_sum: Real | None = None


class _Hour(_Slot, frozen=True, kw_only=True):
    hour: Whole


class _Weekday(_Slot, frozen=True, kw_only=True):
    day_of_week: Whole


class _Times(msgspec.Struct, frozen=True, kw_only=True):
    hourly: list[_Hour]
    daily: list[_Weekday]


def times(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read when a member tips: by hour of the day (0-23), by day of the week (1-7, from Monday)."""
    told = answers.read(answer, answers.Answer[_Times])
    since, until = answers.window(answer, told)
    slots: list[tuple[str, int, _Slot]] = [("hour", row.hour, row) for row in told.data.hourly]
    slots += [("weekday", row.day_of_week, row) for row in told.data.daily]
    found = [
        statbate_members.MemberTime(
            username=payload.context_text(answer.request, "member"),
            platform=answers.platform(answer.request),
            since=since,
            until=until,
            unit=unit,
            slot=slot,
            tips=row.tip_count,
            tokens=row.token_sum,
            usd=row.usd_sum,
        )
        for unit, slot, row in slots
    ]
    return payload.Batch(records=tuple(found))
