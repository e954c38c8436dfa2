"""What an extension of ours in the operator's own room sends us (Extensions SDK, confidence H).

The SDK's events as they are, in a body of our own: `{"event": NAME, "at": TIME, "room": NAME,
"data": PAYLOAD}`, or several of these as `{"events": […]}`, whose `room` may stand beside. An event
that cannot be read is kept as it is, as an act of kind `unknown`; the others are read.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from models import records
from models.records import stripchat
from scraper import errors, json, meanings, payload, site

SOURCE = "stripchat.bridge"

Number = int | float | str
Kind = Literal["public", "private"]


class User(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody in the room; a guest has no name."""

    is_guest: bool = True
    username: str | None = None


class Tip(msgspec.Struct, frozen=True, rename="camel"):
    """Tokens that were spent. `is_original_source`: by way of the extension, which tells it too."""

    amount: Number
    is_anonymous: bool
    type: Kind
    is_original_source: bool = False
    message: str | None = None
    user: User | None = None
    id: int | str | None = None


class Spent(msgspec.Struct, frozen=True, rename="camel"):
    """`v1.tokens.spent`."""

    tip_data: Tip


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """`v1.chat.message.received`."""

    message_text: str
    type: Kind
    sender: User | None = None


class Viewers(msgspec.Struct, frozen=True):
    """`v1.ext.viewers.updated`; null while the show is none that counts them."""

    total: meanings.Whole


class Model(msgspec.Struct, frozen=True):
    """The broadcaster."""

    status: str


class Context(msgspec.Struct, frozen=True):
    """What surrounds the extension."""

    model: Model


class Surrounded(msgspec.Struct, frozen=True):
    """`v1.ext.context.updated`."""

    context: Context


class Payment(msgspec.Struct, frozen=True, rename="camel"):
    """Tokens that somebody paid for what the extension sells."""

    amount: Number
    transaction_id: int | str


class Paid(msgspec.Struct, frozen=True, rename="camel"):
    """`v1.payment.tokens.spend.succeeded`."""

    payment_data: Payment


SHOWS: Mapping[str, str] = {"public": "broadcast_start", "off": "broadcast_stop"}
"""The room's status -> what it says of the broadcast; any other is a show, or a pause."""

Facts = dict[str, Any]


def bridge(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read what the extension sent. Raises PageChanged for what is no such body.

    An act's key is its native id, else what is said, when, and its number among equals in the body:
    sent again it is one act still. Of a room's viewers the last word is a snapshot.
    """
    told = json.read(answer, dict[str, Any])
    several = told.get("events", [told] if isinstance(told.get("event"), str) else None)
    if not isinstance(several, list):
        raise errors.PageChanged("page_changed", "neither event nor events", url=answer.url)
    equals: Counter[str] = Counter()
    acts: list[records.Record] = []
    viewers: dict[str, int] = {}
    for event in several:
        said = event if isinstance(event, dict) else {}
        facts, room = _read(said, answer), _room(said, told, answer)
        if facts is None:
            continue
        if "viewers" in facts:
            viewers[room] = facts["viewers"]
            continue
        native = facts.pop("key", None)
        at = meanings.moment(said.get("at")) or answer.fetched_at
        mark = _mark(event, at)
        acts.append(
            records.Interaction(
                source=SOURCE,
                room=room,
                key=native or f"{mark}-{equals[mark]}",
                at=at,
                **facts or {"kind": "unknown", "text": _whole(event), "private": True},
            )
        )
        equals[mark] += 1
    watched = (
        stripchat.StripchatLiveSnapshot(username=room, viewers=count)
        for room, count in viewers.items()
    )
    return payload.Batch(records=(*acts, *watched))


def _read(said: dict[str, Any], answer: payload.Payload) -> Facts | None:
    """Return what an event says: None to skip it, nothing where it cannot be read."""
    reader = READERS.get(str(said.get("event")))
    if reader:
        with contextlib.suppress(errors.PageChanged):
            return reader(said.get("data"), answer.url)
    return {}


def _spent(data: Any, url: str) -> Facts | None:
    tip = json.convert(data, Spent, url).tip_data
    if tip.is_original_source:
        return None
    tokens = meanings.tokens(tip.amount)
    if tokens is None:
        return {}
    facts: Facts = {"kind": "tip", "username": None if tip.is_anonymous else _name(tip.user)}
    facts |= {"tokens": tokens, "text": meanings.text(tip.message)}
    return facts | {"private": tip.type == "private", "key": _native("tip", tip.id)}


def _message(data: Any, url: str) -> Facts:
    said = json.convert(data, Message, url)
    private = said.type == "private"
    facts: Facts = {
        "kind": "private_message" if private else "chat",
        "username": _name(said.sender),
    }
    return facts | {"text": meanings.text(said.message_text), "private": private}


def _viewers(data: Any, url: str) -> Facts | None:
    if data is None:
        return None
    return {"viewers": json.convert(data, Viewers, url).total}


def _surrounded(data: Any, url: str) -> Facts:
    """Read what the room shows. That it was private before is nothing the SDK tells."""
    word = json.convert(data, Surrounded, url).context.model.status
    return {"kind": SHOWS.get(word, "status"), "text": word}


def _paid(data: Any, url: str) -> Facts:
    paid = json.convert(data, Paid, url).payment_data
    tokens, key = meanings.tokens(paid.amount), _native("paid", paid.transaction_id)
    return {"kind": "purchase", "tokens": tokens, "key": key} if tokens else {}


READERS: Mapping[str, Callable[[Any, str], Facts | None]] = {
    "v1.tokens.spent": _spent,
    "v1.chat.message.received": _message,
    "v1.ext.viewers.updated": _viewers,
    "v1.ext.context.updated": _surrounded,
    "v1.payment.tokens.spend.succeeded": _paid,
}
"""Event of the SDK -> what reads its payload."""


def _name(user: User | None) -> str | None:
    return None if user is None or user.is_guest else meanings.who(user.username)


def _native(what: str, known: int | str | None) -> str | None:
    return None if known in (None, "") else f"{what}-{known}"[:200]


def _mark(event: Any, at: datetime) -> str:
    told = msgspec.json.encode(event, order="sorted")
    return f"{at:%Y%m%dT%H%M%S.%f}-{hashlib.sha256(told).hexdigest()[:16]}"


def _room(said: dict[str, Any], told: dict[str, Any], answer: payload.Payload) -> str:
    named = meanings.who(said.get("room")) or meanings.who(told.get("room"))
    return named or payload.context_text(answer.request, "room")


def _whole(event: Any) -> str:
    """Return an event's JSON, without the user where it says that somebody is anonymous."""
    data = event.get("data") if isinstance(event, dict) else None
    tip = data.get("tipData") if isinstance(data, dict) else None
    if isinstance(tip, dict) and tip.get("isAnonymous") is not False:
        left = {name: value for name, value in tip.items() if name != "user"}
        event = {**event, "data": {"tipData": left}}
    return msgspec.json.encode(event).decode()
