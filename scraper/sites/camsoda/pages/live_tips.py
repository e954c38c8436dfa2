"""What the chat's socket tells: tips, notices, state and viewers (confidence H for 2023).

No frame has an id or a time: acts bear the time of their arrival. A tip carries a running number,
by which the same frame twice is told from two equal tips.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from models import records
from models.records import camsoda
from scraper import errors, html, payload, site, talk
from scraper.sites.camsoda import frames, names
from scraper.sites.camsoda.pages import values

SOURCE = "camsoda.live_tips"

AGAIN = timedelta(seconds=1)
"""Within which the same frame once more is no second act."""

LONGEST = 10_000
"""Characters of a frame that is kept as it is."""

Told = tuple[talk.Frame, frames.Frame | None]
"""A frame as it was heard, and what it holds, where it has the known form."""

_BOILERPLATE = re.compile(r"^\S+ tipped \S+ tokens?\W*", re.IGNORECASE)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What a frame says, beside when."""

    kind: str
    username: str | None = None
    tokens: int | None = None
    text: str | None = None


def live_tips(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read frames as they were heard.

    What is no known frame is kept as it is, as an act of kind `unknown`. How many watch is no act:
    the last word on it is a snapshot of the room.
    """
    del layout
    room = payload.context_text(answer.request, "room")
    told: list[Told] = []
    viewers: int | None = None
    for heard in talk.heard(answer):
        frame = frames.read(heard.text)
        count = _viewers(frame, answer.url)
        if count is None:
            told.append((heard, frame))
        else:
            viewers = count
    stated: list[records.Record] = [*_acts(told, room, answer.url)]
    if viewers is not None:
        stated.append(camsoda.CamsodaOnlineSnapshot(username=room, viewers=viewers))
    return payload.Batch(records=tuple(stated))


def _acts(told: Iterable[Told], room: str, url: str) -> Iterator[records.Interaction]:
    seen: dict[str, datetime] = {}
    for heard, frame in told:
        if frame is not None and frame.number in SILENT:
            continue
        mark = hashlib.sha256(heard.text.encode("utf-8", "replace")).hexdigest()[:20]
        numbered = frame is not None and _is_numbered(frame)
        if numbered and mark in seen and heard.at - seen[mark] < AGAIN:
            continue
        seen[mark] = heard.at
        act = _act(frame, heard.text, url)
        yield records.Interaction(
            source=SOURCE,
            room=room,
            key=f"{heard.at:{'%Y%m%dT%H%M%S' if numbered else '%Y%m%dT%H%M%S.%f'}}-{mark}",
            at=heard.at,
            kind=act.kind,
            username=act.username,
            tokens=act.tokens,
            text=act.text,
            private=act.kind == "unknown",
        )


def _viewers(frame: frames.Frame | None, url: str) -> int | None:
    """Return how many watch, None for a frame that does not say so."""
    if frame is None or frame.number != frames.COUNT or not frame.texts:
        return None
    with contextlib.suppress(errors.PageChanged):
        found = values.count(frame.texts[0], url)
        return found if found is not None and found >= 0 else None
    return None


def _is_numbered(frame: frames.Frame) -> bool:
    return frame.number == frames.NOTICE and isinstance(frame.facts.get("recent_tips"), int | str)


def _act(frame: frames.Frame | None, text: str, url: str) -> Act:
    """Return what a frame says, or, where it cannot be read, the frame itself."""
    read = READERS.get(frame.number) if frame is not None else None
    with contextlib.suppress(errors.PageChanged):
        if frame is not None and read is not None:
            return read(frame, url)
    return Act(kind="unknown", text=frames.may_be_kept(text)[:LONGEST])


def _notice(frame: frames.Frame, url: str) -> Act:
    """Read a tip, or what else is announced: only what is a tip of at least one token counts."""
    hidden = frames.is_anonymous(frame)
    name = frame.facts.get("subject_username")
    who = None if hidden or name is None else names.username(str(name), url)
    said = None if hidden else _text(frame, url)
    tokens = values.count(frame.facts.get("value"), url) or 0
    if frame.facts.get("is_tip") is not True or tokens < 1:
        return Act(kind="notice", username=who, text=said)
    note = _BOILERPLATE.sub("", said) if said else None
    return Act(kind="tip", username=who, tokens=tokens, text=note or None)


def _status(frame: frames.Frame, url: str) -> Act:
    said = _text(frame, url) or " ".join(_strings(frame.facts)) or None
    ended = any("offline" in one.lower() for one in (said or "", *_strings(frame.facts)))
    return Act(kind="broadcast_stop" if ended else "status", text=said)


def _strings(facts: Mapping[str, Any]) -> list[str]:
    return [value for value in facts.values() if isinstance(value, str)]


def _text(frame: frames.Frame, url: str) -> str | None:
    """Return the texts of a frame without their markup."""
    markup = [one for one in frame.texts if isinstance(one, str)]
    return " ".join(filter(None, (html.plain(one, url) for one in markup))) or None


SILENT = frozenset({frames.AUTHORIZED, frames.MOVE})
"""Numbers of frames that say nothing of what happens in the room."""

READERS: Mapping[int, Callable[[frames.Frame, str], Act]] = {
    frames.NOTICE: _notice,
    frames.STATUS: _status,
}
"""Number of a frame -> what reads it."""
