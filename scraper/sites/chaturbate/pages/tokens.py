"""The account's token history, newest first (`token-stats`, confidence B).

A page goes on from the last id of the one before and repeats it. `txns_fully_loaded` is read in two
opposite ways by those who know it, so it decides nothing: the walk ends at the last known id, or
at a page that shows nothing but the repeated row.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import names

SOURCE = "chaturbate.token_stats"

KINDS = (
    ("spy on private", "spy_show"),
    ("private show", "private_show"),
    ("tip ", "tip"),
    ("photos", "media_sale"),
    ("videos", "media_sale"),
    ("fan club", "fanclub"),
    ("tokens purchased", "token_purchase"),
    ("cashed out", "payout"),
    ("payout", "payout"),
)
"""Words of a description -> kind, the first that fits; anything else is `other`."""

DATES = (
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y, %I:%M %p",
    "%B %d, %Y, %I:%M %p",
    "%Y/%m/%d %H:%M:%S",
)
"""How dates that are not ISO 8601 may be written, full stops apart ("Nov. 21, 2026, 3:04 p.m.")."""

Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class Transaction(msgspec.Struct, frozen=True):
    """A change of the account's token balance."""

    id: Id
    date: str
    tokens: int | str
    description: str
    username: str | None = None
    broadcaster_username: str | None = None
    note: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A page of the history: a list, or an object with a row for a value."""

    transactions: list[Transaction] | dict[str, Transaction]


def token_stats(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of the token history, and go on until its end is known.

    The payload that reaches the last known id, or the history's beginning, states the Cursor: the
    newest id of the walk. Raises TryLater `empty_answer` and `wrong_page` for pages that do not
    go on where the one before ended.
    """
    page = json.read(answer, Page).transactions
    rows = list(page.values()) if isinstance(page, dict) else page
    context = answer.request.context
    last, cursor = context.get("last"), int(context.get("cursor") or 0)
    _refuse_break(answer, rows)
    fresh = [row for row in rows if row.id != last]
    newest = int(context.get("newest") or max((row.id for row in rows), default=0))
    closed = not fresh or min(row.id for row in fresh) <= cursor
    found = _acts(fresh, answer, layout)
    if not closed:
        oldest = min(row.id for row in fresh)
        lead = endpoints.token_stats_before(layout, answer.request, oldest, newest)
        return payload.Batch(records=tuple(found), leads=(lead,))
    known = (records.Cursor(value=str(newest)),) if newest else ()
    return payload.Batch(records=(*found, *known))


def _refuse_break(answer: payload.Payload, rows: list[Transaction]) -> None:
    """Raise for a page that cannot be the one asked for."""
    context = answer.request.context
    last = context.get("last")
    if not rows and ("last" in context or "cursor" in context):
        raise errors.TryLater(
            "empty_answer", "a page without the transaction it must repeat", url=answer.url
        )
    if last is not None and any(row.id > int(last) for row in rows):
        raise errors.TryLater(
            "wrong_page", f"the page is not the one from transaction {last} on", url=answer.url
        )
    if len({row.id for row in rows}) < len(rows):
        raise errors.TryLater("wrong_page", "the page shows a transaction twice", url=answer.url)


def _acts(
    rows: list[Transaction], answer: payload.Payload, layout: site.Layout
) -> list[records.Interaction]:
    """Read rows, newest first: in an hour that a zone's clocks show twice, none is behind another.

    Nor behind the answer; where both hours could be meant, it is the later one.
    """
    found, latest = [], answer.fetched_at
    for row in rows:
        early, late = (_moment(row.date, layout, answer.url, fold) for fold in (0, 1))
        latest = late if late <= latest else early
        found.append(_act(row, latest, answer))
    return found


def _act(row: Transaction, at: datetime, answer: payload.Payload) -> records.Interaction:
    account = payload.context_text(answer.request, "room")
    room = names.username(row.broadcaster_username or account, answer.url)
    other = row.username if (row.username or "").lower() != account else row.broadcaster_username
    return records.Interaction(
        source=SOURCE,
        room=room,
        key=str(row.id),
        at=at,
        kind=_kind(row.description),
        username=names.username(other, answer.url) if other else None,
        tokens=_tokens(row.tokens, answer.url),
        text=": ".join(words for words in (row.description, row.note) if words) or None,
        private=True,
    )


def _kind(description: str) -> str:
    words = f"{description.lower()} "
    return next((kind for mark, kind in KINDS if mark in words), "other")


def _tokens(value: int | str, url: str) -> int:
    digits = str(value).replace(",", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", digits):
        raise errors.PageChanged("page_changed", f"{value!r} is no number of tokens", url=url)
    return int(digits)


def _moment(text: str, layout: site.Layout, url: str, fold: int) -> datetime:
    """Return the instant of a date; one without a zone is in the layout's, first or second."""
    zone = _zone(layout)
    for read in (_iso, *(_written(pattern) for pattern in DATES)):
        with contextlib.suppress(ValueError, OverflowError):
            return read(text.strip(), zone).replace(fold=fold).astimezone(UTC)
    raise errors.PageChanged("page_changed", f"{text[:60]!r} is no date", url=url)


def _iso(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or zone)


def _written(pattern: str) -> Callable[[str, ZoneInfo], datetime]:
    def read(text: str, zone: ZoneInfo) -> datetime:
        return datetime.strptime(text.replace(".", ""), pattern).replace(tzinfo=zone)

    return read


@functools.cache
def _zone_named(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zone(layout: site.Layout) -> ZoneInfo:
    try:
        return _zone_named(layout.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise errors.BadConfig(
            "bad_config", f"{layout.timezone!r} is no time zone: {error}"
        ) from error
