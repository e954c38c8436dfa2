"""Many rooms at once (`models/list`, confidence M)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from models import records
from models.records import stripchat
from scraper import errors, json, payload, site
from scraper.sites.stripchat import names
from scraper.sites.stripchat.pages import cam, values

SOURCE = "stripchat_live"


class Model(msgspec.Struct, frozen=True, rename="camel"):
    """A broadcaster."""

    id: values.Id
    username: str
    status: str
    is_online: bool | None = None
    is_live: bool | None = None
    viewers_count: values.Number | None = None
    preview_url_thumb_small: str | None = None


class Models(msgspec.Struct, frozen=True):
    """The answer."""

    models: list[Model]


def live(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read rooms that were asked for by their ids; who is not among them is left alone for a while.

    An answer without any room says so little that nobody is. A room may bear another name by now:
    its id says whose it is.
    """
    models = json.read(answer, Models).models
    rooms = {str(values.number(model.id, answer.url)): model for model in models}
    told = str(answer.request.context.get("people", ""))
    asked = dict(pair.split(":", 1) for pair in told.split())
    strangers = rooms.keys() - asked.keys()
    if strangers:
        raise errors.PageChanged(
            "page_changed", f"{len(strangers)} rooms that nobody asked for", url=answer.url
        )
    rest = float(layout.sizes["not_found_rest_seconds"]) if rooms else 0.0
    missing = (
        records.Polled(username=name, source=SOURCE, outcome="absent", rest=rest)
        for own, name in asked.items()
        if own not in rooms
    )
    found = (
        record for own, model in rooms.items() for record in _room(own, model, asked, answer.url)
    )
    return payload.Batch(records=(*found, *missing))


def _room(own: str, model: Model, asked: dict[str, str], url: str) -> Iterator[records.Record]:
    username = names.username(model.username, url)
    yield stripchat.StripchatLiveSnapshot(
        username=username,
        show=cam.shown(model.status, is_online=model.is_online, is_live=model.is_live),
        status=model.status,
        is_online=model.is_online,
        is_live=model.is_live,
        viewers=values.count(model.viewers_count, url),
        image_url=model.preview_url_thumb_small or None,
    )
    yield records.StableId(username=username, kind="id", value=own)
    yield records.Polled(username=asked[own], source=SOURCE)
