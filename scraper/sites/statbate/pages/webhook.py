"""What Statbate's webhooks tell of: `model.tip` and `member.first_tip`.

There are two public descriptions, and both are read. The help page's body is flat and has neither
event, id nor time (confidence M). The documentation's has an event, a timestamp and `data`, of
which no sample is published: the names that it may use are all accepted.

A webhook that is not acknowledged is sent again, and both events may tell of one tip, so what says
the same is the same tip: with a timestamp, in that second; without one, within a window
(`retry_window_seconds`) by our clock. So of two equal tips within a window one is lost, and a tip
that is sent again in the next window counts twice.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from models import records
from scraper import errors, json, meanings, payload, site
from scraper.sites.statbate import endpoints
from scraper.sites.statbate.pages import platforms

SOURCE = "statbate.webhook"

EVENTS = ("event", "event_type", "type")
TIMES = ("timestamp", "time", "created_at")
PLATFORMS = ("site", "platform")
ROOMS = ("model", "room", "model_name", "broadcaster")
MEMBERS = ("member", "donator", "member_name", "user", "name")
AMOUNTS = ("amount", "tokens", "tip_amount")
TEXTS = ("body", "message", "text")
FIRSTS = ("is_first_tip", "first_tip")
"""How a body may call each thing, best first."""

FIRST = "member.first_tip"
TIPS = frozenset({"model.tip", FIRST})


def webhook(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read one body: a tip, and a notice where it is the member's first one in the room.

    Another event is kept as it is. Raises PageChanged for a tip without a room or an amount.
    """
    told = json.read(answer, dict[str, Any])
    event = _said(told, EVENTS)
    inner = told.get("data")
    facts = told | inner if isinstance(inner, dict) else told
    if isinstance(event, str) and event not in TIPS:
        return payload.Batch(records=(_unread(answer, told, layout),))
    tip = _tip(answer, facts, layout)
    first = event == FIRST or _said(facts, FIRSTS) is True
    if not first or tip.username is None:
        return payload.Batch(records=(tip,))
    key = _digest("first", tip.platform, tip.username)
    notice = msgspec.structs.replace(tip, kind="notice", key=key, tokens=None, text="first tip")
    return payload.Batch(records=(tip, notice))


def _tip(
    answer: payload.Payload, facts: dict[str, Any], layout: site.Layout
) -> records.Interaction:
    room, tokens = _name(_said(facts, ROOMS)), meanings.tokens(_said(facts, AMOUNTS))
    if room is None or tokens is None:
        missing = "room" if room is None else "amount"
        raise errors.PageChanged("page_changed", f"a tip without {missing}", url=answer.url)
    platform = platforms.known(str(_said(facts, PLATFORMS) or endpoints.HOME))
    username = platforms.giver(_name(_said(facts, MEMBERS)), layout)
    text = _said(facts, TEXTS)
    note = meanings.text(text) if isinstance(text, str) else None
    at = meanings.moment(_said(facts, TIMES))
    return records.Interaction(
        source=SOURCE,
        platform=platform,
        room=platforms.place(platform, room),
        key=_digest(_when(answer, at, layout), platform, room, username, tokens, note),
        at=at or answer.fetched_at,
        kind="tip",
        username=username,
        tokens=tokens,
        text=note,
    )


def _when(answer: payload.Payload, at: datetime | None, layout: site.Layout) -> str:
    """Return the second that is stated, else the window in which the body came."""
    if at:
        return f"{at:%Y%m%dT%H%M%S}"
    length = layout.sizes["retry_window_seconds"]
    window = int(answer.fetched_at.timestamp()) // length * length
    return f"{datetime.fromtimestamp(window, UTC):%Y%m%dT%H%M%S}+{length}"


def _unread(
    answer: payload.Payload, told: dict[str, Any], layout: site.Layout
) -> records.Interaction:
    at = meanings.moment(_said(told, TIMES))
    return records.Interaction(
        source=SOURCE,
        room=payload.context_text(answer.request, "room"),
        key=_digest(_when(answer, at, layout), told),
        at=at or answer.fetched_at,
        kind="unknown",
        text=msgspec.json.encode(told).decode(),
        private=True,
    )


def _said(told: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((told[name] for name in names if told.get(name) not in (None, "")), None)


def _name(said: Any) -> str | None:
    """Return a name, which may stand in an object (`{"name": …}`)."""
    return meanings.who(_said(said, ("name", "username")) if isinstance(said, dict) else said)


def _digest(when: str, *facts: object) -> str:
    told = msgspec.json.encode(facts, order="sorted")
    return f"{when}-{hashlib.sha256(told).hexdigest()[:16]}"
