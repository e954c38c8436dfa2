"""Frames of the chat's socket (confidence H for 2023; nothing newer is known).

A frame is a JSON array: its number, an object, and at times a count and a list of texts in HTML.
"""

from __future__ import annotations

from typing import Any

import msgspec

from scraper import json

AUTHORIZED = 2
JOIN = 5
MOVE = 6
NOTICE = 27
STATUS = 28
COUNT = 39

SHORTEST = 3
"""Characters of a username; what is shorter stands for nobody."""

_TEXTS = 3


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that has the known form."""

    number: int
    facts: dict[str, Any]
    texts: tuple[Any, ...] = ()


def read(text: str) -> Frame | None:
    """Return a frame; None for what has another form."""
    try:
        said = json.mended(text.encode("utf-8", "replace"), object)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(said, list) or not said or not _is_number(said[0]):
        return None
    facts = said[1] if len(said) > 1 and isinstance(said[1], dict) else {}
    texts = said[_TEXTS] if len(said) > _TEXTS and isinstance(said[_TEXTS], list) else []
    return Frame(number=said[0], facts=facts, texts=tuple(texts))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_anonymous(frame: Frame) -> bool:
    """Whether a frame may not be quoted with a name: by its mark, or for what is no name.

    A mark that is there and is not false counts; a notice about nobody hides nobody.
    """
    if frame.facts.get("is_stealth", False) is not False:
        return True
    if frame.number != NOTICE:
        return False
    if "subject_username" not in frame.facts:
        return frame.facts.get("is_tip", False) is not False
    name = frame.facts["subject_username"]
    return not isinstance(name, str) or len(name) < SHORTEST


def may_be_kept(text: str) -> str:
    """Return a frame without the name of who is anonymous; its texts may hold it, too."""
    frame = read(text)
    if frame is None or not is_anonymous(frame):
        return text
    facts = {name: value for name, value in frame.facts.items() if "user" not in name}
    return msgspec.json.encode([frame.number, facts]).decode()
