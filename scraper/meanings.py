"""What sources write differently and mean alike: genders, texts, names, tokens, times."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""A count: never negative, and no larger than anything that is counted."""

GENDERS: Mapping[str, str] = {
    **dict.fromkeys(("f", "female", "woman", "a woman"), "female"),
    **dict.fromkeys(("m", "male", "man", "a man"), "male"),
    **dict.fromkeys(("s", "t", "trans", "transgender", "transsexual"), "trans"),
    **dict.fromkeys(("c", "couple", "a couple"), "couple"),
}
"""What sources write in lower case -> what it means."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOKENS = re.compile(r"([0-9]{1,9})(?:\.0{1,6})?")
_CLOCK = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_LONGEST_NAME = 64
_MILLISECONDS = 1e11
"""A number of seconds since 1970 that is larger is one of milliseconds."""

_YEARS = range(2000, 2100)


def gender(said: str | None) -> str | None:
    """Return `female`, `male`, `trans` or `couple`; None for what is none of these."""
    return GENDERS.get((said or "").strip().lower())


def text(said: str | None) -> str | None:
    """Return a text as it was written, None if nothing was."""
    return said if said and said.strip() else None


def word(said: str | None) -> str | None:
    """Return a word of the source's own in lower case, None if nothing was written."""
    return (said or "").strip().lower() or None


def texts(said: Iterable[str | None] | None) -> tuple[str, ...] | None:
    """Return the texts of a list that say anything, None where there was no list."""
    return None if said is None else tuple(one for one in said if one and one.strip())


def whole(said: float | str | None) -> int | None:
    """Return a whole number, which may be written as a text; None where there is none."""
    if isinstance(said, str):
        said = int(said) if said.strip().isdecimal() and said.isascii() else None
    return None if said is None or said < 0 else int(said)


def addressable(usernames: Iterable[str]) -> tuple[str, ...]:
    """Return the usernames that an address can hold, in lower case: who can be asked about."""
    return tuple(name.lower() for name in usernames if _NAME.fullmatch(name))


def who(said: object) -> str | None:
    """Return a username in its one spelling, lower case; None for what can be none."""
    name = said.strip().lower() if isinstance(said, str) else ""
    return name if name.isprintable() and 0 < len(name) <= _LONGEST_NAME else None


def tokens(said: object) -> int | None:
    """Return how many tokens were given, in whatever type; None for nothing and for nonsense."""
    counted = isinstance(said, int | float | str) and not isinstance(said, bool)
    found = _TOKENS.fullmatch(str(said).strip()) if counted else None
    return int(found[1]) or None if found else None


def moment(said: object) -> datetime | None:
    """Return the instant that is meant; None for nothing and for nonsense.

    Times are ISO 8601 (UTC where no zone is named), or seconds or milliseconds since 1970.
    """
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    text = str(said).strip()
    with contextlib.suppress(ValueError, OverflowError):
        if _CLOCK.fullmatch(text):
            number = float(text)
            found = datetime.fromtimestamp(number / (1000 if number > _MILLISECONDS else 1), UTC)
        else:
            found = datetime.fromisoformat(text)
            found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        return found if found.year in _YEARS else None
    return None
