"""Where to look on Statbate Plus: pure functions from what is wanted to a Request."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from scraper import errors, payload, site

ACCEPT = {"Accept": "text/html, application/xhtml+xml"}

FIRST_CHAT = datetime(2024, 7, 1, tzinfo=UTC)
"""The site holds no room chat of Chaturbate from before July 2024."""

_ROOM = re.compile(r"[A-Za-z0-9_-]{1,64}")


def whoami(layout: site.Layout) -> payload.Request:
    """The page that every signed-in user has."""
    return payload.Request(
        url=layout.url("dashboard"), kind="whoami", headers=ACCEPT, context={"moment": "whoami"}
    )


def chat(layout: site.Layout, errand: site.Errand) -> payload.Request:
    """The first page of a room's chat, as the HTML that also tells the application's version.

    The window reaches from `since` (the last closed one's end less an overlap, for what the site
    learned late) to `until`, both whole seconds: no second is ever cut, so that equal messages
    within it are numbered alike in every walk. Raises BadConfig.
    """
    room = (errand.target or errand.username).lower()
    if not _ROOM.fullmatch(room):
        raise errors.BadConfig("bad_request", f"{room!r} is no room's name")
    known = datetime.fromisoformat(errand.cursor) if errand.cursor else None
    until = (errand.until or errand.now).astimezone(UTC).replace(microsecond=0)
    since = _since(layout, errand, known).astimezone(UTC).replace(microsecond=0)
    if since >= until:
        raise errors.BadConfig("bad_request", f"{since} is not before {until}")
    context: dict[str, str | int] = {
        "room": room,
        "username": errand.username,
        "since": f"{since:%Y-%m-%d %H:%M:%S}",
        "until": f"{until:%Y-%m-%d %H:%M:%S}",
        "page": 1,
    }
    if known is None or since <= known < until:
        context["closes"] = until.isoformat()
    return first_page(layout, context)


def _since(layout: site.Layout, errand: site.Errand, known: datetime | None) -> datetime:
    if errand.since is not None:
        return errand.since
    if errand.full:
        return FIRST_CHAT
    if known is not None:
        return known - timedelta(seconds=layout.sizes["overlap_seconds"])
    return (errand.until or errand.now) - timedelta(days=layout.sizes["first_days"])


def first_page(layout: site.Layout, context: dict[str, str | int]) -> payload.Request:
    """The window that `context` names, from its first page on."""
    url = layout.url(
        "chat",
        site="chaturbate",
        room=str(context["room"]),
        since=quote(str(context["since"])),
        until=quote(str(context["until"])),
        page=1,
    )
    return payload.Request(url=url, kind="chat_page", headers=ACCEPT, context=context)


def next_page(
    asked: payload.Request,
    changes: dict[str, str],
    version: str,
    context: dict[str, str | int],
) -> payload.Request:
    """The page after `asked`, as the application's own script asks for it.

    `changes` are the query parameters that differ; the window's own stay, since the addresses in
    the site's paginators may lack them.
    """
    parts = urlsplit(asked.url)
    paging = {"page", "cursor"}
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in paging]
    query = urlencode(dict(kept) | changes)
    headers = ACCEPT | {
        "X-Requested-With": "XMLHttpRequest",
        "X-Inertia": "true",
        "X-Inertia-Version": version,
    }
    url = urlunsplit(parts._replace(query=query))
    return payload.Request(url=url, kind="chat_page", headers=headers, context=context)


def reloaded(asked: payload.Request) -> payload.Request:
    """The same page as HTML, which tells the application's new version."""
    reloads = int(asked.context.get("reloads", 0)) + 1
    return payload.Request(
        url=asked.url,
        kind=asked.kind,
        headers=ACCEPT,
        context=asked.context | {"reloads": reloads},
    )
