"""Usernames as Stripchat writes them."""

from __future__ import annotations

import re

from scraper import errors

_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


def username(text: str, url: str) -> str:
    """Return a username in its one spelling, lower case; raise PageChanged if it is none."""
    if not _NAME.fullmatch(text):
        raise errors.PageChanged("page_changed", f"{text[:80]!r} is no username", url=url)
    return text.lower()
