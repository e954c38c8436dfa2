"""What all of Statbate's answers have: their frame, and how it writes times, names and genders.

Numbers may be texts and truths 0 or 1. Times without a zone are in the zone asked for, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from models import records
from scraper import errors, json, payload
from scraper.sites.statbate import endpoints, guard

_T = TypeVar("_T")

Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Real = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]

LISTED: Mapping[int, str] = {0: "male", 1: "female", 2: "trans", 3: "couple"}
"""Gender codes of lists and of single models (confidence H)."""

ONLINE: Mapping[int, str] = {1: "female", 2: "male", 3: "couple"}
"""Gender codes of the members online: not the same (confidence H); 0 is unknown."""


class Pagination(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of the page that it is."""

    total: Whole | None = None
    per_page: Whole | None = None
    current_page: Whole | None = None
    last_page: Whole | None = None
    next_cursor: str | None = None


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The member or model that an answer is about."""

    id: Whole | None = None
    name: str | None = None


class Meta(Pagination, frozen=True, kw_only=True):
    """What stands beside the data; the newer routes may paginate as Laravel's resources do, flat.

    A `timezone` may also be an object, a form's.
    """

    range: Any = None
    timezone: Any = None
    pagination: Pagination | list[Any] | None = None
    member: Who | None = None
    model: Who | None = None


class Answer(msgspec.Struct, Generic[_T], frozen=True, kw_only=True):
    """An answer: its data and, as an object or as an empty list, its `meta`."""

    data: _T
    meta: Meta | list[Any] | None = None


def read(answer: payload.Payload, shape: type[Answer[_T]]) -> Answer[_T]:
    """Read an answer; one without data that says why is quoted. Raises as `json.read` does.

    Raises PageChanged also for times told in another zone than the one asked for.
    """
    try:
        told = json.read(answer, shape, strict=False)
    except errors.PageChanged as changed:
        if words := guard.said(answer.body):
            raise errors.PageChanged(
                changed.code, f"{changed.message}; the site says: {words}", url=answer.url
            ) from changed
        raise
    zone = meta(told).timezone
    if isinstance(zone, str) and zone.upper() not in {"UTC", "ETC/UTC", "Z", "+00:00", ""}:
        raise errors.PageChanged(
            "page_changed", f"times are in {zone[:60]!r}, not in UTC", url=answer.url
        )
    return told


def meta(told: Answer[Any]) -> Meta:
    """Return what stands beside the data, nothing if nothing does."""
    return told.meta if isinstance(told.meta, Meta) else Meta()


def pagination(told: Answer[Any]) -> Pagination:
    """Return what an answer says of its page; its cursor may stand beside."""
    beside = meta(told)
    known = beside.pagination if isinstance(beside.pagination, Pagination) else beside
    if known.next_cursor is None and beside.next_cursor is not None:
        return msgspec.structs.replace(known, next_cursor=beside.next_cursor)
    return known


def window(answer: payload.Payload, told: Answer[Any]) -> tuple[datetime, datetime]:
    """Return the window that the answer names, to the second; else the one asked for."""
    match meta(told).range:
        case [str(first), str(last)] if ":" in first and ":" in last:
            return moment(first, answer.url), moment(last, answer.url)
        case _:
            return window_asked(answer)


def window_asked(answer: payload.Payload) -> tuple[datetime, datetime]:
    """Return the window asked for."""
    first, last = (payload.context_text(answer.request, name) for name in ("since", "until"))
    return moment(first, answer.url), moment(last, answer.url)


def moment(text: str, url: str) -> datetime:
    """Return the instant of a time that was asked for in UTC. Raises PageChanged."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise errors.PageChanged("page_changed", f"{text[:60]!r} is no time", url=url) from error


def maybe_moment(text: str | None, url: str) -> datetime | None:
    """Return the instant of a time, None where there is none."""
    return moment(text, url) if text else None


def day(text: str, url: str) -> date:
    """Return the day of a date, which may have a time after it. Raises PageChanged."""
    return moment(text, url).date()


def name(text: str | None) -> str | None:
    """Return a username as we spell it, None for nobody."""
    return (text or "").strip().lower() or None


def names(texts: list[str] | None) -> tuple[str, ...] | None:
    """Return usernames as we spell them, None where the source did not say."""
    return None if texts is None else tuple(found for text in texts if (found := name(text)))


def platform(asked: payload.Request) -> str:
    """Return what records call the platform that was asked about."""
    there = payload.context_text(asked, "site")
    return "" if there == endpoints.HOME else there


def stable_id(username: str, kind: str, value: int | None, place: str) -> list[records.StableId]:
    """Return the id that Statbate has for somebody (`did` of a member, `rid` of a model)."""
    if value is None or value <= 0:
        return []
    return [
        records.StableId(
            username=username, kind=f"statbate.{kind}", value=str(value), platform=place
        )
    ]
