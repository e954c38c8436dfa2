"""Stripchat as a Site: its collectors, and who parses what."""

from __future__ import annotations

from scraper import meanings, payload, site
from scraper.sites.stripchat import centrifugo, endpoints, extension, guard
from scraper.sites.stripchat.layout import LAYOUT
from scraper.sites.stripchat.pages import (
    bridge,
    cam,
    chat,
    earnings,
    favorites,
    identity,
    live,
    live_chat,
)


def _status(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return tuple(endpoints.cam(layout, name) for name in meanings.addressable(errand.people))


def _live(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    asked = {name: errand.ids[name] for name in errand.people if name in errand.ids}
    return endpoints.live(layout, asked)


def _transactions(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    window = endpoints.window(layout, errand)
    return (endpoints.whoami(layout, "first", errand.username, then="transactions", **window),)


def _payers(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.whoami(layout, "first", errand.username, then="payers"),)


def _favorites(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (
        endpoints.whoami(layout, "first", errand.username, then="favorite_ids"),
        endpoints.favorites_total(layout, "first"),
        *(endpoints.favorites(layout, part) for part in endpoints.PARTS),
        endpoints.favorites_total(layout, "last"),
        endpoints.whoami(layout, "last", errand.username, then="favorite_ids"),
    )


def _chat(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.chat(layout, errand.target or errand.username),)


def _live_chat(errand: site.Errand, layout: site.Layout) -> payload.Request:
    return endpoints.live_chat(layout, errand.target or errand.username)


COLLECTORS = (
    site.Collector(
        name="status",
        summary="Whether rooms broadcast, to how many, at what prices; without account.",
        start=_status,
        way="http",
        polls="models",
        source=cam.SOURCE,
    ),
    site.Collector(
        name="live",
        summary="Whether rooms broadcast and to how many, a hundred a request; without account.",
        start=_live,
        way="http",
        polls="models",
        by_id="id",
        source=live.SOURCE,
    ),
    site.Collector(
        name="transactions",
        summary="What was paid to the account, back to the last known transaction.",
        start=_transactions,
    ),
    site.Collector(
        name="payers",
        summary="Who has paid the account, and how much in all.",
        start=_payers,
    ),
    site.Collector(
        name="chat",
        summary="The recent chat and tips of the account's own room, or of a target.",
        start=_chat,
        way="http",
    ),
    site.Collector(
        name="favorites",
        summary="The rooms that the account favours, online and offline.",
        start=_favorites,
        direction="following",
        parts=endpoints.PARTS,
        totals=(favorites.TOTAL, favorites.SECOND_TOTAL),
    ),
)

FEEDS = (
    site.Feed(
        name="live_chat",
        summary="Chat, tips, goals and broadcasts of the account's own room, or of a target.",
        start=_live_chat,
        way="socket",
        talk=centrifugo.Talk,
        fills=("chat",),
    ),
    extension.BRIDGE,
)

SITE = site.Site(
    name="stripchat",
    layout=LAYOUT,
    collectors={collector.name: collector for collector in COLLECTORS},
    parsers={
        "whoami": identity.whoami,
        "cam": cam.cam,
        "live": live.live,
        "chat": chat.chat,
        "live_chat": live_chat.live_chat,
        "favorites": favorites.favorites,
        "favorites_total": favorites.total,
        "favorite_ids": favorites.ids,
        "transactions": earnings.transactions,
        "payers": earnings.payers,
        "bridge": bridge.bridge,
    },
    guard=guard.guard,
    by_hand=True,
    whoami=lambda layout: endpoints.whoami(layout, "whoami"),
    feeds={feed.name: feed for feed in FEEDS},
)
