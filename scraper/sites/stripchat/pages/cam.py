"""A room as anybody sees it (`models/username/…/cam`, confidence M)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from models import records
from models.records import stripchat
from scraper import errors, json, meanings, payload, site
from scraper.sites.stripchat import endpoints, names
from scraper.sites.stripchat.pages import values

SOURCE = "stripchat"

GENDERS: Mapping[str, str] = {
    "tranny": "trans",
    **dict.fromkeys(("group", "malefemale", "males", "females"), "couple"),
    **dict.fromkeys(("maletranny", "femaletranny", "trannies"), "couple"),
}
"""Words that this site alone has (`group`, `tranny` confidence H, the others L) -> ours."""

SHOWS: Mapping[str, str] = {
    "public": "public",
    **dict.fromkeys(("private", "p2p", "virtualprivate", "p2pvoice"), "private"),
    **dict.fromkeys(("groupshow", "ticketshow"), "group"),
    "off": "offline",
}


class Goal(msgspec.Struct, frozen=True):
    """What is tipped for; an empty object or list where there is nothing."""

    description: str | None = None
    goal: values.Number | None = None
    spent: values.Number | None = None


class Cam(msgspec.Struct, frozen=True):
    """What was kept of the room."""

    topic: str | None = None
    goal: Goal | list[None] | None = None


class User(msgspec.Struct, frozen=True, rename="camel"):
    """The broadcaster."""

    id: values.Id
    username: str
    status: str
    is_online: bool | None = None
    is_live: bool | None = None
    status_changed_at: str | None = None
    viewers_count: values.Number | None = None
    favorited_count: values.Number | None = None
    gender: str | None = None
    country: str | None = None
    languages: list[str] | None = None
    preview_url_thumb_small: str | None = None
    private_rate: values.Number | None = None
    p2p_rate: values.Number | None = None
    spy_rate: values.Number | None = None
    group_rate: values.Number | None = None
    ticket_rate: values.Number | None = None


class Around(msgspec.Struct, frozen=True, rename="camel"):
    """The broadcaster, and what is known around them."""

    user: User
    curr_position: values.Number | None = None


class Elsewhere(msgspec.Struct, frozen=True, rename="camel"):
    """What is told with an error."""

    new_username: str | None = None


class Room(msgspec.Struct, frozen=True):
    """The answer; `cam` is a list where it is empty."""

    user: Around | None = None
    cam: Cam | list[None] | None = None
    error: str | None = None
    data: Elsewhere | list[None] | None = None


def cam(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read a room that was asked about.

    Somebody who is not there any more is left alone for a while. A new name is no alias: it is
    only asked about, and the id in that answer proves whose it is.
    """
    room = json.read(answer, Room)
    if room.error:
        return _nobody(answer, layout, room)
    if room.user is None:
        raise errors.PageChanged("page_changed", "neither a user nor an error", url=answer.url)
    asked = str(answer.request.context.get("username", ""))
    snapshot = _snapshot(room, room.user, answer.url)
    own = str(values.number(room.user.user.id, answer.url))
    known = records.StableId(username=snapshot.username, kind="id", value=own)
    polled = records.Polled(username=asked or snapshot.username, source=SOURCE)
    if asked not in {"", snapshot.username}:
        polled = _missing(asked, layout)
    return payload.Batch(records=(snapshot, known, polled))


def _missing(username: str, layout: site.Layout) -> records.Polled:
    rest = float(layout.sizes["not_found_rest_seconds"])
    return records.Polled(username=username, source=SOURCE, outcome="not_found", rest=rest)


def _nobody(answer: payload.Payload, layout: site.Layout, room: Room) -> payload.Batch:
    if layout.selectors["not_found_text"] not in str(room.error).lower():
        raise errors.PageChanged("page_changed", f"error {str(room.error)[:80]}", url=answer.url)
    asked = payload.context_text(answer.request, "username")
    missing = (_missing(asked, layout),)
    new = room.data.new_username if isinstance(room.data, Elsewhere) else None
    renamed = int(answer.request.context.get("renamed", 0))
    if not new or renamed or names.username(new, answer.url) == asked:
        return payload.Batch(records=missing)
    return payload.Batch(records=missing, leads=(endpoints.cam(layout, new.lower(), renamed=1),))


def _snapshot(room: Room, around: Around, url: str) -> stripchat.StripchatSnapshot:
    user = around.user
    cam = room.cam if isinstance(room.cam, Cam) else Cam()
    goal = cam.goal if isinstance(cam.goal, Goal) else Goal()
    return stripchat.StripchatSnapshot(
        username=names.username(user.username, url),
        gender=GENDERS.get((user.gender or "").lower()) or meanings.gender(user.gender),
        country=(user.country or "").upper() or None,
        languages=tuple(user.languages) if user.languages else None,
        show=shown(user.status, is_online=user.is_online, is_live=user.is_live),
        status=user.status,
        status_since=values.moment(user.status_changed_at, url),
        is_online=user.is_online,
        is_live=user.is_live,
        subject=(cam.topic or "").strip() or None,
        viewers=values.count(user.viewers_count, url),
        followers=values.count(user.favorited_count, url),
        position=values.count(around.curr_position, url),
        image_url=user.preview_url_thumb_small or None,
        private_price=values.count(user.private_rate, url),
        exclusive_price=values.count(user.p2p_rate, url),
        spy_price=values.count(user.spy_rate, url),
        group_price=values.count(user.group_rate, url),
        ticket_price=values.count(user.ticket_rate, url),
        goal=(goal.description or "").strip() or None,
        goal_tokens=values.count(goal.goal, url),
        goal_spent=values.count(goal.spent, url),
    )


def shown(status: str, *, is_online: bool | None, is_live: bool | None) -> str:
    """Return what is shown.

    Whoever is not online shows nothing, whatever the status still says; whoever is idle is away for
    as long as the stream lasts.
    """
    word = status.lower()
    if is_online is False:
        return "offline"
    if word == "idle":
        return "away" if is_live else "offline"
    return SHOWS.get(word, word)
