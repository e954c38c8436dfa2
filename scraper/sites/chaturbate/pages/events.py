"""The feed of events of the account's rooms (Events API, confidence A).

An event's broadcaster, and whoever acted, stand within its object. What cannot be read as one of
the twelve known methods is kept as it is, as an act of kind `unknown`: the rest is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib import parse

import msgspec

from models import records
from scraper import errors, json, payload, redact, site
from scraper.sites.chaturbate import feed
from scraper.sites.chaturbate.pages import event_shapes as shapes
from scraper.sites.chaturbate.pages import names

SOURCE = "chaturbate.events"

LOST = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.GONE})
"""How the feed says that it does not have a place any more."""

CURSOR = re.compile(r"[\x21-\x7e]{1,200}")
LONGEST = 200
"""Characters of an id."""

STAMPED = re.compile(r"([0-9]{12,13})-[0-9]{1,12}")
"""An id that begins with its time, in milliseconds since 1970."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says, beside where and when."""

    kind: str
    user: str | None = None
    tokens: int | None = None
    text: str | None = None
    private: bool = False


def events(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read what the feed has, and ask on while it has something.

    The payload states the Cursor behind its own events. Raises PageChanged if the place to go on
    from is not the feed's own, or is none.
    """
    if answer.status in LOST:
        return _from_elsewhere(answer, layout)
    if answer.status == HTTPStatus.NO_CONTENT:
        return payload.Batch()
    said = json.read(answer, shapes.Answer)
    found = [_interaction(event, answer) for event in said.events]
    before = answer.request.context.get("cursor")
    cursor = _cursor(said.next_url, answer) or (_last_id(said.events) if found else None)
    if cursor is None or cursor == before:
        return payload.Batch(records=tuple(found))
    return payload.Batch(
        records=(*found, records.Cursor(value=cursor)),
        leads=_further(answer, layout, cursor) if found else (),
    )


def _further(
    answer: payload.Payload, layout: site.Layout, cursor: str
) -> tuple[payload.Request, ...]:
    if payload.context_number(answer.request, "left") <= 0:
        return ()
    return (feed.events_after(layout, answer.request, cursor),)


def _from_elsewhere(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Go on from where the feed says, if it does not have the place that was asked for.

    Where it names none, from its backlog.
    """
    gone = answer.status == HTTPStatus.GONE
    cursor = "" if gone else _cursor(json.read(answer, shapes.Stale).next_url, answer) or ""
    asked = str(answer.request.context.get("cursor", ""))
    if cursor == asked:
        raise errors.PageChanged(
            "page_changed", "the feed refuses a place and names no other", url=answer.url
        )
    since, until = (_stamped(place) for place in (asked, cursor))
    lost = records.Missed(reason="cursor_lost", since=since, until=until)
    further = _further(answer, layout, cursor)
    return payload.Batch(records=(lost, records.Cursor(value=cursor)), leads=further)


def _cursor(next_url: str | None, answer: payload.Payload) -> str | None:
    """Return the place that an address of the feed names; None for no address or no place in it."""
    if next_url is None:
        return None
    fault = "leads to another host or path"
    with contextlib.suppress(ValueError):
        if _where(next_url) == _where(answer.request.url):
            places = dict(parse.parse_qsl(parse.urlsplit(next_url).query, max_num_fields=20))
            cursor = places.get("i")
            if not cursor or CURSOR.fullmatch(cursor):
                return cursor or None
            fault = "names a place that can be none"
    raise errors.PageChanged("page_changed", f"nextUrl {fault}", url=answer.url)


def _where(url: str) -> tuple[str | None, int | None, str]:
    """Return an address's host, port and path, the token in it hidden."""
    parts = parse.urlsplit(url)
    path = parts.path.replace("/:token/", f"/{redact.HIDDEN}/").rstrip("/").lower()
    return parts.hostname, parts.port, path


def _last_id(found: list[Any]) -> str | None:
    ids = [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]
    return ids[-1] if ids and CURSOR.fullmatch(ids[-1]) else None


def _interaction(event: Any, answer: payload.Payload) -> records.Interaction:
    """Return what an event says, or, where it cannot be read, the event itself."""
    said = event if isinstance(event, dict) else {}
    known, what = READERS.get(str(said.get("method"))), said.get("object")
    account = payload.context_text(answer.request, "room")
    room, act = account, None
    with contextlib.suppress(errors.PageChanged):
        room = _room(json.convert(what, shapes.Room, answer.url), answer) or account
        act = known(what, answer) if known else None
    act = act or Act(kind="unknown", text=_whole(event), private=True)
    given = act.user == account != room and act.tokens is not None
    return records.Interaction(
        source=SOURCE,
        room=room,
        key=_key(said, event),
        at=_moment(said, answer),
        kind=act.kind,
        username=act.user,
        tokens=-act.tokens if given and act.tokens else act.tokens,
        text=act.text,
        private=act.private,
    )


def _room(said: shapes.Room, answer: payload.Payload) -> str:
    return names.username(said.broadcaster, answer.url) if said.broadcaster else ""


def _key(said: dict[str, Any], event: Any) -> str:
    known = said.get("id")
    if known and isinstance(known, str | int) and len(str(known)) <= LONGEST:
        return str(known)
    return hashlib.sha256(msgspec.json.encode(event, order="sorted")).hexdigest()[:20]


def _moment(said: dict[str, Any], answer: payload.Payload) -> datetime:
    """Return the time that the id begins with; when it was fetched for an id that tells none."""
    return _stamped(str(said.get("id"))) or answer.fetched_at


def _stamped(place: str) -> datetime | None:
    stamp = STAMPED.fullmatch(place)
    return datetime.fromtimestamp(int(stamp[1]) / 1000, UTC) if stamp else None


def _whole(event: Any) -> str:
    """Return an event's JSON, without the user where it says that somebody is anonymous."""
    what = event.get("object") if isinstance(event, dict) else None
    if isinstance(what, dict) and _hides_somebody(what):
        left = {name: value for name, value in what.items() if name != "user"}
        event = {**event, "object": left}
    return msgspec.json.encode(event).decode()


def _hides_somebody(what: dict[str, Any]) -> bool:
    """Whether an object says that anything in it is anonymous, or of a tip not that it is none."""
    inner = [what, *(one for one in what.values() if isinstance(one, dict))]
    tip = what.get("tip")
    unsaid = isinstance(tip, dict) and "isAnon" not in tip
    return unsaid or any(one.get("isAnon", False) is not False for one in inner)


def _deed(kind: str) -> Callable[[Any, payload.Payload], Act]:
    def read(what: Any, answer: payload.Payload) -> Act:
        deed = json.convert(what, shapes.Deed, answer.url)
        return Act(kind=kind, user=names.username(deed.user.username, answer.url))

    return read


def _message(what: Any, answer: payload.Payload) -> Act:
    said = json.convert(what, shapes.Message, answer.url)
    user = names.username(said.user.username, answer.url)
    return Act(kind="chat", user=user, text=said.message.message or None)


def _private_message(what: Any, answer: payload.Payload) -> Act:
    kind = "private_message" if what.get("broadcaster") else "direct_message"
    return msgspec.structs.replace(_message(what, answer), kind=kind, private=True)


def _tip(what: Any, answer: payload.Payload) -> Act:
    said = json.convert(what, shapes.Tip, answer.url)
    giver = "" if said.tip.is_anon else said.user.username if said.user else "?"
    user = names.username(giver, answer.url) if giver else None
    note = re.sub(r"^ ?\| ", "", said.tip.message)
    return Act(kind="tip", user=user, tokens=said.tip.tokens, text=note or None)


def _purchase(what: Any, answer: payload.Payload) -> Act:
    said = json.convert(what, shapes.Purchase, answer.url)
    user = names.username(said.user.username, answer.url)
    return Act(kind="purchase", user=user, tokens=said.media.tokens, text=said.media.name or None)


def _subject(what: Any, answer: payload.Payload) -> Act:
    said = json.convert(what, shapes.Subject, answer.url)
    return Act(kind="subject", text=said.subject or None)


READERS: Mapping[str, Callable[[Any, payload.Payload], Act]] = {
    "broadcastStart": _deed("broadcast_start"),
    "broadcastStop": _deed("broadcast_stop"),
    "chatMessage": _message,
    "privateMessage": _private_message,
    "tip": _tip,
    "fanclubJoin": _deed("fanclub_join"),
    "follow": _deed("follow"),
    "unfollow": _deed("unfollow"),
    "userEnter": _deed("enter"),
    "userLeave": _deed("leave"),
    "mediaPurchase": _purchase,
    "roomSubjectChange": _subject,
}
"""Method -> what reads its object."""
