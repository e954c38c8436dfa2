"""What live screens are told: acts as they happen, and rules that they fired."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from jobs.web import messages
from models import db, firings, happened

LIVE = timedelta(minutes=10)
"""How long after it happened an act may come to us and still be shown live: no old history is."""

LONGEST = 18
"""Digits of a mark that a client names."""


class Events:
    """The logs of acts and of firings. A `seq` is `<acts>.<firings>`: how far both were read."""

    def top(self, connection: db.Connection) -> messages.Marks:
        """Return the marks of its end."""
        return (happened.top(connection), firings.top(connection))

    def behind(self, connection: db.Connection, marks: messages.Marks, limit: int) -> messages.Page:
        """Return what stands behind marks: acts, then what they fired."""
        acts = happened.after(connection, marks[0], limit)
        full = len(acts) == limit
        # while there are more acts, firings wait: they are never told before their act
        fired = [] if full else firings.after(connection, marks[1], limit)
        if not acts and not fired:
            top = self.top(connection)
            return messages.Page([], (min(marks[0], top[0]), min(marks[1], top[1])), full=False)
        of = happened.by_id(connection, list({firing.interaction_id for firing in fired}))
        read, told = marks, []
        for act in acts:
            read = (act.id, read[1])
            first = act.stands_for == act.id
            if (first or act.comes_out) and act.read_at - act.at < LIVE:
                told.append(self._act(act, read, known=not first))
        for firing in fired:
            read = (read[0], firing.id)
            if firing.state != "limited":
                told.append(self._firing(firing, of[firing.interaction_id], read))
        return messages.Page(told, read, full=full or len(fired) == limit)

    def seq(self, marks: messages.Marks) -> int | str:
        """Return how marks are written in a message."""
        return f"{marks[0]}.{marks[1]}"

    def read_seq(self, text: str) -> messages.Marks:
        """Return the marks that a client names. Raises ValueError."""
        acts, _, fired = text.partition(".")
        if not acts.isdecimal() or not fired.isdecimal() or max(len(acts), len(fired)) > LONGEST:
            raise ValueError(text)
        return (int(acts), int(fired))

    def extras(
        self, connection: db.Connection, page: Sequence[messages.Message]
    ) -> list[messages.Message]:
        """Tell nothing else."""
        del connection, page
        return []

    def _act(self, act: happened.Act, marks: messages.Marks, *, known: bool) -> messages.Message:
        """Return what is told of an act; `known` to those who may know of private acts."""
        text = self._told("INTERACTION", act.room, shown(act), marks)
        return messages.Message(text, marks, private=act.private, known=known)

    def _firing(
        self, fired: firings.Firing, act: happened.Act, marks: messages.Marks
    ) -> messages.Message:
        data = {"rule": fired.rule, "way": fired.way, "event": fired.event, "act": shown(act)}
        text = self._told("RULE_FIRED", act.room, data, marks)
        return messages.Message(text, marks, private=act.private)

    def _told(self, event_type: str, room: str, data: dict[str, Any], marks: messages.Marks) -> str:
        told = {
            "event_type": event_type,
            "seq": self.seq(marks),
            "room_id": room,
            "data": data,
            "timestamp": int(time.time()),
        }
        return msgspec.json.encode(told).decode()


def shown(act: happened.Act) -> dict[str, Any]:
    """Return what is shown of an act."""
    return {
        "id": act.stands_for,
        "platform": act.platform,
        "room": act.room,
        "kind": act.kind,
        "username": act.username,
        "tokens": act.tokens,
        "text": act.text,
        "at": act.at,
        "source": act.source,
        "private": act.private,
    }
