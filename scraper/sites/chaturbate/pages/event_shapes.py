"""The shapes of the feed of events (Events API, confidence A), as far as they are kept."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Tokens = Annotated[int, msgspec.Meta(ge=1, le=10**9)]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """Some events, oldest first, and where the next ones are asked for."""

    events: list[Any]
    next_url: str | None = None


class Stale(msgspec.Struct, frozen=True, rename="camel"):
    """The answer (400) to whoever asks from a place that the feed does not have any more."""

    next_url: str


class User(msgspec.Struct, frozen=True):
    """Who acted. What else is said of them (gender, rights, colour) is left to the archive."""

    username: str


class Room(msgspec.Struct, frozen=True):
    """A room; "" or none for a message that was sent outside of rooms."""

    broadcaster: str | None = None


class Deed(Room, frozen=True, kw_only=True):
    """Somebody came, went, followed, joined; or the broadcaster began or ended."""

    user: User


class Words(msgspec.Struct, frozen=True):
    """A message, or a tip's note."""

    message: str


class Message(Deed, frozen=True, kw_only=True):
    """A chat message or a private one."""

    message: Words


class Gift(msgspec.Struct, frozen=True, rename="camel"):
    """A tip. An anonymous one still names its user."""

    tokens: Tokens
    is_anon: bool
    message: str = ""


class Tip(Room, frozen=True, kw_only=True):
    """Somebody gave tokens. Who did so anonymously is not in our archive."""

    user: User | None = None
    tip: Gift


class Medium(msgspec.Struct, frozen=True):
    """A photo set or a video; fans may have it for nothing."""

    name: str
    tokens: Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class Purchase(Deed, frozen=True, kw_only=True):
    """Somebody bought a photo set or a video."""

    media: Medium


class Subject(Room, frozen=True, kw_only=True):
    """The room has another subject; nobody is named."""

    subject: str
