"""Frames of the socket: what they hold, and what of it may be kept.

A frame is one or several JSON objects, a line each (confidence H). Until 2023 a push had another
make; it is read as well, but no longer asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from scraper import json

NAMING = frozenset(
    {"userData", "user", "username", "userId", "senderId", "clientUserInfo", "tipData", "text"}
)
"""Keys under which a message tells who sent it."""

SHORTEST = 3
"""Characters of a username; what is shorter stands for nobody."""


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """What was pushed on a channel, the room's id left off its name."""

    channel: str
    data: Any
    offset: int | None = None


def values(frame: str) -> Iterator[Any]:
    """Yield the JSON values of a frame; what is none is yielded as its text."""
    for line in filter(str.strip, frame.split("\n")):
        try:
            yield json.mended(line.encode("utf-8", "replace"), object)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            yield line


def push(value: Any) -> Push | None:
    """Return the push that a value is, of either make; None for any other."""
    if not isinstance(value, dict):
        return None
    said, old = value.get("push"), value.get("subscriptionKey")
    if isinstance(old, str) and old != "connected":
        return Push(channel=old.partition(":")[0], data=value.get("params"))
    if not isinstance(said, dict) or not isinstance(said.get("channel"), str):
        return None
    pub = said.get("pub")
    if not isinstance(pub, dict):
        return None
    offset = pub.get("offset")
    known = isinstance(offset, int) and not isinstance(offset, bool)
    channel = said["channel"].partition("@")[0]
    return Push(channel=channel, data=pub.get("data"), offset=offset if known else None)


def is_anonymous(message: Any) -> bool:
    """Whether a message may not be quoted with a name: by its mark, or by a nobody's id or name.

    A mark that is there and is not false counts.
    """
    if not isinstance(message, dict):
        return False
    details, user = message.get("details"), message.get("userData")
    if isinstance(details, dict) and details.get("isAnonymous", False) is not False:
        return True
    if not isinstance(user, dict):
        return False
    name = user.get("username")
    return user.get("id") in (0, "0") or (isinstance(name, str) and len(name) < SHORTEST)


def nameless(value: Any) -> Any:
    """Return a value without anything that tells who sent it."""
    if isinstance(value, list):
        return [nameless(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: nameless(one) for name, one in value.items() if name not in NAMING}


def may_be_kept(value: Any) -> Any:
    """Return a push without the name of whoever acted anonymously."""
    found = push(value)
    data = found.data if found else None
    if not isinstance(data, dict) or not is_anonymous(data.get("message")):
        return value
    return nameless(value)
