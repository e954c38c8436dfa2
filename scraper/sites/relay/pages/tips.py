"""What a relay has of a platform: one list of entries, told once.

Reading has cleared the relay's queue, so an entry that is no readable tip must not cost the others:
it is kept as it is, as an act of kind `unknown`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec

from models import records
from scraper import json, meanings, payload, site
from scraper.sites.relay.pages import variants

LONGEST = 200
"""Characters of an id."""

STAMPED = re.compile(r"([0-9]{12,13})-[0-9]{1,12}")
"""An id of Chaturbate's that begins with its time, in milliseconds since 1970."""

NAMED = frozenset({"user", "from", "tipper"})


class Answer(msgspec.Struct, frozen=True):
    """What has come since the relay was asked before. Where it says to go on is not followed."""

    events: list[Any]


def reads(platform: str, normalise: Callable[[dict[str, Any]], variants.Tip | None]) -> site.Parse:
    """Return the parser of a platform's answers.

    An entry's key is its id if it has one (the Events API), else the moment of the answer, what it
    says and its number among equals there: two answers never tell of the same tip.
    """

    def parse(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
        """Read what the relay has. Raises PageChanged for what is no list of events."""
        if answer.status == HTTPStatus.NO_CONTENT:
            return payload.Batch()
        equals: Counter[str] = Counter()
        acts = []
        for entry in json.read(answer, Answer).events:
            said = entry if isinstance(entry, dict) else {}
            mark = hashlib.sha256(msgspec.json.encode(entry, order="sorted")).hexdigest()[:16]
            ordinary = f"{answer.fetched_at:%Y%m%dT%H%M%S.%f}-{mark}-{equals[mark]}"
            equals[mark] += 1
            tip = normalise(said)
            acts.append(
                records.Interaction(
                    source=f"relay.{platform}",
                    platform=platform,
                    room=payload.context_text(answer.request, "room"),
                    key=_native(said) or ordinary,
                    at=_moment(said) or answer.fetched_at,
                    **(_given(tip, layout) if tip else _unread(entry)),
                )
            )
        return payload.Batch(records=tuple(acts))

    return parse


def _given(tip: variants.Tip, layout: site.Layout) -> dict[str, Any]:
    nobody = layout.selectors["anonymous_text"].lower()
    named = next((name for name in map(meanings.who, tip.names) if name), nobody)
    return {
        "kind": "tip",
        "username": None if tip.anonymous or named == nobody else named,
        "tokens": tip.tokens,
        "text": meanings.text(tip.text) if isinstance(tip.text, str) else None,
    }


def _unread(entry: Any) -> dict[str, Any]:
    text = msgspec.json.encode(_nameless(entry)).decode()
    return {"kind": "unknown", "text": text, "private": True}


def _nameless(entry: Any) -> Any:
    """Return an entry without people, if it says anywhere that somebody is anonymous."""
    whole = msgspec.json.encode(entry)
    marked = any(f'"{mark}":'.encode() in whole for mark in variants.MARKS)
    return _without_people(entry) if marked else entry


def _without_people(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _without_people(one) for name, one in said.items() if name not in NAMED}
    return [_without_people(one) for one in said] if isinstance(said, list) else said


def _native(said: dict[str, Any]) -> str | None:
    """Return the id that an entry of Chaturbate's Events API has."""
    known = said.get("id") if said.get("method") and "object" in said else None
    readable = isinstance(known, str | int) and not isinstance(known, bool)
    return str(known) if readable and 0 < len(str(known)) <= LONGEST else None


def _moment(said: dict[str, Any]) -> datetime | None:
    stamp = STAMPED.fullmatch(_native(said) or "")
    places = (said, *(variants.inner(said, name) for name in ("data", "object")))
    times = [stamp[1] if stamp else None, *(place.get("timestamp") for place in places)]
    return next((found for found in map(meanings.moment, times) if found), None)


READERS = {
    one.__name__: reads(one.__name__, one)
    for one in (variants.chaturbate, variants.stripchat, variants.camsoda)
}
"""Platform, which is what an answer of it is called, -> its parser."""
