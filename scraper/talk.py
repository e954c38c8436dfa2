"""Talks over a socket: what a site wants to be told, and which of its frames are worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from scraper import payload


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Where a socket is opened, and what is said first. Holds secrets: never kept, never shown."""

    url: str
    say: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Hide the secrets from tracebacks and logs."""
        return "Opening(***)"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What one frame means for the talk.

    `say`    frames to answer with
    `keep`   it tells of something: it is archived and parsed
    `live`   from here on everything that happens is heard
    `move`   the talk goes on over another socket
    """

    say: tuple[str, ...] = ()
    keep: bool = False
    live: bool = False
    move: Opening | None = None


class Talk(Protocol):
    """One talk, from the first socket on. No I/O; a new one for each connection.

    `door` is asked over HTTP before, where the address or a ticket stands in its answer; that
    answer holds secrets and is never archived. `ping` is what is said after `silence` seconds
    without a frame, if anything; after three times that long the connection counts as lost.
    """

    door: payload.Request | None
    ping: str | None
    silence: float

    def begin(self, answer: payload.Payload | None, tokens: Mapping[str, str]) -> Opening:
        """Return the first socket. Raises NeedsOperator, TryLater or PageChanged."""
        ...

    def hear(self, frame: str) -> Heard:
        """Return what a frame means. Raises NeedsOperator `token_refused`, TryLater, PageChanged.

        What cannot be understood is kept.
        """
        ...


class Frame(msgspec.Struct, frozen=True):
    """A frame as it was heard: the body of a socket's payload is one of these a line, in JSON."""

    at: datetime
    text: str


_FRAME = msgspec.json.Decoder(Frame)


def body(frames: list[Frame]) -> bytes:
    """Return the body of a payload that holds frames, oldest first."""
    return msgspec.json.Encoder().encode_lines(frames)


def frames(body: bytes) -> list[Frame]:
    """Return the frames of a payload's body. Raises ValueError for what is none."""
    return [_FRAME.decode(line) for line in body.splitlines() if line]
