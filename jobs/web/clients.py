"""Those who listen to a channel: what waits for each of them, and what they missed."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from jobs.web import messages

BUFFER = 128
"""Messages that wait for one client; more are missed, and the client is told."""


class Share(NamedTuple):
    """Those of some messages that a client has not and may have, and its marks after each."""

    messages: list[messages.Message]
    marks: list[messages.Marks]


class Client:
    """Somebody who listens: what waits for them, and what they missed."""

    def __init__(
        self, marks: messages.Marks, *, private: bool, seq: Callable[[messages.Marks], int | str]
    ) -> None:
        self.marks = marks
        self.missed_in_all = 0
        self.private = private
        self._seq = seq
        self._waiting: list[messages.Message] = []
        self._missed = 0
        self._woken = asyncio.Event()

    def take(self, share: Share) -> None:
        """Take their share of what is offered; what does not fit is missed."""
        room = 0 if self._missed else BUFFER - len(self._waiting)
        taken = share.messages[:room]
        if taken:
            self._waiting += taken
            self.marks = share.marks[len(taken) - 1]
        self._missed += len(share.messages) - len(taken)
        if share.messages:
            self._woken.set()

    @property
    def waits(self) -> bool:
        """Whether something waits for them."""
        return bool(self._waiting)

    async def following(self) -> list[messages.Message]:
        """Return the next messages for them, once there are any."""
        while not self._waiting and not self._missed:
            self._woken.clear()
            await self._woken.wait()
        if self._waiting:
            found, self._waiting = self._waiting, []
            return found
        missed, self._missed = self._missed, 0
        self.missed_in_all += missed
        return [messages.lagged(missed, self._seq(self.marks))]


def offer(clients: Iterable[Client], new: Sequence[messages.Message]) -> None:
    """Offer messages to clients; each takes those it has not and may have."""
    alike: dict[tuple[messages.Marks, bool], list[Client]] = {}  # few are elsewhere than the others
    for client in clients:
        alike.setdefault((client.marks, client.private), []).append(client)
    for (marks, private), some in alike.items():
        share = _share(new, marks, private=private)
        for client in some:
            client.take(share)


def _share(new: Sequence[messages.Message], marks: messages.Marks, *, private: bool) -> Share:
    """Return what is new to every client with such marks, who may know of private acts or not."""
    found = Share([], [])
    for message in new:
        if not message.extra:  # what is extra stands at no place of the log
            if not any(map(operator.gt, message.marks, marks)):
                continue
            marks = tuple(map(max, marks, message.marks))
        if message.is_for(private=private):
            found.messages.append(message)
            found.marks.append(marks)
    return found
