"""Numbers, flags and states as Camsoda writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scraper import errors

SHOWS: Mapping[str, str] = {"online": "public"}
"""The site's states -> ours, where they differ."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def number(value: Any, url: str) -> float | None:
    """Return a number, at times in quotes; None where the site said nothing."""
    said = _said(value, url)
    return None if said is None else float(said)


def count(value: Any, url: str) -> int | None:
    """Return a whole number, at times in quotes; None where the site said nothing."""
    said = _said(value, url)
    return None if said is None else int(said.partition(".")[0])


def _said(value: Any, url: str) -> str | None:
    """Return the text of a number; raise PageChanged if it is none."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        raise errors.PageChanged("page_changed", f"{str(value)[:40]!r} is no number", url=url)
    return str(value)


def flag(value: Any) -> bool | None:
    """Return what a bool, 0, 1 or the text of one says; None for anything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())


def text(value: Any) -> str | None:
    """Return a text without the white space around it; None for none, and for anything else."""
    return (value.strip() or None) if isinstance(value, str) else None


def show(state: str) -> str:
    """Return what is shown, by the site's word for it."""
    word = state.lower()
    return SHOWS.get(word, word)
