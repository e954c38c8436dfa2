"""What a session's own cookie says before the site is asked: is there one, and how long is it good.

Its name is the layout's `session_cookie_text`: names or globs, separated by commas, of which one
is enough.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scraper import errors, site


def check(state: Mapping[str, Any], layout: site.Layout, now: datetime) -> None:
    """Raise NeedsOperator for a session that cannot be one.

    `session_empty`, `no_session_cookie`, `session_expired`.
    """
    host = urlsplit(layout.base_url).hostname
    cookies = state.get("cookies") or []
    if not cookies:
        raise errors.NeedsOperator("session_empty", f"it holds no cookie of {host}")
    found = _own(state, layout)
    if not found:
        wanted = layout.selectors["session_cookie_text"]
        raise errors.NeedsOperator(
            "no_session_cookie", f"of {len(cookies)} cookies of {host} none is {wanted}"
        )
    last = expiry(state, layout)
    if last is not None and last <= now and all(_ends(cookie) for cookie in found):
        raise errors.NeedsOperator(
            "session_expired", f"its cookie expired at {last:%Y-%m-%d %H:%M} UTC"
        )


def expiry(state: Mapping[str, Any], layout: site.Layout) -> datetime | None:
    """Return when the session's cookie expires; None where no cookie says so."""
    ends = [cookie["expires"] for cookie in _own(state, layout) if _ends(cookie)]
    return datetime.fromtimestamp(max(ends), UTC) if ends else None


def _own(state: Mapping[str, Any], layout: site.Layout) -> list[dict[str, Any]]:
    wanted = layout.selectors["session_cookie_text"].replace(" ", "").split(",")
    return [
        cookie
        for cookie in state.get("cookies") or []
        if cookie["value"] and any(fnmatch.fnmatchcase(cookie["name"], name) for name in wanted)
    ]


def _ends(cookie: Mapping[str, Any]) -> bool:
    return float(cookie.get("expires", -1)) > 0
