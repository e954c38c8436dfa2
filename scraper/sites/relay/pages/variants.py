"""How relays write a tip: every variant that the multi-platform listener accepts (confidence H).

Each function reads an entry of one platform, and returns None for what is no readable tip. Whoever
gave may stand there as an object, as a text, or not at all.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from scraper import meanings

MARKS = ("isAnon", "isAnonymous")


class Tip(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says. `names` are what stands where the giver does, best first."""

    tokens: int
    names: tuple[Any, ...] = ()
    text: Any = None
    anonymous: bool = False


def chaturbate(said: dict[str, Any]) -> Tip | None:
    """Read `method` and `object`, as the Events API or older relays write it, or a bare `tip`."""
    what = inner(said, "object") if said.get("method") == "tip" else {}
    bare, nested = inner(said, "tip"), inner(what, "tip")
    tokens = _tokens(bare.get("tokens"), nested.get("tokens"), what.get("amount"))
    if tokens is None:
        return None
    gift = bare or nested
    note = (gift or what).get("message")
    return Tip(
        tokens=tokens,
        names=_names(said if bare else what, ("user",), ("username",)),
        text=re.sub(r"^ ?\| ", "", note) if isinstance(note, str) else None,
        anonymous=(bool(gift) and gift.get("isAnon") is not False) or _marked(said, what),
    )


def stripchat(said: dict[str, Any]) -> Tip | None:
    """Read `type` or `method`, and `data` or `object`, or what stands in the entry itself."""
    what = inner(said, "data") or inner(said, "object") or said
    tokens = _tokens(what.get("tokens"), what.get("amount"))
    if tokens is None or "tip" not in (said.get("type"), said.get("method")):
        return None
    return Tip(
        tokens=tokens,
        names=_names(what, ("from", "user"), ("username", "name")),
        text=what.get("message"),
        anonymous=_marked(said, what),
    )


def camsoda(said: dict[str, Any]) -> Tip | None:
    """Read an entry without anything nested but who gave, whose `name` comes first."""
    tokens = _tokens(said.get("tip_amount"), said.get("amount"), said.get("tokens"))
    kind = said.get("event_type") or said.get("type") or said.get("method")
    if tokens is None or kind != "tip":
        return None
    return Tip(
        tokens=tokens,
        names=_names(said, ("tipper", "user", "from"), ("name", "username")),
        text=said.get("message"),
        anonymous=_marked(said),
    )


def inner(said: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an entry, an empty one for anything else."""
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _tokens(*said: Any) -> int | None:
    return next((found for found in map(meanings.tokens, said) if found), None)


def _names(said: dict[str, Any], places: tuple[str, ...], keys: tuple[str, ...]) -> tuple[Any, ...]:
    found: list[Any] = []
    for place in places:
        person = said.get(place)
        found += [person.get(key) for key in keys] if isinstance(person, dict) else [person]
    return tuple(found)


def _marked(*said: dict[str, Any]) -> bool:
    return any(one.get(mark) not in (None, False) for one in said for mark in MARKS)
