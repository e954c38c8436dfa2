"""Statbate Premium as a Site: its collectors, who parses what, and what it grants."""

from __future__ import annotations

from scraper import site
from scraper.sites.statbate import collectors, endpoints, feeds, guard
from scraper.sites.statbate.layout import LAYOUT
from scraper.sites.statbate.pages import (
    acts,
    live,
    members,
    presence,
    rankings,
    rooms,
    spending,
    standing,
    token,
    webhook,
)

BUDGETS = {
    "": (
        site.Budget(name="general", per_minute=120),
        site.Budget(name="general", per_minute=600, shared_by="machine"),
    ),
    endpoints.SEARCH: (
        site.Budget(name="search", per_minute=120),
        site.Budget(name="search", per_minute=180, shared_by="machine"),
    ),
    endpoints.BATCH: (
        site.Budget(name="batch", per_minute=120),
        site.Budget(name="batch", per_minute=600, shared_by="machine"),
    ),
}
"""What the documentation grants (confidence H): each account and each machine have buckets."""

SITE = site.Site(
    name="statbate",
    layout=LAYOUT,
    platform=endpoints.HOME,
    collectors={collector.name: collector for collector in collectors.COLLECTORS},
    parsers={
        "token_check": token.token_check,
        "models": rankings.models,
        "members": rankings.members,
        "tags": rankings.tags,
        "tag_search": rankings.tag_names,
        "members_online": presence.members_online,
        "room_users": presence.room_users,
        "member_info": members.info,
        "member_batch": members.batch,
        "member_model": spending.on_model,
        "member_tips": acts.member_tips,
        "member_tags": spending.tags,
        "top_models": spending.top_models,
        "member_activity": spending.times,
        "member_chat": acts.member_chat,
        "model_info": rooms.info,
        "model_activity": rooms.activity,
        "model_members": rooms.members,
        "model_rank": standing.rank,
        "model_sessions": standing.sessions,
        "model_tips": acts.model_tips,
        "model_chat": acts.model_chat,
        "message_search": acts.found,
        "live": live.live,
        "webhook": webhook.webhook,
    },
    guard=guard.guard,
    whoami=endpoints.token_check,
    requests_per_minute=100,
    budgets=BUDGETS,
    feeds={feed.name: feed for feed in feeds.FEEDS},
)
