"""Messages of a room, as its chat history and its socket tell them (confidence H).

A message has an id, so that both ways state the same acts. What cannot be read as a known type is
kept as it is, as an act of kind `unknown`: the rest is read.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.stripchat import frames, names
from scraper.sites.stripchat.pages import values

SOURCE = "stripchat.chat"

LONGEST = 200
"""Characters of an id."""


class Person(msgspec.Struct, frozen=True, rename="camel"):
    """Who sent a message."""

    id: values.Id | None = None
    username: str | None = None
    is_deleted: bool = False


class Lovense(msgspec.Struct, frozen=True, rename="camel"):
    """What a toy did, and whose tip made it."""

    text: str | None = None
    client_user_info: Person | None = None


class Content(msgspec.Struct, frozen=True):
    """Something bought."""

    cost: values.Number | None = None
    type: str | None = None


class Subscription(msgspec.Struct, frozen=True):
    """A membership of the fan club."""

    tier: str | None = None


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """What a message says, by its type."""

    body: str | None = None
    amount: values.Number | None = None
    lovense_details: Lovense | None = None
    content: Content | None = None
    fan_club_subscription: Subscription | None = None


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """A message; empty objects are lists in some."""

    type: str
    created_at: str
    user_data: Person | list[None] | None = None
    details: Details | list[None] | None = None


class Answer(msgspec.Struct, frozen=True):
    """The chat history: its recent end, in no certain order."""

    messages: list[Any]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says, beside where, when and who."""

    kind: str
    tokens: int | None = None
    text: str | None = None
    private: bool = False
    named: bool = True


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message was found; `at`: when, for one that does not say."""

    source: str
    room: str
    at: datetime
    url: str


def chat(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the recent messages of a room (`models/username/…/chat`, confidence M), oldest first."""
    del layout
    place = Place(
        source=SOURCE,
        room=payload.context_text(answer.request, "room"),
        at=answer.fetched_at,
        url=answer.url,
    )
    messages = sorted(json.read(answer, Answer).messages, key=_number)
    stated = [record for message in messages for record in told(message, place)]
    return payload.Batch(records=tuple(dict.fromkeys(stated)))


def _number(message: Any) -> int:
    said = message.get("id") if isinstance(message, dict) else None
    return int(str(said)) if str(said).isdecimal() and len(str(said)) <= LONGEST else 0


def told(message: Any, place: Place) -> Iterator[records.Record]:
    """Yield what a message states: an act, and the id of who acted; nothing for a deleted one."""
    read, act = None, Act(kind="unknown", private=True, named=False)
    with contextlib.suppress(errors.PageChanged):
        read = json.convert(message, Message, place.url)
        act = READERS.get(read.type, _unknown)(_details(read), place.url)
    if isinstance(message, dict) and (message.get("isDeleted") is True or _is_gone(read)):
        return
    who = _who(read, message) if act.named else None
    name = None
    if who is not None:
        with contextlib.suppress(errors.PageChanged):
            name = names.username(who.username or "", place.url)
    yield records.Interaction(
        source=place.source,
        room=place.room,
        key=key(message),
        at=_at(read, place),
        kind=act.kind,
        username=name,
        tokens=act.tokens,
        text=whole(message) if act.kind == "unknown" else act.text,
        private=act.private,
    )
    if name is not None and who is not None and values.is_id(who.id):
        yield records.StableId(username=name, kind="id", value=str(who.id))


def _is_gone(read: Message | None) -> bool:
    return read is not None and isinstance(read.user_data, Person) and read.user_data.is_deleted


def _who(read: Message | None, message: Any) -> Person | None:
    if read is None or frames.is_anonymous(message):
        return None
    if read.type == "lovense":
        echo = _details(read).lovense_details
        return echo.client_user_info if echo else None
    return read.user_data if isinstance(read.user_data, Person) else None


def _details(read: Message) -> Details:
    return read.details if isinstance(read.details, Details) else Details()


def key(message: Any) -> str:
    """Return a message's id, else its cache's, else what marks its words."""
    said = message if isinstance(message, dict) else {}
    for known in (said.get("id"), said.get("cacheId")):
        if known and isinstance(known, str | int) and len(str(known)) <= LONGEST:
            return str(known)
    return mark(message)


def mark(value: Any) -> str:
    """Return a short text that another value has not."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:20]


def whole(message: Any) -> str:
    """Return a message's JSON; without a name where it says that somebody is anonymous."""
    open_ = frames.nameless(message) if frames.is_anonymous(message) else message
    return msgspec.json.encode(open_).decode()


def _at(read: Message | None, place: Place) -> datetime:
    with contextlib.suppress(errors.PageChanged):
        return values.moment(read.created_at if read else None, place.url) or place.at
    return place.at


def _unknown(_details: Details, _url: str) -> Act:
    return Act(kind="unknown", private=True, named=False)


def _text(details: Details, _url: str) -> Act:
    return Act(kind="chat", text=details.body or None)


def _tip(*, private: bool) -> Callable[[Details, str], Act]:
    def read(details: Details, url: str) -> Act:
        tokens = values.number(details.amount, url)
        if tokens < 1:
            raise errors.PageChanged("page_changed", f"a tip of {tokens}", url=url)
        return Act(kind="tip", tokens=tokens, text=details.body or None, private=private)

    return read


def _echo(details: Details, _url: str) -> Act:
    """Read what a toy tells of a tip: the tip itself is another message."""
    echo = details.lovense_details or Lovense()
    return Act(kind="notice", text=echo.text if echo.client_user_info else None)


def _goal(details: Details, _url: str) -> Act:
    return Act(kind="goal", text=details.body or None, named=False)


def _notice(words: str, *, named: bool = True) -> Callable[[Details, str], Act]:
    return lambda _details, _url: Act(kind="notice", text=words, named=named)


def _joined(details: Details, _url: str) -> Act:
    known = details.fan_club_subscription or Subscription()
    return Act(kind="fanclub_join", text=known.tier or None)


def _bought(details: Details, url: str) -> Act:
    known = details.content or Content()
    return Act(kind="purchase", tokens=values.count(known.cost, url), text=known.type or None)


READERS: Mapping[str, Callable[[Details, str], Act]] = {
    "text": _text,
    "tip": _tip(private=False),
    "privateTip": _tip(private=True),
    "lovense": _echo,
    **dict.fromkeys(("goal", "thresholdGoal", "repeatGoal"), _goal),
    "newKing": _notice("became king"),
    "userSubscribedOnFanClub": _joined,
    "userBoughtContent": _bought,
    "userMuted": _notice("somebody was muted", named=False),
    "clearChat": _notice("the chat was cleared", named=False),
}
"""Type of a message -> what reads its details."""
