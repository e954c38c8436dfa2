"""What the site counts for the account's own room."""

from __future__ import annotations

import msgspec

from models.records import chaturbate
from scraper import errors, json, payload, site
from scraper.meanings import Whole

NEVER = -1
"""What stands for a time that never was, and for minutes of no broadcast. 0 is a number."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`statsapi` (confidence A)."""

    username: str
    token_balance: Whole | None = None
    tips_in_last_hour: Whole | None = None
    votes_up: Whole | None = None
    votes_down: Whole | None = None
    satisfaction_score: float | None = None
    last_broadcast: int | str | None = None
    time_online: int | None = None
    num_followers: Whole | None = None
    num_viewers: Whole | None = None
    num_registered_viewers: Whole | None = None
    num_tokened_viewers: Whole | None = None


def stats(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the statistics of a room; raises PageChanged if they are of another one.

    In which zone `last_broadcast` is written is disputed: it stays the text that it is.
    """
    del layout
    said = json.read(answer, Answer, strict=False)
    asked = payload.context_text(answer.request, "username")
    if said.username.lower() != asked:
        raise errors.PageChanged(
            "page_changed",
            f"asked for the statistics of {asked}, got those of {said.username[:80]!r}",
            url=answer.url,
        )
    never, last = _last(said, answer.url)
    online = _online(said, answer.url)
    snapshot = chaturbate.BroadcasterStats(
        username=asked,
        show=None if online is None else "online" if online else "offline",
        last_broadcast=last,
        never_broadcast=never,
        minutes_online=said.time_online if online else None,
        viewers=said.num_viewers,
        registered_viewers=said.num_registered_viewers,
        tokened_viewers=said.num_tokened_viewers,
        followers=said.num_followers,
        token_balance=said.token_balance,
        tips_last_hour=said.tips_in_last_hour,
        votes_up=said.votes_up,
        votes_down=said.votes_down,
        satisfaction=said.satisfaction_score,
    )
    return payload.Batch(records=(snapshot,))


def _last(said: Answer, url: str) -> tuple[bool | None, str | None]:
    """Return whether the room never broadcast, and when it last did, as it is written."""
    last = said.last_broadcast
    if last in {NEVER, str(NEVER)}:
        return True, None
    if isinstance(last, int):
        raise errors.PageChanged("page_changed", f"last_broadcast is {last}", url=url)
    return (False, last) if last else (None, None)


def _online(said: Answer, url: str) -> bool | None:
    minutes = said.time_online
    if minutes is not None and minutes < NEVER:
        raise errors.PageChanged("page_changed", f"time_online is {minutes}", url=url)
    return None if minutes is None else minutes != NEVER
