"""How sources state acts: how exact their times are, what they tell of, whom to believe first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import msgspec

SAID = frozenset(
    {"chat", "private_message", "direct_message", "notice", "subject", "goal", "status"}
)
"""Kinds that are their words."""

DONE = frozenset({"follow", "unfollow", "enter", "leave", "broadcast_start", "broadcast_stop"})
"""Kinds that are nothing but who did it, and when."""

ONE_OF_A_KIND = frozenset({"unknown", "other", "payout", "token_purchase"})
"""Kinds that only one source can state: never the same as another's."""

ALSO = {"media_sale": "purchase", "fanclub": "fanclub_join"}
"""What token histories call what rooms call otherwise."""

Channel = str
"""A sort of kinds: `said`, `paid` or `done`."""

_ALL: frozenset[Channel] = frozenset({"said", "paid", "done"})


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """How a source states acts.

    `early` and `late`: by how many seconds its time may lie before and behind the act.
    `words`: whether its texts are what people wrote, not what the site calls it.
    """

    early: float
    late: float
    says: frozenset[Channel] = _ALL
    words: bool = True


_PAID: frozenset[Channel] = frozenset({"paid"})
_TALK: frozenset[Channel] = frozenset({"said"})

VOICES: Mapping[str, Voice] = {
    "chaturbate.events": Voice(early=1, late=2),
    "chaturbate.room_history": Voice(early=1, late=2, says=frozenset({"said", "paid"})),
    "chaturbate.token_stats": Voice(early=60, late=10, says=_PAID, words=False),
    "stripchat.live_chat": Voice(early=1, late=5),
    "stripchat.chat": Voice(early=1, late=2),
    "stripchat.bridge": Voice(early=0, late=15),
    "stripchat.transactions": Voice(early=2, late=10, says=_PAID, words=False),
    "camsoda.live_tips": Voice(early=0, late=15),
    "statbate.tips": Voice(early=5, late=30, says=_PAID),
    "statbate.chat": Voice(early=5, late=30, says=_TALK),
    "statbate_plus.chat": Voice(early=5, late=30, says=_TALK),
    "relay": Voice(early=1, late=60, says=_PAID),
    "statbate.live": Voice(early=0, late=30, says=_PAID),
    "statbate.webhook": Voice(early=0, late=900, says=_PAID),
}
"""Source, or what it begins with -> how it states acts; the best source first."""

ANY_OTHER = Voice(early=2, late=5)
_RANKS = {name: number for number, name in enumerate(VOICES)}

WIDEST = max(max(one.early, one.late) for one in VOICES.values())
"""The most seconds by which a source's time may be wrong."""


def voice(source: str) -> Voice:
    """Return how a source states acts."""
    return VOICES.get(source) or VOICES.get(source.partition(".")[0]) or ANY_OTHER


def rank(source: str) -> int:
    """Return the place of a source in the order in which they are believed, best first."""
    found = _RANKS.get(source, _RANKS.get(source.partition(".")[0]))
    return len(_RANKS) if found is None else found


def channel(kind: str) -> Channel | None:
    """Return what sort of kind it is; None for one that only one source can state."""
    if kind in ONE_OF_A_KIND:
        return None
    return "said" if kind in SAID else "done" if kind in DONE else "paid"


def kinds_like(kind: str) -> tuple[str, ...]:
    """Return every kind that may be the same as this one."""
    name = ALSO.get(kind, kind)
    return (name, *(other for other, called in ALSO.items() if called == name))


def says(source: str, sort: Channel) -> bool:
    """Tell whether a source states acts of that sort."""
    return sort in voice(source).says


def reach(sources: Iterable[str]) -> timedelta:
    """Return how far two acts that are one may lie apart, if these sources state them."""
    voices = [voice(source) for source in sources]
    early = sorted((one.early for one in voices), reverse=True)
    late = sorted((one.late for one in voices), reverse=True)
    return timedelta(seconds=early[0] + late[0]) if voices else timedelta()


def home(site: str) -> str:
    """Return the site at which an account of a site has its room."""
    return "chaturbate" if site in {"statbate", "statbate_plus"} else site


def place(site: str, source: str, room: str) -> tuple[str, str]:
    """Return the site and room of a stream as all sources would write them."""
    there = "chaturbate" if source.startswith("statbate_plus.") else site
    return there, room.lower().removeprefix(f"{there}/")
