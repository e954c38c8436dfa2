"""Where to ask a relay of tips: pure functions from what is wanted to a Request."""

from __future__ import annotations

from collections.abc import Mapping

from scraper import payload, site

VEILS: Mapping[str, Mapping[str, str]] = {
    "chaturbate": {
        "events.object.user": "events.object.tip.isAnon",
        "events.user": "events.tip.isAnon",
    },
}
"""Platform -> who is not archived: whoever tips anonymously, where the shape says so."""


def events(layout: site.Layout, platform: str, room: str) -> payload.Request:
    """What the relay has of a platform; it forgets what it has told.

    Always its own address: where an answer says to go on is not followed.
    """
    return payload.Request(
        url=layout.url("events", platform=platform),
        kind=platform,
        via="http",
        headers={"Accept": "application/json"},
        veil=dict(VEILS.get(platform, {})),
        context={"room": room},
    )
