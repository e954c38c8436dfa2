"""When a model broadcast: three-minute segments, and what each day adds up to. Times are UTC.

The site writes naive times, shifted by the `tzo` that was asked for; 0 is always asked for.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from models import records
from models.records import cbhours
from scraper import errors, json, meanings, payload, site
from scraper.meanings import Whole
from scraper.sites.cbhours.pages import trouble

_HOURS = re.compile(r"(\d{1,2})\s*Hours?\s*(\d{1,2})\s*Minutes?", re.IGNORECASE)


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Three minutes of a broadcast; its numbers are written as texts, and "0" is a number."""

    timestamp: str
    type: str | None = None
    rank: Whole | None = None
    followers: Whole | None = None
    viewers: Whole | None = None
    gender: str | None = None
    grank: Whole | None = None


class Answer(msgspec.Struct, frozen=True):
    """`get_activity` (confidence A). What is empty may be written as a list."""

    status: bool
    model: str
    activity: dict[str, str] | list[Any]
    details: dict[str, list[Segment]] | list[Any] = {}
    serverStatus: bool = True  # noqa: N815 - the site's own name


def activity(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a window of a model's days; raises PageChanged if it is of another model."""
    if trouble.lacks_trophy(answer, layout):
        model = payload.context_text(answer.request, "model")
        return payload.Batch(records=trouble.no_trophy((model,), layout))
    said = json.read(answer, Answer, strict=False)
    if not said.serverStatus:
        raise errors.TryLater("server_error", "the server is not up", url=answer.url)
    model = payload.context_text(answer.request, "model")
    if said.model.lower() != model:
        raise errors.PageChanged(
            "page_changed",
            f"asked for the activity of {model}, got that of {said.model[:80]!r}",
            url=answer.url,
        )
    segments = _mapped(said.details, answer.url).values()
    return payload.Batch(
        records=(
            *(_day(model, *day, answer.url) for day in _mapped(said.activity, answer.url).items()),
            *(_segment(model, one, answer.url) for day in segments for one in day),
            records.Polled(username=model, source=trouble.ACTIVITY),
        )
    )


def _mapped(said: dict[str, Any] | list[Any], url: str) -> dict[str, Any]:
    if isinstance(said, list) and said:
        raise errors.PageChanged("page_changed", "days are a list of something", url=url)
    return dict(said)


def _day(model: str, day: str, text: str, url: str) -> cbhours.CbhoursDay:
    """Read a day: "2025-08-12 Tue - 01 Hours 24 Minutes"."""
    found = _HOURS.search(text)
    if found is None:
        raise errors.PageChanged("page_changed", f"{text[:80]!r} is no time of a day", url=url)
    minutes = int(found[1]) * 60 + int(found[2])
    return cbhours.CbhoursDay(username=model, day=_date(day, url), minutes=minutes)


def _segment(model: str, one: Segment, url: str) -> cbhours.CbhoursActivity:
    return cbhours.CbhoursActivity(
        username=model,
        at=_moment(one.timestamp, url),
        show=meanings.word((one.type or "").removeprefix("_")),
        gender=meanings.gender(one.gender),
        viewers=one.viewers,
        followers=one.followers,
        rank=one.rank,
        gender_rank=one.grank,
    )


def _date(text: str, url: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise errors.PageChanged("page_changed", f"{text[:60]!r} is no day", url=url) from error


def _moment(text: str, url: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise errors.PageChanged("page_changed", f"{text[:60]!r} is no time", url=url) from error
