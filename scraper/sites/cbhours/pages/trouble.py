"""What CBHours says instead of an answer: with status 200, in a shape of its own (confidence A)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from models import records
from scraper import errors, json, payload, site

LIVE, ACTIVITY, MONTHS = "cbhours", "cbhours_activity", "cbhours_months"
SOURCES = (LIVE, ACTIVITY, MONTHS)
"""What polls of each action are called."""

NO_TROPHY = 300
"""The code for a model who is not in the trophy database: nothing is known of them there."""

_CODE = re.compile(r"error code:?\s*(\d{1,6})", re.IGNORECASE)


class Said(msgspec.Struct, frozen=True):
    """The error shape: `status` is "error" here, and a boolean in an answer."""

    status: Any = None
    message: Any = None


def lacks_trophy(answer: payload.Payload, layout: site.Layout) -> bool:
    """Whether the site says that who was asked about is not in its database; False for an answer.

    Raises TryLater `throttled` for the temporary block, Refused `forbidden` for an error with
    another code, PageChanged for one without.
    """
    if not answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    said = json.read(answer, Said)
    if said.status not in ("error", "false", False):
        return False
    message = str(said.message or "")[:200]
    if is_block(message, layout):
        raise errors.TryLater("throttled", url=answer.url)
    found = _CODE.search(message)
    if found is None:
        raise errors.PageChanged(
            "page_changed", f"the site says {message!r} without a code", url=answer.url
        )
    if int(found[1]) != NO_TROPHY:
        raise errors.Refused("forbidden", f"the site says {message!r}", url=answer.url)
    return True


def is_block(said: str, layout: site.Layout) -> bool:
    """Whether a text is the temporary block of who asked too often."""
    words = layout.selectors["blocked_text"].lower().split("|")
    return any(word and word in said.lower() for word in words)


def no_trophy(names: Iterable[str], layout: site.Layout) -> tuple[records.Polled, ...]:
    """Return that these are not in the database: no action is to ask about them for a while."""
    rest = layout.sizes["no_trophy_rest_days"] * 86_400.0
    return tuple(
        records.Polled(username=name, source=source, outcome="no_trophy", rest=rest)
        for name in names
        for source in SOURCES
    )
