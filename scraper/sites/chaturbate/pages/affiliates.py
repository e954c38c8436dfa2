"""Everybody who broadcasts, as affiliates are shown it. Who is missing may be on all the same."""

from __future__ import annotations

import msgspec

from models.records import chaturbate
from scraper import errors, json, meanings, payload, site
from scraper.meanings import Whole
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import identity, names


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A broadcasting room (`onlinerooms`, confidence B)."""

    username: str
    display_name: str | None = None
    gender: str | None = None
    location: str | None = None
    country: str | None = None
    spoken_languages: str | None = None
    birthday: str | None = None
    age: int | str | None = None
    current_show: str | None = None
    room_subject: str | None = None
    tags: list[str] | None = None
    is_new: bool | None = None
    is_hd: bool | None = None
    num_users: Whole | None = None
    num_followers: Whole | None = None
    seconds_online: Whole | None = None
    image_url: str | None = None


class Page(msgspec.Struct, frozen=True):
    """One page, and how many rooms there are in all."""

    results: list[Row]
    count: identity.Count


def online_rooms(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page; the next one begins a full page further on, however few rows this one has.

    Rooms move between pages while these are read: one may stand on two, or on none, and nothing is
    said of who is missing. Raises TryLater `empty_answer` for an empty page before the end.
    """
    page = json.read(answer, Page, strict=False)
    offset = payload.context_number(answer.request, "offset")
    further = offset + payload.context_number(answer.request, "limit")
    usernames = names.usernames([row.username for row in page.results], answer.url)
    if not usernames and offset < page.count:
        raise errors.TryLater(
            "empty_answer", f"no rooms from {offset} on, of {page.count}", url=answer.url
        )
    goes_on = further < min(page.count, layout.sizes["rows_at_most"])
    return payload.Batch(
        records=tuple(map(_snapshot, usernames, page.results)),
        leads=(endpoints.online_rooms(layout, further),) if goes_on else (),
    )


def _snapshot(username: str, row: Row) -> chaturbate.AffiliateSnapshot:
    return chaturbate.AffiliateSnapshot(
        username=username,
        display_name=meanings.text(row.display_name),
        gender=meanings.gender(row.gender),
        age=meanings.whole(row.age),
        birthday=meanings.text(row.birthday),
        country=meanings.text(row.country),
        location=meanings.text(row.location),
        languages=meanings.text(row.spoken_languages),
        show=meanings.word(row.current_show),
        subject=meanings.text(row.room_subject),
        tags=meanings.texts(row.tags),
        viewers=row.num_users,
        followers=row.num_followers,
        seconds_online=row.seconds_online,
        is_new=row.is_new,
        is_hd=row.is_hd,
        image_url=meanings.text(row.image_url),
    )
