"""What models say of themselves in their profiles, and what the site adds."""

from __future__ import annotations

from typing import Any

import msgspec

from models.records import chaturbate
from scraper import json, meanings, payload, site
from scraper.meanings import Whole
from scraper.sites.chaturbate.pages import polled


class SocialMedia(msgspec.Struct, frozen=True):
    """A place elsewhere that a profile offers."""

    title_name: str | None = None


class Bio(msgspec.Struct, frozen=True, kw_only=True):
    """`biocontext` (confidence B), as far as it is kept."""

    follower_count: Whole
    location: str | None = None
    real_name: str | None = None
    body_decorations: str | None = None
    body_type: str | None = None
    smoke_drink: str | None = None
    languages: str | None = None
    last_broadcast: str | None = None
    display_birthday: str | None = None
    display_age: int | str | None = None
    about_me: str | None = None
    wish_list: str | None = None
    sex: str | None = None
    subgender: str | None = None
    interested_in: list[str] | None = None
    room_status: str | None = None
    fan_club_cost: Whole | None = None
    performer_has_fanclub: bool | None = None
    photo_sets: list[Any] | None = None
    social_medias: list[SocialMedia] | None = None


def profile(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a profile. `about_me` and `wish_list` are HTML, kept as it was written.

    `last_broadcast` is written without a zone: it stays the text that it is.
    """
    source = chaturbate.ProfileSnapshot.source
    if closed := polled.outcome(answer, layout, source):
        return closed
    said = json.read(answer, Bio, strict=False)
    asked = payload.context_text(answer.request, "person")
    return payload.Batch(records=(_snapshot(asked, said), polled.noted(answer, source)))


def _snapshot(asked: str, said: Bio) -> chaturbate.ProfileSnapshot:
    links = said.social_medias
    return chaturbate.ProfileSnapshot(
        username=asked,
        gender=meanings.gender(said.sex),
        age=meanings.whole(said.display_age),
        birthday=meanings.text(said.display_birthday),
        location=meanings.text(said.location),
        languages=meanings.text(said.languages),
        followers=said.follower_count,
        last_broadcast=meanings.text(said.last_broadcast),
        show=meanings.word(said.room_status),
        real_name=meanings.text(said.real_name),
        subgender=meanings.text(said.subgender),
        body_type=meanings.text(said.body_type),
        body_decorations=meanings.text(said.body_decorations),
        smoke_drink=meanings.text(said.smoke_drink),
        interested_in=meanings.texts(said.interested_in),
        about_me=meanings.text(said.about_me),
        wish_list=meanings.text(said.wish_list),
        has_fanclub=said.performer_has_fanclub,
        fan_club_cost=said.fan_club_cost,
        photo_sets=None if said.photo_sets is None else len(said.photo_sets),
        social_medias=meanings.texts(None if links is None else (one.title_name for one in links)),
    )
