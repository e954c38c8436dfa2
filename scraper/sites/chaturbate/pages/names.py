"""Usernames as the site writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scraper import errors

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAMES = re.compile(r"(?:[A-Za-z0-9_-]{1,64}\n)*+")
_PROFILE = re.compile(r"(?:https?://[^/?#]+)?/(?:p/)?([A-Za-z0-9_-]{1,64})/?(?:[?#].*)?")
_PLACES = frozenset({"accounts", "auth", "p", "tag", "tags", "followed-cams", "tipping"})


def usernames(texts: Sequence[str], url: str) -> list[str]:
    """Return many usernames, as `username` does each."""
    lines = "".join(f"{text}\n" for text in texts)
    if _NAMES.fullmatch(lines) and lines.count("\n") == len(texts):
        return [text.lower() for text in texts]
    return [username(text, url) for text in texts]


def username(text: str, url: str) -> str:
    """Return a username in its one spelling, lower case; raise PageChanged if it is none."""
    if not _NAME.fullmatch(text):
        raise errors.PageChanged("page_changed", f"{text[:80]!r} is no username", url=url)
    return text.lower()


def of_link(address: str | None) -> str | None:
    """Return the username that a profile or room link leads to, or None if it leads elsewhere."""
    found = _PROFILE.fullmatch(address or "")
    return found[1].lower() if found and found[1].lower() not in _PLACES else None
