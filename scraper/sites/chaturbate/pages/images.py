"""What was put into the folder of pictures in place of a thumbnail's bytes."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records import chaturbate
from scraper import json, payload, site
from scraper.sites.chaturbate.pages import polled


class Refusal(msgspec.Struct, frozen=True):
    """Why an answer was not taken for a picture, if it was not."""

    refused: str | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as `scraper.fetch.pictures` hands it on."""

    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, msgspec.Meta(gt=0)]
    media_type: str
    path: str | None
    placeholder: bool


def image(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read which picture a room has; one that is not there or is none is noted as such."""
    source = chaturbate.RoomImage.source
    if closed := polled.outcome(answer, layout, source):
        return closed
    if refused := json.read(answer, Refusal).refused:
        rest = layout.sizes["picture_rest_hours"] * 3600.0
        return payload.Batch(records=(polled.noted(answer, source, refused, rest),))
    said = json.read(answer, Picture)
    snapshot = chaturbate.RoomImage(
        username=payload.context_text(answer.request, "person"),
        url=answer.request.url,
        sha256=said.sha256,
        size=said.size,
        media_type=said.media_type,
        path=said.path,
        placeholder=said.placeholder,
    )
    return payload.Batch(records=(snapshot, polled.noted(answer, source)))
