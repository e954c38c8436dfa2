"""Statbate Plus as a Site: its collectors, who parses what, and how to sign in."""

from __future__ import annotations

from scraper import payload, site
from scraper.sites.statbate_plus import endpoints, guard, sign_in
from scraper.sites.statbate_plus.layout import LAYOUT
from scraper.sites.statbate_plus.pages import chat, whoami


def _chat(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return (endpoints.chat(layout, errand),)


COLLECTORS = (
    site.Collector(
        name="chat",
        summary="What was said in a room of Chaturbate, from the last known moment on.",
        start=_chat,
        targeted=True,
    ),
)

SITE = site.Site(
    name="statbate_plus",
    layout=LAYOUT,
    collectors={collector.name: collector for collector in COLLECTORS},
    parsers={"chat_page": chat.chat_page, "whoami": whoami.whoami},
    guard=guard.guard,
    sign_in=sign_in.sign_in,
    whoami=endpoints.whoami,
)
