"""Platforms and givers as Statbate's feeds spell them."""

from __future__ import annotations

import re

from scraper import meanings, site
from scraper.sites.statbate import endpoints

OTHER_NAMES = {"myfreecams": "mfc"}


def known(said: str) -> str:
    """Return a platform as records name it: "" for the one whose people the site speaks of."""
    word = re.sub(r"[^a-z0-9]", "", said.lower().removesuffix(".com"))
    platform = OTHER_NAMES.get(word, word)
    return "" if platform == endpoints.HOME else platform


def place(platform: str, room: str) -> str:
    """Return a room as records name it: rooms of one name at two platforms are two rooms."""
    return f"{platform}/{room}" if platform else room


def giver(said: object, layout: site.Layout) -> str | None:
    """Return who gave, None for somebody anonymous."""
    name = meanings.who(said)
    return None if name == layout.selectors["anonymous_text"] else name
