"""What was true at the practice site, to compare tables with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fixtures.practice import client

GAINS = {"follower": "join", "following": "follow"}
LOSSES = {"follower": "leave", "following": "unfollow"}
ERRANDS = {"follower": "chaturbate.followers", "following": "chaturbate.followed"}


def listed(world: client.Practice, direction: str) -> set[str]:
    """Return who is on a list now."""
    true = world.truth()
    if direction == "follower":
        return set(true["followers"])
    return {*true["followed"]["online"], *true["followed"]["offline"]}


class Past:
    """Who was on a list before and after every change of the world, one set of names each."""

    def __init__(self, world: client.Practice, direction: str) -> None:
        self._world = world
        self._direction = direction
        self._states = [listed(world, direction)]
        self._known = len(world.truth()["changes"])

    def now(self) -> int:
        """Bring the states up to date; return the place of the newest."""
        changes = self._world.truth()["changes"]
        for change in changes[self._known :]:
            self._states.append(_changed(self._states[-1], change, self._direction))
        self._known = len(changes)
        return len(self._states) - 1

    def ever_on(self, since: int, until: int) -> set[str]:
        """Return who was on the list at some instant between two places."""
        return set[str]().union(*self._states[since : until + 1])

    def always_on(self, since: int, until: int) -> set[str]:
        """Return who was on the list at every instant between two places."""
        return set.intersection(*self._states[since : until + 1])


def _changed(state: set[str], change: Mapping[str, Any], direction: str) -> set[str]:
    who, do = change.get("who", ""), change["do"]
    if do == GAINS[direction]:
        return state | {who}
    if do == LOSSES[direction]:
        return state - {who}
    if do == "rename" and who in state:
        return state - {who} | {change["to"]}
    return state


def wrong(
    events: Iterable[tuple[str, str]], past: Past, since: int, until: int
) -> list[tuple[str, str]]:
    """Return the events that were true at no instant between two places."""
    ever, always = past.ever_on(since, until), past.always_on(since, until)
    return [
        (kind, name)
        for kind, name in events
        if (kind == "follow" and name not in ever) or (kind == "unfollow" and name in always)
    ]
