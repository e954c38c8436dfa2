"""Rooms as anybody sees them: one asked about by name, and pages of those online."""

from __future__ import annotations

import html
import re
from typing import Annotated, Any

import msgspec

from models import records
from models.records import camsoda
from scraper import errors, json, meanings, payload, site
from scraper.sites.camsoda import endpoints, names
from scraper.sites.camsoda.pages import values

SOURCE = "camsoda"

_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")


class Chat(msgspec.Struct, frozen=True):
    """Whether the room is open."""

    status: str


class Stream(msgspec.Struct, frozen=True):
    """What was kept of the stream."""

    status: int | str | None = None
    message: str | None = None


class Follower(msgspec.Struct, frozen=True, rename="camel"):
    """How many follow the room."""

    count_total: int | str | None = None


class User(msgspec.Struct, frozen=True, rename="camel"):
    """What was kept of the broadcaster."""

    profile_picture_url: str | None = None
    offline_picture_url: str | None = None
    follower: Follower | list[None] | None = None


class Bio(msgspec.Struct, frozen=True, rename="camel"):
    """The profile."""

    about_me: str | None = None
    wish_list: str | None = None


class Tag(msgspec.Struct, frozen=True):
    """A tag of the room."""

    name: str


class React(msgspec.Struct, frozen=True, rename="camel"):
    """The answer about a room (`chat/react`, confidence M)."""

    error: str | bool | None = None
    chat: Chat | list[None] | None = None
    mode: str | None = None
    stream: Stream | list[None] | None = None
    user: User | list[None] | None = None
    user_bio: Bio | list[None] | None = None
    tag_list_new: list[Tag] | None = None


class Online(msgspec.Struct, frozen=True):
    """A page of rooms online (`browse/online`, confidence M).

    Rows hold their values under numbers whose meaning `template` tells, or are flat.
    """

    results: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=10_000)]
    template: list[str] | dict[str, str] = []
    count_total: int | str | None = None


def react(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a room that was asked about; who is not there is left alone for a while."""
    room = json.read(answer, React)
    asked = answer.request.context.get("username")
    if _is_nobody(room, layout):
        rest = float(layout.sizes["not_found_rest_seconds"])
        missing = records.Polled(username=str(asked), source=SOURCE, outcome="not_found", rest=rest)
        return payload.Batch(records=(missing,))
    if room.error:
        raise errors.PageChanged("page_changed", f"error {str(room.error)[:80]}", url=answer.url)
    if not isinstance(room.chat, Chat):
        raise errors.PageChanged("page_changed", "neither a chat nor an error", url=answer.url)
    name = names.username(str(asked), answer.url)
    polled = records.Polled(username=name, source=SOURCE)
    return payload.Batch(records=(_snapshot(room, room.chat, name, answer.url), polled))


def _is_nobody(room: React, layout: site.Layout) -> bool:
    message = room.stream.message if isinstance(room.stream, Stream) else None
    said = str(room.error).lower(), (message or "").lower()
    texts = layout.selectors["not_found_text"], layout.selectors["no_broadcaster_text"]
    return any(text in word for text, word in zip(texts, said, strict=True))


def _snapshot(room: React, chat: Chat, name: str, url: str) -> camsoda.CamsodaSnapshot:
    user = room.user if isinstance(room.user, User) else User()
    bio = room.user_bio if isinstance(room.user_bio, Bio) else Bio()
    follower = user.follower if isinstance(user.follower, Follower) else Follower()
    stream = room.stream if isinstance(room.stream, Stream) else Stream()
    show = values.show(chat.status)
    if show == "public" and room.mode:
        show = room.mode.lower()
    tags = room.tag_list_new
    return camsoda.CamsodaSnapshot(
        username=name,
        show=show,
        stream_status=values.count(stream.status, url),
        followers=values.count(follower.count_total, url),
        tags=None if tags is None else tuple(tag.name for tag in tags),
        about_me=values.text(bio.about_me),
        wish_list=values.text(bio.wish_list),
        picture_url=values.text(user.profile_picture_url),
        offline_picture_url=values.text(user.offline_picture_url),
    )


def online(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one page of the rooms online, and go on until as many were seen as are declared.

    An empty page is the last. Who is not on any page may still be online. Raises TryLater
    `empty_answer` for a first page that declares rooms and shows none.
    """
    page = json.read(answer, Online)
    columns = _columns(page)
    stated = tuple(fact for row in page.results for fact in _room(row, columns, answer.url))
    context = answer.request.context
    number, seen = int(context["page"]), int(context.get("seen", 0)) + len(page.results)
    total = values.count(page.count_total, answer.url)
    if number == 1 and total and not page.results:
        raise errors.TryLater("empty_answer", f"none of {total} rooms", url=answer.url)
    ended = not page.results or (total is not None and seen >= total)
    if ended or number >= layout.sizes["pages_at_most"]:
        return payload.Batch(records=stated)
    lead = endpoints.online(layout, str(context["gender"]), number + 1, seen)
    return payload.Batch(records=stated, leads=(lead,))


def _columns(page: Online) -> dict[str, str]:
    """Return the number of a value in a row -> its name."""
    if isinstance(page.template, dict):
        return page.template
    return {str(place): name for place, name in enumerate(page.template)}


def _room(row: dict[str, Any], columns: dict[str, str], url: str) -> tuple[records.Record, ...]:
    facts = _facts(row, columns, url)
    username = facts.get("username")
    if not isinstance(username, str):
        raise errors.PageChanged("page_changed", "a row names nobody", url=url)
    name = names.username(username, url)
    snapshot = camsoda.CamsodaOnlineSnapshot(
        username=name,
        display_name=values.text(facts.get("display_name")),
        gender=meanings.gender(values.text(facts.get("gender"))),
        show=values.show(str(facts["status"])) if facts.get("status") else None,
        subject=_plain(facts.get("subject_html")),
        viewers=values.count(facts.get("connections"), url),
        image_url=values.text(facts.get("thumb")),
        sort_value=values.number(facts.get("sort_value"), url),
        private_rating=values.number(facts.get("pvt_rating"), url),
        bitrate=values.count(facts.get("bitrate"), url),
        is_standby=values.flag(facts.get("standby")),
        has_control=values.flag(facts.get("control_her")),
    )
    own = values.count(facts.get("user_id"), url)
    known = records.StableId(username=name, kind="id", value=str(own)) if own else None
    return (snapshot, known) if known else (snapshot,)


def _facts(row: dict[str, Any], columns: dict[str, str], url: str) -> dict[str, Any]:
    """Return the values of a row by name, whichever way it carries them."""
    held = row.get("tpl")
    if held is None:
        return row
    if isinstance(held, list):
        held = {str(place): value for place, value in enumerate(held)}
    if not isinstance(held, dict) or not columns:
        raise errors.PageChanged("page_changed", "a row without its template", url=url)
    return {columns[place]: value for place, value in held.items() if place in columns}


def _plain(markup: Any) -> str | None:
    """Return the text of a subject's markup."""
    if not isinstance(markup, str):
        return None
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip() or None
