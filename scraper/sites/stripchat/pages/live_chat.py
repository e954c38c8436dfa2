"""What a room's socket tells: messages, the state of the broadcast, its goal and its topic."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from models import records
from scraper import errors, json, payload, site, talk
from scraper.sites.stripchat import frames
from scraper.sites.stripchat.pages import cam, chat, values

SOURCE = "stripchat.live_chat"


class Model(msgspec.Struct, frozen=True, rename="camel"):
    """The broadcaster, as far as a change of state tells."""

    status: str | None = None
    is_online: bool | None = None
    is_live: bool | None = None


class Changed(msgspec.Struct, frozen=True):
    """A change of the broadcast; who made which is known of `model` alone (confidence L)."""

    model: Model | None = None
    broadcast: Model | None = None


class Goal(msgspec.Struct, frozen=True, rename="camel"):
    """What is tipped for (confidence H)."""

    description: str | None = None
    goal: values.Number | None = None
    spent: values.Number | None = None


class Aim(msgspec.Struct, frozen=True):
    """A change of the goal."""

    goal: Goal


class Topic(msgspec.Struct, frozen=True):
    """A change of the topic (a construction, confidence L)."""

    topic: str


def live_chat(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read frames as they were heard. What a frame says more than once is stated once."""
    del layout
    room = payload.context_text(answer.request, "room")
    stated: dict[object, records.Record] = {}
    for frame in talk.heard(answer):
        place = chat.Place(source=SOURCE, room=room, at=frame.at, url=answer.url)
        for number, value in enumerate(frames.values(frame.text)):
            for record in _told(value, place, number) if value != {} else ():
                stated.setdefault(_same(record), record)
    return payload.Batch(records=tuple(stated.values()))


def _same(record: records.Record) -> object:
    """Return what two records have in common that are about one thing."""
    return record.key if isinstance(record, records.Interaction) else record


def _told(value: Any, place: chat.Place, number: int) -> Iterator[records.Record]:
    push = frames.push(value)
    data = push.data if push is not None and push.channel == "newChatMessage" else None
    if isinstance(data, dict) and "message" in data:
        yield from chat.told(data["message"], place)
    elif push is not None or not _is_answer(value):
        yield _act(push, value, place, number)


def _is_answer(value: Any) -> bool:
    """Whether a value only answers what was said, or greets."""
    return isinstance(value, dict) and ("id" in value or "subscriptionKey" in value)


def _act(
    push: frames.Push | None, value: Any, place: chat.Place, number: int
) -> records.Interaction:
    """Return what a push says, or, where it cannot be read, the push itself."""
    read = READERS.get(push.channel) if push else None
    kind, text = "unknown", chat.whole(value)
    with contextlib.suppress(errors.PageChanged):
        if push is not None and read is not None:
            kind, text = read(push.data, place.url)
    return records.Interaction(
        source=place.source,
        room=place.room,
        key=_key(push, value, place, number),
        at=place.at,
        kind=kind,
        text=text or None,
        private=kind == "unknown",
    )


def _key(push: frames.Push | None, value: Any, place: chat.Place, number: int) -> str:
    """Return what tells a push from others: its place on the channel and day, else its arrival."""
    mark = chat.mark(value)
    if push is not None and push.offset is not None:
        return f"{place.at:%Y%m%d}-{push.channel[:60]}-{push.offset}-{mark}"
    return f"{place.at:%Y%m%dT%H%M%S.%f}-{number}-{mark}"


def _state(data: Any, url: str) -> tuple[str, str]:
    """Read whether the room began or ended its broadcast, or only shows something else."""
    changed = json.convert(data, Changed, url)
    model = changed.model or changed.broadcast
    if model is None or (model.status is None and model.is_live is None):
        raise errors.PageChanged("page_changed", "a change without a state", url=url)
    word = model.status or ("public" if model.is_live else "off")
    show = cam.shown(word, is_online=model.is_online, is_live=model.is_live)
    if show == "offline" or model.is_live is False:
        return "broadcast_stop", word
    return ("broadcast_start" if show == "public" else "status"), word


def _goal(data: Any, url: str) -> tuple[str, str]:
    goal = json.convert(data, Aim, url).goal
    spent, wanted = values.count(goal.spent, url), values.count(goal.goal, url)
    return "goal", f"{goal.description or ''} ({spent or 0} of {wanted or 0})".strip()


def _topic(data: Any, url: str) -> tuple[str, str]:
    return "subject", json.convert(data, Topic, url).topic


READERS: Mapping[str, Callable[[Any, str], tuple[str, str]]] = {
    **dict.fromkeys(("modelStatusChanged", "broadcastChanged"), _state),
    "goalChanged": _goal,
    "topicChanged": _topic,
}
"""Channel -> what reads its pushes as kind and text."""
