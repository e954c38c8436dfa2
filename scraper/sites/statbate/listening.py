"""What is said to Statbate's socket, and which of its frames are worth keeping.

One connection listens to one platform (its operator's code of 2023, confidence H).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from scraper import json, meanings, payload, site, talk

SUBSCRIPTION = "chanel"
"""How Statbate spells the field that names a platform."""

PING, PONG = "ping", "pong"
SILENCE = 20.0
"""Seconds. Pings are heard every 15 s at most; numbers about the platform come every 30 s."""


class Spoken(msgspec.Struct, frozen=True, rename={"channel": SUBSCRIPTION}):
    """A frame: a tip, or a number about the platform (`count`, `index`)."""

    channel: str | None = None
    room: str | None = None
    donator: Any = None
    amount: Any = None
    count: float | None = None
    index: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it is a number, and tells of nobody's tip."""
        return self.room is None and (self.count is not None or self.index is not None)


def understood(frame: str) -> Spoken | None:
    """Return what a frame says, None for what is neither a tip nor a number."""
    try:
        spoken = json.mended(frame.encode("utf-8", "replace"), Spoken)
    except (ValueError, RecursionError):
        return None
    return spoken if spoken.room is not None or spoken.counts else None


def is_stranger(spoken: Spoken, rooms: frozenset[str]) -> bool:
    """Whether it tells of a tip in a room that is none of these."""
    return spoken.room is not None and meanings.who(spoken.room) not in rooms


class Listening:
    """A talk in which tips of the wanted rooms are kept, and strangers' are not."""

    door: payload.Request | None = None
    ping: str | None = PING
    silence = SILENCE

    def __init__(self, request: payload.Request, _layout: site.Layout) -> None:
        self._request = request
        self._rooms = rooms(request)
        self._answered = False

    def begin(self, _answer: payload.Payload | None, tokens: Mapping[str, str]) -> talk.Opening:
        """Name the platform at once; the answer to a ping behind it shows that it was heard."""
        secrets = {
            place.removeprefix("query:"): text.format_map(tokens)
            for place, text in self._request.secrets.items()
        }
        wanted = {SUBSCRIPTION: payload.context_text(self._request, "site")}
        said = msgspec.json.encode(wanted).decode()
        return talk.Opening(url=f"{self._request.url}?{urlencode(secrets)}", say=(said, PING))

    def hear(self, frame: str) -> talk.Heard:
        """Keep the wanted rooms' tips, and what cannot be understood.

        Where there is no silence to ping in, numbers are answered with a ping now and then: whoever
        says nothing for 30 minutes is hung up on.
        """
        if frame.strip() == PONG:
            self._answered = True
            return talk.Heard(live=True)
        spoken = understood(frame)
        if spoken is None:
            return talk.Heard(keep=True)
        if not spoken.counts:
            return talk.Heard(keep=not is_stranger(spoken, self._rooms), live=True)
        say, self._answered = () if self._answered else (PING,), False
        return talk.Heard(say=say, live=True)


def rooms(request: payload.Request) -> frozenset[str]:
    """Return the rooms whose tips are wanted, in lower case."""
    return frozenset(payload.context_text(request, "rooms").split(","))
