"""Chaturbate as a Site: its collectors, who parses what, and how to sign in."""

from __future__ import annotations

from scraper import meanings, payload, site
from scraper.sites.chaturbate import endpoints, feed, guard, own_room, sign_in
from scraper.sites.chaturbate.layout import LAYOUT
from scraper.sites.chaturbate.pages import (
    affiliates,
    chat,
    events,
    followed,
    followers,
    identity,
    images,
    profiles,
    rooms,
    stats,
    tokens,
)
from scraper.sites.chaturbate.pages import own_room as own_page


def _followed(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (
        endpoints.shell(layout, "first", errand.username),
        endpoints.followed_totals(layout, "first"),
        *(endpoints.room_list(layout, part) for part in endpoints.PARTS),
        endpoints.followed_totals(layout, "last"),
        endpoints.shell(layout, "last", errand.username),
    )


def _followers(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (
        endpoints.shell(layout, "first", errand.username),
        endpoints.biocontext(layout, errand.username, "first"),
        endpoints.followers(layout),
        endpoints.biocontext(layout, errand.username, "last"),
        endpoints.shell(layout, "last", errand.username),
    )


def _chat(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (
        endpoints.shell(layout, "first", errand.username),
        endpoints.room_context(layout, errand),
    )


def _tips(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (
        endpoints.shell(layout, "first", errand.username),
        endpoints.token_stats(layout, errand),
    )


def _room(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (own_room.context(layout, errand.username),)


def _online_rooms(_errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.online_rooms(layout),)


def _stats(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.stats(layout, errand.username),)


def _events(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    cursor = None if errand.full else errand.cursor
    left = layout.sizes["events_requests"] - 1
    return (feed.events(layout, errand.username, cursor, left=left),)


def _listen(errand: site.Errand, layout: site.Layout) -> payload.Request:
    wait = layout.sizes["events_wait_seconds"] if errand.patient else 0
    return feed.events(layout, errand.username, errand.cursor, wait=wait)


def _rooms(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    people = meanings.addressable(errand.people)
    asked = (endpoints.room(layout, name, errand.username) for name in people)
    return (endpoints.shell(layout, "first", errand.username), *asked) if people else ()


def _profiles(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    people = meanings.addressable(errand.people)
    asked = (endpoints.profile(layout, name) for name in people)
    return (endpoints.shell(layout, "first", errand.username), *asked) if people else ()


def _images(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    known = ((name, errand.images.get(name)) for name in errand.people)
    asked = (endpoints.image(layout, name.lower(), place) for name, place in known if place)
    return tuple(request for request in asked if request)


COLLECTORS = (
    site.Collector(
        name="followed",
        summary="The rooms that the account follows, online and offline.",
        start=_followed,
        direction="following",
        parts=endpoints.PARTS,
        totals=("online_followed_rooms.total", identity.TOTAL_FOLLOWED, "parts"),
    ),
    site.Collector(
        name="followers",
        summary="The people who follow the account.",
        start=_followers,
        direction="follower",
        parts=("all",),
        totals=("biocontext.follower_count",),
    ),
    site.Collector(
        name="chat",
        summary="What was lately said and tipped in a room: the account's own, or the target.",
        start=_chat,
    ),
    site.Collector(
        name="tips",
        summary="The account's token history, back to the last known transaction.",
        start=_tips,
    ),
    site.Collector(
        name="room",
        summary="What the account's own room stands at: tokens, tips and viewers.",
        start=_room,
    ),
    site.Collector(
        name="online_rooms",
        summary="Everybody who broadcasts, as affiliates are shown it.",
        start=_online_rooms,
        way="http",
        tokens=("campaign",),
        sweeps=True,
        source="affiliate",
    ),
    site.Collector(
        name="stats",
        summary="What the site counts for the account's own room.",
        start=_stats,
        way="http",
        tokens=("stats",),
        source="stats",
    ),
    site.Collector(
        name="events",
        summary="What happened in the account's rooms, from the feed of events.",
        start=_events,
        way="http",
        tokens=("events",),
        source="events",
    ),
    site.Collector(
        name="rooms",
        summary="The rooms of models, as their own pages know them.",
        start=_rooms,
        polls="models",
        source="room",
    ),
    site.Collector(
        name="profiles",
        summary="What models say in their profiles.",
        start=_profiles,
        polls="models",
        source="profile",
    ),
    site.Collector(
        name="images",
        summary="The thumbnails of watched models' rooms.",
        start=_images,
        way="http",
        polls="watched",
        source="image",
    ),
)

FEEDS = (
    site.Feed(
        name="events",
        summary="What happens in the account's rooms, as it happens.",
        start=_listen,
        tokens=("events",),
        every=1.0,
        keeps=True,
        fills=("chat", "tips"),
    ),
)

BUDGETS = {
    "affiliates": (site.Budget(name="affiliates", per_minute=30, shared_by="machine"),),
    "stats": (site.Budget(name="stats", per_minute=3),),
    "events": (site.Budget(name="events", per_minute=2000, apart=True),),
    "images": (site.Budget(name="images", per_minute=60, shared_by="machine"),),
}

SITE = site.Site(
    name="chaturbate",
    layout=LAYOUT,
    collectors={collector.name: collector for collector in COLLECTORS},
    parsers={
        "shell": identity.shell,
        "followed_totals": followed.totals,
        "room_list": followed.room_list,
        "followed_html": followed.followed_html,
        "biocontext": followers.biocontext,
        "followers_html": followers.followers_html,
        "room_context": chat.room_context,
        "room_history": chat.room_history,
        "token_stats": tokens.token_stats,
        "online_rooms": affiliates.online_rooms,
        "stats": stats.stats,
        "events": events.events,
        "room": rooms.room,
        "profile": profiles.profile,
        "image": images.image,
        "own_room": own_page.own_room,
        "own_tips": own_page.own_tips,
    },
    guard=guard.guard,
    sign_in=sign_in.sign_in,
    whoami=lambda layout: endpoints.shell(layout, "whoami"),
    budgets=BUDGETS,
    feeds={one.name: one for one in FEEDS},
    imports={
        "followed": ("followed_html", "followed"),
        "followers": ("followers_html", "followers"),
    },
)
