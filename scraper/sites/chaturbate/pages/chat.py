"""What was said and given in a room, from the history that its page loads (confidence B).

An item carries its topic inside, or is wrapped under its topic's key; what an unknown topic says
is left to the archive.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import names

SOURCE = "chaturbate.room_history"

Tokens = Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=4_102_444_800)]


class Room(msgspec.Struct, frozen=True):
    """`chatvideocontext` (confidence A), as far as it is kept."""

    broadcaster_username: str
    broadcaster_uid: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,40}$")]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What all items of a history have: a native id, and a time in epoch seconds."""

    tid: str | None = None
    id: str | None = None
    ts: Seconds
    message: str = ""


class Sender(msgspec.Struct, frozen=True):
    """Who wrote a message."""

    username: str


class Message(Item, frozen=True, kw_only=True):
    """RoomMessageTopic."""

    from_user: Sender


class Tip(Item, frozen=True, kw_only=True):
    """RoomTipAlertTopic. Whose name an anonymous tip carries is not known: the flag decides."""

    amount: Tokens
    from_username: str = ""
    is_anonymous_tip: bool = False


class Deed(Item, frozen=True, kw_only=True):
    """RoomPurchaseTopic and RoomFanClubJoinedTopic."""

    from_username: str


def room_context(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the id of a room, for the request of its history.

    Raises PageChanged if the answer is about another room: pages have been seen to carry the
    context of the room that was open before.
    """
    room = json.read(answer, Room)
    asked = payload.context_text(answer.request, "room")
    if room.broadcaster_username.lower() != asked:
        raise errors.PageChanged(
            "page_changed",
            f"asked for the room {asked}, got {room.broadcaster_username[:80]!r}",
            url=answer.url,
        )
    lead = endpoints.room_history(layout, answer.request, room.broadcaster_uid)
    return payload.Batch(leads=(lead,))


def room_history(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read messages, tips, sales and fan club joins of a room."""
    del layout
    return payload.Batch(records=acts(answer))


def acts(answer: payload.Payload) -> tuple[records.Interaction, ...]:
    """Return what a history tells of, in its order."""
    equals: Counter[str] = Counter()
    found = []
    for topic, item in map(_unwrapped, _items(answer)):
        if reader := READERS.get(topic):
            act = reader(item, answer)
            found.append(_apart(act, equals))
    return tuple(found)


def _items(answer: payload.Payload) -> Iterable[dict[str, Any]]:
    """Return a history's items: a list, or the values of an object (confidence D)."""
    if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return json.read(answer, dict[str, dict[str, Any]]).values()
    return json.read(answer, list[dict[str, Any]])


def _unwrapped(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return an item's topic ("RoomMessageTopic") and what it says, whichever form it has."""
    topic = item.get("_topic")
    if topic is None and len(item) == 1:
        topic, inner = next(iter(item.items()))
        item = inner if isinstance(inner, dict) else {}
    return str(topic).partition("#")[0], item


def _message(item: dict[str, Any], answer: payload.Payload) -> records.Interaction:
    said = json.convert(item, Message, answer.url)
    return _act(said, answer, "chat", said.from_user.username)


def _tip(item: dict[str, Any], answer: payload.Payload) -> records.Interaction:
    tip = json.convert(item, Tip, answer.url)
    given = tip.from_username.lower() == answer.request.context.get("account")
    act = _act(tip, answer, "tip", "" if tip.is_anonymous_tip else tip.from_username)
    return msgspec.structs.replace(act, tokens=-tip.amount if given else tip.amount)


def _purchase(item: dict[str, Any], answer: payload.Payload) -> records.Interaction:
    deed = json.convert(item, Deed, answer.url)
    return _act(deed, answer, "purchase", deed.from_username)


def _fanclub(item: dict[str, Any], answer: payload.Payload) -> records.Interaction:
    deed = json.convert(item, Deed, answer.url)
    return _act(deed, answer, "fanclub_join", deed.from_username)


READERS: Mapping[str, Callable[[dict[str, Any], payload.Payload], records.Interaction]] = {
    "RoomMessageTopic": _message,
    "RoomTipAlertTopic": _tip,
    "RoomPurchaseTopic": _purchase,
    "RoomFanClubJoinedTopic": _fanclub,
}


def _act(item: Item, answer: payload.Payload, kind: str, username: str) -> records.Interaction:
    return records.Interaction(
        source=SOURCE,
        room=payload.context_text(answer.request, "room"),
        key=item.tid or item.id or "",
        at=datetime.fromtimestamp(item.ts, UTC),
        kind=kind,
        username=names.username(username, answer.url) if username else None,
        text=item.message or None,
    )


def _apart(act: records.Interaction, equals: Counter[str]) -> records.Interaction:
    """Give an act without an id a key of what it is and its number among equals."""
    if act.key:
        return act
    facts = f"{act.at.isoformat()}|{act.kind}|{act.username}|{act.tokens}|{act.text}"
    mark = hashlib.sha256(facts.encode("utf-8", "replace")).hexdigest()[:20]
    equals[mark] += 1
    return msgspec.structs.replace(act, key=f"{mark}-{equals[mark] - 1}")
