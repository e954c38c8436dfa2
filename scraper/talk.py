"""Talks over a socket: what a site wants to be told, and which of its frames are worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from urllib import parse

import msgspec

from scraper import errors, json, pace, payload


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
    `text`   what is kept instead of the frame: without what is nobody's business, and without who
             may not be named
    `admitted`  the site lets us in, but not yet are we known to be where it happens
    `live`   from here on everything that happens is heard
    `move`   the talk goes on over another socket
    """

    say: tuple[str, ...] = ()
    keep: bool = False
    text: str | None = None
    admitted: bool = False
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

    def begin(
        self, answer: payload.Payload | None, tokens: Mapping[str, str]
    ) -> Opening | payload.Request:
        """Return the first socket, or what is to be asked before, as the door was.

        Raises NeedsOperator, TryLater, Refused or PageChanged.
        """
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


def heard(answer: payload.Payload) -> list[Frame]:
    """Return the frames of a payload.

    Raises TryLater (`empty_answer`, `body_truncated`) and PageChanged for what is none.
    """
    found = [
        json.decode(line, Frame, answer.url) for line in answer.body.splitlines() if line.strip()
    ]
    if not found:
        raise errors.TryLater("empty_answer", url=answer.url)
    return found


def address(said: str, hosts: str, base_url: str) -> str:
    """Return the address of a socket that an answer or a frame names, if secrets may go there.

    It must be encrypted and at one of the `hosts` (words) or beneath it; a site on this machine
    has its sockets on this machine. Raises PageChanged.
    """
    try:
        parts = parse.urlsplit(said)
    except ValueError:
        parts = parse.urlsplit("")
    host = (parts.hostname or "").lower()
    if pace.on_this_machine(base_url):
        known = parts.scheme in {"ws", "wss"} and pace.on_this_machine(said)
    else:
        ours = any(host == one or host.endswith(f".{one}") for one in hosts.split())
        known = parts.scheme == "wss" and ours
    if not known:
        where = f"{parts.scheme}://{host}"[:80]
        raise errors.PageChanged("page_changed", f"{where} is no socket of the site", url=base_url)
    return said


def frames(body: bytes) -> list[Frame]:
    """Return the frames of a payload's body. Raises ValueError for what is none."""
    return [_FRAME.decode(line) for line in body.splitlines() if line]
