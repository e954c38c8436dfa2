"""Where to ask the feed of events, which has a host of its own and its token in the path."""

from __future__ import annotations

from urllib import parse

from scraper import payload, site
from scraper.sites.chaturbate import endpoints

LONGEST_WAIT = 90
"""Seconds that the feed can be asked to wait, at most."""


def events(
    layout: site.Layout, username: str, cursor: str | None = None, *, wait: int = 0, left: int = 0
) -> payload.Request:
    """What the feed has after `cursor`, or its recent backlog; "" is a cursor that it has lost.

    With nothing to tell it waits up to `wait` seconds (0-90). `left` is how many more answers may
    be asked for once this one brings something.
    """
    name, wait = endpoints.plain_name(username), min(wait, LONGEST_WAIT)
    url = layout.url("events", username=name, timeout=wait)
    context: dict[str, str | int] = {"room": name, "wait": wait, "left": left}
    if cursor is not None:
        context["cursor"] = cursor
    if cursor:
        url += f"{'&' if '?' in url else '?'}i={parse.quote(cursor, safe='')}"
    return payload.Request(
        url=url,
        kind="events",
        via="http",
        headers=endpoints.JSON,
        secrets={"path:token": "{events}"},
        budget="events",
        veil={"events.object.user": "events.object.tip.isAnon"},
        context=context,
    )


def events_after(layout: site.Layout, asked: payload.Request, cursor: str) -> payload.Request:
    """What the feed has after `cursor`, asked for as it was before."""
    return events(
        layout,
        payload.context_text(asked, "room"),
        cursor,
        wait=payload.context_number(asked, "wait"),
        left=payload.context_number(asked, "left") - 1,
    )
