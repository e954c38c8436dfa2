"""Camsoda as a Site: its collectors, and who parses what."""

from __future__ import annotations

from scraper import meanings, payload, site
from scraper.sites.camsoda import endpoints, guard, node
from scraper.sites.camsoda.layout import LAYOUT
from scraper.sites.camsoda.pages import current, live_tips, rooms


def _status(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return tuple(endpoints.react(layout, name) for name in meanings.addressable(errand.people))


def _viewers(_errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    genders = layout.selectors["genders_text"].split()
    return tuple(endpoints.online(layout, gender) for gender in genders)


def _followed(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (
        endpoints.whoami(layout, "first", errand.username),
        endpoints.followed_total(layout, "first"),
        endpoints.followed(layout),
        endpoints.followed_total(layout, "last"),
        endpoints.whoami(layout, "last", errand.username),
    )


def _live_tips(errand: site.Errand, layout: site.Layout) -> payload.Request:
    return endpoints.live_tips(layout, errand.target or errand.username)


COLLECTORS = (
    site.Collector(
        name="status",
        summary="Whether rooms broadcast, their followers and tags; without account.",
        start=_status,
        way="http",
        polls="models",
        source=rooms.SOURCE,
    ),
    site.Collector(
        name="viewers",
        summary="How many watch each room that is online, without account.",
        start=_viewers,
        way="http",
        sweeps=True,
        source=rooms.SOURCE,
    ),
    site.Collector(
        name="followed",
        summary="The rooms that the account follows, online and offline.",
        start=_followed,
        direction="following",
        parts=endpoints.PARTS,
        totals=(current.TOTAL,),
    ),
)

FEEDS = (
    site.Feed(
        name="live_tips",
        summary="Tips, viewers and the end of broadcasts in the own room, or in a target.",
        start=_live_tips,
        way="socket",
        talk=node.Talk,
    ),
)

SITE = site.Site(
    name="camsoda",
    layout=LAYOUT,
    collectors={collector.name: collector for collector in COLLECTORS},
    parsers={
        "whoami": current.whoami,
        "followed_total": current.total,
        "followed": current.followed,
        "live_tips": live_tips.live_tips,
        "react": rooms.react,
        "online": rooms.online,
    },
    guard=guard.guard,
    feeds={feed.name: feed for feed in FEEDS},
    by_hand=True,
    whoami=lambda layout: endpoints.whoami(layout, "whoami"),
)
