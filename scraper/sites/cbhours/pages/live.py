"""How models stand right now, up to fifty in one answer."""

from __future__ import annotations

from typing import Any

import msgspec

from models import records
from models.records import cbhours
from scraper import errors, json, meanings, payload, site
from scraper.meanings import Whole
from scraper.sites.cbhours import endpoints
from scraper.sites.cbhours.pages import trouble


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A model; of one who is offline there is `room_status` alone."""

    room_status: str
    gender: str | None = None
    rank: Whole | None = None
    grank: Whole | None = None
    viewers: Whole | None = None
    followers: Whole | None = None
    current_show: str | None = None
    room_subject: str | None = None
    tags: list[str] | None = None
    is_new: bool | None = None


class Answer(msgspec.Struct, frozen=True):
    """`get_live` (confidence A). An empty `data` may be written as a list."""

    server_status: str
    data: dict[str, Row] | list[Any]


def live(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read how the models that were asked about stand; whoever is absent has no trophy.

    If the site refuses several at once for want of a trophy, each half is asked about alone.
    """
    if trouble.lacks_trophy(answer, layout):
        return _halved(_asked(answer), layout)
    said = json.read(answer, Answer, strict=False)
    if said.server_status.lower() != "up":
        raise errors.TryLater(
            "server_error", f"the server is {said.server_status[:80]!r}", url=answer.url
        )
    if isinstance(said.data, list) and said.data:
        raise errors.PageChanged("page_changed", "data is a list of something", url=answer.url)
    rows = {name.lower(): row for name, row in dict(said.data).items()}
    asked = _asked(answer)
    return payload.Batch(
        records=(
            *(_snapshot(name, rows[name], answer.url) for name in asked if name in rows),
            *(records.Polled(username=name, source=trouble.LIVE) for name in asked if name in rows),
            *trouble.no_trophy((name for name in asked if name not in rows), layout),
        )
    )


def _asked(answer: payload.Payload) -> list[str]:
    return payload.context_text(answer.request, "models").split(",")


def _halved(asked: list[str], layout: site.Layout) -> payload.Batch:
    if len(asked) == 1:
        return payload.Batch(records=trouble.no_trophy(asked, layout))
    middle = len(asked) // 2
    halves = (asked[:middle], asked[middle:])
    return payload.Batch(leads=tuple(endpoints.live_of(layout, half) for half in halves))


def _snapshot(name: str, row: Row, url: str) -> cbhours.CbhoursLive:
    status = row.room_status.lower()
    if status not in {"online", "offline"}:
        raise errors.PageChanged("page_changed", f"room_status is {status[:80]!r}", url=url)
    show = meanings.word(row.current_show) or "online"
    return cbhours.CbhoursLive(
        username=name,
        show=show if status == "online" else "offline",
        gender=meanings.gender(row.gender),
        subject=meanings.text(row.room_subject),
        tags=meanings.texts(row.tags),
        viewers=row.viewers,
        followers=row.followers,
        rank=row.rank,
        gender_rank=row.grank,
        is_new=row.is_new,
    )
