"""What the dashboard is told: each level of a room as it comes, and what a room comes to in all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from jobs.web import messages
from models import db, moment, telemetry

APART = 1.0
"""Seconds between two words about a room as a whole."""

ROOMS = 1000
"""Rooms of which it is remembered what was said."""

LONGEST = 18
"""Digits of a mark that a client names."""


class Levels:
    """The log of telemetry, as the dashboard's contract words it; `seq` is ours."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._said: dict[str, tuple[int, list[str]]] = {}
        self._last = -APART

    def top(self, connection: db.Connection) -> messages.Marks:
        """Return the marks of its end."""
        return (telemetry.top(connection),)

    def behind(self, connection: db.Connection, marks: messages.Marks, limit: int) -> messages.Page:
        """Return what stands behind marks."""
        rows = telemetry.after(connection, marks[0], limit)
        marks = (rows[-1].id,) if rows else min(marks, self.top(connection))
        found = [messages.Message(update(row), (row.id,), room=row.room) for row in rows]
        return messages.Page(found, marks, full=len(rows) == limit)

    def seq(self, marks: messages.Marks) -> int | str:
        """Return how marks are written in a message."""
        return marks[0]

    def read_seq(self, text: str) -> messages.Marks:
        """Return the marks that a client names. Raises ValueError."""
        if not text.isdecimal() or len(text) > LONGEST:
            raise ValueError(text)
        return (int(text),)

    def extras(
        self, connection: db.Connection, page: Sequence[messages.Message]
    ) -> list[messages.Message]:
        """Return what rooms come to that have changed, once a second at most."""
        self._changed |= dict.fromkeys(message.room for message in page)
        if time.monotonic() - self._last < APART or not self._changed:
            return []
        self._last = time.monotonic()
        rooms, self._changed = list(self._changed), {}
        at, marks, told = moment.now(), self.top(connection), []
        if len(self._said) > ROOMS:
            self._said.clear()
        for room in rooms:
            stands = telemetry.total(connection, room, at), telemetry.members(connection, room, at)
            if self._said.get(room) != stands:
                self._said[room] = stands
                data = {"new_total": float(stands[0]), "members": stands[1]}
                text = _told("ROOM_UPDATE", room, data, None)
                told.append(messages.Message(text, marks, room=room, extra=True))
        return told


def update(row: telemetry.Row) -> str:
    """Return the message that tells of a level."""
    data = {
        "platform": row.platform,
        "tokens": row.tokens,
        "tips": row.tips,
        "viewers": row.viewers,
        "timestamp": row.timestamp,
    }
    return _told("TELEMETRY_UPDATE", row.room, data, row.id)


def confirmed(row: telemetry.Row) -> messages.Message:
    """Return what is told of a level that stands as it stood."""
    return messages.Message(update(row), (row.id,), room=row.room, extra=True)


def _told(event_type: str, room: str, data: dict[str, Any], seq: int | None) -> str:
    told = {"event_type": event_type, "room_id": room, "data": data, "timestamp": int(time.time())}
    return msgspec.json.encode(told if seq is None else told | {"seq": seq}).decode()
