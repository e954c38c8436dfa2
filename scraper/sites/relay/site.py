"""The relay of tips as a Site: a feed for each platform, and nothing else."""

from __future__ import annotations

from scraper import payload, site
from scraper.sites.relay import endpoints, guard
from scraper.sites.relay.layout import LAYOUT
from scraper.sites.relay.pages import tips


def _feed(platform: str) -> site.Feed:
    def start(errand: site.Errand, layout: site.Layout) -> payload.Request:
        return endpoints.events(layout, platform, (errand.target or errand.username).lower())

    return site.Feed(
        name=platform,
        summary=f"Tips at {platform.capitalize()} that a relay on this machine tells of, once.",
        start=start,
        every=1.0,
    )


FEEDS = tuple(map(_feed, tips.READERS))

SITE = site.Site(
    name="relay",
    layout=LAYOUT,
    collectors={},
    parsers=tips.READERS,
    guard=guard.guard,
    requests_per_minute=600,
    feeds={feed.name: feed for feed in FEEDS},
)
