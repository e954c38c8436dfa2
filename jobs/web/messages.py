"""What listeners are told, and how far whoever has it has come."""

from __future__ import annotations

import functools
import time

import msgspec

from jobs.web import frames

Marks = tuple[int, ...]
"""How far each of a channel's tables was read: ids, 0 for the beginning."""


class Message(msgspec.Struct, frozen=True, dict=True):
    """A message, and how far whoever has it has come.

    `private`: for those only who may know of private acts; `known`: for those only who may not, the
    others were told before. `extra`: tells nothing that a table keeps, so it is for those who
    listen and is never replayed.
    """

    text: str
    marks: Marks
    private: bool = False
    known: bool = False
    extra: bool = False
    room: str = ""

    def is_for(self, *, private: bool) -> bool:
        """Tell whether it is for somebody who may know of private acts, or may not."""
        return not (self.known if private else self.private)

    @functools.cached_property
    def frame(self) -> bytes:
        """The message as it leaves: made once, however many listen."""
        return frames.text(self.text)


class Page(msgspec.Struct, frozen=True):
    """What stands behind some marks; `full` where there may be more."""

    messages: list[Message]
    marks: Marks
    full: bool


def lagged(missed: int | None, since: int | str) -> Message:
    """Return what a client is told that missed something (None: nobody knows how much)."""
    told = {"event_type": "LAGGED", "missed": missed, "since": since, "timestamp": int(time.time())}
    return Message(msgspec.json.encode(told).decode(), (), extra=True)
