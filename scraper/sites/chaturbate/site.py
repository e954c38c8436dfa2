"""Chaturbate as a Site: its collectors, who parses what, and how to sign in."""

from __future__ import annotations

from scraper import payload, site
from scraper.sites.chaturbate import endpoints, guard, sign_in
from scraper.sites.chaturbate.layout import LAYOUT
from scraper.sites.chaturbate.pages import chat, followed, followers, identity, tokens


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
)

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
    },
    guard=guard.guard,
    sign_in=sign_in.sign_in,
    whoami=lambda layout: endpoints.shell(layout, "whoami"),
    imports={
        "followed": ("followed_html", "followed"),
        "followers": ("followers_html", "followers"),
    },
)
