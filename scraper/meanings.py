"""What sources write differently and mean alike: genders, empty texts, lists of texts, names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
